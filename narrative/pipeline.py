"""Run a study's stages in order, each kept on disk and skipped while its inputs are the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from narrative.adapter import load_adapter
from narrative.claims import attributed_by, cue_language, extract_claims, parser_of
from narrative.corpus import read_corpus
from narrative.digests import DIGESTS, write_digest
from narrative.encoder import (
    DEFAULT_MODEL,
    CachedEncoder,
    Encoder,
    Vectors,
    default_cache,
    embed,
    sentence_encoder,
)
from narrative.errors import InputError, perhaps
from narrative.framings import (
    Namer,
    discovery_vectors,
    first_terms,
    fit_framings,
    guided_membership,
)
from narrative.ledger import build_ledger, control_claims, from_events
from narrative.ledger.record import EVENTS
from narrative.normalise import build_normaliser
from narrative.numbers import summarise
from narrative.provenance import code_hash, input_hashes, kept_tables, versions
from narrative.reporting import Reporter, Silent
from narrative.run_folder import make_folder
from narrative.schema import check_table, empty_table
from narrative.speakers import check_sources, normalise_mention, used_sources, with_shipped
from narrative.stance import (
    StanceModel,
    score_certainty,
    score_stance,
    speaker_camps,
    stance_methods,
    stance_model,
)
from narrative.stance.in_context import alone, claim_inputs, with_place
from narrative.storage import read_table, sha256_file, sha256_json, write_json, write_table
from narrative.study import Study
from narrative.timeline import estimate_timeline

STAGES = ("corpus", "claims", "framings", "stances", "timeline", "ledger")


@dataclass
class _Run:
    """Where a run reads and writes."""

    study: Study
    out: Path
    reporter: Reporter
    namer: Namer

    def table(self, name: str) -> pd.DataFrame:
        return read_table(self.out / f"{name}.parquet")

    def placed_claims(self) -> pd.DataFrame:
        """Return the claims with what stands beside them in their documents."""
        return with_place(self.table("claims"), self.table("documents"))

    def encoder(self) -> Encoder:
        """Return the encoder of the framings' vectors: the adapted one where it is pinned."""
        model = self.study.encoder.model
        if model == DEFAULT_MODEL:
            return stance_model().encoder
        return CachedEncoder(
            sentence_encoder(model, self.study.encoder.revision or None), default_cache()
        )

    def stance_model(self) -> StanceModel:
        """Return what scores stance: the shipped methods, or the study's own model."""
        chosen = self.study.stance
        return stance_model(chosen.model, chosen.revision) if chosen.model else stance_model()


Tables = dict[str, pd.DataFrame]


def _corpus(run: _Run) -> Tables:
    path = run.study.path("documents")
    assert path is not None  # Files.documents has a default, and read_study checked it
    documents = read_corpus(path, lang=run.study.lang)
    offsets = check_table(pd.DataFrame(documents.attrs.pop("offsets")), "offsets")
    for note in documents.attrs.pop("notes"):
        run.reporter.note(note)
    return {"documents": documents, "offsets": offsets}


def _claims(run: _Run) -> Tables:
    documents = run.table("documents")
    listed = run.study.sources()
    known = with_shipped(listed) if run.study.shipped_sources else listed
    sources = with_outlets(known, documents)
    claims = extract_claims(
        documents,
        sources,
        attribution=run.study.attribution,
        parser=run.study.parser,
        progress=run.reporter.progress,
    )
    if claims.empty:
        run.reporter.note(
            f"No claim was found (documents: {len(documents)}). See what is kept of them with "
            "narrative.read_corpus, and whether lang is the language that they are in."
        )
    added = check_table(pd.DataFrame(claims.attrs.pop("sources")), "sources")
    kept = with_outlets(listed, documents)
    return {"claims": claims, "sources": used_sources(added, claims, kept)}


def _grouped(study: Study, texts: Sequence[str], vectors: Vectors) -> Vectors:
    """Return the vectors that discovery groups, from those of the study's encoder."""
    if study.encoder.model != DEFAULT_MODEL:
        return vectors
    topic, weight = embed([alone(t) for t in texts]), study.framings.stance_weight
    return discovery_vectors(topic, vectors, stance_model().adapter, study.codebook(), weight)


def _framings(run: _Run) -> Tables:
    claims, sources = run.table("claims"), run.table("sources")
    normaliser = build_normaliser(sources, run.study.places())
    documents = run.table("documents")
    copies = dict(zip(documents["doc_id"], documents["copy_group"], strict=True))
    encoder, codebook = run.encoder(), run.study.codebook()
    pinned = run.study.encoder.model == DEFAULT_MODEL
    # Other encoders know no place: they read the claim alone.
    read = run.placed_claims() if pinned else claims
    texts = claim_inputs(read, speaker_camps(claims, sources), normaliser)
    vectors = encoder.encode(texts, progress=run.reporter.progress)
    membership = propositions = None
    if codebook is not None:
        sentences = [normaliser(f.proposition) for f in codebook.framings]
        propositions = _grouped(run.study, sentences, encoder.encode(sentences))
        membership = guided_membership(
            vectors,
            codebook,
            encoder,
            normaliser,
            adapter=stance_model().adapter if pinned else None,
            temperature=run.study.framings.temperature,
            floor=run.study.framings.floor,
        )
    framings, assignments = fit_framings(
        claims,
        vectors,
        codebook,
        membership=membership,
        about=_grouped(run.study, texts, vectors),
        propositions=propositions,
        groups=claims["doc_id"].map(copies).tolist(),
        namer=run.namer,
        settings=run.study.framings,
        random_state=run.study.random_state,
    )
    return {"framings": framings, "assignments": assignments}


def _stances(run: _Run) -> Tables:
    claims, framings = run.placed_claims(), run.table("framings")
    sources, places, progress = run.table("sources"), run.study.places(), run.reporter.progress
    stances = empty_table("stances")
    if (framings["proposition"] != "").any():
        stances = score_stance(
            claims,
            framings,
            sources=sources,
            places=places,
            model=run.stance_model(),
            progress=progress,
        )
    certainty = score_certainty(claims, sources=sources, places=places, progress=progress)
    return {"stances": stances, "certainty": certainty}


def _timeline(run: _Run) -> Tables:
    tables = [run.table(n) for n in ("claims", "assignments", "stances", "documents", "sources")]
    return {
        "timeline": estimate_timeline(
            *tables, settings=run.study.timeline, random_state=run.study.random_state
        )
    }


def _ledger(run: _Run) -> Tables:
    places = run.study.places()
    control = control_claims(
        run.table("claims"), run.table("documents"), run.table("sources"), places
    )
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
    study.check()
    run = _Run(study, Path(out), reporter or Silent(), namer)
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
            }
        )
        outputs |= _run_stage(run, stage, keys[stage], forced=forced)
    attribution = _attribution(run)
    write_json(summarise({n: run.table(n) for n in outputs}), run.out / "numbers.json")
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
        "numbers": sha256_file(run.out / "numbers.json"),
    }
    write_json(manifest, run.out / "manifest.json")
    return manifest


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
    for lang in sorted({str(v) for v in run.table("documents")["lang"]}):
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
        return kept
    record.unlink(missing_ok=True)
    tables = _WORK[stage].work(run)
    # From here on the folder holds tables of two runs, until the last stage has ended.
    (run.out / "manifest.json").unlink(missing_ok=True)
    for name, table in tables.items():
        table.attrs = {}
        write_table(table, run.out / f"{name}.parquet")
        write_digest(read_table(run.out / f"{name}.parquet"), run.out / DIGESTS / f"{name}.parquet")
    written = {name: sha256_file(run.out / f"{name}.parquet") for name in tables}
    write_json({"key": key, "tables": written}, record)
    return written
