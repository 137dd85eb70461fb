"""Prevalence and stance per source, framing and time, with document-bootstrap intervals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from narrative.errors import InputError
from narrative.resampling import clustered_intervals, ratio_intervals
from narrative.schema import NO_FRAMING, UNKNOWN, check_table, empty_table

Floats = npt.NDArray[np.float64]
INTERVALS = ("clustered", "bootstrap")
FREQUENCIES = ("day", "week", "month", "year")
_WIDTH = {"day": 10, "week": 10, "month": 7, "year": 4}


@dataclass(frozen=True)
class TimelineSettings:
    """Settings of the timeline.

    Parameters
    ----------
    freq : {"day", "week", "month", "year"}
        Width of a bin; weeks begin on Monday.
    interval : {"clustered", "bootstrap"}
        Jeffreys' interval by what the documents are worth, or percentiles of resampled documents,
        which hold the truth too seldom where few speak (``e12``).
    n_boot : int
        Replicates of the bootstrap.
    level : float
        Coverage of the intervals, in (0, 1).
    min_docs : int
        Cells with fewer documents (copies counted once) get no interval: two can be drawn in three
        ways only.
    """

    freq: str = "month"
    interval: str = "clustered"
    n_boot: int = 1000
    level: float = 0.95
    min_docs: int = 3


def time_bin(value: str, freq: str) -> tuple[str, str] | None:
    """Return the half-open bin that an ISO date falls in, or None if it is not precise enough.

    Examples
    --------
    >>> time_bin("2025-12-18", "month")
    ('2025-12-01', '2026-01-01')
    >>> time_bin("2025-12", "week") is None
    True
    """
    if len(value) < _WIDTH[freq]:
        return None
    if freq == "year":
        return f"{value[:4]}-01-01", f"{int(value[:4]) + 1}-01-01"
    if freq == "month":
        year, month = int(value[:4]), int(value[5:7])
        following = date(year + month // 12, month % 12 + 1, 1)
        return f"{year}-{month:02d}-01", following.isoformat()
    day = date.fromisoformat(value[:10])
    if freq == "week":
        day -= timedelta(days=day.weekday())
        return day.isoformat(), (day + timedelta(days=7)).isoformat()
    return day.isoformat(), (day + timedelta(days=1)).isoformat()


def estimate_timeline(
    claims: pd.DataFrame,
    assignments: pd.DataFrame,
    stances: pd.DataFrame,
    documents: pd.DataFrame,
    sources: pd.DataFrame,
    *,
    settings: TimelineSettings | None = None,
    random_state: int = 0,
) -> pd.DataFrame:
    """Estimate prevalence and stance per speaker, outlet and camp.

    Parameters
    ----------
    claims, assignments, stances, documents, sources : DataFrame
        Tables of a run.
    settings : TimelineSettings, optional
    random_state : int

    Returns
    -------
    DataFrame
        The ``timeline`` table. ``prevalence`` is the source's claims in the framing over all its
        claims in the bin, none included. ``stance`` is the balance of those of its claims that
        take a side, ``(n_favor - n_against) / (n_favor + n_against)`` in [-1, 1], whatever
        framing they were assigned to; NaN where none does. Intervals resample documents; where
        fewer than ``min_docs`` speak, they are NaN. ``attrs["undated"]`` counts the claims whose
        date is less precise than a bin.

    Raises
    ------
    InputError
        If the frequency or the kind of interval is unknown.
    """
    settings = settings or TimelineSettings()
    if settings.interval not in INTERVALS:
        raise InputError(f"interval={settings.interval!r}; expected one of {', '.join(INTERVALS)}.")
    if settings.freq not in FREQUENCIES:
        raise InputError(f"freq={settings.freq!r}; expected one of {', '.join(FREQUENCIES)}.")
    rows = _long(claims, documents, sources, settings.freq)
    undated = len(claims) - rows["claim_id"].nunique()
    if rows.empty:
        out = empty_table("timeline")
    else:
        out = _estimate(rows, assignments, stances, settings, random_state)
    out.attrs["undated"] = int(undated)
    return out


def _long(
    claims: pd.DataFrame, documents: pd.DataFrame, sources: pd.DataFrame, freq: str
) -> pd.DataFrame:
    """Return one row a claim and level, with its bin and resampling group."""
    camp = dict(zip(sources["source_id"], sources["camp"], strict=True))
    group = dict(zip(documents["doc_id"], documents["copy_group"], strict=True))
    said = claims["said_at"].astype(str)
    if "said_precision" in claims.columns:  # a season is written as its first month but is none
        said = said.where(claims["said_precision"] != "season", said.str[:4])
    bins = [time_bin(v, freq) for v in said]
    base = pd.DataFrame(
        {
            "claim_id": claims["claim_id"].to_numpy(),
            "doc_id": claims["doc_id"].to_numpy(),
            "group": claims["doc_id"].map(group).to_numpy(),
            "bin_start": [b[0] if b else None for b in bins],
            "bin_end": [b[1] if b else None for b in bins],
            "speaker": claims["source_id"].to_numpy(),
            "outlet": [str(c).split(">")[0] for c in claims["chain"]],
            "camp": [camp.get(s, UNKNOWN) for s in claims["source_id"]],
        }
    ).dropna(subset=["bin_start"])
    levels = ["speaker", "outlet", "camp"]
    return base.melt(
        id_vars=["claim_id", "doc_id", "group", "bin_start", "bin_end"],
        value_vars=levels,
        var_name="level",
        value_name="source_id",
    )


def _estimate(
    rows: pd.DataFrame,
    assignments: pd.DataFrame,
    stances: pd.DataFrame,
    settings: TimelineSettings,
    random_state: int,
) -> pd.DataFrame:
    keys = ["level", "source_id", "bin_start", "bin_end"]
    rows = rows.sort_values([*keys, "claim_id"], kind="stable")
    cells = rows.groupby(keys, sort=True)
    cell_of = cells.ngroup().to_numpy()
    groups, group_of = np.unique(rows["group"].astype(str).to_numpy(), return_inverse=True)
    table = cells.agg(n_docs=("group", "nunique"), n_claims=("claim_id", "nunique")).reset_index()
    shape = (len(groups), len(table))
    assigned = assignments.set_index("claim_id")["framing_id"].reindex(rows["claim_id"]).to_numpy()
    framings = sorted(
        {f for f in assignments["framing_id"] if f != NO_FRAMING} | set(stances["framing_id"])
    )
    total = _sums(np.ones(len(rows)), group_of, cell_of, shape)
    parts = []

    def intervals(top: Floats, bottom: Floats, least: float = 0.0) -> tuple[Floats, Floats]:
        if settings.interval == "bootstrap":
            return ratio_intervals(
                top,
                bottom,
                n_boot=settings.n_boot,
                level=settings.level,
                random_state=random_state,
                min_groups=settings.min_docs,
            )
        return clustered_intervals(
            top, bottom, level=settings.level, min_groups=settings.min_docs, span=(least, 1.0)
        )

    by_framing = dict(tuple(stances.groupby("framing_id")))
    for framing in framings:
        inside = _sums((assigned == framing).astype(float), group_of, cell_of, shape)
        part = table.assign(framing_id=framing)
        part["prevalence"] = _ratio(inside, total)
        part["prevalence_low"], part["prevalence_high"] = intervals(inside, total)
        part[["stance", "stance_low", "stance_high"]] = np.nan
        if framing in by_framing:
            mine = by_framing[framing].set_index("claim_id").reindex(rows["claim_id"])
            net = _sums(mine["stance"].to_numpy(dtype=float), group_of, cell_of, shape)
            side = _sums(mine["stance"].abs().to_numpy(dtype=float), group_of, cell_of, shape)
            part["stance"] = _ratio(net, side)
            part["stance_low"], part["stance_high"] = intervals(net, side, -1.0)
        parts.append(part)
    if not parts:
        return empty_table("timeline")
    out = pd.concat(parts, ignore_index=True)
    numbers = out.select_dtypes("float").columns
    out[numbers] = out[numbers].round(6)
    return check_table(out, "timeline")


def _sums(
    values: np.ndarray, group: np.ndarray, cell: np.ndarray, shape: tuple[int, int]
) -> np.ndarray:
    flat = np.bincount(
        group * shape[1] + cell, weights=np.nan_to_num(values), minlength=shape[0] * shape[1]
    )
    return flat.reshape(shape)


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(bottom.sum(axis=0) > 0, top.sum(axis=0) / bottom.sum(axis=0), np.nan)
