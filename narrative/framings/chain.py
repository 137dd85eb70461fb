"""Average linkage and Ward's criterion by chains of nearest neighbours, in one square of float32.

scipy's linkage keeps two condensed matrices of float64 and is filled by differences; this has half
the room and fills by one product of matrices. Its heights are right to some six digits, so it is
for draws from many rows, where another draw makes a greater difference.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from narrative.framings.rows import Rows

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]


def linked(points: Rows, method: str) -> Floats:
    """Return the tree of unit vectors in the form of ``scipy.cluster.hierarchy.linkage``.

    Parameters
    ----------
    points : ndarray, shape (n, n_features)
        At least two unit vectors.
    method : {"average", "ward"}
        By the mean of one less the cosine, or by Ward's criterion on Euclidean distances.

    Returns
    -------
    ndarray, shape (n - 1, 4)
        Lowest join first: the two that are joined, the height, the size.

    References
    ----------
    Müllner, D. (2011). Modern hierarchical, agglomerative clustering algorithms. arXiv:1109.2378.
    """
    ward, n = method == "ward", len(points)
    rows = points.astype(np.float32, copy=False)
    between = rows @ rows.T  # of a matrix and itself: symmetric to the bit
    np.subtract(1, between, out=between)
    np.maximum(between, 0, out=between)
    if ward:
        between *= 2  # the square of the distance
    np.fill_diagonal(between, np.inf)
    sizes = np.ones(n, np.float32)
    gone = np.zeros(n, np.float32)
    chain: list[int] = []
    left, right, heights = np.empty(n - 1, int), np.empty(n - 1, int), np.empty(n - 1)
    for step in range(n - 1):
        x, y = _mutual(between, gone, chain)
        left[step], right[step], heights[step] = x, y, between[x, y]
        merged = _merged(between, sizes, x, y, ward=ward)
        merged[y] = np.inf
        between[y], between[:, y] = merged, merged
        gone[x] = np.inf
        sizes[y] += sizes[x]
    return _labelled(left, right, np.sqrt(heights) if ward else heights)


def _mutual(between: Singles, gone: Singles, chain: list[int]) -> tuple[int, int]:
    """Follow nearest neighbours to two that are each other's, and take them off the chain."""
    if not chain:
        chain.append(int(gone.argmin()))
    while True:
        x = chain[-1]
        near = between[x] + gone
        y = int(near.argmin())
        # Of equal ones the one before, else the chain could go round for ever.
        if len(chain) > 1 and near[chain[-2]] <= near[y]:
            return chain.pop(), chain.pop()
        chain.append(y)


def _merged(between: Singles, sizes: Singles, x: int, y: int, *, ward: bool) -> Singles:
    """Return the distances of all from the two joined (Lance and Williams)."""
    a, b = sizes[x], sizes[y]
    out: Singles
    if not ward:
        out = between[x] * (a / (a + b))
        out += between[y] * (b / (a + b))
        return out
    out = between[x] * (sizes + a)
    out += between[y] * (sizes + b)
    out -= between[x, y] * sizes
    out /= sizes + (a + b)
    return np.asarray(np.maximum(out, 0))


def _labelled(left: npt.NDArray[np.int_], right: npt.NDArray[np.int_], heights: Floats) -> Floats:
    """Return the joins in the order of their heights, with the numbers of groups in scipy's way."""
    n = len(left) + 1
    tree, top, size = np.empty((n - 1, 4)), list(range(2 * n - 1)), [1] * (2 * n - 1)

    def root(i: int) -> int:
        while top[i] != i:
            top[i] = top[top[i]]
            i = top[i]
        return i

    for step, at in enumerate(np.argsort(heights, kind="stable").tolist()):
        a, b = sorted((root(int(left[at])), root(int(right[at]))))
        top[a] = top[b] = n + step
        size[n + step] = size[a] + size[b]
        tree[step] = a, b, heights[at], size[n + step]
    return tree
