"""The README's table of claims of capture against the record, from ``figures/scores.csv``."""

from __future__ import annotations

import pandas as pd
from readme_cells import cell

HORIZONS = (7, 30, 90)
RECORDS = {
    "DeepState’s map, half of the place": "deepstate, 50% of the place",
    "DeepState’s map, all of it (towns)": "deepstate, 95% of the place",
    "VIINA, half of the place": "viina, 50% of the place",
}


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
    return "\n".join(lines)
