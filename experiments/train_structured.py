"""Fit the weights of the structured reading, and how much it counts beside the stance network.

Fits a multinomial logistic regression a proposition on the features of the written claims
(``training/``, split "train"), chooses its strength and the share on those that were kept from
training, and writes ``narrative/data/structure_en.json``. To be run after ``train_stance.py``,
whose probabilities it is joined with.

    python experiments/train_structured.py [--adapter FILE] [--out FILE]
"""

from __future__ import annotations

import argparse
import json
from itertools import product
from pathlib import Path

import numpy as np
from common import ROOT
from sklearn.linear_model import LogisticRegression
from stance_data import PROPOSITIONS, temperature, written

from narrative.adapter import load_adapter
from narrative.agreement import macro_f1
from narrative.encoder import CachedEncoder, default_cache
from narrative.stance.in_context import ClaimEncoder
from narrative.stance.structure import FEATURES
from narrative.stance.structured import Structured, StructureEncoder
from narrative.storage import write_text

OUT = ROOT / "narrative" / "data" / "structure_en.json"
STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0)
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)


def fit(features: np.ndarray, stances: np.ndarray, strength: float) -> LogisticRegression:
    known = ~np.isnan(stances)
    model = LogisticRegression(C=strength, max_iter=2000)
    return model.fit(features[known], stances[known].astype(int))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--adapter", type=Path, default=None)
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    train, dev = written("train"), written("dev")
    encoder = CachedEncoder(StructureEncoder(), default_cache())
    features = {k: encoder.encode(t["input"].tolist()) for k, t in (("train", train), ("dev", dev))}
    adapter = load_adapter(args.adapter)
    network = CachedEncoder(ClaimEncoder(adapter), default_cache())
    vectors = network.encode(dev["placed"].tolist())
    heads = {}
    for head in PROPOSITIONS:
        y = train[f"stance_{head}"].to_numpy(dtype=float)
        target = dev[f"stance_{head}"].to_numpy(dtype=float)
        on = ~np.isnan(target)
        truth, rows = target[on].astype(int), features["dev"][on]
        models = {c: fit(features["train"], y, c) for c in STRENGTHS}
        alone = {c: macro_f1(truth, m.predict(rows)) for c, m in models.items()}
        best = max(alone, key=lambda c: alone[c])
        known = y[~np.isnan(y)]
        prior = np.array([(known == side).mean() for side in (-1, 0, 1)])
        p = adapter.probabilities(vectors[on], head)
        # With an even prior nothing is taken off: "none" then counts twice, which can be right.
        priors, tried = {"own": prior, "even": np.full(3, 1 / 3)}, {}
        for kind, share in product(priors, SHARES):
            mine = one(head, models[best], priors[kind], share, 1.0)
            tried[kind, share] = macro_f1(truth, mine.joined(p, rows, head).argmax(axis=1) - 1)
        kind, share = max(tried, key=lambda t: tried[t])
        prior = priors[kind]
        joined = one(head, models[best], prior, share, 1.0).joined(p, rows, head)
        heads[head] = {
            "weights": models[best].coef_.round(4).tolist(),
            "bias": models[best].intercept_.round(4).tolist(),
            "prior": prior.round(6).tolist(),
            "share": share,
            "temperature": round(temperature(np.log(joined), truth + 1), 4),
        }
        print(
            f"{head} (n {on.sum()}): alone {alone[best]:.3f} with C {best}; network "
            f"{tried['own', 0.0]:.3f}; joined {tried[kind, share]:.3f} with share {share}, "
            f"{kind} prior"
        )
    about = {"features": list(FEATURES), "heads": heads, "n": len(train)}
    write_text(json.dumps(about) + "\n", args.out)
    print(f"{args.out.name}: {len(train)} claims")


def one(
    head: str, model: LogisticRegression, prior: np.ndarray, share: float, heat: float
) -> Structured:
    """Return the weights of one proposition alone."""
    weights, bias = {head: model.coef_}, {head: model.intercept_}
    return Structured(weights, bias, {head: prior}, {head: share}, {head: heat})


if __name__ == "__main__":
    main()
