"""A hash for each row and each column of a table: together they tell which cell was changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from narrative.storage import read_table
from narrative.stored import write_pieces

DIGESTS = ".digests"  # the folder of a run that holds them
_ODD = np.uint64(0x9E3779B97F4A7C15)  # mixes the columns of a row (Knuth's golden ratio)
_COLUMN = "column "


def digest(table: pd.DataFrame) -> tuple[list[str], dict[str, str]]:
    """Return a hash of each row, and of each column by its name."""
    rows, of_columns = _hashes([table])
    return [f"{v:016x}" for part in rows for v in part], of_columns


def _hashes(
    pieces: Iterable[pd.DataFrame],
) -> tuple[list[npt.NDArray[np.uint64]], dict[str, str]]:
    """Return the hashes of the rows of each piece, and of the columns of all."""
    columns: dict[str, Any] = {}
    rows = []
    for piece in pieces:
        mixed: npt.NDArray[np.uint64] = np.zeros(len(piece), dtype=np.uint64)
        for name in piece.columns:
            hashes = pd.util.hash_pandas_object(piece[name], index=False).to_numpy(np.uint64)
            mixed = np.add(mixed * _ODD, hashes, dtype=np.uint64)
            columns.setdefault(str(name), hashlib.sha256()).update(hashes.tobytes())
        rows.append(mixed)
    return rows, {c: h.hexdigest()[:16] for c, h in columns.items()}


def write_digest(pieces: Iterable[pd.DataFrame], path: Path) -> None:
    """Write the digest of a table that is given in pieces, however it is cut."""
    rows, columns = _hashes(pieces)
    head = _piece([f"{_COLUMN}{c}" for c in columns], list(columns.values()))
    rest = (_piece([""] * len(part), [f"{v:016x}" for v in part]) for part in rows)
    write_pieces(chain([head], rest), path, head)


def _piece(of: list[str], hashes: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"of": of, "hash": hashes}, dtype="string")


def read_digest(path: Path) -> tuple[list[str], dict[str, str]]:
    """Return what ``write_digest`` wrote, as ``digest`` returns it.

    Raises
    ------
    StorageError
        If the file is missing or damaged.
    """
    kept = read_table(path)
    of, hashes = kept["of"].astype(str), kept["hash"].astype(str)
    named = of != ""
    columns = zip(of[named].str.removeprefix(_COLUMN), hashes[named], strict=True)
    return hashes[~named].tolist(), dict(columns)
