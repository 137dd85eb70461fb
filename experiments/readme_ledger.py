"""The README's table of claims of capture against the record, from ``figures/scores.csv``."""

from __future__ import annotations

import pandas as pd
from readme_cells import cell

TESTS = ("first test", "second test", "third test")
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
        f"where there is nothing in {span(alarms)} of {series} series each, at p ≤ .05.\n"
        + _known_errors(mine)
    )


def _known_errors(mine: pd.DataFrame) -> str:
    """Return what copies, wrong labels and exposures do to estimates, from ``e12``."""

    def span(metric: str, system: str, split: str = "") -> str:
        rows = mine[(mine["metric"] == metric) & mine["system"].str.startswith(system)]
        values = rows[rows["split"].str.contains(split, regex=False)]["value"]
        return f"{values.min():.2f} to {values.max():.2f}"

    raw, label = "copying: coverage, raw", "label error: coverage"
    alarms = span("exposure: false alarms", "placebo")
    power = span("exposure: power", "placebo", "drop 0.4")
    return (
        "- Where three documents in ten are copies, intervals over documents hold the truth in "
        f"{span(raw, 'raw, by document')}, the shipped ones, over copy groups, in "
        f"{span(raw, 'raw, by copy group')}. Where labels miss a fifth of a framing and add a "
        f"twentieth of the rest, prevalence as assigned is held in {span(label, 'as assigned')}, "
        "corrected by 200 + 200 coded claims (`narrative.label_error`) in "
        f"{span(label, 'corrected, 200')}. A drop of stance by .4 after an exposure is found in "
        f"{power} of the series, against {alarms} false alarms: no effect found says little."
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
    told = ["", f"| read out of headlines, by rules | {' | '.join(TESTS)} |", "|---|---|---|---|"]
    for metric in ("precision", "recall"):
        cells = [cell(gold, f"capture claims: {metric}", "rules", t) for t in TESTS]
        told.append(f"| {metric} | {' | '.join(cells)} |")
    told += [
        f"| {metric} (all) | | | {cell(gold, f'capture claims: {metric}', 'rules', 'all coded')} |"
        for metric in ("place resolved", "place right, of those resolved")
    ]
    return "\n".join([*lines, *told])
