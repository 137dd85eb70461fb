"""Claims of control against the record: credit in days, exposure, and what becomes of them.

After Freedman (2025): a place that is claimed before it is held is "liberated on credit".
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from narrative.errors import InputError
from narrative.ledger.record import FULL, HALF, HOLDERS, Track, day_number, iso_day, tracks
from narrative.resampling import group_bootstrap
from narrative.schema import check_table, empty_table

Floats = npt.NDArray[np.float64]
LEVELS = (HALF, FULL)
_ONE = ("place_id", "claimant", "claimed_status", "extent", "said_at")
_CLAIM = ["place_id", "claimant", "claimed_status", "extent"]


def build_ledger(
    control: pd.DataFrame,
    assessments: pd.DataFrame,
    references: pd.DataFrame,
    *,
    levels: tuple[float, ...] = LEVELS,
) -> pd.DataFrame:
    """Set claims of control against every reference that assesses their place.

    Parameters
    ----------
    control : DataFrame
        From ``control_claims``. Used are claims that a side holds a place, dated to a day and not
        denied; a place's first claim of a day by a claimant stands for the others of that day.
    assessments, references : DataFrame
        See ``record``.
    levels : tuple of float
        Shares of the place, in (0, 1], whose first day is looked for.

    Returns
    -------
    DataFrame
        The ``ledger`` table: one row a claim, reference and level. ``share_low, share_high`` bound
        what the claimed holder had on the day; the level was first reached after
        ``reached_after`` and by ``reached_by`` ("" for never until ``reached_after``, the last day
        assessed); ``credit_low, credit_high`` are the days from the claim to these, infinity for
        never. ``exposed_at`` is the first day, the reference's lag after the claim or later, on
        which it says that the holder has half at most; "" where the level was reached before.
        ``repeats_after_exposure`` counts the claimant's later claims of the same after that day
        and before the level is reached; ``retracted_at`` is the claimant's first later claim that
        the other side holds the place.
    """
    claims = _standing(control)
    lags = dict(zip(references["reference"], references["lag_days"].astype(float), strict=True))
    unknown = sorted(set(assessments["reference"]) - set(lags))
    if unknown:
        raise InputError(
            f"assessments of {unknown[0]!r}, which 'references' does not list; add a row with its "
            "lag in days and its bias."
        )
    by_place: dict[str, list[tuple[str, Track]]] = {}
    for (reference, place), track in tracks(assessments).items():
        by_place.setdefault(place, []).append((reference, track))
    days = {k: np.sort(v["day"].to_numpy()) for k, v in claims.groupby(_CLAIM, sort=False)}
    retracted = _retractions(claims)
    rows = []
    for claim in claims.to_dict("records"):
        later = days[tuple(claim[c] for c in _CLAIM)]
        for reference, track in by_place.get(str(claim["place_id"]), []):
            mine = track.held_by(str(claim["claimed_status"]))
            shared = {c: claim[c] for c in (*_CLAIM, "camp", "said_at", "claim_ids")}
            shared["retracted_at"] = retracted[tuple(claim[c] for c in _ONE)]
            shared["reference"] = reference
            rows += [
                shared | _fate(mine, level, claim["day"], lags[reference], later)
                for level in levels
            ]
    out = check_table(pd.DataFrame(rows), "ledger") if rows else empty_table("ledger")
    out.attrs["undated"] = int((control["said_at"].str.len() != 10).sum())
    out.attrs["unassessed"] = int((~claims["place_id"].isin(by_place)).sum())
    return out


def _standing(control: pd.DataFrame) -> pd.DataFrame:
    """Return one row a place, claimant, status, extent and day, of claims that a side holds it."""
    dated = control[
        (control["said_at"].str.len() == 10)
        & control["claimed_status"].isin(HOLDERS)
        & (control["certainty"] != "denied")
    ]
    keys = [*_CLAIM, "said_at"]
    if dated.empty:
        return pd.DataFrame(columns=[*keys, "camp", "claim_ids", "day"])
    grouped = dated.sort_values("claim_id", kind="stable").groupby(keys, sort=True)
    out = grouped.agg(camp=("camp", "first"), claim_ids=("claim_id", "|".join)).reset_index()
    return out.assign(day=[day_number(v) for v in out["said_at"]])


def _retractions(claims: pd.DataFrame) -> dict[tuple[object, ...], str]:
    """Return, by claim, the first later claim of the same claimant of the contrary."""
    out: dict[tuple[object, ...], str] = {}
    for _, part in claims.groupby(["place_id", "claimant"], sort=False):
        days = {s: np.unique(v) for s, v in part.groupby("claimed_status")["day"]}
        for row in part[[*_ONE, "day"]].to_dict("records"):
            later = [
                d[np.searchsorted(d, row["day"], side="right") :]
                for status, d in days.items()
                if status != row["claimed_status"]
            ]
            first = min((d[0] for d in later if len(d)), default=None)
            out[tuple(row[c] for c in _ONE)] = "" if first is None else iso_day(first)
    return out


def _fate(track: Track, level: float, day: float, lag: float, later: Floats) -> dict[str, object]:
    low, high = track.on(day)
    after, by = track.reached(level, day)
    exposed = track.contradicted(day + lag)
    exposed = exposed if exposed < by else np.inf
    repeats = np.searchsorted(later, by) - np.searchsorted(later, exposed, side="right")
    return {
        "level": level,
        "share_low": low,
        "share_high": high,
        "reached_after": iso_day(after),
        "reached_by": iso_day(by),
        "credit_low": after - day,
        "credit_high": by - day,
        "exposed_at": iso_day(exposed),
        "repeats_after_exposure": max(0, int(repeats)),
    }


def first_claims(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return each claimant's first claim of a place, status and extent, by reference and level.

    Repeats of a claim run on the same credit: rates count a claim once.
    """
    keys = [*_CLAIM, "reference", "level"]
    return ledger.sort_values("said_at", kind="stable").drop_duplicates(keys).sort_index()


@dataclass(frozen=True)
class Curve:
    """A survival curve with a point-wise interval.

    Parameters
    ----------
    days : ndarray of float, shape (n_steps,)
    open_share, low, high : ndarray of float, shape (n_steps,)
        Share of claims not yet made good after so many days, in [0, 1].
    n : int
    """

    days: Floats
    open_share: Floats
    low: Floats
    high: Floats
    n: int

    def at(self, day: float) -> tuple[float, float, float]:
        """Return the share still open after `day` days, with its interval."""
        k = int(np.searchsorted(self.days, day, side="right")) - 1
        if k < 0:
            return 1.0, 1.0, 1.0
        return float(self.open_share[k]), float(self.low[k]), float(self.high[k])


def open_credit(claims: pd.DataFrame, *, late: bool = True, level: float = 0.95) -> Curve:
    """Return which share of claims is not made good after so many days (Kaplan and Meier 1958).

    Parameters
    ----------
    claims : DataFrame
        Rows of ``first_claims`` of one reference and level.
    late : bool
        Take the latest day that an interval allows, else the earliest.
    level : float
        Coverage of the interval (log-log, of claims as if they were independent; claims of a place
        are not, see ``default_rate``).

    Raises
    ------
    InputError
        If there are no claims.
    """
    if claims.empty:
        raise InputError("no claims to follow; expected rows of one reference and level.")
    found = _survival(claims, late)
    with warnings.catch_warnings():  # undefined where all are paid or none is: then 0 and 1
        warnings.simplefilter("ignore", RuntimeWarning)
        limits = found.confidence_interval(level, method="log-log")
    return Curve(
        found.quantiles,
        found.probabilities,
        np.nan_to_num(limits.low.probabilities, nan=0.0),
        np.nan_to_num(limits.high.probabilities, nan=1.0),
        len(claims),
    )


def _survival(claims: pd.DataFrame, late: bool) -> Any:
    from scipy.stats import CensoredData, ecdf

    low, high = (claims[c].to_numpy(dtype=float) for c in ("credit_low", "credit_high"))
    paid = np.isfinite(high)
    return ecdf(CensoredData.right_censored(np.where(paid & late, high, low), ~paid)).sf


def default_rate(
    claims: pd.DataFrame,
    horizon: float,
    *,
    n_boot: int = 1000,
    level: float = 0.95,
    random_state: int = 0,
) -> tuple[float, float, float]:
    """Return the share of claims not made good within `horizon` days, resampling places.

    Parameters
    ----------
    claims : DataFrame
        Rows of ``first_claims`` of one reference and level.
    horizon : float
        Days.

    Returns
    -------
    (rate, low, high) : (float, float, float)
        NaN limits where there are fewer than two places.
    """
    places = claims["place_id"].tolist()

    def rate(at: npt.NDArray[np.intp]) -> float:
        return float(_survival(claims.iloc[at], late=True).evaluate(horizon))

    low, high = group_bootstrap(places, rate, n_boot=n_boot, level=level, random_state=random_state)
    return rate(np.arange(len(claims))), low, high


def outstanding(claims: pd.DataFrame, days: list[str]) -> pd.DataFrame:
    """Return how many claims are out and not made good on each day, per reference and level.

    Returns
    -------
    DataFrame
        ``reference, level, day, low, high``: places claimed on or before the day whose level is not
        reached by it, at least and at most (an interval's end is on either side of the day). A
        place with several claims of one status counts once.
    """
    rows = []
    for (reference, level), part in claims.groupby(["reference", "level"], sort=True):
        said = np.array([day_number(v) for v in part["said_at"]])
        ends = {c: said + part[f"credit_{c}"].to_numpy(dtype=float) for c in ("low", "high")}
        never = ~np.isfinite(part["credit_high"].to_numpy(dtype=float))
        ends["low"] = np.where(never, np.inf, ends["low"])
        key = part["place_id"].astype(str) + "|" + part["claimed_status"].astype(str)
        for value in days:
            day = day_number(value)
            counts = [int(key[(said <= day) & (ends[c] > day)].nunique()) for c in ("low", "high")]
            rows.append((reference, level, value, *counts))
    return pd.DataFrame(rows, columns=["reference", "level", "day", "low", "high"])
