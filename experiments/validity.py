"""How extracted claims are measured against the hand coding of the seeds.

Intervals resample paragraphs (the groups that claims were coded in): five documents are too few.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from common import split_of, table
from scipy.stats import rankdata

from narrative.agreement import (
    accuracy,
    detection_f1,
    match_spans,
    paragraph_groups,
)
from narrative.resampling import group_bootstrap

SPLITS = ("development", "held-out", "all")
N_BOOT = 500
Rows = list[dict[str, object]]


def texts() -> dict[str, str]:
    documents = table("documents")
    return dict(zip(documents["doc_id"], documents["text"], strict=True))


def inside(frame: pd.DataFrame, split: str) -> np.ndarray:
    return (
        np.ones(len(frame), bool)
        if split == "all"
        else (split_of(frame["doc_id"]) == split).to_numpy()
    )


def row(
    split: str,
    metric: str,
    system: str,
    value: float,
    interval: tuple[float, float],
    n: int,
    unit: str = "claims",
) -> dict[str, object]:
    return {
        "dataset": "seeds gold",
        "split": split,
        "metric": metric,
        "system": system,
        "value": value,
        "low": interval[0],
        "high": interval[1],
        "n": n,
        "unit": unit,
    }


def favor_auc(y: np.ndarray, score: np.ndarray) -> float:
    """Return the AUC of claims in favour against those opposed, by ranks (Mann, Whitney 1947)."""
    favor, against = y > 0, y < 0
    if not favor.any() or not against.any():
        return float("nan")
    ranks = rankdata(np.concatenate([score[favor], score[against]]))
    n = int(favor.sum())
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * int(against.sum())))


def measured(
    split: str,
    metric: str,
    system: str,
    y: np.ndarray,
    p: np.ndarray,
    groups: np.ndarray,
    score: Callable[..., float],
) -> dict[str, object]:
    if p.dtype.kind != "f":  # labels: numbers compare faster than strings
        codes = np.unique(np.concatenate([y, p]), return_inverse=True)[1]
        y, p = codes[: len(y)], codes[len(y) :]
    interval = group_bootstrap(groups.tolist(), lambda at: score(y[at], p[at]), n_boot=N_BOOT)
    value, n = score(y, p), len(y) if score is not favor_auc else int((y != 0).sum())
    return row(split, metric, system, value, interval, n, "claims, interval by paragraph")


def detection(
    coded: pd.DataFrame, found: pd.DataFrame, split: str, system: str
) -> dict[str, object]:
    """F1 of claim spans, overlap >= 0.5 of their union, one to one."""
    coded, found = coded[inside(coded, split)], found[inside(found, split)]
    pairs = match_spans(coded, found)
    home, theirs = paragraph_groups(coded, texts()), paragraph_groups(found, texts())
    matched = pd.Series(home, index=coded.index).loc[pairs["first"]]
    parts = {"matched": matched, "found": pd.Series(theirs), "coded": pd.Series(home)}
    counts = pd.DataFrame({k: v.value_counts() for k, v in parts.items()}).fillna(0).sort_index()
    sums = counts[["matched", "found", "coded"]].to_numpy()
    interval = group_bootstrap(
        counts.index.tolist(), lambda at: detection_f1(*sums[at].sum(axis=0))
    )
    return row(
        split,
        "claim detection F1",
        system,
        detection_f1(*sums.sum(axis=0)),
        interval,
        len(coded),
        "coded claims, interval by paragraph",
    )


def extraction(coded: pd.DataFrame, found: pd.DataFrame, system: str) -> Rows:
    """Claim detection, then what is right on the matched claims, by split and document."""
    out: Rows = []
    for split in (*SPLITS, *sorted(coded["doc_id"].unique())):
        part = coded[inside(coded, split)] if split in SPLITS else coded[coded["doc_id"] == split]
        mine = found[inside(found, split)] if split in SPLITS else found[found["doc_id"] == split]
        out.append(detection(part, mine, "all", system) | {"split": split})
        pairs = match_spans(part, mine)
        a, b = part.loc[pairs["first"]], mine.loc[pairs["second"]]
        groups = np.array(paragraph_groups(a, texts()))
        for metric, column in (
            ("speaker accuracy", "source_id"),
            ("voice accuracy", "voice"),
            ("cue stance accuracy", "cue_stance"),
            ("said_at accuracy", "said_at"),
        ):
            y, p = a[column].to_numpy(dtype=object), b[column].to_numpy(dtype=object)
            out.append(measured(split, metric, system, y, p, groups, accuracy))
        day = (a["said_at"].str.len() == 10).to_numpy()
        if day.any():
            y, p = (
                a["said_at"].to_numpy(dtype=object)[day],
                b["said_at"].to_numpy(dtype=object)[day],
            )
            out.append(
                measured(
                    split,
                    "said_at accuracy where the gold has a day",
                    system,
                    y,
                    p,
                    groups[day],
                    accuracy,
                )
            )
    return out
