"""Corpora with known truth, for testing what the estimators promise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Truth:
    """What a simulated corpus was made with.

    Parameters
    ----------
    prevalence : float
        Probability that a claim is in the framing.
    stance : float
        Balance of favour and against among claims in the framing, in [-1, 1].
    between : float
        Standard deviation of a document's own deviation, on the logit scale: claims of one
        document resemble each other.
    """

    prevalence: float = 0.3
    stance: float = 0.2
    between: float = 0.5


def simulate_corpus(
    n_docs: int, *, claims_per_doc: int = 20, truth: Truth | None = None, random_state: int = 0
) -> dict[str, pd.DataFrame]:
    """Return tables of a corpus of one source, one framing and one month with known truth.

    Parameters
    ----------
    n_docs, claims_per_doc : int
    truth : Truth, optional
    random_state : int

    Returns
    -------
    dict of str to DataFrame
        ``documents, sources, claims, assignments, stances``, as ``estimate_timeline`` takes them,
        and ``truth`` with the population values of prevalence and stance (the mean over the
        documents' own deviations, by numeric integration).
    """
    truth = truth or Truth()
    rng = np.random.default_rng(random_state)
    doc_ids = [f"d{i:06d}" for i in range(n_docs)]
    logit = np.log(truth.prevalence / (1 - truth.prevalence))
    favor = (1 + truth.stance) / 2
    favor_logit = np.log(favor / (1 - favor))
    own_prevalence = _sigmoid(logit + truth.between * rng.standard_normal(n_docs))
    own_favor = _sigmoid(favor_logit + truth.between * rng.standard_normal(n_docs))
    doc = np.repeat(np.arange(n_docs), claims_per_doc)
    inside = rng.random(len(doc)) < own_prevalence[doc]
    side = np.where(rng.random(len(doc)) < own_favor[doc], 1, -1) * inside
    ids = [f"c{i:08d}" for i in range(len(doc))]
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    p = float(weights @ _sigmoid(logit + truth.between * nodes))
    f = float(weights @ _sigmoid(favor_logit + truth.between * nodes))
    claims = pd.DataFrame(
        {
            "claim_id": ids,
            "doc_id": [doc_ids[i] for i in doc],
            "source_id": "s",
            "chain": "s",
            "said_at": "2025-12-01",
        }
    )
    return {
        "documents": pd.DataFrame({"doc_id": doc_ids, "copy_group": doc_ids}),
        "sources": pd.DataFrame({"source_id": ["s"], "camp": ["western"]}),
        "claims": claims,
        "assignments": pd.DataFrame({"claim_id": ids, "framing_id": np.where(inside, "f", "-1")}),
        "stances": pd.DataFrame(
            {
                "claim_id": ids,
                "framing_id": "f",
                "p_against": (side == -1).astype(float),
                "p_none": (side == 0).astype(float),
                "p_favor": (side == 1).astype(float),
                "stance": side,
            }
        ),
        "truth": pd.DataFrame({"prevalence": [p], "stance": [2 * f - 1]}),
    }


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-x)))
