"""The README's tables of ways to find framings, from ``figures/scores.csv``."""

from __future__ import annotations

import pandas as pd
from framing_sets import SETS
from readme_cells import cell

SEEDS_GOLD = "seeds gold"
WITH = ", stance scores"


def framings(scores: pd.DataFrame) -> str:
    """Return what each way finds of the groups that people coded, and what the codebook gets."""
    mine = scores[scores["experiment"] == "e09"]
    return "\n\n".join((groups(mine), pairs(mine), guided(mine)))


def groups(mine: pd.DataFrame) -> str:
    """Return AMI of every system on every set, and of those that leave noise how much."""
    mine = mine[(mine["split"] == "all") & mine["dataset"].isin([SEEDS_GOLD, *SETS])]
    sets = [s for s in (SEEDS_GOLD, *SETS) if s in set(mine["dataset"])]
    systems = list(dict.fromkeys(mine.loc[mine["metric"] == "AMI", "system"]))
    lines = [f"| AMI | {' | '.join(sets)} |", "|---" * (len(sets) + 1) + "|"]
    noisy = mine[(mine["metric"] == "left as noise") & (mine["value"] > 0)]["system"].unique()
    for system in sorted(systems, key=lambda s: (s.endswith(WITH), s)):
        parts = [mine[(mine["dataset"] == s) & (mine["system"] == system)] for s in sets]
        cells = [cell(t, "AMI", system, "all").split(", n = ")[0] if len(t) else "–" for t in parts]
        lines.append(f"| {' | '.join((system, *cells))} |")
        if system in noisy:
            cells = [
                cell(t, "left as noise", system, "all").split(" ")[0].split(",")[0]
                if len(t)
                else "–"
                for t in parts
            ]
            lines.append(f"| – *left as noise* | {' | '.join(cells)} |")
    sizes = mine[mine["metric"] == "AMI"].drop_duplicates("dataset").set_index("dataset")["n"]
    coded = (
        mine[mine["metric"] == "clusters"].drop_duplicates("dataset").set_index("dataset")["unit"]
    )
    counts = [f"{int(sizes[s]):,} in {coded[s].split(' ')[0]}" for s in sets]
    return "\n".join([*lines, f"| texts in groups coded | {' | '.join(counts)} |"])


def pairs(mine: pd.DataFrame) -> str:
    """Return the shares of written pairs that land together or apart, by representation."""
    mine = mine[mine["dataset"] == "written pairs"]
    metrics = ("same together", "opposite apart")
    lines = [f"| written pairs | {' | '.join(metrics)} |", "|---|---|---|"]
    for system in dict.fromkeys(mine["system"]):
        cells = [cell(mine, m, system, "all") for m in metrics]
        lines.append(f"| {' | '.join((system, *cells))} |")
    return "\n".join(lines)


def guided(mine: pd.DataFrame) -> str:
    """Return the codebook's framings on the coded claims of the seeds."""
    mine = mine[(mine["dataset"] == SEEDS_GOLD) & (mine["split"] == "codebook")]
    metrics = ("framing macro-F1", "framing accuracy")
    lines = ["| eight codes, seeds' gold | macro-F1 | accuracy |", "|---|---|---|"]
    order = mine[mine["metric"] == metrics[0]].sort_values("value")["system"]
    for system in order:
        cells = [cell(mine, m, system, "codebook").split(", n = ")[0] for m in metrics]
        lines.append(f"| {' | '.join((system, *cells))} |")
    n = cell(mine, metrics[0], "guided", "codebook").split("n = ")[1]
    return "\n".join([*lines, "", f"n = {n} claims, intervals by paragraph."])
