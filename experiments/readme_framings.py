"""The README's tables of ways to find framings, from ``figures/scores.csv``."""

from __future__ import annotations

import pandas as pd
from framing_sets import SETS
from readme_cells import cell

SEEDS_GOLD = "seeds gold"
CLAIMS = [SEEDS_GOLD, *(n for n, kind in SETS.items() if not kind.topics)]
TOPICS = [n for n, kind in SETS.items() if kind.topics]
# Others that were measured are in ``figures/scores.csv``.
SHOWN = (
    "narrative, number not given",
    "narrative",
    "k-means",
    "NMF",
    "BERTopic",
    "BERTopic, guided",
)
SHOWN += tuple(f"{s}, stance scores" for s in SHOWN if s != "NMF")
NUMBER_GIVEN = ("narrative", "k-means", "NMF", "BERTopic, reduced", "BERTopic, noise assigned")
PUBLISHED = {  # Pugachev and Burtsev (2021)
    "AG News": 0.865,
    "SearchSnippets": 0.877,
    "StackOverflow": 0.847,
    "Biomedical": 0.478,
}


def framings(scores: pd.DataFrame) -> str:
    """Return what each way finds of the groups that people coded, and what the codebook gets."""
    mine = scores[scores["experiment"] == "e09"]
    return "\n\n".join((claims(mine), topics(mine), pairs(mine), guided(mine)))


def claims(mine: pd.DataFrame) -> str:
    """Return AMI on claims that say the same, and below it what is left as noise, if anything."""
    mine = mine[mine["split"] == "all"]
    lines = header("AMI", mine, CLAIMS)
    noisy = set(mine[(mine["metric"] == "left as noise") & (mine["value"] >= 0.005)]["system"])
    for system in SHOWN:
        lines.append(row(system, mine, CLAIMS, "AMI"))
        if system in noisy:
            lines.append(row(system, mine, CLAIMS, "left as noise", "– *left as noise*"))
    return "\n".join(lines)


def topics(mine: pd.DataFrame) -> str:
    """Return the share of texts in the topic that their cluster is matched to, one to one."""
    mine = mine[mine["split"] == "all"]
    lines = header("accuracy, matched", mine, TOPICS)
    lines += [row(system, mine, TOPICS, "accuracy, matched") for system in NUMBER_GIVEN]
    cells = [f"{PUBLISHED[n]:.3f}" for n in TOPICS]
    return "\n".join(
        [*lines, f"| published, encoder fine-tuned on the texts | {' | '.join(cells)} |"]
    )


def header(corner: str, mine: pd.DataFrame, sets: list[str]) -> list[str]:
    """Return a table's head: the sets, with texts and groups."""
    sizes = mine[mine["metric"] == "AMI"].drop_duplicates("dataset").set_index("dataset")["n"]
    coded = mine[mine["metric"] == "clusters"].drop_duplicates("dataset")
    coded = coded.set_index("dataset")["unit"]
    names = [
        f"{s}: {int(sizes[s]):,} in {coded[s].split(' ')[0]}" if s in sizes else s for s in sets
    ]
    return [f"| {corner} | {' | '.join(names)} |", "|---" * (len(sets) + 1) + "|"]


def row(system: str, mine: pd.DataFrame, sets: list[str], metric: str, label: str = "") -> str:
    """Return a system's row; "–" where it was not measured."""
    cells = []
    for name in sets:
        part = mine[(mine["dataset"] == name) & (mine["system"] == system)]
        text = cell(part, metric, system, "all").split(", n = ")[0] if len(part) else "–"
        cells.append(text.split(" [")[0] if label else text)
    return f"| {' | '.join((label or system, *cells))} |"


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
