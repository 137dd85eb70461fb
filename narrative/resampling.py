"""Intervals over documents, permutation nulls and false-discovery control."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def bootstrap_weights(n_groups: int, n_boot: int, *, random_state: int = 0) -> Floats:
    """Return how often each group is drawn in each replicate, shape (n_boot, n_groups).

    Groups are documents, wire-copy groups counted once; rows sum to `n_groups`.
    """
    rng = np.random.default_rng(random_state)
    if n_groups == 0:
        return np.zeros((n_boot, 0))
    return rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=n_boot).astype(
        np.float64
    )


def ratio_intervals(
    numerator: Floats,
    denominator: Floats,
    *,
    n_boot: int = 1000,
    level: float = 0.95,
    random_state: int = 0,
    min_groups: int = 2,
) -> tuple[Floats, Floats]:
    """Return percentile intervals of ratios of sums, resampling groups.

    Parameters
    ----------
    numerator, denominator : ndarray, shape (n_groups, n_cells)
        Contribution of each group to each cell.
    n_boot : int
    level : float
        Coverage in (0, 1).
    random_state : int
    min_groups : int
        Cells that fewer groups contribute to get NaN: one document says nothing about another.

    Returns
    -------
    low, high : ndarray, shape (n_cells,)
    """
    weights = bootstrap_weights(numerator.shape[0], n_boot, random_state=random_state)
    low = np.full(numerator.shape[1], np.nan)
    high = np.full(numerator.shape[1], np.nan)
    enough = np.flatnonzero((denominator > 0).sum(axis=0) >= min_groups)
    tails = [(1 - level) / 2, (1 + level) / 2]
    for block in np.array_split(enough, max(1, len(enough) // 512)):
        if not len(block):
            continue
        top, bottom = weights @ numerator[:, block], weights @ denominator[:, block]
        with np.errstate(invalid="ignore", divide="ignore"):
            low[block], high[block] = np.nanquantile(
                np.where(bottom > 0, top / bottom, np.nan), tails, axis=0
            )
    return low, high


def clustered_intervals(
    numerator: Floats,
    denominator: Floats,
    *,
    level: float = 0.95,
    min_groups: int = 2,
    span: tuple[float, float] = (0.0, 1.0),
) -> tuple[Floats, Floats]:
    """Return intervals of ratios of sums over groups that are alike within, without resampling.

    Jeffreys' interval of a share, with the sample counted as what it is worth: the variance comes
    from the groups (linearised), and few groups count by Student's quantile. Resampling groups
    holds the truth too seldom where there are few or where most have nothing (``e12``).

    Parameters
    ----------
    numerator, denominator : ndarray, shape (n_groups, n_cells)
        Contribution of each group to each cell; the ratio of a group lies in `span`.
    level : float
        Coverage in (0, 1).
    min_groups : int
        Cells that fewer groups contribute to get NaN, and so do those of one group.
    span : (float, float)
        Least and greatest value of the ratio.

    Returns
    -------
    low, high : ndarray, shape (n_cells,)

    References
    ----------
    Korn, E. L. and Graubard, B. I. (1998). Confidence intervals for proportions with small expected
    number of positive counts estimated from survey data. Survey Methodology 24.

    Franco, C., Little, R. J. A., Louis, T. A. and Slud, E. V. (2019). Comparative study of
    confidence intervals for proportions in complex sample surveys. Journal of Survey Statistics and
    Methodology 7.
    """
    from scipy import stats

    least, width = span[0], span[1] - span[0]
    share, worth = sample_worth(
        (numerator - least * denominator) / width, denominator, level=level, min_groups=min_groups
    )
    low, high = np.full(len(share), np.nan), np.full(len(share), np.nan)
    cells = np.flatnonzero(np.isfinite(worth))
    share, worth, tail = share[cells], worth[cells], (1 - level) / 2
    hits = worth * share
    below = stats.beta.ppf(tail, hits + 0.5, worth - hits + 0.5)
    above = stats.beta.ppf(1 - tail, hits + 0.5, worth - hits + 0.5)
    low[cells] = least + width * np.where(share > 0, below, 0)
    high[cells] = least + width * np.where(share < 1, above, 1)
    return low, high


def sample_worth(
    numerator: Floats, denominator: Floats, *, level: float = 0.95, min_groups: int = 2
) -> tuple[Floats, Floats]:
    """Return shares over groups that are alike within, and how many independent units they rest on.

    Parameters
    ----------
    numerator, denominator : ndarray, shape (n_groups, n_cells)
        Contribution of each group to each cell.
    level : float
        Coverage in (0, 1) of the interval that is to be made: few groups are worth less in the
        tails (Student).
    min_groups : int
        Cells that fewer groups contribute to are worth NaN, and so are those of one group.

    Returns
    -------
    share, worth : ndarray, shape (n_cells,)
    """
    from scipy import stats

    total = denominator.sum(axis=0)
    n = (denominator > 0).sum(axis=0)
    share, worth = np.full(len(total), np.nan), np.full(len(total), np.nan)
    some = total > 0
    share[some] = np.clip(numerator[:, some].sum(axis=0) / total[some], 0, 1)
    cells = np.flatnonzero((n >= max(2, min_groups)) & some)
    if not len(cells):
        return share, worth
    top, bottom, mine, total, n = (
        numerator[:, cells], denominator[:, cells], share[cells], total[cells], n[cells],
    )  # fmt: skip
    variance = ((top - mine * bottom) ** 2).sum(axis=0) / total**2 * n / (n - 1)
    tail = (1 - level) / 2
    shrunk = (stats.norm.ppf(tail) / stats.t.ppf(tail, n - 1)) ** 2
    inner = (variance > 0) & (mine > 0) & (mine < 1)
    # Where all say the same, each group counts as one.
    units = np.where(inner, mine * (1 - mine) / np.where(inner, variance, 1), n)
    worth[cells] = np.minimum(units * shrunk, total)
    return share, worth


def group_bootstrap(
    groups: Sequence[Hashable],
    statistic: Callable[[npt.NDArray[np.intp]], float],
    *,
    n_boot: int = 1000,
    random_state: int = 0,
    level: float = 0.95,
) -> tuple[float, float]:
    """Return a percentile interval of a statistic, resampling whole groups.

    Parameters
    ----------
    groups : sequence
        Group of each row (document, paragraph, claim family): rows of one stay together.
    statistic : callable
        Takes row positions (with repeats), returns a number; NaN replicates are left out.
    n_boot : int
    random_state : int
    level : float
        Coverage in (0, 1).

    Returns
    -------
    (float, float)
        NaN, NaN where there are fewer than two groups.
    """
    rows: dict[Hashable, list[int]] = defaultdict(list)
    for i, g in enumerate(groups):
        rows[g].append(i)
    parts = [np.array(v, dtype=np.intp) for _, v in sorted(rows.items(), key=lambda kv: str(kv[0]))]
    if len(parts) < 2:
        return float("nan"), float("nan")
    rng = np.random.default_rng(random_state)
    values = []
    for _ in range(n_boot):
        drawn = rng.integers(0, len(parts), len(parts))
        values.append(statistic(np.concatenate([parts[i] for i in drawn])))
    low, high = np.nanquantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def false_discovery(p: Floats) -> Floats:
    """Return Benjamini-Hochberg adjusted p-values; NaN stays NaN."""
    from scipy.stats import false_discovery_control

    out = np.full(len(p), np.nan)
    known = ~np.isnan(p)
    if known.any():
        out[known] = false_discovery_control(p[known])
    return out
