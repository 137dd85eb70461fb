"""Rows of many parts put in another order, without all of them in memory.

Rows go from each part to a file for each block of the new order, some parts at a time; then each
block is read and sorted. So every row is read and written once more, in whatever order parts are.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from narrative.errors import StorageError

Ints = npt.NDArray[np.intp]
PLACE = "place"  # column: which item of the order a row belongs to


def in_blocks(
    parts: Iterable[pd.DataFrame],
    blocks: Sequence[Ints],
    folder: Path,
    *,
    full: Callable[[Sequence[pd.DataFrame]], bool],
) -> Iterator[pd.DataFrame]:
    """Yield the rows of all parts, block by block.

    Parameters
    ----------
    parts : iterable of DataFrame
        With a column ``PLACE``; rows of places in no block are left out.
    blocks : sequence of ndarray of int
        Places in their new order, cut so that the rows of each fit into memory.
    folder : Path
        For files of the blocks; deleted before and after.
    full : callable
        From the parts that are held to whether they are to be written.

    Yields
    ------
    DataFrame
        For each block, in the order of its places; rows of a place as they were.
    """
    rank, block_of = _places(blocks)
    if len(blocks) == 1:
        yield _sorted(pd.concat(list(parts), ignore_index=True), rank, block_of)
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    held: list[pd.DataFrame] = []
    for part in parts:
        held.append(part)
        if full(held):
            _spread(held, block_of, folder)
            held = []
    if held:
        _spread(held, block_of, folder)
    for number in range(len(blocks)):
        yield _sorted(_read(folder / str(number)), rank, block_of)
        (folder / str(number)).unlink()
    folder.rmdir()


def _places(blocks: Sequence[Ints]) -> tuple[Ints, Ints]:
    """Return the rank and the block of each place, -1 where it is in none."""
    n = 1 + max(int(b.max()) for b in blocks)
    rank, block_of = np.full(n, -1, dtype=np.intp), np.full(n, -1, dtype=np.intp)
    for number, places in enumerate(blocks):
        rank[places], block_of[places] = np.arange(len(places)), number
    return rank, block_of


def _block(rows: pd.DataFrame, block_of: Ints) -> Ints:
    places = rows[PLACE].to_numpy(dtype=np.intp)
    known = places < len(block_of)
    return np.where(known, block_of[np.where(known, places, 0)], -1)


def _sorted(rows: pd.DataFrame, rank: Ints, block_of: Ints) -> pd.DataFrame:
    rows = rows[_block(rows, block_of) >= 0]
    order = np.argsort(rank[rows[PLACE].to_numpy(dtype=np.intp)], kind="stable")
    return rows.iloc[order].reset_index(drop=True)


def _spread(held: list[pd.DataFrame], block_of: Ints, folder: Path) -> None:
    """Append rows to the files of their blocks."""
    rows = pd.concat(held, ignore_index=True)
    blocks = _block(rows, block_of)
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    for number in np.unique(blocks[blocks >= 0]):
        table = pa.Table.from_pandas(rows[blocks == number], preserve_index=False)
        try:
            with (
                (folder / str(number)).open("ab") as file,
                pa.ipc.new_stream(file, table.schema, options=options) as stream,
            ):
                stream.write_table(table)
        except OSError as error:
            raise StorageError(
                f"{folder}: could not be written ({error.strerror or error}). Free space, then "
                "give the same command again: what is finished is kept."
            ) from error


def _read(path: Path) -> pd.DataFrame:
    """Return all that was appended to a file, in that order."""
    size, tables = path.stat().st_size, []
    with path.open("rb") as file:
        while file.tell() < size:
            with pa.ipc.open_stream(file) as stream:
                tables.append(stream.read_all())
    return pd.DataFrame(pa.concat_tables(tables).to_pandas())
