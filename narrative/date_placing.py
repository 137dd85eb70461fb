"""Located date expressions to days: the calendar behind ``dating``, one function a kind."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from narrative.date_lexicon import DateLexicon

Days = tuple[date, date, str]  # first, last, precision


@dataclass(frozen=True)
class Place:
    """What an expression is placed by.

    Parameters
    ----------
    words : DateLexicon
    fixed : tuple of int
        What its form says without a group.
    published : tuple of date
        First and last day of publication.
    before : Days or None
        What the expression before it says, None where that is far away.
    same_breath : bool
        Whether the expression before it stands in the same sentence.
    """

    words: DateLexicon
    fixed: tuple[int, ...]
    published: tuple[date, date]
    before: Days | None
    same_breath: bool

    @property
    def anchor(self) -> date:
        """The last day of publication."""
        return self.published[1]


def place_days(kind: str, m: re.Match[str], place: Place) -> Days | None:
    """Return the days that a match of a form of this kind covers, None where it has no place."""
    try:
        days = _KINDS[kind](m, place)
    except (ValueError, OverflowError):  # outside the calendar
        return None
    return days if days is not None and days[0] <= days[1] else None


def _year_of(m: re.Match[str], place: Place) -> int | None:
    """Return the year that an expression states, be it as "last year" or "that year"."""
    if m.groupdict().get("that_year"):
        if place.before is None:
            raise ValueError("no expression before")
        return place.before[0].year
    shift = place.words.value(m, "year_shift")
    return place.words.value(m, "year") if shift is None else place.anchor.year + shift


def _numeric(m: re.Match[str], place: Place) -> Days | None:
    parts = {k: int(v) for k, v in m.groupdict().items() if v and k != "sep"}
    day, month = parts.get("d", parts.get("a", 0)), parts.get("m", parts.get("b", 0))
    if "a" in parts and not place.words.day_first:
        if day <= 12 and month <= 12 and day != month:
            return None  # 12/11/2025: which is the month?
        if month > 12:
            day, month = month, day
    found = date(parts["y"], month, day)
    return found, found, "day"


@lru_cache(maxsize=8192)
def _parse_day(words: str, lang: str, anchor: date) -> date | None:
    import dateparser

    found = dateparser.parse(
        words,
        languages=[lang],
        settings={
            "RELATIVE_BASE": datetime(anchor.year, anchor.month, anchor.day, 12),
            "PREFER_DATES_FROM": "past",
            "REQUIRE_PARTS": ["day", "month"],
            "DATE_ORDER": "DMY",
        },
    )
    return found.date() if found is not None else None


def _day(m: re.Match[str], place: Place, d: str = "d", month: str = "month") -> Days | None:
    year = _year_of(m, place)
    words = f"{m[d]} {m[month]}" + (f" {year}" if year is not None else "")
    day = _parse_day(words, place.words.lang, place.anchor)
    return (day, day, "day") if day is not None else None


def _range_of_days(m: re.Match[str], place: Place) -> Days | None:
    two = m.groupdict().get("month2")
    last = _day(m, place, "d2", "month2" if two else "month")
    if last is None:
        return None
    number, month = int(m["d"]), place.words.value(m, "month") or 1
    year = last[0].year - (two is not None and month > last[0].month)
    return date(year, month, number), last[0], "day"


def _range_of_months(m: re.Match[str], place: Place) -> Days:
    year = _year_of(m, place)
    month, month2 = place.words.value(m, "month") or 1, place.words.value(m, "month2") or 1
    if year is None:
        year = place.anchor.year - (month2 > place.anchor.month)
    last = _month_end(date(year, month2, 1))
    return date(year - (month > month2), month, 1), last, "month"


def _range_of_years(m: re.Match[str], place: Place) -> Days:
    first, last = place.words.value(m, "year"), place.words.value(m, "year2")
    return date(first or 1, 1, 1), date(last or 1, 12, 31), "year"


def _nth(m: re.Match[str], place: Place) -> Days | None:
    number, before = int(m["d"]), place.before
    if before is not None and before[2] in ("day", "month"):
        day = before[1].replace(day=number)
        return day, day, "day"
    if number > place.anchor.day:  # of the month before that of publication
        day = _months_on(place.anchor, -1).replace(day=number)
    else:
        day = place.anchor.replace(day=number)
    return day, day, "day"


def _no_closer(days: Days, place: Place) -> Days:
    """Give days counted from a publication that is only a month or a year its precision."""
    first, last = place.published
    if first == last:
        return days
    return first, last, "month" if last - first < timedelta(days=31) else "year"


def _weekday(m: re.Match[str], place: Place) -> Days:
    shift = place.words.value(m, "shift")
    back = (place.anchor.weekday() - (place.words.value(m, "weekday") or 0)) % 7
    if shift == 1:
        back -= 7
    elif shift == -1:
        back = back or 7
    day = place.anchor - timedelta(days=back)
    return _no_closer((day, day, "day"), place)


def _from_publication(_: re.Match[str], place: Place) -> Days:
    first, last = (place.anchor + timedelta(days=n) for n in place.fixed)
    return _no_closer((first, last, "day"), place)


def _night(m: re.Match[str], place: Place) -> Days | None:
    """Place "overnight" at publication, unless its sentence has given the day before it."""
    if place.same_breath:
        return None
    return _from_publication(m, place)


def _from_before(_: re.Match[str], place: Place) -> Days | None:
    if place.before is None or place.before[2] != "day":
        return None
    days = [place.before[1] + timedelta(days=n) for n in place.fixed]
    return days[0], days[1], "day"


def _relative(m: re.Match[str], place: Place) -> Days | None:
    way, unit, before = place.words.way(m), place.words.unit(m), place.before
    n = place.words.value(m, "n")
    n = 1 if n is None else n
    if way == "ago":
        base = place.anchor
    elif before is not None and before[2] == "day":
        base = before[1] if way == "later" else before[0]
    else:
        return None
    n = n if way == "later" else -n
    if unit == "month":
        first = _months_on(base, n)
        return first, _month_end(first), "month"
    if unit == "year":
        return date(base.year + n, 1, 1), date(base.year + n, 12, 31), "year"
    day = base + timedelta(days=n * (1 if unit == "day" else 7))
    return _no_closer((day, day, "day"), place) if way == "ago" else (day, day, "day")


def _past(m: re.Match[str], place: Place) -> Days:
    """Place "the past two weeks": up to publication."""
    unit, n = place.words.unit(m), place.words.value(m, "n")
    n = 1 if n is None else n
    if unit in ("day", "week", "weekend"):
        first = place.anchor - timedelta(days=n * (1 if unit == "day" else 7))
    else:
        start = _months_on(place.anchor, -n * (1 if unit == "month" else 12))
        first = start.replace(day=min(place.anchor.day, _month_end(start).day))
    days = first, place.anchor, unit if unit in ("day", "year") else "month"
    return _no_closer(days, place) if unit in ("day", "week", "weekend") else days


def _unit(m: re.Match[str], place: Place) -> Days | None:
    """Place "last week", "this month", "next year"."""
    unit, shift = place.words.unit(m), place.words.value(m, "shift") or 0
    anchor = place.anchor
    if unit == "year":
        return date(anchor.year + shift, 1, 1), date(anchor.year + shift, 12, 31), "year"
    if unit == "month":
        first = _months_on(anchor, shift)
        return first, _month_end(first), "month"
    monday = anchor + timedelta(days=7 * shift - anchor.weekday())
    if unit == "week":
        return _no_closer((monday, monday + timedelta(days=6), "month"), place)
    if unit == "weekend":
        days = monday + timedelta(days=5), monday + timedelta(days=6), "month"
        return _no_closer(days, place)
    return None


def _weekend(_: re.Match[str], place: Place) -> Days:
    saturday = place.anchor - timedelta(days=(place.anchor.weekday() - 5) % 7)
    return _no_closer((saturday, saturday + timedelta(days=1), "month"), place)


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _months_on(day: date, n: int) -> date:
    """Return the first day of the month `n` months after that of `day`."""
    index = day.year * 12 + day.month - 1 + n
    return date(index // 12, index % 12 + 1, 1)


def _month(m: re.Match[str], place: Place) -> Days:
    month, anchor = place.words.value(m, "month") or 1, place.anchor
    shift, year = place.words.value(m, "shift"), _year_of(m, place)
    if year is None and shift == 1:
        year = anchor.year + (month <= anchor.month)
    elif year is None:
        passed = month > anchor.month or (month == anchor.month and shift == -1)
        year = anchor.year - passed
    first = date(year, month, 1)
    return first, _month_end(first), "month"


def _season(m: re.Match[str], place: Place) -> Days:
    month, anchor = place.words.value(m, "season") or 1, place.anchor
    shift, year = place.words.value(m, "shift"), _year_of(m, place)
    first = date(anchor.year if year is None else year, month, 1)
    if year is None:
        if first > anchor:
            first = _months_on(first, -12)
        if shift == 1:
            first = _months_on(first, 12)
        elif shift == -1 and anchor <= _month_end(_months_on(first, 2)):
            first = _months_on(first, -12)
    return first, _month_end(_months_on(first, 2)), "season"


def _year(m: re.Match[str], place: Place) -> Days:
    year = place.words.value(m, "year")
    if year is None:
        year = place.anchor.year + place.fixed[0]
    return date(year, 1, 1), date(year, 12, 31), "year"


_KINDS: dict[str, Callable[[re.Match[str], Place], Days | None]] = {
    "numeric": _numeric,
    "day": _day,
    "days": _range_of_days,
    "months": _range_of_months,
    "years": _range_of_years,
    "nth": _nth,
    "weekday": _weekday,
    "publication": _from_publication,
    "night": _night,
    "before": _from_before,
    "relative": _relative,
    "past": _past,
    "unit": _unit,
    "weekend": _weekend,
    "month": _month,
    "season": _season,
    "year": _year,
}
