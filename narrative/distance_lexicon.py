"""The lexicon of distance of a language, read from ``data/distance_*.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from narrative.errors import InputError
from narrative.lexicon import by_letter, inflect_english

STANCES = (-1, 0, 1)
CLASSES = ("presupposing", "entailing", "neutral", "contested", "distancing")
_TABLES: dict[str, tuple[str, ...]] = {
    "stance": CLASSES,
    "verbs": CLASSES,
    "nouns": CLASSES,
    "embedding": ("denied", "not_asserted", "asked", "hypothetical"),
    "modifiers": ("hearsay", "distanced", "endorsed"),
    "phrases": (
        *("distanced", "passive", "endorsed", "concessive", "neutral"),
        *("denied", "refuted", "not_asserted", "hypothetical"),
    ),
    "grammar": (
        *("negation", "gap", "no_subject", "conditional", "modal", "whether"),
        *("edge", "noun_before", "noun_after", "mention", "as"),
    ),
}
_WORDS = ("verbs", "nouns", "embedding")
Patterns = dict[str, re.Pattern[str]]


@dataclass(frozen=True)
class Cue:
    """A reporting word: its half-open span, its class ("" if not listed), whether it is a noun."""

    start: int
    end: int
    kind: str
    noun: bool


@dataclass(frozen=True)
class DistanceLexicon:
    """Compiled reporting words of one language, by class.

    Parameters
    ----------
    lang : str
    stance : dict of class to int
        Cue stance of a class, -1, 0 or 1.
    verbs, nouns : dict of class to pattern
        Reporting verbs and the nouns made of them.
    embedding : dict of str to pattern
        Verbs that deny, withhold, ask or suppose their content.
    modifiers : dict of str to pattern
        Adverbs that move the stance of the word beside them.
    phrases : dict of str to pattern
        Wordings that decide whatever the verb.
    grammar : dict of str to pattern
        Function words.
    forms : frozenset of str
        Every listed form of ``verbs``, ``nouns`` and ``embedding``.
    """

    lang: str
    stance: Mapping[str, int]
    verbs: Patterns
    nouns: Patterns
    embedding: Patterns
    modifiers: Patterns
    phrases: Patterns
    grammar: Patterns
    forms: frozenset[str]

    def reporting(self, text: str, start: int = 0, end: int | None = None) -> list[Cue]:
        """Return the reporting words of ``text[start:end]`` in order, the longer of two."""
        end = len(text) if end is None else end
        found = []
        for kind, pattern in (*self.verbs.items(), *self.embedding.items()):
            listed = kind if kind in self.verbs else "neutral"
            spans = [m.span() for m in pattern.finditer(text, start, end)]
            found += [Cue(*s, listed, False) for s in spans if not self._is_noun(text, *s)]
        for kind, pattern in self.nouns.items():
            found += [Cue(*m.span(), kind, True) for m in pattern.finditer(text, start, end)]
        out: list[Cue] = []
        # The sort is stable: a verb stays before the noun of the same form.
        for cue in sorted(found, key=lambda c: (c.start, -c.end)):
            if not out or cue.start >= out[-1].end:
                out.append(cue)
        return out

    def _is_noun(self, text: str, start: int, end: int) -> bool:
        """Say whether a form that is verb and noun ("claims") is a noun here."""
        if not any(p.fullmatch(text, start, end) for p in self.nouns.values()):
            return False
        before, after = text[max(0, start - 60) : start], text[end : end + 20].lstrip()
        if self.grammar["noun_before"].search(before) or self.grammar["noun_after"].match(after):
            return True
        # "confirmed claims that", and with an adjective "rejected foreign claims that".
        governed = [(p, 0) for p in self.verbs.values()] + [(self.embedding["denied"], 2)]
        return any(
            len(before[m.end() :].split()) <= gap for p, gap in governed for m in p.finditer(before)
        )


@cache
def load_distance(lang: str = "en") -> DistanceLexicon:
    """Return the lexicon of a language; a language without a file gets the English one."""
    path = files("narrative") / f"data/distance_{lang}.toml"
    if lang != "en" and not (re.fullmatch(r"\w+", lang) and path.is_file()):
        return load_distance("en")
    return read_distance(path)


def read_distance(path: Path | Traversable) -> DistanceLexicon:
    """Read a lexicon of distance from TOML.

    Words are given in base form, with irregular forms after slashes, where the file says
    ``inflect = true`` (English); otherwise as they stand, "*" for any ending. Phrases, modifiers
    and function words are regular expressions.

    Raises
    ------
    InputError
        If the file is not TOML, a key is missing or unknown, a stance is not -1, 0 or 1, a list
        holds anything but non-empty strings, a word stands in two classes, or an expression does
        not compile; file, key, what was read and what was expected are named.
    """
    name = path.name
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{name}: not valid TOML ({error}).") from None
    _check(raw, name)
    inflect: bool = raw["inflect"]
    words = {t: {k: _forms(raw[t][k], t, inflect) for k in _TABLES[t]} for t in _WORDS}
    for table in _WORDS:
        _check_once(words[table], name, table)
    rules = {
        t: {k: _rule(_checked(raw[t][k], f"{name}: {t}.{k}")) for k in _TABLES[t]}
        for t in ("modifiers", "phrases", "grammar")
    }
    gap = rf"(?:\s+(?:{'|'.join(raw['grammar']['gap'])}))*\s*$"
    for key in ("negation", "modal"):
        rules["grammar"][key] = _rule([rf"(?:{'|'.join(raw['grammar'][key])})(?![\w-]){gap}"])
    return DistanceLexicon(
        lang=raw["lang"],
        stance=raw["stance"],
        **{t: {k: _any_of(forms) for k, forms in words[t].items()} for t in _WORDS},
        **rules,
        forms=frozenset(f for table in words.values() for forms in table.values() for f in forms),
    )


def _check(raw: dict[str, object], name: str) -> None:
    for key, kind in (("lang", str), ("inflect", bool)):
        if not isinstance(raw.get(key), kind):
            raise InputError(f"{name}: {key}={raw.get(key)!r}; expected a {kind.__name__}.")
    _check_keys(raw, ("lang", "inflect", *_TABLES), name, "the file")
    for table, keys in _TABLES.items():
        entries = raw[table]
        if not isinstance(entries, dict):
            raise InputError(f"{name}: {table}={entries!r}; expected a table [{table}].")
        _check_keys(entries, keys, name, f"[{table}]")
        for key, value in entries.items():
            if table == "stance":
                if isinstance(value, bool) or value not in STANCES:
                    raise InputError(f"{name}: stance.{key}={value!r}; expected -1, 0 or 1.")
            elif not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
                raise InputError(
                    f"{name}: {table}.{key}={value!r}; expected a list of non-empty strings."
                )


def _check_keys(entries: Mapping[str, object], keys: Iterable[str], name: str, where: str) -> None:
    keys = tuple(keys)
    for key in (*sorted(set(entries) - set(keys)), *(k for k in keys if k not in entries)):
        problem = "unknown key" if key in entries else "no key"
        raise InputError(f"{name}: {problem} {key!r} in {where}; expected {', '.join(keys)}.")


def _check_once(classes: dict[str, list[str]], name: str, table: str) -> None:
    owner: dict[str, str] = {}
    for key, forms in classes.items():
        for form in forms:
            if owner.setdefault(form, key) != key:
                raise InputError(
                    f"{name}: {form!r} stands in {table}.{owner[form]} and {table}.{key}; "
                    "expected each word in one class. Remove it from one."
                )


def _forms(entries: list[str], table: str, inflect: bool) -> list[str]:
    """Return the forms of words: derived for English, as they stand for other languages."""
    if not inflect:
        return entries
    if table == "nouns":
        return [f for e in entries for f in (e.split("/") if "/" in e else (e, e + "s"))]
    return [f for e in entries for f in inflect_english(e)]


def _any_of(forms: list[str]) -> re.Pattern[str]:
    """Compile forms as whole words; "*" is any ending."""
    if not forms:
        return re.compile(r"(?!)")
    body = "|".join(p.replace(r"\*", r"\w*") for p in by_letter(forms))
    return re.compile(rf"(?<![\w-])(?:{body})(?![\w-])", re.IGNORECASE)


def _checked(parts: list[str], where: str) -> list[str]:
    for part in parts:
        try:
            re.compile(part)
        except re.error as error:
            raise InputError(
                f"{where}={part!r}; expected a regular expression ({error})."
            ) from None
    return parts


def _rule(parts: list[str]) -> re.Pattern[str]:
    """Compile expressions as whole words, the longest first."""
    if not parts:
        return re.compile(r"(?!)")
    body = "|".join(sorted(parts, key=lambda p: (-len(p), p)))
    return re.compile(rf"(?<![\w-])(?:{body})(?![\w-])", re.IGNORECASE)
