"""Choose whether mini-batches move the centres of framings that were found in a draw.

On the sets that settings are chosen on (``framing_sets.CHOSEN_ON``, under ``NARRATIVE_DATA``), with
the number open, from draws of so few texts that most are left over: centres of the joined texts
alone, and moved by the others. Not part of ``make reproduce``: its figures stay in
``figures/scores.csv``.

    NARRATIVE_DATA=... python experiments/choose_batches.py
"""

from __future__ import annotations

from itertools import combinations
from unittest.mock import patch

import numpy as np
from common import record_scores
from framing_sets import CHOSEN_ON, read_groups
from sklearn.metrics import adjusted_mutual_info_score

from narrative.encoder import embed
from narrative.framings import FramingModel, model

JOINED, STATES = (500, 1000, 2000), range(4)


def found(vectors: np.ndarray, joined: int, *, moved: bool) -> list[np.ndarray]:
    """Return the labels of several draws."""
    with patch.object(model, "moved", model.moved if moved else _as_joined):
        return [FramingModel(max_exact=joined, random_state=k).fit_predict(vectors) for k in STATES]


def _as_joined(X: np.ndarray, at: np.ndarray, means: np.ndarray, *rest: object) -> np.ndarray:  # noqa: ARG001
    return means


def main() -> None:
    rows: list[dict[str, object]] = []
    for name in CHOSEN_ON:
        groups = read_groups(name)
        if groups is None:
            raise SystemExit(f"{name} is not under NARRATIVE_DATA.")
        y, vectors = groups["label"].to_numpy(str), embed(groups["text"].tolist())
        for joined in JOINED:
            if 2 * joined > len(y):
                continue
            for system in ("joined alone", "mini-batches"):
                labels = found(vectors, joined, moved=system == "mini-batches")
                pairs = combinations(labels, 2)
                values = {
                    "AMI": [adjusted_mutual_info_score(y, found) for found in labels],
                    "AMI between draws": [adjusted_mutual_info_score(*pair) for pair in pairs],
                }
                for metric, value in values.items():
                    row = {"dataset": "chosen on", "split": name, "metric": metric, "n": len(y)}
                    row |= {"system": f"{system}, {joined} joined", "unit": "texts, mean of draws"}
                    limits = {"low": np.min(value), "high": np.max(value)}
                    rows.append(row | {"value": np.mean(value)} | limits)
    scores = record_scores("choice of mini-batches", rows)
    wide = scores.pivot_table(index=["split", "system"], columns="metric", values="value")
    print(wide.round(3).to_string())


if __name__ == "__main__":
    main()
