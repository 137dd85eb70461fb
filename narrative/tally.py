"""Counts by key that are added up as they come, and numbers for the names that make up a key.

A key is two numbers of 32 bits in one. Counts of parts of a corpus, added up, are those of the
whole, and take the room of the distinct keys, however often each came.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_LOW = np.int64(2**32 - 1)
_WAITING, _PARTS = 2**14, 64  # counts that may wait to be added up, at least; in so many parts
_DENSE = 4  # cells for each value, up to which a table of all of them is quicker than sorting


def paired(high: Ints, low: Ints) -> Ints:
    """Return keys of two numbers each, which sort by the first and then by the second."""
    return high << 32 | low


def parted(keys: Ints) -> tuple[Ints, Ints]:
    """Return the two numbers of each key."""
    return keys >> 32, keys & _LOW


def distinct(values: Ints, n: int) -> tuple[Ints, Ints]:
    """Return the distinct values, from 0 to `n` - 1, in their order, and how often each stands."""
    if n <= _DENSE * len(values):
        counts = np.bincount(values, minlength=n)
        found = np.flatnonzero(counts)
        return found, counts[found]
    return np.unique(values, return_counts=True)


def numbered(values: pd.Series) -> tuple[Ints, list[str]]:
    """Return each value's number among the distinct values, and these, as they come."""
    codes, names = pd.factorize(values, use_na_sentinel=False)
    return codes.astype(np.int64), [str(n) for n in names]


class Numbers:
    """Distinct names, numbered in the order in which they come.

    Examples
    --------
    >>> numbers = Numbers()
    >>> numbers.of(["b", "a", "b"]).tolist(), numbers.of(["c", "a"]).tolist(), numbers.names()
    ([0, 1, 0], [2, 1], ['b', 'a', 'c'])
    """

    def __init__(self) -> None:
        self._of: dict[Hashable, int] = {}

    def __len__(self) -> int:
        return len(self._of)

    def of(self, names: Iterable[Hashable]) -> Ints:
        """Return the number of each name; new ones get the next."""
        known = self._of
        return np.fromiter((known.setdefault(n, len(known)) for n in names), np.int64)

    def names(self) -> list[Any]:
        """Return the names in the order of their numbers."""
        return list(self._of)


class Tally:
    """How often each key came.

    Examples
    --------
    >>> tally = Tally()
    >>> tally.add(np.array([7, 3]), np.array([1, 1]))
    >>> tally.add(np.array([3]), np.array([4]))
    >>> [found.tolist() for found in tally.rows()]
    [[3, 7], [5, 1]]
    """

    def __init__(self) -> None:
        self._parts: list[tuple[Ints, Ints]] = [(np.zeros(0, np.int64), np.zeros(0, np.int64))]
        self._waiting = 0

    def add(self, keys: Ints, counts: Ints) -> None:
        """Add counts of keys, in any order."""
        if not len(keys):
            return
        self._parts.append((keys.copy(), counts.copy()))  # of parts of larger arrays
        self._waiting += len(keys)
        if len(self._parts) > _PARTS or self._waiting > max(_WAITING, len(self._parts[0][0])):
            self.rows()

    def rows(self) -> tuple[Ints, Ints]:
        """Return the distinct keys in their order, and how often each came."""
        if self._waiting:
            keys = np.concatenate([k for k, _ in self._parts])
            counts = np.concatenate([c for _, c in self._parts])
            order = np.argsort(keys, kind="stable")
            keys = keys[order]
            first = np.flatnonzero(np.diff(keys, prepend=keys[0] - 1))
            self._parts = [(keys[first], np.add.reduceat(counts[order], first))]
            self._waiting = 0
        return self._parts[0]


class Entries:
    """The keys of a tally in the order of their first number and of the names of their second.

    In that order sums of fractions are the same to the last digit, however the keys came together.

    Parameters
    ----------
    tally : Tally
    names : list of str
        Of the second numbers.
    """

    def __init__(self, tally: Tally, names: list[str]) -> None:
        order = sorted(range(len(names)), key=names.__getitem__)
        self.names = [names[i] for i in order]
        self._rank = np.empty(len(names), np.int64)
        self._rank[order] = np.arange(len(names))
        self._keys = np.sort(self._ranked(tally.rows()[0]))
        self.first, self.second = parted(self._keys)

    def _ranked(self, keys: Ints) -> Ints:
        first, second = parted(keys)
        return paired(first, self._rank[second])

    def counts(self, tally: Tally | None) -> Floats:
        """Return what was counted in each, in a tally of some of the same keys."""
        out = np.zeros(len(self._keys))
        if tally is not None:
            keys, counts = tally.rows()
            out[np.searchsorted(self._keys, self._ranked(keys))] = counts
        return out
