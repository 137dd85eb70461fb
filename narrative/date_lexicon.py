"""The words and forms of date expressions, read from data so that a language is a file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

# A number is a year between 1700 and 2099, unless it goes on, is a decade, or counts things.
_YEAR = r"(?:1[789]|20)[0-9]{2}(?!\w|[.,:]\d|\s?%|[’']s\b|-[^\W\d_])"
_DAY = r"(?:3[01]|[12][0-9]|0?[1-9])(?![0-9])"
_LEFT, _RIGHT = r"(?<![\w$€£₴₽])(?<!\d[.,:/])(?<![^\W\d_]-)", r"(?!\w)"
_NUMERIC = (
    r"(?<![\w-])(?P<y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})(?![0-9-])",
    r"(?<![\w./-])(?P<y>(?:19|20)[0-9]{2})([./])(?P<m>[0-9]{2})\2(?P<d>[0-9]{2})(?![0-9]|[./-]\d)",
    r"(?<![\w./-])(?P<a>[0-9]{1,2})(?P<sep>[./-])(?P<b>[0-9]{1,2})(?P=sep)(?P<y>(?:19|20)[0-9]{2})"
    r"(?![0-9]|[./-]\d)",
)
_TABLES = {
    "month": "months",
    "month2": "months",
    "weekday": "weekdays",
    "season": "seasons",
    "n": "numbers",
    "shift": "shifts",
    "year_shift": "shifts",
}
# The sorts of triggers, and the tables that list them.
_SORTS = {"month": "months", "weekday": "weekdays", "season": "seasons", "unit": "units"}
_SPEECH = ("utterance", "clause", "relative", "joined")
_TENSE = ("present", "still", "future", "planned", "since", "until")
_NOTHING = re.compile(r"(?!)")


@dataclass(frozen=True)
class Form:
    """One form of a date expression.

    Parameters
    ----------
    kind : str
        What the form says, which decides how it is placed.
    pattern : pattern
        Its words; named groups hold what they say.
    needs : str
        The sort of trigger that stands in it, a key of ``DateLexicon.values`` or another sort.
    fixed : tuple of int
        What the form says without a group: days from the base, or years from publication.
    """

    kind: str
    pattern: re.Pattern[str]
    needs: str
    fixed: tuple[int, ...] = ()


@dataclass(frozen=True)
class DateLexicon:
    """Compiled date expressions of one language.

    Parameters
    ----------
    lang : str
    day_first : bool
        Whether 12/11/2025 can only be 12 November.
    forms : tuple of Form
        Where two overlap, the earlier one holds.
    triggers : dict of str to str
        Words one of which stands in every expression, with their sort; years and ordinals, of
        the sorts ``year`` and ``d``, are not listed.
    values : dict of str to dict of str to int
        What a word means, by the name of its group.
    units, ways : dict of str to str
        Units of time; ``ago``, ``later`` or ``earlier``.
    utterance, clause, relative, joined : pattern
        Words before a date that tell whether it is that of a statement; see ``saying``.
    present, still, future, planned, since, until : pattern
        Words that tell the time of a claim.
    """

    lang: str
    day_first: bool
    forms: tuple[Form, ...]
    triggers: dict[str, str]
    values: dict[str, dict[str, int]]
    units: dict[str, str]
    ways: dict[str, str]
    utterance: re.Pattern[str]
    clause: re.Pattern[str]
    relative: re.Pattern[str]
    joined: re.Pattern[str]
    present: re.Pattern[str]
    still: re.Pattern[str]
    future: re.Pattern[str]
    planned: re.Pattern[str]
    since: re.Pattern[str]
    until: re.Pattern[str]

    def value(self, m: re.Match[str], name: str) -> int | None:
        """Return what the group `name` of a match says, None where it is absent."""
        words = m.groupdict().get(name)
        if words is None:
            return None
        known = self.values.get(name, {}).get(_plain(words))
        return int(words) if known is None else known

    def unit(self, m: re.Match[str]) -> str:
        """Return the unit of time in a match: day, week, weekend, month or year."""
        return self.units[_plain(m["unit"])]

    def way(self, m: re.Match[str]) -> str:
        """Return how a match counts: ``ago``, ``later`` or ``earlier``."""
        return self.ways[_plain(m["way"])]


def _plain(words: str) -> str:
    return re.sub(r"\s+", " ", re.sub("[’ʼ]", "'", words)).casefold()


def _flat(table: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {_plain(word): key for key, words in table.items() for word in words}


def _any_of(words: Iterable[str]) -> str:
    """Return a pattern for any of some words; one with a capital is found with it only."""
    parts = []
    for word in sorted(words, key=lambda w: (-len(w), w)):
        body = re.escape(word).replace(r"\ ", r"\s+").replace("'", "[’'ʼ]")
        parts.append(f"(?-i:{body})" if word[0].isupper() else body)
    return f"(?:{'|'.join(parts)})"


def _words(forms: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern for any of some forms as whole words."""
    body = "|".join(f.replace("'", "[’'ʼ]").replace(" ", r"\s+") for f in forms)
    return re.compile(rf"(?<!\w)(?:{body})(?!\w)", re.IGNORECASE) if body else _NOTHING


def _groups(raw: Mapping[str, Any]) -> dict[str, str]:
    """Return the pattern of every name that may stand in braces in a form."""
    counted = "|".join(raw["not_years"]["counted"]).replace(" ", r"\s+")
    year = (
        rf"{_YEAR}(?!\s*(?:{counted})(?!\w))"
        rf"(?!(?<=[05]0)(?:\s+\w+){{1,2}}\s+(?:{counted})(?!\w))"
    )
    bodies = {
        name: _any_of(w for words in raw[table].values() for w in words)
        for name, table in (*_TABLES.items(), ("unit", "units"), ("way", "ways"))
    }
    month = bodies["month"] + r"(?:\.(?=\s+\d))?"
    bodies |= {"d": _DAY, "d2": _DAY, "year": year, "year2": year, "that_year": "{that}"}
    bodies["n"] = rf"(?:[0-9]{{1,3}}|{bodies['n']})"
    named = {name: f"(?P<{name}>{body})" for name, body in bodies.items()}
    # The dot of an abbreviation is no part of the word that is looked up.
    named |= {n: named[n] + month[len(bodies["month"]) :] for n in ("month", "month2")}
    return named | {f"_{name}": body for name, body in bodies.items()}


def _compile(form: str, macros: Mapping[str, str], groups: Mapping[str, str]) -> re.Pattern[str]:
    for _ in range(4):  # macros may hold macros and groups
        for name, body in (*macros.items(), *groups.items()):
            form = form.replace(f"{{{name}}}", body.replace(" ", r"\s+"))
    return re.compile(_LEFT + "(?:" + form.replace(" ", r"\s+") + ")" + _RIGHT, re.IGNORECASE)


def _triggers(raw: Mapping[str, Any]) -> dict[str, str]:
    """Return the last word of every entry that an expression cannot do without, with its sort."""
    listed = [(w, "phrase") for w in raw["triggers"]]
    for sort, table in _SORTS.items():
        listed += [(w, sort) for words in raw.get(table, {}).values() for w in words]
    triggers: dict[str, str] = {}
    for words, sort in reversed(listed):
        triggers[re.findall(r"\w+", words)[-1].casefold()] = sort
        triggers[words.replace("'", "ʼ").casefold()] = sort
    return triggers


def _needs(pattern: re.Pattern[str]) -> str:
    """Return the sort of trigger that stands in every match of a form."""
    return next((sort for sort in (*_SORTS, "year", "d") if sort in pattern.groupindex), "phrase")


@cache
def load_dates(lang: str = "en") -> DateLexicon:
    """Return the date expressions of a language; one without a file has numeric dates only."""
    numeric = tuple(Form("numeric", re.compile(p), "year") for p in _NUMERIC)
    path = files("narrative") / f"data/dates_{lang}.toml"
    if not re.fullmatch(r"\w+", lang) or not path.is_file():
        none = dict.fromkeys((*_SPEECH, *_TENSE), _NOTHING)
        return DateLexicon(lang, False, numeric, {}, {}, {}, {}, **none)
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    groups = _groups(raw)
    forms = [
        Form(entry["kind"], pattern, _needs(pattern), tuple(entry.get("fixed", ())))
        for entry in raw["pattern"]
        for pattern in (_compile(form, raw["macros"], groups) for form in entry["forms"])
    ]
    tables = {n: {w: int(k) for w, k in _flat(raw[t]).items()} for n, t in _TABLES.items()}
    speech, tense = raw["speech"], raw["tense"]
    return DateLexicon(
        lang=lang,
        day_first=raw["day_first"],
        forms=(*numeric, *forms),
        triggers=_triggers(raw),
        values=tables,
        units=_flat(raw["units"]),
        ways=_flat(raw["ways"]),
        **{name: _words(speech[name]) for name in _SPEECH},
        **{name: _words(tense[name]) for name in _TENSE},
    )
