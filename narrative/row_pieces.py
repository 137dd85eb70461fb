"""Tables of any kind that a user wrote, whole or in pieces: Parquet, a folder of it, CSV, JSONL.

A piece has so many rows, and fewer where their texts are long, so that what is in memory has a
bound whatever a corpus is cut into.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from narrative.errors import InputError
from narrative.rows import named, read_csv, read_jsonl
from narrative.storage import DAMAGED

PIECE = 1000  # rows of a table that are in memory at a time, at most
CHARACTERS = 8_000_000  # of their values, at most, where more than one row is
_BATCH = 50  # rows that are decoded at a time
_BUFFER = 2**20  # bytes of a column that are read at a time
Weights = npt.NDArray[np.int64]


def read_rows(path: Path) -> pd.DataFrame:
    """Read a table as text columns, without checking what stands in them.

    Parameters
    ----------
    path : Path
        A .csv, .jsonl or .parquet file, or a folder of .parquet files.

    Returns
    -------
    DataFrame
        Its index names each row; in Parquet, which has no header, the first row is row 1.

    Raises
    ------
    InputError
        If there is no such file or it is not whole.
    """
    _check_there(path)
    suffix = path.suffix.lower()
    if path.is_dir() or suffix == ".parquet":
        return _whole(list(row_pieces(path)))
    if suffix == ".jsonl":
        return read_jsonl(path)
    if suffix == ".csv":
        return read_csv(path)
    raise InputError(
        f"{path.name}: got '{suffix}', expected .csv, .jsonl or .parquet. Save the table as CSV in "
        "UTF-8."
    )


def characters(rows: pa.RecordBatch) -> Weights:
    """Return how long the values of each row are, in bytes."""
    total = np.zeros(rows.num_rows, np.int64)
    for column in rows.columns:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            total += pc.binary_length(column).fill_null(0).to_numpy(zero_copy_only=False)
    return total


def parquet_files(path: Path) -> list[Path]:
    """Return the .parquet files of a folder and its folders, by name, or the file itself."""
    return sorted(path.rglob("*.parquet")) if path.is_dir() else [path]


def count_rows(path: Path) -> int:
    """Return how many rows a Parquet table has by its own account, 0 of any other."""
    if not (path.is_dir() or path.suffix.lower() == ".parquet"):
        return 0
    try:
        return sum(pq.read_metadata(file).num_rows for file in parquet_files(path))
    except DAMAGED:
        return 0  # told where it is read


def row_pieces(
    path: Path,
    columns: Collection[str] | None = None,
    size: int = PIECE,
    weigh: Callable[[pa.RecordBatch], Weights] = characters,
) -> Iterator[pd.DataFrame]:
    """Yield the rows of a table in pieces, as ``read_rows`` returns them.

    Of Parquet no more than a piece is in memory, and a page of its file (with the dictionary of a
    group of rows, which for long texts can be as many as one call wrote at a time); of the other
    kinds the file is.

    Parameters
    ----------
    path : Path
        As ``read_rows`` takes it.
    columns : collection of str, optional
        Read only these, of those that the table has.
    size : int
        Rows of a piece, at most.
    weigh : callable
        From rows to what each takes in characters: a piece takes ``CHARACTERS`` at most, or is one
        row.

    Raises
    ------
    InputError
        As ``read_rows``; in a folder, also if files differ in their columns.
    """
    _check_there(path)
    if not (path.is_dir() or path.suffix.lower() == ".parquet"):
        whole = read_rows(path)
        if columns is not None:
            whole = whole[[c for c in whole.columns if c in columns]]
        cutter = _Cutter(size)
        starts = cutter.starts(weigh(pa.RecordBatch.from_pandas(whole, preserve_index=False)))
        for a, b in pairwise([0, *starts, len(whole)]):
            yield whole.iloc[a:b]
        return
    first: list[str] | None = None
    for file in parquet_files(path):
        shown = file.relative_to(path).as_posix() if path.is_dir() else ""
        try:
            # Not ahead, and not whole groups of rows: a file can have one of all rows.
            with pq.ParquetFile(file, buffer_size=_BUFFER, pre_buffer=False) as stored:
                names = [str(n) for n in stored.schema_arrow.names]
                first = names if first is None else first
                if sorted(names) != sorted(first):
                    raise InputError(
                        f"{path.name}/{shown}: got the columns {', '.join(names)}; expected those "
                        f"of the other files, {', '.join(first)}. Write all files with the same."
                    )
                wanted = [n for n in first if columns is None or n in columns]
                yield from _parquet_pieces(stored, wanted, size, weigh, shown)
        except MemoryError:
            raise
        except DAMAGED as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                f"{file.name}: not readable as Parquet ({error}); write the file again."
            ) from None


class _Cutter:
    """Says where pieces begin, of rows that come some at a time."""

    def __init__(self, size: int) -> None:
        self.size, self._rows, self._total = size, 0, 0

    def starts(self, weights: Weights) -> list[int]:
        """Return before which of some rows a piece ends."""
        found = []
        for i, weight in enumerate(weights.tolist()):
            if self._rows and (self._rows == self.size or self._total + weight > CHARACTERS):
                found.append(i)
                self._rows, self._total = 0, 0
            self._rows, self._total = self._rows + 1, self._total + weight
        return found


def _parquet_pieces(
    stored: pq.ParquetFile,
    columns: list[str],
    size: int,
    weigh: Callable[[pa.RecordBatch], Weights],
    shown: str,
) -> Iterator[pd.DataFrame]:
    """Yield the rows of one Parquet file as text, each named by its number."""
    where = f"{shown}, " if shown else ""
    cutter, at, held = _Cutter(size), 1, list[pa.RecordBatch]()

    def piece() -> pd.DataFrame:
        table = pa.Table.from_batches(held, held[0].schema).to_pandas()
        names = [f"{where}row {n}" for n in range(at, at + len(table))]
        return named(table.astype("string").fillna(""), names)

    for batch in stored.iter_batches(batch_size=min(size, _BATCH), columns=columns):
        first = 0
        for start in cutter.starts(weigh(batch)):
            held.append(batch.slice(first, start - first))
            rows = piece()
            yield rows
            held, at, first = [], at + len(rows), start
        held.append(batch.slice(first))
    if held:
        yield piece()
    elif at == 1:
        yield named(pd.DataFrame({c: [] for c in columns}, dtype="string"), [])


def _whole(pieces: list[pd.DataFrame]) -> pd.DataFrame:
    """Return pieces as one table."""
    return pd.concat(pieces) if len(pieces) > 1 else pieces[0]


def _check_there(path: Path) -> None:
    if path.is_dir() and not parquet_files(path):
        raise InputError(
            f"{path}: no .parquet file in the folder; expected one or more. Write the documents "
            "there, or name a .csv, .jsonl or .parquet file."
        )
    if not path.is_file() and not path.is_dir():
        raise InputError(
            f"{path}: no such file; expected a .csv, .jsonl or .parquet table. Check the name and "
            "the folder."
        )
