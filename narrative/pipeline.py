"""Run a study's stages in order, each kept on disk and skipped while its inputs are the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from narrative.adapter import load_adapter
from narrative.claims import attributed_by, cue_language, parser_of
from narrative.digests import DIGESTS, write_digest
from narrative.encoder import Encoder
from narrative.errors import InputError, perhaps
from narrative.framings import Namer, first_terms, fit_framings
from narrative.ledger import build_ledger, from_events
from narrative.ledger.record import EVENTS
from narrative.numbers import summarise
from narrative.partitions import (
    DOCUMENTS,
    PARTS,
    Engine,
    LocalEngine,
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
from narrative.provenance import code_hash, input_hashes, kept_tables, versions
from narrative.reporting import Reporter, Silent
from narrative.run_folder import make_folder
from narrative.schema import NO_FRAMING, check_table, empty_table
from narrative.speakers import (
    check_sources,
    normalise_mention,
    registered,
    renamed,
    used_sources,
    with_shipped,
)
from narrative.stance import StanceModel, stance_methods, stance_model
from narrative.storage import read_table, sha256_file, sha256_json, write_json, write_table
from narrative.stored import StoredTable, Streamed
from narrative.study import Study
from narrative.timeline import estimate_timeline

STAGES = ("corpus", "claims", "framings", "stances", "timeline", "ledger")


Table = pd.DataFrame | Streamed
Tables = dict[str, Table]


@dataclass
class _Run:
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


def _corpus(run: _Run) -> Tables:
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


def _claims(run: _Run) -> Tables:
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


def _framings(run: _Run) -> Tables:
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


def _stances(run: _Run) -> Tables:
    framings, chosen = run.table("framings"), run.study.stance
    asked = framings[["framing_id", "proposition", "counter"]]
    setup = Scoring(asked, run.table("sources"), run.study.places(), chosen.model, chosen.revision)
    parts = run.in_parts(score_claims, setup, run.plan())
    return {name: Streamed(name, partial(parts.tables, name)) for name in ("stances", "certainty")}


_OF_TIMELINE: dict[str, tuple[str, ...] | None] = {
    "claims": ("claim_id", "doc_id", "source_id", "chain", "said_at", "said_precision"),
    "assignments": ("claim_id", "framing_id"),
    "stances": ("claim_id", "framing_id", "stance"),
    "documents": ("doc_id", "copy_group"),
    "sources": None,
}


def _timeline(run: _Run) -> Tables:
    tables = [run.table(name, columns) for name, columns in _OF_TIMELINE.items()]
    return {
        "timeline": estimate_timeline(
            *tables, settings=run.study.timeline, random_state=run.study.random_state
        )
    }


def _ledger(run: _Run) -> Tables:
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
class _Stage:
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

    work: Callable[[_Run], Tables]
    after: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()


_WORK: dict[str, _Stage] = {
    "corpus": _Stage(_corpus, (), ("documents", "texts"), ("lang",)),
    "claims": _Stage(
        _claims, ("corpus",), ("sources",), ("shipped_sources", "attribution", "parser")
    ),
    "framings": _Stage(
        _framings,
        ("corpus", "claims"),
        ("codebook", "places", "weights"),
        ("encoder", "framings", "random_state"),
    ),
    "stances": _Stage(
        _stances,
        ("corpus", "claims", "framings"),
        ("codebook", "places", "weights", "stance_model"),
        ("stance",),
    ),
    "timeline": _Stage(
        _timeline, ("corpus", "claims", "framings", "stances"), (), ("timeline", "random_state")
    ),
    "ledger": _Stage(
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


def run_study(
    study: Study,
    out: str | Path,
    *,
    from_stage: str | None = None,
    reporter: Reporter | None = None,
    namer: Namer = first_terms,
    engine: Engine | None = None,
    partition: int = DOCUMENTS,
    skip_rows: bool = False,
) -> dict[str, Any]:
    """Run every stage of a study and write its tables, ``numbers.json`` and ``manifest.json``.

    Parameters
    ----------
    study : Study
        From ``read_study``.
    out : path-like
        Folder of the tables. A stage whose inputs, settings and outputs are unchanged is kept.
    from_stage : str, optional
        Recompute this stage and those after it.
    reporter : Reporter, optional
    namer : callable, optional
        Names discovered framings (see ``fit_framings``). The stage is run again for a function of
        another name; for one that was changed inside, recompute with ``from_stage="framings"``.
    engine : Engine, optional
        Works on the parts of a run; by default this process (see ``narrative.partitions``). The
        tables are the same.
    partition : int
        Documents of a part, at most: so many are in memory at a time, and are done again after an
        interruption.
    skip_rows : bool
        Leave out rows of the documents file that are no document, and name them, where otherwise
        they end the run before anything is computed.

    Returns
    -------
    dict
        The manifest.

    Raises
    ------
    InputError, StudyError, WeightsError, StorageError
    """
    if from_stage is not None and from_stage not in STAGES:
        raise InputError(
            f"stage {from_stage!r} is unknown; expected one of {', '.join(STAGES)}"
            f"{perhaps(from_stage, STAGES)}. Write its name behind --from."
        )
    if partition < 1:
        raise InputError(f"partition={partition}: expected one document or more. Write 100.")
    study.check()
    run = _Run(
        study, Path(out), reporter or Silent(), namer, engine or LocalEngine(), partition, skip_rows
    )
    make_folder(run.out, study)
    for note in study.notes():
        run.reporter.note(note)
    inputs = input_hashes(study)
    weights = {"adapter": load_adapter().sha256, "encoder": run.encoder().fingerprint}
    made_by = {"packages": versions(), "code": code_hash()}
    pairs = run.stance_model().pairs.reader.fingerprint
    hashes = inputs | {"weights": sha256_json(weights), "stance_model": pairs}
    forced = False
    keys: dict[str, str] = {}
    outputs: dict[str, str] = {}
    parser = parser_of(study.parser)
    for stage in STAGES:
        forced = forced or stage == from_stage
        plan = _WORK[stage]
        keys[stage] = sha256_json(
            {
                "stage": stage,
                "made_by": made_by,
                "after": {s: keys[s] for s in plan.after},
                "inputs": {i: hashes.get(i, "") for i in plan.inputs},
                "settings": {s: study.config()[s] for s in plan.sections},
                # A pipeline of the same name can be another version.
                "parser": parser.identity if parser and "parser" in plan.sections else "",
                "namer": _name(namer) if stage == "framings" else "",
                "skip_rows": skip_rows and stage == "corpus",
            }
        )
        outputs |= _run_stage(run, stage, keys[stage], forced=forced)
    attribution = _attribution(run)
    write_json(
        summarise({n: run.table(n, _OF_NUMBERS.get(n)) for n in outputs}),
        run.out / "numbers.json",
    )
    manifest = {
        "study": study.config(),
        "random_state": study.random_state,
        "inputs": inputs,
        "weights": weights | {"stance_pairs": pairs},
        "attribution": attribution,
        "stance_methods": stance_methods(run.table("framings"), run.stance_model()),
        "parser": parser.identity if parser else "",
        "homes": _homes(study),
        "model_error": load_adapter().meta.get("measured", {}),
        **made_by,
        "tables": dict(sorted(outputs.items())),
        "skipped": [s.record() for s in run.skipped],
        "numbers": sha256_file(run.out / "numbers.json"),
    }
    write_json(manifest, run.out / "manifest.json")
    _tell(run)
    return manifest


_TOLD = 20  # documents that were left out, each told by itself


def _tell(run: _Run) -> None:
    """Say which documents were left out, and where."""
    for skipped in run.skipped[:_TOLD]:
        run.reporter.note(skipped.told(run.study.files.documents))
    more = len(run.skipped) - _TOLD
    if more > 0:
        run.reporter.note(f"{more} more were left out; manifest.json has them under skipped.")


def _homes(study: Study) -> dict[str, str]:
    """Return the camp whose story each framing of the codebook is, of those that are a camp's."""
    codebook = study.codebook()
    return {} if codebook is None else {f.framing_id: f.camp for f in codebook.framings if f.camp}


def _name(namer: Namer) -> str:
    """Return what tells a function from another."""
    return f"{namer.__module__}.{getattr(namer, '__qualname__', type(namer).__qualname__)}"


def _attribution(run: _Run) -> dict[str, dict[str, str]]:
    """Return what attributed each language, and tell of those that the reader does not know."""
    out = {}
    for lang in sorted({str(v) for v in run.table("documents", ["lang"])["lang"]}):
        method, cues = attributed_by(lang, run.study.attribution), cue_language(lang)
        out[lang] = {"method": method, "cues": cues}
        if method == "rules" and run.study.attribution != "rules":
            run.reporter.note(
                f"Text in {lang!r} is attributed by rules with the reporting verbs of {cues!r}: "
                "the reader knows English only."
            )
    return out


def _run_stage(run: _Run, stage: str, key: str, *, forced: bool) -> dict[str, str]:
    """Keep or compute one stage; return the hashes of its tables."""
    record = run.out / ".stages" / f"{stage}.json"
    kept = None if forced else kept_tables(record, key, run.out)
    run.reporter.stage(stage, kept is not None)
    if kept is not None:
        stored = json.loads(record.read_text(encoding="utf-8"))
        run.skipped += [Skipped(**s) for s in stored.get("skipped", [])]
        return kept
    record.unlink(missing_ok=True)
    run.stage, run.key, before = stage, key, len(run.skipped)
    tables = _WORK[stage].work(run)
    # From here on the folder holds tables of two runs, until the last stage has ended.
    (run.out / "manifest.json").unlink(missing_ok=True)
    for name, table in tables.items():
        path = run.out / f"{name}.parquet"
        if isinstance(table, Streamed):
            table.write(path)
        else:
            table.attrs = {}
            write_table(table, path)
        write_digest(StoredTable(path).groups(), run.out / DIGESTS / f"{name}.parquet")
    written = {name: sha256_file(run.out / f"{name}.parquet") for name in tables}
    skipped = [s.record() for s in run.skipped[before:]]
    write_json({"key": key, "tables": written, "skipped": skipped}, record)
    run.parts().delete()
    return written


# What the numbers are counted from: never the texts.
_OF_NUMBERS: dict[str, tuple[str, ...]] = {
    "documents": ("doc_id", "copy_group"),
    "offsets": ("doc_id",),
    "claims": ("claim_id", "voice", "source_id", "date_flag"),
    "stances": ("claim_id", "framing_id", "stance"),
    "certainty": ("claim_id",),
}
