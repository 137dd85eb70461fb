"""Fit the constants of the exemplar method on claims about other contests, and measure it there.

Reads ``training/authored/pairs.jsonl`` (written for this project: claim, proposition and stance
over some 35 contests). For each claim, the other claims with the same proposition are its
exemplars, at most four a side. Half of the contests fit the constants, the other half measure them.
The written claims come in twins (the same sentence negated, or with the sides exchanged), so the
nearest exemplar is often the twin of the other side: hard on purpose.

    python experiments/calibrate_exemplars.py
"""

from __future__ import annotations

import hashlib
import json
from itertools import product

import numpy as np
import pandas as pd
from common import ROOT, record_scores

from narrative.agreement import accuracy, group_bootstrap, macro_f1
from narrative.encoder import embed
from narrative.stance import ExemplarCalibration, exemplar_probabilities

PER_SIDE = 4
TOP = 3


def nearness(pairs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return each claim's nearness to the texts for and against its proposition."""
    texts = sorted(set(pairs["claim"]) | set(pairs["proposition"]))
    vectors = dict(zip(texts, embed(texts).astype(np.float64), strict=True))
    favor, against = np.zeros(len(pairs)), np.zeros(len(pairs))
    for _, part in pairs.groupby("proposition"):
        for i, row in zip(part.index, part.to_dict("records"), strict=True):
            others = part[part["claim"] != row["claim"]]
            for sign, out in ((1, favor), (-1, against)):
                side = others.loc[others["stance"] == sign, "claim"].tolist()[:PER_SIDE]
                if sign == 1:
                    side.append(row["proposition"])
                cosines = sorted(float(vectors[row["claim"]] @ vectors[t]) for t in side)
                out[i] = float(np.mean(cosines[-TOP:])) if cosines else 0.0
    return favor, against


def main() -> None:
    path = ROOT / "training" / "authored" / "pairs.jsonl"
    pairs = pd.DataFrame([json.loads(x) for x in path.read_text(encoding="utf-8").splitlines()])
    favor, against = nearness(pairs)
    y = pairs["stance"].to_numpy()
    fit = (
        pairs["group"]
        .map(lambda g: int(hashlib.sha256(g.encode()).hexdigest(), 16) % 2 == 0)
        .to_numpy()
    )
    best, kept = -np.inf, ExemplarCalibration()
    for relevance, scale, side in product(
        np.arange(0.1, 0.8, 0.05), (0.05, 0.1, 0.2, 0.3), (0.05, 0.1, 0.2, 0.4)
    ):
        constants = ExemplarCalibration(float(round(relevance, 2)), scale, side)
        p = exemplar_probabilities(favor[fit], against[fit], constants)
        loglik = float(np.log(np.maximum(p[np.arange(fit.sum()), y[fit] + 1], 1e-9)).mean())
        if loglik > best:
            best, kept = loglik, constants
    print("fitted:", kept, "shipped:", ExemplarCalibration())
    test = ~fit
    p = exemplar_probabilities(favor[test], against[test], kept).argmax(axis=1) - 1
    guess = np.full(test.sum(), pd.Series(y[fit]).mode()[0])
    groups = pairs.loc[test, "group"].tolist()
    rows: list[dict[str, object]] = []
    for system, predicted in (("exemplars", p), ("majority", guess)):
        for metric, score in (("macro-F1", macro_f1), ("accuracy", accuracy)):
            truth = y[test]
            low, high = group_bootstrap(
                groups, lambda at, f=score, q=predicted, t=truth: f(t[at], q[at])
            )
            rows.append(
                {
                    "dataset": "other contests (written)",
                    "split": "contests not fitted on",
                    "metric": f"stance {metric}",
                    "system": system,
                    "value": score(truth, predicted),
                    "low": low,
                    "high": high,
                    "n": int(test.sum()),
                    "unit": "pairs, interval by contest",
                }
            )
    print(
        record_scores("calibrate_exemplars", rows)[
            ["metric", "system", "value", "low", "high", "n"]
        ].to_string(index=False)
    )


if __name__ == "__main__":
    main()
