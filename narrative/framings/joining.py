"""Rows joined bottom-up: groups by the mean cosine of their members, or by Ward's criterion."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning

from narrative.framings.chain import linked
from narrative.framings.rows import Rows

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
NOISE = -1


def open_groups(
    points: Rows, least: int, heights: tuple[float, float], *, exact: bool
) -> tuple[Labels, Labels]:
    """Return groups by average linkage, and the coarser groups that they are in.

    Parameters
    ----------
    points : ndarray, shape (n, n_features)
        Unit vectors.
    least : int
        Groups of fewer points are noise, -1.
    heights : tuple of float
        Mean cosine distances at which groups and coarser groups stay apart.
    exact : bool
        By scipy's linkage of differences, in which equal distances are equal; else by ``linked``,
        which is faster and has half the room.

    Returns
    -------
    groups, coarse : ndarray of int, shape (n,)
    """
    if len(points) < 2:
        return _alone(points, least)
    tree = _tree(points, "average", exact=exact)
    fine, coarse = (int((tree[:, 2] <= height).sum()) for height in heights)
    return _large(_cut(tree, fine), least), _cut(tree, max(fine, coarse))


def given_groups(points: Rows, least: int, n_clusters: int, *, exact: bool) -> Labels:
    """Return the groups by Ward's criterion of which `n_clusters` have `least` points or more.

    Warns
    -----
    ConvergenceWarning
        If there are never as many.
    """
    if len(points) < 2:
        return _alone(points, least)[0]
    tree = _tree(points, "ward", exact=exact)
    return _large(_cut(tree, _joins(tree, least, n_clusters)), least)


def coarse_groups(means: Floats, height: float) -> Labels:
    """Return groups of groups from the means of their rows (unit vectors), each counting once."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    if len(means) < 2:
        return np.zeros(len(means), np.int64)
    distances = 1 - means @ means.T  # the mean of one less the cosine, over pairs of rows
    np.fill_diagonal(distances, 0)
    tree = linkage(np.maximum(squareform(distances, checks=False), 0), "average")
    return np.asarray(fcluster(tree, height, "distance"), np.int64)


def _alone(points: Rows, least: int) -> tuple[Labels, Labels]:
    group = 0 if len(points) >= least else NOISE
    return np.full(len(points), group), np.zeros(len(points), np.int64)


def _tree(points: Rows, method: str, *, exact: bool) -> Floats:
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import pdist

    if not exact:
        return linked(points, method)
    if method == "ward":
        return np.asarray(linkage(pdist(points), method))
    distances = pdist(points, "sqeuclidean")
    distances /= 2  # one less the cosine, of unit vectors
    return np.asarray(linkage(distances, method))


def _cut(tree: Floats, n_joined: int) -> Labels:
    """Return the groups after so many joins."""
    from scipy.cluster.hierarchy import fcluster

    steps = np.arange(len(tree), dtype=float)
    return np.asarray(fcluster(tree, n_joined - 1, "monocrit", monocrit=steps), np.int64)


def _large(groups: Labels, least: int) -> Labels:
    """Return the groups, with -1 for those of fewer points."""
    return np.where(np.bincount(groups)[groups] < least, NOISE, groups)


def _joins(tree: Floats, least: int, n_clusters: int) -> int:
    """Return the most joins after which `n_clusters` groups are large enough."""
    n = len(tree) + 1
    large = np.concatenate([np.ones(n), tree[:, 3]]) >= least
    parts = large[tree[:, :2].astype(np.int64)].sum(axis=1)
    change = np.concatenate([[n if least <= 1 else 0], large[n:].astype(np.int64) - parts])
    found = change.cumsum()  # how many are large after so many joins
    most = int(found.max())
    if not (found == n_clusters).any():
        warnings.warn(
            f"{n_clusters} framings asked for; at most {most} groups at a time have "
            f"{least} distinct rows.",
            ConvergenceWarning,
            stacklevel=6,  # where fit was called
        )
        n_clusters = most
    return int(np.flatnonzero(found == n_clusters)[-1])
