"""Terms and exemplar claims that describe a framing."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

_FEW_WORDS = 6
_MANY_TEXTS, _EVERYWHERE = 50, 0.2
Floats = npt.NDArray[np.float32]


def distinctive_terms(
    texts: list[str], labels: list[str], *, n_terms: int = 8, prior: float = 0.05
) -> dict[str, list[str]]:
    """Return each group's terms by weighted log-odds with a Dirichlet prior.

    Parameters
    ----------
    texts, labels : list of str
        Claims and their groups, of equal length.
    n_terms : int
        Terms a group at most; only terms with z > 0 count.
    prior : float
        Pseudo-count a term and corpus occurrence.

    Returns
    -------
    dict of str to list of str
        Most distinctive first; ties in alphabetical order.

    References
    ----------
    Monroe, Colaresi and Quinn (2008). Fightin' words. Political Analysis 16(4).
    """
    groups = sorted(set(labels))
    counts, names = _counted(texts)
    if counts is None:
        return {g: [] for g in groups}
    total = np.asarray(counts.sum(axis=0), dtype=float).ravel()
    alpha = prior * total
    labels_array = np.asarray(labels)
    out = {}
    for group in groups:
        mine = np.asarray(counts[labels_array == group].sum(axis=0), dtype=float).ravel()
        rest = total - mine
        n_mine, n_rest, a0 = mine.sum(), rest.sum(), alpha.sum()
        odds = np.log((mine + alpha) / (n_mine + a0 - mine - alpha + 1e-9))
        odds -= np.log((rest + alpha) / (n_rest + a0 - rest - alpha + 1e-9))
        z = odds / np.sqrt(1 / (mine + alpha) + 1 / (rest + alpha))
        out[group] = _best_terms(names, np.where(mine >= min(2, len(texts)), z, 0), n_terms)
    return out


def class_terms(texts: list[str], labels: list[str], *, n_terms: int = 8) -> dict[str, list[str]]:
    """Return each group's terms by class-based TF-IDF.

    A term's weight is its share of the group's terms, times log(1 + mean number of terms a group /
    occurrences of the term in all groups). Of 50 texts and more, terms of more than a fifth of them
    are left out: function words of languages whose stop words are not known here.

    Parameters
    ----------
    texts, labels : list of str
        Claims and their groups, of equal length.
    n_terms : int
        Terms a group at most.

    Returns
    -------
    dict of str to list of str
        Heaviest first; ties in alphabetical order.

    References
    ----------
    Grootendorst (2022). BERTopic: Neural topic modeling with a class-based TF-IDF procedure.
    arXiv:2203.05794, equation 2.
    """
    groups = sorted(set(labels))
    counts, names = _counted(texts)
    if counts is None:
        return {g: [] for g in groups}
    total = np.asarray(counts.sum(axis=0), dtype=float).ravel()
    rare = np.log1p(total.sum() / len(groups) / total)
    if len(texts) >= _MANY_TEXTS:
        rare[np.asarray((counts > 0).sum(axis=0)).ravel() > _EVERYWHERE * len(texts)] = 0
    array = np.asarray(labels)
    out = {}
    for group in groups:
        mine = np.asarray(counts[array == group].sum(axis=0), dtype=float).ravel()
        weight = mine / max(mine.sum(), 1) * rare
        out[group] = _best_terms(names, np.where(mine >= min(2, len(texts)), weight, 0), n_terms)
    return out


def _counted(texts: list[str]) -> tuple[Any, Any]:
    """Return counts of words and pairs of words, and what they are; None where there is none."""
    from sklearn.feature_extraction.text import CountVectorizer

    vectorizer = CountVectorizer(
        stop_words="english", ngram_range=(1, 2), token_pattern=r"(?u)\b[^\W\d_]{3,}\b"
    )
    try:
        counts = vectorizer.fit_transform(texts)
    except ValueError:  # no text, or no word is left beside stop words
        return None, None
    return counts, vectorizer.get_feature_names_out()


def _best_terms(names: Any, weights: npt.NDArray[np.float64], n_terms: int) -> list[str]:
    """Return the terms of most weight, more than nothing, of which no two share a word."""
    order = sorted(
        np.flatnonzero(weights > 0), key=lambda i: (-round(float(weights[i]), 9), names[i])
    )
    kept: list[str] = []
    for i in order:
        if not any(set(names[i].split()) & set(k.split()) for k in kept):
            kept.append(str(names[i]))
        if len(kept) == n_terms:
            break
    return kept


def exemplar_claims(
    claims: pd.DataFrame, vectors: Floats, labels: list[str], *, n_exemplars: int = 3
) -> dict[str, list[str]]:
    """Return the ids of each group's most central claims, of different sources and wordings first.

    Parameters
    ----------
    claims : DataFrame
        ``claim_id``, ``text`` and, if present, ``source_id``; fragments of fewer than six words
        come last.
    vectors : ndarray, shape (n_claims, n_dims)
        Unit rows, in the order of `claims`.
    labels : list of str
    n_exemplars : int
    """
    ids = claims["claim_id"].tolist()
    short = np.array([len(t.split()) < _FEW_WORDS for t in claims["text"]], dtype=bool)
    texts = claims["text"].tolist()
    speakers = claims["source_id"].tolist() if "source_id" in claims else ids
    array = np.asarray(labels)
    out = {}
    for group in sorted(set(labels)):
        members = np.flatnonzero(array == group)
        centre = vectors[members].astype(np.float64).mean(axis=0)
        nearness = vectors[members].astype(np.float64) @ centre
        order = sorted(
            range(len(members)),
            key=lambda i: (short[members[i]], -round(float(nearness[i]), 9), ids[members[i]]),
        )
        said: dict[str, int] = {}  # what is printed twice is shown once
        voices: dict[str, int] = {}
        for i in order:
            if said.setdefault(texts[members[i]], i) == i:
                voices.setdefault(speakers[members[i]], i)
        chosen = [*voices.values(), *(i for i in said.values() if i not in set(voices.values()))]
        out[group] = [ids[members[i]] for i in chosen[:n_exemplars]]
    return out
