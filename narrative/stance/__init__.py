"""Stance of claims towards propositions, and how certain the claimed events are."""

from narrative.stance.certainty import score_certainty
from narrative.stance.scorer import (
    EXEMPLARS,
    HEAD,
    ExemplarCalibration,
    StanceModel,
    exemplar_probabilities,
    score_stance,
    speaker_camps,
    stance_model,
)

__all__ = [
    "EXEMPLARS",
    "HEAD",
    "ExemplarCalibration",
    "StanceModel",
    "exemplar_probabilities",
    "score_certainty",
    "score_stance",
    "speaker_camps",
    "stance_model",
]
