"""Near-duplicate texts: a sketch of each, and groups of those that are alike.

Sketches are made text by text and can be kept apart from the texts; groups need the sketches alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

Sketches = npt.NDArray[np.uint32]
Hashes = npt.NDArray[np.uint64]
PERMUTATIONS = 128
THRESHOLD = 0.8
_BATCH = 10_000  # shingles hashed at once, which bounds the memory of a long document
_ODD = np.uint64(0x9E3779B97F4A7C15)
_BLOCK = 8_192  # sketches that are mixed at once


@cache
def _empty(n_perm: int) -> Any:
    """Return a sketch of nothing: its permutations are drawn once."""
    from datasketch import MinHash

    return MinHash(num_perm=n_perm, seed=1)


def sketch(text: str, n_perm: int = PERMUTATIONS) -> Sketches | None:
    """Return the MinHash sketch of a text's 5-word shingles, None for a text without a word.

    Parameters
    ----------
    text : str
    n_perm : int
        Permutations (Broder 1997); the standard error of a similarity is about
        ``1 / sqrt(n_perm)``.

    Returns
    -------
    ndarray of uint32, shape (n_perm,)
    """
    words = re.findall(r"\w+", text.casefold())
    if not words:
        return None
    made = _empty(n_perm).copy()
    shingles = {" ".join(words[i : i + 5]) for i in range(max(1, len(words) - 4))}
    encoded = [s.encode() for s in sorted(shingles)]
    for at in range(0, len(encoded), _BATCH):
        made.update_batch(encoded[at : at + _BATCH])
    return np.asarray(made.hashvalues, dtype=np.uint32)  # hashes of datasketch have 32 bits


def groups_of(
    sketches: Sketches, threshold: float = THRESHOLD, rows: npt.NDArray[np.intp] | None = None
) -> npt.NDArray[np.intp]:
    """Return for each sketch the position of the first of its group.

    Two are in a group that share a band (Leskovec, Rajaraman and Ullman, Mining of Massive
    Datasets, ch. 3, with the bands that datasketch chooses) and are estimated to be as alike as
    `threshold`, and so are those that are linked by others.

    Parameters
    ----------
    sketches : ndarray of uint32, shape (n, n_perm)
        May be a file that is mapped: it is read band by band.
    threshold : float
        Jaccard similarity in (0, 1].
    rows : ndarray of int, optional
        Take these sketches, in this order; positions count in it.
    """
    from datasketch import MinHashLSH

    rows = np.arange(len(sketches)) if rows is None else rows
    n, n_perm = len(rows), sketches.shape[1]
    bands = MinHashLSH(threshold=threshold, num_perm=n_perm)
    links = _Links(n)
    for same in _shared(_mixed(sketches, 0, n_perm, rows)):  # all alike: the first stands for them
        for other in same[1:]:
            links.join(int(same[0]), int(other))
    first = np.flatnonzero(links.parent == np.arange(n))
    for band in range(bands.b):
        keys = _mixed(sketches, band * bands.r, (band + 1) * bands.r, rows[first])
        for same in _shared(keys):
            _compare(sketches, rows, first[same], threshold, links)
    return np.array([links.find(i) for i in range(n)], dtype=np.intp)


class _Links:
    """Which positions belong together; the smallest of a group stands for it."""

    def __init__(self, n: int) -> None:
        self.parent = np.arange(n, dtype=np.intp)

    def find(self, i: int) -> int:
        parent = self.parent
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = int(parent[i])
        return i

    def join(self, i: int, j: int) -> None:
        low, high = sorted((self.find(i), self.find(j)))
        self.parent[high] = low


def _mixed(sketches: Sketches, low: int, high: int, rows: npt.NDArray[np.intp]) -> Hashes:
    """Return one hash for columns `low` to `high` of each row."""
    out = np.zeros(len(rows), dtype=np.uint64)
    for at in range(0, len(rows), _BLOCK):
        part = np.asarray(sketches[rows[at : at + _BLOCK], low:high], dtype=np.uint64)
        mixed = np.zeros(len(part), dtype=np.uint64)
        for column in part.T:
            mixed = (mixed ^ column) * _ODD
            mixed ^= mixed >> np.uint64(29)
        out[at : at + _BLOCK] = mixed
    return out


def _shared(keys: Hashes) -> list[npt.NDArray[np.intp]]:
    """Return the positions of each key that stands more than once, in order."""
    order = np.argsort(keys, kind="stable")
    ends = np.flatnonzero(np.diff(keys[order])) + 1
    return [part for part in np.split(order, ends) if len(part) > 1]


def _compare(
    sketches: Sketches,
    rows: npt.NDArray[np.intp],
    members: npt.NDArray[np.intp],
    threshold: float,
    links: _Links,
) -> None:
    """Join those of the members that are alike."""
    for at, i in enumerate(members[:-1]):
        root = links.find(int(i))
        others = np.array([j for j in members[at + 1 :] if links.find(int(j)) != root], np.intp)
        if len(others):
            same = sketches[rows[others]] == sketches[rows[i]]
            for j in others[np.count_nonzero(same, axis=1) / sketches.shape[1] >= threshold]:
                links.join(int(i), int(j))


def named_groups(
    ids: Sequence[str],
    sketches: Sketches,
    wordless: npt.NDArray[np.bool_],
    threshold: float = THRESHOLD,
    *,
    rows: npt.NDArray[np.intp] | None = None,
) -> list[str]:
    """Return the id of each text's group: the smallest id in it.

    Parameters
    ----------
    ids : sequence of str
    sketches : ndarray of uint32, shape (n_sketches, n_perm)
    wordless : ndarray of bool, shape (n,)
        Texts without a word are like no other.
    threshold : float
    rows : ndarray of int, optional
        Where each text's sketch stands, if not in the order of `ids`.
    """
    rows = np.arange(len(ids)) if rows is None else rows
    order = np.array(sorted(range(len(ids)), key=lambda i: ids[i]), dtype=np.intp)
    spoken = order[~wordless[order]]
    out = list(ids)
    if len(spoken):
        # Rows are in the order of ids, so that the first of a group has its smallest.
        for at, first in zip(spoken, groups_of(sketches, threshold, rows[spoken]), strict=True):
            out[at] = ids[spoken[first]]
    return out
