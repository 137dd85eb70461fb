"""What the experiment scripts share: where things lie, the gold, and the table of scores."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from narrative.cleaning import to_clean
from narrative.plots import SIDE_OF
from narrative.resampling import group_bootstrap
from narrative.stance.in_context import with_place
from narrative.storage import read_table, write_text

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT / "seeds"
RUN = ROOT / "results" / "seeds"
RESULTS = ROOT / "results"
FIGURES = ROOT / "figures"
SCORES = FIGURES / "scores.csv"
SCORE_COLUMNS = [
    "experiment",
    "dataset",
    "split",
    "metric",
    "system",
    "value",
    "low",
    "high",
    "n",
    "unit",
]
SAME = ["dataset", "split", "metric", "system"]  # what tells one figure of an experiment

INEVITABLE, COUNTER = "russian_victory_inevitable", "ukrainian_counteroffensive"
MAIN = {INEVITABLE: "Inevitable Russian victory", COUNTER: "Ukrainian counteroffensive"}
RUSSIAN, UKRAINIAN = {"russian", "pro_russian"}, {"ukrainian", "pro_ukrainian"}
# Whose story each framing is.
HOME = {
    INEVITABLE: RUSSIAN,
    "russian_advance": RUSSIAN,
    COUNTER: UKRAINIAN,
    "ukrainian_resistance_holds": UKRAINIAN,
    "premature_or_false_russian_claim": UKRAINIAN,
}
# Rules and thresholds were chosen on the development documents and the written claims; the other
# two were coded before and not looked at claim by claim while choosing.
DEVELOPMENT = ("000_bbb38680f44f1421", "003_9bdc5f7e5fd08760", "004_7c8b8cb817980a3a")
BLOCS = SIDE_OF


@cache
def table(name: str) -> pd.DataFrame:
    """Return a table of the seeds' run."""
    return read_table(RUN / f"{name}.parquet")


def gold(name: str = "claims") -> pd.DataFrame:
    """Return a hand coding with its spans in the cleaned text, and what stands beside them."""
    coded = pd.read_csv(SEEDS / "gold" / f"{name}.csv", dtype="string", keep_default_na=False)
    offsets = table("offsets")
    segments = {
        d: list(zip(g["clean_start"], g["raw_start"], g["length"], strict=True))
        for d, g in offsets.groupby("doc_id")
    }
    spans = [
        to_clean(segments[d], int(a), int(b))
        for d, a, b in zip(coded["doc_id"], coded["start"], coded["end"], strict=True)
    ]
    kept = [s is not None for s in spans]
    coded = coded[kept].copy()
    coded["start"] = [s[0] for s in spans if s is not None]
    coded["end"] = [s[1] for s in spans if s is not None]
    for column in coded.columns:
        if column.startswith("stance_") or column == "cue_stance":
            coded[column] = coded[column].astype(int)
    return with_place(coded.reset_index(drop=True), table("documents"))


def split_of(doc_ids: pd.Series) -> pd.Series:
    """Return "development" or "held-out" for each document."""
    return doc_ids.isin(DEVELOPMENT).map({True: "development", False: "held-out"})


def record_scores(
    experiment: str,
    rows: list[dict[str, object]],
    *,
    keep: Collection[str] = (),
    alone: bool = True,
) -> pd.DataFrame:
    """Put an experiment's measured figures into ``figures/scores.csv`` in place of its old ones.

    Those of the datasets `keep` stay as they are: they were not at hand to be measured again.
    Unless what is given stands `alone`, all stay but those of the same set, split, metric and
    system.
    """
    new = pd.DataFrame(rows).assign(experiment=experiment).reindex(columns=SCORE_COLUMNS)
    for column in ("value", "low", "high"):
        new[column] = new[column].astype(float).round(4)
    old = pd.read_csv(SCORES) if SCORES.is_file() else pd.DataFrame(columns=SCORE_COLUMNS)
    stays = (old["experiment"] != experiment) | old["dataset"].isin(keep)
    if not alone:
        same = pd.MultiIndex.from_frame(old[SAME]).isin(pd.MultiIndex.from_frame(new[SAME]))
        stays |= ~same
    parts = [p for p in (old[stays], new) if len(p)]
    both = pd.concat(parts, ignore_index=True)
    both = both.sort_values(["experiment", *SAME], kind="stable").reset_index(drop=True)
    write_text(both.to_csv(index=False, lineterminator="\n"), SCORES)
    return new


def figure(
    dataset: str,
    split: str,
    metric: str,
    system: str,
    score: Callable[[np.ndarray], float],
    groups: list[Hashable],
    unit: str,
    n_boot: int = 500,
    counts: np.ndarray | None = None,
    interval: bool = True,
) -> dict[str, object]:
    """Return a row of the scores: a statistic of row positions, its interval by group and its n.

    `counts` says which rows the statistic rests on, where not on all. No `interval` is given of
    what resampling biases (calibration error grows with every draw).
    """
    low, high = np.nan, np.nan
    if interval:
        low, high = group_bootstrap(groups, score, n_boot=n_boot)
    value = score(np.arange(len(groups)))
    n = len(groups) if counts is None else int(counts.sum())
    row = (dataset, split, metric, system, value, low, high, n, unit)
    return dict(zip(SCORE_COLUMNS[1:], row, strict=True))


def save(frame: pd.DataFrame, name: str) -> None:
    """Write a result table as CSV under ``results/``."""
    write_text(frame.to_csv(index=False, lineterminator="\n"), RESULTS / f"{name}.csv")
