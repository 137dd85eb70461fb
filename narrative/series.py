"""Tests on series in time: change around an event, change of the mean, lead and lag."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_MOST_PAST = 3  # last values that foretell the next, at most
_FEWEST_VALUES = 12  # of a series that is tested


def change_points(values: Floats, *, penalty: float | None = None, min_size: int = 3) -> list[int]:
    """Return the positions at which the mean of a series changes (PELT, Killick et al. 2012).

    Parameters
    ----------
    values : ndarray, shape (n,)
        Equally spaced, without NaN.
    penalty : float, optional
        By default ``2 * log(n) * s ** 2`` with the variance estimated from first differences.
    min_size : int
        Fewest values between two change points.

    Returns
    -------
    list of int
        ``bkps`` without the closing ``n``: a new mean begins at each. Not a significance test.
    """
    import ruptures

    n = len(values)
    if n < 2 * min_size:
        return []
    steps = np.diff(values)
    # Where most values repeat, the median step is 0 and would make every blip a change.
    scale = float(np.median(np.abs(steps)) / 0.6745 or np.std(steps)) / np.sqrt(2)
    chosen = penalty if penalty is not None else max(2 * np.log(n) * scale**2, 1e-9)
    found = (
        ruptures.Pelt(model="l2", min_size=min_size, jump=1)
        .fit(values.reshape(-1, 1))
        .predict(pen=chosen)
    )
    return [int(b) for b in found[:-1]]


def change_test(
    values: Floats, *, n_permutations: int = 999, random_state: int = 0
) -> tuple[int, float]:
    """Return where the mean of a series changes most, and a p-value of there being no change.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Equally spaced, without NaN.
    n_permutations, random_state : int

    Returns
    -------
    (position, p) : (int, float)
        A new mean begins at `position`, the greatest of the cumulative sums of deviations (CUSUM),
        each over its standard deviation if nothing changes. The p-value compares the innovations
        of the series, what its own past does not foretell, with themselves in random order: kept
        autocorrelation would look like change. Fewer than twelve values give 0 and NaN.

    References
    ----------
    Robbins, M., Gallagher, C., Lund, R. and Aue, A. (2011). Mean shift testing in correlated data.
    Journal of Time Series Analysis 32.

    Marriott, F. H. C. and Pope, J. A. (1954). Bias in the estimation of autocorrelations.
    Biometrika 41.
    """
    if len(values) < _FEWEST_VALUES:
        return 0, float("nan")
    position = _greatest_change(values)[0]
    innovations = _filtered(values, _memory(values))
    observed = _greatest_change(innovations)[1]
    rng = np.random.default_rng(random_state)
    drawn = [_greatest_change(rng.permutation(innovations))[1] for _ in range(n_permutations)]
    extreme = int((np.array(drawn) >= observed - 1e-12).sum())
    return position, (1 + extreme) / (1 + n_permutations)


def lead_lag(
    one: Floats,
    other: Floats,
    *,
    max_lag: int = 4,
    n_permutations: int = 999,
    random_state: int = 0,
) -> tuple[int, float, float]:
    """Return at which lag two series go together most, how much, and a p-value.

    Parameters
    ----------
    one, other : ndarray, shape (n,)
        Equally spaced, on the same days, without NaN.
    max_lag : int
        Lags looked at on either side; the p-value takes into account that the best was chosen.
    n_permutations, random_state : int

    Returns
    -------
    (lag, correlation, p) : (int, float, float)
        `one` at a time goes with `other` `lag` steps later: a positive lag says that `one` leads.
        Both are filtered by what the past of `one` foretells of it (prewhitening), so that two
        series that move slowly do not seem to go together; then `one` is put in random order.
        Fewer than ``4 * max_lag`` or twelve values, or a series without variation, give 0, NaN,
        NaN.

    References
    ----------
    Haugh, L. D. (1976). Checking the independence of two covariance-stationary time series: a
    univariate residual cross-correlation approach. Journal of the American Statistical Association
    71.
    """
    if len(one) < max(4 * max_lag, _FEWEST_VALUES) or np.std(one) == 0 or np.std(other) == 0:
        return 0, float("nan"), float("nan")
    past = _past(one)
    a, b = (_filtered(v, past) for v in (one, other))
    a, b = ((v - v.mean()) / max(float(v.std()), 1e-12) for v in (a, b))
    lags, n = np.arange(-max_lag, max_lag + 1), len(a)
    later = np.zeros((len(lags), n))  # of each lag: `other` that many steps later, 0 outside
    for row, lag in zip(later, lags.tolist(), strict=True):
        row[max(0, -lag) : n - max(0, lag)] = b[max(0, lag) : n + min(0, lag)]
    correlations = later @ a / n
    best = int(np.abs(correlations).argmax())
    rng = np.random.default_rng(random_state)
    drawn = [np.abs(later @ rng.permutation(a)).max() / n for _ in range(n_permutations)]
    extreme = int((np.array(drawn) >= abs(correlations[best]) - 1e-12).sum())
    return int(lags[best]), float(correlations[best]), (1 + extreme) / (1 + n_permutations)


def _greatest_change(series: Floats) -> tuple[int, float]:
    """Return where the scaled cumulative sum of deviations is greatest, and how great."""
    n = len(series)
    at = np.arange(2, n - 1)  # a lone value at an end is no change
    sums = np.abs(np.cumsum(series - series.mean())[at - 1]) / np.sqrt(at * (n - at) / n)
    return int(at[sums.argmax()]), float(sums.max())


def _memory(values: Floats) -> Floats:
    """Return the weight of a series' last value in the next, none where it is not positive.

    From the steps between values, without the greatest: a change of the mean is one step, and
    would pass for memory otherwise. Few values show too little of it, which is made up for.
    """
    steps = np.diff(values)
    steps[np.abs(steps).argmax()] = 0
    power = float(steps @ steps)
    if power == 0:
        return np.zeros(0)
    weight = 1 + 2 * float(steps[1:] @ steps[:-1]) / power
    weight = float(np.clip(weight + (1 + 3 * weight) / len(values), 0, 0.95))
    return np.array([weight] if weight > 0 else [])


def _past(values: Floats) -> Floats:
    """Return the weights of a series' last values in the next, up to three, by AIC; maybe none."""
    x = np.asarray(values - values.mean())
    best, chosen = float("inf"), np.zeros(0)
    y = x[_MOST_PAST:]
    every = np.column_stack([x[_MOST_PAST - k : len(x) - k] for k in range(1, _MOST_PAST + 1)])
    for order in range(_MOST_PAST + 1):
        weights = np.linalg.lstsq(every[:, :order], y, rcond=None)[0] if order else np.zeros(0)
        left = y - every[:, :order] @ weights
        aic = len(y) * np.log(max(float(left @ left) / len(y), 1e-300)) + 2 * order
        if aic < best - 1e-9:
            best, chosen = aic, weights
    return chosen


def _filtered(values: Floats, past: Floats) -> Floats:
    """Return what the weighted last values leave of a series; the first values have none."""
    x = np.asarray(values - values.mean())
    out = np.array(x[len(past) :])
    for k, weight in enumerate(past, start=1):
        out -= weight * x[len(past) - k : len(x) - k]
    return out


def placebo_effect(
    values: Floats, days: Floats, event_day: float, *, window: float = 28, min_each: int = 5
) -> tuple[float, float, int]:
    """Return the change around an event, and how often other days show as great a one.

    Parameters
    ----------
    values : ndarray, shape (n,)
        One value a document.
    days : ndarray, shape (n,)
        Day number of each document.
    event_day : float
        Documents of this day count as after.
    window : float
        Days before and after that are compared.
    min_each : int
        Fewest documents on either side, of the event and of a placebo day.

    Returns
    -------
    (difference, p, n_placebo) : (float, float, int)
        Means of the window after and before. Placebo days are whole days whose windows do not
        reach the event; ``p`` is the share of them, with the event, whose difference is as great
        either way. NaN where there are fewer than 19 (no p below .05 could come out).
    """

    def difference(day: float) -> float:
        after = values[(days >= day) & (days < day + window)]
        before = values[(days < day) & (days >= day - window)]
        if min(len(after), len(before)) < min_each:
            return float("nan")
        return float(after.mean() - before.mean())

    observed = difference(event_day)
    if np.isnan(observed):
        return observed, float("nan"), 0
    every = np.arange(np.floor(days.min()), np.ceil(days.max()) + 1)
    away = every[np.abs(every - event_day) >= 2 * window]
    placebo = np.array([difference(day) for day in away])
    placebo = placebo[np.isfinite(placebo)]
    if len(placebo) < 19:
        return observed, float("nan"), len(placebo)
    extreme = int((np.abs(placebo) >= abs(observed) - 1e-12).sum())
    return observed, (1 + extreme) / (1 + len(placebo)), len(placebo)
