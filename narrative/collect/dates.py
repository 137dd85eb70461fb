"""Days as pages, feeds and sitemaps write them, and which of them a document is given."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

FIRST_YEAR = 1995  # before it there was hardly a page to publish; htmldate's bound, too
_ISO = re.compile(r"\s*(\d{4})-(\d{2})-(\d{2})(?!\d)")
_YEAR_FIRST = re.compile(r"(?<![\d./-])(\d{4})([./-]?)(\d{2})\2(\d{2})(?!\d)")
_YEAR_LAST = re.compile(r"(?<![\d./-])(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?![\d./-])")
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_LETTERS = re.compile(r"[^\W\d_]{3}")
_LANGUAGES = ("en", "uk", "ru")  # months are read in the page's own language and in these
_LONGEST = 60  # characters of a date
AMBIGUOUS = "day or month first?"


def is_iso_day(raw: str) -> bool:
    """Say whether `raw` begins with an ISO date of a day."""
    return bool(_ISO.match(raw))


def ambiguous_days(text: str) -> list[str]:
    """Return the dates in `text` of which nobody can say what is the day and what the month.

    Examples
    --------
    >>> ambiguous_days("03/04/2025, 13/04/2025, 04/04/2025, 03.04.2025, 2025-03-04")
    ['03/04/2025']
    """
    return [m[0] for m in _YEAR_LAST.finditer(text) if _year_last(m)[1] == AMBIGUOUS]


def read_day(raw: str, lang: str = "") -> tuple[str, str]:
    """Return the day that a date names, as it is told there, whatever the time zone.

    Parameters
    ----------
    raw : str
        A date with or without time, in figures or words.
    lang : str
        Language of its words, beside English, Ukrainian and Russian.

    Returns
    -------
    (str, str)
        An ISO date, or "", and then why it is not taken.

    Examples
    --------
    >>> read_day("Wed, 12 Nov 2025 23:30:00 +0200")
    ('2025-11-12', '')
    >>> read_day("03/04/2025")
    ('', 'day or month first?')
    """
    raw = " ".join(raw.split())[:_LONGEST]
    if match := _YEAR_FIRST.search(raw):
        return _possible(int(match[1]), int(match[3]), int(match[4]))
    if match := _YEAR_LAST.search(raw):
        return _year_last(match)
    # dateparser takes what is missing from today.
    if not _YEAR.search(raw) or not _LETTERS.search(raw):
        return "", "no day in it"
    day = _in_words(raw, lang)
    return _possible(day.year, day.month, day.day) if day else ("", "no day in it")


def _year_last(match: re.Match[str]) -> tuple[str, str]:
    first, second, year = int(match[1]), int(match[3]), match[4]
    if len(year) == 2:
        return "", AMBIGUOUS  # 25.12.11 may begin with its year
    if match[2] == "." or first > 12 or first == second:
        return _possible(int(year), second, first)  # with points it is the day that comes first
    return _possible(int(year), first, second) if second > 12 else ("", AMBIGUOUS)


def _possible(year: int, month: int, day: int) -> tuple[str, str]:
    try:
        found = date(year, month, day)
    except ValueError:
        return "", "no such day"
    # Somewhere on earth it is tomorrow already.
    if year < FIRST_YEAR or found > datetime.now(UTC).date() + timedelta(days=1):
        return "", f"before {FIRST_YEAR} or yet to come"
    return found.isoformat(), ""


def _in_words(raw: str, lang: str) -> date | None:
    import dateparser

    settings = {
        "REQUIRE_PARTS": ["day", "month", "year"],
        "PARSERS": ["absolute-time"],  # "yesterday" is no day without another
    }
    for languages in ([lang] if lang and lang not in _LANGUAGES else [], list(_LANGUAGES)):
        try:
            found = dateparser.parse(raw, languages=languages, settings=settings)
        except ValueError:  # a language that it does not know
            continue
        if languages and isinstance(found, datetime):
            return found.date()
    return None


@dataclass(frozen=True)
class Dated:
    """The day of a document: `basis` says whence, `note` what speaks against it."""

    date: str
    basis: str
    listed: str
    note: str


def choose_day(
    given: str, page: tuple[str, str], listed: tuple[str, str], note: str = "", lang: str = ""
) -> Dated:
    """Return the day of a document, out of all that name one.

    Parameters
    ----------
    given : str
        What the user says, "" for nothing.
    page : (str, str)
        The day that the page was read to say, and its basis: ``page``, ``url`` or ``none``.
    listed : (str, str)
        What a feed or sitemap says, as it stands there, and its basis: ``feed``, ``sitemap``,
        ``modified``, or "".
    note : str
        What there is to say of the page's own day.
    lang : str
        Language of the page.

    Returns
    -------
    Dated
        The first there is of: given, the page's metadata, what feed or sitemap give for the day of
        publication, the page's address, the day of the last change. The note names a day of feed
        or sitemap that is more than one away: time zones make one.
    """
    day, why = read_day(listed[0], lang) if listed[0] else ("", "")
    candidates = {
        "given": given,
        "page": page[0] if page[1] == "page" else "",
        "feed": day if listed[1] == "feed" else "",
        "sitemap": day if listed[1] == "sitemap" else "",
        "url": page[0] if page[1] == "url" else "",
        "modified": day if listed[1] == "modified" else "",
    }
    basis = next((b for b, d in candidates.items() if d), "none")
    found = candidates.get(basis, "")
    own, own_basis = (given, "given") if given else page
    notes = [note if basis != "given" else "", _apart(own, own_basis, day, listed[1])]
    if why:
        notes.append(f"{listed[1]} date not taken: {listed[0]!r} ({why})")
    return Dated(found, basis, day, "; ".join(n for n in notes if n))


def _apart(own: str, basis: str, listed: str, listed_basis: str) -> str:
    if len(own) < 10 or not listed:  # a month or a year contradicts no day
        return ""
    days = (date.fromisoformat(listed) - date.fromisoformat(own)).days
    # A page is changed at any time after it was published.
    if abs(days) <= 1 or (listed_basis == "modified" and days > 0):
        return ""
    return f"dates differ: {basis} {own}, {listed_basis} {listed}"
