"""Many samples of documents at once, as counts."""

from __future__ import annotations

import numpy as np

from narrative.simulate.corpus import Copying, Truth, copied_prevalence, first_publishers
from narrative.simulate.deviations import NODES, logit, mean_over, sigmoid


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
    shares = {"prevalence": prevalence, "favor": (1 + stance) / 2, "adoption": adoption}
    own, mean = {}, {}
    for name, value in shares.items():
        at = logit(value)
        own[name] = sigmoid(at + between * rng.standard_normal((n_docs, n_samples)))
        mean[name] = mean_over(sigmoid(at + between * NODES))
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


def simulate_copies(
    n_docs: int,
    n_samples: int,
    claims_per_doc: int,
    truth: Truth,
    copying: Copying,
    *,
    random_state: int = 0,
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Return many samples of documents with copies at once, as counts, and prevalence.

    Parameters
    ----------
    n_docs, n_samples, claims_per_doc : int
        Documents of a sample, copies among them; samples; claims of each document.
    truth : Truth
    copying : Copying
    random_state : int

    Returns
    -------
    (counts, prevalence) : (dict of str to ndarray, dict of str to float)
        Of shape (n_docs, n_samples): ``claims``, ``inside`` (in the framing), ``group`` (the
        place of the document's first publisher; the first publishers come first). As
        ``copied_prevalence`` has it.
    """
    rng = np.random.default_rng(random_state)
    n_copies = round(copying.share * n_docs)
    own = rng.standard_normal((n_docs - n_copies, n_samples))
    shares = sigmoid(logit(truth.prevalence) + truth.between * own)
    inside = rng.binomial(claims_per_doc, shares)
    group = first_publishers(own, n_copies, copying.lean, rng)
    told = np.take_along_axis(inside, group, axis=0)
    told[len(own) :] = rng.binomial(told[len(own) :], 1 - copying.lost)
    counts = {"claims": np.full(group.shape, float(claims_per_doc)), "inside": told.astype(float)}
    return counts | {"group": group}, copied_prevalence(truth, copying)
