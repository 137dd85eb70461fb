"""Parquet tables read and written a few rows at a time.

A table has the same bytes whether it is written whole or in pieces, and however it is cut: rows are
grouped by a fixed number of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from narrative.errors import StorageError
from narrative.schema import KEYS, check_table, empty_table
from narrative.storage import DAMAGED, group_rows, write_atomic, write_table

Ints = npt.NDArray[np.int64]
_HELD, _BYTES = 8, 2**25  # groups of rows that a reader keeps, and what they may take


class StoredTable:
    """A Parquet table on disk, of which rows are read by their positions.

    Parameters
    ----------
    path : Path
    columns : sequence of str, optional
        Read only these.

    Raises
    ------
    StorageError
        If the file is missing or damaged.
    """

    def __init__(self, path: Path, columns: Sequence[str] | None = None) -> None:
        self.path, self.columns = path, list(columns) if columns is not None else None
        try:
            self._file = pq.ParquetFile(path, page_checksum_verification=True)
        except FileNotFoundError:
            raise StorageError(
                f"{path}: no such table; run the study first (narrative run)."
            ) from None
        except MemoryError:
            raise
        except DAMAGED as error:
            raise _damaged(path, error) from error
        meta = self._file.metadata
        counts = [meta.row_group(i).num_rows for i in range(meta.num_row_groups)]
        self._ends = np.cumsum(counts, dtype=np.int64)
        self._groups: dict[int, pd.DataFrame] = {}  # no lru_cache: its circle outlives the table

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def _read(self, number: int) -> pd.DataFrame:
        try:
            table = self._file.read_row_group(number, columns=self.columns)
            return pd.DataFrame(table.to_pandas())
        except MemoryError:
            raise
        except DAMAGED as error:
            raise _damaged(self.path, error) from error

    def _group(self, number: int) -> pd.DataFrame:
        """Return a group of rows, kept if it was asked for lately."""
        group = self._groups.pop(number, None)
        self._groups[number] = self._read(number) if group is None else group
        while len(self._groups) > _HELD or (len(self._groups) > 2 and self._held() > _BYTES):
            del self._groups[next(iter(self._groups))]
        return self._groups[number]

    def _held(self) -> int:
        """Return what the groups that are kept take on disk before compression, in bytes."""
        meta = self._file.metadata
        return sum(meta.row_group(number).total_byte_size for number in self._groups)

    def groups(self) -> Iterator[pd.DataFrame]:
        """Yield the rows in order, one group after the other."""
        for number in range(len(self._ends)):
            yield self._read(number)
        if not len(self._ends):
            yield self.take([])

    def take(self, at: Sequence[int] | Ints) -> pd.DataFrame:
        """Return the rows at these positions, in this order, with a fresh index."""
        wanted = np.asarray(at, dtype=np.int64)
        group = np.searchsorted(self._ends, wanted, side="right")
        parts, order = [], []
        for number in np.unique(group):
            mine = np.flatnonzero(group == number)
            first = int(self._ends[number - 1]) if number else 0
            parts.append(self._group(int(number)).iloc[wanted[mine] - first])
            order.append(mine)
        if not parts:
            if len(self._ends):
                return self._read(0).iloc[:0]
            return pd.DataFrame(self._file.read(columns=self.columns).to_pandas())
        back = np.argsort(np.concatenate(order), kind="stable")
        return pd.concat(parts, ignore_index=True).iloc[back].reset_index(drop=True)


def aligned(claims: StoredTable, *others: StoredTable) -> Iterator[tuple[pd.DataFrame, ...]]:
    """Yield a table in groups of rows, with the rows of other tables about the same claims.

    Parameters
    ----------
    claims, *others : StoredTable
        In the order of ``claim_id``, as a run writes them; `claims` has each once.
    """
    readers = [_UpTo(table) for table in others]
    for rows in claims.groups():
        last = str(rows["claim_id"].iloc[-1]) if len(rows) else ""
        yield rows, *(reader.rows(last) for reader in readers)


class _UpTo:
    """Reads the rows of a table up to one claim after the other."""

    def __init__(self, table: StoredTable) -> None:
        self._groups = table.groups()
        self._held = next(self._groups)
        self._none = self._held.iloc[:0]

    def rows(self, last: str) -> pd.DataFrame:
        """Return the rows that were not yet returned, up to those about claim `last`."""
        found = []
        while True:
            ids = self._held["claim_id"].to_numpy(object)
            n = int(np.searchsorted(ids, last, side="right"))
            found.append(self._held.iloc[:n])
            self._held = self._held.iloc[n:]
            if len(self._held):
                break
            self._held = next(self._groups, self._none)
            if not len(self._held):
                break
        return pd.concat(found, ignore_index=True)


def _damaged(path: Path, error: BaseException) -> StorageError:
    return StorageError(f"{path}: not a whole Parquet file ({error}); delete it and run again.")


@dataclass(frozen=True)
class Streamed:
    """A table that is written piece by piece.

    Parameters
    ----------
    name : str
        One of ``TABLES``.
    pieces : callable
        Returns an iterator over checked pieces in the order of the table's keys, of any length; it
        can be called again.
    """

    name: str
    pieces: Callable[[], Iterable[pd.DataFrame]]

    def write(self, path: Path) -> None:
        """Write the table: the bytes of ``write_table`` of the whole.

        Raises
        ------
        StorageError
            If the file cannot be written; `path` is left as it was.
        """
        try:
            write_pieces(_in_order(self.pieces(), self.name), path, empty_table(self.name))
        except OutOfOrder:  # ids that hold a colon can do that: a table like any other, then
            write_table(self.whole(), path)

    def whole(self) -> pd.DataFrame:
        """Return the table in memory."""
        parts = [p for p in self.pieces() if len(p)]
        table = pd.concat(parts, ignore_index=True) if parts else empty_table(self.name)
        return check_table(table, self.name)


class OutOfOrder(Exception):  # noqa: N818  (no error: the pieces are then sorted as a whole)
    """A piece begins before the one before it ends."""


def _in_order(frames: Iterable[pd.DataFrame], name: str) -> Iterator[pd.DataFrame]:
    keys, last = list(KEYS[name]), None
    for frame in frames:
        if not len(frame):
            continue
        first = tuple(frame.iloc[0][k] for k in keys)
        if last is not None and first <= last:
            raise OutOfOrder(name)
        last = tuple(frame.iloc[-1][k] for k in keys)
        yield frame


def write_pieces(frames: Iterable[pd.DataFrame], path: Path, empty: pd.DataFrame) -> None:
    """Write pieces of a table as one Parquet file.

    Parameters
    ----------
    frames : iterable of DataFrame
    path : Path
        Its name says how rows are grouped.
    empty : DataFrame
        What is written where there is no row.
    """

    def write(part: Path) -> None:
        writer: Any = None
        size = group_rows(path.stem)
        try:
            for table in _regrouped(frames, size, empty):
                if writer is None:
                    writer = pq.ParquetWriter(
                        part, table.schema, compression="zstd", write_page_checksum=True
                    )
                writer.write_table(table, row_group_size=size)
        finally:
            if writer is not None:
                writer.close()

    write_atomic(path, write)


def _regrouped(
    frames: Iterable[pd.DataFrame], size: int, empty: pd.DataFrame
) -> Iterator[pa.Table]:
    """Yield the same rows in tables of `size` rows, and the rest."""
    held, n, yielded = list[pd.DataFrame](), 0, False
    for frame in frames:
        held.append(frame)
        n += len(frame)
        while n >= size:
            whole = pd.concat(held, ignore_index=True) if len(held) > 1 else held[0]
            yield _arrow(whole.iloc[:size])
            held, n, yielded = [whole.iloc[size:]], n - size, True
    if n or not yielded:
        rest = [f for f in held if len(f)] or [empty]
        yield _arrow(pd.concat(rest, ignore_index=True) if len(rest) > 1 else rest[0])


def _arrow(frame: pd.DataFrame) -> pa.Table:
    frame = frame.reset_index(drop=True)
    frame.attrs = {}
    return pa.Table.from_pandas(frame, preserve_index=False)
