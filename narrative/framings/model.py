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
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
import numpy.typing as npt
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    ClusterMixin,
    TransformerMixin,
)
from sklearn.utils.validation import check_is_fitted, validate_data

from narrative.errors import InputError, WeightsError
from narrative.framings.centres import (
    consolidated,
    moved,
    nearest,
    nearest_with_ties,
    refined,
    summed_at,
)
from narrative.framings.joining import (
    NOISE,
    Floats,
    Labels,
    coarse_groups,
    given_groups,
    open_groups,
)
from narrative.framings.rows import (
    Rows,
    distinct_rows,
    in_order,
    sample_rows,
    single_rows,
    unit,
    unit_blocks,
)
from narrative.storage import read_weights, write_atomic

FORMAT = "narrative-framings-1"
# Rows that framings are refined on, at most.
REFINED = 100_000
_TYPES = [np.float64, np.float32]  # kept as they come: a copy of a large array is large
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
        `min_cluster_size` then counts in proportion, at least 2: smaller framings are missed. Up to
        100,000 distinct rows then move the centres: in mini-batches, or by k-means where
        `n_clusters` is given.
    random_state : int
        Of the draw, which depends on the rows, but not on their order; without one nothing is
        random.

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

    Cohen, E. and Kaplan, H. (2007). Summarizing data using bottom-k sketches. PODC.

    Dhillon, I. S. and Modha, D. S. (2001). Concept decompositions for large sparse text data using
    clustering. Machine Learning 42.

    Sculley, D. (2010). Web-scale k-means clustering. WWW.

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
        X = validate_data(self, X, dtype=_TYPES, ensure_min_samples=2)
        return self._fit(X, distinct_rows(X, self.random_state))

    def fit_blocks(self, blocks: Iterable[npt.ArrayLike]) -> Self:
        """Find framings in rows that come in blocks, in one pass and without keeping them.

        What ``fit`` finds in all of the rows is found in a sample of them anyway, so this finds the
        same framings; but they are numbered by size in the sample, ``labels_`` are those of the
        sample's rows, and beyond its size distinct rows are not counted, but estimated.

        Parameters
        ----------
        blocks : iterable of array-like, shape (n_rows, n_features)

        Raises
        ------
        InputError
            As ``fit`` and ``sample_rows``.
        """
        self._check()
        sample = sample_rows(blocks, max(REFINED, self.max_exact), self.random_state)
        # One distinct row can be that of many.
        X = validate_data(self, sample.rows, dtype=_TYPES, ensure_min_samples=0)
        return self._fit(X, np.arange(len(X)), sample.n_distinct)

    def _fit(self, X: Rows, at: npt.NDArray[np.intp], n_distinct: int | None = None) -> Self:
        """Find framings; `at` are the distinct rows of `X` in the order in which they are drawn."""
        n_distinct, least = n_distinct or len(at), int(self.min_cluster_size)
        whole = n_distinct <= self.max_exact
        joined = in_order(X, at[: self.max_exact])
        if not whole:
            least = min(least, max(2, round(least * self.max_exact / n_distinct)))
        points = unit(X[joined]) if whole else single_rows(X, joined)
        groups, self.coarse_ = self._groups(points, least, exact=whole)
        sizes = np.bincount(groups[groups >= 0])
        means = summed_at(X, joined, groups, len(sizes)) / sizes[:, None]
        drawn = at[: max(REFINED, self.max_exact)]
        if self.n_clusters is None and not whole:
            means = moved(X, drawn, means, int(self.max_exact), self.min_similarity)
        if self.n_clusters is not None:
            known = unit(X[joined]) if whole else None
            means = refined(X, drawn, means) if known is None else consolidated(known, means)
            self.coarse_ = coarse_groups(means, self.coarse_threshold)
        self.cluster_centers_ = unit(means)
        found, ties = nearest_with_ties(X, self.cluster_centers_, self.min_similarity)
        numbers = self._number(np.bincount(found + 1, minlength=len(means) + 1)[1:])
        self.labels_ = np.append(numbers, NOISE)[found]
        if len(ties):  # the first of equal ones is another in another order
            centres = self.cluster_centers_
            self.labels_[ties] = nearest(X[ties], centres, self.min_similarity)
        return self

    def _groups(self, points: Rows, least: int, *, exact: bool) -> tuple[Labels, Labels]:
        """Return the group of each point, -1 for those too small, and each group's coarse one."""
        if self.n_clusters is None:
            heights = self.distance_threshold, self.coarse_threshold
            groups, coarse = open_groups(points, least, heights, exact=exact)
        else:
            groups = given_groups(points, least, self.n_clusters, exact=exact)
            coarse = groups
        _, first, of = np.unique(groups, return_index=True, return_inverse=True)
        noise = int((groups[first] == NOISE).sum())  # they come first
        return of - noise, coarse[first[noise:]]

    def predict(self, X: Any) -> Labels:
        """Return the framing of each row, -1 for none, without fitting again."""
        return nearest(self._checked(X), self.cluster_centers_, self.min_similarity)

    def predict_blocks(self, blocks: Iterable[npt.ArrayLike]) -> Iterator[Labels]:
        """Yield the labels of each block of rows as it comes: memory is that of a block."""
        for block in blocks:
            yield self.predict(block)

    def transform(self, X: Any) -> Floats:
        """Return the cosine of each row to each framing's centre, shape (n_samples, n_framings)."""
        X = self._checked(X)
        out = np.empty((len(X), len(self.cluster_centers_)))
        for part, rows in unit_blocks(X):
            np.matmul(rows, self.cluster_centers_.T, out=out[part])
        return out

    def number(self, counts: npt.ArrayLike) -> Labels:
        """Number framings by how many rows each got, as ``fit`` does, and drop those of none.

        After ``fit_blocks``, which numbers them by the rows that it has drawn.

        Parameters
        ----------
        counts : array-like of int, shape (n_framings,)

        Returns
        -------
        ndarray of int, shape (n_framings,)
            The new number of each, -1 for those that were dropped.
        """
        check_is_fitted(self)
        numbers = self._number(np.asarray(counts))
        self.labels_ = np.append(numbers, NOISE)[self.labels_]
        return numbers

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

    def _checked(self, X: Any) -> Rows:
        check_is_fitted(self)
        return cast("Rows", validate_data(self, X, dtype=_TYPES, reset=False))

    def _number(self, counts: Labels) -> Labels:
        """Number framings by counts of rows, drop those of none, and return the new numbers."""
        centres = np.round(self.cluster_centers_, 9)
        order = sorted(
            np.flatnonzero(counts).tolist(), key=lambda k: (-counts[k], centres[k].tolist())
        )
        self.cluster_centers_ = self.cluster_centers_[order]
        seen: dict[int, int] = {}
        parents = [seen.setdefault(int(self.coarse_[k]), len(seen)) for k in order]
        self.coarse_ = np.array(parents, dtype=np.int64)
        numbers = np.full(len(counts), NOISE, np.int64)
        numbers[order] = np.arange(len(order))
        return numbers


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _plain(value: Any) -> Any:
    """Return a number of numpy's as Python's, for JSON."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} cannot be saved")
