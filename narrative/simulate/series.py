"""Series in time and days of credit with known truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from narrative.errors import InputError
from narrative.simulate.corpus import Truth
from narrative.simulate.deviations import NODES, WEIGHTS, sigmoid


@dataclass(frozen=True)
class Exposure:
    """A dated exposure, after which something is said less (or more).

    Parameters
    ----------
    step : int
        First step of the series after it.
    effect : float
        Change at this step, in units of the series.
    half_life : float
        Steps after which half of the change is left; for ever, by default.
    """

    step: int
    effect: float
    half_life: float = float("inf")

    def path(self, n: int) -> npt.NDArray[np.float64]:
        """Return the change at each of `n` steps."""
        after = np.arange(n) - self.step
        left = 0.5 ** (np.maximum(after, 0) / self.half_life)
        return np.where(after >= 0, self.effect * left, 0.0)


def simulate_series(
    n: int, memory: float, *, exposure: Exposure | None = None, random_state: int = 0
) -> np.ndarray:
    """Return a series in which each value goes on from the last by `memory`, with unit noise.

    The change after an `exposure` is added to it.
    """
    rng = np.random.default_rng(random_state)
    noise = rng.standard_normal(n + 50)
    out = np.zeros(n + 50)
    for t in range(1, n + 50):
        out[t] = memory * out[t - 1] + noise[t]
    return out[50:] if exposure is None else out[50:] + exposure.path(n)


def simulate_weeks(
    n: int,
    claims_per_week: float,
    *,
    truth: Truth | None = None,
    memory: float = 0.3,
    exposure: Exposure | None = None,
    of: str = "stance",
    random_state: int = 0,
) -> pd.DataFrame:
    """Return a source's claims of each week, whose prevalence or stance changes after an exposure.

    Parameters
    ----------
    n : int
        Weeks.
    claims_per_week : float
        In the mean (Poisson).
    truth : Truth, optional
        Here, prevalence and stance are the population's means before the exposure, and ``between``
        is the deviation of a week.
    memory : float
        Of the deviations, in [0, 1): how far each goes on from the last week's.
    exposure : Exposure, optional
        Its effect is in units of what it changes.
    of : {"stance", "prevalence"}
        What the exposure changes.
    random_state : int

    Returns
    -------
    DataFrame
        ``week`` (its Monday), ``claims, inside, favor, against``, and the population's means of
        the week, ``prevalence, stance``.

    Raises
    ------
    InputError
        If `of` is something else, or all or none would be in the framing or in favour.
    """
    truth = truth or Truth()
    means = {"prevalence": np.full(n, truth.prevalence), "stance": np.full(n, truth.stance)}
    if of not in means:
        raise InputError(f"of={of!r}; expected 'stance' or 'prevalence'.")
    if exposure is not None:
        means[of] = means[of] + exposure.path(n)
    shares = {"prevalence": means["prevalence"], "favor": (1 + means["stance"]) / 2}
    rng = np.random.default_rng(random_state)
    own = {}
    for name, mean in shares.items():
        if mean.min() <= 0 or mean.max() >= 1:
            raise InputError(f"{truth} with {exposure} leaves no room for both; lower the effect.")
        series = simulate_series(n, memory, random_state=int(rng.integers(2**32)))
        deviations = truth.between * np.sqrt(1 - memory**2) * series
        own[name] = sigmoid(_centred(mean, truth.between) + deviations)
    claims = rng.poisson(claims_per_week, n)
    inside = rng.binomial(claims, own["prevalence"])
    favor = rng.binomial(inside, own["favor"])
    weeks = pd.date_range("2024-01-01", periods=n, freq="7D").strftime("%Y-%m-%d")
    counts = {"claims": claims, "inside": inside, "favor": favor, "against": inside - favor}
    return pd.DataFrame({"week": weeks} | counts | means)


def _centred(mean: npt.NDArray[np.float64], between: float) -> npt.NDArray[np.float64]:
    """Return the log odds around which shares that deviate have these means (by Newton)."""
    levels, at = np.unique(mean, return_inverse=True)
    odds = np.log(levels / (1 - levels))
    for _ in range(30):
        shares = sigmoid(odds[:, None] + between * NODES)
        step = (shares @ WEIGHTS - levels) / ((shares * (1 - shares)) @ WEIGHTS)
        odds = odds - np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-10:
            break
    return np.asarray(odds[at])


def simulate_credit(
    n_claims: int,
    *,
    never: float = 0.3,
    mean_days: float = 25.0,
    follow_up: tuple[float, float] = (20.0, 200.0),
    horizon: float = 30.0,
    random_state: int = 0,
) -> tuple[pd.DataFrame, float]:
    """Return claims with days of credit, some cut off by the end of the record, and the truth.

    Parameters
    ----------
    n_claims : int
    never : float
        Share of claims that are never made good.
    mean_days : float
        Of the others, the mean of the days until they are (exponential, whole days).
    follow_up : (float, float)
        Days for which a claim is followed, at random between these.
    horizon : float
        Days.
    random_state : int

    Returns
    -------
    (claims, open_share) : (DataFrame, float)
        ``credit_low, credit_high`` as in the ledger, a place each; the share of claims that are
        open after `horizon` days in the population.
    """
    rng = np.random.default_rng(random_state)
    days = np.ceil(rng.exponential(mean_days, n_claims))
    days[rng.random(n_claims) < never] = np.inf
    until = np.floor(rng.uniform(*follow_up, n_claims))
    paid = days <= until
    claims = pd.DataFrame(
        {
            "place_id": [f"p{i:06d}" for i in range(n_claims)],
            "credit_low": np.where(paid, days, until),
            "credit_high": np.where(paid, days, np.inf),
        }
    )
    return claims, never + (1 - never) * float(np.exp(-np.floor(horizon) / mean_days))
