"""Draws the listed figures of a run again, and names those that differ."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from narrative.difference import Difference
from narrative.errors import StorageError
from narrative.figures.files import DRAWN_BY, GALLERY, LISTING, draw_figures
from narrative.storage import sha256_file


def redrawn(run: Path, folder: Path) -> list[Difference]:
    """Return the figures in a folder that are not as they were drawn, or do not follow any more.

    Parameters
    ----------
    run : Path
        Folder of the run.
    folder : Path
        Holds ``figures.json``.

    Raises
    ------
    StorageError
        If ``figures.json`` cannot be read.
    """
    listing = _listing(folder / LISTING)
    with tempfile.TemporaryDirectory() as work:
        fresh = draw_figures(
            run, work, only=listing["only"], formats=listing["formats"], width=listing["width"]
        )
        page = sha256_file(Path(work) / GALLERY)
    found = list(_differing(folder, listing, fresh))
    path = folder / GALLERY
    if not path.is_file() or sha256_file(path) != page:
        found.append(Difference(f"{folder.name}/{GALLERY}: not as its figures and captions imply"))
    return found


def _listing(path: Path) -> dict[str, Any]:
    try:
        listing = json.loads(path.read_text(encoding="utf-8"))
        if not all(isinstance(f["files"], dict) for f in listing["figures"].values()):
            raise TypeError("files are not listed with their hashes")
        return {k: listing[k] for k in ("figures", "too_little", "only", "formats", "width",
                                        "drawn_by")}  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StorageError(
            f"{path}: not a list of figures ({error}); draw them again (narrative figures)."
        ) from None


def _differing(
    folder: Path, listing: dict[str, Any], fresh: dict[str, Any]
) -> Iterator[Difference]:
    """Yield figures whose file, or whose drawing from the tables, differs from the list."""
    old, new = listing["figures"], fresh["figures"]
    for name in [*old, *(n for n in new if n not in old)]:
        if name not in old:
            yield Difference(f"{folder.name}/{name}: not listed; the tables have it now")
            continue
        for file, kept in old[name]["files"].items():
            where, path = f"{folder.name}/{file}", folder / file
            if not path.is_file():
                yield Difference(f"{where}: missing")
            elif sha256_file(path) != kept:
                yield Difference(f"{where}: another file than was drawn", sha256_file(path), kept)
            if name not in new:
                why = fresh["too_little"].get(name, "no such figure")
                yield Difference(f"{where}: the tables have too little for it now ({why})")
            elif new[name]["files"].get(file) != kept:
                again = f"{new[name]['files'].get(file, 'none')} (redrawn)"
                yield Difference(
                    f"{where}: no longer what its tables give{_why(listing)}", kept, again
                )
        if name in new:
            yield from _of_tables(f"{folder.name}/{LISTING}, {name}", old[name], new[name])


def _of_tables(where: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Difference]:
    for table in sorted({*old["tables"], *new["tables"]}):
        got, expected = old["tables"].get(table, ""), new["tables"].get(table, "")
        if got != expected:
            yield Difference(f"{where}, table {table}", got, expected)
    if old["caption"] != new["caption"]:
        yield Difference(f"{where}, caption", old["caption"], new["caption"])


def _why(listing: dict[str, Any]) -> str:
    """Return who drew the figures, if it was another version: bytes may differ for that alone."""
    then = listing["drawn_by"]
    other = [f"{p} {then.get(p, 'unknown')}, here {version(p)}" for p in DRAWN_BY
             if version(p) != then.get(p)]  # fmt: skip
    return f" (drawn by {'; '.join(other)})" if other else ""
