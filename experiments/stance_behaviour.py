"""Behavioural tests of the stance scorer (CheckList: Ribeiro et al., ACL 2020) on kept families.

A family holds a claim, its paraphrase, the same event told by a side that speaks of "the enemy",
the claim with the sides exchanged, and the claim denied (``training/held_out``; coded twice, items
on which the two coders differ left out). A case is a family and one of the two main propositions
on which the codes of the two claims differ, or agree, as the test asks. What can be made without
changing the meaning is made here: a saying put before the claim, another town, another subject.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from common import figure
from stance_data import PROPOSITIONS, held_out_families, other_contests

from narrative.stance import StanceModel, score_stance

SHIPPED_SYSTEM = "network + structured (shipped)"
NEVER = "none always"
MAIN = ("russian_victory_inevitable", "ukrainian_counteroffensive")
SAYINGS = (
    "A spokesman said that {}",
    "According to the statement, {}",
    "It was reported on Tuesday that {}",
    "{}, the official told reporters",
)
# Towns of one kind for another; both spellings that the claims use.
TOWNS = ("Orikhiv", "Vovchansk", "Toretsk", "Huliaipole", "Siversk", "Lyman", "Robotyne")


class Case(NamedTuple):
    """Two claims whose stances are compared; of "none" the first alone is scored."""

    test: str
    family: str
    head: str
    first: int  # row of the claims that are scored
    second: int
    wanted: str  # "flip", "same", "same side", "not the same side", "none"


def _lowered(text: str) -> str:
    """Return a claim ready to stand after "that": a plain first word loses its capital."""
    first = text.split(" ", 1)[0]
    plain = {"The", "A", "An", "In", "On", "At", "After", "By", "For", "No", "Not", "Its", "Their"}
    return text[0].lower() + text[1:] if first in plain else text


def _claims(families: pd.DataFrame) -> tuple[pd.DataFrame, dict[tuple[str, str], int]]:
    """Return the written claims and those made of them, and where each family has which."""
    rows, where = [], {}
    others = other_contests()
    others = others[(others["split"] == "test") & (others["kind"] != "topics_narratives")]
    strangers = others["claim"].drop_duplicates().tolist()
    bases = families[families["op"] == "base"]
    named = _named(bases)
    for n, r in enumerate(families.to_dict("records")):
        where[r["group"], r["op"]] = len(rows)
        rows.append({"text": r["text"], "camp": r["camp"]})
        if r["op"] != "base":
            continue
        saying = SAYINGS[n % len(SAYINGS)]
        text = r["text"].rstrip(".") if saying.startswith("{}") else r["text"]
        where[r["group"], "said"] = len(rows)
        rows.append({"text": saying.format(_lowered(text)), "camp": r["camp"]})
        town = next((t for t in r["text"].replace(",", " ").split() if t in named), None)
        if town is not None:
            other = next(
                t for t in (TOWNS[n % len(TOWNS)], TOWNS[(n + 1) % len(TOWNS)]) if t != town
            )
            where[r["group"], "town"] = len(rows)
            rows.append({"text": r["text"].replace(town, other), "camp": r["camp"]})
        where[r["group"], "stranger"] = len(rows)
        rows.append({"text": strangers[n % len(strangers)], "camp": r["camp"]})
    return pd.DataFrame(rows), where


def _named(bases: pd.DataFrame) -> set[str]:
    """Return the places that the claims name: listed ones that occur."""
    from narrative.normalise import default_normaliser

    words = {w for t in bases["text"] for w in t.replace(",", " ").replace(".", " ").split()}
    normal = default_normaliser()
    return {w for w in words if w[:1].isupper() and (normal(w) == "the city" or w in TOWNS)}


def _cases(families: pd.DataFrame, where: dict[tuple[str, str], int]) -> Iterator[Case]:
    codes = families.set_index(["group", "op"])
    for family in families["group"].unique():
        if (family, "base") not in where:
            continue
        base = where[family, "base"]
        for head in MAIN:
            own = int(codes.loc[(family, "base"), f"stance_{head}"])
            for op, test in (("paraphrase", "paraphrase keeps it"), ("enemy", "the enemy follows")):
                if (family, op) in where and own:
                    yield Case(test, family, head, base, where[family, op], "same side")
            for op, test in (("said", "X said that changes nothing"), ("town", "another town")):
                if (family, op) in where:
                    kept = "same side" if own else "same"
                    yield Case(test, family, head, base, where[family, op], kept)
            for op, test in (
                ("actor_swap", "actor swap flips"),
                ("negation", "negation flips or empties"),
            ):
                if (family, op) not in where or not own:
                    continue
                theirs = int(codes.loc[(family, op), f"stance_{head}"])
                if op == "actor_swap" and theirs == -own:
                    yield Case(test, family, head, base, where[family, op], "flip")
                elif op == "negation" and theirs != own:
                    yield Case(test, family, head, base, where[family, op], "not the same side")
            yield Case(
                "unrelated scores none", family, head, where[family, "stranger"], base, "none"
            )


def _passes(case: Case, stance: np.ndarray) -> bool:
    """Say whether a case holds. A flip or a kept side must start from a side that is taken."""
    a, b = stance[case.first], stance[case.second]
    if case.wanted == "none":
        return bool(a == 0)
    if case.wanted == "same":
        return bool(a == b)
    if case.wanted == "same side":
        return bool(a != 0 and a == b)
    if case.wanted == "flip":
        return bool(a != 0 and b == -a)
    return bool(a != 0 and b != a)


def behaviour(
    model: StanceModel | None = None, system: str = SHIPPED_SYSTEM
) -> list[dict[str, object]]:
    """Return the pass rate of every test with its interval by family, by default as shipped."""
    families = held_out_families()
    claims, where = _claims(families)
    framings = pd.DataFrame(
        {"framing_id": list(MAIN), "proposition": [PROPOSITIONS[k] for k in MAIN]}
    )
    claims = claims.assign(claim_id=[f"{i:05d}" for i in range(len(claims))])
    scores = score_stance(claims, framings, model=model)
    by_head = {
        head: part.sort_values("claim_id")["stance"].to_numpy()
        for head, part in scores.groupby("framing_id")
    }
    cases = pd.DataFrame(_cases(families, where))
    listed = list(map(Case._make, cases.to_numpy().tolist()))
    nothing = np.zeros(len(claims), dtype=int)
    out = []
    for name, found in ((system, by_head), (NEVER, dict.fromkeys(MAIN, nothing))):
        passed = np.array([_passes(c, found[c.head]) for c in listed], dtype=float)
        for test, part in cases.groupby("test"):
            mine = passed[part.index]
            out.append(
                figure(
                    "behaviour",
                    "all",
                    f"pass rate: {test}",
                    name,
                    lambda at, mine=mine: float(mine[at].mean()),
                    part["family"].tolist(),
                    "cases, interval by family",
                    n_boot=1000,
                )
            )
    return out
