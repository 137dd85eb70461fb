"""Other ways to group short texts, behind one signature: texts, vectors, number, random state.

BERTopic is a benchmark extra (``pip install -e '.[bench]'``); where it is missing it is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np

from narrative.encoder import embed
from narrative.framings import FramingModel

Labels = np.ndarray
System = Callable[[Sequence[str], np.ndarray, int, int], Labels]
Encode = Callable[[list[str]], np.ndarray]
Words = list[list[str]] | None
OURS, OURS_FREE = "narrative", "narrative, number not given"
HAS_BERTOPIC = find_spec("bertopic") is not None


def ours(texts: Sequence[str], vectors: np.ndarray, k: int, random_state: int) -> Labels:  # noqa: ARG001
    """Return framings, as many as are coded."""
    return np.asarray(model_for(len(vectors), k, random_state).fit_predict(vectors))


def model_for(n: int, k: int, random_state: int, part: int = 10) -> FramingModel:
    """Return the estimator as it is scored with the number given: every text in a framing.

    The smallest group has a `part`-th of the mean size or more.
    """
    least = max(1, n // (part * k))
    return FramingModel(k, min_cluster_size=least, min_similarity=-1, random_state=random_state)


def ours_free(texts: Sequence[str], vectors: np.ndarray, k: int, random_state: int) -> Labels:  # noqa: ARG001
    """Return framings by the default settings, however many they are."""
    return np.asarray(FramingModel(random_state=random_state).fit_predict(vectors))


def k_means(texts: Sequence[str], vectors: np.ndarray, k: int, random_state: int) -> Labels:  # noqa: ARG001
    from sklearn.cluster import KMeans

    return np.asarray(KMeans(k, n_init=1, random_state=random_state).fit_predict(vectors))


def nmf(texts: Sequence[str], vectors: np.ndarray, k: int, random_state: int) -> Labels:  # noqa: ARG001
    """Return the heaviest component of each text; -1 where no word of it is kept."""
    from sklearn.decomposition import NMF
    from sklearn.feature_extraction.text import TfidfVectorizer

    counts = TfidfVectorizer(sublinear_tf=True, stop_words="english", min_df=2).fit_transform(texts)
    weights = NMF(
        k, init="nndsvdar", random_state=random_state, max_iter=300
    ).fit_transform(counts)  # fmt: skip
    return np.where(weights.sum(axis=1) > 0, weights.argmax(axis=1), -1)


_held: dict[str, Any] = {}  # the models of the vectors that were asked for last, by random state


def _fitted(
    texts: Sequence[str],
    vectors: np.ndarray,
    random_state: int,
    words: Words,
    encode: Encode,
    smallest: int,
) -> Any:
    """Return BERTopic fitted by its own settings, with a state; kept until other vectors come."""
    from bertopic import BERTopic
    from bertopic.backend import BaseEmbedder
    from umap import UMAP

    class Own(BaseEmbedder):
        def embed(self, documents: Any, verbose: bool = False) -> np.ndarray:  # noqa: ARG002
            return encode(list(documents))

    if _held.get("vectors") is not vectors:
        _held.clear()
        _held["vectors"] = vectors
    key = f"{random_state} {smallest} {words}"
    if key not in _held:
        umap = UMAP(
            n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=random_state
        )
        model = BERTopic(
            embedding_model=Own(),
            umap_model=umap,
            seed_topic_list=words,
            min_topic_size=smallest,
        )
        # It blends the seed words' vectors into the array that it is given.
        _held[key] = model.fit(list(texts), vectors.copy())
    return _held[key]


def bertopic(
    texts: Sequence[str],
    vectors: np.ndarray,
    k: int,
    random_state: int,
    *,
    then: str = "",
    words: Words = None,
    encode: Encode = embed,
    smallest: int = 10,
) -> Labels:
    """Return BERTopic's topics of the given vectors.

    `then` "reduced" merges them to `k` where there are more, "assigned" gives its noise to the
    nearest topics; `words` are its seed words a topic (guided), which `encode` turns into vectors
    like the given ones. `smallest` is its fewest texts of a topic, 10 by default.
    """
    model = _fitted(texts, vectors, random_state, words, encode, smallest)
    labels = np.asarray(model.topics_).copy()
    if then == "reduced":
        noise = int((labels < 0).any())
        merged = deepcopy(model).reduce_topics(list(texts), nr_topics=k + noise)
        return np.asarray(merged.topics_)
    if then == "assigned" and (labels < 0).any() and (labels >= 0).any():
        near = model.reduce_outliers(
            list(texts), labels.tolist(), strategy="embeddings", embeddings=vectors.copy()
        )
        return np.asarray(near)
    return labels


def systems(words: Words = None, encode: Encode = embed) -> dict[str, System]:
    """Return the systems by name; `words` guide BERTopic, in vectors by `encode`."""
    out: dict[str, System] = {OURS: ours, OURS_FREE: ours_free, "k-means": k_means, "NMF": nmf}
    if HAS_BERTOPIC:
        out["BERTopic"] = bertopic
        out["BERTopic, reduced"] = partial(bertopic, then="reduced")
        out["BERTopic, noise assigned"] = partial(bertopic, then="assigned")
        if words:
            out["BERTopic, guided"] = partial(bertopic, words=words, encode=encode)
    return out
