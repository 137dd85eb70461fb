"""Writes what a paper takes from a run, and checks that it still follows from it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from narrative.difference import Difference
from narrative.errors import StorageError
from narrative.figures.sheets import RunTables
from narrative.paper.bibliography import bibtex, cited, short_names
from narrative.paper.blocks import Cited, latex, markdown
from narrative.paper.datasheet import datasheet_sections
from narrative.paper.macros import macros, numbers_tex
from narrative.paper.methods import methods_sections
from narrative.paper.tables import main_tables
from narrative.storage import sha256_file, sha256_text, write_json, write_text

LISTING = "paper.json"
NUMBERS = "numbers.tex"
_TABLES = ("claims", "documents", "sources", "framings", "assignments", "stances", "ledger")
_BY_HAND = ("methods.md", "methods.tex", "datasheet.md", "references.bib")


def write_paper(
    folder: str | Path, out: str | Path, *, also: Sequence[str] = ()
) -> tuple[list[str], list[str]]:
    """Write tables, numbers, methods, datasheet and bibliography of a run for a paper.

    Parameters
    ----------
    folder : path-like
        Written by ``run_study``.
    out : path-like
        Methods, datasheet and bibliography that were edited there are left as they are.
    also : sequence of str
        As in ``cited``.

    Returns
    -------
    (written, left) : (list of str, list of str)
        Names of files written, and of edited ones that were left.

    Raises
    ------
    InputError
        If two numbers would be one macro.
    StorageError
        If a table or ``numbers.json`` is missing or damaged.
    """
    run, out = RunTables(Path(folder)), Path(out)
    files = _derived(run) | _prose(run, also)
    before = _listed(out)
    left = [n for n in _BY_HAND if (out / n).is_file() and sha256_file(out / n) != before.get(n)]
    written = [n for n in files if n not in left]
    for name in written:
        write_text(files[name], out / name)
    hashes = {n: before[n] for n in left if n in before}
    write_json(hashes | {n: sha256_text(files[n]) for n in written}, out / LISTING)
    return written, left


def _derived(run: RunTables) -> dict[str, str]:
    """Return the files that are not for editing: numbers and tables."""
    tables = {n: run.table(n) for n in _TABLES}
    made = main_tables(tables, run.timeline, run.manifest["random_state"])
    return {NUMBERS: numbers_tex(_numbers(run.folder))} | made


def _prose(run: RunTables, also: Sequence[str]) -> dict[str, str]:
    study = run.manifest["study"]
    title = study["title"] or study["name"]
    methods, short = methods_sections(run), short_names()
    sheet = datasheet_sections(run)
    keys = [k for s in (*methods, *sheet) for b in s.blocks if isinstance(b, Cited) for k in b.keys]
    entries = cited(run, [*also, *keys], extra=("checklist", "datasheet"))
    return {
        "methods.md": markdown(f"Methods: {title}", methods, short),
        "methods.tex": latex(f"Methods: {title}", methods),
        "datasheet.md": markdown(f"Datasheet: {title}", sheet, short),
        "references.bib": bibtex(entries),
    }


def _numbers(folder: Path) -> dict[str, Any]:
    path = folder / "numbers.json"
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StorageError(f"{path}: cannot be read ({error}); run the study again.") from None
    if not isinstance(read, dict):
        raise StorageError(f"{path}: got no object of numbers; run the study again.")
    return read


def _listed(out: Path) -> dict[str, str]:
    try:
        read = json.loads((out / LISTING).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def check_paper(folder: str | Path, out: str | Path) -> list[Difference]:
    """Return the numbers and table rows of a paper's folder that do not follow from the run.

    Methods, datasheet and bibliography are for editing and not compared.

    Raises
    ------
    StorageError
        If a table or ``numbers.json`` of the run is missing or damaged.
    """
    run, out = RunTables(Path(folder)), Path(out)
    found: list[Difference] = []
    for name, expected in _derived(run).items():
        path = out / name
        if not path.is_file():
            found.append(Difference(f"{out.name}/{name}: missing"))
            continue
        got = path.read_text(encoding="utf-8")
        if got != expected:
            where = f"{out.name}/{name}"
            if name == NUMBERS:
                found += _differing_macros(where, got, _numbers(run.folder))
            else:
                found += _differing_lines(where, got, expected)
            if not any(d.where.startswith(where) for d in found):
                found.append(Difference(f"{where}: other comments or order than were written"))
    return found


def _differing_macros(where: str, got: str, numbers: dict[str, Any]) -> Iterator[Difference]:
    expected = {name: value for name, (value, _) in macros(numbers).items()}
    there: dict[str, str] = {}
    for line in got.splitlines():
        if line.startswith(r"\newcommand{") and "}{" in line:
            name, rest = line.removeprefix(r"\newcommand{").split("}{", 1)
            there[name.lstrip("\\")] = rest.split("}", 1)[0]
        elif line.strip() and not line.startswith(("%", r"\providecommand{\NarrMissing}")):
            yield Difference(f"{where}: a line that was not written", line)
    for name in [*expected, *(n for n in there if n not in expected)]:
        if there.get(name) != expected.get(name):
            yield Difference(f"{where}, \\{name}", there.get(name, ""),
                             f"{expected.get(name, 'no such macro')} (derived)")  # fmt: skip


def _differing_lines(where: str, got: str, expected: str) -> Iterator[Difference]:
    old, new = got.splitlines(), expected.splitlines()
    for number in range(max(len(old), len(new))):
        a = old[number] if number < len(old) else ""
        b = new[number] if number < len(new) else ""
        if a != b:
            yield Difference(f"{where}, line {number + 1}", a, f"{b or 'no line'} (derived)")
