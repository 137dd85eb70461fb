"""How well claims of capture are read out of headlines, against hand coding.

``seeds/headlines/coding.csv`` has the coding: a headline by source, day and the sha256 of its text,
its part, its stratum (how likely it is to claim control; ``share`` says which share of the stratum
was drawn) and its claims. A second coder's are in ``second.csv``; which settlement is meant (name,
region and district of the official codifier) was coded apart from the gazetteer, in
``places.csv``. The rules were written on ``development`` (months of odd number) and tested once on
``first test`` (even ones); they have seen its misses since, and its figures are of the rules
before. ``second test`` is another draw from the even months; the rules were mended on its misses in
turn. ``third test`` is more of that draw, by one coder, for the rules as they are: ``--test``
scores it. Names in all headlines were read when the gazetteer was made, which flatters places.
Needs the headlines (``NARRATIVE_DATA``); not part of ``make reproduce``, its figures stay in
``figures/scores.csv``.

    NARRATIVE_DATA=... python experiments/control_gold.py [--test]
"""

from __future__ import annotations

import argparse
import hashlib
import re
from collections.abc import Callable

import numpy as np
import pandas as pd
from common import SEEDS, figure, record_scores
from headlines import SIDE, read_headlines

from narrative.ledger import Gazetteer, control_readings, shipped_places
from narrative.ledger.record import HOLDERS

GOLD = SEEDS / "headlines"
DEVELOPMENT, TEST = "development", "third test"
# What is claimed of regions, areas or unnamed places has no town to be resolved to.
_NO_TOWN = re.compile(
    r"^#|^sqkm|region|republic|oblast|\bdpr\b|\blpr\b|donbas|crimea|bank of|crossing|nuclear|"
    r"border",
    re.IGNORECASE,
)


def key(title: str) -> str:
    """Return what a headline is known by."""
    return hashlib.sha256(title.encode("utf-8")).hexdigest()[:16]


def coded(name: str) -> pd.DataFrame:
    """Return a coding: a row a claim, with ``status`` "" for headlines without one."""
    return pd.read_csv(GOLD / f"{name}.csv", dtype="string", keep_default_na=False)


def captures(claims: pd.DataFrame) -> set[tuple[str, str]]:
    """Return who is said to have taken or to hold which named town."""
    kept = claims[
        claims["status"].isin(HOLDERS)
        & (claims["certainty"] != "denied")
        & ~claims["place"].str.contains(_NO_TOWN)
    ]
    return {(folded(p), s) for p, s in zip(kept["place"], kept["status"], strict=True)}


def folded(name: str) -> str:
    return re.sub(r"[^a-zа-яіїє0-9]", "", name.lower().replace("ё", "e"))


def agree(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Say whether two claims are of one place and holder; a name may be cut, or have a kind."""
    (a, holder), (b, held) = one, other
    ends = a.startswith(b) or b.startswith(a) or a.endswith(b) or b.endswith(a)
    return holder == held and bool(a) and bool(b) and ends


def matched(want: set[tuple[str, str]], got: set[tuple[str, str]]) -> int:
    return sum(any(agree(w, g) for g in got) for w in want)


def read(titles: pd.Series) -> list[pd.DataFrame]:
    """Return what the rules read in each headline, in the coding's columns, with ``place_id``."""
    gazetteer = Gazetteer(shipped_places())
    out = []
    for title in titles:
        rows = [
            {"place": title[r.start : r.end], "status": r.status, "extent": r.extent,
             "certainty": r.certainty, "place_id": place or ""}
            for r, place in control_readings(str(title), SIDE, gazetteer)
        ]  # fmt: skip
        columns = ["place", "status", "extent", "certainty", "place_id"]
        out.append(pd.DataFrame(rows, columns=columns, dtype="string"))
    return out


def ratio(top: np.ndarray, bottom: np.ndarray, weight: np.ndarray) -> Callable[[np.ndarray], float]:
    def score(at: np.ndarray) -> float:
        below = float((bottom * weight)[at].sum())
        return float((top * weight)[at].sum()) / below if below else np.nan

    return score


def meant_places() -> dict[tuple[str, str], tuple[str, str, str]]:
    """Return name, region and district of the place that a claim means, by headline and name."""
    table = coded("places")
    table = table[(table["sure"] == "yes") & (table["uk"] != "")]
    keys = zip(table["headline"], table["place"], strict=True)
    values = zip(table["uk"], table["region"], table["district"], strict=True)
    return dict(zip(keys, values, strict=True))


def is_meant(place: pd.Series, meant: tuple[str, str, str]) -> bool:
    """Say whether a place of the gazetteer is the one meant; an unknown district fits any."""
    names = {folded(n) for n in (place["name"], *str(place["aliases"]).split("|"))}
    district = place["district"] in ("", meant[2]) or not meant[2]
    return folded(meant[0]) in names and place["region"] == meant[1] and district


def placing(gold: pd.DataFrame, titles: dict[str, str]) -> list[dict[str, object]]:
    """Return how many coded places are resolved, of claims found, and of those how many rightly."""
    shipped = shipped_places().set_index("place_id")
    wanted = meant_places()
    mine = gold[gold["status"].isin(HOLDERS)].drop_duplicates(["headline", "place"])
    found: list[tuple[str, tuple[str, str, str]]] = []
    for line in mine.to_dict("records"):
        meant = wanted.get((line["headline"], line["place"]))
        claim = (folded(line["place"]), line["status"])
        for r in read(pd.Series([titles[line["headline"]]]))[0].to_dict("records"):
            if meant is not None and agree(claim, (folded(r["place"]), r["status"])):
                found.append((r["place_id"], meant))
                break
    rows = []
    right = [bool(p) and is_meant(shipped.loc[p], m) for p, m in found]
    for metric, hits, kept in (
        ("place resolved", [bool(p) for p, _ in found], [True] * len(found)),
        ("place right, of those resolved", right, [bool(p) for p, _ in found]),
    ):
        hit, weight = np.array(hits, float), np.array(kept, float)
        row = figure(
            "headlines", "all coded", f"capture claims: {metric}", "rules",
            ratio(hit, weight, np.ones(len(found))), [m for _, m in found],
            "claims found, interval by place", counts=weight,
        )  # fmt: skip
        rows.append(row)
    return rows


def rows_of(part: str, gold: pd.DataFrame, titles: dict[str, str]) -> list[dict[str, object]]:
    """Return precision and recall of capture claims, and how often the extent is right."""
    mine = gold[gold["part"] == part]
    keys = list(dict.fromkeys(mine["headline"]))
    by_key = dict(tuple(mine.groupby("headline", sort=False)))
    found = dict(zip(keys, read(pd.Series([titles[k] for k in keys])), strict=True))
    want, got, hits, backed = [], [], [], []
    extents: list[bool] = []
    for k in keys:
        a, b = captures(by_key[k]), captures(found[k])
        want.append(len(a))
        got.append(len(b))
        hits.append(matched(a, b))
        backed.append(matched(b, a))
        for claim in by_key[k][by_key[k]["status"].isin(HOLDERS)].to_dict("records"):
            mates = [
                r for r in found[k].to_dict("records")
                if agree((folded(claim["place"]), claim["status"]),
                         (folded(r["place"]), r["status"]))
            ]  # fmt: skip
            if mates and not _NO_TOWN.search(claim["place"]):
                extents.append(mates[0]["extent"] == claim["extent"])
    weight = 1 / np.array([float(by_key[k]["share"].iloc[0]) for k in keys])
    plain = np.ones(len(keys))
    groups = list(keys)
    shared = {"dataset": "headlines", "split": part, "system": "rules"}
    rows = []
    for name, w in (("", plain), (", weighted to all headlines", weight)):
        for metric, top, bottom in (("precision", backed, got), ("recall", hits, want)):
            t, b = np.array(top, float), np.array(bottom, float)
            row = figure(
                shared["dataset"], part, f"capture claims: {metric}{name}", "rules",
                ratio(t, b, w), groups, "claims, interval by headline", counts=b,
            )  # fmt: skip
            rows.append(row)
    v = np.array(extents, float)
    row = figure(
        shared["dataset"], part, "capture claims: extent right", "rules",
        lambda at: float(v[at].mean()), list(range(len(v))), "claims found",
    )  # fmt: skip
    rows.append(row)
    return rows


def between_coders(gold: pd.DataFrame, second: pd.DataFrame) -> list[dict[str, object]]:
    """Return how far a second coder names the same captures: F1 of one against the other."""
    both = [k for k in dict.fromkeys(gold["headline"]) if k in set(second["headline"])]
    one, other = (dict(tuple(t.groupby("headline", sort=False))) for t in (gold, second))
    sets = [(captures(one[k]), captures(other[k])) for k in both]
    counts = np.array([(matched(a, b) + matched(b, a), len(a) + len(b)) for a, b in sets], float)
    return [
        figure(
            "headlines", "all", "capture claims: F1 of two coders", "second coder",
            ratio(counts[:, 0], counts[:, 1], np.ones(len(both))), both,
            f"claims of both, {len(both)} headlines", counts=counts[:, 1],
        )
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--test", action="store_true", help="also the third test")
    args = parser.parse_args()
    headlines = read_headlines()
    if headlines is None:
        raise SystemExit("Set NARRATIVE_DATA to the folder that holds war/ru_state_media.")
    titles = {key(str(t)): str(t) for t in headlines["title"]}
    gold, second = coded("coding"), coded("second")
    rows = between_coders(gold, second) + placing(gold, titles)
    for part in (DEVELOPMENT, TEST) if args.test else (DEVELOPMENT,):
        rows += rows_of(part, gold, titles)
    scores = record_scores("control gold", rows, alone=False)
    print(scores[["split", "metric", "value", "low", "high", "n"]].to_string(index=False))


if __name__ == "__main__":
    main()
