"""Claims of control and what became of them: tables of a run to tables of figures."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from narrative.ledger import open_credit
from narrative.ledger.record import (
    EVENTS,
    FULL,
    HALF,
    HOLDERS,
    SHARES,
    day_number,
    iso_day,
    tracks,
)
from narrative.plots import SIDE_OF
from narrative.schema import UNKNOWN

WIDE = 0.3  # between bounds of what is only known as more or less than half
FEWEST = 10  # claims, below which no rate or curve is given
_SURE = 0.1  # between bounds of a share that is known


def drawn_claims(control: pd.DataFrame, sources: pd.DataFrame, place: str) -> pd.DataFrame:
    """Return a place's claims of control that are dated to a day, first claimants first.

    Returns
    -------
    DataFrame
        The ``control`` rows with ``label`` (the claimant's name), ``side`` and ``coded`` (False).
    """
    names = dict(zip(sources["source_id"], sources["name"], strict=True))
    here = control[(control["place_id"] == place) & (control["said_at"].str.len() == 10)]
    here = here.assign(
        label=here["claimant"].map(names).fillna(here["claimant"]),
        side=here["camp"].map(SIDE_OF).fillna(UNKNOWN),
        coded=False,
    )
    return by_first_claim(here)


def by_first_claim(claims: pd.DataFrame) -> pd.DataFrame:
    """Return claims in the order in which their ``label`` made the first one."""
    order = claims.groupby("label")["said_at"].min().sort_values(kind="stable").index
    rank = claims["label"].map({v: i for i, v in enumerate(order)})
    keys = [c for c in ("rank", "said_at", "coded", "text") if c == "rank" or c in claims]
    return claims.assign(rank=rank).sort_values(keys, kind="stable").drop(columns="rank")


def record_bands(assessments: pd.DataFrame, place: str, first: str, last: str) -> pd.DataFrame:
    """Return what each reference assessed of a place between two days, as bands.

    Events are assessed for their day alone and drawn until the next; other references have bands
    for the days that they assessed.

    Returns
    -------
    DataFrame
        ``reference, start, end, status``; see ``record_plots.RECORD_STYLE``.
    """
    mine = assessments[assessments["place_id"] == place].sort_values(["reference", "first"])
    rows = []
    for reference, part in mine.groupby("reference", sort=True):
        starts = part["first"].tolist()
        # A band reaches to the end of its last day.
        ends = [iso_day(day_number(str(v)) + 1) for v in part["last"]]
        if reference == EVENTS:
            ends = [*starts[1:], last]
        for start, end, low, high in zip(starts, ends, part["low"], part["high"], strict=True):
            status = _status(low, high, exact=reference == EVENTS)
            if start < last and end > first:
                rows.append((reference, max(start, first), min(end, last), status))
    return pd.DataFrame(rows, columns=["reference", "start", "end", "status"])


def _status(low: float, high: float, *, exact: bool) -> str:
    for status, bounds in SHARES.items():
        if exact and (low, high) == bounds:
            return status
    if low >= FULL:
        return "russian"
    if high <= 1 - FULL:
        return "ukrainian"
    if low >= HALF:
        return "mostly_russian"
    return "mostly_ukrainian" if high <= HALF else "contested"


def covered(ledger: pd.DataFrame, assessments: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of claims made while their reference assessed their place.

    Where it only says on which side of a half the share lies, whether all is held is not assessed.
    """
    halves = (assessments["high"] - assessments["low"] > WIDE) & (assessments["low"] >= HALF)
    by_place = assessments.assign(halves=halves).groupby(["reference", "place_id"])
    spans: pd.DataFrame = by_place.agg(
        a=("first", "min"), b=("last", "max"), halves=("halves", "any")
    )
    keyed = ledger.join(spans, on=["reference", "place_id"])
    inside = (keyed["said_at"] >= keyed["a"]) & (keyed["said_at"] <= keyed["b"])
    return ledger[inside & ~(keyed["halves"].fillna(False) & (keyed["level"] == FULL))]


def one_voice(claims: pd.DataFrame, holders: tuple[str, ...] = HOLDERS) -> pd.DataFrame:
    """Return the first claim that a holder has all of a place, whoever made it."""
    whole = claims[(claims["extent"] == "full") & claims["claimed_status"].isin(holders)]
    keys = ["place_id", "claimed_status", "reference", "level"]
    return whole.sort_values("said_at", kind="stable").drop_duplicates(keys).sort_index()


def curves(claims: pd.DataFrame) -> pd.DataFrame:
    """Return the curves of open credit, early and late, by reference and level.

    Returns
    -------
    DataFrame
        ``reference, level, late, days, open_share, low, high, n``; none of fewer than ``FEWEST``
        claims.
    """
    parts = []
    for (reference, level), part in claims.groupby(["reference", "level"], sort=True):
        if len(part) < FEWEST:
            continue
        for late in (True, False):
            curve = open_credit(part, late=late)
            parts.append(
                pd.DataFrame(
                    {"reference": reference, "level": level, "late": late,
                     "days": np.r_[0, curve.days], "open_share": np.r_[1, curve.open_share],
                     "low": np.r_[1, curve.low], "high": np.r_[1, curve.high], "n": curve.n}
                )
            )  # fmt: skip
    columns = ["reference", "level", "late", "days", "open_share", "low", "high", "n"]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True).round(6)


def towns(
    control: pd.DataFrame,
    assessments: pd.DataFrame,
    reference: str,
    names: Mapping[str, str],
    *,
    holder: str = "russian",
) -> pd.DataFrame:
    """Return a row for each place that was claimed before it was held, where its share is known.

    Parameters
    ----------
    control, assessments : DataFrame
    reference : str
        Whose assessments count: those that give the share of a place, not only a side of a half.
    names : mapping of place_id to name
    holder : {"russian", "ukrainian"}

    Returns
    -------
    DataFrame
        As ``battle_plots.plot_credit`` takes it.
    """
    line = tracks(assessments[assessments["reference"] == reference])
    mine = control[(control["claimed_status"] == holder) & (control["certainty"] != "denied")]
    mine = mine[mine["said_at"].str.len() == 10]
    rows = []
    for place, part in mine.groupby("place_id", sort=True):
        track = line.get((reference, str(place)))
        whole, some = (part[part["extent"] == e]["said_at"].sort_values() for e in ("full", "part"))
        if track is None or whole.empty or not (track.high - track.low < _SURE).all():
            continue
        track = track.held_by(holder)
        begin = float(track.first[0])
        # What was held before the reference's first day was not claimed on credit in its sight.
        if whole.iloc[0] < iso_day(begin) or track.on(begin)[0] >= HALF:
            continue
        half, full = (track.reached(level, begin)[1] for level in (HALF, FULL))
        rows.append(
            {"place_id": place, "name": names.get(str(place), str(place)),
             "said_at": whole.iloc[0],
             "part_at": some.iloc[0] if len(some) and some.iloc[0] < whole.iloc[0] else "",
             "half_at": iso_day(half), "full_at": iso_day(full), "until": iso_day(track.last[-1]),
             "share_then": track.on(day_number(whole.iloc[0]))[0], "n_claims": len(part)}
        )  # fmt: skip
    columns = ["place_id", "name", "said_at", "part_at", "half_at", "full_at", "until",
               "share_then", "n_claims"]  # fmt: skip
    return (
        pd.DataFrame(rows, columns=columns).sort_values(["said_at", "name"]).reset_index(drop=True)
    )


def weeks(first: str, last: str) -> list[str]:
    """Return the Mondays from one day to another."""
    return [str(d.date()) for d in pd.date_range(first, last, freq="W-MON")]
