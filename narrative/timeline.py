"""Prevalence and stance per source, framing and time, with document-bootstrap intervals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from narrative.errors import InputError
from narrative.resampling import (
    Contributions,
    Floats,
    Ints,
    bin_sums,
    drawn_intervals,
    poisson_weights,
    worth_intervals,
)
from narrative.schema import NO_FRAMING, UNKNOWN, check_table, empty_table

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
    rows = _dated(claims, documents, sources, settings.freq)
    table, made = _cells(rows)
    out = empty_table("timeline")
    if len(table):
        out = _estimate(table, made, rows, assignments, stances, settings, random_state)
    out.attrs["undated"] = int(len(claims) - len(rows.claim_id))
    return out


class _Dated(NamedTuple):
    """Claims with a bin, as numbers; names are sorted, so that numbers sort as they do."""

    claim_id: pd.Index
    group: Ints
    bin: Ints
    speakers: dict[str, Ints]  # by level
    groups: list[str]
    bins: list[tuple[str, str]]
    names: dict[str, list[str]]  # by level


def _numbered(values: pd.Series) -> tuple[Ints, list[str]]:
    """Return each value's number among the sorted distinct values, and these."""
    codes, names = pd.factorize(values.astype(str), sort=True)
    return codes.astype(np.intp), [str(n) for n in names]


def _dated(
    claims: pd.DataFrame, documents: pd.DataFrame, sources: pd.DataFrame, freq: str
) -> _Dated:
    """Return the claims whose date is precise enough for a bin."""
    said = claims["said_at"].astype(str)
    if "said_precision" in claims.columns:  # a season is written as its first month but is none
        said = said.where(claims["said_precision"] != "season", said.str[:4])
    bin_of = {v: time_bin(v, freq) for v in said.unique()}
    bins = sorted({b for b in bin_of.values() if b is not None})
    number: dict[tuple[str, str] | None, int] = {b: i for i, b in enumerate(bins)} | {None: -1}
    at = said.map({v: number[b] for v, b in bin_of.items()}).to_numpy(dtype=np.intp)
    kept = claims[at >= 0]
    group = dict(zip(documents["doc_id"], documents["copy_group"], strict=True))
    camp = dict(zip(sources["source_id"], sources["camp"], strict=True))
    by_level = {
        "camp": kept["source_id"].map(camp).fillna(UNKNOWN),
        "outlet": kept["chain"].astype(str).str.split(">", n=1).str[0],
        "speaker": kept["source_id"],
    }
    numbered = {level: _numbered(values) for level, values in by_level.items()}
    groups, names = _numbered(kept["doc_id"].map(group))
    return _Dated(
        pd.Index(kept["claim_id"]), groups, at[at >= 0],
        {level: codes for level, (codes, _) in numbered.items()}, names, bins,
        {level: names for level, (_, names) in numbered.items()},
    )  # fmt: skip


class _Rows(NamedTuple):
    """Where each claim of each level counts: the levels stand one after the other."""

    entry: Ints  # of each claim and level, its row below
    group: Ints
    cell: Ints
    n_cells: int


def _cells(rows: _Dated) -> tuple[pd.DataFrame, _Rows]:
    """Return one row a source and bin with a claim, and what each claim counts in."""
    n_bins, n_groups, shift = max(1, len(rows.bins)), max(1, len(rows.groups)), 0
    parts, keys = [], []
    for level, codes in rows.speakers.items():
        parts.append(shift + codes * n_bins + rows.bin)
        keys += [(level, name) for name in rows.names[level]]
        shift += len(rows.names[level]) * n_bins
    code = np.concatenate(parts)
    cells, cell = np.unique(code, return_inverse=True)
    pair = cell * n_groups + np.tile(rows.group, len(parts))
    pairs, entry = np.unique(pair, return_inverse=True)
    of_pair = pairs // n_groups
    table = pd.DataFrame(
        {
            "level": [keys[c // n_bins][0] for c in cells],
            "source_id": [keys[c // n_bins][1] for c in cells],
            "bin_start": [rows.bins[c % n_bins][0] for c in cells],
            "bin_end": [rows.bins[c % n_bins][1] for c in cells],
            "n_docs": np.bincount(of_pair, minlength=len(cells)),
            "n_claims": np.bincount(cell, minlength=len(cells)),
        }
    )
    return table, _Rows(entry, pairs % n_groups, of_pair, len(cells))


def _estimate(
    table: pd.DataFrame,
    made: _Rows,
    rows: _Dated,
    assignments: pd.DataFrame,
    stances: pd.DataFrame,
    settings: TimelineSettings,
    random_state: int,
) -> pd.DataFrame:
    levels, n = len(rows.speakers), len(made.group)
    weights = None
    if settings.interval == "bootstrap":
        weights = poisson_weights(rows.groups, settings.n_boot, random_state=random_state)

    def summed(values: Floats) -> Floats:
        """Return sums of a value of each claim over what stands in one group and cell."""
        return bin_sums(made.entry, np.tile(values, levels), n)

    def estimated(
        top: Floats, bottom: Floats, least: float, bottoms: dict[int, Floats] | None = None
    ) -> tuple[Floats, Floats, Floats]:
        mine = Contributions(made.group, made.cell, top, bottom, made.n_cells)
        over = mine.sums(bottom)
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = np.where(over > 0, mine.sums(top) / over, np.nan)
        level, fewest = settings.level, settings.min_docs
        if weights is not None:
            return ratio, *drawn_intervals(
                mine, weights, level=level, min_groups=fewest, bottoms=bottoms
            )
        span = (least, 1.0)
        return ratio, *worth_intervals(mine, level=level, min_groups=fewest, span=span)

    assigned = _at(rows.claim_id, assignments["claim_id"], assignments["framing_id"])
    number, ids = pd.factorize(assigned)
    number_of = {str(framing): i for i, framing in enumerate(ids)}
    entries = made.entry.reshape(levels, -1)
    by_framing = {str(f): part for f, part in stances.groupby("framing_id")}
    named = {str(f) for f in assignments["framing_id"].unique()} - {NO_FRAMING}
    framings = sorted(named | set(by_framing))
    total = summed(np.ones(len(rows.claim_id)))
    parts, bottoms = [], dict[int, Floats]()  # all a source's claims: the same for each framing
    for framing in framings:
        part = table.assign(framing_id=framing)
        members = entries[:, number == number_of.get(framing, len(ids))].ravel()
        inside = bin_sums(members, np.ones(len(members)), n)
        found = estimated(inside, total, 0.0, bottoms)
        part["prevalence"], part["prevalence_low"], part["prevalence_high"] = found
        part[["stance", "stance_low", "stance_high"]] = np.nan
        if framing in by_framing:
            mine = by_framing[framing]
            taken = _at(rows.claim_id, mine["claim_id"], mine["stance"]).astype(float)
            taken = np.nan_to_num(taken)
            found = estimated(summed(taken), summed(np.abs(taken)), -1.0)
            part["stance"], part["stance_low"], part["stance_high"] = found
        parts.append(part)
    if not parts:
        return empty_table("timeline")
    out = pd.concat(parts, ignore_index=True)
    numbers = out.select_dtypes("float").columns
    out[numbers] = out[numbers].round(6)
    return check_table(out, "timeline")


def _at(wanted: pd.Index, ids: pd.Series, values: pd.Series) -> npt.NDArray[Any]:
    """Return the value that stands beside each wanted id; None or NaN where there is none."""
    if len(wanted) == len(ids) and (wanted == ids.to_numpy()).all():
        return values.to_numpy()  # as a run writes them
    return values.set_axis(pd.Index(ids)).reindex(wanted).to_numpy()
