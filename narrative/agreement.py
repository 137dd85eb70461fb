"""Human coding: matching, reliability, validation, and intervals that resample groups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from narrative.errors import InputError

Metric = Callable[[npt.NDArray[np.generic], npt.NDArray[np.generic]], float]


def overlap(a: tuple[int, int], b: tuple[int, int], *, by: str = "union") -> float:
    """Return the shared characters of two spans over their union, or over the shorter span.

    Raises
    ------
    InputError
        If `by` is something else.

    Examples
    --------
    >>> overlap((0, 10), (5, 15))
    0.3333333333333333
    """
    if by not in ("union", "shorter"):
        raise InputError(f"by={by!r}; expected 'union' or 'shorter'.")
    shared = max(0, min(a[1], b[1]) - max(a[0], b[0]))
    whole = (a[1] - a[0]) + (b[1] - b[0]) - shared
    base = whole if by == "union" else min(a[1] - a[0], b[1] - b[0])
    return shared / base if base else 0.0


def match_spans(
    first: pd.DataFrame, second: pd.DataFrame, *, threshold: float = 0.5, by: str = "union"
) -> pd.DataFrame:
    """Pair the spans of two codings one to one.

    Parameters
    ----------
    first, second : DataFrame
        Columns ``doc_id, start, end`` in the same text.
    threshold : float
        Smallest overlap in (0, 1] that counts as the same span.
    by : {"union", "shorter"}
        What the shared characters are divided by.

    Returns
    -------
    DataFrame
        ``first, second`` (index labels), ``overlap``; best pairs first, each row used once.
    """
    pairs = []
    right = {d: _labelled(g) for d, g in second.groupby("doc_id")}
    for doc_id, (a, span) in zip(first["doc_id"], _labelled(first), strict=True):
        for b, other in right.get(doc_id, []):
            value = overlap(span, other, by=by)
            if value >= threshold:
                pairs.append((-value, a, b))
    used_first: set[Hashable] = set()
    used_second: set[Hashable] = set()
    kept = []
    for value, a, b in sorted(pairs, key=lambda p: (p[0], str(p[1]), str(p[2]))):
        if a not in used_first and b not in used_second:
            used_first.add(a)
            used_second.add(b)
            kept.append((a, b, -value))
    return pd.DataFrame(kept, columns=["first", "second", "overlap"])


def _labelled(table: pd.DataFrame) -> list[tuple[Hashable, tuple[int, int]]]:
    """Return the index label and span of each row."""
    spans = zip(table["start"].map(int), table["end"].map(int), strict=True)
    return list(zip(table.index, spans, strict=True))


def krippendorff_alpha(
    units: Sequence[Sequence[Hashable | None]], *, level: str = "nominal"
) -> float:
    """Return Krippendorff's alpha for any number of coders with missing codes.

    Parameters
    ----------
    units : sequence of sequences
        One row a unit, one code a coder, None (or NaN) where a coder left it out.
    level : {"nominal", "interval"}
        Distance between codes: equal or not, or the squared difference of numbers.

    Returns
    -------
    float
        1 for perfect agreement, 0 for chance; NaN where fewer than two codes vary.

    Raises
    ------
    InputError
        If `level` is something else.

    References
    ----------
    Krippendorff, K. (2011). Computing Krippendorff's alpha-reliability.

    Examples
    --------
    >>> round(krippendorff_alpha([("a", "a"), ("a", "b"), ("b", "b"), ("b", "b")]), 3)
    0.533
    """
    if level not in ("nominal", "interval"):
        raise InputError(f"level={level!r}; expected 'nominal' or 'interval'.")
    pairable = [[c for c in unit if c is not None and c == c] for unit in units]
    pairable = [u for u in pairable if len(u) >= 2]
    totals: dict[Hashable, int] = defaultdict(int)
    for unit in pairable:
        for code in unit:
            totals[code] += 1

    def distance(a: Any, b: Any) -> float:  # numbers at interval level, labels else
        if level == "interval":
            return (float(a) - float(b)) ** 2
        return float(a != b)

    n = sum(totals.values())
    if n < 2:
        return float("nan")
    observed = sum(
        distance(a, b) / (len(u) - 1)
        for u in pairable
        for i, a in enumerate(u)
        for j, b in enumerate(u)
        if i != j
    )
    expected = sum(na * nb * distance(a, b) for a, na in totals.items() for b, nb in totals.items())
    return float("nan") if expected == 0 else 1.0 - (n - 1) * observed / expected


def macro_f1(y_true: npt.NDArray[np.generic], y_pred: npt.NDArray[np.generic]) -> float:
    """Return macro-F1 over the labels that occur in `y_true`."""
    # Written out: inside a bootstrap, scikit-learn's checks cost fifty times the arithmetic.
    scores = []
    for label in np.unique(y_true):
        mine, theirs = y_true == label, y_pred == label
        scores.append(2 * np.sum(mine & theirs) / (np.sum(mine) + np.sum(theirs)))
    return float(np.mean(scores)) if scores else float("nan")


def accuracy(y_true: npt.NDArray[np.generic], y_pred: npt.NDArray[np.generic]) -> float:
    """Return the share of equal labels."""
    return float(np.mean(y_true == y_pred))


def detection_f1(n_matched: float, n_found: float, n_gold: float) -> float:
    """Return F1 of found spans, 0 where nothing is found or coded."""
    return 2 * n_matched / (n_found + n_gold) if n_found + n_gold else 0.0


def paragraph_groups(table: pd.DataFrame, texts: dict[str, str]) -> list[str]:
    """Return for each span the id of its paragraph, the claim group that intervals resample."""
    breaks: dict[str, list[int]] = {}
    for doc_id, text in texts.items():
        edges, at = [0], text.find("\n")
        while at != -1:
            edges.append(at + 1)
            at = text.find("\n", at + 1)
        breaks[doc_id] = edges
    return [
        f"{doc_id}:{int(np.searchsorted(breaks[doc_id], start, side='right'))}"
        for doc_id, start in zip(table["doc_id"], table["start"], strict=True)
    ]


def expected_calibration_error(
    probability: npt.NDArray[np.float64], correct: npt.NDArray[np.bool_], *, n_bins: int = 10
) -> float:
    """Return the expected calibration error of top-label probabilities (Guo et al. 2017).

    Parameters
    ----------
    probability : ndarray, shape (n,)
        Probability of the predicted label, in [0, 1].
    correct : ndarray of bool, shape (n,)
    n_bins : int
        Equal-width bins.
    """
    edges = np.linspace(0, 1, n_bins + 1)
    total = 0.0
    for low, high in pairwise(edges):
        inside = (probability > low) & (probability <= high)
        if low == 0:
            inside |= probability == 0
        if inside.any():
            total += inside.mean() * abs(
                float(correct[inside].mean()) - float(probability[inside].mean())
            )
    return float(total)
