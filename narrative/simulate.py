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


def simulate_counts(
    n_docs: int,
    n_samples: int,
    claims_per_doc: int,
    truth: tuple[float, float, float],
    *,
    adoption: float = 0.2,
    random_state: int = 0,
) -> dict[str, np.ndarray | float]:
    """Return many samples of documents at once, as counts, with the population's values.

    Parameters
    ----------
    n_docs, n_samples, claims_per_doc : int
        Documents of a sample; samples; claims a document in the mean (Poisson, at least one).
    truth : (prevalence, stance, between)
        As in ``Truth``.
    adoption : float
        Probability that a favourable claim comes from outside the framing's camp.
    random_state : int

    Returns
    -------
    dict
        ``claims, inside`` (in the framing), ``net`` (favour less against), ``favor, outside`` (of
        these, from outside), arrays of shape (n_docs, n_samples); and the floats ``prevalence,
        stance, adoption``, means over documents.
    """
    prevalence, stance, between = truth
    rng = np.random.default_rng(random_state)
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    shares = {"prevalence": prevalence, "favor": (1 + stance) / 2, "adoption": adoption}
    own, mean = {}, {}
    for name, value in shares.items():
        logit = np.log(value / (1 - value))
        own[name] = _sigmoid(logit + between * rng.standard_normal((n_docs, n_samples)))
        mean[name] = float(weights @ _sigmoid(logit + between * nodes))
    claims = np.maximum(rng.poisson(claims_per_doc, (n_docs, n_samples)), 1)
    inside = rng.binomial(claims, own["prevalence"])
    favor = rng.binomial(inside, own["favor"])
    outside = rng.binomial(favor, own["adoption"])
    counts = {
        "claims": claims, "inside": inside, "net": 2 * favor - inside, "favor": favor,
        "outside": outside,
    }  # fmt: skip
    return {n: v.astype(float) for n, v in counts.items()} | {
        "prevalence": mean["prevalence"],
        "stance": 2 * mean["favor"] - 1,
        "adoption": mean["adoption"],
    }


def simulate_series(n: int, memory: float, *, random_state: int = 0) -> np.ndarray:
    """Return a series in which each value goes on from the last by `memory`, with unit noise."""
    rng = np.random.default_rng(random_state)
    noise = rng.standard_normal(n + 50)
    out = np.zeros(n + 50)
    for t in range(1, n + 50):
        out[t] = memory * out[t - 1] + noise[t]
    return out[50:]


def simulate_credit(
    n_claims: int,
    *,
    never: float = 0.3,
    mean_days: float = 25.0,
    follow_up: tuple[float, float] = (20.0, 200.0),
    horizon: float = 30.0,
    random_state: int = 0,
) -> tuple[pd.DataFrame, float]:
    """Return claims with days of credit, some cut off by the end of the record, and the truth.

    Parameters
    ----------
    n_claims : int
    never : float
        Share of claims that are never made good.
    mean_days : float
        Of the others, the mean of the days until they are (exponential, whole days).
    follow_up : (float, float)
        Days for which a claim is followed, at random between these.
    horizon : float
        Days.
    random_state : int

    Returns
    -------
    (claims, open_share) : (DataFrame, float)
        ``credit_low, credit_high`` as in the ledger, a place each; the share of claims that are
        open after `horizon` days in the population.
    """
    rng = np.random.default_rng(random_state)
    days = np.ceil(rng.exponential(mean_days, n_claims))
    days[rng.random(n_claims) < never] = np.inf
    until = np.floor(rng.uniform(*follow_up, n_claims))
    paid = days <= until
    claims = pd.DataFrame(
        {
            "place_id": [f"p{i:06d}" for i in range(n_claims)],
            "credit_low": np.where(paid, days, until),
            "credit_high": np.where(paid, days, np.inf),
        }
    )
    return claims, never + (1 - never) * float(np.exp(-np.floor(horizon) / mean_days))
