"""Whether the stance scorer adds to the rules that read claims of capture (``control_gold``).

For every name of a place in a headline the shipped cross-encoder reads "Russian forces have
captured {place}." and the same of Ukraine. The wording, whether the place keeps its name or is
"the city" as in training, and the thresholds are chosen on ``development``, which the rules were
written on: what a union can add there is small by construction. ``third test`` chose nothing here.
Names are the gazetteer's, and what the rules read or would take for a name; in lower case few names
but those that the rules read are found, which flatters the scorer. "Place given" asks of the coded
places alone. On the seeds the claims are those that a run matches to the coding, as in ``e05``, of
holding a place (russian, ukrainian); wording and threshold are the headlines'.
Found: it does not. What it adds where the rules are silent is nearly all wrong, and the threshold
that is best for the union adds nothing; so the package reads control by rules alone.
Needs the headlines (``NARRATIVE_DATA``) and the seeds' run; not part of ``make reproduce``.

    NARRATIVE_DATA=... python experiments/control_stance.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from common import SEEDS, figure, gold, record_scores, table
from control_gold import (
    DEVELOPMENT,
    TEST,
    agree,
    captures,
    coded,
    key,
    matched,
    ratio,
    read,
)
from headlines import SIDE, read_headlines
from scipy.special import softmax

from narrative.agreement import match_spans
from narrative.ledger import Gazetteer, control_readings, shipped_places
from narrative.ledger.record import HOLDERS
from narrative.ledger.sentence import Sentence
from narrative.normalise import default_normaliser
from narrative.stance import PairModel, speaker_camps, stance_model
from narrative.stance.pairs import SEPARATOR
from narrative.study import read_study

Claims = set[tuple[str, str]]
Rows = list[dict[str, object]]
# {who}: Russia, {forces}: Russian forces, {whose}: Russian.
WORDINGS = (
    "{who} controls {place}.",
    "{forces} control {place}.",
    "{forces} have captured {place}.",
    "{forces} have taken {place}.",
    "{place} is under {whose} control.",
    "{forces} have liberated {place}.",
    "{place} has been taken by {forces}.",
)
_WHO = {"russian": ("Russia", "Russian"), "ukrainian": ("Ukraine", "Ukrainian")}
_TOWN = "the city"  # what the scorer was trained to read in place of a town
_MARK = "Qzx"  # stands for the place while actors are replaced
STEPS = np.round(np.arange(0.30, 0.91, 0.02), 2)


class Asked(NamedTuple):
    """A place in a text; ``start`` is -1 where the text does not name it."""

    unit: str
    text: str
    start: int
    end: int
    name: str
    camp: str


@dataclass(frozen=True)
class Choice:
    """What was chosen on development: ``alone`` and ``added`` are thresholds."""

    wording: str
    named: bool
    alone: float
    added: float


def joined(asked: Asked, named: bool) -> tuple[str, str]:
    """Return the text with its actors as sides, and how its place is called there.

    Other towns keep their names, else a proposition on "the city" could be about any of them.
    """
    whole = default_normaliser()
    actors = replace(whole, patterns=whole.patterns[:-1])  # the last is the towns'
    if asked.start < 0:
        return actors(asked.text, asked.camp), asked.name if named else _TOWN
    marked = asked.text[: asked.start] + _MARK + asked.text[asked.end :]
    called = asked.text[asked.start : asked.end] if named else _TOWN
    return actors(marked, asked.camp).replace(_MARK, called), called


def favor(asked: Sequence[Asked], wording: str, named: bool, pairs: PairModel) -> np.ndarray:
    """Return the probability that each text says so of each side, shape (n, 2).

    The scorer's gate by cosine is left out: a name in common is nearness enough.
    """
    texts = [joined(a, named) for a in asked]
    read_together = []
    for side in HOLDERS:
        who, whose = _WHO[side]
        for text, place in texts:
            said = wording.format(who=who, whose=whose, forces=f"{whose} forces", place=place)
            read_together.append(f"{text}{SEPARATOR}{said[0].upper()}{said[1:]}")
    # All at once: a call for each place would fill a pack with little.
    p = softmax(pairs.reader.encode(read_together).astype(np.float64), axis=1)[:, 2]
    return np.asarray(p.reshape(len(HOLDERS), len(asked)).T)


def candidates(unit: str, title: str, gazetteer: Gazetteer) -> list[Asked]:
    """Return the names in a headline that may be of places."""
    known = sorted(gazetteer.mentions(title))
    spans: list[tuple[int, int]] = []
    readings = [(r.start, r.end) for r, _ in control_readings(title, SIDE, gazetteer)]
    plain = title.replace("’", "'").replace("`", "'")  # as the rules do: sign for sign
    for a, b in (*readings, *known, *Sentence(plain, SIDE, known).all_names()):
        if not any(a < d and c < b for c, d in spans):
            spans.append((a, b))
    return [Asked(unit, title, a, b, title[a:b], SIDE) for a, b in sorted(spans)]


def given(unit: str, title: str, claims: pd.DataFrame) -> list[Asked]:
    """Return the coded places of a headline; one that is not spelled there stands nowhere."""
    out = []
    for name in dict.fromkeys(p for p in claims["place"] if p):
        at = title.lower().find(name.lower())
        out.append(Asked(unit, title, at, at + len(name), name, SIDE))
    return out


def asserted(
    asked: Sequence[Asked], p: np.ndarray, least: float, units: Sequence[str]
) -> list[Claims]:
    """Return by unit which side is said to hold what: the likelier, from a threshold on."""
    chosen = p.argmax(axis=1)
    rows = pd.DataFrame(
        {
            "unit": [a.unit for a in asked],
            "place": [a.name for a in asked],
            "status": [HOLDERS[c] for c in chosen],
            "certainty": "said",
        }
    )[p.max(axis=1) >= least].astype("string")
    by_unit = dict(tuple(rows.groupby("unit")))
    return [captures(by_unit[u]) if u in by_unit else set() for u in units]


def union(rules: list[Claims], scorer: list[Claims]) -> list[Claims]:
    """Return the rules' claims, and the scorer's of places on which the rules are silent."""
    out = []
    for a, b in zip(rules, scorer, strict=True):
        silent = {c for c in b if not any(agree((r, ""), (c[0], "")) for r, _ in a)}
        out.append(a | silent)
    return out


def both(rules: list[Claims], scorer: list[Claims]) -> list[Claims]:
    """Return the rules' claims that the scorer makes, too."""
    return [
        {c for c in a if any(agree(c, d) for d in b)} for a, b in zip(rules, scorer, strict=True)
    ]


def counts(want: list[Claims], got: list[Claims]) -> np.ndarray:
    """Return by unit: found of the coded, coded, right of the found, found."""
    rows = [(matched(w, g), len(w), matched(g, w), len(g)) for w, g in zip(want, got, strict=True)]
    return np.array(rows, dtype=float).reshape(-1, 4)


def scored(c: np.ndarray) -> dict[str, Callable[[np.ndarray], float]]:
    """Return precision, recall and F1 as statistics of positions."""
    one = np.ones(len(c))
    precision, recall = ratio(c[:, 2], c[:, 3], one), ratio(c[:, 0], c[:, 1], one)
    # As between the coders: what is matched of either, over all of both.
    f1 = ratio(c[:, 0] + c[:, 2], c[:, 1] + c[:, 3], one)
    return {"precision": precision, "recall": recall, "F1": f1}


def rows_of(
    dataset: str, split: str, what: str, want: list[Claims], systems: dict[str, list[Claims]],
    groups: Sequence[str], unit: str,
) -> Rows:  # fmt: skip
    """Return each system's precision, recall and F1."""
    out = []
    for system, got in systems.items():
        c = counts(want, got)
        n = {"precision": c[:, 3], "recall": c[:, 1], "F1": c[:, 1]}
        for metric, score in scored(c).items():
            name = f"{what}: {metric}"
            out.append(
                figure(dataset, split, name, system, score, list(groups), unit, counts=n[metric])
            )
    return out


@dataclass(frozen=True)
class Part:
    """A part of the coded headlines: by headline what is coded and what the rules read."""

    units: list[str]
    claims: dict[str, pd.DataFrame]
    titles: dict[str, str]
    want: list[Claims]
    rules: list[Claims]
    asked: list[Asked]


def part_of(name: str, coding: pd.DataFrame, titles: dict[str, str]) -> Part:
    """Return a part with its candidates."""
    claims = dict(tuple(coding[coding["part"] == name].groupby("headline", sort=False)))
    units, gazetteer = list(claims), Gazetteer(shipped_places())
    rules = [captures(r) for r in read(pd.Series([titles[u] for u in units]))]
    asked = [a for u in units for a in candidates(u, titles[u], gazetteer)]
    return Part(units, claims, titles, [captures(claims[u]) for u in units], rules, asked)


def f1(want: list[Claims], got: list[Claims]) -> float:
    value = scored(counts(want, got))["F1"](np.arange(len(want)))
    return 0.0 if np.isnan(value) else value


def choose(part: Part, pairs: PairModel, ways: Sequence[bool] = (True, False)) -> Choice:
    """Return what has the best F1 alone, and the least threshold of the union's best.

    The lower it is, the more the union can add elsewhere.
    """
    best = (-1.0, "", True, 0.0)
    for wording in WORDINGS:
        for named in ways:
            p = favor(part.asked, wording, named, pairs)
            for t in STEPS:
                value = f1(part.want, asserted(part.asked, p, t, part.units))
                if value > best[0]:
                    best = (value, wording, named, float(t))
    _, wording, named, alone = best
    p = favor(part.asked, wording, named, pairs)
    values = [
        f1(part.want, union(part.rules, asserted(part.asked, p, t, part.units))) for t in STEPS
    ]
    return Choice(wording, named, alone, float(STEPS[int(np.argmax(values))]))


def systems_of(
    asked: Sequence[Asked], p: np.ndarray, units: Sequence[str], rules: list[Claims], choice: Choice
) -> dict[str, list[Claims]]:
    """Return what the rules, the scorer and both together say."""
    alone = asserted(asked, p, choice.alone, units)
    added = asserted(asked, p, choice.added, units)
    return {
        "rules": rules,
        "scorer": alone,
        "union": union(rules, alone),
        "union, threshold of its own": union(rules, added),
        "intersection": both(rules, alone),
    }


def headline_rows(name: str, part: Part, choice: Choice, pairs: PairModel) -> Rows:
    """Return the figures of a part, with places found and with places given."""
    p = favor(part.asked, choice.wording, choice.named, pairs)
    systems = systems_of(part.asked, p, part.units, part.rules, choice)
    unit = "claims, interval by headline"
    rows = rows_of("headlines", name, "capture claims", part.want, systems, part.units, unit)
    told = [a for u in part.units for a in given(u, part.titles[u], part.claims[u])]
    p = favor(told, choice.wording, choice.named, pairs)
    alone = {"scorer": asserted(told, p, choice.alone, part.units)}
    what = "capture claims, place given"
    return rows + rows_of("headlines", name, what, part.want, alone, part.units, unit)


def seed_rows(choice: Choice, pairs: PairModel) -> Rows:
    """Return the figures on the coded claims of the seeds that a run finds.

    A claim is about the place that it names, else the one named last before it in its document.
    """
    hand, found, control = gold(), table("claims"), table("control")
    texts = table("documents").set_index("doc_id")["text"]
    gazetteer = Gazetteer(read_study(SEEDS).places())
    camps = dict(zip(found["claim_id"], speaker_camps(found, table("sources")), strict=True))
    spans = match_spans(hand, found)
    rules, asked, want, units = [], [], [], []
    held = control[control["claimed_status"].isin(HOLDERS)].groupby("claim_id")["claimed_status"]
    by_rules = held.first()
    for g, f in zip(hand.loc[spans["first"]].to_dict("records"),
                    found.loc[spans["second"]].to_dict("records"), strict=True):  # fmt: skip
        unit, text = str(f["claim_id"]), str(f["text"])
        status = by_rules.get(unit, "")
        units.append(unit)
        want.append({("x", g["control_status"])} if g["control_status"] in HOLDERS else set())
        rules.append({("x", status)} if status else set())
        named = list(gazetteer.mentions(text))[:1]
        before = [s for s in gazetteer.mentions(str(texts[f["doc_id"]])) if s[1] <= f["start"]]
        if named or before:
            start, end = named[0] if named else (-1, -1)
            asked.append(Asked(unit, text, start, end, "x", camps[unit]))
    p = favor(asked, choice.wording, choice.named, pairs)
    systems = systems_of(asked, p, units, rules, choice)
    docs = hand.loc[spans["first"], "doc_id"].tolist()
    starts = hand.loc[spans["first"], "start"]
    groups = [f"{d} {a // 2000}" for d, a in zip(docs, starts, strict=True)]
    unit_name = "matched claims, interval by 2,000 characters"
    what = "claims of holding a place"
    return rows_of("seeds gold", "all", what, want, systems, groups, unit_name)


def main() -> None:
    headlines = read_headlines()
    if headlines is None:
        raise SystemExit("Set NARRATIVE_DATA to the folder that holds war/ru_state_media.")
    titles = {key(str(t)): str(t) for t in headlines["title"]}
    coding, pairs = coded("coding"), stance_model().pairs
    parts = {name: part_of(name, coding, titles) for name in (DEVELOPMENT, TEST)}
    choice = choose(parts[DEVELOPMENT], pairs)
    # A claim in prose seldom names its place, so there it is "the city" as the scorer knows it.
    prose = choice if not choice.named else choose(parts[DEVELOPMENT], pairs, ways=(False,))
    print(choice, prose, sep="\n")
    rows = [r for name, part in parts.items() for r in headline_rows(name, part, choice, pairs)]
    rows += seed_rows(prose, pairs)
    scores = record_scores("control stance", rows, alone=False)
    shown = ["dataset", "split", "metric", "system", "value", "low", "high", "n"]
    print(scores[shown].to_string(index=False))


if __name__ == "__main__":
    main()
