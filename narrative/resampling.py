"""Intervals over documents, permutation nulls and false-discovery control."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from math import exp, factorial

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]


def bin_sums(at: Ints, values: Floats, n: int) -> Floats:
    """Return sums of `values` by their numbers `at`, shape (n,)."""
    return np.bincount(at, weights=values, minlength=n).astype(np.float64)


@dataclass(frozen=True)
class Contributions:
    """What groups (documents, copies counted once) contribute to the ratios of cells.

    One row for each group and cell in which the group has something, so that a corpus of many
    sources and bins takes no more room than its claims. Those of parts of a corpus are those of the
    whole once rows of one group and cell are added up (``narrative.timeline``).

    Parameters
    ----------
    group, cell : ndarray of int, shape (n_rows,)
        Numbers of groups and cells.
    top, bottom : ndarray of float, shape (n_rows,)
        Of the ratio: ``sum(top) / sum(bottom)`` over the groups of a cell.
    n_cells : int
    """

    group: Ints
    cell: Ints
    top: Floats
    bottom: Floats
    n_cells: int

    def sums(self, values: Floats) -> Floats:
        """Return sums of `values`, a row each, over each cell's groups, shape (n_cells,)."""
        return bin_sums(self.cell, values, self.n_cells)

    @cached_property
    def total(self) -> Floats:
        """The denominator of each cell, shape (n_cells,)."""
        return self.sums(self.bottom)

    @cached_property
    def speaking(self) -> Floats:
        """How many groups have a denominator in each cell, shape (n_cells,)."""
        return self.sums((self.bottom > 0).astype(float))

    @cached_property
    def squares(self) -> Floats:
        """Sums of the squares of the denominators of each cell, shape (n_cells,)."""
        return self.sums(self.bottom**2)

    def with_top(self, top: Floats) -> Contributions:
        """Return the same with other numerators; what is known of the denominators is kept."""
        made = replace(self, top=top)
        vars(made).update({k: getattr(self, k) for k in ("total", "speaking", "squares")})
        return made

    @cached_property
    def filled(self) -> Ints:
        """The rows that have a numerator: few, of most framings."""
        return np.flatnonzero(self.top)

    @cached_property
    def hits(self) -> Floats:
        """The numerator of each cell, shape (n_cells,)."""
        return bin_sums(self.cell[self.filled], self.top[self.filled], self.n_cells)


def contributions(numerator: Floats, denominator: Floats) -> Contributions:
    """Return what ``numerator`` and ``denominator``, shape (n_groups, n_cells), hold."""
    group, cell = np.nonzero((numerator != 0) | (denominator != 0))
    return Contributions(
        group, cell, numerator[group, cell], denominator[group, cell], numerator.shape[1]
    )


def poisson_weights(
    names: Sequence[Hashable], n_boot: int, *, random_state: int = 0
) -> npt.NDArray[np.uint8]:
    """Return how often each group is drawn in each replicate, shape (n_groups, n_boot).

    Weights are Poisson with mean one, by a hash of the group's name: those of a group are the same
    whatever other groups there are, so that sums over parts of a corpus, added up, are the sums
    over the whole, and no interval depends on how it was cut (the "bag of little" and streaming
    bootstraps draw so; Hanley and MacGibbon 2006, Chamandy et al. 2012).

    Parameters
    ----------
    names : sequence
        Of the groups, told apart by ``str``.
    n_boot : int
    random_state : int
    """
    halves = (n_boot + 1) // 2
    out = np.empty((len(names), n_boot), dtype=np.uint8)
    for i, name in enumerate(names):
        digest = sha256(f"{random_state}\n{name}".encode("utf-8", "surrogatepass")).digest()
        key = int.from_bytes(digest[:16], "big")
        raw = np.random.Philox(key=key).random_raw(halves)  # its raw stream never changes
        out[i] = np.searchsorted(_POISSON, raw.astype("<u8").view("<u4")[:n_boot], side="right")
    return out


# A number below the k-th of these, of 2^32, is less than k (Poisson with mean one).
_POISSON = np.array(
    [int(2**32 * sum(exp(-1) / factorial(j) for j in range(k + 1))) for k in range(12)],
    dtype=np.uint32,
)


def ratio_intervals(
    numerator: Floats,
    denominator: Floats,
    *,
    names: Sequence[Hashable] | None = None,
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
    names : sequence, optional
        Of the groups (see ``poisson_weights``); by default their numbers.
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
    groups = range(len(numerator)) if names is None else names
    weights = poisson_weights(groups, n_boot, random_state=random_state)
    made = contributions(numerator, denominator)
    return drawn_intervals(made, weights, level=level, min_groups=min_groups)


def drawn_intervals(
    made: Contributions,
    weights: npt.NDArray[np.uint8],
    *,
    level: float = 0.95,
    min_groups: int = 2,
    bottoms: dict[int, Floats] | None = None,
) -> tuple[Floats, Floats]:
    """Return percentile intervals of ratios of weighted sums.

    Parameters
    ----------
    made : Contributions
    weights : ndarray of int, shape (n_groups, n_boot)
        From ``poisson_weights``.
    level, min_groups
        As in ``ratio_intervals``.
    bottoms : dict, optional
        Empty at first: keeps the drawn denominators for further calls that differ in ``made.top``
        alone.

    Returns
    -------
    low, high : ndarray, shape (n_cells,)
    """
    low, high = np.full(made.n_cells, np.nan), np.full(made.n_cells, np.nan)
    enough = np.flatnonzero(made.speaking >= min_groups)
    place = np.full(made.n_cells, -1)
    place[enough] = np.arange(len(enough))
    rows = np.flatnonzero(place[made.cell] >= 0)
    rows = rows[np.argsort(place[made.cell[rows]], kind="stable")]
    at = place[made.cell[rows]]
    tails = ((1 - level) / 2, (1 + level) / 2)
    for first in range(0, len(enough), _BLOCK):
        a, b = np.searchsorted(at, [first, first + _BLOCK])
        mine, n = rows[a:b], min(_BLOCK, len(enough) - first)
        where = at[a:b] - first, made.group[mine]
        top = _drawn_sums(made.top[mine], *where, n, weights)
        bottom = None if bottoms is None else bottoms.get(first)
        if bottom is None:
            bottom = _drawn_sums(made.bottom[mine], *where, n, weights)
            if bottoms is not None and len(bottoms) < _HELD:
                bottoms[first] = bottom
        cells = enough[first : first + n]
        low[cells], high[cells] = _quantiles(top, bottom, tails)
    return low, high


def _drawn_sums(
    values: Floats, cell: Ints, group: Ints, n: int, weights: npt.NDArray[np.uint8]
) -> Floats:
    """Return the sums of the values in each cell and replicate, shape (n, n_boot)."""
    from scipy.sparse import csr_matrix

    out = np.zeros((n, weights.shape[1]))
    filled = np.flatnonzero(values)
    filled = filled[np.argsort(group[filled], kind="stable")]
    groups, column = np.unique(group[filled], return_inverse=True)
    for first in range(0, len(groups), _BLOCK):
        a, b = np.searchsorted(column, [first, first + _BLOCK])
        some = groups[first : first + _BLOCK]
        where = cell[filled[a:b]], column[a:b] - first
        drawn = weights[some].astype(np.float64)  # sums of counts are exact in any order
        out += csr_matrix((values[filled[a:b]], where), shape=(n, len(some))) @ drawn
    return out


_BLOCK = 1024  # cells, and groups, whose replicates are in memory at once
_HELD = 16  # blocks of cells whose denominators are kept


def _quantiles(top: Floats, bottom: Floats, tails: tuple[float, float]) -> tuple[Floats, Floats]:
    """Return quantiles along the rows of ``top / bottom``, of what is defined (linear)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.sort(np.where(bottom > 0, top / bottom, np.nan), axis=1)  # NaN comes last
    n = (bottom > 0).sum(axis=1)
    out = []
    for tail in tails:
        at = tail * np.maximum(n - 1, 0)
        below = np.floor(at).astype(int)
        above = np.minimum(below + 1, np.maximum(n - 1, 0))
        rows = np.arange(len(ratio))
        a, b = ratio[rows, below], ratio[rows, above]
        out.append(a + (b - a) * (at - below))
    return out[0], out[1]


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
    made = contributions(numerator, denominator)
    return worth_intervals(made, level=level, min_groups=min_groups, span=span)


def worth_intervals(
    made: Contributions,
    *,
    level: float = 0.95,
    min_groups: int = 2,
    span: tuple[float, float] = (0.0, 1.0),
) -> tuple[Floats, Floats]:
    """Return what ``clustered_intervals`` does, of contributions."""
    from scipy import stats

    least, width = span[0], span[1] - span[0]
    if span != (0, 1):
        made = made.with_top((made.top - least * made.bottom) / width)
    share, worth = _worth(made, level=level, min_groups=min_groups)
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
    return _worth(contributions(numerator, denominator), level=level, min_groups=min_groups)


def _worth(made: Contributions, *, level: float, min_groups: int) -> tuple[Floats, Floats]:
    from scipy import stats

    total, n = made.total, made.speaking
    share, worth = np.full(made.n_cells, np.nan), np.full(made.n_cells, np.nan)
    some = total > 0
    share[some] = np.clip(made.hits[some] / total[some], 0, 1)
    cells = np.flatnonzero((n >= max(2, min_groups)) & some)
    if not len(cells):
        return share, worth
    # What has no numerator is apart by the share of its denominator, whose squares are summed once.
    cell, top, bottom = made.cell[made.filled], made.top[made.filled], made.bottom[made.filled]
    of_all = np.nan_to_num(share)
    others = np.maximum(made.squares - bin_sums(cell, bottom**2, made.n_cells), 0)
    apart = bin_sums(cell, (top - of_all[cell] * bottom) ** 2, made.n_cells) + of_all**2 * others
    mine, total, n = share[cells], total[cells], n[cells]
    variance = apart[cells] / total**2 * n / (n - 1)
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
