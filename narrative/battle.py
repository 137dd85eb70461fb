"""The contest between camps: adoption, two-sidedness, change around an event, change points."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from narrative.resampling import permutation_p, ratio_intervals
from narrative.schema import UNKNOWN
from narrative.stance import speaker_camps

Floats = npt.NDArray[np.float64]


def adoption(
    claims: pd.DataFrame,
    stances: pd.DataFrame,
    sources: pd.DataFrame,
    home: dict[str, set[str]],
    *,
    documents: pd.DataFrame | None = None,
    n_boot: int = 1000,
    random_state: int = 0,
    min_claims: int = 10,
) -> pd.DataFrame:
    """Return which share of a framing's favourable claims comes from outside its camp.

    Parameters
    ----------
    claims, stances, sources : DataFrame
    home : dict of framing_id to set of camps
        The camps whose story it is; framings that are missing here are left out.
    documents : DataFrame, optional
        Gives ``copy_group``, so that copies of one report are one unit; without it every document
        is one.
    n_boot, random_state : int
        Of the document bootstrap.
    min_claims : int
        Below this many favourable claims of known camp there is no number.

    Returns
    -------
    DataFrame
        ``framing_id, n_docs, n_favor, adoption, adoption_low, adoption_high``; adoption in [0, 1].
    """
    camp = pd.Series(speaker_camps(claims, sources), index=claims["claim_id"].to_numpy())
    doc = claims.set_index("claim_id")["doc_id"]
    if documents is not None:
        doc = doc.map(documents.set_index("doc_id")["copy_group"])
    rows = []
    for framing, camps in sorted(home.items()):
        mine = stances[(stances["framing_id"] == framing) & (stances["stance"] == 1)]
        ids = [c for c in mine["claim_id"] if camp.get(c, UNKNOWN) not in ("", UNKNOWN)]
        outside = np.array([camp[c] not in camps for c in ids], dtype=float)
        units, group = (
            np.unique([doc[c] for c in ids], return_inverse=True)
            if ids
            else (np.array([]), np.array([], int))
        )
        row: dict[str, object] = {
            "framing_id": framing,
            "n_docs": len(units),
            "n_favor": len(ids),
        }
        if len(ids) >= min_claims:
            n = len(units)
            top = np.bincount(group, weights=outside, minlength=n).astype(float)[:, None]
            bottom = np.bincount(group, minlength=n).astype(float)[:, None]
            low, high = ratio_intervals(top, bottom, n_boot=n_boot, random_state=random_state)
            row |= {"adoption": outside.mean(), "adoption_low": low[0], "adoption_high": high[0]}
        else:
            row |= dict.fromkeys(("adoption", "adoption_low", "adoption_high"), float("nan"))
        rows.append(row)
    columns = ["framing_id", "n_docs", "n_favor", "adoption", "adoption_low", "adoption_high"]
    return pd.DataFrame(rows, columns=columns)


def contest(stances: pd.DataFrame, *, min_claims: int = 10) -> pd.DataFrame:
    """Return how two-sided each framing is.

    Returns
    -------
    DataFrame
        ``framing_id, n_favor, n_against, contest``, with contest = ``2 min(f, a) / (f + a)`` in
        [0, 1]: 0 where one side alone speaks, 1 where both speak equally often; NaN below
        `min_claims` claims that take a side.
    """
    rows = []
    for framing, part in stances.groupby("framing_id"):
        favor, against = int((part["stance"] == 1).sum()), int((part["stance"] == -1).sum())
        n = favor + against
        rows.append(
            (
                framing,
                favor,
                against,
                2 * min(favor, against) / n if n >= max(1, min_claims) else float("nan"),
            )
        )
    return pd.DataFrame(rows, columns=["framing_id", "n_favor", "n_against", "contest"])


def event_effect(
    values: Floats,
    days: Floats,
    event_day: float,
    *,
    n_permutations: int = 999,
    random_state: int = 0,
    min_each: int = 3,
) -> tuple[float, float]:
    """Return the difference of means after and before an event, and its permutation p-value.

    Parameters
    ----------
    values : ndarray, shape (n,)
        One value a document (its mean stance, say): documents are what is permuted.
    days : ndarray, shape (n,)
        Day number of each document.
    event_day : float
        Documents of this day count as after.
    n_permutations, random_state : int
    min_each : int
        Fewer documents on either side give NaN, NaN.
    """
    after = days >= event_day
    if min(after.sum(), (~after).sum()) < min_each:
        return float("nan"), float("nan")

    def difference(order: npt.NDArray[np.intp]) -> float:
        shuffled = values[order]
        return float(shuffled[after].mean() - shuffled[~after].mean())

    return permutation_p(
        difference, len(values), n_permutations=n_permutations, random_state=random_state
    )


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
