"""The codebook's framings on the coded claims of the seeds, and what abstaining buys."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from functools import cache

import numpy as np
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
from narrative.encoder import CachedEncoder, PinnedEncoder, default_cache, embed
from narrative.framings import guided_membership
from narrative.normalise import build_normaliser
from narrative.stance import stance_model
from narrative.stance.in_context import claim_inputs
from narrative.study import read_study

OTHER = "other"
THRESHOLDS = np.round(np.arange(0, 0.96, 0.05), 2)
GUIDED, ABSTENTION = "guided", "abstention"
FEWEST = 20  # claims assigned, below which no accuracy is shown


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
    plain = CachedEncoder(PinnedEncoder(), default_cache())
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


def abstention(
    system: str,
    y: np.ndarray,
    p: np.ndarray,
    names: list[str],
    groups: list[Hashable],
    thresholds: Iterable[float],
) -> list[dict[str, object]]:
    """Return how many claims assigned to a framing are coded so, at each threshold; n are these."""
    rows = []
    for threshold in thresholds:
        codes = decided(p, names, threshold)
        kept = codes != OTHER
        if kept.sum() < FEWEST:
            continue

        def share(at: np.ndarray, right: np.ndarray = codes == y, kept: np.ndarray = kept) -> float:
            return float(right[at][kept[at]].mean()) if kept[at].any() else np.nan

        rows.append(
            figure(
                "seeds gold", ABSTENTION, f"accuracy at {threshold:.2f}", system, share, groups,
                f"claims assigned, of {len(y)}; interval by paragraph", counts=kept,
            )
        )  # fmt: skip
    return rows


def guided_rows() -> list[dict[str, object]]:
    """Return scores over the eight codes, and what a higher threshold buys of accuracy."""
    y, groups, found, names = memberships()
    values, counts = np.unique(y.astype(str), return_counts=True)
    predictions = {"majority": np.full(len(y), values[counts.argmax()], dtype=object)}
    least = read_study(SEEDS).framings.min_membership
    rows: list[dict[str, object]] = []
    for system, p in found.items():
        # What learns has "other" among its codes; nearness and the head abstain as a run does.
        predictions[system] = decided(p, names, least) if "LR" not in system else argmax(p, names)
        shown = sorted({*THRESHOLDS.tolist(), least} if system == GUIDED else THRESHOLDS.tolist())
        rows += abstention(system, y, p, names, groups, shown)
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
    return rows
