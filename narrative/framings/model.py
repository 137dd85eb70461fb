"""Framings discovered in vectors, as a scikit-learn estimator.

Groups are joined bottom-up on the sorted distinct rows, so that there is no random start and the
order of the input is moot: by the mean cosine between their members (average linkage) where their
number is open, by the least growth of the spread within (Ward) where it is given, because average
linkage spends a given number on single rows far from all others. Groups that are large enough
become framings, those of a given number the start of k-means; every row then belongs to the nearest
of them, or to none.
"""

from __future__ import annotations

import json
import warnings
from importlib.metadata import version
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    ClusterMixin,
    TransformerMixin,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted, validate_data

from narrative.errors import InputError, WeightsError
from narrative.storage import read_weights, write_atomic

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
FORMAT = "narrative-framings-1"
NOISE = -1
_ROUNDS = 100
_FITTED = ("cluster_centers", "coarse", "labels")
# Parameter -> what kind of number, and its range.
_RANGES: dict[str, tuple[type, float, float]] = {
    "n_clusters": (Integral, 1, np.inf),
    "distance_threshold": (Real, 0, 2),
    "coarse_threshold": (Real, 0, 2),
    "min_cluster_size": (Integral, 1, np.inf),
    "min_similarity": (Real, -1, 1),
    "max_exact": (Integral, 2, np.inf),
}


class FramingModel(
    ClassNamePrefixFeaturesOutMixin,
    ClusterMixin,
    TransformerMixin,
    BaseEstimator,
):
    """Groups vectors into framings, and assigns new ones to them.

    Parameters
    ----------
    n_clusters : int, optional
        Framings to find, each of `min_cluster_size` rows at least, by Ward's criterion, and from
        there by spherical k-means (with more than `max_exact` rows, runs differ less so). None
        finds as many as stay apart at `distance_threshold`, by average linkage.
    distance_threshold : float
        Mean cosine distance, in [0, 2], from which two groups stay apart: nearer ones are merged.
    coarse_threshold : float
        The same for the groups of framings in ``coarse_``; where it lies below the height at which
        framings were cut, every framing is a group of its own. Where `n_clusters` is given, every
        framing counts as much as another in the mean, however large.
    min_cluster_size : int
        Fewest distinct rows of a group that becomes a framing.
    min_similarity : float
        A row whose cosine to the nearest framing's centre is lower belongs to none (-1); so does a
        row of zeros.
    max_exact : int
        Distinct rows that are joined at most: of more, as many are drawn, and the others are
        assigned to what was found in these (memory grows with the square of what is joined).
        `min_cluster_size` then counts in proportion, at least 2: smaller framings are missed.
    random_state : int
        Of the draw; without one nothing is random.

    Attributes
    ----------
    labels_ : ndarray of int, shape (n_samples,)
        Framing of each row, largest first; -1 for none. What ``predict`` says of the same rows.
    cluster_centers_ : ndarray, shape (n_framings, n_features)
        Unit vectors; a row that stands twice counts once.
    coarse_ : ndarray of int, shape (n_framings,)
        Group of each framing at `coarse_threshold`; framings of a group are near each other.
    n_features_in_ : int

    References
    ----------
    Sokal, R. R. and Michener, C. D. (1958). A statistical method for evaluating systematic
    relationships. University of Kansas Science Bulletin 38.

    Dhillon, I. S. and Modha, D. S. (2001). Concept decompositions for large sparse text data using
    clustering. Machine Learning 42.

    Ward, J. H. (1963). Hierarchical grouping to optimize an objective function. Journal of the
    American Statistical Association 58(301).

    Examples
    --------
    >>> import numpy as np
    >>> model = FramingModel(min_cluster_size=2)
    >>> model.fit_predict(np.array([[1, 0], [1, 0.1], [0, 1], [0.1, 1], [0.2, 1], [-1, -1]]))
    array([ 1,  1,  0,  0,  0, -1])
    """

    def __init__(
        self,
        n_clusters: int | None = None,
        *,
        distance_threshold: float = 0.6,
        coarse_threshold: float = 0.8,
        min_cluster_size: int = 3,
        min_similarity: float = 0.4,
        max_exact: int = 8000,
        random_state: int = 0,
    ) -> None:
        self.n_clusters = n_clusters
        self.distance_threshold = distance_threshold
        self.coarse_threshold = coarse_threshold
        self.min_cluster_size = min_cluster_size
        self.min_similarity = min_similarity
        self.max_exact = max_exact
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002
        """Find framings in the rows of `X`, whatever their length; `y` is ignored.

        Parameters
        ----------
        X : array-like, shape (n_samples, n_features)
            At least two rows.
        y : None

        Raises
        ------
        InputError
            If a parameter is out of its range.

        Warns
        -----
        ConvergenceWarning
            If fewer than `n_clusters` groups are large enough.
        """
        self._check()
        X = _unit(validate_data(self, X, dtype=np.float64, ensure_min_samples=2))
        rows = np.unique(X[X.any(axis=1)], axis=0)
        points, least = rows, int(self.min_cluster_size)
        if len(rows) > self.max_exact:
            rng = np.random.default_rng(self.random_state)
            points = rows[np.sort(rng.choice(len(rows), self.max_exact, replace=False))]
            least = min(least, max(2, round(least * self.max_exact / len(rows))))
        groups, parents = self._groups(points, least)
        kept = np.unique(groups[groups >= 0])
        means = np.array([points[groups == g].mean(axis=0) for g in kept])
        means = means.reshape(len(kept), X.shape[1])
        if self.n_clusters is None:
            self.coarse_ = np.array([parents[groups == g][0] for g in kept], dtype=np.int64)
        else:
            means = _consolidated(rows, means)
            self.coarse_ = self._coarse(means)
        self.cluster_centers_ = _unit(means)
        self._by_size(X)
        self.labels_ = self._nearest(X)
        return self

    def predict(self, X: Any) -> Labels:
        """Return the framing of each row, -1 for none, without fitting again."""
        return self._nearest(self._checked(X))

    def transform(self, X: Any) -> Floats:
        """Return the cosine of each row to each framing's centre, shape (n_samples, n_framings)."""
        return np.asarray(self._checked(X) @ self.cluster_centers_.T)

    @property
    def _n_features_out(self) -> int:  # for the names of what transform returns
        return len(self.cluster_centers_)

    def save(self, path: str | Path) -> None:
        """Write the fitted model to one safetensors file.

        Raises
        ------
        sklearn.exceptions.NotFittedError
        StorageError
            If the file cannot be written.
        """
        from safetensors.numpy import save

        check_is_fitted(self)
        meta = {
            "format": FORMAT,
            "written_by": version("narrative"),
            "parameters": self.get_params(),
            "features": self.n_features_in_,
            "names": getattr(self, "feature_names_in_", np.zeros(0)).tolist(),
        }
        text = json.dumps(meta, sort_keys=True, default=_plain)
        data = save({n: getattr(self, f"{n}_") for n in _FITTED}, metadata={"narrative": text})
        write_atomic(Path(path), lambda part: _write(part, data))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a model that ``save`` wrote.

        Raises
        ------
        WeightsError
            If the file is missing, is no such model, or is of a version that this one cannot read.
        """
        tensors, meta, _ = read_weights(Path(path), FORMAT, None)
        try:
            model = cls(**meta["parameters"])
            model.n_features_in_ = int(meta["features"])
            for name in _FITTED:
                setattr(model, f"{name}_", tensors[name])
            names = meta["names"]
        except (KeyError, TypeError) as error:
            raise WeightsError(
                f"{path}: written by narrative {meta.get('written_by', 'unknown')}, which this "
                f"version cannot read ({error}); fit the model again, or install that version."
            ) from None
        if names:
            model.feature_names_in_ = np.array(names, dtype=object)
        return model

    def _check(self) -> None:
        for name, (kind, low, high) in _RANGES.items():
            value: Any = getattr(self, name)
            if value is None and name == "n_clusters":
                continue
            fits = isinstance(value, kind) and not isinstance(value, bool)
            if not fits or not low <= float(value) <= high:
                number = "an integer" if kind is Integral else "a number"
                span = f"from {low} to {high}" if high < np.inf else f"of at least {low}"
                raise InputError(f"FramingModel: {name}={value!r}; expected {number} {span}.")

    def _checked(self, X: Any) -> Floats:
        check_is_fitted(self)
        return _unit(validate_data(self, X, dtype=np.float64, reset=False))

    def _groups(self, points: Floats, least: int) -> tuple[Labels, Labels]:
        """Return each point's group, -1 where it is too small, and its group's coarse group.

        Heights of Ward's tree are no cosines: there the group is its own coarse group.
        """
        from scipy.cluster.hierarchy import fcluster, linkage
        from scipy.spatial.distance import pdist

        if len(points) < 2:
            group = 0 if len(points) >= least else NOISE
            return np.full(len(points), group), np.zeros(len(points), np.int64)
        if self.n_clusters is not None:
            tree = linkage(pdist(points), "ward")
        else:
            distances = pdist(points, "sqeuclidean")
            distances /= 2  # one less the cosine, of unit vectors
            tree = linkage(distances, "average")
        steps = np.arange(len(tree), dtype=float)

        def cut(n_joined: int) -> Labels:
            """Return the groups after so many joins."""
            return np.asarray(fcluster(tree, n_joined - 1, "monocrit", monocrit=steps), np.int64)

        if self.n_clusters is not None:
            fine = coarse = self._joins(tree, least)
        else:
            fine, coarse = (
                int((tree[:, 2] <= height).sum())
                for height in (self.distance_threshold, self.coarse_threshold)
            )
        groups = cut(fine)
        small = np.bincount(groups)[groups] < least
        return np.where(small, NOISE, groups), cut(max(fine, coarse))

    def _coarse(self, means: Floats) -> Labels:
        """Return the coarse group of each framing from the means of their rows (unit vectors)."""
        from scipy.cluster.hierarchy import fcluster, linkage
        from scipy.spatial.distance import squareform

        if len(means) < 2:
            return np.zeros(len(means), np.int64)
        distances = 1 - means @ means.T  # the mean of one less the cosine, over pairs of rows
        np.fill_diagonal(distances, 0)
        tree = linkage(np.maximum(squareform(distances, checks=False), 0), "average")
        return np.asarray(fcluster(tree, self.coarse_threshold, "distance"), np.int64)

    def _joins(self, tree: Floats, least: int) -> int:
        """Return the most joins after which `n_clusters` groups are large enough."""
        n = len(tree) + 1
        sizes = np.concatenate([np.ones(n), tree[:, 3]])
        large = n if least <= 1 else 0
        found = {large: 0}  # how many are large -> the most joins after which as many are
        for step, (left, right, _, size) in enumerate(tree):
            parts = sum(bool(sizes[int(i)] >= least) for i in (left, right))
            large += int(size >= least) - parts
            found[large] = step + 1
        if self.n_clusters in found:
            return found[self.n_clusters]
        most = max(found)
        warnings.warn(
            f"{self.n_clusters} framings asked for; at most {most} groups at a time have "
            f"{least} distinct rows.",
            ConvergenceWarning,
            stacklevel=4,
        )
        return found[most]

    def _by_size(self, X: Floats) -> None:
        """Number framings by the rows that they get, and drop those that get none."""
        counts = np.bincount(self._nearest(X) + 1, minlength=len(self.cluster_centers_) + 1)[1:]
        centres = np.round(self.cluster_centers_, 9)
        order = sorted(
            np.flatnonzero(counts).tolist(), key=lambda k: (-counts[k], centres[k].tolist())
        )
        self.cluster_centers_ = self.cluster_centers_[order]
        seen: dict[int, int] = {}
        parents = [seen.setdefault(int(self.coarse_[k]), len(seen)) for k in order]
        self.coarse_ = np.array(parents, dtype=np.int64)

    def _nearest(self, unit: Floats) -> Labels:
        if not len(self.cluster_centers_):
            return np.full(len(unit), NOISE, np.int64)
        cosines = unit @ self.cluster_centers_.T
        none = (cosines.max(axis=1) < self.min_similarity) | ~unit.any(axis=1)
        return np.where(none, NOISE, cosines.argmax(axis=1)).astype(np.int64)


def _consolidated(rows: Floats, means: Floats) -> Floats:
    """Return the means of the rows nearest to each mean, until they stay."""
    nearest = np.full(len(rows), NOISE)
    for _ in range(_ROUNDS):
        now = (rows @ _unit(means).T).argmax(axis=1) if len(means) else nearest
        if np.array_equal(now, nearest):
            break
        nearest = now
        sums = np.zeros_like(means)
        np.add.at(sums, nearest, rows)
        sizes = np.bincount(nearest, minlength=len(means))[:, None]
        means = np.where(sizes > 0, sums / np.maximum(sizes, 1), means)
    return means


def _unit(rows: Floats) -> Floats:
    """Return the rows at length 1; those of length zero as they are."""
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _plain(value: Any) -> Any:
    """Return a number of numpy's as Python's, for JSON."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} cannot be saved")
