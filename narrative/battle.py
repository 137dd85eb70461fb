"""The contest between camps: adoption and two-sidedness."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from narrative.resampling import clustered_intervals
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
            low, high = clustered_intervals(top, bottom)
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
