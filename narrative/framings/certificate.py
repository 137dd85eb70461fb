"""How much of the framings is the sample, the random state, the order of the input, the encoder.

A replicate draws documents, shuffles what it drew, takes another random state and one of the
encoders, fits again and is set against the framings that were found first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import clone

from narrative.errors import InputError
from narrative.framings.joining import NOISE, Labels
from narrative.framings.model import FramingModel
from narrative.framings.rows import Rows
from narrative.reporting import Progress

AXES = ("documents", "random_state", "order", "encoder")
ALL = "all at once"
UNSTABLE, STABLE = 0.6, 0.75


class Certificate(NamedTuple):
    """The replicates of a certificate.

    Parameters
    ----------
    framings : DataFrame
        ``axis, replicate, framing, jaccard``: a framing's best Jaccard similarity with those of a
        replicate that drew some of it.
    overall : DataFrame
        ``axis, replicate, ami``: adjusted mutual information of a replicate's labels with the first
        ones, over the rows that it drew; no framing counts as one more label.
    """

    framings: pd.DataFrame
    overall: pd.DataFrame

    def by_framing(self) -> pd.DataFrame:
        """Return ``axis, framing, stability, low, high, n``: mean, 2.5 and 97.5 percent."""
        return _summary(self.framings, ["axis", "framing"], "jaccard", "stability")

    def by_axis(self) -> pd.DataFrame:
        """Return ``axis, ami, low, high, n``: mean, 2.5 and 97.5 percent."""
        return _summary(self.overall, ["axis"], "ami", "ami")

    def at_once(self) -> pd.DataFrame:
        """Return ``stability, low, high, n`` by framing when all varies at once.

        Framings of which no replicate drew anything are not in it.
        """
        mine = self.by_framing()
        return mine[mine["axis"] == ALL].drop(columns="axis").set_index("framing")

    def stability(self) -> dict[int, float]:
        """Return each framing's mean when all varies at once."""
        return {int(str(k)): float(v) for k, v in self.at_once()["stability"].items()}


def verdict(stability: float) -> str:
    """Return what a stability says of a framing: stable, doubtful, unstable or not measured.

    Below 0.6 a cluster should not be trusted; up to 0.75 it shows a pattern, but which points
    belong to it is doubtful (Hennig's guidance, in the documentation of ``fpc::clusterboot``).
    """
    if np.isnan(stability):
        return "not measured"
    if stability < UNSTABLE:
        return "unstable"
    return "stable" if stability >= STABLE else "doubtful"


def certify(
    model: FramingModel,
    vectors: npt.ArrayLike,
    documents: Sequence[str],
    *,
    encoders: Mapping[str, npt.ArrayLike] | None = None,
    axes: Sequence[str] = (),
    n_rows: int | None = None,
    n_boot: int = 50,
    random_state: int = 0,
    progress: Progress | None = None,
) -> Certificate:
    """Return how stable the framings of a fitted model are.

    A replicate of a share of the rows asks for that share of `min_cluster_size`, two at least.

    Parameters
    ----------
    model : FramingModel
        Fitted on `vectors`, or on more.
    vectors : array-like, shape (n_claims, n_dims)
    documents : sequence of str
        Document (or group of copies) of each row: they are drawn with replacement, and a row drawn
        twice counts once.
    encoders : mapping of str to array-like, optional
        Vectors of the same rows by other encoders or backends, of any width; a replicate takes one
        of them or `vectors`. Without them the encoder does not vary.
    axes : sequence of str
        Of ``documents, random_state, order, encoder``: what is varied alone, too.
    n_rows : int, optional
        Rows that the model was fitted on, where `vectors` are those of some documents only.
    n_boot : int
        Replicates of each; at least 0.
    random_state : int
    progress : callable, optional
        Called with (done, total) replicates.

    Raises
    ------
    InputError
        If an axis is unknown, "encoder" comes without `encoders`, lengths differ, there are no
        rows, or `n_boot` is negative.

    References
    ----------
    Hennig, C. (2007). Cluster-wise assessment of cluster stability.
    Computational Statistics & Data Analysis 52(1).
    """
    vectors = np.asarray(vectors)
    others = {k: np.asarray(v) for k, v in sorted((encoders or {}).items())}
    _check(vectors, documents, others, axes, n_boot)
    sources = [vectors, *others.values()]
    rows: list[tuple[str, int, int, float]] = []
    overall: list[tuple[str, int, float]] = []
    first = model.predict(vectors)
    names, group = np.unique(np.asarray(documents, dtype=str), return_inverse=True)
    for axis in (ALL, *axes):
        varied = AXES if axis == ALL else (axis,)
        for replicate in range(n_boot):
            rng = np.random.default_rng([random_state, replicate])
            at = _drawn(group, len(names), varied, rng)
            state = int(rng.integers(1, 2**31)) if "random_state" in varied else model.random_state
            source = sources[replicate % len(sources)] if "encoder" in varied else vectors
            again = _labels(model, source[at], state, len(at) / (n_rows or len(vectors)))
            alike = _jaccard(first[at], again)
            rows += [(axis, replicate, k, value) for k, value in alike]
            overall.append((axis, replicate, _agreement(first[at], again)))
            if progress is not None:
                progress(len(overall), n_boot * (1 + len(axes)))
    return Certificate(
        pd.DataFrame(rows, columns=["axis", "replicate", "framing", "jaccard"]),
        pd.DataFrame(overall, columns=["axis", "replicate", "ami"]),
    )


def _check(
    vectors: Rows,
    documents: Sequence[str],
    others: dict[str, Rows],
    axes: Sequence[str],
    n_boot: int,
) -> None:
    unknown = [a for a in axes if a not in AXES]
    if unknown:
        raise InputError(f"axis {unknown[0]!r} is unknown; expected one of {', '.join(AXES)}.")
    if "encoder" in axes and not others:
        raise InputError("the axis 'encoder' needs vectors of other encoders: pass encoders=.")
    if not len(vectors):
        raise InputError("got no rows; expected those that the model was fitted on.")
    for name, given in (("documents", documents), *others.items()):
        if len(given) != len(vectors):
            raise InputError(
                f"{name}: got {len(given)} rows for {len(vectors)} vectors; expected one each."
            )
    if n_boot < 0:
        raise InputError(f"n_boot={n_boot}; expected at least 0.")


def _drawn(
    group: npt.NDArray[np.intp], n_groups: int, varied: Sequence[str], rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Return the rows of a replicate in the order in which it reads them."""
    at = np.arange(len(group))
    if "documents" in varied:
        taken = np.zeros(n_groups, bool)
        taken[rng.integers(0, n_groups, n_groups)] = True
        at = np.flatnonzero(taken[group])
    return np.asarray(rng.permutation(at) if "order" in varied else at)


def _labels(model: FramingModel, vectors: Rows, random_state: int, share: float) -> Labels:
    if len(vectors) < 2:
        return np.full(len(vectors), NOISE, np.int64)
    # Of fewer claims, fewer make a framing; else the smallest would always be lost.
    least = min(model.min_cluster_size, max(2, round(share * model.min_cluster_size)))
    again = clone(model).set_params(random_state=random_state, min_cluster_size=least)
    return np.asarray(again.fit(vectors).labels_)


def _jaccard(first: Labels, again: Labels) -> list[tuple[int, float]]:
    """Return the best Jaccard similarity of each framing of which something was drawn."""
    of_first, i, n_first = np.unique(first, return_inverse=True, return_counts=True)
    of_again, j, n_again = np.unique(again, return_inverse=True, return_counts=True)
    pairs, n_both = np.unique(i * len(of_again) + j, return_counts=True)
    i, j = np.divmod(pairs, len(of_again))
    alike = n_both / (n_first[i] + n_again[j] - n_both)
    alike[of_again[j] == NOISE] = 0
    best = np.zeros(len(of_first))
    np.maximum.at(best, i, alike)
    return [(int(k), float(v)) for k, v in zip(of_first, best, strict=True) if k != NOISE]


def _agreement(first: Labels, again: Labels) -> float:
    from sklearn.metrics import adjusted_mutual_info_score

    return float(adjusted_mutual_info_score(first, again))


def _summary(table: pd.DataFrame, by: list[str], column: str, name: str) -> pd.DataFrame:
    out = table.groupby(by, sort=False)[column].agg(
        value="mean",
        low=lambda v: v.quantile(0.025),
        high=lambda v: v.quantile(0.975),
        n="count",
    )
    return out.reset_index().rename(columns={"value": name})
