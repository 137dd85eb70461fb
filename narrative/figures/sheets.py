"""What a figure is drawn from, and what it is called."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from narrative.errors import StorageError
from narrative.storage import read_table, sha256_file
from narrative.timeline import TimelineSettings

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class RunTables:
    """Tables of a run, read when they are asked for; ``used`` says which were.

    Parameters
    ----------
    folder : Path
        Written by ``run_study``.

    Raises
    ------
    StorageError
        If there is no manifest, or it cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.used: set[str] = set()
        self._read: dict[str, pd.DataFrame] = {}
        try:
            self.manifest: dict[str, Any] = json.loads(
                (folder / "manifest.json").read_text(encoding="utf-8")
            )
            self.timeline = TimelineSettings(**self.manifest["study"]["timeline"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StorageError(
                f"{folder}: no manifest.json of a run ({error}); expected the folder that "
                "'narrative run … --out' wrote."
            ) from None

    def table(self, name: str) -> pd.DataFrame:
        """Return a table and remember that it was used."""
        self.used.add(name)
        if name not in self._read:
            self._read[name] = read_table(self.folder / f"{name}.parquet")
        return self._read[name]

    def hashes(self, names: set[str]) -> dict[str, str]:
        """Return the sha256 of some tables' files."""
        return {n: sha256_file(self.folder / f"{n}.parquet") for n in sorted(names)}

    @property
    def homes(self) -> dict[str, str]:
        """The camp whose story each framing is, of those that are some camp's."""
        return dict(self.manifest.get("homes", {}))


@dataclass(frozen=True)
class Sheet:
    """A figure to draw.

    Parameters
    ----------
    name : str
        Of its file, without suffix.
    caption : str
    draw : callable
        Takes the width in inches.
    """

    name: str
    caption: str
    draw: Callable[[float], Figure]


@dataclass(frozen=True)
class TooLittle:
    """A figure that the tables hold too little for."""

    name: str
    why: str


Found = list[Sheet | TooLittle]
