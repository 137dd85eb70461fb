"""Run a study's stages in order, each kept on disk and skipped while its inputs are the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from narrative.adapter import load_adapter
from narrative.claims import attributed_by, cue_language, parser_of
from narrative.digests import DIGESTS, write_digest
from narrative.errors import InputError, perhaps
from narrative.framings import Namer, first_terms
from narrative.numbers import summarise
from narrative.partitions import (
    DOCUMENTS,
    Engine,
    LocalEngine,
    Skipped,
)
from narrative.prefilter import told
from narrative.provenance import code_hash, input_hashes, kept_tables, versions
from narrative.reporting import Reporter, Silent
from narrative.run_folder import make_folder
from narrative.stages import STAGES as WORK
from narrative.stages import Run, stages_of
from narrative.stance import stance_methods
from narrative.storage import sha256_file, sha256_json, write_json, write_table
from narrative.stored import StoredTable, Streamed, aligned
from narrative.study import Study

STAGES = tuple(WORK)


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
    run = Run(
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
    config = study.config()
    for stage, plan in stages_of(study).items():
        forced = forced or stage == from_stage
        keys[stage] = sha256_json(
            {
                "stage": stage,
                "made_by": made_by,
                "after": {s: keys[s] for s in plan.after},
                "inputs": {i: hashes.get(i, "") for i in plan.inputs},
                "settings": {s: _setting(config, s) for s in plan.sections},
                # A pipeline of the same name can be another version.
                "parser": parser.identity if parser and "parser" in plan.sections else "",
                "namer": _name(namer) if stage == "framings" else "",
                "skip_rows": skip_rows and stage == "corpus",
            }
        )
        outputs |= _run_stage(run, stage, keys[stage], forced=forced)
    if "discarded" not in outputs:  # an earlier run here may have had a prefilter
        for folder in (run.out, run.out / DIGESTS):
            (folder / "discarded.parquet").unlink(missing_ok=True)
    attribution = _attribution(run)
    pieces = aligned(*(StoredTable(run.out / f"{n}.parquet", c) for n, c in _COUNTED.items()))
    write_json(
        summarise({n: run.table(n, c) for n, c in _OF_NUMBERS.items() if n in outputs}, pieces),
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
        **run.facts,
        "numbers": sha256_file(run.out / "numbers.json"),
    }
    write_json(manifest, run.out / "manifest.json")
    _tell(run)
    return manifest


_TOLD = 20  # documents that were left out, each told by itself


def _tell(run: Run) -> None:
    """Say which documents were discarded or left out, and where."""
    if "prefilter" in run.facts:
        run.reporter.note(told(run.facts["prefilter"]))
    for skipped in run.skipped[:_TOLD]:
        run.reporter.note(skipped.told(run.study.files.documents))
    more = len(run.skipped) - _TOLD
    if more > 0:
        run.reporter.note(f"{more} more were left out; manifest.json has them under skipped.")


def _homes(study: Study) -> dict[str, str]:
    """Return the camp whose story each framing of the codebook is, of those that are a camp's."""
    codebook = study.codebook()
    return {} if codebook is None else {f.framing_id: f.camp for f in codebook.framings if f.camp}


def _setting(config: dict[str, Any], name: str) -> Any:
    """Return a section, a key of [study], or section.key."""
    section, _, key = name.partition(".")
    return config[section][key] if key else config[section]


def _name(namer: Namer) -> str:
    """Return what tells a function from another."""
    return f"{namer.__module__}.{getattr(namer, '__qualname__', type(namer).__qualname__)}"


def _attribution(run: Run) -> dict[str, dict[str, str]]:
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


def _run_stage(run: Run, stage: str, key: str, *, forced: bool) -> dict[str, str]:
    """Keep or compute one stage; return the hashes of its tables."""
    record = run.out / ".stages" / f"{stage}.json"
    kept = None if forced else kept_tables(record, key, run.out)
    run.reporter.stage(stage, kept is not None)
    if kept is not None:
        stored = json.loads(record.read_text(encoding="utf-8"))
        run.skipped += [Skipped(**s) for s in stored.get("skipped", [])]
        run.facts |= stored.get("facts", {})
        return kept
    record.unlink(missing_ok=True)
    run.stage, run.key, before, known = stage, key, len(run.skipped), dict(run.facts)
    tables = WORK[stage].work(run)
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
    facts = {k: v for k, v in run.facts.items() if k not in known}
    more = {"facts": facts} if facts else {}
    write_json({"key": key, "tables": written, "skipped": skipped} | more, record)
    run.delete_parts()
    return written


# What the numbers are counted from, whole or a group of rows at a time: never the texts.
_OF_NUMBERS: dict[str, tuple[str, ...] | None] = {
    "documents": ("copy_group",),
    "discarded": ("n_claims",),
    "sources": ("source_id", "camp"),
    "framings": ("framing_id", "origin", "n_claims"),
    "control": ("claim_id",),
    "ledger": None,
}
_COUNTED = {
    "claims": ("claim_id", "voice", "source_id", "date_flag"),
    "assignments": ("claim_id", "framing_id"),
    "stances": ("claim_id", "framing_id", "stance"),
}
