"""Corpora with known truth, for testing what the estimators promise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from narrative.errors import InputError
from narrative.simulate.deviations import NODES, logit, mean_over, sigmoid

_SIDES = ("p_against", "p_none", "p_favor")
_EXACT = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


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


@dataclass(frozen=True)
class Copying:
    """How documents of a corpus are copied from others of it.

    Parameters
    ----------
    share : float
        Share of the documents that are copies, in [0, 1).
    lean : float
        How much oftener a document is copied that is more in the framing than others: by a factor
        of ``exp(lean)`` a standard deviation (``Truth.between``). Where it is not 0, prevalence
        counted raw is not that of first publishers.
    lost : float
        Probability that a copy tells a claim of the framing in other words, outside of it. Where it
        is not 0, prevalence with copies counted once is not that of first publishers.
    """

    share: float = 0.0
    lean: float = 0.0
    lost: float = 0.0

    def __post_init__(self) -> None:
        if not (0 <= self.share < 1 and 0 <= self.lost <= 1):
            raise InputError(f"{self}; expected 'share' in [0, 1) and 'lost' in [0, 1].")


@dataclass(frozen=True)
class LabelError:
    """How often a model assigns claims and reads stance as it should.

    Parameters
    ----------
    sensitivity, specificity : float
        Probability that a claim in the framing is assigned to it, and that one outside is not.
    stance : three rows of three floats
        Probability that a claim against, of no side, in favour (rows) is read as each (columns).
    """

    sensitivity: float = 1.0
    specificity: float = 1.0
    stance: tuple[tuple[float, float, float], ...] = _EXACT

    def __post_init__(self) -> None:
        rows = np.array(self.stance)
        shares = np.r_[self.sensitivity, self.specificity, rows.ravel()]
        if rows.shape != (3, 3) or not np.allclose(rows.sum(axis=1), 1):
            raise InputError("'stance' is not three rows of three that each sum to 1.")
        if shares.min() < 0 or shares.max() > 1:
            raise InputError(f"{self}; expected probabilities in [0, 1].")


def simulate_corpus(
    n_docs: int,
    *,
    claims_per_doc: int = 20,
    truth: Truth | None = None,
    copying: Copying | None = None,
    random_state: int = 0,
) -> dict[str, pd.DataFrame]:
    """Return tables of a corpus of one source, one framing and one month with known truth.

    Parameters
    ----------
    n_docs, claims_per_doc : int
        Documents, copies among them; claims of each.
    truth : Truth, optional
    copying : Copying, optional
        By default nothing is copied.
    random_state : int

    Returns
    -------
    dict of str to DataFrame
        ``documents, sources, claims, assignments, stances``, as ``estimate_timeline`` takes them,
        and ``truth``: a row for each way of counting copies (``counted``, as ``claim_weights`` has
        them) with the population values of prevalence and stance (the mean over the documents' own
        deviations, by numeric integration). Claims of the same words have the same ``text``.
    """
    truth, copying = truth or Truth(), copying or Copying()
    rng = np.random.default_rng(random_state)
    n_first = n_docs - round(copying.share * n_docs)
    inside_logit, favor_logit = logit(truth.prevalence), logit((1 + truth.stance) / 2)
    own = rng.standard_normal(n_first)
    own_favor = sigmoid(favor_logit + truth.between * rng.standard_normal(n_first))
    shape = (n_first, claims_per_doc)
    inside = rng.random(shape) < sigmoid(inside_logit + truth.between * own)[:, None]
    side = np.where(rng.random(shape) < own_favor[:, None], 1, -1) * inside
    first = first_publishers(own[:, None], n_docs - n_first, copying.lean, rng)[:, 0]
    told = side[first]
    changed = (told != 0) & (rng.random(told.shape) < copying.lost)
    changed[:n_first] = False
    told[changed] = 0
    days = np.r_[np.zeros(n_first, int), rng.integers(0, 4, n_docs - n_first)]
    prevalences = copied_prevalence(truth, copying)
    stance = 2 * float(mean_over(sigmoid(favor_logit + truth.between * NODES))) - 1
    tables = _claim_tables(told.ravel())
    tables["claims"] = tables["claims"].assign(
        doc_id=[f"d{i:06d}" for i in np.repeat(np.arange(n_docs), claims_per_doc)],
        text=_texts(first, changed),
    )
    tables["documents"] = pd.DataFrame(
        {
            "doc_id": [f"d{i:06d}" for i in range(n_docs)],
            "copy_group": [f"d{i:06d}" for i in first],
            "published_at": [f"2025-12-{day + 1:02d}" for day in days],
        }
    )
    tables["truth"] = pd.DataFrame(
        {"counted": list(prevalences), "prevalence": list(prevalences.values()), "stance": stance}
    )
    return tables


def _claim_tables(side: npt.NDArray[np.int_]) -> dict[str, pd.DataFrame]:
    """Return the tables of claims that are outside the framing (0), or in it on a side."""
    ids = [f"c{i:08d}" for i in range(len(side))]
    shared = {"source_id": "s", "chain": "s", "said_at": "2025-12-01"}
    return {
        "sources": pd.DataFrame({"source_id": ["s"], "camp": ["western"]}),
        "claims": pd.DataFrame({"claim_id": ids}).assign(**shared),
        "assignments": pd.DataFrame({"claim_id": ids, "framing_id": np.where(side, "f", "-1")}),
        "stances": _with_stance(pd.DataFrame({"claim_id": ids, "framing_id": "f"}), side),
    }


def _with_stance(stances: pd.DataFrame, side: npt.NDArray[np.int_]) -> pd.DataFrame:
    sure = {name: (side == k).astype(float) for k, name in zip((-1, 0, 1), _SIDES, strict=True)}
    return stances.assign(**sure, stance=side)


def _texts(first: npt.NDArray[np.intp], changed: npt.NDArray[np.bool_]) -> list[str]:
    """Return the words of each claim: its first publisher's, or its own where they are changed."""
    own = np.arange(changed.size).reshape(changed.shape)
    return [f"t{i:08d}" for i in np.where(changed, own, own[first]).ravel()]


def with_label_error(
    tables: dict[str, pd.DataFrame], error: LabelError, *, random_state: int = 0
) -> dict[str, pd.DataFrame]:
    """Return a simulated corpus as a model reads it that errs as often as set.

    Parameters
    ----------
    tables : dict of str to DataFrame
        From ``simulate_corpus``, the truth; claims of the same words are read alike.
    error : LabelError
    random_state : int

    Returns
    -------
    dict of str to DataFrame
        `tables` with other ``assignments`` and ``stances``.
    """
    rng = np.random.default_rng(random_state)
    texts, at = np.unique(tables["claims"]["text"].to_numpy(str), return_inverse=True)
    drawn = rng.random((2, len(texts)))[:, at]
    inside = (tables["assignments"]["framing_id"] == "f").to_numpy()
    given = drawn[0] < np.where(inside, error.sensitivity, 1 - error.specificity)
    upto = np.cumsum(error.stance, axis=1)[tables["stances"]["stance"].to_numpy(int) + 1]
    side = (drawn[1][:, None] >= upto[:, :2]).sum(axis=1) - 1
    return tables | {
        "assignments": tables["assignments"].assign(framing_id=np.where(given, "f", "-1")),
        "stances": _with_stance(tables["stances"], side),
    }


def copied_prevalence(truth: Truth, copying: Copying) -> dict[str, float]:
    """Return prevalence in the population of documents, for each way of counting copies."""
    own = sigmoid(logit(truth.prevalence) + truth.between * NODES)
    # A document's copies are Poisson, and more for those further in the framing.
    often = np.exp(copying.lean * NODES - copying.lean**2 / 2)
    copies = copying.share / (1 - copying.share) * often
    among = 1 - np.divide(-np.expm1(-copies), copies, out=np.ones_like(copies), where=copies > 0)
    first, of_copies = mean_over(own), mean_over(own * often) * (1 - copying.lost)
    return {
        "raw": (1 - copying.share) * first + copying.share * of_copies,
        "copies once": mean_over(own * (1 - copying.lost * among)),
        "first publisher": first,
    }


def first_publishers(
    own: npt.NDArray[np.float64], n_copies: int, lean: float, rng: np.random.Generator
) -> npt.NDArray[np.intp]:
    """Return whose words each document has, its own for the first: (n_docs, n_samples)."""
    n_first, n_samples = own.shape
    often = np.exp(lean * own.T)
    drawn = rng.multinomial(n_copies, often / often.sum(axis=1, keepdims=True))
    places = np.tile(np.arange(n_first), n_samples)
    copied = np.repeat(places, drawn.ravel()).reshape(n_samples, n_copies).T
    return np.vstack([places.reshape(n_samples, n_first).T, copied])
