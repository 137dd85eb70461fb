"""Prevalence corrected for how often a model labels claims wrongly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from narrative.errors import InputError
from narrative.resampling import sample_worth

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ErrorRates:
    """How often a model assigns claims to a framing as coders do.

    Parameters
    ----------
    sensitivity : float
        Share of the claims coded as in the framing that the model assigns to it.
    specificity : float
        Share of the other coded claims that it does not assign to it.
    n_positive, n_negative : float
        Coded claims that these shares rest on; infinity where they are known.
    """

    sensitivity: float
    specificity: float
    n_positive: float = float("inf")
    n_negative: float = float("inf")

    def __post_init__(self) -> None:
        if not (0 <= self.sensitivity <= 1 and 0 <= self.specificity <= 1):
            raise InputError(f"{self}; expected sensitivity and specificity in [0, 1].")
        if min(self.n_positive, self.n_negative) <= 0:
            raise InputError(f"{self}; expected coded claims both in the framing and outside.")

    @classmethod
    def from_codes(cls, coded: npt.ArrayLike, assigned: npt.ArrayLike) -> ErrorRates:
        """Return the rates of claims coded by hand, whether in the framing, and as assigned."""
        true, given = np.asarray(coded, dtype=bool), np.asarray(assigned, dtype=bool)
        if true.shape != given.shape or true.all() or not true.any():
            raise InputError(
                f"{true.sum()} of {true.size} claims coded as in the framing, {given.size} "
                "assigned; expected as many codes as assignments, both in the framing and outside."
            )
        n_positive, n_negative = int(true.sum()), int((~true).sum())
        return cls(float(given[true].mean()), float((~given)[~true].mean()), n_positive, n_negative)


def corrected_prevalence(
    inside: Floats,
    claims: Floats,
    rates: ErrorRates,
    *,
    level: float = 0.95,
    min_groups: int = 2,
) -> tuple[Floats, Floats, Floats]:
    """Return prevalence corrected for wrong assignments, with intervals.

    The interval is Lang and Reiczigel's, with the sample counted as what its groups are worth. It
    holds if the model errs as often in what is counted as in what was coded, and takes the coded
    claims as independent.

    Parameters
    ----------
    inside, claims : ndarray, shape (n_groups, n_cells)
        Claims of each group (document, copies counted once) that are assigned to the framing, and
        all its claims.
    rates : ErrorRates
    level : float
        Coverage in (0, 1).
    min_groups : int
        Cells that fewer groups contribute to get no interval.

    Returns
    -------
    prevalence, low, high : ndarray, shape (n_cells,)
        Clipped to [0, 1]; NaN where there are no claims. Limits are NaN where too few groups
        contribute, and where no prevalence goes with both the labels and the rates.

    Raises
    ------
    InputError
        If sensitivity and specificity do not sum to more than 1: labels that are no better than
        chance say nothing of prevalence.

    References
    ----------
    Rogan, W. J. and Gladen, B. (1978). Estimating prevalence from the results of a screening test.
    American Journal of Epidemiology 107.

    Forman, G. (2008). Quantifying counts and costs via classification. Data Mining and Knowledge
    Discovery 17.

    Lang, Z. and Reiczigel, J. (2014). Confidence limits for prevalence of disease adjusted for
    estimated sensitivity and specificity. Preventive Veterinary Medicine 113.
    """
    from scipy import stats

    sensitivity, specificity = rates.sensitivity, rates.specificity
    if sensitivity + specificity <= 1:
        raise InputError(
            f"sensitivity {sensitivity:.3f} and specificity {specificity:.3f} sum to "
            f"{sensitivity + specificity:.3f}; expected more than 1. Labels no better than chance "
            "say nothing of prevalence: code more claims, or use another model."
        )
    share, worth = sample_worth(inside, claims, level=level, min_groups=min_groups)
    point = np.clip((share + specificity - 1) / (sensitivity + specificity - 1), 0, 1)
    low, high = _limits(share, worth, rates, float(stats.norm.ppf((1 - level) / 2)) ** 2)
    return point, low, high


def _limits(share: Floats, worth: Floats, rates: ErrorRates, z2: float) -> tuple[Floats, Floats]:
    """Return Lang and Reiczigel's limits; `z2` is the square of the normal quantile."""
    hit, hit_variance = _shrunk(rates.sensitivity, rates.n_positive)
    spared, spared_variance = _shrunk(rates.specificity, rates.n_negative)
    told = hit + spared - 1
    if told <= 0:  # so few coded claims that the labels may be chance
        nothing = np.where(np.isfinite(worth), 0.0, np.nan)
        return nothing, nothing + 1
    found = (worth * share + z2 / 2) / (worth + z2)
    centre = (found + spared - 1) / told
    errors = centre**2 * hit_variance + (1 - centre) ** 2 * spared_variance
    half = np.sqrt(z2 * (found * (1 - found) / (worth + z2) + errors)) / told
    centre = centre + 2 * z2 * (centre * hit_variance - (1 - centre) * spared_variance)
    low, high = centre - half, centre + half
    possible = (low <= 1) & (high >= 0)  # else a clipped interval would be a point, and seem sure
    low, high = (np.where(possible, np.clip(limit, 0, 1), np.nan) for limit in (low, high))
    return low, high


def _shrunk(rate: float, n: float) -> tuple[float, float]:
    """Return a rate drawn to one half as by two more claims, and its variance."""
    if np.isinf(n):
        return rate, 0.0
    drawn = (n * rate + 1) / (n + 2)
    return drawn, drawn * (1 - drawn) / (n + 2)
