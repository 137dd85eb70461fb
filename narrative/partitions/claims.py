"""Claims of a run beside what was made of them, part by part: for framings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from narrative.framings import Piece, Results
from narrative.framings.fit import Fitted
from narrative.partitions.engine import Partition
from narrative.partitions.parts import IDS, Parts
from narrative.partitions.plan import Cut, Plan
from narrative.schema import NO_FRAMING, check_table
from narrative.stored import StoredTable

# What the claims table holds that framings are found and described with.
_OF_FRAMINGS = ("claim_id", "doc_id", "sent_index", "text", "source_id")


@dataclass
class ClaimParts:
    """Claims with their vectors, and later with their framings.

    Parameters
    ----------
    plan : Plan
        Of the run's documents.
    read : Parts
        What ``read_claims`` made of each cut.
    about : str
        The array that discovery groups.
    copies : mapping of str to str
        The copy group of each document.
    assigned : Parts, optional
        What ``assign_claims`` made of each cut of `rest`.
    """

    plan: Plan
    read: Parts
    about: str
    copies: Mapping[str, str]
    assigned: Parts | None = None

    @cached_property
    def rest(self) -> Plan:
        """The plan without documents that could not be read."""
        return self.plan.without({s.doc_id for s in self.read.skipped})

    @cached_property
    def _claims(self) -> StoredTable:
        return StoredTable(self.plan.out / "claims.parquet", _OF_FRAMINGS)

    @cached_property
    def _cut(self) -> dict[int, Cut]:
        return {c.number: c for c in self.plan.cuts}

    def partition(self, cut: Cut) -> Partition:
        """Return a cut of `rest` with what ``assign_claims`` works on."""
        tables: dict[str, Any] = {"claims": self._claims.take(self.plan.claims_at(cut))}
        for name, array in (("about", self.about), ("membership", "membership")):
            rows = self.read.rows(self._cut[cut.number], array)
            if rows is not None:
                tables[name] = rows
        return Partition(cut.number, cut.doc_ids, tables)

    def pieces(self) -> Iterator[Piece]:
        """Yield the claims of each cut, but of documents that were left out."""
        for cut in self._cuts():
            claims = self._claims.take(self.plan.claims_at(cut))
            gone = self.assigned.left(cut) if self.assigned is not None else set()
            kept = ~claims["doc_id"].isin(list(gone)).to_numpy()
            part, names = self._cut[cut.number], ("vectors", self.about, "membership")
            vectors, about, membership = (self.read.rows(part, n) for n in names)
            assert vectors is not None  # a cut of which something was made
            assert about is not None
            if gone:
                claims = claims[kept].reset_index(drop=True)
                vectors, about = vectors[kept], about[kept]
                membership = None if membership is None else membership[kept]
            # Not Series.map, which makes a table of all documents for each cut.
            groups = np.array([self.copies[d] for d in claims["doc_id"]], dtype=object)
            yield Piece(claims, vectors, about, membership, groups)

    def _cuts(self) -> Iterator[Cut]:
        """Yield the cuts of which something was made."""
        for cut in self.rest.cuts:
            if self.assigned is None or self.assigned.rows(cut, "codes") is not None:
                yield cut

    def results(self) -> Results:
        """Return what was assigned, in the order of the pieces."""
        parts = self.assigned
        assert parts is not None

        def arrays(name: str) -> Callable[[], Iterator[npt.NDArray[Any]]]:
            def read() -> Iterator[npt.NDArray[Any]]:
                for cut in self._cuts():
                    rows = parts.rows(cut, name)
                    assert rows is not None
                    yield rows

            return read

        return Results(arrays("codes"), arrays("best"), lambda: parts.tables("terms"))

    def assignments(self, fitted: Fitted) -> Iterator[pd.DataFrame]:
        """Yield the ``assignments`` of each cut; those of documents left out are to no framing."""
        parts, of = self.assigned, {c.number: c for c in self.rest.cuts}
        assert parts is not None
        for cut in self.plan.cuts:
            ids = self._claims.take(self.plan.claims_at(cut))["claim_id"]
            rest, found = of.get(cut.number), []
            codes = parts.rows(rest, "codes") if rest is not None else None
            best = parts.rows(rest, "best") if rest is not None else None
            if rest is not None and codes is not None and best is not None:
                mine = parts.table(rest, IDS)["claim_id"]
                found.append(fitted.assignments(mine, codes, best))
                ids = ids[~ids.isin(mine)]
            if len(ids) or not found:
                none = pd.DataFrame({"claim_id": ids, "framing_id": NO_FRAMING})
                found.append(none.assign(membership=np.nan))
            yield check_table(pd.concat(found, ignore_index=True), "assignments")
