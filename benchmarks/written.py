"""Texts written for benchmarks: a few claims each, no two alike, names as many as a corpus has."""

from __future__ import annotations

import numpy as np

_WHO = (
    "The Ministry of Defence", "The General Staff", "Residents", "Officials", "The governor",
    "{name}",
)  # fmt: skip
_SAID = ("said", "announced", "denied", "claimed", "told reporters", "reported")
_WHAT = (
    "its troops had captured {place}", "the army was advancing near {place}",
    "the offensive had failed at {place}", "{place} was quiet", "sanctions would not work",
    "the talks in {place} were over", "weapons had reached {place}", "prices in {place} had risen",
    "a victory was inevitable", "the bridge at {place} had not fallen",
)  # fmt: skip
_PLACES = ("Kupiansk", "Lyman", "Pokrovsk", "Kharkiv", "Siversk", "Vovchansk", "Huliaipole")
_ONSETS, _ENDS = ("Bor", "Kal", "Mir", "Ser", "Tom", "Vel", "Yan", "Zor"), ("enko", "ov", "uk")
_GIVEN = ("Oleh", "Ivan", "Anna", "Maria", "Viktor", "Petro")


def _name(k: int) -> str:
    """Return the name of the person of a number."""
    middle = "".join("aeiou"[d] + "lmnrst"[d] for d in (k // 24 % 5, k // 120 % 5, k // 600 % 5))
    return f"{_GIVEN[k % 6]} {_ONSETS[k % 8]}{middle}{_ENDS[k // 8 % 3]}"


def written(n: int, claims: int = 4) -> list[str]:
    """Return texts of so many sentences that report something; persons grow as n to the 0.7."""
    rng = np.random.default_rng(0)
    persons, out = max(1, int(n**0.7)), []
    for i in range(n):
        sentences = []
        for _ in range(claims):
            who = _WHO[rng.integers(len(_WHO))].format(name=_name(int(rng.integers(persons))))
            what = _WHAT[rng.integers(len(_WHAT))]
            what = what.format(place=_PLACES[rng.integers(len(_PLACES))])
            day = rng.integers(1, 29)
            sentences.append(
                f"{who} {_SAID[rng.integers(len(_SAID))]} on {day} October that {what}, and that "
                f"unit {rng.integers(10**6)} of group {i} was there."
            )
        out.append(" ".join(sentences))
    return out
