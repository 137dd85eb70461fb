"""Claims to the codebook's framings, with abstention."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from narrative.adapter import Adapter
from narrative.codebook import Codebook
from narrative.encoder import Encoder
from narrative.framings.rows import BLOCK
from narrative.normalise import ActorNormaliser

# Cosine of text that is about nothing in the codebook.
FLOOR = 0.35


def knows(adapter: Adapter, codebook: Codebook) -> bool:
    """Return whether a stance network was trained for every framing of a codebook, as worded."""
    classes = adapter.meta["heads"].get("framing", [])
    trained = adapter.meta.get("propositions", {})
    return all(
        f.framing_id in classes
        and f.framing_id in adapter.meta["heads"]
        and trained.get(f.framing_id) == f.proposition
        for f in codebook.framings
    )


def guided_membership(
    vectors: npt.NDArray[np.float32],
    codebook: Codebook,
    encoder: Encoder,
    normaliser: ActorNormaliser,
    *,
    adapter: Adapter | None = None,
    temperature: float = 0.05,
    floor: float = FLOOR,
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
        In cosine, > 0; where no head is trained.
    floor : float
        Cosine at which a claim is as likely to be about nothing in the codebook; where no head is
        trained. The default suits the pinned encoder; others spread their cosines otherwise.

    Returns
    -------
    ndarray, shape (n_claims, n_framings)
        Rows sum to at most 1; what is missing is the probability of no framing.
    """
    ids = [f.framing_id for f in codebook.framings]
    if adapter is not None and knows(adapter, codebook):
        classes = list(adapter.meta["heads"]["framing"])
        p = adapter.probabilities(vectors, "framing")
        return np.asarray(p[:, [classes.index(i) for i in ids]])
    near = np.zeros((len(vectors), len(ids)))
    for column, framing in enumerate(codebook.framings):
        sentences = encoder.encode([normaliser(t) for t in framing.texts]).astype(np.float64)
        for start in range(0, len(vectors), BLOCK):
            part = slice(start, start + BLOCK)
            cosines = vectors[part].astype(np.float64) @ sentences.T
            near[part, column] = np.sort(cosines, axis=1)[:, -3:].mean(axis=1)
    nothing = np.full((len(vectors), 1), floor)
    highest = near.max(axis=1, keepdims=True, initial=floor)
    weights = np.exp((np.hstack([near, nothing]) - highest) / temperature)
    return np.asarray((weights / weights.sum(axis=1, keepdims=True))[:, :-1])
