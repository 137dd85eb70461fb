"""What references assess of control: bounds of a place's share on a day, never called truth.

A reference is somebody's assessment with a lag and a bias of its own. Maps of shares, points that
change hands and dated events are brought to one form: rows that say "from this day to that, the
Russian-held share of the place lay between these bounds". Days between rows were not assessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from narrative.errors import InputError
from narrative.schema import KEYS, STATUSES, check_table, empty_table, rows_by_key

# What a word says of the share that Russia holds. "Contested" leaves it open but for the ends;
# troops that are encircled in a place do not hold it.
FULL, HALF = 0.95, 0.5
EVENTS = "events"  # the study's own events, as a reference
SHARES: Mapping[str, tuple[float, float]] = {
    "russian": (FULL, 1.0),
    "ukrainian": (0.0, 1 - FULL),
    "contested": (1 - FULL, FULL),
    "encircled_by_russia": (0.0, FULL),
    "encircled_by_ukraine": (0.0, HALF),
}
HOLDERS = ("russian", "ukrainian")
_OPEN = np.inf

Days = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Track:
    """One reference's assessments of one place, in days since 1970-01-01.

    Parameters
    ----------
    first, last : ndarray of float, shape (n_rows,)
        Sorted; rows do not overlap.
    low, high : ndarray of float, shape (n_rows,)
        Bounds of the share that Russia holds, in [0, 1].
    """

    first: Days
    last: Days
    low: Days
    high: Days

    def on(self, day: float) -> tuple[float, float]:
        """Return the bounds on a day: (0, 1) where it was not assessed."""
        at = int(np.searchsorted(self.first, day, side="right")) - 1
        if at < 0 or day > self.last[at]:
            return 0.0, 1.0
        return float(self.low[at]), float(self.high[at])

    def held_by(self, holder: str) -> Track:
        """Return the track with the share that `holder` has."""
        if holder == "russian":
            return self
        return Track(self.first, self.last, 1 - self.high, 1 - self.low)

    def reached(self, level: float, since: float) -> tuple[float, float]:
        """Return when a share of `level` was first reached from a day on, as an interval.

        Parameters
        ----------
        level : float
            In (0, 1].
        since : float
            Day from which to look.

        Returns
        -------
        (after, by) : (float, float)
            It was reached after the one day and by the other; ``by`` is infinity where it was not
            (``after`` is then the last day assessed as short of it, or `since` if none was). Both
            are `since` where the share was there on that day.
        """
        if self.on(since)[0] >= level:
            return since, since
        sure = (self.low >= level) & (self.last >= since)
        by = float(np.maximum(self.first[sure], since).min()) if sure.any() else _OPEN
        short = (self.high < level) & (self.first < by) & (self.last >= since)
        return (float(self.last[short].max()) if short.any() else since), by

    def contradicted(self, since: float) -> float:
        """Return the first day from `since` on with half or less at most, infinity if none."""
        short = (self.high <= HALF) & (self.last >= since)
        return float(np.maximum(self.first[short], since).min()) if short.any() else _OPEN


def day_number(value: str) -> float:
    """Return days since 1970-01-01.

    Raises
    ------
    InputError
        If the value is not an ISO day.
    """
    try:
        return float((date.fromisoformat(value) - date(1970, 1, 1)).days)
    except ValueError:
        raise InputError(f"got {value!r}; expected a day such as 2025-12-18.") from None


def iso_day(number: float) -> str:
    """Return the ISO day of a day number, "" for infinity."""
    return "" if not np.isfinite(number) else str(date(1970, 1, 1) + timedelta(days=int(number)))


def tracks(assessments: pd.DataFrame) -> dict[tuple[str, str], Track]:
    """Return the track of every reference and place of an ``assessments`` table."""
    table = assessments.sort_values(["reference", "place_id", "first"], kind="stable")
    out = {}
    for key, part in table.groupby(["reference", "place_id"], sort=True):
        first, last = (
            np.array([day_number(v) for v in part[c]], dtype=float) for c in ("first", "last")
        )
        low, high = (part[c].to_numpy(dtype=float) for c in ("low", "high"))
        out[str(key[0]), str(key[1])] = Track(first, last, low, high)
    return out


def check_assessments(table: pd.DataFrame, where: str = "assessments") -> pd.DataFrame:
    """Return a checked ``assessments`` table.

    Raises
    ------
    InputError
        If a day is none, a row ends before it begins or overlaps the next, or bounds are not in
        [0, 1] and in order; the row is named.
    """
    given, table = table, check_table(table, "assessments", where=where)
    names = rows_by_key(given, "assessments")
    keys = table[list(KEYS["assessments"])].itertuples(index=False, name=None)
    at = [f"{where}, {names[key]}" for key in keys]
    for here, row in zip(at, table.to_dict("records"), strict=True):
        try:
            first, last = day_number(row["first"]), day_number(row["last"])
        except InputError as error:
            raise InputError(f"{here}: {error} Correct the cell.") from None
        if last < first:
            raise InputError(
                f"{here}: last={row['last']} is before first={row['first']}; expected it on that "
                "day or later. Change one."
            )
        if not 0 <= row["low"] <= row["high"] <= 1:
            raise InputError(
                f"{here}: low={row['low']}, high={row['high']}; expected 0 <= low <= high <= 1. "
                "Write shares, not percentages, the lower first."
            )
    same = table[["reference", "place_id"]].eq(table[["reference", "place_id"]].shift(-1))
    overlaps = same.all(axis=1) & (table["last"] >= table["first"].shift(-1).fillna("9999-12-31"))
    if overlaps.any():
        i = int(overlaps.to_numpy().argmax())
        one = table.iloc[i]
        raise InputError(
            f"{at[i]}: {one['reference']} on {one['place_id']} has a row to {one['last']} and one "
            f"from {table.iloc[i + 1]['first']} ({at[i + 1].removeprefix(where + ', ')}); expected "
            "rows that do not overlap. End the first on the day before, or join the two."
        )
    return table


def from_shares(
    reference: str, place_id: str, shares: pd.Series, half_width: float = 0.0
) -> pd.DataFrame:
    """Return the assessments of daily shares: one row for each run of days with the same share.

    Parameters
    ----------
    reference, place_id : str
    shares : Series
        Share that Russia holds, in [0, 1], by ISO day; days that are missing were not assessed.
    half_width : float
        Half the width of the bounds around each share: what rounding or the map leaves open.
    """
    kept = shares.dropna().sort_index()
    days = np.array([day_number(str(d)) for d in kept.index])
    values = kept.to_numpy(dtype=float)
    starts = np.flatnonzero(np.r_[True, (np.diff(values) != 0) | (np.diff(days) != 1)])
    ends = np.r_[starts[1:] - 1, len(values) - 1]
    return _table(
        reference,
        place_id,
        days[starts] if len(values) else [],
        days[ends] if len(values) else [],
        np.clip(values[starts] - half_width, 0, 1) if len(values) else [],
        np.clip(values[starts] + half_width, 0, 1) if len(values) else [],
    )


def from_changes(
    reference: str, place_id: str, changes: list[tuple[str, str]], until: str
) -> pd.DataFrame:
    """Return the assessments of a place that changes hands: each status holds until the next.

    Parameters
    ----------
    reference, place_id : str
    changes : list of (ISO day, status)
        Statuses of ``SHARES``.
    until : str
        Last ISO day that the reference covers.

    Raises
    ------
    InputError
        If a status is unknown.
    """
    kept = sorted((day_number(day), status) for day, status in changes)
    end = day_number(until)
    kept = [(day, status) for day, status in kept if day <= end]
    strange = [s for _, s in kept if s not in SHARES]
    if strange:
        raise InputError(
            f"{reference}, {place_id}: status {strange[0]!r}; expected one of {', '.join(SHARES)}."
        )
    first = [day for day, _ in kept]
    last = [*(day - 1 for day in first[1:]), end][: len(first)]
    low, high = ([SHARES[s][i] for _, s in kept] for i in (0, 1))
    return _table(reference, place_id, first, last, low, high)


def from_events(events: pd.DataFrame, reference: str = EVENTS) -> pd.DataFrame:
    """Return the assessments of an ``events`` table: each holds for its day alone.

    Of a month only the last day is said to be assessed: by then at latest it had come so. Of
    several events on a day the last in order counts. Events of a year or a season say nothing.
    """
    rows: dict[tuple[str, float], tuple[float, float]] = {}
    for event in events.sort_values(["date", "event_id"], kind="stable").to_dict("records"):
        day, status = str(event["date"]), str(event["assessed_status"])
        if status not in STATUSES or len(day) < 7:
            continue
        if len(day) == 7:
            year, month = int(day[:4]), int(day[5:])
            following = date(year + month // 12, month % 12 + 1, 1)
            day = str(following - timedelta(days=1))
        rows[str(event["place_id"]), day_number(day)] = SHARES[status]
    parts = [
        _table(reference, place, [day], [day], [low], [high])
        for (place, day), (low, high) in rows.items()
    ]
    if not parts:
        return empty_table("assessments")
    return check_table(pd.concat(parts, ignore_index=True), "assessments")


def _table(
    reference: str,
    place_id: str,
    first: list[float] | Days,
    last: list[float] | Days,
    low: list[float] | Days,
    high: list[float] | Days,
) -> pd.DataFrame:
    rows = pd.DataFrame(
        {"first": [iso_day(d) for d in first], "last": [iso_day(d) for d in last],
         "low": low, "high": high}
    )  # fmt: skip
    return check_table(rows.assign(reference=reference, place_id=place_id), "assessments")
