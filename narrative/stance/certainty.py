"""How certain the event of a claim is: happened, is about to, will inevitably, did not.

Kept apart from stance: "Russian forces have taken the city" and "Russian forces will inevitably
take the city" favour the same proposition, and only one of them can be checked today.
"""

from __future__ import annotations

import pandas as pd

from narrative.normalise import build_normaliser
from narrative.reporting import Progress
from narrative.schema import CERTAINTIES, check_table
from narrative.stance.in_context import claim_inputs
from narrative.stance.scorer import StanceModel, checked_claims, speaker_camps, stance_model


def score_certainty(
    claims: pd.DataFrame,
    *,
    sources: pd.DataFrame | None = None,
    places: pd.DataFrame | None = None,
    model: StanceModel | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Score what each claim says of its event's certainty.

    Parameters
    ----------
    claims, sources, places, model, progress
        As for ``score_stance``.

    Returns
    -------
    DataFrame
        The ``certainty`` table: the likeliest of ``CERTAINTIES`` and the probability of each; "na"
        is a claim without an event (an opinion, a demand).

    Raises
    ------
    InputError
        If a text is missing or claim ids repeat.
    """
    claims = checked_claims(claims)
    chosen = model if model is not None else stance_model()
    texts = claim_inputs(claims, speaker_camps(claims, sources), build_normaliser(sources, places))
    p = chosen.adapter.probabilities(
        chosen.encoder.encode(texts, progress=progress), "certainty"
    ).round(6)
    columns = {f"p_{name}": p[:, i] for i, name in enumerate(CERTAINTIES)}
    likeliest = [CERTAINTIES[i] for i in p.argmax(axis=1)]
    ids = claims["claim_id"].astype(str).to_numpy()
    return check_table(
        pd.DataFrame({"claim_id": ids, "certainty": likeliest, **columns}), "certainty"
    )
