"""Claims with propositions, as the cross-encoder trains on them.

From ``training/``: other contests (``topics_*.txt``, ``pairs.jsonl``), the written claims with
wordings of the seven propositions, and two claims of one family with each other. From
``NARRATIVE_DATA/stance``, of the sets whose licence allows it: the training parts of Perspectrum
(CC BY-SA 4.0) and ArgKP-2021 (Apache-2.0), and MED (CC BY-SA 4.0).
"""

from __future__ import annotations

import json
from typing import NamedTuple

import numpy as np
import pandas as pd
from stance_data import (
    PROPOSITIONS,
    STANCE_COLUMNS,
    TRAINING,
    other_contests,
)
from stance_sets import read_set

# Of each kind, the share of its pairs that an epoch draws. The open sets are large, and few of
# their pairs turn on who does what.
SHARES = {
    "contests": 1.0,
    "families": 0.5,
    "Perspectrum": 0.6,
    "ArgKP": 0.15,
    "ArgKP key points": 0.15,
    "MED": 0.2,
}
# Members of a family that say the same.
SAME = {"base", "paraphrase", "paraphrase2", "enemy"}
SWAPPED = {"actor_swap", "swap_paraphrase", "enemy2"}
PER_CLAIM = 0.5  # claims with a wording, to an epoch, for each written claim
STRANGERS = 0.1  # unrelated pairs, of all others in an epoch


class Pair(NamedTuple):
    """A claim, a proposition and the stance of the one towards the other."""

    claim: str
    proposition: str
    stance: int


def _pairs(table: pd.DataFrame) -> list[Pair]:
    columns = table[["claim", "proposition", "stance"]].itertuples(index=False)
    return [Pair(str(c), str(p), int(s)) for c, p, s in columns]


def wordings() -> dict[str, dict[str, list[str]]]:
    """Return other wordings of each proposition, and of its opposite."""
    out = json.loads((TRAINING / "wordings.json").read_text(encoding="utf-8"))
    return {key: out[key] for key in PROPOSITIONS}


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


def open_pairs() -> dict[str, list[Pair]]:
    """Return the pairs of the open sets that may train, by set."""
    out = {}
    for name in ("Perspectrum", "ArgKP", "ArgKP key points", "MED"):
        table = read_set(name)
        out[name] = _pairs(table[table["split"] == "train"])
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
        contests = other_contests()
        self.kinds = {
            "contests": _pairs(contests[contests["split"] == "train"]),
            "families": between_claims(claims),
        }
        self.kinds |= open_pairs()
        self.words = wordings()

    def epoch(self, rng: np.random.Generator) -> list[Pair]:
        """Return an epoch's pairs, in no particular order."""
        parts = {
            name: [p for p in pairs if rng.random() < SHARES[name]]
            for name, pairs in self.kinds.items()
        }
        drawn = rng.permutation(len(self.texts))[: round(PER_CLAIM * len(self.texts))]
        parts["claims"] = [self._of_claim(i, rng) for i in drawn]
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

    def _strangers(
        self, parts: dict[str, list[Pair]], n: int, rng: np.random.Generator
    ) -> list[Pair]:
        """Return claims with propositions of another kind of pair: nothing to do with each other.

        Claims of one war are never put before propositions on the same war.
        """
        out: list[Pair] = []
        names = [k for k in parts if parts[k]]
        while len(out) < n:
            first, second = (names[int(i)] for i in rng.integers(len(names), size=2))
            if first == second or {first, second} == {"claims", "families"}:
                continue
            a = parts[first][int(rng.integers(len(parts[first])))]
            b = parts[second][int(rng.integers(len(parts[second])))]
            out.append(Pair(a.claim, b.proposition, 0))
        return out
