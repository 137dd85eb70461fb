"""The codebook's framings on the coded claims of the seeds, and what abstaining buys."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache

import numpy as np
import pandas as pd
from common import SEEDS, figure, gold, table
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from stance_data import written
from validity import texts

from narrative.agreement import (
    accuracy,
    expected_calibration_error,
    macro_f1,
    paragraph_groups,
)
from narrative.codebook import read_codebook
from narrative.encoder import CachedEncoder, SentenceEncoder, default_cache, embed
from narrative.framings import guided_membership
from narrative.normalise import build_normaliser
from narrative.stance import stance_model
from narrative.stance.in_context import claim_inputs
from narrative.study import read_study

OTHER = "other"
THRESHOLDS = np.round(np.arange(0, 0.96, 0.05), 2)
GUIDED = "guided"


@cache
def memberships() -> tuple[np.ndarray, list[Hashable], dict[str, np.ndarray], list[str]]:
    """Return codes, groups, each system's probabilities of the eight codes, and the codes' names.

    What learns beside the shipped head is fitted on the written claims that it was trained on, and
    reads claims alone; the head reads them in their place.
    """
    coded, study = gold(), read_study(SEEDS)
    normaliser = build_normaliser(table("sources"), study.places())
    codebook = read_codebook(SEEDS / "codebook.toml")
    names = [*(f.framing_id for f in codebook.framings), OTHER]
    adapter, encoder, *_ = stance_model()
    placed = encoder.encode(claim_inputs(coded, coded["camp"], normaliser))
    normal = normaliser.many(coded["text"], coded["camp"])
    train = written("train")
    train = train[train["framing"] != ""]  # the coders differ
    y, x = train["framing"].tolist(), train["input"].tolist()
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    lexical = make_pipeline(words, LogisticRegression(max_iter=1000)).fit(x, y)
    frozen = LogisticRegression(max_iter=1000).fit(embed(x), y)
    out = {}
    plain = CachedEncoder(SentenceEncoder(), default_cache())
    for system, p in (
        (GUIDED, guided_membership(placed, codebook, encoder, normaliser, adapter=adapter)),
        ("nearness to codebook", guided_membership(embed(normal), codebook, plain, normaliser)),
    ):
        out[system] = np.column_stack([p, 1 - p.sum(axis=1)])
    for system, fitted, given in (
        ("TF-IDF + LR", lexical, normal),
        ("frozen encoder + LR", frozen, embed(normal)),
    ):
        found = fitted.predict_proba(given)
        out[system] = found[:, [list(fitted.classes_).index(n) for n in names]]
    groups = paragraph_groups(coded, texts())
    return coded["framing"].to_numpy(dtype=object), groups, out, names


def decided(p: np.ndarray, names: list[str], least: float) -> np.ndarray:
    """Return codes as a run assigns: what is not sure of a framing of the codebook is "other"."""
    labels = np.array(names[:-1], dtype=object)
    return np.where(p[:, :-1].max(axis=1) >= least, labels[p[:, :-1].argmax(axis=1)], OTHER)


def argmax(p: np.ndarray, names: list[str]) -> np.ndarray:
    """Return the likeliest code of each claim."""
    return np.array(names, dtype=object)[p.argmax(axis=1)]


def guided_rows() -> tuple[list[dict[str, object]], pd.DataFrame]:
    """Return scores over the eight codes, and what a higher threshold buys of accuracy.

    `coverage` is the share of claims that are assigned to a framing of the codebook, `accuracy` how
    many of these are coded so.
    """
    y, groups, found, names = memberships()
    values, counts = np.unique(y.astype(str), return_counts=True)
    predictions = {"majority": np.full(len(y), values[counts.argmax()], dtype=object)}
    least, rows, curve = read_study(SEEDS).framings.min_membership, [], []
    for system, p in found.items():
        # What learns has "other" among its codes; nearness and the head abstain as a run does.
        predictions[system] = decided(p, names, least) if "LR" not in system else argmax(p, names)
        for threshold in THRESHOLDS:
            codes = decided(p, names, threshold)
            kept = codes != OTHER
            right = (codes == y)[kept]
            curve.append(
                {"system": system, "threshold": threshold, "coverage": kept.mean(),
                 "accuracy": right.mean() if kept.any() else np.nan,
                 "macro_f1": macro_f1(y, codes), "n": int(kept.sum())}
            )  # fmt: skip
    p = found[GUIDED]
    sure, right = p.max(axis=1), np.array(names, dtype=object)[p.argmax(axis=1)] == y
    rows.append(
        figure(
            "seeds gold", "codebook", "calibration error", GUIDED,
            lambda at: expected_calibration_error(sure[at], right[at]), groups, "claims",
            interval=False,
        )
    )  # fmt: skip
    for system, codes in predictions.items():
        for metric, score in (("macro-F1", macro_f1), ("accuracy", accuracy)):
            rows.append(
                figure(
                    "seeds gold", "codebook", f"framing {metric}", system,
                    lambda at, p=codes, score=score: score(y[at], p[at]), groups,
                    "claims, interval by paragraph",
                )
            )  # fmt: skip
    return rows, pd.DataFrame(curve).round(4)
