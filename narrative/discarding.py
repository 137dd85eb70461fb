"""Which documents a run discards unread: a sample is read first, and a filter learns from it.

All documents are judged by one rule, whether they were drawn or not: those are discarded that score
below the filter's threshold. So the tables do not depend on how large a sample was read, but for
the documents of it that are about the study: these are kept whatever they score.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from narrative.partitions import Parts, Plan, Work
from narrative.partitions.work import Extraction, Reading, Sampling, read_sample, score_texts
from narrative.prefilter import Prefilter, PrefilterSettings, fit_prefilter
from narrative.reporting import Progress, Reporter
from narrative.schema import check_table, empty_table
from narrative.speakers import ADDED, Register, renamed
from narrative.storage import sha256_text
from narrative.stored import StoredTable
from narrative.study import Study

Record = dict[str, Any]


class Run(Protocol):
    """What is needed of a run (see ``stages.Run``)."""

    study: Study
    out: Path
    reporter: Reporter

    def table(self, name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return a table of the run."""

    def plan(self, takes: Callable[[str], bool] | None = None) -> Plan:
        """Return how documents are cut."""

    def in_parts(
        self,
        work: Work,
        setup: Any,
        plan: Plan,
        *,
        of_claims: bool = True,
        of: str = "",
        progress: Progress | None = None,
        leave_out: bool = True,
    ) -> Parts:
        """Work on every partition and keep what is made of each."""


@dataclass(frozen=True)
class Sampled:
    """What the documents of a sample hold, and what they say of the others.

    Parameters
    ----------
    drawn : frozenset of str
        Documents of the sample: they are read, and need not be again.
    claims, added : DataFrame
        Of those that are kept, as ``claims_by_document`` returns them.
    discarded : DataFrame
        The table of that name.
    record : dict
        What is told of it (see ``prefilter.told``).
    """

    drawn: frozenset[str]
    claims: pd.DataFrame
    added: pd.DataFrame
    discarded: pd.DataFrame
    record: Record

    def merged(self, parts: Iterable[pd.DataFrame], register: Register) -> Iterator[pd.DataFrame]:
        """Yield the claims of the others with those of the sample, in the order of their ids.

        Parameters
        ----------
        parts : iterable of DataFrame
            Claims of the others, in that order.
        register : Register
            Of the sources that documents added, the sample's among them.
        """
        mine = renamed(self.claims, register.others(self.added))
        mine = check_table(mine, "claims")
        ids, at = mine["claim_id"].tolist(), 0
        for part in parts:
            if len(part):
                upto = bisect(ids, part["claim_id"].iloc[-1], at)
                both = [t for t in (part, mine.iloc[at:upto]) if len(t)]
                at = upto
                yield check_table(pd.concat(both, ignore_index=True), "claims")
        yield mine.iloc[at:]


def draw(documents: pd.DataFrame, n: int, random_state: int = 0) -> frozenset[str]:
    """Return documents drawn by a hash of their ids: the same in any order of the corpus.

    Parameters
    ----------
    documents : DataFrame
        ``doc_id, copy_group``; of the copies of one text, the group's first can be drawn.
    n : int
        All that can be drawn, where there are no more.
    random_state : int
    """
    distinct = documents.loc[documents["doc_id"] == documents["copy_group"], "doc_id"].astype(str)
    keys = ((sha256_text(f"{random_state}:{d}"), d) for d in distinct)
    return frozenset(d for _, d in nsmallest(n, keys))


def sample_documents(run: Run, setup: Extraction) -> Sampled:
    """Read a sample of a run's documents and say which of all are discarded."""
    settings, study = run.study.prefilter, run.study
    documents = run.table("documents", ["doc_id", "copy_group"])
    drawn = draw(documents, settings.sample, study.random_state)
    record = {"sample": len(drawn), "documents": len(documents), "recall": settings.recall,
              "confidence": settings.confidence}  # fmt: skip
    if len(drawn) == documents["copy_group"].nunique():  # nothing is left to be spared
        return _nothing(record)
    places, encoder = study.places(), study.encoder
    reading = Reading(setup.sources, places, study.codebook(), encoder.model, encoder.revision,
                      study.framings)  # fmt: skip
    run.reporter.step("sample")
    parts = run.in_parts(
        read_sample, Sampling(setup, reading), run.plan(drawn.__contains__), of_claims=False,
        of="sample",
    )  # fmt: skip
    claims, added, about = (
        pd.concat(list(parts.tables(n)), ignore_index=True) for n in ("claims", "added", "about")
    )
    found = _fitted(run, about, settings)
    flags = dict(zip(about["doc_id"].astype(str), about["about"], strict=True))
    discarded = _discarded(run, found, drawn, flags, claims)
    run.reporter.step("")
    lost = set(discarded["doc_id"])
    record |= _counted(discarded) | {
        "about": sum(map(bool, flags.values())),
        "threshold": found.threshold if np.isfinite(found.threshold) else None,
        "held": found.n,
    }
    kept = [t[~t["doc_id"].isin(lost)].reset_index(drop=True) for t in (claims, added)]
    return Sampled(drawn, kept[0], kept[1], discarded, record)


def _nothing(record: Record) -> Sampled:
    """Return that no document is read before the others, and none is discarded."""
    none = empty_table("discarded")
    more = {"about": None, "threshold": None, "held": 0}
    claims, added = empty_table("claims"), pd.DataFrame(columns=ADDED, dtype="string")
    return Sampled(frozenset(), claims, added, none, record | _counted(none) | more)


def _fitted(run: Run, about: pd.DataFrame, settings: PrefilterSettings) -> Prefilter:
    """Return what the sample teaches."""
    order = about.sort_values("doc_id", kind="stable", ignore_index=True)
    ids = run.table("documents", ["doc_id"])["doc_id"]
    place = pd.Series(ids.index, index=ids.astype(str))
    stored = StoredTable(run.out / "documents.parquet", ["doc_id", "text"])
    texts = stored.take(place[order["doc_id"].astype(str)].to_numpy())["text"].tolist()
    return fit_prefilter(
        texts, order["about"].tolist(), recall=settings.recall, confidence=settings.confidence,
        random_state=run.study.random_state,
    )  # fmt: skip


def _discarded(
    run: Run,
    found: Prefilter,
    drawn: frozenset[str],
    flags: dict[str, bool],
    claims: pd.DataFrame,
) -> pd.DataFrame:
    """Return the documents that score too low; of the sample, with how many claims they hold.

    A document that could not be scored, or not be read in the sample, is kept.
    """
    if not np.isfinite(found.threshold):
        return empty_table("discarded")
    run.reporter.step("scoring")
    parts = run.in_parts(
        score_texts, found, run.plan(lambda d: not flags.get(d, d in drawn)), of_claims=False,
        of="scores", leave_out=False,
    )  # fmt: skip
    counts = claims["doc_id"].astype(str).value_counts()
    low = [empty_table("discarded")]
    for scores in parts.tables("scores"):
        rows = scores[scores["score"] < found.threshold]
        n = [float(counts.get(d, 0)) if d in flags else np.nan for d in rows["doc_id"].astype(str)]
        if len(rows):
            low.append(rows.assign(score=rows["score"].round(6), n_claims=n))
    return check_table(pd.concat(low[1:] or low, ignore_index=True), "discarded")


def _counted(discarded: pd.DataFrame) -> Record:
    """Return how many documents are discarded, and about how many claims they hold."""
    read = discarded["n_claims"].dropna()
    return {
        "discarded": len(discarded),
        "unread": len(discarded) - len(read),
        "claims": round(float(read.mean()) * len(discarded)) if len(read) else None,
    }
