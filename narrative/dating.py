"""Dates in text, located first and then parsed, relative to the publication date.

An expression's precision is that of its words: "in late October" is a month, "on Friday" a day.
Month names and weekdays without a year are taken as the latest that is not after publication, as
news reports the past; an expression with its year is believed as it stands and flagged where it
lies after publication.
"""

from __future__ import annotations

import calendar
import re
from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

_MONTH = (
    r"(?-i:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|"
    r"Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)(?:\.(?=\s+\d))?"
)
_DAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_NUMBER = r"(?:\d{1,3}|a|an|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_PATTERNS: tuple[tuple[str, str], ...] = (
    ("day", r"\b\d{4}-\d{2}-\d{2}\b"),
    (
        "day",
        rf"\b(?:{_DAY},?\s+)?\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}(?:,?\s+\d{{4}}\b)?",
    ),
    (
        "day",
        rf"\b(?:{_DAY},?\s+)?{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?!\s*\d{{2}}\b)(?:,?\s+\d{{4}}\b)?",
    ),
    ("month", rf"\b(?:(?:early|mid|late)[\s-]+)?{_MONTH}(?:\s+(?:of\s+)?\d{{4}}\b)"),
    ("month", rf"\b{_MONTH}\s+(?:of\s+)?(?:that|the\s+same)\s+year\b"),
    ("season", r"\b(?:spring|summer|autumn|winter)\s+(?:of\s+)?that\s+year\b"),
    (
        "month",
        rf"\b(?:in|since|until|by|(?:the\s+)?(?:end|beginning|start|middle)\s+of|early|mid|late|last)[\s-]+{_MONTH}(?!\w|\s+\d)",
    ),
    (
        "season",
        r"\b(?:(?:in|by)\s+)?(?:the\s+)?(?:spring|summer|autumn|fall|winter)\s+of\s+\d{4}\b",
    ),
    ("season", r"\b(?:last|this)\s+(?:spring|summer|autumn|winter)\b"),
    ("day", rf"\b(?:(?:on|last|this|next)\s+)?{_DAY}\b"),
    ("day", r"\b(?:yesterday|today|tonight|tomorrow|(?:the\s+)?day\s+before\s+yesterday)\b"),
    (
        "relative",
        rf"\b{_NUMBER}\s+(?:day|week|month|year)s?\s+"
        r"(?:ago\b|later\b|earlier\b|before\b(?!\s*\w))",
    ),
    ("week", r"\b(?:last|this|this\s+past|next)\s+(?:week|weekend)\b"),
    ("month", r"\b(?:last|this|next)\s+month\b"),
    ("year", r"\b(?:last|this|next)\s+year\b|\bearlier\s+this\s+year\b"),
    ("year", r"\b(?:in|since|during|by|until|the)\s+(?:(?:19|20)\d{2})\b"),
)
_COMPILED = tuple((kind, re.compile(p, re.IGNORECASE)) for kind, p in _PATTERNS)
_SEASONS = {"winter": 12, "spring": 3, "summer": 6, "autumn": 9, "fall": 9}
_WORDS = {
    w: i
    for i, w in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ]
    )
}
_THAT_YEAR = re.compile(r"(?:that|the\s+same)\s+year", re.IGNORECASE)
_LAST = re.compile(r"last\b", re.IGNORECASE)
AFTER = "after_publication"

Days = tuple[date, date, str]


@dataclass(frozen=True)
class DateSpan:
    """A located date expression and the days that it covers.

    Parameters
    ----------
    start, end : int
        Half-open span in the text.
    first, last : date
        Inclusive days.
    precision : str
        ``day``, ``month``, ``season`` or ``year``; a week counts as ``month``.
    flag : str
        ``after_publication`` where an explicit date lies after the publication, else "".
    """

    start: int
    end: int
    first: date
    last: date
    precision: str
    flag: str

    def iso(self) -> str:
        """Return the date cut to its precision; a season or week by its first day's month."""
        cut = {"day": 10, "year": 4}.get(self.precision, 7)
        return self.first.isoformat()[:cut]


def publication_range(published_at: str) -> tuple[date, date]:
    """Return the first and last day that an ISO date of day, month or year precision covers."""
    parts = [int(p) for p in published_at.split("-")]
    if len(parts) == 3:
        day = date(*parts)
        return day, day
    if len(parts) == 2:
        year, month = parts
        return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
    return date(parts[0], 1, 1), date(parts[0], 12, 31)


def find_dates(text: str, published_at: str) -> list[DateSpan]:
    """Return the date expressions of `text` in order.

    Parameters
    ----------
    text : str
    published_at : str
        ISO date of the document, of any precision; relative expressions count from its last day.

    Returns
    -------
    list of DateSpan
        Not overlapping; expressions that cannot be placed (a bare "12 days later" with nothing
        before it) are left out.
    """
    anchor = publication_range(published_at)[1]
    placed: list[DateSpan] = []
    for kind, m in _locate(text):
        span = _place(kind, m, anchor, placed[-1] if placed else None)
        if span is not None:
            placed.append(span)
    return placed


def _locate(text: str) -> list[tuple[str, re.Match[str]]]:
    """Return what looks like a date, in text order; where two overlap, the earlier pattern's."""
    starts: list[int] = []
    found: list[tuple[str, re.Match[str]]] = []
    for kind, pattern in _COMPILED:
        for m in pattern.finditer(text):
            at = bisect_left(starts, m.start())
            apart = at == len(starts) or m.end() <= starts[at]
            if apart and (not at or found[at - 1][1].end() <= m.start()):
                starts.insert(at, m.start())
                found.insert(at, (kind, m))
    return found


def _place(kind: str, m: re.Match[str], anchor: date, before: DateSpan | None) -> DateSpan | None:
    words = _that_year(m[0], before)
    explicit = re.search(r"\b(?:19|20)\d{2}\b", m[0]) is not None
    try:
        days = _days(kind, words, anchor, before)
    except (ValueError, OverflowError):  # outside the calendar
        return None
    if days is None:
        return None
    first, last, precision = days
    flag = AFTER if explicit and first > anchor else ""
    return DateSpan(m.start(), m.end(), first, last, precision, flag)


def _days(kind: str, words: str, anchor: date, before: DateSpan | None) -> Days | None:
    plain = words.casefold()
    if kind == "relative":
        return _relative(plain, anchor, before)
    if kind == "season":
        return _season(plain, anchor)
    if kind == "week":
        return _week(plain, anchor)
    if kind == "year":
        return _year(plain, anchor)
    if kind == "month":
        return _month(words, anchor)
    day = _parse_day(re.sub(r"^(?:on|the)\s+|\.$", "", plain), anchor.isoformat())
    return (day, day, "day") if day is not None else None


@lru_cache(maxsize=4096)
def _parse_day(words: str, anchor: str) -> date | None:
    base = date.fromisoformat(anchor)
    weekday = re.fullmatch(r"(last|this|next)?\s*(\w+day)", words)
    if weekday and weekday[2] in {d.casefold() for d in calendar.day_name}:
        wanted = [d.casefold() for d in calendar.day_name].index(weekday[2])
        back = (base.weekday() - wanted) % 7
        if weekday[1] == "next":
            return base + timedelta(days=7 - back)
        return base - timedelta(days=back or (7 if weekday[1] == "last" else 0))
    import dateparser

    bare = (
        re.sub(rf"^{_DAY},?\s+", "", words, flags=re.IGNORECASE)
        if re.search(r"\d", words)
        else words
    )
    found = dateparser.parse(
        bare,
        languages=["en"],
        settings={
            "RELATIVE_BASE": datetime(base.year, base.month, base.day, 12),
            "PREFER_DATES_FROM": "past",
            "REQUIRE_PARTS": ["day", "month"],
        },
    )
    return found.date() if found is not None else None


def _relative(words: str, anchor: date, before: DateSpan | None) -> Days | None:
    m = re.match(r"(\w+)\s+(day|week|month|year)s?\s+(\w+)", words)
    if m is None:
        return None
    n = 1 if m[1] in ("a", "an") else _WORDS.get(m[1], int(m[1]) if m[1].isdigit() else 0)
    if m[3] != "ago" and (before is None or before.precision != "day"):
        return None
    base = anchor if m[3] == "ago" or before is None else before.first
    n = n if m[3] == "later" else -n
    if m[2] in ("day", "week"):
        day = base + timedelta(days=n * {"day": 1, "week": 7}[m[2]])
        return day, day, "day"
    if m[2] == "month":
        first = _months_on(base, n)
        return first, _month_end(first), "month"
    return date(base.year + n, 1, 1), date(base.year + n, 12, 31), "year"


def _that_year(words: str, before: DateSpan | None) -> str:
    """Put the year of the expression before in place of "that year"."""
    return words if before is None else _THAT_YEAR.sub(str(before.first.year), words)


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _months_on(day: date, n: int) -> date:
    """Return the first day of the month `n` months after that of `day`."""
    index = day.year * 12 + day.month - 1 + n
    return date(index // 12, index % 12 + 1, 1)


def _month(words: str, anchor: date) -> Days | None:
    if words.casefold().endswith("month"):
        first = _months_on(anchor, {"last": -1, "this": 0, "next": 1}[words.casefold().split()[0]])
        return first, _month_end(first), "month"
    name = re.search(_MONTH, words)
    if name is None or _THAT_YEAR.search(words):
        return None
    month = [m.casefold() for m in calendar.month_abbr].index(name[0][:3].casefold())
    stated = re.search(r"(?:19|20)\d{2}", words)
    passed = month > anchor.month or (month == anchor.month and _LAST.match(words) is not None)
    year = int(stated[0]) if stated else anchor.year - passed
    first = date(year, month, 1)
    return first, _month_end(first), "month"


def _season(words: str, anchor: date) -> Days | None:
    if _THAT_YEAR.search(words):
        return None
    month = next(v for k, v in _SEASONS.items() if k in words)
    stated = re.search(r"(?:19|20)\d{2}", words)
    first = date(int(stated[0]) if stated else anchor.year, month, 1)
    if stated is None and first > anchor:
        first = _months_on(first, -12)
    if _LAST.match(words) and anchor <= _month_end(_months_on(first, 2)):
        first = _months_on(first, -12)
    return first, _month_end(_months_on(first, 2)), "season"


def _week(words: str, anchor: date) -> Days:
    monday = anchor - timedelta(days=anchor.weekday())
    step = (
        -7 if words.startswith("last") or "past" in words else 7 if words.startswith("next") else 0
    )
    if "weekend" in words:
        saturday = monday + timedelta(days=5 + step)
        return saturday, saturday + timedelta(days=1), "month"
    return monday + timedelta(days=step), monday + timedelta(days=step + 6), "month"


def _year(words: str, anchor: date) -> Days:
    stated = re.search(r"(?:19|20)\d{2}", words)
    year = (
        int(stated[0]) if stated else anchor.year + {"last": -1, "next": 1}.get(words.split()[0], 0)
    )
    return date(year, 1, 1), date(year, 12, 31), "year"
