"""Dates in text, located first and then parsed, relative to the publication date.

An expression's precision is that of its words: "in late October" is a month, "on Friday" a day.
A part of a month or year counts as the whole, for nobody says where "late" begins. Month names and
weekdays without a year are taken as the latest that is not after publication, as news reports the
past; an expression with its year is believed as it stands and flagged where it lies after
publication. "On the 12th" is in the month of the expression before it, or else the latest such day.
What "two days later" counts from is the day given before it, unless that is far away.
"""

from __future__ import annotations

import calendar
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from narrative.date_lexicon import DateLexicon, Form, load_dates
from narrative.date_placing import Place, place_days

AFTER = "after_publication"
REACH = 1500  # characters within which "two days later" and "that year" look back
_MARGIN = 60  # characters around a trigger in which an expression is looked for
_TOKEN = re.compile(r"\w+")
_YEAR = re.compile(r"(?:1[789]|20)[0-9]{2}\w{0,2}")
_ORDINAL = re.compile(r"[0-9]{1,2}[^\W\d_]{2}")
_WORD_END = re.compile(r"\W")
_SENTENCE_END = re.compile(r"[.!?…]\s|\n")


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
        ``day``, ``month``, ``season`` or ``year``; a week counts as ``month``, and so do the days
        of a range ("12-14 December") as ``day``.
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


def find_dates(text: str, published_at: str, lang: str = "en") -> list[DateSpan]:
    """Return the date expressions of `text` in order.

    Parameters
    ----------
    text : str
    published_at : str
        ISO date of the document, of any precision; a month without a year counts from its last
        day. Where it is a month or a year, "yesterday" and "on Friday" are no closer than that.
    lang : str
        Language of the text; one without date words of its own has numeric dates only, and
        12/11/2025 is left out where it could be November or December.

    Returns
    -------
    list of DateSpan
        Not overlapping; expressions that cannot be placed (a bare "12 days later" with nothing
        before it) are left out.

    Examples
    --------
    >>> [d.iso() for d in find_dates("On Friday it fell, two days later it rose.", "2025-12-18")]
    ['2025-12-12', '2025-12-14']
    """
    words, published = load_dates(lang), publication_range(published_at)
    placed: list[DateSpan] = []
    for form, m in _locate(text, words):
        span = _place(text, form, m, words, published, placed[-1] if placed else None)
        if span is not None:
            placed.append(span)
    return placed


def _sort(token: str, words: DateLexicon) -> str | None:
    """Return the sort of trigger that a word is, if it is one."""
    if "0" <= token[0] <= "9":
        return "year" if _YEAR.fullmatch(token) else "d" if _ORDINAL.fullmatch(token) else None
    return words.triggers.get(token.casefold())


def _windows(text: str, words: DateLexicon) -> Iterator[tuple[int, int, set[str]]]:
    """Yield the stretches around triggers, with their sorts, so that the rest is not searched."""
    low, high = 0, -1
    sorts: set[str] = set()
    for m in _TOKEN.finditer(text):
        sort = _sort(m[0], words)
        if sort is None:
            continue
        start = max(0, m.start() - _MARGIN)
        if start > high:
            if sorts:
                yield low, high, sorts
            low, sorts = start, set()
        sorts.add(sort)
        edge = _WORD_END.search(text, min(len(text), m.end() + _MARGIN))
        high = edge.start() if edge else len(text)
    if sorts:
        yield low, high, sorts


def _locate(text: str, words: DateLexicon) -> list[tuple[Form, re.Match[str]]]:
    """Return what looks like a date, in text order; where two overlap, the earlier form's."""
    located: list[tuple[Form, re.Match[str]]] = []
    for low, high, sorts in _windows(text, words):
        starts: list[int] = []
        found: list[tuple[Form, re.Match[str]]] = []
        for form in words.forms:
            if form.needs not in sorts and form.needs != "phrase":
                continue
            for m in form.pattern.finditer(text, low, high):
                at = bisect_left(starts, m.start())
                apart = at == len(starts) or m.end() <= starts[at]
                if apart and (not at or found[at - 1][1].end() <= m.start()):
                    starts.insert(at, m.start())
                    found.insert(at, (form, m))
        located += found
    return located


def _place(
    text: str,
    form: Form,
    m: re.Match[str],
    words: DateLexicon,
    published: tuple[date, date],
    before: DateSpan | None,
) -> DateSpan | None:
    if before is not None and m.start() - before.end > REACH:
        before = None
    said = (before.first, before.last, before.precision) if before is not None else None
    near = before is not None and not _SENTENCE_END.search(text, before.end, m.start())
    days = place_days(form.kind, m, Place(words, form.fixed, published, said, near))
    if days is None:
        return None
    first, last, precision = days
    flag = AFTER if first > published[1] and _stated(m, form.kind, before) else ""
    return DateSpan(m.start(), m.end(), first, last, precision, flag)


def _stated(m: re.Match[str], kind: str, before: DateSpan | None) -> bool:
    """Say whether an expression states its year, or counts from one that is flagged."""
    said = m.groupdict()
    if kind in ("before", "relative", "nth") or said.get("that_year"):
        return before is not None and before.flag == AFTER
    return kind == "numeric" or bool(said.get("year") or said.get("year2"))
