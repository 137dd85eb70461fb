"""What each stage of a run does: tables and parts in, tables out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from narrative.encoder import Encoder
from narrative.framings import Namer, fit_framings
from narrative.ledger import build_ledger, from_events
from narrative.ledger.record import EVENTS
from narrative.partitions import (
    PARTS,
    Engine,
    Parts,
    Plan,
    Skipped,
    Work,
    in_parts,
    plan_run,
    with_rows,
)
from narrative.partitions.corpus import CorpusParts
from narrative.partitions.work import (
    Extraction,
    Places,
    Reading,
    Scoring,
    find_claims,
    find_control,
    read_claims,
    score_claims,
    study_encoder,
)
from narrative.reporting import Reporter
from narrative.schema import NO_FRAMING, check_table, empty_table
from narrative.speakers import (
    check_sources,
    normalise_mention,
    registered,
    renamed,
    used_sources,
    with_shipped,
)
from narrative.stance import StanceModel, stance_model
from narrative.storage import read_table
from narrative.stored import Streamed
from narrative.study import Study
from narrative.timeline import sum_run

Table = pd.DataFrame | Streamed
Tables = dict[str, Table]


@dataclass
class Run:
    """Where a run reads and writes, and who works on its parts."""

    study: Study
    out: Path
    reporter: Reporter
    namer: Namer
    engine: Engine
    partition: int
    skip_rows: bool = False
    stage: str = ""
    key: str = ""
    skipped: list[Skipped] = field(default_factory=list)

    def table(self, name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return a table of the run, or some columns of it."""
        return read_table(self.out / f"{name}.parquet", columns)

    def plan(self) -> Plan:
        """Return how the documents are cut."""
        return plan_run(self.out, self.partition)

    def parts(self, plan: Plan | None = None) -> Parts:
        """Return the parts of the stage that runs."""
        cuts = plan.cuts if plan is not None else ()
        return Parts(self.out / PARTS / self.stage, self.key, cuts)

    def in_parts(self, work: Work, setup: Any, plan: Plan, *, of_claims: bool = True) -> Parts:
        """Work on every partition of the stage that runs, and keep what is made of each."""
        parts = in_parts(
            self.parts(plan), work, setup, plan, stage=self.stage, of_claims=of_claims,
            engine=self.engine, progress=self.reporter.progress,
        )  # fmt: skip
        self.skipped += with_rows(parts.skipped, self.study)
        return parts

    def encoder(self) -> Encoder:
        """Return the encoder of the framings' vectors."""
        return study_encoder(self.study.encoder.model, self.study.encoder.revision)

    def stance_model(self) -> StanceModel:
        """Return what scores stance: the shipped methods, or the study's own model."""
        chosen = self.study.stance
        return stance_model(chosen.model, chosen.revision) if chosen.model else stance_model()


def _corpus(run: Run) -> Tables:
    path = run.study.path("documents")
    assert path is not None  # Files.documents has a default, and read_study checked it
    folder = run.out / PARTS / run.stage
    source = CorpusParts(path, run.study.lang, folder, run.key, run.skip_rows)
    read = source.read(run.reporter.progress)
    run.skipped += read.skipped
    for note in read.notes():
        run.reporter.note(note)
    return {"documents": read.documents(), "offsets": read.offsets()}


_SAID = ["source_id", "chain"]


def _claims(run: Run) -> Tables:
    documents = run.table("documents", ["outlet"])
    listed = run.study.sources()
    known = with_shipped(listed) if run.study.shipped_sources else listed
    sources = with_outlets(known, documents)
    setup = Extraction(sources, run.study.attribution, run.study.parser)
    parts = run.in_parts(find_claims, setup, run.plan(), of_claims=False)
    register = registered(parts.tables("added"))

    def claims() -> Iterator[pd.DataFrame]:
        for part, added in zip(parts.tables("claims"), parts.tables("added"), strict=True):
            yield renamed(part, register.others(added))

    said = pd.concat(
        [empty_table("claims")[_SAID], *(c[_SAID].drop_duplicates() for c in claims())]
    )
    if said.empty:
        run.reporter.note(
            f"No claim was found (documents: {len(documents)}). See what is kept of them with "
            "narrative.read_corpus, and whether lang is the language that they are in."
        )
    kept = with_outlets(listed, documents)
    used = used_sources(register.table(sources), said, kept)
    return {"claims": Streamed("claims", claims), "sources": used}


# What the claims table holds that framings are found and described with.
_OF_FRAMINGS = ("claim_id", "doc_id", "sent_index", "text", "source_id")


def _framings(run: Run) -> Tables:
    study, plan = run.study, run.plan()
    sources, codebook = run.table("sources"), study.codebook()
    model, revision = study.encoder.model, study.encoder.revision
    setup = Reading(sources, study.places(), codebook, model, revision, study.framings)
    parts = run.in_parts(read_claims, setup, plan)
    claims = run.table("claims", _OF_FRAMINGS)
    documents = run.table("documents", ["doc_id", "copy_group"])
    copies = dict(zip(documents["doc_id"], documents["copy_group"], strict=True))
    # Claims of documents that were left out have no vector, and belong to no framing.
    known = ~claims["doc_id"].isin([s.doc_id for s in parts.skipped]).to_numpy()
    vectors, about, membership = (
        array if array is None or known.all() else array[known]
        for array in (parts.array(n, plan, len(claims)) for n in ("vectors", "about", "membership"))
    )
    assert vectors is not None  # a study has a document, and not all were left out
    framings, assignments = fit_framings(
        claims[known].reset_index(drop=True),
        vectors,
        codebook,
        membership=membership,
        about=about,
        propositions=setup.propositions(),
        groups=claims["doc_id"][known].map(copies).tolist(),
        namer=run.namer,
        settings=study.framings,
        random_state=study.random_state,
    )
    rest = pd.DataFrame({"claim_id": claims["claim_id"][~known], "framing_id": NO_FRAMING})
    if len(rest):
        both = pd.concat([assignments, rest.assign(membership=np.nan)], ignore_index=True)
        assignments = check_table(both, "assignments")
    return {"framings": framings, "assignments": assignments}


def _stances(run: Run) -> Tables:
    framings, chosen = run.table("framings"), run.study.stance
    asked = framings[["framing_id", "proposition", "counter"]]
    setup = Scoring(asked, run.table("sources"), run.study.places(), chosen.model, chosen.revision)
    parts = run.in_parts(score_claims, setup, run.plan())
    return {name: Streamed(name, partial(parts.tables, name)) for name in ("stances", "certainty")}


def _timeline(run: Run) -> Tables:
    settings = run.study.timeline
    sums = sum_run(run.out, freq=settings.freq)
    return {"timeline": sums.estimate(settings, random_state=run.study.random_state)}


def _ledger(run: Run) -> Tables:
    setup = Places(run.table("sources"), run.study.places())
    parts = run.in_parts(find_control, setup, run.plan())
    control = Streamed("control", partial(parts.tables, "control")).whole()
    study, events = run.study, run.study.events()
    assessments = pd.concat([study.assessments(), from_events(events)], ignore_index=True)
    own = {"reference": EVENTS, "title": "events of the study", "lag_days": 0.0}
    references = check_table(
        pd.concat([study.references(), pd.DataFrame([own])], ignore_index=True), "references"
    )
    ledger = build_ledger(control, assessments, references)
    assessments = check_table(assessments, "assessments")
    return {
        "control": control,
        "events": events,
        "assessments": assessments,
        "references": references,
        "ledger": ledger,
    }


@dataclass(frozen=True)
class Stage:
    """What a stage does and all that its tables depend on.

    Parameters
    ----------
    work : callable
    after : tuple of str
        Stages whose tables it reads.
    inputs : tuple of str
        Files of the study that it reads, or "weights".
    sections : tuple of str
        Sections of the study file, and keys of its [study].
    """

    work: Callable[[Run], Tables]
    after: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()


STAGES: dict[str, Stage] = {
    "corpus": Stage(_corpus, (), ("documents", "texts"), ("lang",)),
    "claims": Stage(
        _claims, ("corpus",), ("sources",), ("shipped_sources", "attribution", "parser")
    ),
    "framings": Stage(
        _framings,
        ("corpus", "claims"),
        ("codebook", "places", "weights"),
        ("encoder", "framings", "random_state"),
    ),
    "stances": Stage(
        _stances,
        ("corpus", "claims", "framings"),
        ("codebook", "places", "weights", "stance_model"),
        ("stance",),
    ),
    "timeline": Stage(
        _timeline, ("corpus", "claims", "framings", "stances"), (), ("timeline", "random_state")
    ),
    "ledger": Stage(
        _ledger, ("corpus", "claims"), ("events", "places", "references", "assessments")
    ),
}


def with_outlets(sources: pd.DataFrame, documents: pd.DataFrame) -> pd.DataFrame:
    """Return the sources with a row for every outlet that the documents name and they do not."""
    known = {normalise_mention(str(v)) for c in ("source_id", "name") for v in sources[c]}
    for value in sources["aliases"]:
        known |= {normalise_mention(a) for a in str(value).split("|")}
    # Spellings that a mention does not tell apart are one outlet, called by the first of them.
    spelled: dict[str, str] = {}
    for outlet in sorted({str(o) for o in documents["outlet"]}):
        spelled.setdefault(normalise_mention(outlet), outlet)
    new = sorted(outlet for mention, outlet in spelled.items() if mention not in known)
    rows = pd.DataFrame(
        {"source_id": new, "name": new, "kind": "outlet", "camp": "unknown", "aliases": ""}
    )
    return check_sources(pd.concat([sources, rows], ignore_index=True))
