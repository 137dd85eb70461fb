"""The vectors that framings are discovered in: what a claim is about, and which side it takes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from narrative.adapter import Adapter
from narrative.codebook import Codebook
from narrative.errors import InputError
from narrative.framings.guided import knows

Floats = npt.NDArray[np.float32]


def stance_scores(adapter: Adapter, vectors: Floats, codebook: Codebook) -> npt.NDArray[np.float32]:
    """Return p_favor - p_against of claims towards each framing, shape (n_claims, n_framings).

    By the network's head alone, without the structured reading that a run's stances add.

    Parameters
    ----------
    adapter : Adapter
        A stance network that knows the codebook (see ``knows``).
    vectors : ndarray, shape (n_claims, n_dims)
        The network's.
    codebook : Codebook
    """
    scores = np.zeros((len(vectors), len(codebook.framings)), dtype=np.float32)
    for column, framing in enumerate(codebook.framings):
        p = adapter.probabilities(vectors, framing.framing_id)
        sides = list(adapter.meta["heads"][framing.framing_id])
        scores[:, column] = p[:, sides.index("favor")] - p[:, sides.index("against")]
    return scores


def stance_aware(topic: Floats, scores: Floats, weight: float) -> Floats:
    """Return unit vectors that are near where claims are about the same and take the same sides.

    Sentence encoders put a claim beside its denial, which has nearly the same words; its stance
    scores have the other sign. What takes no side is compared by its topic alone. (The stance
    network's own vectors are no such thing: there all that takes no side is near, whatever it is
    about.)

    Parameters
    ----------
    topic : ndarray, shape (n_claims, n_dims)
        Unit vectors by a sentence encoder, of normalised claims alone.
    scores : ndarray, shape (n_claims, n_framings)
        In [-1, 1], from ``stance_scores``; shortened to length one where they are longer, so that a
        claim with a side towards many framings weighs no more than one with a side towards one.
    weight : float
        Of `scores`, at least 0. With 0 only `topic` decides; between claims that are sure of their
        sides its share of the cosine is 1 / (1 + weight squared).

    Raises
    ------
    InputError
        If the lengths differ.

    Examples
    --------
    >>> topic = np.array([[1, 0], [1, 0], [1, 0], [0, 1]], np.float32)
    >>> scores = np.array([[1, 0], [-1, 0], [0, 0], [1, 0]], np.float32)
    >>> claim, denial, neither, elsewhere = stance_aware(topic, scores, 1.0)
    >>> [round(float(claim @ other), 2) for other in (denial, neither, elsewhere)]
    [0.0, 0.71, 0.5]
    """
    if len(topic) != len(scores):
        raise InputError(
            f"got {len(topic)} vectors and {len(scores)} rows of scores; expected one of each "
            "for every claim."
        )
    sides = scores / np.maximum(np.linalg.norm(scores, axis=1, keepdims=True), np.float32(1))
    joined = np.hstack([topic, np.float32(weight) * sides])
    length = np.linalg.norm(joined, axis=1, keepdims=True)
    return np.asarray(joined / np.maximum(length, np.float32(1e-12)), dtype=np.float32)


def discovery_vectors(
    topic: Floats, stance: Floats, adapter: Adapter, codebook: Codebook | None, weight: float
) -> Floats:
    """Return the vectors that framings are discovered in.

    Parameters
    ----------
    topic, stance : ndarray, shape (n_claims, n_dims)
        Vectors by the sentence encoder, and by the stance network of `adapter`.
    adapter : Adapter
    codebook : Codebook or None
    weight : float
        As in ``stance_aware``.

    Returns
    -------
    ndarray
        Of topic and sides where the network was trained for the codebook, else of topic alone.
    """
    if codebook is None or not knows(adapter, codebook):
        return topic
    return stance_aware(topic, stance_scores(adapter, stance, codebook), weight)
