"""Claims with propositions, as the cross-encoder trains on them.

From ``training/``: other contests (``topics_*.txt``, ``pairs.jsonl``), the written claims with
wordings of the seven propositions, and two claims of one family or quartet with each other. Of the
last two kinds many get other names for the sides of the war in both texts (``sides.json``), so that
who does what to whom decides, whoever they are. From ``NARRATIVE_DATA/stance``, of the sets whose
licence allows it: the training parts of Perspectrum (CC BY-SA 4.0) and ArgKP-2021 (Apache-2.0), and
MED (CC BY-SA 4.0).
"""

from __future__ import annotations

import json
import re
from itertools import permutations
from typing import NamedTuple

import numpy as np
import pandas as pd
from stance_data import (
    PROPOSITIONS,
    STANCE_COLUMNS,
    TRAINING,
    other_contests,
    quartets,
)
from stance_sets import read_set

from narrative.normalise import default_normaliser

# Of each kind, the share of its pairs that an epoch draws. The open sets are large, and few of
# their pairs turn on who does what.
SHARES = {
    "contests": 1.0,
    "narratives": 1.0,
    "families": 0.4,
    "quartets": 0.4,
    "Perspectrum": 0.3,
    "ArgKP": 0.08,
    "ArgKP key points": 0.08,
    "MED": 0.1,
}
# Kinds that share their subjects.
KIN = ({"claims", "families", "quartets", "narratives"}, {"ArgKP", "ArgKP key points"})
# Members of a family that say the same.
SAME = {"base", "paraphrase", "paraphrase2", "enemy"}
SWAPPED = {"actor_swap", "swap_paraphrase", "enemy2"}
PER_CLAIM = 0.3  # claims with a wording, to an epoch, for each written claim
RENAMED = 0.6  # of the pairs on this war, the share whose sides get other names, or each other's
STRANGERS = 0.1  # unrelated pairs, of all others in an epoch


class Pair(NamedTuple):
    """A claim, a proposition and the stance of the one towards the other."""

    claim: str
    proposition: str
    stance: int


def as_pairs(table: pd.DataFrame) -> list[Pair]:
    """Return the rows of ``claim, proposition, stance``, actors normalised as the scorer does."""
    normaliser = default_normaliser()
    columns = table[["claim", "proposition", "stance"]].itertuples(index=False)
    return [Pair(normaliser(str(c)), normaliser(str(p)), int(s)) for c, p, s in columns]


def wordings() -> dict[str, dict[str, list[str]]]:
    """Return other wordings of each proposition, and of its opposite, as the scorer reads them."""
    out = json.loads((TRAINING / "wordings.json").read_text(encoding="utf-8"))
    normaliser = default_normaliser()
    return {
        key: {side: [normaliser(t) for t in out[key][side]] for side in ("same", "opposite")}
        for key in PROPOSITIONS
    }


# What normalised claims call the sides: a country, its adjective, its people.
OWN_NAMES = (("Russia", "Russian", "Russians"), ("Ukraine", "Ukrainian", "Ukrainians"))
_NAMED = re.compile(r"\b(?:Russia|Ukraine|Russian|Ukrainian|Russians|Ukrainians)\b")


def side_names() -> list[tuple[str, ...]]:
    """Return other names for a side of a contest, each in the forms of ``OWN_NAMES``."""
    return [tuple(n) for n in json.loads((TRAINING / "sides.json").read_text(encoding="utf-8"))]


def renamed(pair: Pair, first: tuple[str, ...], second: tuple[str, ...]) -> Pair:
    """Return a pair on this war with the sides called `first` and `second` in both texts.

    The stance stays: whoever they are, the same is said of the same.

    Examples
    --------
    >>> reds, blues = ("the Reds", "Red", "the Reds"), ("the Blues", "Blue", "the Blues")
    >>> renamed(Pair("Russian forces fled.", "Ukraine is winning.", 1), reds, blues)
    Pair(claim='Red forces fled.', proposition='the Blues is winning.', stance=1)
    """
    new = dict(zip((*OWN_NAMES[0], *OWN_NAMES[1]), (*first, *second), strict=True))
    claim, proposition = (_NAMED.sub(lambda m: new[m[0]], t) for t in pair[:2])
    return Pair(claim, proposition, pair.stance)


def between_claims(table: pd.DataFrame) -> list[Pair]:
    """Return pairs of claims of one family: paraphrases agree, swapped and denied ones contradict.

    Only where the codes bear it out: the same two main stances, or one of them turned.
    """
    table = table[table["op"].fillna("") != ""]
    out = []
    main = [STANCE_COLUMNS[0], STANCE_COLUMNS[2]]
    for _, part in table.groupby("group"):
        rows = part.to_dict("records")
        for a in rows:
            for b in rows:
                if a is b or "stranger" in (a["op"], b["op"]):
                    continue
                x, y = (np.array([r[k] for k in main]) for r in (a, b))
                ops = {a["op"], b["op"]}
                if ops <= SAME or ops <= SWAPPED:
                    if (x == y).all():
                        out.append(Pair(a["input"], b["input"], 1))
                elif (x * y).min() < 0:
                    out.append(Pair(a["input"], b["input"], -1))
    return out


def within_quartets(table: pd.DataFrame) -> list[Pair]:
    """Return pairs of a quartet's claims: wordings of an assertion agree, others contradict."""
    normaliser = default_normaliser()
    out = []
    for row in table.to_dict("records"):
        sides = [
            [normaliser(row[k]) for k in keys]
            for keys in (("first", "same"), ("turned", "counter"))
        ]
        out += [Pair(a, b, 1) for side in sides for a, b in permutations(side)]
        out += [Pair(a, b, -1) for x, y in permutations(sides) for a in x for b in y]
    return out


def open_pairs() -> dict[str, list[Pair]]:
    """Return the pairs of the open sets that may train, by set."""
    out = {}
    for name in ("Perspectrum", "ArgKP", "ArgKP key points", "MED"):
        table = read_set(name)
        out[name] = as_pairs(table[table["split"] == "train"])
    return out


class Sampler:
    """Draws an epoch's pairs.

    Parameters
    ----------
    claims : DataFrame
        As ``stance_data.written`` returns them.
    """

    def __init__(self, claims: pd.DataFrame) -> None:
        self.texts = claims["input"].tolist()
        self.codes = claims[STANCE_COLUMNS].to_numpy(dtype=float)
        contests = other_contests().query("split == 'train'")
        of_this_war = contests["kind"] == "topics_narratives"
        self.kinds = {
            "contests": as_pairs(contests[~of_this_war]),
            "narratives": as_pairs(contests[of_this_war]),
            "families": between_claims(claims),
            "quartets": within_quartets(quartets().query("split == 'train'")),
        }
        self.kinds |= open_pairs()
        self.words, self.names = wordings(), side_names()

    def epoch(self, rng: np.random.Generator) -> list[Pair]:
        """Return an epoch's pairs, in no particular order."""
        parts = {
            name: [p for p in pairs if rng.random() < SHARES[name]]
            for name, pairs in self.kinds.items()
        }
        drawn = rng.permutation(len(self.texts))[: round(PER_CLAIM * len(self.texts))]
        parts["claims"] = [self._of_claim(i, rng) for i in drawn]
        for name in ("claims", "families", "quartets"):
            parts[name] = [self._renamed(p, rng) for p in parts[name]]
        out = [p for pairs in parts.values() for p in pairs]
        return out + self._strangers(parts, round(STRANGERS * len(out)), rng)

    def _of_claim(self, i: int, rng: np.random.Generator) -> Pair:
        """Return a claim with one of the propositions, mostly one that it takes a side on."""
        codes, keys = self.codes[i], list(PROPOSITIONS)
        known = [j for j in range(len(keys)) if not np.isnan(codes[j])]
        taken = [j for j in known if codes[j] != 0]
        j = int(rng.choice(taken if taken and rng.random() < 0.65 else known))
        key, stance = keys[j], int(codes[j])
        kind = rng.random()
        if kind < 0.2:
            return Pair(self.texts[i], PROPOSITIONS[key], stance)
        side, sign = ("same", 1) if kind < 0.6 else ("opposite", -1)
        return Pair(self.texts[i], str(rng.choice(self.words[key][side])), sign * stance)

    def _renamed(self, pair: Pair, rng: np.random.Generator) -> Pair:
        """Return the pair as it is, or with its sides renamed, or with each other's names.

        Where only one text names a side, other names would tear the two apart.
        """
        kind = rng.random()
        if kind >= RENAMED or not all(map(_NAMED.search, pair[:2])):
            return pair
        if kind < RENAMED / 6:
            return renamed(pair, *OWN_NAMES[::-1])
        first, second = rng.choice(len(self.names), size=2, replace=False)
        return renamed(pair, self.names[first], self.names[second])

    def _strangers(
        self, parts: dict[str, list[Pair]], n: int, rng: np.random.Generator
    ) -> list[Pair]:
        """Return claims with propositions of another kind of pair: nothing to do with each other.

        Claims of one war are never put before propositions on the same war, nor arguments before
        other forms of their own motions.
        """
        out: list[Pair] = []
        names = [k for k in parts if parts[k]]
        while len(out) < n:
            first, second = (names[int(i)] for i in rng.integers(len(names), size=2))
            if first == second or any({first, second} <= kin for kin in KIN):
                continue
            a = parts[first][int(rng.integers(len(parts[first])))]
            b = parts[second][int(rng.integers(len(parts[second])))]
            out.append(Pair(a.claim, b.proposition, 0))
        return out
