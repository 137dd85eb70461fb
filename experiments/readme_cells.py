"""One figure of ``figures/scores.csv`` as the README has it."""

from __future__ import annotations

import pandas as pd


def cell(scores: pd.DataFrame, metric: str, system: str, split: str) -> str:
    """Return a figure with its interval and n, "0.72 [0.67, 0.76], n = 431"."""
    mine = scores[
        (scores["metric"] == metric) & (scores["system"] == system) & (scores["split"] == split)
    ]
    if mine.empty:
        raise SystemExit(
            f"figures/scores.csv has no {metric!r} of {system!r} on {split!r}: "
            "run the experiments first."
        )
    r = mine.iloc[0]
    interval = "" if pd.isna(r["low"]) else f" [{r['low']:.2f}, {r['high']:.2f}]"
    return f"{r['value']:.2f}{interval}, n = {int(r['n'])}"
