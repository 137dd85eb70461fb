"""Corpora with known truth, for testing what the estimators promise.

Documents with claims in a framing and on a side (``corpus``), copied from each other and read with
errors; many samples of them as counts (``counts``); series, exposures and credit (``series``).
"""

from narrative.simulate.corpus import (
    Copying,
    LabelError,
    Truth,
    copied_prevalence,
    simulate_corpus,
    with_label_error,
)
from narrative.simulate.counts import simulate_copies, simulate_counts
from narrative.simulate.series import Exposure, simulate_credit, simulate_series, simulate_weeks

__all__ = [
    "Copying",
    "Exposure",
    "LabelError",
    "Truth",
    "copied_prevalence",
    "simulate_copies",
    "simulate_corpus",
    "simulate_counts",
    "simulate_credit",
    "simulate_series",
    "simulate_weeks",
    "with_label_error",
]
