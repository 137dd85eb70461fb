"""The README's table of claims of capture against the record, from ``figures/scores.csv``."""

from __future__ import annotations

import pandas as pd
from readme_cells import cell

TESTS = ("first test", "second test")
HORIZONS = (7, 30, 90)
RECORDS = {
    "DeepState’s map, half of the place": "deepstate, 50% of the place",
    "DeepState’s map, all of it (towns)": "deepstate, 95% of the place",
    "VIINA, half of the place": "viina, 50% of the place",
}


COMMON = "a common framing"


def recovery(scores: pd.DataFrame) -> str:
    """Return how often intervals hold the truth and tests raise false alarms, from ``e12``."""
    mine = scores[scores["experiment"] == "e12"]
    held = mine[mine["metric"].str.startswith("coverage: ") & (mine["split"] != "")]
    held = held[held["split"].str.contains("documents")]
    shipped = held["system"].str.startswith("shipped")
    common = held["split"].str.startswith(COMMON)
    alarms = mine[mine["metric"].str.startswith("false alarms")]["value"]

    def span(values: pd.Series) -> str:
        return f"{values.min():.2f} to {values.max():.2f}"

    n = int(held["n"].max())
    series = int(mine[mine["metric"].str.startswith("false alarms")]["n"].max())
    near, far = (span(held[shipped & c]["value"]) for c in (common, ~common))
    drawn = span(held[~shipped]["value"])
    return (
        f"- The shipped 95 percent intervals hold the truth in {near} of the samples where a "
        f"framing is common, and in {far} where it is rare or documents are unlike (they "
        f"are too wide, then, where few speak); resampling documents, the usual way, in {drawn} "
        f"(up to {n:,} samples a figure).\n- Tests of change, lag and event effects find something "
        f"where there is nothing in {span(alarms)} of {series} series each, at p ≤ .05."
    )


def ledger(scores: pd.DataFrame) -> str:
    """Return which share of claims of capture is not made good in time, by reference."""
    mine = scores[scores["experiment"] == "e11"]
    head = " | ".join(f"not within {h} days" for h in HORIZONS)
    lines = [f"| claimed, by | {head} | places |", "|---" * (len(HORIZONS) + 2) + "|"]
    for label, split in RECORDS.items():
        cells = [
            cell(mine, f"not made good within {h} days", "all sources", split) for h in HORIZONS
        ]
        n = cells[0].split("n = ")[1]
        lines.append(f"| {label} | {' | '.join(c.split(', n = ')[0] for c in cells)} | {n} |")
    gold = scores[scores["experiment"] == "control gold"]
    told = ["", "| read out of headlines, by rules | first test | second test |", "|---|---|---|"]
    for metric in ("precision", "recall", "place right"):
        cells = [cell(gold, f"capture claims: {metric}", "rules", t) for t in TESTS]
        told.append(f"| {metric} | {' | '.join(cells)} |")
    return "\n".join([*lines, *told])
