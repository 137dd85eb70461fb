"""Where figures lie, and which tables they are drawn from."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from narrative.storage import sha256_file

ROOT = Path(__file__).resolve().parent.parent
RESULTS, FIGURES = ROOT / "results", ROOT / "figures"
# What was read, with its hash: other tables of ``results/`` may be of another day.
TABLES: dict[str, str] = {}


def source(name: str) -> Path:
    """Return where a result table lies, and remember that it was used."""
    path = RESULTS / f"{name}.csv"
    TABLES[path.name] = sha256_file(path)
    return path


def read(name: str, *, empty_is_na: bool = True) -> pd.DataFrame:
    return pd.read_csv(source(name), keep_default_na=empty_is_na)
