"""Stance models beside each other: the seeds' gold, written documents, behaviour, other contests.

Every model that learns is fitted on the same written claims (``stance_data.written``); none
saw the seeds, their gold, the documents that are scored here, or the families of behavioural tests.
The claims of written documents that are scored here chose the losses in training, the temperatures
and how much the structured reading counts, so they flatter the shipped scorer; the gold and the
families chose nothing. Intervals resample paragraphs, documents,
families, or what keeps a public set's rows together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from common import BLOCS, COUNTER, INEVITABLE, MAIN, SEEDS, figure, gold, record_scores, save, table
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from stance_behaviour import behaviour
from stance_contests import TIGHT, contests
from stance_data import PROPOSITIONS, document_claims, written
from stance_public import at_hand, public_sets
from validity import favor_auc, texts

from narrative.agreement import (
    accuracy,
    expected_calibration_error,
    macro_f1,
    paragraph_groups,
)
from narrative.codebook import read_codebook
from narrative.encoder import embed
from narrative.normalise import build_normaliser, default_normaliser
from narrative.schema import CAMPS, CERTAINTIES
from narrative.stance import stance_model
from narrative.stance.in_context import claim_inputs
from narrative.stance.structure import FEATURES
from narrative.study import read_study

Rows = list[dict[str, object]]
Probabilities = np.ndarray
STRENGTH = 1.0  # scikit-learn's own, for every baseline that is fitted
_RULE = {k: FEATURES.index(f"rule, sign: {k}") for k in MAIN}


@dataclass
class Set:
    """Claims to score: texts, normalised alone and in their place, camps, groups, codes."""

    name: str
    text: list[str]
    normal: list[str]
    placed: list[str]
    camp: np.ndarray
    group: np.ndarray
    codes: dict[str, np.ndarray]
    certainty: np.ndarray  # "" where the coders differ
    unit: str  # of what the intervals resample


def seeds_set() -> Set:
    """Return the coded claims of the seeds, with the coders' texts and camps."""
    coded = gold()
    normaliser = build_normaliser(table("sources"), read_study(SEEDS).places())
    camps = coded["camp"].where(coded["camp"].isin(CAMPS), "")
    return Set(
        "seeds gold",
        coded["text"].tolist(),
        normaliser.many(coded["text"], camps),
        claim_inputs(coded, camps, normaliser),
        coded["camp"].to_numpy(dtype=object),
        np.array(paragraph_groups(coded, texts())),
        {k: coded[f"stance_{k}"].to_numpy() for k in MAIN},
        coded["certainty"].to_numpy(dtype=object),
        "paragraph",
    )


def documents_set() -> Set:
    """Return the claims of the written documents that trained nothing."""
    t = document_claims()
    t = t[t["split"] == "dev"]
    return Set(
        "written documents",
        t["text"].tolist(),
        t["input"].tolist(),
        t["placed"].tolist(),
        t["camp"].to_numpy(dtype=object),
        t["group"].to_numpy(dtype=object),
        {k: t[f"stance_{k}"].to_numpy(dtype=int) for k in MAIN},
        t["certainty"].where(t["certainty_agreed"], "").to_numpy(dtype=object),
        "document",
    )


def guess(y: np.ndarray, camp: np.ndarray | None = None) -> Probabilities:
    """Return the majority's label, in all or in each camp, read off the very claims scored."""
    out = np.zeros((len(y), 3))
    for name in [None] if camp is None else np.unique(camp):
        at = np.ones(len(y), bool) if name is None else camp == name
        values, counts = np.unique(y[at], return_counts=True)
        out[at, values[counts.argmax()] + 1] = 1.0
    return out


def _fitted(x: np.ndarray, y: np.ndarray, new: np.ndarray) -> Probabilities:
    # In float32 the solver ends where its last digits do, and another processor rounds them
    # otherwise: probabilities differed in the second digit.
    x, new = x.astype(np.float64), new.astype(np.float64)
    model = LogisticRegression(C=STRENGTH, max_iter=20_000, tol=TIGHT)
    return np.asarray(model.fit(x, y).predict_proba(new))


def _by_cosine(claims: Set, head: str, encode: Callable[[list[str]], np.ndarray]) -> Probabilities:
    """Return three bins of the cosine to the proposition, cut where the written claims say.

    Two cuts need few claims: those that are kept from training, documents left out, are enough.
    """
    train = written("dev").query("file != 'documents'")
    proposition = encode([PROPOSITIONS[head]])[0]
    near = (encode(train["input"].tolist()) @ proposition).astype(np.float64)
    model = LogisticRegression(C=1e3).fit(near[:, None], train[f"stance_{head}"])
    return np.asarray(model.predict_proba((encode(claims.normal) @ proposition)[:, None]))


def systems(claims: Set) -> dict[str, dict[str, Probabilities]]:
    """Return each system's probabilities of against, none, favor, by proposition."""
    train = written("train")
    model = stance_model()
    assert model.structure is not None
    assert model.structured is not None
    raw = embed(train["text"].tolist()), embed(claims.text)
    normal = embed(train["input"].tolist()), embed(claims.normal)
    alone, vectors = (model.encoder.encode(x) for x in (claims.normal, claims.placed))
    events = model.structure.encode(claims.normal)
    normaliser = default_normaliser()
    sides = {
        f.framing_id: (normaliser(f.proposition), normaliser(f.counter))
        for f in read_codebook(SEEDS / "codebook.toml").framings
    }
    out: dict[str, dict[str, Probabilities]] = {}
    for head in MAIN:
        y, target = train[f"stance_{head}"].to_numpy(), claims.codes[head]
        words = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
            LogisticRegression(C=STRENGTH, max_iter=20_000, tol=TIGHT),
        ).fit(train["input"], y)
        by_itself, network = (model.adapter.probabilities(v, head) for v in (alone, vectors))
        z = model.structured.logits(events, head)
        z = np.exp(z - z.max(axis=1, keepdims=True))
        rule = events[:, _RULE[head]]
        out[head] = {
            "majority": guess(target),
            "majority per camp": guess(target, claims.camp),
            "cosine to proposition": _by_cosine(claims, head, embed),
            "cosine to proposition, stance network's vectors": _by_cosine(
                claims, head, model.encoder.encode
            ),
            "TF-IDF + LR": words.predict_proba(claims.normal),
            "frozen encoder + LR, raw": _fitted(raw[0], y, raw[1]),
            "frozen encoder + LR, normalised": _fitted(normal[0], y, normal[1]),
            "cross-encoder": model.pairs.probabilities(claims.normal, sides[head][0]),
            "cross-encoder, with the counter": model.pairs.probabilities(
                claims.normal, *sides[head]
            ),
            "structured, rule": np.column_stack([rule < 0, rule == 0, rule > 0]).astype(float),
            "structured, fitted": z / z.sum(axis=1, keepdims=True),
            "network, claim alone": by_itself,
            "network": network,
            "network + structured, claim alone": model.structured.joined(by_itself, events, head),
            "network + structured (shipped)": model.structured.joined(network, events, head),
        }
    return out


def _metrics() -> dict[str, Callable[[np.ndarray, Probabilities], float]]:
    return {
        "macro-F1": lambda y, p: macro_f1(y, p.argmax(axis=1) - 1),
        "accuracy": lambda y, p: accuracy(y, p.argmax(axis=1) - 1),
        "AUC favour against oppose": lambda y, p: favor_auc(y, p[:, 2] - p[:, 0]),
        "calibration error": lambda y, p: expected_calibration_error(
            p.max(axis=1), p.argmax(axis=1) - 1 == y
        ),
    }


def scored(claims: Set) -> Rows:
    """Return every system's figures on one set, in all and in each camp's bloc."""
    bloc = pd.Series(claims.camp).map(BLOCS).to_numpy()
    out: Rows = []
    for head, by_system in systems(claims).items():
        y = claims.codes[head]
        for system, p in by_system.items():
            for split in ("all", *dict.fromkeys(BLOCS.values())):
                at = np.ones(len(y), bool) if split == "all" else bloc == split
                out += _rows(claims, split, head, system, y[at], p[at], claims.group[at])
    return out


def _rows(
    claims: Set,
    split: str,
    head: str,
    system: str,
    y: np.ndarray,
    p: Probabilities,
    groups: np.ndarray,
) -> Rows:
    out: Rows = []
    for metric, score in _metrics().items():
        if metric == "calibration error" and not system.startswith("network"):
            continue
        sided = metric.startswith("AUC")
        out.append(
            figure(
                claims.name,
                split,
                f"{metric}: {head}",
                system,
                lambda at, score=score: score(y[at], p[at]),
                groups.tolist(),
                f"claims{' with a side' if sided else ''}, interval by {claims.unit}",
                counts=y != 0 if sided else None,
                interval=metric != "calibration error",
            )
        )
    return out


def certainty(claims: Set) -> Rows:
    """Return accuracy and macro-F1 of the certainty scale, beside the majority."""
    model = stance_model()
    p = model.adapter.probabilities(model.encoder.encode(claims.placed), "certainty")
    known = claims.certainty != ""
    y, groups = claims.certainty[known], claims.group[known]
    found = np.array(CERTAINTIES, dtype=object)[p.argmax(axis=1)][known]
    values, counts = np.unique(y, return_counts=True)
    most = np.full(len(found), values[counts.argmax()], dtype=object)
    out: Rows = []
    for system, p in (("network", found), ("majority", most)):
        for metric, score in (("macro-F1", macro_f1), ("accuracy", accuracy)):
            out.append(
                figure(
                    claims.name,
                    "all",
                    f"certainty {metric}",
                    system,
                    lambda at, p=p, score=score: score(y[at], p[at]),
                    groups.tolist(),
                    f"claims, interval by {claims.unit}",
                )
            )
    return out


def main() -> None:
    rows: Rows = []
    for claims in (seeds_set(), documents_set()):
        rows += scored(claims) + certainty(claims)
    rows += behaviour() + contests()
    public = at_hand()
    if public:
        rows += public_sets()
    else:
        print(
            "public stance sets: not under NARRATIVE_DATA/stance; their figures stay as they are."
        )
    scores = record_scores("e08", rows, keep=() if public else ("public sets",))
    save(scores, "e08_scores")
    shown = ["dataset", "split", "metric", "system", "value", "low", "high", "n"]
    with pd.option_context("display.width", 220, "display.max_rows", None):
        for metric in ("macro-F1", "AUC favour against oppose", "accuracy"):
            for head in (INEVITABLE, COUNTER):
                part = scores[scores["metric"] == f"{metric}: {head}"]
                print(f"\n{metric}: {MAIN[head]}")
                print(part[shown].drop(columns="metric").to_string(index=False))
        other = ~scores["metric"].str.contains(f"{INEVITABLE}|{COUNTER}")
        other |= scores["metric"].str.startswith("calibration")
        print(scores[other][shown].to_string(index=False))


if __name__ == "__main__":
    main()
