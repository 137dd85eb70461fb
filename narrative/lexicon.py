"""The lexicon of reporting verbs and frames, read from data so that a language is a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from narrative.grammar import Grammar, build_grammar
from narrative.language import read_language


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
    forms : dict of str to (int, bool)
        Cue stance of a form and whether it needs "that".
    distancing, endorsing : pattern
        Adverbs that move the cue stance.
    grammar : Grammar
        The shapes of reported speech.
    pronouns : mapping of str to str
        Pronouns that can be a source, and the English one that each stands for.
    """

    verb: re.Pattern[str]
    according: re.Pattern[str]
    impersonal: re.Pattern[str]
    speaker_noun: re.Pattern[str]
    forms: dict[str, tuple[int, bool]]
    distancing: re.Pattern[str]
    endorsing: re.Pattern[str]
    grammar: Grammar
    pronouns: Mapping[str, str]

    def stance(self, cue: str, frame: str = "") -> int:
        """Return the cue stance of a reporting verb within its frame, -1, 0 or 1."""
        if self.distancing.search(frame):
            return -1
        base = self.forms.get(re.sub(r"\s+", " ", cue.casefold()), (0, False))[0]
        return 1 if base == 0 and self.endorsing.search(frame) else base

    def needs_that(self, cue: str) -> bool:
        """Say whether the verb reports only with "that" or a colon."""
        return self.forms.get(re.sub(r"\s+", " ", cue.casefold()), (0, False))[1]


def _inflect(entry: str) -> list[str]:
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


def _by_letter(forms: Iterable[str]) -> list[str]:
    """Return one pattern for each first letter, which is several times faster to search."""
    groups: dict[str, list[str]] = {}
    for form in sorted(forms, key=lambda f: (-len(f), f)):
        rest = re.escape(form[1:]).replace(r"\ ", r"\s+")
        groups.setdefault(re.escape(form[0]), []).append(rest)
    return [f"{letter}(?:{'|'.join(rest)})" for letter, rest in groups.items()]


@cache
def load_cues(lang: str = "en") -> CueLexicon:
    """Return the lexicon of a language; a language without a file gets the English one.

    The caller says which was used: ``claims`` records it in ``attrs["cue_language"]``.
    """
    raw = read_language(lang)
    if lang != "en" and raw is read_language("en"):
        return load_cues("en")
    forms: dict[str, tuple[int, bool]] = {}
    for group, needs_that in (("verbs", False), ("that_verbs", True)):
        for stance, entries in raw[group].items():
            for entry in entries:
                forms.update(dict.fromkeys(_inflect(entry), (int(stance), needs_that)))
    frames = raw["frames"]

    def compiled(parts: list[str]) -> re.Pattern[str]:
        ordered = sorted(parts, key=lambda p: (-len(p), p))
        return re.compile(rf"(?<![\w-])(?:{'|'.join(ordered)})(?![\w-])", re.IGNORECASE)

    nouns = "|".join(sorted(map(re.escape, raw["nouns"]["speakers"]), key=len, reverse=True))
    return CueLexicon(
        verb=compiled(_by_letter(forms)),
        according=compiled(frames["according"]),
        impersonal=compiled(frames["impersonal"]),
        speaker_noun=re.compile(
            rf"(?:(?:the|a|an|one|some|another|many|several|these|those)\s+)?(?:[\w’'\-]+\s+){{0,4}}(?:{nouns})$",
            re.IGNORECASE,
        ),
        forms=forms,
        distancing=compiled(frames["distancing"]),
        endorsing=compiled(frames["endorsing"]),
        grammar=build_grammar(raw["grammar"], raw["pronouns"]),
        pronouns=raw["pronouns"],
    )
