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

from narrative.ledger import (
    build_ledger,
    contradicting_claims,
    contradicting_numbers,
    default_rate,
    first_claims,
    open_credit,
    outstanding,
    quantities,
    shipped_places,
)
from narrative.ledger.record import FULL, HALF, day_number, iso_day, tracks
from narrative.study import read_study

HORIZONS = (7, 30, 90)
WIDE = 0.3  # between bounds of what is only known as more or less than half
FEWEST = 10  # claims, below which no rate is printed
REGION = {"deepstate": "DeepState", "viina": "VIINA", "events": "events in the corpus"}


def record() -> pd.DataFrame:
    """Return the ``control`` table of the headlines' facts."""
    facts = pd.read_csv(SEEDS / "control_record.csv", dtype="string", keep_default_na=False)
    return facts.assign(camp="russian", by_context=False)


def covered(ledger: pd.DataFrame, assessments: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of claims made while their reference assessed their place.

    Where it only says on which side of a half the share lies, whether all is held is not assessed.
    """
    halves = (assessments["high"] - assessments["low"] > WIDE) & (assessments["low"] >= HALF)
    spans = assessments.assign(halves=halves).groupby(["reference", "place_id"])
    spans = spans.agg(a=("first", "min"), b=("last", "max"), halves=("halves", "any"))
    keyed = ledger.join(spans, on=["reference", "place_id"])
    inside = (keyed["said_at"] >= keyed["a"]) & (keyed["said_at"] <= keyed["b"])
    return ledger[inside & ~(keyed["halves"].fillna(False) & (keyed["level"] == FULL))]


def one_voice(claims: pd.DataFrame) -> pd.DataFrame:
    """Return the first claim of each place in whole, whoever of these sources made it."""
    whole = claims[(claims["extent"] == "full") & (claims["claimed_status"] == "russian")]
    keys = ["place_id", "reference", "level"]
    return whole.sort_values("said_at", kind="stable").drop_duplicates(keys).sort_index()


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


def curves(claims: pd.DataFrame) -> pd.DataFrame:
    """Return the curves of open credit, early and late, by reference and level."""
    parts = []
    for (reference, level), part in claims.groupby(["reference", "level"], sort=True):
        if len(part) < FEWEST:
            continue
        for late in (True, False):
            curve = open_credit(part, late=late)
            parts.append(
                pd.DataFrame(
                    {"reference": reference, "level": level, "late": late,
                     "days": np.r_[0, curve.days], "open_share": np.r_[1, curve.open_share],
                     "low": np.r_[1, curve.low], "high": np.r_[1, curve.high], "n": curve.n}
                )
            )  # fmt: skip
    return pd.concat(parts, ignore_index=True).round(6)


def towns(control: pd.DataFrame, assessments: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each claimed town whose share DeepState's map gives, for the figure."""
    line = tracks(assessments[assessments["reference"] == "deepstate"])
    names = shipped_places().set_index("place_id")["name"]
    mine = control[(control["claimed_status"] == "russian") & (control["certainty"] != "denied")]
    rows = []
    for place, part in mine.groupby("place_id", sort=True):
        track = line.get(("deepstate", str(place)))
        whole, some = (part[part["extent"] == e]["said_at"].sort_values() for e in ("full", "part"))
        shares_known = track is not None and bool((track.high - track.low < 0.1).all())
        if (
            track is None
            or not shares_known
            or whole.empty
            or whole.iloc[0] < iso_day(track.first[0])
        ):
            continue
        begin = float(track.first[0])
        if track.on(begin)[0] >= HALF:
            continue  # held before the map's first day
        half, full = (track.reached(level, begin)[1] for level in (HALF, FULL))
        rows.append(
            {"place_id": place, "name": names[place], "said_at": whole.iloc[0],
             "part_at": some.iloc[0] if len(some) and some.iloc[0] < whole.iloc[0] else "",
             "half_at": iso_day(half), "full_at": iso_day(full), "until": iso_day(track.last[-1]),
             "share_then": track.on(day_number(whole.iloc[0]))[0], "n_claims": len(part)}
        )  # fmt: skip
    return pd.DataFrame(rows).sort_values(["said_at", "name"]).reset_index(drop=True)


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


def weeks(first: str, last: str) -> list[str]:
    return [str(d.date()) for d in pd.date_range(first, last, freq="W-MON")]


def main() -> None:
    study = read_study(SEEDS)
    assessments, references = study.assessments(), study.references()
    control = record()
    ledger = build_ledger(control, assessments, references)
    save(ledger, "e11_ledger")
    inside = covered(ledger, assessments)
    first = one_voice(inside)
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
    drawn = towns(control, assessments)
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
