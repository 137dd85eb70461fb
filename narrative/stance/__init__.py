"""Stance of claims towards propositions, and how certain the claimed events are."""

from narrative.stance.certainty import score_certainty
from narrative.stance.in_context import with_place
from narrative.stance.nli import NLIEncoder
from narrative.stance.pairs import CROSS_ENCODER, Gate, PairEncoder, PairModel
from narrative.stance.scorer import (
    HEAD,
    StanceModel,
    score_stance,
    speaker_camps,
    stance_methods,
    stance_model,
)

__all__ = [
    "CROSS_ENCODER",
    "HEAD",
    "Gate",
    "NLIEncoder",
    "PairEncoder",
    "PairModel",
    "StanceModel",
    "score_certainty",
    "score_stance",
    "speaker_camps",
    "stance_methods",
    "stance_model",
    "with_place",
]
