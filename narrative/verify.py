"""Checks that a run's files are what was written, and that they follow from each other.

A changed cell is named by the digests that a run keeps of its tables, even where nothing tells what
it was. What follows from other tables (numbers, timeline, ledger) is derived again and compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from narrative.difference import Difference
from narrative.digests import DIGESTS, digest, read_digest
from narrative.errors import NarrativeError, StorageError
from narrative.ledger import build_ledger, from_events
from narrative.ledger.record import EVENTS
from narrative.numbers import summarise
from narrative.provenance import code_hash, input_hashes, versions
from narrative.schema import KEYS, check_table
from narrative.storage import read_table, sha256_file
from narrative.study import Study
from narrative.timeline import TimelineSettings, estimate_timeline

_SHOWN = 20  # cells named of one table, at most


def verify_run(folder: str | Path, study: Study | None = None) -> list[Difference]:
    """Return everything in a run's folder that differs from what the run wrote or implies.

    Parameters
    ----------
    folder : path-like
        Written by ``run_study``.
    study : Study, optional
        Its inputs are then compared with those of the run.

    Returns
    -------
    list of Difference
        Empty where all is as it was.

    Raises
    ------
    StorageError
        If there is no manifest, or it cannot be read.
    """
    folder = Path(folder)
    manifest = _manifest(folder)
    found = list(_files(folder, manifest))
    if any(d.where.endswith(": missing") for d in found):
        return found  # nothing can be derived from what is not there
    found += _derived(folder, manifest)
    found += _figures(folder)
    if study is not None:
        found += _inputs(manifest, study)
    return found


def _figures(folder: Path) -> list[Difference]:
    """Return the run's figures that differ from what its tables give, if any were drawn."""
    from narrative.figures import LISTING, redrawn  # matplotlib only where there are figures

    drawn = folder / "figures"
    return redrawn(folder, drawn) if (drawn / LISTING).is_file() else []


def made_by_other(folder: str | Path) -> list[str]:
    """Return what made a run and is another version here: then small differences are expected."""
    manifest = _manifest(Path(folder))
    here = {"narrative's code": code_hash()} | versions()
    then = {"narrative's code": manifest.get("code", "")} | manifest.get("packages", {})
    return [f"{k}: {then.get(k, 'none')}, here {v}" for k, v in here.items() if then.get(k) != v]


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        read = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except OSError:
        raise StorageError(
            f"{folder}: no manifest.json; expected the folder of a run (narrative run … --out)."
        ) from None
    except ValueError as error:
        raise StorageError(f"{folder / 'manifest.json'}: not JSON ({error}); run again.") from None
    if not isinstance(read, dict) or not isinstance(read.get("tables"), dict):
        raise StorageError(f"{folder / 'manifest.json'}: names no tables; run again.")
    return read


def _files(folder: Path, manifest: dict[str, Any]) -> Iterator[Difference]:
    """Yield files that are missing or differ, with the cells where they can be named."""
    for name, expected in manifest["tables"].items():
        path = folder / f"{name}.parquet"
        if not path.is_file():
            yield Difference(f"{path.name}: missing")
        elif sha256_file(path) != expected:
            yield from _cells(path, folder / DIGESTS / path.name, name)
    path = folder / "numbers.json"
    if not path.is_file():
        yield Difference("numbers.json: missing")


def _cells(path: Path, kept: Path, name: str) -> Iterator[Difference]:
    """Yield the cells of a table that are not as they were written."""
    try:
        table = read_table(path)
        old_rows, old = read_digest(kept)
    except StorageError as error:
        yield Difference(str(error))
        return
    rows, columns = digest(table)
    if list(old) != list(columns):
        yield Difference(f"{path.name}, columns", ", ".join(columns), ", ".join(old))
        return
    if len(rows) != len(old_rows):
        yield Difference(f"{path.name}, rows", str(len(rows)), str(len(old_rows)))
        return
    changed = [c for c in columns if columns[c] != old[c]]
    at = [i for i, (a, b) in enumerate(zip(rows, old_rows, strict=True)) if a != b]
    if not changed:
        yield Difference(f"{path.name}: written again, with the same values")
        return
    for i in at[:_SHOWN]:
        key = ", ".join(f"{k}={table.iloc[i][k]}" for k in KEYS[name])
        for column in changed:
            where = f"{path.name}, row {i} ({key}), column {column}"
            yield Difference(where, str(table.iloc[i][column]), "what the run wrote (its hash)")
    if len(at) > _SHOWN:
        yield Difference(f"{path.name}: {len(at) - _SHOWN} further rows differ")


def _derived(folder: Path, manifest: dict[str, Any]) -> Iterator[Difference]:
    """Yield what does not follow from the tables that it was made of."""
    try:
        tables = {n: read_table(folder / f"{n}.parquet") for n in manifest["tables"]}
        numbers = json.loads((folder / "numbers.json").read_text(encoding="utf-8"))
    except (NarrativeError, ValueError):
        return  # told above
    yield from _nested("numbers.json", numbers, summarise(tables))
    used = ("claims", "assignments", "stances", "documents", "sources")
    settings = TimelineSettings(**manifest["study"]["timeline"])
    timeline = estimate_timeline(
        *(tables[n] for n in used), settings=settings, random_state=manifest["random_state"]
    )
    yield from _compared("timeline", tables["timeline"], timeline)
    if "events" not in tables:
        yield Difference("events.parquet: made by a version that kept none; run again")
        return
    # The study's own events are one of the references that assess.
    assessments = tables["assessments"]
    own = assessments[assessments["reference"] == EVENTS].reset_index(drop=True)
    implied = check_table(from_events(tables["events"]), "assessments")
    yield from _compared("assessments", own, implied)
    derived = build_ledger(tables["control"], assessments, tables["references"])
    yield from _compared("ledger", tables["ledger"], derived)


def _compared(name: str, got: pd.DataFrame, expected: pd.DataFrame) -> Iterator[Difference]:
    """Yield the cells of a table that differ from the same table derived again."""
    if len(got) != len(expected):
        yield Difference(f"{name}.parquet, rows", str(len(got)), f"{len(expected)} (derived)")
        return
    keys = KEYS[name]
    for column in expected.columns:
        a, b = got[column].to_numpy(), expected[column].to_numpy()
        if pd.api.types.is_float_dtype(expected[column]):
            same = np.isclose(a.astype(float), b.astype(float), rtol=0, atol=1e-9, equal_nan=True)
        else:
            same = a == b
        for i in np.flatnonzero(~same)[:_SHOWN]:
            key = ", ".join(f"{k}={got.iloc[i][k]}" for k in keys)
            yield Difference(f"{name}.parquet, row {i} ({key}), column {column}",
                             str(a[i]), f"{b[i]} (derived)")  # fmt: skip


def _nested(where: str, got: Any, expected: Any) -> Iterator[Difference]:
    """Yield the leaves of two JSON values that differ."""
    if isinstance(got, dict) and isinstance(expected, dict):
        for key in sorted({*got, *expected}, key=str):
            yield from _nested(f"{where}, {key}", got.get(key), expected.get(key))
    elif got != expected:
        yield Difference(where, json.dumps(got), f"{json.dumps(expected)} (derived)")


def _inputs(manifest: dict[str, Any], study: Study) -> Iterator[Difference]:
    """Yield the settings and files of a study that are not those of the run."""
    config = json.loads(json.dumps(study.config()))
    yield from _changed("study.toml", config, manifest.get("study", {}))
    here, then = input_hashes(study), manifest.get("inputs", {})
    for name in sorted({*here, *then}):
        if here.get(name) != then.get(name):
            yield Difference(f"{name} of the study", here.get(name, ""), then.get(name, "no file"))


def _changed(where: str, got: Any, expected: Any) -> Iterator[Difference]:
    """Yield the settings of a study file that are not those of the run."""
    if isinstance(got, dict) and isinstance(expected, dict):
        for key in sorted({*got, *expected}):
            yield from _changed(f"{where}, {key}", got.get(key), expected.get(key))
    elif got != expected:
        yield Difference(where, json.dumps(got), f"{json.dumps(expected)} (the run's)")
