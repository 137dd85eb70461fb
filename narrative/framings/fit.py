"""Claims to framings: guided by a codebook with abstention, the rest left to discovery."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from narrative.codebook import Codebook, without_claims
from narrative.errors import InputError
from narrative.framings.described import Floats, Found, Namer, described, first_terms
from narrative.framings.discovery import certified, found_in
from narrative.framings.guided import FLOOR
from narrative.framings.joining import NOISE, Labels
from narrative.framings.known import gathered
from narrative.framings.model import FramingModel
from narrative.framings.pieces import Assigner, Piece, Pieces, Results
from narrative.reporting import Progress
from narrative.schema import NO_FRAMING, check_table, empty_table


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
    progress: Progress | None = None,
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
    progress : callable, optional
        Called with (done, total) replicates of the certificate.

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
    if codebook is not None and (
        membership is None or membership.shape != (len(claims), len(codebook.framings))
    ):
        raise InputError(
            "a codebook needs membership of shape (n_claims, n_framings); see guided_membership."
        )
    named = None if groups is None else pd.Series(groups, dtype=object).astype(str).to_numpy(object)
    piece = Piece(claims, vectors, about, membership if codebook is not None else None, named)

    def assign(assigner: Assigner) -> Results:
        found = assigner(claims["text"].tolist(), about, piece.membership)
        return Results(*(partial(_once, value) for value in found))

    fitted = fit_pieces(
        partial(_once, piece), assign, codebook, propositions=propositions, encoders=encoders,
        namer=namer, settings=settings, random_state=random_state, progress=progress,
    )  # fmt: skip
    codes, best = next(fitted.results.codes()), next(fitted.results.best())
    assignments = fitted.assignments(claims["claim_id"], codes, best)
    return fitted.framings, check_table(assignments, "assignments")


def _once(value: Any) -> Iterator[Any]:
    yield value


@dataclass(frozen=True, eq=False)
class Fitted:
    """Framings, and what each code of the results stands for.

    Parameters
    ----------
    framings : DataFrame
    results : Results
    names : ndarray of str
        Of the codes, -1 for no framing the last.
    n_book : int
        Framings of the codebook.
    """

    framings: pd.DataFrame
    results: Results
    names: npt.NDArray[np.object_]
    n_book: int

    def assignments(
        self, claim_ids: pd.Series[str], codes: Labels, best: npt.NDArray[np.floating[Any]]
    ) -> pd.DataFrame:
        """Return the ``assignments`` of claims from their codes and best memberships."""
        best = np.where(codes >= self.n_book, np.asarray(np.nan, best.dtype), best)
        return pd.DataFrame(
            {
                "claim_id": claim_ids.to_numpy(),
                "framing_id": self.names[codes],
                "membership": np.round(best, 6),  # no codebook framing holds discovered ones
            }
        )


def fit_pieces(
    pieces: Pieces,
    assign: Callable[[Assigner], Results],
    codebook: Codebook | None,
    *,
    propositions: Floats | None = None,
    encoders: Mapping[str, Floats] | None = None,
    namer: Namer = first_terms,
    settings: FramingSettings,
    random_state: int = 0,
    progress: Progress | None = None,
) -> Fitted:
    """Do what ``fit_framings`` does with claims that come in pieces, of which none is kept.

    Parameters
    ----------
    pieces : callable
        Returns an iterator over pieces of the claims; it is called several times.
    assign : callable
        From an ``Assigner`` to its results of all pieces. Those of `pieces` afterwards go with
        them: what could not be assigned is in neither.
    codebook, propositions, encoders, namer, settings, random_state, progress
        As ``fit_framings`` takes them.
    """
    book = codebook.table() if codebook is not None else empty_table("framings")
    if propositions is not None and len(propositions) != len(book):
        raise InputError(
            f"got {len(propositions)} vectors for {len(book)} propositions; expected one each."
        )
    # Not the table's order, which is by id.
    names = [f.framing_id for f in codebook.framings] if codebook is not None else []
    low, similarity = settings.min_membership, settings.min_similarity
    assigner, model = Assigner(len(names), low, np.zeros((0, 1)), similarity), None
    if settings.discover:
        model = settings.model(random_state)
        if found_in(pieces, assigner, model) > 1:
            assigner = replace(assigner, centres=model.cluster_centers_)
    results = assign(assigner)
    found, new = Found(), list[str]()
    if model is not None and len(assigner.centres):
        found, new = _discovered(
            pieces, results, assigner, model,
            encoders=encoders or {}, n_boot=settings.n_boot, progress=progress,
        )  # fmt: skip
    labels = dict(enumerate([*names, *new])) | {NOISE: NO_FRAMING}
    known = gathered(pieces, results, labels, len(names))
    ids = list(found.stability)
    added = without_claims(pd.DataFrame({"framing_id": ids, "label": ids}), "discovered")
    framings = described(
        pd.concat([t for t in (book, added) if len(t)] or [book], ignore_index=True),
        known, found, book=names, propositions=propositions, namer=namer,
    )  # fmt: skip
    named = np.array([*names, *new, NO_FRAMING], dtype=object)
    return Fitted(check_table(framings, "framings"), results, named, len(names))


def _discovered(
    pieces: Pieces,
    results: Results,
    assigner: Assigner,
    model: FramingModel,
    *,
    encoders: Mapping[str, Floats],
    n_boot: int,
    progress: Progress | None,
) -> tuple[Found, list[str]]:
    """Number framings by their claims; return what is known of them, and the id of each code."""
    counts = np.zeros(len(assigner.centres), np.int64)
    for codes in results.codes():
        mine = codes[codes >= assigner.n_book] - assigner.n_book
        counts += np.bincount(mine, minlength=len(counts))
    numbers = model.number(counts)
    certificate, over = certified(
        pieces, results, assigner, model, encoders=encoders, n_boot=n_boot, progress=progress
    )
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
    return found, [ids[k] if k != NOISE else NO_FRAMING for k in numbers]
