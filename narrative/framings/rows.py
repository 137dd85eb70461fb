"""Rows of vectors, many at a time: unit length, which are the same, and a draw without an order.

A row's key is a hash of its direction and a random state. The rows of the smallest keys are a
draw without replacement that depends on neither the order of the rows nor how they are cut into
blocks, so that draws from parts of a corpus make up the draw from the whole (bottom-k sketch).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from narrative.errors import InputError

Floats = npt.NDArray[np.float64]
Keys = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.floating[Any]]
# Rows at a time: few enough to stay in a processor's cache while they are hashed, or with their
# products, and enough for products to run at full speed.
HASHED, BLOCK = 512, 2048
_HALF = np.uint64(32)
_KEYS = 2.0**64


@dataclass(frozen=True)
class Sample:
    """Distinct rows that were drawn.

    Parameters
    ----------
    rows : ndarray, shape (at most m, n_features)
        As they were given, in the order of their keys.
    n_distinct : int
        Distinct rows that they were drawn from: counted where all were kept, else estimated from
        the largest key kept (relative standard error about 1 / sqrt(m)).
    """

    rows: Rows
    n_distinct: int


def unit(rows: npt.ArrayLike) -> Floats:
    """Return the rows at length 1, in float64; those of length zero as they are."""
    # Rows in one piece: else a sum over columns adds in another order, and last digits differ.
    out = np.array(rows, dtype=np.float64, order="C")
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
    return out


def unit_blocks(
    X: Rows, at: npt.NDArray[np.intp] | None = None, size: int = BLOCK
) -> Iterator[tuple[slice, Floats]]:
    """Yield slices and the unit rows there, of `X` or of its rows `at`."""
    for start in range(0, len(X) if at is None else len(at), size):
        part = slice(start, start + size)
        yield part, unit(X[part] if at is None else X[at[part]])


def single_rows(X: Rows, at: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
    """Return the rows `at` at length 1, in float32; more than a few are never in float64."""
    rows = np.empty((len(at), X.shape[1]), np.float32)
    for part, there in unit_blocks(X, at, HASHED):
        rows[part] = there
    return rows


def in_order(X: Rows, at: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Return the rows `at`, which differ, by their values at length 1: the first, the next, ..."""
    first = np.concatenate([np.zeros(0), *(rows[:, 0] for _, rows in unit_blocks(X, at, HASHED))])
    order = np.argsort(first, kind="stable")
    if not (np.diff(first[order]) > 0).all():  # as good as never, of what an encoder makes
        order = np.unique(unit(X[at]), axis=0, return_index=True)[1]
    return at[order]


def salt(random_state: int) -> np.uint64:
    """Return what the keys of a draw are salted with."""
    return np.random.default_rng(random_state).integers(2**64, dtype=np.uint64)


def row_keys(X: Rows, salted: np.uint64) -> tuple[Keys, npt.NDArray[np.bool_]]:
    """Return a key for each row, and whether the row is anything but zeros.

    Rows of the same direction (to the last digit of float64) have the same key.
    """
    keys, filled = np.empty(len(X), np.uint64), np.empty(len(X), bool)
    odd = np.random.default_rng(X.shape[1]).integers(2**64, size=X.shape[1], dtype=np.uint64)
    odd |= np.uint64(1)
    for start in range(0, len(X), HASHED):
        part = slice(start, start + HASHED)
        rows = unit(X[part])
        rows += 0.0  # -0.0 is the same number as 0.0
        words = rows.view(np.uint64)
        filled[part] = words.any(axis=1)
        words ^= words >> _HALF
        words *= odd
        words ^= words >> _HALF
        keys[part] = words.sum(axis=1, dtype=np.uint64)
    return _mixed(_mixed(keys) ^ salted), filled


def distinct_rows(X: Rows, random_state: int) -> npt.NDArray[np.intp]:
    """Return where each distinct row that is not zero stands first, in the order of their keys."""
    keys, filled = row_keys(X, salt(random_state))
    at = np.flatnonzero(filled)
    return at[_distinct(X, at, keys[at])]


def sample_rows(blocks: Iterable[npt.ArrayLike], m: int, random_state: int = 0) -> Sample:
    """Draw at most `m` distinct rows from blocks of rows, in one pass.

    The same rows are drawn in whatever order and blocks they come. Samples of parts that were drawn
    with one `m` and one random state can be joined: the sample of their rows is that of the whole
    (its `n_distinct` is an estimate where any of them left rows out, and too small where
    together they have fewer than `m`).

    Parameters
    ----------
    blocks : iterable of array-like, shape (n_rows, n_features)
        Each is read once, and is not kept. Rows of zeros are passed over.
    m : int
        At least 2.
    random_state : int

    Raises
    ------
    InputError
        If `m` is less than 2, there is no block, or blocks differ in width or have values that are
        not finite.

    References
    ----------
    Cohen, E. and Kaplan, H. (2007). Summarizing data using bottom-k sketches. PODC.

    Bar-Yossef, Z. et al. (2002). Counting distinct elements in a data stream. RANDOM.

    Examples
    --------
    >>> rows = np.random.default_rng(0).standard_normal((1000, 8))
    >>> whole = sample_rows([rows], 50)
    >>> parts = sample_rows([rows[600:], rows[:600], rows[:9]], 50)
    >>> len(whole.rows), bool((whole.rows == parts.rows).all())
    (50, True)
    """
    if m < 2:
        raise InputError(f"sample_rows: m={m}; expected at least 2.")
    kept: Rows | None = None
    salted = salt(random_state)
    keys, limit, pending, left_out = np.empty(0, np.uint64), np.uint64(2**64 - 1), 0, False
    waiting: list[tuple[Rows, Keys]] = []

    def settled() -> tuple[Rows, Keys, bool]:
        """Return the rows of the smallest keys among those kept and waiting."""
        rows = np.concatenate([r for r, _ in waiting])
        all_keys = np.concatenate([k for _, k in waiting])
        at = _distinct(rows, np.arange(len(rows)), all_keys)
        return rows[at[:m]], all_keys[at[:m]], len(at) > m

    for number, given in enumerate(blocks):
        block = _checked(given, number, None if kept is None else kept.shape[1])
        if kept is None:
            kept = block[:0]
            waiting = [(kept, keys)]
        found, filled = row_keys(block, salted)
        take = filled & (found <= limit)
        left_out |= bool((filled & ~take).any())
        waiting.append((block[take], found[take]))
        pending += int(take.sum())
        if pending >= m:
            kept, keys, cut = settled()
            left_out |= cut
            waiting, pending = [(kept, keys)], 0
            limit = keys[-1] if len(keys) == m else limit
    if kept is None:
        raise InputError("sample_rows: got no blocks; expected at least one.")
    kept, keys, cut = settled()
    n = len(kept)
    if cut or left_out:
        n = round((m - 1) / ((float(keys[-1]) + 1) / _KEYS))
    return Sample(kept, max(n, len(kept)))


def _checked(given: npt.ArrayLike, number: int, width: int | None) -> Rows:
    block = np.asarray(given)
    if not np.issubdtype(block.dtype, np.floating):
        block = block.astype(np.float64)
    if block.ndim != 2 or (width is not None and block.shape[1] != width):
        expected = f"{width} columns" if width is not None else "two dimensions"
        raise InputError(f"block {number} has shape {block.shape}; expected {expected}.")
    if not np.isfinite(block.sum(dtype=np.float64)) and not np.isfinite(block).all():
        raise InputError(f"block {number} has values that are missing or infinite.")
    return block


def _distinct(X: Rows, at: npt.NDArray[np.intp], keys: Keys) -> npt.NDArray[np.intp]:
    """Return which of the rows `at`, of these keys, are the first of their kind, by their keys."""
    _, first, of = np.unique(keys, return_index=True, return_inverse=True)
    again = np.flatnonzero(first[of] != np.arange(len(at)))
    unlike = [
        again[part][(rows != unit(X[at[first[of[again[part]]]]])).any(axis=1)]
        for part, rows in unit_blocks(X, at[again], HASHED)
    ]
    other = np.concatenate([np.empty(0, np.intp), *unlike])
    if len(other):  # other rows of the same key: as good as never
        rows = unit(X[at[other]])
        first = np.concatenate([first, other[np.unique(rows, axis=0, return_index=True)[1]]])
        first = first[np.argsort(keys[first], kind="stable")]
    return np.asarray(first)


def _mixed(words: Keys) -> Keys:
    """Return words of which every bit hangs on every bit of those given (splitmix64's end)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
