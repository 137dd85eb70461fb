"""How much of the framings is the corpus, and how much the settings: stability of both kinds."""

from __future__ import annotations

import numpy as np
import pandas as pd
from common import SEEDS, record_scores, save, table
from sklearn.metrics import adjusted_mutual_info_score

from narrative.adapter import Adapter
from narrative.codebook import Codebook, Framing, read_codebook
from narrative.encoder import CachedEncoder, Encoder, SentenceEncoder, default_cache
from narrative.framings import cluster, guided_membership
from narrative.normalise import ActorNormaliser, build_normaliser
from narrative.stance import stance_model
from narrative.stance.in_context import ClaimEncoder, claim_inputs, with_place
from narrative.study import read_study

N_STATES = 10


def guided(
    vectors: np.ndarray,
    codebook: Codebook,
    encoder: Encoder,
    normaliser: ActorNormaliser,
    adapter: Adapter | None,
) -> np.ndarray:
    membership = guided_membership(vectors, codebook, encoder, normaliser, adapter=adapter)
    return np.where(membership.max(axis=1) >= 0.4, membership.argmax(axis=1), -1)


def thinned(codebook: Codebook, rng: np.random.Generator) -> Codebook:
    """Return the codebook with a bootstrap sample of each framing's exemplars."""

    def draw(items: tuple[str, ...]) -> tuple[str, ...]:
        return (
            tuple(items[i] for i in sorted(rng.integers(0, len(items), len(items))))
            if items
            else ()
        )

    return Codebook(
        tuple(
            Framing(
                f.framing_id,
                f.label,
                f.definition,
                f.proposition,
                f.counter,
                draw(f.favor),
                draw(f.against),
                f.camp,
            )
            for f in codebook.framings
        )
    )


def main() -> None:
    study = read_study(SEEDS)
    claims, sources = table("claims"), table("sources")
    codebook = read_codebook(SEEDS / "codebook.toml")
    normaliser = build_normaliser(sources, study.places())
    adapter, adapted, *_ = stance_model()
    plain = CachedEncoder(SentenceEncoder(), default_cache())
    other_shape = ClaimEncoder(adapter, batch_rows=7, bucket=8)
    camps = claims["source_id"].map(dict(zip(sources["source_id"], sources["camp"], strict=True)))
    normal, raw = normaliser.many(claims["text"], camps), claims["text"].tolist()
    placed = claim_inputs(with_place(claims, table("documents")), camps, normaliser)
    vectors = {
        "adapted, normalised": adapted.encode(placed),
        "plain, normalised": plain.encode(normal),
        "plain, raw text": plain.encode(raw),
    }
    base = guided(vectors["adapted, normalised"], codebook, adapted, normaliser, adapter)
    rows: list[dict[str, object]] = []

    def add(group: str, value: float, replicate: int = 0) -> None:
        rows.append({"group": group, "replicate": replicate, "value": value})

    ami = adjusted_mutual_info_score
    add(
        "guided: other batch shape",
        ami(base, guided(other_shape.encode(placed), codebook, other_shape, normaliser, adapter)),
    )
    add(
        "guided: claims read alone",
        ami(base, guided(adapted.encode(normal), codebook, adapted, normaliser, adapter)),
    )
    add(
        "guided: text not normalised",
        ami(base, guided(adapted.encode(raw), codebook, adapted, normaliser, adapter)),
    )
    near = guided(vectors["plain, normalised"], codebook, plain, normaliser, None)
    rng = np.random.default_rng(study.random_state)
    for k in range(N_STATES):
        changed = guided(
            vectors["plain, normalised"], thinned(codebook, rng), plain, normaliser, None
        )
        add("nearness to codebook: exemplars resampled", ami(near, changed), k)
    add("guided against nearness to codebook", ami(base, near))
    for name, mine in vectors.items():
        first = cluster(mine, random_state=0)
        for k in range(1, N_STATES + 1):
            add(f"discovered, {name}: random_state", ami(first, cluster(mine, random_state=k)), k)
        for k in range(N_STATES):
            kept = np.sort(rng.choice(len(mine), int(0.8 * len(mine)), replace=False))
            add(
                f"discovered, {name}: 80 % of claims",
                ami(first[kept], cluster(mine[kept], random_state=0)),
                k,
            )
    out = pd.DataFrame(rows)
    save(out.round(6), "e06_stability")
    scores = []
    for group, part in out.groupby("group", sort=True):
        low, high = (
            np.quantile(part["value"], [0.025, 0.975]) if len(part) > 1 else (np.nan, np.nan)
        )
        scores.append(
            {
                "dataset": "seeds",
                "split": "all",
                "metric": "AMI between runs",
                "system": group,
                "value": part["value"].median(),
                "low": low,
                "high": high,
                "n": len(part),
                "unit": "runs; median and 95 % range",
            }
        )
    print(
        record_scores("e06", scores)[["system", "value", "low", "high", "n"]].to_string(index=False)
    )


if __name__ == "__main__":
    main()
