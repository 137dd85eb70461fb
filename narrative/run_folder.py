"""The folder of a run: whether it is one, whether it is finished, and what may be written there."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from narrative.errors import InputError, StorageError
from narrative.schema import TABLES
from narrative.storage import DAMAGED

if TYPE_CHECKING:
    from narrative.study import Study


def check_run(folder: Path, *, tables: bool = True) -> None:
    """Raise an error if a folder does not hold a finished run.

    Parameters
    ----------
    folder : Path
    tables : bool
        Whether every table has to be there, as the run wrote it; ``narrative verify`` tells of
        those that are not itself.

    Raises
    ------
    InputError
        If it is no folder, or that of a study or of something else.
    StorageError
        If the run in it did not end, or one of its files is missing, damaged or another's.
    """
    shown = shlex.quote(str(folder))
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "no such folder"
        raise InputError(
            f"{folder}: {what}; expected the folder of a run. Check the name, or run 'narrative "
            f"run STUDY --out {shown if not folder.exists() else 'FOLDER'}' first."
        )
    if not (folder / "manifest.json").is_file():
        _not_finished(folder)
    listed = _manifest(folder).get("tables", {})
    if tables:
        check_tables(folder, listed)


def find_run(study: Path, results: Path | None, needed: tuple[str, ...]) -> Path:
    """Return the folder of a run, given itself or its study; the tables needed are in it."""
    from narrative.study import read_study

    itself = (study / "claims.parquet").is_file()
    folder = study if itself else results or read_study(study).root / "results"
    if not (folder / "claims.parquet").is_file():
        call = f"narrative run {shlex.quote(str(study))} --out {shlex.quote(str(folder))}"
        raise InputError(
            f"{folder}: no run there; run '{call}' first, or name the folder of the run with "
            "--results."
        )
    check_tables(folder, needed)
    return folder


def check_tables(folder: Path, names: Iterable[str]) -> None:
    """Raise a StorageError if a table of a run is missing, damaged, or lacks columns."""
    for name in names:
        path = folder / f"{name}.parquet"
        if not path.is_file():
            raise StorageError(
                f"{path}: missing; run 'narrative run STUDY --out {shlex.quote(str(folder))}' "
                "again, which makes it anew and keeps the rest."
            )
        try:
            columns = pq.read_schema(path).names
        except MemoryError:
            raise
        except DAMAGED as error:
            raise StorageError(
                f"{path}: not a whole Parquet file ({error}); delete it and run again."
            ) from None
        lost = [c for c in TABLES.get(name, {}) if c not in columns]
        if lost:
            raise StorageError(
                f"{path}: lacks column(s) {', '.join(lost)}, so that no run wrote it; delete it "
                "and run again."
            )


def check_target(path: Path, suffixes: tuple[str, ...]) -> None:
    """Raise an InputError if a page would replace a file that is none."""
    if path.exists() and path.suffix.lower() not in suffixes:
        raise InputError(
            f"{path}: is there already and is no {suffixes[0]} file; nothing was written. Choose "
            f"another name, such as {path.with_suffix(suffixes[0])}."
        )


def check_paper_folder(folder: Path, paper: Path) -> None:
    """Raise an InputError if 'narrative paper' never wrote to a folder."""
    if not any((paper / name).is_file() for name in ("numbers.tex", "table_sources.tex")):
        raise InputError(
            f"{paper}: holds no numbers.tex; expected the folder that 'narrative paper' wrote. "
            f"Check the name, or run 'narrative paper {shlex.quote(str(folder))} --out "
            f"{shlex.quote(str(paper))}' first."
        )


def make_folder(out: Path, study: Study) -> None:
    """Make the folder of a run before anything is computed for it.

    Raises
    ------
    InputError
        If a table of the run would replace a file of the study.
    StorageError
        If the folder cannot be made or written to.
    """
    for name in ("documents", "sources", "places", "events", "references", "assessments"):
        path = study.path(name)
        if path is None or path.suffix != ".parquet" or path.stem not in TABLES:
            continue
        if path.resolve().parent == out.resolve():
            raise InputError(
                f"{path}: is a file of the study, and the run would write its own table there. "
                f"Choose another --out, such as {out / 'results'}."
            )
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / ".stages"
        probe.mkdir(exist_ok=True)
        (probe / "probe").touch()
        (probe / "probe").unlink()
    except OSError as error:
        raise StorageError(
            f"{out}: could not be written ({error.strerror or error}). Choose another --out, or "
            "allow writing there; nothing was computed yet."
        ) from error


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StorageError(f"{path}: not JSON ({error}); run again.") from None
    if not isinstance(read, dict) or not isinstance(read.get("tables", {}), dict):
        raise StorageError(f"{path}: names no tables; run again.")
    return read


def _not_finished(folder: Path) -> None:
    """Raise the error for a folder without a manifest: say what it is instead."""
    shown = shlex.quote(str(folder))
    if (folder / ".stages").is_dir():
        raise StorageError(
            f"{folder}: no manifest.json: its run did not end. Run 'narrative run STUDY --out "
            f"{shown}' again; finished stages are kept."
        )
    if (folder / "study.toml").is_file():
        runs = sorted(p.parent for p in folder.glob("*/manifest.json"))
        named = (
            f"name its run, {runs[0]}"
            if runs
            else "run the study first: "
            + (f"narrative run {shown} --out {shlex.quote(str(folder / 'results'))}")
        )
        raise InputError(f"{folder}: is a study; expected the folder of a run; {named}.")
    raise StorageError(
        f"{folder}: no manifest.json; expected the folder of a run. Name the folder that "
        "'narrative run … --out' wrote, or run the study first."
    )
