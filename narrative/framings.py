"""Vectors to framings: guided by a codebook with abstention, the rest left to discovery.

Guided: a trained head where the codebook's framings are the ones it was trained on, else nearness
to the codebook's sentences. Discovery: HDBSCAN (Campello et al. 2013) on what the codebook leaves
over. No framing is an answer in both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from narrative.adapter import Adapter
from narrative.codebook import Codebook
from narrative.encoder import Encoder
from narrative.errors import InputError
from narrative.naming import distinctive_terms, exemplar_claims
from narrative.normalise import ActorNormaliser
from narrative.schema import NO_FRAMING, check_table

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class FramingSettings:
    """Settings of guided and discovered framings.

    Parameters
    ----------
    min_membership : float
        A claim whose best membership is lower belongs to no framing.
    temperature : float
        Softness of nearness to exemplars, in cosine, where no head is trained.
    discover : bool
        Look for framings among the claims that the codebook leaves over.
    min_cluster_size : int
        Fewest claims of a discovered framing.
    n_components : int
        Dimensions kept before clustering (truncated SVD).
    n_boot : int
        Document bootstrap replicates of a framing's stability.
    """

    min_membership: float = 0.40
    temperature: float = 0.05
    discover: bool = True
    min_cluster_size: int = 5
    n_components: int = 10
    n_boot: int = 20


def guided_membership(
    vectors: Floats,
    codebook: Codebook,
    encoder: Encoder,
    normaliser: ActorNormaliser,
    *,
    adapter: Adapter | None = None,
    temperature: float = 0.05,
) -> npt.NDArray[np.float64]:
    """Return the membership of every claim in every framing of the codebook.

    Parameters
    ----------
    vectors : ndarray, shape (n_claims, n_dims)
        Unit vectors of normalised claims by `encoder`.
    codebook : Codebook
    encoder : Encoder
        Encodes the codebook's sentences.
    normaliser : ActorNormaliser
    adapter : Adapter, optional
        Its ``framing`` head is used where it knows every framing of the codebook.
    temperature : float
        In cosine, > 0.

    Returns
    -------
    ndarray, shape (n_claims, n_framings)
        Rows sum to at most 1; what is missing is the probability of no framing.
    """
    ids = [f.framing_id for f in codebook.framings]
    classes = list(adapter.meta["heads"].get("framing", [])) if adapter is not None else []
    trained = adapter.meta.get("propositions", {}) if adapter is not None else {}
    if adapter is not None and all(
        i in classes and trained.get(i) == f.proposition
        for i, f in zip(ids, codebook.framings, strict=True)
    ):
        p = adapter.probabilities(vectors, "framing")
        return np.asarray(p[:, [classes.index(i) for i in ids]])
    near = np.zeros((len(vectors), len(ids)))
    for column, framing in enumerate(codebook.framings):
        cosines = (
            vectors.astype(np.float64)
            @ encoder.encode([normaliser(t) for t in framing.texts]).astype(np.float64).T
        )
        near[:, column] = np.sort(cosines, axis=1)[:, -3:].mean(axis=1)
    floor = np.full(
        (len(vectors), 1), 0.35
    )  # nearness of text that is about nothing in the codebook
    weights = np.exp(
        (np.hstack([near, floor]) - near.max(axis=1, keepdims=True, initial=0.35)) / temperature
    )
    return np.asarray((weights / weights.sum(axis=1, keepdims=True))[:, :-1])


def cluster(
    vectors: Floats, *, min_cluster_size: int = 5, n_components: int = 10, random_state: int = 0
) -> npt.NDArray[np.int64]:
    """Return a cluster number for each vector, -1 for noise.

    Parameters
    ----------
    vectors : ndarray, shape (n, n_dims)
    min_cluster_size : int
    n_components : int
        Dimensions of the truncated SVD before clustering.
    random_state : int

    Returns
    -------
    ndarray of int, shape (n,)
        Clusters numbered by size, largest 0; the same whatever the order of the rows.
    """
    from sklearn.cluster import HDBSCAN
    from sklearn.decomposition import TruncatedSVD

    unique, inverse = np.unique(vectors, axis=0, return_inverse=True)
    if len(unique) < max(2 * min_cluster_size, 3):
        whole = len(vectors) >= min_cluster_size and len(unique) == 1
        return np.zeros(len(vectors), np.int64) if whole else np.full(len(vectors), -1, np.int64)
    dims = min(n_components, unique.shape[0] - 1, unique.shape[1] - 1)
    reduced = TruncatedSVD(dims, random_state=random_state).fit_transform(unique.astype(np.float64))
    reduced /= np.maximum(np.linalg.norm(reduced, axis=1, keepdims=True), 1e-12)
    labels = HDBSCAN(min_cluster_size=min_cluster_size, copy=True).fit_predict(reduced)
    back = inverse.ravel()
    kinds = [int(k) for k in np.unique(labels) if k >= 0]
    # Largest first; equal sizes by their first row in sorted order, so that input order is moot.
    order = sorted(
        kinds, key=lambda k: (-int((labels[back] == k).sum()), int(np.flatnonzero(labels == k)[0]))
    )
    renumbered = {k: i for i, k in enumerate(order)}
    return np.array([renumbered.get(int(k), -1) for k in labels[back]], np.int64)


def jaccard_stability(
    vectors: Floats,
    labels: npt.NDArray[np.int64],
    groups: list[str],
    *,
    n_boot: int,
    random_state: int,
    **settings: int,
) -> dict[int, float]:
    """Return each cluster's mean best Jaccard similarity over bootstrap samples of groups.

    Parameters
    ----------
    vectors, labels : ndarray
        As given to and returned by ``cluster``.
    groups : list of str
        Document of each row (or its sentence, in a corpus of few documents).
    n_boot, random_state : int
    **settings
        Passed to ``cluster``.

    References
    ----------
    Hennig, C. (2007). Cluster-wise assessment of cluster stability.
    Computational Statistics & Data Analysis 52(1). Below 0.6 a cluster should not be trusted.
    """
    rng = np.random.default_rng(random_state)
    names = sorted(set(groups))
    array = np.asarray(groups)
    found: dict[int, list[float]] = {int(k): [] for k in np.unique(labels) if k >= 0}
    for _ in range(n_boot):
        drawn = set(rng.choice(names, len(names)))
        rows = np.flatnonzero(np.isin(array, sorted(drawn)))
        again = cluster(vectors[rows], random_state=random_state, **settings)
        for k, values in found.items():
            mine = labels[rows] == k
            if not mine.any():
                continue
            best = 0.0
            for other in np.unique(again[again >= 0]):
                theirs = again == other
                best = max(best, float((mine & theirs).sum() / (mine | theirs).sum()))
            values.append(best)
    return {k: float(np.mean(v)) if v else float("nan") for k, v in found.items()}


def fit_framings(
    claims: pd.DataFrame,
    vectors: Floats,
    codebook: Codebook | None,
    *,
    membership: npt.NDArray[np.float64] | None = None,
    about: Floats | None = None,
    settings: FramingSettings | None = None,
    random_state: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Assign claims to the codebook's framings and discover further ones.

    Parameters
    ----------
    claims : DataFrame
        ``claim_id, doc_id, sent_index, text, source_id``.
    vectors : ndarray, shape (n_claims, n_dims)
        Unit vectors, in the order of `claims`.
    codebook : Codebook or None
        None discovers everything.
    membership : ndarray, shape (n_claims, n_framings), optional
        From ``guided_membership``; needed with a codebook.
    about : ndarray, shape (n_claims, n_dims), optional
        Vectors that discovery groups, in place of `vectors`: in a stance-aware encoder's, claims
        that take no side are near each other whatever they are about.
    settings : FramingSettings, optional
    random_state : int

    Returns
    -------
    framings, assignments : DataFrame
        One assignment a claim; ``framing_id`` "-1" where no framing fits. ``membership`` is that
        of the best codebook framing, sufficient or not; NaN in a discovered one.

    Raises
    ------
    InputError
        If lengths differ or a codebook comes without membership.
    """
    settings = settings or FramingSettings()
    about = vectors if about is None else about
    for given in (vectors, about):
        if len(given) != len(claims):
            raise InputError(
                f"got {len(given)} vectors for {len(claims)} claims; expected one each."
            )
    labels, best = _guided(len(claims), codebook, membership, settings.min_membership)
    tables = [codebook.table()] if codebook is not None else []
    residual = np.flatnonzero(labels == NO_FRAMING)
    stability: dict[str, float] = {}
    if settings.discover and len(residual):
        names, stability = _discover(claims, about, residual, settings, random_state)
        labels[residual] = names
        tables.append(_discovered_table(sorted(set(names) - {NO_FRAMING})))
    tables = [t for t in tables if len(t)]
    framings = pd.concat(tables, ignore_index=True) if tables else _discovered_table([])
    found = labels.tolist()
    best[np.isin(labels, sorted(stability))] = np.nan  # no codebook framing holds these
    assignments = pd.DataFrame(
        {
            "claim_id": claims["claim_id"].to_numpy(),
            "framing_id": found,
            "membership": np.round(best, 6),
        }
    )
    described = _describe(framings, claims, vectors, found, stability)
    return check_table(described, "framings"), check_table(assignments, "assignments")


def _guided(
    n_claims: int,
    codebook: Codebook | None,
    membership: npt.NDArray[np.float64] | None,
    min_membership: float,
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.float64]]:
    """Return each claim's framing by the codebook, and its best membership."""
    labels: npt.NDArray[np.object_] = np.full(n_claims, NO_FRAMING, dtype=object)
    if codebook is None:
        return labels, np.zeros(n_claims)
    if membership is None or membership.shape != (n_claims, len(codebook.framings)):
        raise InputError(
            "a codebook needs membership of shape (n_claims, n_framings); see guided_membership."
        )
    if not n_claims:
        return labels, np.zeros(0)
    ids = np.array([f.framing_id for f in codebook.framings], dtype=object)
    best = membership.max(axis=1)
    sure = best >= min_membership
    labels[sure] = ids[membership.argmax(axis=1)[sure]]
    return labels, best


def _describe(
    framings: pd.DataFrame,
    claims: pd.DataFrame,
    vectors: Floats,
    found: list[str],
    stability: dict[str, float],
) -> pd.DataFrame:
    """Fill in counts, terms, exemplars and stability, and name what was discovered."""
    terms = distinctive_terms(claims["text"].tolist(), found)
    exemplars = exemplar_claims(claims, vectors, found) if len(claims) else {}
    counts = pd.Series(found, dtype=object).value_counts()
    ids = framings["framing_id"].tolist()
    named = {f: " / ".join(terms.get(f, [])[:3]) or f for f in ids}
    discovered = framings["origin"] == "discovered"
    return framings.assign(
        label=framings["label"].where(~discovered, framings["framing_id"].map(named)),
        n_claims=[int(counts.get(f, 0)) for f in ids],
        terms=["|".join(terms.get(f, [])) for f in ids],
        exemplar_claim_ids=["|".join(exemplars.get(f, [])) for f in ids],
        stability=[stability.get(f, float("nan")) for f in ids],
    )


def _discover(
    claims: pd.DataFrame,
    vectors: Floats,
    rows: npt.NDArray[np.intp],
    settings: FramingSettings,
    random_state: int,
) -> tuple[list[str], dict[str, float]]:
    options = {"min_cluster_size": settings.min_cluster_size, "n_components": settings.n_components}
    numbers = cluster(vectors[rows], random_state=random_state, **options)
    part = claims.iloc[rows]
    documents = part["doc_id"].astype(str).tolist()
    few = len(set(documents)) < 10
    groups = (
        [f"{d}:{s}" for d, s in zip(documents, part["sent_index"], strict=True)]
        if few
        else documents
    )
    steady = jaccard_stability(
        vectors[rows], numbers, groups, n_boot=settings.n_boot, random_state=random_state, **options
    )
    names = [NO_FRAMING if k < 0 else f"discovered_{k:02d}" for k in numbers]
    return names, {f"discovered_{k:02d}": v for k, v in steady.items()}


def _discovered_table(ids: list[str]) -> pd.DataFrame:
    rows = pd.DataFrame({"framing_id": ids, "label": ids})
    empty = dict.fromkeys(("proposition", "counter", "terms", "exemplar_claim_ids"), "")
    return rows.assign(origin="discovered", n_claims=0, stability=float("nan"), **empty)
