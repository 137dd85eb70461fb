"""Choose how framings are found: methods and settings on sets that ``e09`` does not score.

Groups of arguments and perspectives that say the same, and of short texts on one story
(``framing_sets.CHOSEN_ON``, under ``NARRATIVE_DATA``), by the pinned encoder's vectors. BERTopic's
smallest topic is tried, too. Not part of ``make reproduce``: its figures stay in
``figures/scores.csv``. Average linkage was once looked at on the war statements as well, which
``e09`` scores. Needs the benchmark extra (BERTopic, EVoC).

    NARRATIVE_DATA=... python experiments/choose_framings.py
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from common import record_scores
from e09_framing_models import METRICS, halves, interval
from framing_peers import bertopic, k_means, model_for
from framing_sets import CHOSEN_ON, read_groups
from sklearn.cluster import HDBSCAN, AgglomerativeClustering
from sklearn.decomposition import TruncatedSVD

from narrative.encoder import embed
from narrative.framings import FramingModel

DISTANCES = (0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8)
SMALLEST, PARTS = (2, 3, 5, 10), (2, 4, 10)
Group = Callable[[list[str], np.ndarray, int], np.ndarray]


def density(vectors: np.ndarray) -> np.ndarray:
    """Return HDBSCAN's clusters of ten dimensions, five texts at least."""
    reduced = TruncatedSVD(10, random_state=0).fit_transform(vectors)
    reduced /= np.maximum(np.linalg.norm(reduced, axis=1, keepdims=True), 1e-12)
    return np.asarray(HDBSCAN(min_cluster_size=5, copy=True).fit_predict(reduced))


def joined(texts: list[str], vectors: np.ndarray, k: int, linkage: str) -> np.ndarray:  # noqa: ARG001
    """Return bottom-up clusters by a linkage, as many as are coded."""
    metric = "euclidean" if linkage == "ward" else "cosine"
    model = AgglomerativeClustering(k, linkage=linkage, metric=metric)
    return np.asarray(model.fit_predict(vectors))


def evoc(texts: list[str], vectors: np.ndarray, k: int) -> np.ndarray:  # noqa: ARG001
    from evoc import EVoC

    return np.asarray(EVoC(random_state=0).fit_predict(vectors))


def methods() -> dict[str, Group]:
    out: dict[str, Group] = {
        "k-means": partial(k_means, random_state=0),
        "HDBSCAN": lambda _, v, __: density(v),
        "EVoC": evoc,
    }
    for part in PARTS:
        out[f"narrative, smallest group the mean / {part}"] = lambda _, v, k, part=part: np.asarray(
            model_for(len(v), k, 0, part=part).fit_predict(v)
        )
    for linkage in ("average", "complete", "ward"):
        out[f"{linkage} linkage"] = partial(joined, linkage=linkage)
    for distance in DISTANCES:
        out[f"narrative, number not given, distance {distance}"] = lambda _, v, __, d=distance: (
            np.asarray(FramingModel(distance_threshold=d).fit_predict(v))
        )
    for smallest in SMALLEST:
        out[f"BERTopic, smallest topic {smallest}"] = partial(
            bertopic, random_state=0, smallest=smallest
        )
    return out


def main() -> None:
    rows: list[dict[str, object]] = []
    for name in CHOSEN_ON:
        groups = read_groups(name)
        if groups is None:
            raise SystemExit(f"{name} is not under NARRATIVE_DATA.")
        y, k = groups["label"].to_numpy(str), groups["label"].nunique()
        vectors = embed(groups["text"].tolist())
        parts, drawn = halves(groups["unit"].to_numpy(str))
        for method, group in methods().items():
            labels = group(groups["text"].tolist(), vectors, k)
            for metric in ("AMI", "left as noise"):
                score = METRICS[metric]
                row = {"dataset": "chosen on", "split": name, "metric": metric, "system": method}
                by_half = [score(y[p], labels[p]) for p in parts]
                row |= {"n": len(y), "unit": f"texts, {k} groups; interval by {drawn}"}
                rows.append(row | interval([score(y, labels)], by_half))
    scores = record_scores("choice of framings", rows)
    wide = scores.pivot_table(index="system", columns=["metric", "split"], values="value")
    print(wide.round(3).to_string())


if __name__ == "__main__":
    main()
