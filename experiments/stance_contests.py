"""Any proposition: written claims on contests that trained nothing, and what the gate saves.

Every row but the majority's (read off the claims that it is scored on) and the cross-encoder's,
gate included, is a logistic regression on one representation of a claim and a
proposition, fitted on the contests that trained the cross-encoder too; a fifth of the contests is
scored, once. Most claims have a twin with the sides exchanged or the event denied, so that words
alone tell little.

    python experiments/stance_contests.py    # the gate's recall at each threshold, where it was set
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from common import figure
from scipy.special import softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from stance_data import LATER, other_contests
from stance_public import CROSS, apart, joined

from narrative.agreement import expected_calibration_error, macro_f1
from narrative.normalise import default_normaliser
from narrative.stance import stance_model

Score = Callable[[np.ndarray], float]
DATASET = "other contests (written)"
TIGHT = 1e-6  # where the solver of every regression ends: the same figures on another processor


def contests() -> list[dict[str, object]]:
    """Return every system's figures on the kept contests, with intervals by contest."""
    both = other_contests()
    both = both[both["split"].isin(["train", "test"]) & ~both["kind"].isin(LATER)]
    both = both.reset_index(drop=True)
    fit, test = (np.flatnonzero(both["split"] == split) for split in ("train", "test"))
    y, groups = both["stance"].to_numpy(dtype=int), both["group"].to_numpy(dtype=object)[test]
    out: list[dict[str, object]] = []

    def add(
        metric: str,
        system: str,
        score: Score,
        counts: np.ndarray | None = None,
        interval: bool = True,
    ) -> None:
        unit = "pairs, interval by contest" if counts is None else "pairs with a side"
        out.append(
            figure(
                DATASET, "kept contests", metric, system, score, groups.tolist(), unit,
                counts=counts, interval=interval,
            )
        )  # fmt: skip

    taken = y[test] != 0
    near, saved = _gate(both.iloc[test])
    for system, p in _systems(both, y, fit, test, near).items():
        add(
            "stance macro-F1", system,
            lambda at, p=p: macro_f1(y[test][at], p[at].argmax(axis=1) - 1),
        )  # fmt: skip
        add(
            "accuracy of the side, where one is taken",
            system,
            lambda at, p=p: _side(y[test], p, at),
            taken,
        )
        if system.startswith(CROSS):
            add(
                "calibration error", system,
                lambda at, p=p: expected_calibration_error(
                    p[at].max(axis=1), p[at].argmax(axis=1) - 1 == y[test][at]
                ),
                interval=False,
            )  # fmt: skip
    add("recall of pairs with a side", "gate", lambda at: float(near[at][taken[at]].mean()), taken)
    add(
        "share not read, of claims with other contests' propositions",
        "gate",
        lambda at: float(saved[at].mean()),
    )
    return out


def _side(y: np.ndarray, p: np.ndarray, at: np.ndarray) -> float:
    at = at[y[at] != 0]
    return float((np.where(p[at, 2] > p[at, 0], 1, -1) == y[at]).mean())


def _systems(
    both: pd.DataFrame, y: np.ndarray, fit: np.ndarray, test: np.ndarray, near: np.ndarray
) -> dict[str, np.ndarray]:
    """Return each system's probabilities of against, none and favor for the kept pairs."""
    values, counts = np.unique(y[test], return_counts=True)
    out = {
        "majority": np.tile(
            (np.arange(-1, 2) == values[counts.argmax()]).astype(float), (len(test), 1)
        )
    }
    texts = (both["claim"] + " | " + both["proposition"]).to_numpy(dtype=object)
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True).fit(texts[fit])
    model = LogisticRegression(max_iter=20_000, tol=TIGHT).fit(words.transform(texts[fit]), y[fit])
    out["TF-IDF + LR"] = model.predict_proba(words.transform(texts[test]))
    for name, features in apart(both).items():
        x = features.astype(np.float64)  # else the solver ends where last digits do
        strength = 1.0 if name == "cosine" else 0.01  # thousands of features
        model = LogisticRegression(C=strength, max_iter=20_000, tol=TIGHT).fit(x[fit], y[fit])
        out[f"{name} + LR"] = model.predict_proba(x[test])
    pairs = stance_model().pairs
    logits = pairs.reader.encode(joined(both.iloc[test])).astype(np.float64)
    read = softmax(logits, axis=1)
    out[f"{CROSS} (shipped)"] = np.where(near[:, None], read, np.array(pairs.gate.outside))
    return out


def _gate(test: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return whether each pair is read, and what share of other contests' pairs is not."""
    pairs, normaliser = stance_model().pairs, default_normaliser()
    cosines = (
        pairs.plain.encode([normaliser(c) for c in test["claim"]])
        @ pairs.plain.encode([normaliser(p) for p in test["proposition"]]).T
    )
    read = cosines >= pairs.gate.cosine
    group = test["group"].to_numpy(dtype=object)
    other = group[:, None] != group[None]
    return np.diag(read), (~read & other).sum(axis=1) / other.sum(axis=1)


def main() -> None:
    """Print what the gate lets through on the contests that train, by the files it was set on."""
    t, normaliser, plain = other_contests(), default_normaliser(), stance_model().pairs.plain
    t = t[(t["split"] == "train") & (t["stance"] != 0)]
    claims, propositions = (
        plain.encode([normaliser(x) for x in t[column]]) for column in ("claim", "proposition")
    )
    cosines = (claims * propositions).sum(axis=1)
    first = ~t["kind"].str.startswith("topics_").to_numpy()
    for name, at in (("pairs.jsonl, on which it was set", first), ("all", np.full(len(t), True))):
        recall = {
            c / 100: round(float((cosines[at] >= c / 100).mean()), 3) for c in range(0, 14, 2)
        }
        print(f"{name}, n {at.sum()}: {recall}")


if __name__ == "__main__":
    main()
