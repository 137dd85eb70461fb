"""Centres of framings: which is nearest to a row, and what the rows nearest to it are in the mean.

Rows are taken in blocks, so that memory does not grow with rows times centres.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from scipy.sparse import csr_array

from narrative.framings.joining import NOISE, Floats, Labels
from narrative.framings.rows import Rows, unit, unit_blocks

_ROUNDS = 100


def nearest(X: Rows, centres: Floats, min_similarity: float) -> Labels:
    """Return the nearest centre of each row, -1 where its cosine is less, or the row is zeros.

    Parameters
    ----------
    X : ndarray, shape (n_rows, n_features)
        Of any length.
    centres : ndarray, shape (n_centres, n_features)
        Unit vectors.
    min_similarity : float
    """
    labels = np.full(len(X), NOISE, np.int64)
    if len(centres):
        for part, rows in unit_blocks(X):
            labels[part] = _nearest(rows, centres, min_similarity)
    return labels


def consolidated(
    blocks: Callable[[], Iterable[tuple[slice, Floats]]],
    n: int,
    means: Floats,
) -> Floats:
    """Return the means of the rows nearest to each mean, until they stay (spherical k-means).

    Parameters
    ----------
    blocks : callable
        Gives slices of `n` and the unit vectors there, the same each time.
    n : int
    means : ndarray, shape (n_centres, n_features)
        Where to begin; one to which no row is nearest stays.
    """
    before = np.full(n, NOISE - 1)
    for _ in range(_ROUNDS if len(means) else 0):
        centres, now = unit(means), np.empty_like(before)
        sums, sizes = np.zeros_like(means), np.zeros(len(means))
        for part, rows in blocks():
            now[part] = _nearest(rows, centres, -np.inf)
            sums += summed(rows, now[part], len(means))
            sizes += np.bincount(now[part] + 1, minlength=len(means) + 1)[1:]
        if np.array_equal(now, before):
            break
        before = now
        filled = sizes > 0
        means = np.where(filled[:, None], sums / np.maximum(sizes, 1)[:, None], means)
    return means


def summed(rows: Floats, labels: Labels, k: int) -> Floats:
    """Return the sum of the rows of each label from 0 to `k` - 1; others are left out."""
    at = np.flatnonzero(labels >= 0)
    ones = csr_array((np.ones(len(at)), (labels[at], at)), shape=(k, len(rows)))
    return np.asarray(ones @ rows)


def _nearest(rows: Floats, centres: Floats, min_similarity: float) -> Labels:
    cosines = rows @ centres.T
    best = cosines.argmax(axis=1)
    sure = np.take_along_axis(cosines, best[:, None], axis=1)[:, 0] >= min_similarity
    return np.where(sure & rows.any(axis=1), best, NOISE).astype(np.int64)
