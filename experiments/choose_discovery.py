"""Choose how framings are discovered and when the codebook abstains, on written claims.

On the claims of written documents that trained nothing, by their coded framing: what stance scores
weigh and at which distance groups stay apart, when all claims are grouped and when a run's rest is
(each framing in turn is left out of the codebook: are its claims found together among what the
others leave?); and below which membership the codebook abstains. On families that trained nothing:
whether paraphrases are nearer than the distance, and denials and exchanges farther. Not part of
``make reproduce``: its figures stay in ``figures/scores.csv``. ``e08`` scores stance on the same
documents; their framings score nothing.

    python experiments/choose_discovery.py
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
from common import SEEDS, figure, record_scores
from sklearn.metrics import adjusted_mutual_info_score
from stance_data import document_claims, training_claims

from narrative.agreement import macro_f1
from narrative.codebook import Codebook, read_codebook
from narrative.encoder import CachedEncoder, PinnedEncoder, default_cache, embed
from narrative.framings import (
    FramingModel,
    FramingSettings,
    discovery_vectors,
    guided_membership,
)
from narrative.normalise import default_normaliser
from narrative.stance import stance_model

Rows = list[dict[str, object]]
WEIGHTS, DISTANCES = (0.0, 0.5, 1.0, 1.5, 2.0), (0.4, 0.5, 0.6, 0.7)
MEMBERSHIPS = (0.0, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6)
SAME, OPPOSITE = ("paraphrase", "paraphrase2"), ("negation", "negation2", "negation3", "actor_swap")
OTHER = "other"
SHARED = {"dataset": "chosen on", "split": "written documents", "unit": "claims"}


class Written:
    """The claims of the documents that trained nothing, with both kinds of vectors."""

    def __init__(self) -> None:
        claims = document_claims()
        claims = claims[claims["split"] == "dev"].reset_index(drop=True)
        self.model, self.codebook = stance_model(), read_codebook(SEEDS / "codebook.toml")
        self.y, self.groups = claims["framing"].to_numpy(str), claims["group"].tolist()
        self.topic = embed(claims["input"])
        self.stance = self.model.encoder.encode(claims["placed"].tolist())

    def membership(self, codebook: Codebook) -> np.ndarray:
        return guided_membership(
            self.stance, codebook, self.model.encoder, default_normaliser(),
            adapter=self.model.adapter,
        )  # fmt: skip

    def vectors(self, codebook: Codebook, weight: float) -> np.ndarray:
        return discovery_vectors(self.topic, self.stance, self.model.adapter, codebook, weight)


def model(distance: float) -> FramingModel:
    return replace(FramingSettings(), distance_threshold=distance).model()


def grouped(written: Written) -> Rows:
    """Return how groups agree with the coding: of all claims, and of what a codebook leaves."""
    out: Rows = []
    for weight, distance in product(WEIGHTS, DISTANCES):
        row = SHARED | {"system": f"stance weight {weight:g}, distance {distance:g}"}
        labels = model(distance).fit_predict(written.vectors(written.codebook, weight))
        agreed = adjusted_mutual_info_score(written.y, labels)
        out += [
            row | {"metric": "AMI", "value": agreed, "n": len(labels)},
            row | {"metric": "left as noise", "value": (labels < 0).mean(), "n": len(labels)},
        ]
        ids = [f.framing_id for f in written.codebook.framings]
        found = [left_out(written, i, weight, distance) for i in ids]
        among = np.concatenate([labels for _, labels in found])
        fit = float(np.mean([best for best, _ in found]))
        row |= {"n": len(among)}
        out += [
            row | {"metric": "framing left out: F1 of its best group", "value": fit},
            row | {"metric": "framing left out: left as noise", "value": (among < 0).mean()},
        ]
    return out


def left_out(
    written: Written, framing_id: str, weight: float, distance: float
) -> tuple[float, np.ndarray]:
    """Group what a codebook without a framing leaves; return how well a group fits that framing.

    The F1 of the group that fits best, of the left-out framing's claims among all that is grouped.
    The network was trained with that framing, so this flatters: a new framing is new to it, too.
    """
    kept = tuple(f for f in written.codebook.framings if f.framing_id != framing_id)
    codebook = Codebook(kept)
    rest = written.membership(codebook).max(axis=1) < FramingSettings().min_membership
    labels = model(distance).fit_predict(written.vectors(codebook, weight)[rest])
    mine = written.y[rest] == framing_id
    best = 0.0
    for group in set(labels[labels >= 0].tolist()):
        inside = labels == group
        best = max(best, 2 * (inside & mine).sum() / (inside.sum() + mine.sum()))
    return float(best), labels


def abstaining(written: Written) -> Rows:
    """Return macro-F1 of the codebook's framings by least membership: the head's, nearness."""
    names = np.array([f.framing_id for f in written.codebook.framings])
    plain = CachedEncoder(PinnedEncoder(), default_cache())
    near = guided_membership(written.topic, written.codebook, plain, default_normaliser())
    out: Rows = []
    for system, p in (("guided", written.membership(written.codebook)), ("nearness", near)):
        for least in MEMBERSHIPS:
            codes = np.where(p.max(axis=1) >= least, names[p.argmax(axis=1)], OTHER)
            out.append(
                figure(
                    "chosen on", "written documents", "framing macro-F1",
                    f"{system}, membership {least:g}",
                    lambda at, codes=codes: macro_f1(written.y[at], codes[at]), written.groups,
                    "claims, interval by document",
                )
            )  # fmt: skip
    return out


def told_apart(written: Written) -> Rows:
    """Return which pairs of written families are nearer than each distance, by weight."""
    claims = training_claims()
    claims = claims[(claims["split"] == "dev") & (claims["op"].fillna("") != "")]
    pairs = claims[claims["op"] == "base"].merge(claims, on="group", suffixes=("_base", ""))
    pairs = pairs[pairs["op"].isin((*SAME, *OPPOSITE))]
    same = pairs["op"].isin(SAME).to_numpy()
    texts = [*pairs["input_base"], *pairs["input"]]
    topic, stance = embed(texts), written.model.encoder.encode(texts)
    out: Rows = []
    for weight, distance in product(WEIGHTS, DISTANCES):
        vectors = discovery_vectors(topic, stance, written.model.adapter, written.codebook, weight)
        first, second = np.split(vectors, 2)
        near = (first * second).sum(axis=1) >= 1 - distance
        row = SHARED | {
            "split": "families", "unit": "pairs",
            "system": f"stance weight {weight:g}, distance {distance:g}",
        }  # fmt: skip
        for metric, at, hits in (("same near", same, near), ("opposite far", ~same, ~near)):
            out.append(row | {"metric": metric, "value": hits[at].mean(), "n": int(at.sum())})
    return out


def main() -> None:
    written = Written()
    scores = record_scores(
        "choice of discovery", grouped(written) + told_apart(written) + abstaining(written)
    )
    weights = scores["system"].str.startswith("stance weight")
    for part in (scores[weights], scores[~weights]):
        wide = part.pivot_table(index="system", columns=["split", "metric"], values="value")
        print(wide.round(3).to_string())


if __name__ == "__main__":
    main()
