"""Claims of capture against the record: credit in days, default, exposure, what is outstanding.

Two runs: the seeds' ledger, and claims in dated headlines of Russian state sources, of which
``seeds/control_record.csv`` holds the facts (``control_record.py`` makes it from the headlines).
References are set beside each other, never averaged: each has its lag and bias
(``seeds/references.csv``). A reference's silence before its first day counts for nothing: claims
made earlier are left out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from common import SEEDS, record_scores, save, table
from scipy.stats import binomtest

from narrative.figures.control import FEWEST, covered, curves, one_voice, towns, weeks
from narrative.ledger import (
    build_ledger,
    contradicting_claims,
    contradicting_numbers,
    default_rate,
    first_claims,
    outstanding,
    quantities,
    shipped_places,
)
from narrative.ledger.record import HALF
from narrative.study import read_study

HORIZONS = (7, 30, 90)
REGION = {"deepstate": "DeepState", "viina": "VIINA", "events": "events in the corpus"}


def record() -> pd.DataFrame:
    """Return the ``control`` table of the headlines' facts."""
    facts = pd.read_csv(SEEDS / "control_record.csv", dtype="string", keep_default_na=False)
    return facts.assign(camp="russian", by_context=False)


def rates(claims: pd.DataFrame, who: str) -> list[dict[str, object]]:
    """Return default rates within each horizon, by reference and level."""
    rows = []
    for (reference, level), part in claims.groupby(["reference", "level"], sort=True):
        if len(part) < FEWEST:
            continue
        for horizon in HORIZONS:
            value, low, high = default_rate(part, horizon)
            rows.append(
                {"dataset": "headlines", "split": f"{reference}, {level:.0%} of the place",
                 "metric": f"not made good within {horizon} days", "system": who, "value": value,
                 "low": low, "high": high, "n": len(part),
                 "unit": "first claims of a place, interval by place"}
            )  # fmt: skip
    return rows


def exposures(first: pd.DataFrame, control: pd.DataFrame) -> list[dict[str, object]]:
    """Return how often a first claim was exposed, and how often the place was claimed again.

    A claim is exposed on the first day, after its reference's lag, on which half of the place or
    less is assessed as held; what is repeated after that persists against the record.
    """
    again = control[(control["claimed_status"] == "russian") & (control["certainty"] != "denied")]
    rows = []
    for reference, part in first.groupby("reference", sort=True):
        exposed = part[part["exposed_at"] != ""]
        persists = [
            ((again["place_id"] == place) & (again["said_at"] > day)).any()
            for place, day in zip(exposed["place_id"], exposed["exposed_at"], strict=True)
        ]
        for metric, hits in (
            ("half or less assessed before it was reached", (part["exposed_at"] != "").tolist()),
            ("claimed again after exposure", persists),
        ):
            if len(hits) < FEWEST:
                continue
            limits = binomtest(sum(hits), len(hits)).proportion_ci(method="wilson")
            rows.append(
                {"dataset": "headlines", "split": f"{reference}, 50% of the place",
                 "metric": metric, "system": "all sources", "value": float(np.mean(hits)),
                 "low": limits.low, "high": limits.high, "n": len(hits),
                 "unit": "first claims of a place"}
            )  # fmt: skip
    return rows


def seeds_rows() -> list[dict[str, object]]:
    """Return the ledger of the five documents in numbers, and save it with what contradicts."""
    ledger, control, claims = table("ledger"), table("control"), table("claims")
    pairs = contradicting_claims(control, within_days=31)
    counted = quantities(claims, table("documents"), read_study(SEEDS).places())
    save(counted, "e11_numbers")
    # Areas are set beside each other within a document, soldiers within a place.
    men = counted[(counted["unit"] == "soldiers") & (counted["place_id"] != "")]
    numbers = pd.concat(
        [
            contradicting_numbers(counted[counted["unit"] == "km2"]),
            contradicting_numbers(men, within_claims=men["place_id"]),
        ],
        ignore_index=True,
    )
    print(counted.to_string(index=False))
    save(ledger, "e11_seeds")
    save(pairs, "e11_contradicting_claims")
    save(numbers, "e11_contradicting_numbers")
    print(pairs.to_string(index=False), numbers.to_string(index=False), sep="\n")
    found = [
        ("pairs of claims that give a place to both sides within a month", len(pairs)),
        ("pairs of numbers of one area or place that differ by a tenth", len(numbers)),
    ]
    half = ledger[(ledger["level"] == HALF) & (ledger["claimed_status"] == "russian")]
    for reference, part in half.groupby("reference", sort=True):
        exposed = int((part["exposed_at"] != "").sum())
        found.append((f"claims for Russia contradicted by {reference}, of {len(part)}", exposed))
    return [
        {"dataset": "seeds", "split": "all", "metric": metric, "system": "narrative", "value": n,
         "n": len(control), "unit": "claims of control"}
        for metric, n in found
    ]  # fmt: skip


def main() -> None:
    study = read_study(SEEDS)
    assessments, references = study.assessments(), study.references()
    control = record()
    ledger = build_ledger(control, assessments, references)
    save(ledger, "e11_ledger")
    inside = covered(ledger, assessments)
    first = one_voice(inside, ("russian",))
    save(first, "e11_first_claims")
    rows = rates(first, "all sources")
    by_claimant = first_claims(inside)
    by_claimant = by_claimant[(by_claimant["extent"] == "full")]
    for claimant, part in by_claimant.groupby("claimant", sort=True):
        rows += rates(part[part["claimed_status"] == "russian"], str(claimant))
    rows += exposures(first[first["level"] == HALF], control)
    save(curves(first), "e11_open_credit")
    days = weeks("2024-07-08", "2026-04-24")
    save(outstanding(first, days), "e11_outstanding")
    names = shipped_places().set_index("place_id")["name"]
    drawn = towns(control, assessments, "deepstate", names)
    save(drawn, "e11_towns")
    rows += seeds_rows()
    print(drawn.to_string(index=False))
    scores = record_scores("e11", rows)
    print(scores[["split", "metric", "system", "value", "low", "high", "n"]].to_string(index=False))
    known = inside[inside["place_id"].isin(["kupiansk", "siversk"])]
    known = known[known["said_at"] >= "2025-09-01"]
    columns = ["place_id", "extent", "said_at", "claimant", "reference", "level", "share_low",
               "share_high", "reached_by", "reached_after", "exposed_at"]  # fmt: skip
    print(known[columns].to_string(index=False))


if __name__ == "__main__":
    main()
