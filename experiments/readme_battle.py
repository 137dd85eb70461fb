"""The README's account of the battle in two corpora, from ``figures/scores.csv``."""

from __future__ import annotations

import pandas as pd
from readme_cells import cell

STORIES = {
    "russian_advance": "Russian advance",
    "ukrainian_counteroffensive": "Ukrainian counteroffensive",
    "ukrainian_resistance_holds": "Ukrainian resistance holds",
}


def battle(scores: pd.DataFrame) -> str:
    """Return who speaks for which framing in titles of 2022, and how well that is read."""
    mine = scores[scores["experiment"] == "e13"]
    coded = scores[scores["experiment"] == "battle gold"]
    counts = {
        name: mine[mine["metric"] == f"{name} with q <= .05"].iloc[0]
        for name in ("leads", "changes", "events")
    }
    told = {k: f"{int(r['value'])} of {int(r['n'])}" for k, r in counts.items()}
    equal = [
        f"{label} {cell(mine, f'adoption: {framing}', 'narrative', 'sides equal')}"
        for framing, label in STORIES.items()
    ]
    lines = [
        f"At a false discovery rate of .05, {told['leads']} pairs of sides or outlets show a lag, "
        f"{told['changes']} series a change, {told['events']} series an effect of an event beside "
        "placebo days. From outside a framing's camp come, of favourable titles of 2022, as if all "
        f"sides spoke as often: {'; '.join(equal)}.",
        "",
        "| read out of titles, against hand coding | precision, for | recall, for |",
        "|---|---|---|",
    ]
    for framing in STORIES:
        cells = [_given(coded, f"{metric}, for: {framing}") for metric in ("precision", "recall")]
        lines.append(f"| {STORIES[framing]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _given(coded: pd.DataFrame, metric: str) -> str:
    rows = coded[(coded["metric"] == metric) & (coded["dataset"] == "both")]
    if rows.empty:
        return "none coded"
    return cell(rows, metric, "in the framing", "coded")
