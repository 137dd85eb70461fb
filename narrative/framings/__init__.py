"""Vectors to framings: guided by a codebook with abstention, the rest left to discovery.

Guided: a trained head where the codebook's framings are the ones it was trained on, else nearness
to the codebook's sentences. Discovery: ``FramingModel`` on what the codebook leaves over. No
framing is an answer in both.
"""

from narrative.framings.certificate import Certificate, certify, verdict
from narrative.framings.crossing import crosswalk, disagreeing, shipped_crosswalk
from narrative.framings.described import FramingCard, Namer, first_terms
from narrative.framings.fit import FramingSettings, fit_framings, fit_pieces
from narrative.framings.guided import guided_membership, knows
from narrative.framings.model import FramingModel
from narrative.framings.pieces import Assigner, Piece, Results
from narrative.framings.rows import Sample, sample_rows
from narrative.framings.suggest import suggest_entries
from narrative.framings.vectors import discovery_vectors, stance_aware, stance_scores

__all__ = [
    "Assigner",
    "Certificate",
    "FramingCard",
    "FramingModel",
    "FramingSettings",
    "Namer",
    "Piece",
    "Results",
    "Sample",
    "certify",
    "crosswalk",
    "disagreeing",
    "discovery_vectors",
    "first_terms",
    "fit_framings",
    "fit_pieces",
    "guided_membership",
    "knows",
    "sample_rows",
    "shipped_crosswalk",
    "stance_aware",
    "stance_scores",
    "suggest_entries",
    "verdict",
]
