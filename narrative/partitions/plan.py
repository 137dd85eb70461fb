"""Which documents are worked on together, and where their rows stand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from narrative.partitions.engine import Partition
from narrative.storage import read_table
from narrative.stored import StoredTable

DOCUMENTS = 100  # of a partition, where nothing else is said
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Cut:
    """Documents that are worked on together.

    Parameters
    ----------
    number : int
    doc_ids : tuple of str
    at : tuple of int
        Their rows in the ``documents`` table.
    """

    number: int
    doc_ids: tuple[str, ...]
    at: tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """How a run's documents are cut, and the rows of each cut.

    Parameters
    ----------
    out : Path
        The run's folder, with its ``documents`` and, for `claims`, its ``claims``.
    cuts : tuple of Cut
        In an order in which the claims of one follow those of the one before by ``claim_id``.
    """

    out: Path
    cuts: tuple[Cut, ...]

    @property
    def n_documents(self) -> int:
        """How many documents there are."""
        return sum(len(c.doc_ids) for c in self.cuts)

    def without(self, doc_ids: Collection[str]) -> Plan:
        """Return the plan without some documents, and without cuts that have no other."""
        cuts = []
        for cut in self.cuts:
            kept = [(d, at) for d, at in zip(cut.doc_ids, cut.at, strict=True) if d not in doc_ids]
            if kept:
                cuts.append(Cut(cut.number, tuple(d for d, _ in kept), tuple(at for _, at in kept)))
        return Plan(self.out, tuple(cuts))

    @cached_property
    def _documents(self) -> StoredTable:
        return StoredTable(self.out / "documents.parquet")

    @cached_property
    def _claims(self) -> StoredTable:
        return StoredTable(self.out / "claims.parquet")

    @cached_property
    def _claims_at(self) -> dict[str, Ints]:
        """Rows of each document's claims."""
        of = read_table(self.out / "claims.parquet", ["doc_id"])["doc_id"]
        return {str(k): np.asarray(v) for k, v in of.groupby(of, sort=False).indices.items()}

    def claims_at(self, cut: Cut, without: Collection[str] = ()) -> Ints:
        """Return the rows of a cut's claims in the order of the table, but of some documents."""
        known = self._claims_at
        mine = [known[d] for d in cut.doc_ids if d in known and d not in without]
        return np.sort(np.concatenate(mine)) if mine else np.zeros(0, dtype=np.int64)

    def documents(self, cut: Cut) -> Partition:
        """Return a cut's documents."""
        return Partition(cut.number, cut.doc_ids, {"documents": self._documents.take(cut.at)})

    def claims(self, cut: Cut) -> Partition:
        """Return a cut's documents and their claims."""
        documents = self._documents.take(cut.at)
        claims = self._claims.take(self.claims_at(cut))
        return Partition(cut.number, cut.doc_ids, {"documents": documents, "claims": claims})


def plan_run(
    out: Path, documents: int = DOCUMENTS, takes: Callable[[str], bool] | None = None
) -> Plan:
    """Cut the documents of a run.

    Parameters
    ----------
    out : Path
        The run's folder, with its ``documents``.
    documents : int
        Of a partition, at most.
    takes : callable, optional
        From a ``doc_id`` to whether the document is worked on; by default all are.
    """
    ids = read_table(out / "documents.parquet", ["doc_id"])["doc_id"].astype(str).tolist()
    # Claims are called by their document, ":" and their place: "a1" comes before "a", then.
    chosen = [i for i, d in enumerate(ids) if takes is None or takes(d)]
    order = sorted(chosen, key=lambda i: f"{ids[i]}:")
    cuts = [_cut(n, order[at : at + documents], ids) for n, at in _starts(len(order), documents)]
    return Plan(out, tuple(cuts))


def _starts(n: int, step: int) -> list[tuple[int, int]]:
    return list(enumerate(range(0, n, step)))


def _cut(number: int, rows: Sequence[int], ids: Sequence[str]) -> Cut:
    return Cut(number, tuple(ids[i] for i in rows), tuple(rows))


def some(partition: Partition, doc_ids: tuple[str, ...]) -> Partition:
    """Return some documents of a partition, as a partition."""
    wanted, tables = list(doc_ids), dict[str, Any]()
    for name, table in partition.tables.items():
        if isinstance(table, np.ndarray):
            tables[name] = table[partition.tables["claims"]["doc_id"].isin(wanted).to_numpy()]
        else:
            tables[name] = table[table["doc_id"].isin(wanted)].reset_index(drop=True)
    return Partition(partition.number, doc_ids, tables)
