"""How much of the framings is the corpus, and how much the settings: stability of both kinds."""

from __future__ import annotations

import numpy as np
import pandas as pd
from common import SEEDS, record_scores, save, table
from sklearn.metrics import adjusted_mutual_info_score

from narrative.adapter import Adapter
from narrative.codebook import Codebook, Framing, read_codebook
from narrative.encoder import CachedEncoder, Encoder, PinnedEncoder, default_cache
from narrative.framings import (
    certify,
    crosswalk,
    disagreeing,
    discovery_vectors,
    guided_membership,
)
from narrative.framings.certificate import AXES
from narrative.normalise import ActorNormaliser, build_normaliser
from narrative.resampling import group_bootstrap
from narrative.schema import NO_FRAMING
from narrative.stance import stance_model
from narrative.stance.in_context import ClaimEncoder, claim_inputs, with_place
from narrative.study import Study, read_study

N_STATES = 10
OTHER_ROWS = 448  # word pieces of a pack; the package's is 1,024
# Five documents are too few to draw from; no other encoder is tried, but its vectors rounded.
SHOWN = {"documents": "sentences drawn", "encoder": "pack size, eight bits"}
LEAST = read_study(SEEDS).framings.min_membership
DISCOVERED_IN = "with stance scores"  # what a run discovers framings in


def guided(
    vectors: np.ndarray,
    codebook: Codebook,
    encoder: Encoder,
    normaliser: ActorNormaliser,
    adapter: Adapter | None,
) -> np.ndarray:
    membership = guided_membership(vectors, codebook, encoder, normaliser, adapter=adapter)
    return np.where(membership.max(axis=1) >= LEAST, membership.argmax(axis=1), -1)


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


def in_run(vectors: dict[str, np.ndarray], study: Study) -> np.ndarray:
    """Return the vectors that a run discovers framings in."""
    topic, stance = vectors["plain, normalised"], vectors["adapted, normalised"]
    weight = study.framings.stance_weight
    return discovery_vectors(topic, stance, stance_model().adapter, study.codebook(), weight)


def discovered(
    name: str, mine: np.ndarray, other_shape: np.ndarray, claims: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Certify what is discovered in all claims; return the agreement of every replicate."""
    model = study.framings.model(study.random_state).fit(mine)
    sentences = [f"{d}:{n}" for d, n in zip(claims["doc_id"], claims["sent_index"], strict=True)]
    # The same encoder in batches of another shape, and its vectors kept in eight bits.
    backends = {"batch shape": other_shape, "eight bits": np.round(mine * 127) / 127}
    axes = AXES if name == DISCOVERED_IN else ()
    certificate = certify(model, mine, sentences, encoders=backends, axes=axes, n_boot=20)
    if name == DISCOVERED_IN:
        save(certificate.by_framing().round(6), "e06_certificate")
    return certificate.overall


def beside_codebook(
    name: str, mine: np.ndarray, guided_labels: np.ndarray, claims: pd.DataFrame, study: Study
) -> list[dict[str, object]]:
    """Cross what is discovered in all claims with the codebook; save table and disagreeing claims.

    Returns the share of claims that the codebook puts where it puts most of their framing. Vectors
    that hold stance scores and the codebook's framings are of one network, which lifts it.
    """
    codebook = read_codebook(SEEDS / "codebook.toml")
    names = [*(f.framing_id for f in codebook.framings), NO_FRAMING]
    coded = [names[k] for k in guided_labels]
    found = study.framings.model(study.random_state).fit_predict(mine)
    labels = [NO_FRAMING if k < 0 else f"discovered_{k:02d}" for k in found]
    apart = disagreeing(claims["claim_id"].tolist(), labels, coded)
    if name == DISCOVERED_IN:
        save(crosswalk(labels, coded).round(4), "e06_crosswalk")
        save(apart, "e06_disagreeing")
    pure = 1 - np.isin(claims["claim_id"], apart["claim_id"])
    most = pd.Series(coded).value_counts(normalize=True).iloc[0]
    low, high = group_bootstrap(claims["doc_id"].tolist(), lambda at: float(pure[at].mean()))
    shared = {"dataset": "seeds", "split": "all", "n": len(claims), "unit": "claims, by document"}
    shared |= {"metric": "purity, discovered by codebook"}
    one = [shared | {"system": "all in one framing", "value": most}]
    found = [shared | {"system": name, "value": pure.mean(), "low": low, "high": high}]
    return found + (one if name == DISCOVERED_IN else [])


def main() -> None:
    study = read_study(SEEDS)
    claims, sources = table("claims"), table("sources")
    codebook = read_codebook(SEEDS / "codebook.toml")
    normaliser = build_normaliser(sources, study.places())
    adapter, adapted, *_ = stance_model()
    plain = CachedEncoder(PinnedEncoder(), default_cache())
    other_shape = ClaimEncoder(adapter, rows=OTHER_ROWS)
    camps = claims["source_id"].map(dict(zip(sources["source_id"], sources["camp"], strict=True)))
    normal, raw = normaliser.many(claims["text"], camps), claims["text"].tolist()
    placed = claim_inputs(with_place(claims, table("documents")), camps, normaliser)
    vectors = {
        "adapted, normalised": adapted.encode(placed),
        "plain, normalised": plain.encode(normal),
        "plain, raw text": plain.encode(raw),
    }
    vectors[DISCOVERED_IN] = in_run(vectors, study)
    base = guided(vectors["adapted, normalised"], codebook, adapted, normaliser, adapter)
    rows: list[dict[str, object]] = []

    def add(group: str, value: float, replicate: int = 0) -> None:
        rows.append({"group": group, "replicate": replicate, "value": value})

    ami = adjusted_mutual_info_score
    again = other_shape.encode(placed)
    add(
        "guided: other pack size",
        ami(base, guided(again, codebook, other_shape, normaliser, adapter)),
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
    shape = PinnedEncoder(rows=OTHER_ROWS)
    shapes = {
        "adapted, normalised": again,
        "plain, normalised": shape.encode(normal),
        "plain, raw text": shape.encode(raw),
    }
    shapes[DISCOVERED_IN] = in_run(shapes, study)
    crossed: list[dict[str, object]] = []
    for name, mine in vectors.items():
        crossed += beside_codebook(name, mine, base, claims, study)
        found = discovered(name, mine, shapes[name], claims, study)
        for axis, replicate, value in found.itertuples(index=False):
            add(f"discovered, {name}: {SHOWN.get(axis, axis)}", value, replicate)
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
    scores += crossed
    print(
        record_scores("e06", scores)[["system", "value", "low", "high", "n"]].to_string(index=False)
    )


if __name__ == "__main__":
    main()
