"""The lexicon of reporting verbs and frames, read from data so that a language is a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from narrative.grammar import Grammar, build_grammar
from narrative.inflect import case_forms
from narrative.language import read_language


@dataclass(frozen=True)
class FreeOrder:
    """What a language needs besides in which case, not word order, says what is subject.

    Parameters
    ----------
    oblique_noun : pattern
        A noun phrase whose head can speak, in another case, at the end of a string.
    noun : pattern
        A noun that can speak, in any case.
    voice : pattern
        A noun that speaks for the organisation named after it ("spokesman").
    possessives : mapping of str to str
        "his" in "by his words", and the English pronoun that each stands for.
    groups : mapping of str to pattern
        Adjectives that state a camp, by the English one that each stands for.
    """

    oblique_noun: re.Pattern[str]
    noun: re.Pattern[str]
    voice: re.Pattern[str]
    possessives: Mapping[str, str]
    groups: Mapping[str, re.Pattern[str]]


@dataclass(frozen=True)
class CueLexicon:
    """Compiled reporting verbs and frames of one language.

    Parameters
    ----------
    verb : pattern
        Any form of a reporting verb.
    according : pattern
        Frames that a source follows ("according to").
    impersonal : pattern
        Frames without a source ("it was reported").
    speaker_noun : pattern
        A noun phrase whose head can speak, at the end of a string.
    forms : dict of str to bool
        Every form of a reporting verb, and whether it needs "that".
    distancing : pattern
        Words for hearsay ("allegedly").
    grammar : Grammar
        The shapes of reported speech.
    pronouns : mapping of str to str
        Pronouns that can be a source, and the English one that each stands for.
    free_order : FreeOrder, optional
        None where word order says what is subject.
    """

    verb: re.Pattern[str]
    according: re.Pattern[str]
    impersonal: re.Pattern[str]
    speaker_noun: re.Pattern[str]
    forms: dict[str, bool]
    distancing: re.Pattern[str]
    grammar: Grammar
    pronouns: Mapping[str, str]
    free_order: FreeOrder | None = None

    def needs_that(self, cue: str) -> bool:
        """Say whether the verb reports only with "that" or a colon."""
        return self.forms.get(_plain(cue), False)


def _plain(cue: str) -> str:
    return re.sub(r"[’ʼ]", "'", re.sub(r"\s+", " ", cue.casefold()))


def _inflect(entry: str, endings: Mapping[str, list[str]]) -> list[str]:
    """Return the forms of an entry, from its classes of endings or by the English rule."""
    if not endings:
        return inflect_english(entry)
    forms = []
    for part in entry.split("/"):
        stem, plus, name = part.partition("+")
        forms += [stem + ending for ending in endings[name]] if plus else [part]
    return forms


def inflect_english(entry: str) -> list[str]:
    """Return the forms of an English verb; irregular ones follow its base after slashes."""
    head, _, particle = entry.partition(" ")
    base, *irregular = head.split("/")
    stem = base[:-1] if base.endswith("e") else base
    third = (
        base[:-1] + "ies"
        if re.search(r"[^aeiou]y$", base)
        else base + ("es" if base.endswith(("s", "sh", "ch")) else "s")
    )
    progressive = (base if base.endswith("ee") else stem) + "ing"
    forms = [base, third, *(irregular or [stem + "ed", progressive])]
    return [f"{f} {particle}".strip() for f in forms]


def by_letter(forms: Iterable[str]) -> list[str]:
    """Return one pattern for each first letter, which is several times faster to search."""
    groups: dict[str, list[str]] = {}
    for form in sorted(forms, key=lambda f: (-len(f), f)):
        rest = re.escape(form[1:]).replace(r"\ ", r"\s+").replace("'", "[’'ʼ]")
        groups.setdefault(re.escape(form[0]), []).append(rest)
    return [f"{letter}(?:{'|'.join(rest)})" for letter, rest in groups.items()]


def _forms(raw: Mapping[str, Any]) -> dict[str, bool]:
    endings = raw.get("endings", {})
    return {
        form: needs_that
        for group, needs_that in (("verbs", False), ("that_verbs", True))
        for entry in raw[group]["words"]
        for form in _inflect(entry, endings)
    }


def _whole(parts: Iterable[str]) -> re.Pattern[str]:
    ordered = sorted(parts, key=lambda p: (-len(p), p))
    return re.compile(rf"(?<![\w-])(?:{'|'.join(ordered)})(?![\w-])", re.IGNORECASE)


def _noun_phrase(nouns: Iterable[str], complement_words: int) -> re.Pattern[str]:
    """Return what ends in one of the nouns and up to so many words that depend on it."""
    heads = "|".join(sorted(map(re.escape, nouns), key=len, reverse=True))
    complement = rf"(?:\s+[\w’'\-]+){{0,{complement_words}}}" if complement_words else ""
    return re.compile(
        r"(?:(?:the|a|an|one|some|another|many|several|these|those)\s+)?"
        rf"(?:[\w’'\-]+\s+){{0,4}}(?:{heads}){complement}$",
        re.IGNORECASE,
    )


def _free_order(raw: Mapping[str, Any]) -> FreeOrder | None:
    if not raw["free_order"]:
        return None
    nouns = raw["nouns"]
    oblique = {form for noun in nouns["speakers"] for form in case_forms(noun)}
    return FreeOrder(
        oblique_noun=_noun_phrase(oblique, nouns["complement_words"]),
        noun=_whole({*map(re.escape, oblique), *map(re.escape, nouns["speakers"])}),
        voice=_whole(nouns["voices"]),
        possessives=raw["possessives"],
        groups={name: _whole(words) for name, words in raw["groups"].items()},
    )


@cache
def load_cues(lang: str = "en") -> CueLexicon:
    """Return the lexicon of a language; a language without a file gets the English one.

    The caller says which was used: ``claims`` records it in ``attrs["cue_language"]``.
    """
    raw = read_language(lang)
    if lang != "en" and raw is read_language("en"):
        return load_cues("en")
    forms, frames, nouns = _forms(raw), raw["frames"], raw["nouns"]
    return CueLexicon(
        verb=_whole(by_letter(forms)),
        according=_whole(frames["according"]),
        impersonal=_whole(frames["impersonal"]),
        speaker_noun=_noun_phrase(nouns["speakers"], nouns.get("complement_words", 0)),
        forms=forms,
        distancing=_whole(frames["distancing"]),
        grammar=build_grammar(raw["grammar"], raw["pronouns"]),
        pronouns=raw["pronouns"],
        free_order=_free_order(raw),
    )
