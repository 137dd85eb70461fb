"""What each stage of a run does: tables and parts in, tables out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from narrative.discarding import sample_documents
from narrative.encoder import Encoder
from narrative.framings import Assigner, Namer, Results, fit_pieces
from narrative.ledger import build_ledger, from_events
from narrative.ledger.record import EVENTS
from narrative.partitions import (
    PARTS,
    Cut,
    Engine,
    Partition,
    Parts,
    Plan,
    Skipped,
    Work,
    in_parts,
    plan_run,
    with_rows,
)
from narrative.partitions.claims import ClaimParts
from narrative.partitions.corpus import CorpusParts
from narrative.partitions.work import (
    Extraction,
    Places,
    Reading,
    Scoring,
    assign_claims,
    find_claims,
    find_control,
    read_claims,
    score_claims,
    study_encoder,
)
from narrative.reporting import Progress, Reporter
from narrative.schema import UNKNOWN, check_table, empty_table
from narrative.speakers import (
    check_sources,
    normalise_mention,
    registered,
    renamed,
    used_sources,
    with_shipped,
)
from narrative.stance import StanceModel, stance_model
from narrative.storage import read_table, sha256_bytes, sha256_json
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
    facts: dict[str, Any] = field(default_factory=dict)  # of stages, for the manifest

    def table(self, name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return a table of the run, or some columns of it."""
        return read_table(self.out / f"{name}.parquet", columns)

    def sided(self) -> pd.DataFrame:
        """Return the sources of a known camp: what each part needs of a table that grows."""
        sources = self.table("sources")
        return sources[sources["camp"] != UNKNOWN].reset_index(drop=True)

    def plan(self, takes: Callable[[str], bool] | None = None) -> Plan:
        """Return how documents are cut: by default those that were not discarded."""
        if takes is None and self.study.prefilter.sample:
            lost = frozenset(self.table("discarded", ["doc_id"])["doc_id"])
            return plan_run(self.out, self.partition, lambda d: d not in lost)
        return plan_run(self.out, self.partition, takes)

    def parts(self, plan: Plan | None = None, of: str = "") -> Parts:
        """Return the parts of the stage that runs, or of a step before it."""
        cuts = plan.cuts if plan is not None else ()
        folder = f"{self.stage}.{of}" if of else self.stage
        return Parts(self.out / PARTS / folder, self.key, cuts)

    def delete_parts(self) -> None:
        """Delete the parts of the stage that ran, and of the steps before it."""
        for folder in sorted((self.out / PARTS).glob(f"{self.stage}.*")):
            self.parts(of=folder.suffix[1:]).delete()
        self.parts().delete()

    def in_parts(
        self,
        work: Work,
        setup: Any,
        plan: Plan,
        *,
        of_claims: bool = True,
        parts: Parts | None = None,
        of: str = "",
        load: Callable[[Cut], Partition] | None = None,
        progress: Progress | None = None,
        leave_out: bool = True,
    ) -> Parts:
        """Work on every partition of the stage that runs, and keep what is made of each.

        Documents that cannot be worked on are left out of the stage, unless told otherwise.
        """
        parts = in_parts(
            parts or self.parts(plan, of), work, setup, plan, stage=self.stage,
            of_claims=of_claims, engine=self.engine, load=load,
            progress=progress or self.reporter.progress,
        )  # fmt: skip
        if leave_out:
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
    sample = sample_documents(run, setup) if run.study.prefilter.sample else None
    done = set() if sample is None else sample.drawn | set(sample.discarded["doc_id"])
    parts = run.in_parts(
        find_claims, setup, run.plan(lambda d: d not in done), of_claims=False,
        progress=lambda n, _: run.reporter.progress(len(done) + n, len(documents)),
    )  # fmt: skip
    first = () if sample is None else (sample.added,)
    register = registered([*first, *parts.tables("added")])

    def claims() -> Iterator[pd.DataFrame]:
        pairs = zip(parts.tables("claims"), parts.tables("added"), strict=True)
        mine = (renamed(part, register.others(added)) for part, added in pairs)
        yield from mine if sample is None else sample.merged(mine, register)

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
    tables: Tables = {"claims": Streamed("claims", claims), "sources": used}
    if sample is None:
        return tables
    run.facts["prefilter"] = sample.record
    return tables | {"discarded": sample.discarded}


def _framings(run: Run) -> Tables:
    study, plan = run.study, run.plan()
    sources, codebook = run.sided(), study.codebook()
    model, revision = study.encoder.model, study.encoder.revision
    setup = Reading(sources, study.places(), codebook, model, revision, study.framings)
    read = run.in_parts(read_claims, setup, plan)
    documents = run.table("documents", ["doc_id", "copy_group"])
    copies = dict(zip(documents["doc_id"], documents["copy_group"], strict=True))
    claims = ClaimParts(plan, read, "about" if setup.pinned else "vectors", copies)

    def assign(assigner: Assigner) -> Results:
        # What was assigned to other framings is not taken up.
        run.reporter.step("assigned")
        key = sha256_json([run.key, sha256_bytes(assigner.centres.tobytes())])
        parts = Parts(read.folder / "assigned", key, claims.rest.cuts)
        claims.assigned = run.in_parts(
            assign_claims, assigner, claims.rest, parts=parts, load=claims.partition
        )
        run.reporter.step("certificate, replicates")
        return claims.results()

    fitted = fit_pieces(
        claims.pieces,
        assign,
        codebook,
        propositions=setup.propositions(),
        namer=run.namer,
        settings=study.framings,
        random_state=study.random_state,
        progress=run.reporter.progress,
    )
    assignments = Streamed("assignments", partial(claims.assignments, fitted))
    return {"framings": fitted.framings, "assignments": assignments}


def _stances(run: Run) -> Tables:
    framings, chosen = run.table("framings"), run.study.stance
    asked = framings[["framing_id", "proposition", "counter"]]
    setup = Scoring(asked, run.sided(), run.study.places(), chosen.model, chosen.revision)
    parts = run.in_parts(score_claims, setup, run.plan())
    return {name: Streamed(name, partial(parts.tables, name)) for name in ("stances", "certainty")}


def _timeline(run: Run) -> Tables:
    settings = run.study.timeline
    sums = sum_run(run.out, freq=settings.freq)
    return {"timeline": sums.estimate(settings, random_state=run.study.random_state)}


def _ledger(run: Run) -> Tables:
    setup = Places(run.sided(), run.study.places())
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
        Sections of the study file, or section.key, and keys of its [study].
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


# What decides whether a document is about the study.
_ABOUT = ("codebook", "places", "weights")
_ABOUT_SECTIONS = (
    "prefilter", "encoder", "random_state", "framings.min_membership", "framings.temperature",
    "framings.floor",
)  # fmt: skip


def stages_of(study: Study) -> dict[str, Stage]:
    """Return the stages of a study, and all that the tables of each depend on."""
    if not study.prefilter.sample:
        return STAGES
    claims = STAGES["claims"]
    more = replace(
        claims,
        inputs=(*claims.inputs, *_ABOUT),
        sections=(*claims.sections, *_ABOUT_SECTIONS),
    )
    return STAGES | {"claims": more}


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
