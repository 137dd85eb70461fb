"""Centres of framings: which is nearest to a row, and what the rows nearest to it are in the mean.

Rows are taken in blocks, so that memory does not grow with rows times centres.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from narrative.framings.joining import NOISE, Floats, Labels
from narrative.framings.rows import BLOCK, HASHED, Rows, single_rows, unit, unit_blocks

_ROUNDS, _STEADY = 100, 10_000
_BATCH = 256  # rows
_EQUAL = 1e-12  # cosines that differ by less are equal
_SINGLE = 2.0**-24  # relative error of a number in float32


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
    return nearest_with_ties(X, centres, min_similarity)[0]


def nearest_with_ties(
    X: Rows, centres: Floats, min_similarity: float
) -> tuple[Labels, npt.NDArray[np.intp]]:
    """Return what ``nearest`` does, and the rows that may be as near to another centre."""
    labels = np.full(len(X), NOISE, np.int64)
    if not len(centres):
        return labels, np.zeros(0, np.intp)
    ties, singles = [], centres.astype(np.float32)
    for part, rows in unit_blocks(X):
        labels[part], close = _nearest(rows, centres, singles, min_similarity)
        ties.append(part.start + close)
    return labels, np.concatenate([np.zeros(0, np.intp), *ties])


def consolidated(points: Floats, means: Floats) -> Floats:
    """Return the means of the points nearest to each mean, until they stay (spherical k-means).

    Parameters
    ----------
    points : ndarray, shape (n, n_features)
        Unit vectors, few.
    means : ndarray, shape (n_centres, n_features)
        Where to begin; one to which no point is nearest stays.
    """
    before = np.full(len(points), NOISE)
    for _ in range(_ROUNDS if len(means) else 0):
        now = (points @ unit(means).T).argmax(axis=1)
        if np.array_equal(now, before):
            break
        before = now
        means = _over(summed(points, now, len(means)), now, means)
    return means


def refined(X: Rows, at: npt.NDArray[np.intp], means: Floats) -> Floats:
    """Return what ``consolidated`` does, of many rows: nearness in float32, sums in float64.

    After the first round only rows that change sides are added and taken off, and it stops when
    fewer than one in ten thousand do.

    Parameters
    ----------
    X : ndarray, shape (n_rows, n_features)
        Of any length.
    at : ndarray of int
        The rows that count.
    means : ndarray, shape (n_centres, n_features)
    """
    rows = single_rows(X, at)
    before: Labels = np.full(len(at), NOISE)
    sums: Floats = np.zeros(means.shape)
    for _ in range(_ROUNDS if len(means) else 0):
        centres = unit(means).astype(np.float32)
        now: Labels = np.empty_like(before)
        for start in range(0, len(rows), BLOCK):
            part = slice(start, start + BLOCK)
            now[part] = (rows[part] @ centres.T).argmax(axis=1)
        moved = np.flatnonzero(now != before)
        for start in range(0, len(moved), BLOCK):
            some = moved[start : start + BLOCK]
            taken = rows[some].astype(np.float64)
            sums += summed(taken, now[some], len(means)) - summed(taken, before[some], len(means))
        before = now
        means = _over(sums, now, means)
        if len(moved) * _STEADY <= len(rows):
            break
    return means


def moved(
    X: Rows, at: npt.NDArray[np.intp], means: Floats, joined: int, min_similarity: float
) -> Floats:
    """Return means that rows which were not joined have moved, in mini-batches.

    A batch's rows go to the nearest mean, unless it is farther than a framing's rows may be, and
    the mean becomes that of all its rows so far. Batches follow the rows' keys, so that they hang
    on neither the order of the rows nor how they are cut.

    Parameters
    ----------
    X : ndarray, shape (n_rows, n_features)
        Of any length.
    at : ndarray of int
        The rows that count, by their keys; the first `joined` of them made the means.
    means : ndarray, shape (n_centres, n_features)
    joined : int
    min_similarity : float

    References
    ----------
    Sculley, D. (2010). Web-scale k-means clustering. WWW.
    """
    means, centres = means.copy(), unit(means)
    singles = centres.astype(np.float32)
    found = nearest(X[at[:joined]], centres, min_similarity)
    sizes = np.maximum(np.bincount(found + 1, minlength=len(means) + 1)[1:], 1)[:, None]
    for start in range(joined, len(at), _BATCH):
        rows = unit(X[at[start : start + _BATCH]])
        labels = _nearest(rows, centres, singles, min_similarity)[0]
        more = np.bincount(labels + 1, minlength=len(means) + 1)[1:, None]
        to = np.flatnonzero(more)
        total = means[to] * sizes[to] + summed(rows, labels, len(means))[to]
        sizes += more
        means[to] = total / sizes[to]
        centres[to] = unit(means[to])
        singles[to] = centres[to]
    return means


def _over(sums: Floats, labels: Labels, means: Floats) -> Floats:
    """Return the sums over how many rows they are of; the means before where there are none."""
    sizes = np.bincount(labels, minlength=len(means))[:, None]
    return np.asarray(np.where(sizes > 0, sums / np.maximum(sizes, 1), means), np.float64)


def summed(rows: Floats, labels: Labels, k: int) -> Floats:
    """Return the sum of the rows of each label from 0 to `k` - 1; others are left out."""
    at = np.flatnonzero(labels >= 0)
    ones = csr_array((np.ones(len(at)), (labels[at], at)), shape=(k, len(rows)))
    return np.asarray(ones @ rows)


def summed_at(X: Rows, at: npt.NDArray[np.intp], labels: Labels, k: int) -> Floats:
    """Return what ``summed`` does, of the rows `at` at length 1, of which few are held."""
    sums = np.zeros((k, X.shape[1]))
    for part, rows in unit_blocks(X, at, HASHED):
        some = labels[part] >= 0
        np.add.at(sums, labels[part][some], rows[some])
    return sums


def _nearest(
    rows: Floats, centres: Floats, singles: npt.NDArray[np.float32], min_similarity: float
) -> tuple[Labels, npt.NDArray[np.intp]]:
    """Return the nearest centre of each row, and the rows to which another may be as near.

    Cosines are those of float32 where these leave no doubt, and else those of float64.

    References
    ----------
    Higham, N. J. (2002). Accuracy and Stability of Numerical Algorithms. SIAM.
    """
    # Two products of unit vectors, each off by no more than their length times that of a number
    # (Higham 2002, section 3.1), and a little for what is rounded before and after.
    doubt = np.float32(2 * (rows.shape[1] + 8) * _SINGLE)
    cosines = rows.astype(np.float32) @ singles.T
    at = cosines.argmax(axis=1)
    best = np.take_along_axis(cosines, at[:, None], axis=1)
    close = np.count_nonzero(cosines >= best - doubt, axis=1) > 1
    labels = np.where(best[:, 0] >= min_similarity, at, NOISE).astype(np.int64)
    doubtful = np.flatnonzero(close | (np.abs(best[:, 0] - min_similarity) <= doubt))
    labels[doubtful] = _nearest_exactly(rows[doubtful], centres, min_similarity)
    labels[~rows.any(axis=1)] = NOISE
    return labels, np.flatnonzero(close)


def _nearest_exactly(rows: Floats, centres: Floats, min_similarity: float) -> Labels:
    cosines = rows @ centres.T
    # Last digits hang on how many rows there are: of centres that are equally near it is the first.
    best = cosines.max(axis=1, keepdims=True) - _EQUAL
    sure = best[:, 0] + 2 * _EQUAL >= min_similarity
    return np.where(sure, (cosines >= best).argmax(axis=1), NOISE).astype(np.int64)
