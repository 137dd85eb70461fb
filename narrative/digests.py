"""A hash for each row and each column of a table: together they tell which cell was changed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from narrative.storage import read_table, sha256_bytes, write_table

DIGESTS = ".digests"  # the folder of a run that holds them
_ODD = np.uint64(0x9E3779B97F4A7C15)  # mixes the columns of a row (Knuth's golden ratio)
_COLUMN = "column "


def digest(table: pd.DataFrame) -> tuple[list[str], dict[str, str]]:
    """Return a hash of each row, and of each column by its name."""
    columns = {str(c): pd.util.hash_pandas_object(table[c], index=False) for c in table.columns}
    mixed: npt.NDArray[np.uint64] = np.zeros(len(table), dtype=np.uint64)
    for hashes in columns.values():
        mixed = np.add(mixed * _ODD, hashes.to_numpy(np.uint64), dtype=np.uint64)
    of_columns = {c: sha256_bytes(h.to_numpy().tobytes())[:16] for c, h in columns.items()}
    return [f"{v:016x}" for v in mixed], of_columns


def write_digest(table: pd.DataFrame, path: Path) -> None:
    """Write the digest of a table."""
    rows, columns = digest(table)
    names = [f"{_COLUMN}{c}" for c in columns] + [""] * len(rows)
    write_table(pd.DataFrame({"of": names, "hash": [*columns.values(), *rows]}), path)


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
