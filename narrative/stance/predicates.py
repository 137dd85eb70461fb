"""The lexicon of what a side does or suffers, read from ``data/predicates_en.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

SIDES = ("russian", "ukrainian")
OTHER = {"russian": "ukrainian", "ukrainian": "russian", "": ""}
_DOUBLED = re.compile(r"([bdgklmnprtvz])\1$")


@dataclass(frozen=True)
class PredicateClass:
    """One class of predicates.

    Parameters
    ----------
    name : str
    of, adjective : str
        "agent" or "patient": whom "of" names after its nouns, and what its adjectives describe.
    two_sided : bool
        Whether the patient is the other side.
    loses : bool
        Whether the agent, and not the patient, is worse off.
    stance : mapping of str to (int, int)
        Effect on the two main propositions by agent's side, "not_" before it where denied.
    """

    name: str
    of: str
    adjective: str
    two_sided: bool
    loses: bool
    stance: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Entry:
    """A lemma with what else must stand there: a particle, a kind of object; both may be empty."""

    particles: tuple[str, ...]
    wants: str
    name: str


@dataclass(frozen=True)
class Predicates:
    """The lexicon, indexed by lemma.

    Parameters
    ----------
    classes : mapping of str to PredicateClass
        In the file's order.
    verbs, nouns, adjectives : mapping of str to tuple of Entry
        By lemma, the most demanding entry first.
    objects, operators, words, sides, light : mapping of str to collection of str
        The tables of the same names.
    irregular : mapping of str to str
    vocabulary : frozenset of str
        Every lemma that the file names.
    """

    classes: Mapping[str, PredicateClass]
    verbs: Mapping[str, tuple[Entry, ...]]
    nouns: Mapping[str, tuple[Entry, ...]]
    adjectives: Mapping[str, tuple[Entry, ...]]
    objects: Mapping[str, frozenset[str]]
    operators: Mapping[str, frozenset[str]]
    words: Mapping[str, frozenset[str]]
    sides: Mapping[str, str]
    light: Mapping[str, frozenset[str]]
    irregular: Mapping[str, str]
    vocabulary: frozenset[str]

    def lemma(self, word: str, tag: str = "") -> str:
        """Return the lemma of a lower-case form, or the form itself where none is known.

        Examples
        --------
        >>> [load_predicates().lemma(w) for w in ("seizes", "halting", "cut", "cities", "zebras")]
        ['seize', 'halt', 'cut', 'city', 'zebras']
        >>> [load_predicates().lemma("failed", tag) for tag in ("VBD", "JJ")]
        ['fail', 'failed']
        """
        if word in self.irregular and not tag.startswith("JJ"):
            return self.irregular[word]
        known = [s for s in (word, *_stems(word)) if s in self.vocabulary]
        # The file lists "failed" among the adjectives; the verb's form is another matter.
        inflected = tag.startswith("VB") and tag != "VB" and len(known) > 1
        return known[inflected] if known else word


def _stems(word: str) -> Iterator[str]:
    # "-ies" and "-ied" first: "cities" is no form of a verb "citie".
    for suffix, endings in (
        ("ies", ("y",)), ("ied", ("y",)), ("ing", ("", "e")), ("ed", ("", "e")), ("es", ("", "e")),
        ("s", ("",)),
    ):  # fmt: skip
        if word.endswith(suffix) and len(word) > len(suffix) + 1:
            stem = word[: -len(suffix)]
            yield from (stem + e for e in endings)
            if suffix in ("ing", "ed") and _DOUBLED.search(stem):
                yield stem[:-1]
    if word.endswith("men"):
        yield word[:-3] + "man"


def _index(
    classes: Mapping[str, Mapping[str, Any]], kind: str
) -> tuple[dict[str, tuple[Entry, ...]], set[str]]:
    found: dict[str, list[Entry]] = {}
    for name, table in classes.items():
        for text in table[kind]:
            head, *rest = text.split()
            wants = next((r[1:] for r in rest if r.startswith("@")), "")
            particles = tuple(r for r in rest if not r.startswith("@"))
            found.setdefault(head, []).append(Entry(particles, wants, name))
    ordered = {
        # A kind of object says more than that there is none.
        head: tuple(sorted(entries, key=lambda e: -2 * len(e.particles) - bool(e.wants)))
        for head, entries in found.items()
    }
    return ordered, set(found)


def _sets(table: Mapping[str, Sequence[str]]) -> dict[str, frozenset[str]]:
    return {name: frozenset(words) for name, words in table.items()}


@cache
def load_predicates() -> Predicates:
    """Return the shipped lexicon."""
    path = files("narrative") / "data/predicates_en.toml"
    raw: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    classes = {
        name: PredicateClass(
            name=name,
            of=table["of"],
            adjective=table["adjective"],
            two_sided=table.get("two_sided", False),
            loses=table.get("loses", False),
            stance={k: (v[0], v[1]) for k, v in table["stance"].items()},
        )
        for name, table in raw["class"].items()
    }
    indexed = {k: _index(raw["class"], k) for k in ("verbs", "nouns", "adjectives")}
    groups: list[Collection[str]] = [known for _, known in indexed.values()]
    for table in ("objects", "operators", "light"):
        groups += raw[table].values()
    return Predicates(
        classes=classes,
        verbs=indexed["verbs"][0],
        nouns=indexed["nouns"][0],
        adjectives=indexed["adjectives"][0],
        objects=_sets(raw["objects"]),
        operators=_sets(raw["operators"]),
        words=_sets(raw["words"]),
        sides={word: side for side in SIDES for word in raw["sides"][side]},
        light=_sets(raw["light"]),
        irregular=raw["irregular"],
        vocabulary=frozenset(word for group in groups for word in group),
    )
