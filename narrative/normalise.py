"""Replace names, units, places and "the enemy" by role and camp, so that sides decide."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class ActorNormaliser:
    """Rewrites a claim with actors as sides and towns as "the city".

    Parameters
    ----------
    sides : dict of camp to side
        Camps that are missing here have no side: "the enemy" stays as it is in their mouth.
    patterns : tuple of (compiled pattern, replacement)
        Tried in order.
    enemy, ours : compiled patterns
        Words that name the other or the own side, by speaker.
    forces, opponents : dict of side to words and of side to side
    """

    sides: dict[str, str]
    patterns: tuple[tuple[re.Pattern[str], str], ...]
    enemy: re.Pattern[str]
    ours: re.Pattern[str]
    forces: dict[str, str]
    opponents: dict[str, str]

    def __call__(self, text: str, camp: str = "") -> str:
        """Return `text` normalised for a speaker of `camp` (unknown camps resolve no enemy).

        Examples
        --------
        >>> default_normaliser()("The enemy has lost Kupiansk.", "ukrainian")
        'Russian forces has lost the city.'
        """
        side = self.sides.get(camp)
        if side is not None:
            text = self.enemy.sub(self.forces[self.opponents[side]], text)
            text = self.ours.sub(self.forces[side], text)
        for pattern, replacement in self.patterns:
            text = pattern.sub(replacement, text)
        return re.sub(r"\b([Tt])he the\b", r"\1he", text)

    def many(self, texts: Iterable[str], camps: Iterable[str]) -> list[str]:
        """Return every text normalised for its speaker's camp."""
        return [self(t, c) for t, c in zip(texts, camps, strict=True)]


def _any(patterns: Iterable[str], flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    body = "|".join(sorted(patterns, key=len, reverse=True))
    # An empty alternative would match between any two signs.
    return re.compile(rf"(?<!\w)(?:{body})(?!\w)" if body else r"(?!)", flags)


def _literal(names: Iterable[str]) -> list[str]:
    return [re.escape(n.strip()) for n in names if n.strip()]


@cache
def _lexicon() -> dict[str, Any]:
    return tomllib.loads((files("narrative") / "data/actors.toml").read_text(encoding="utf-8"))


def build_normaliser(
    sources: pd.DataFrame | None = None, places: pd.DataFrame | None = None
) -> ActorNormaliser:
    """Build a normaliser from the shipped lexicon and the study's sources and places.

    Parameters
    ----------
    sources : DataFrame, optional
        The ``sources`` table; persons with a side become "a Russian official" and the like.
    places : DataFrame, optional
        The ``places`` table; every spelling becomes "the city".
    """
    lexicon = _lexicon()
    camps: dict[str, str] = lexicon["camps"]
    town = lexicon["places"]["word"]
    patterns: list[tuple[re.Pattern[str], str]] = []
    if places is not None and len(places):
        names = set(places["name"]) | {a for v in places["aliases"] for a in v.split("|")}
        patterns.append((_any(_literal(names)), town))
    for side in sorted(set(camps.values())):
        entry = lexicon[side]
        persons = set(entry["persons"])
        if sources is not None:
            mine = sources[(sources["kind"] == "person") & (sources["camp"].map(camps) == side)]
            persons |= set(mine["name"]) | {a for v in mine["aliases"] for a in v.split("|")}
        patterns += [
            (_any(entry["force_names"], re.IGNORECASE), entry["forces"]),
            (_any(_literal(persons)), entry["person"]),
            (_any(entry["country_names"], re.IGNORECASE), entry["country"]),
        ]
    kept = "|".join(_literal(lexicon["places"]["kept"]))
    patterns.append((re.compile(rf"(?!(?:{kept})\b){lexicon['places']['pattern']}"), town))
    return ActorNormaliser(
        sides=camps,
        patterns=tuple(patterns),
        enemy=_any(lexicon["enemy"]["words"], re.IGNORECASE),
        ours=_any(lexicon["ours"]["words"], re.IGNORECASE),
        forces={s: lexicon[s]["forces"] for s in set(camps.values())},
        opponents={s: lexicon[s]["opponent"] for s in set(camps.values())},
    )


@cache
def default_normaliser() -> ActorNormaliser:
    """Return the normaliser of the shipped lexicon alone."""
    return build_normaliser()
