"""Claims to framings: guided by a codebook with abstention, the rest left to discovery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from narrative.codebook import Codebook, without_claims
from narrative.errors import InputError
from narrative.framings.certificate import certify
from narrative.framings.described import Floats, Found, Namer, described, first_terms
from narrative.framings.guided import FLOOR
from narrative.framings.model import FramingModel
from narrative.schema import NO_FRAMING, check_table, empty_table

_FEW_DOCUMENTS = 10


@dataclass(frozen=True)
class FramingSettings:
    """Settings of guided and discovered framings.

    Parameters
    ----------
    min_membership : float
        A claim whose best membership is lower belongs to no framing of the codebook.
    temperature, floor : float
        Softness of nearness to exemplars, and nearness of what is about nothing in the codebook, in
        cosine, where no head is trained (see ``guided_membership``).
    discover : bool
        Look for framings among the claims that the codebook leaves over.
    min_cluster_size : int
        Fewest distinct claims of a discovered framing.
    distance_threshold, coarse_threshold, min_similarity : float
        As in ``FramingModel``.
    stance_weight : float
        What stance scores weigh in discovery beside the encoder's vectors, where the stance network
        was trained for the codebook (see ``stance_aware``).
    n_boot : int
        Replicates of a discovered framing's stability.
    """

    min_membership: float = 0.30
    temperature: float = 0.05
    floor: float = FLOOR
    discover: bool = True
    min_cluster_size: int = 5
    distance_threshold: float = 0.6
    coarse_threshold: float = 0.8
    min_similarity: float = 0.4
    stance_weight: float = 1.0
    n_boot: int = 50

    def model(self, random_state: int = 0) -> FramingModel:
        """Return an unfitted model with these settings."""
        return FramingModel(
            distance_threshold=self.distance_threshold,
            coarse_threshold=self.coarse_threshold,
            min_cluster_size=self.min_cluster_size,
            min_similarity=self.min_similarity,
            random_state=random_state,
        )


def fit_framings(
    claims: pd.DataFrame,
    vectors: Floats,
    codebook: Codebook | None,
    *,
    membership: npt.NDArray[np.float64] | None = None,
    about: Floats | None = None,
    propositions: Floats | None = None,
    encoders: Mapping[str, Floats] | None = None,
    groups: Sequence[str] | None = None,
    namer: Namer = first_terms,
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
        Vectors that discovery groups, in place of `vectors` (see ``discovery_vectors``).
    propositions : ndarray, shape (n_framings, n_dims), optional
        Unit vectors of the codebook's propositions beside those of `about`: each discovered framing
        is told which is nearest.
    encoders : mapping of str to ndarray, optional
        Vectors of the same claims by other encoders or backends, between which the certificate
        varies; `about` kept in eight bits is always one of them.
    groups : sequence of str, optional
        What the certificate draws: a group of copies for each claim; by default its document.
    namer : callable, optional
        From a ``FramingCard`` to the label of a discovered framing, a language model's for example;
        by default its most distinctive terms.
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
        If lengths differ, a codebook comes without membership, or `namer` gives no name.
    """
    settings = settings or FramingSettings()
    about = vectors if about is None else about
    for given in (vectors, about, *(encoders or {}).values()):
        if len(given) != len(claims):
            raise InputError(
                f"got {len(given)} vectors for {len(claims)} claims; expected one each."
            )
    if groups is not None and len(groups) != len(claims):
        raise InputError(f"got {len(groups)} groups for {len(claims)} claims; expected one each.")
    labels, best = _guided(len(claims), codebook, membership, settings.min_membership)
    book = codebook.table() if codebook is not None else empty_table("framings")
    if propositions is not None and len(propositions) != len(book):
        raise InputError(
            f"got {len(propositions)} vectors for {len(book)} propositions; expected one each."
        )
    residual = np.flatnonzero(labels == NO_FRAMING)
    found = Found()
    if settings.discover and len(residual) > 1:
        drawn, over = _groups(claims.iloc[residual], groups, residual)
        backends = {k: np.asarray(v)[residual] for k, v in (encoders or {}).items()}
        labels[residual], found = _discover(
            about[residual], drawn, over, backends, settings, random_state
        )
    new = list(found.stability)
    best[pd.Series(labels).isin(new).to_numpy()] = np.nan  # no codebook framing holds these
    added = without_claims(pd.DataFrame({"framing_id": new, "label": new}), "discovered")
    framings = described(
        pd.concat([t for t in (book, added) if len(t)] or [book], ignore_index=True),
        claims, (vectors, about), labels.tolist(), found, propositions=propositions, namer=namer,
    )  # fmt: skip
    assignments = pd.DataFrame(
        {
            "claim_id": claims["claim_id"].to_numpy(),
            "framing_id": labels,
            "membership": np.round(best, 6),
        }
    )
    return check_table(framings, "framings"), check_table(assignments, "assignments")


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


def _groups(
    claims: pd.DataFrame, groups: Sequence[str] | None, rows: npt.NDArray[np.intp]
) -> tuple[list[str], str]:
    """Return what the certificate draws, and its name: sentences where documents are few."""
    documents = claims["doc_id"].astype(str).astype(object)
    drawn = documents if groups is None else pd.Series(groups).iloc[rows].astype(str)
    if drawn.nunique() >= _FEW_DOCUMENTS:
        return drawn.tolist(), "documents" if groups is None else "groups of copies"
    sentences = documents + ":" + claims["sent_index"].astype(str).astype(object)
    return sentences.tolist(), "sentences"


def _discover(
    vectors: Floats,
    groups: list[str],
    over: str,
    backends: dict[str, Floats],
    settings: FramingSettings,
    random_state: int,
) -> tuple[npt.NDArray[np.object_], Found]:
    """Return the framing of each vector, and what is known of the framings."""
    model = settings.model(random_state).fit(vectors)
    backends["eight bits"] = (np.round(vectors * 127) / 127).astype(np.float32)
    certificate = certify(
        model, vectors, groups, encoders=backends, n_boot=settings.n_boot,
        random_state=random_state,
    )  # fmt: skip
    steady = certificate.at_once()
    n = len(model.coarse_)
    ids = [f"discovered_{k:0{max(2, len(str(n - 1)))}d}" for k in range(n)]
    shared = np.bincount(model.coarse_, minlength=1)
    found = Found(
        stability={
            f: (float(steady["stability"].get(k, np.nan)), float(steady["low"].get(k, np.nan)))
            for k, f in enumerate(ids)
        },
        over=over,
        parent={
            f: f"group_{g:02d}" for f, g in zip(ids, model.coarse_, strict=True) if shared[g] > 1
        },
        centres=dict(zip(ids, model.cluster_centers_, strict=True)),
    )
    # -1, no framing, is the last of the names.
    return np.array([*ids, NO_FRAMING], dtype=object)[model.labels_], found
