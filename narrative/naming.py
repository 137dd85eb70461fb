"""Terms and exemplar claims that describe a framing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_BLOCK = 8192  # rows of vectors at a time
_FEW_WORDS = 6
_MANY_TEXTS, _EVERYWHERE = 50, 0.2
Floats = npt.NDArray[np.float32]


class TermCounts(NamedTuple):
    """How often each term stands in each group of texts.

    Parameters
    ----------
    groups : list of str
        In alphabetical order.
    counts : sparse array, shape (n_groups, n_terms), or None
        None where the texts have no terms.
    names : ndarray of str
        Words and pairs of words, in alphabetical order.
    texts : ndarray of int, shape (n_terms,)
        Texts that have the term.
    n_texts : int
    """

    groups: list[str]
    counts: Any
    names: Any
    texts: npt.NDArray[np.int64]
    n_texts: int


def term_counts(texts: list[str], labels: list[str]) -> TermCounts:
    """Return the terms of texts, counted by group, for ``distinctive_terms`` and ``class_terms``.

    Parameters
    ----------
    texts, labels : list of str
        Claims and their groups, of equal length.
    """
    from scipy.sparse import csr_array

    of, groups = pd.factorize(np.asarray(labels, dtype=object), sort=True)
    counts, names = _counted(texts)
    if counts is None:
        return TermCounts(list(groups), None, names, np.zeros(0, np.int64), len(texts))
    member = csr_array(
        (np.ones(len(of), counts.dtype), (of, np.arange(len(of)))), shape=(len(groups), len(of))
    )
    in_texts = np.bincount(counts.indices, minlength=counts.shape[1])
    return TermCounts(list(groups), csr_array(member @ counts), names, in_texts, len(texts))


def distinctive_terms(
    texts: list[str],
    labels: list[str],
    *,
    n_terms: int = 8,
    prior: float = 0.05,
    counts: TermCounts | None = None,
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
    counts : TermCounts, optional
        Of the texts, where they are counted already.

    Returns
    -------
    dict of str to list of str
        Most distinctive first; ties in alphabetical order.

    References
    ----------
    Monroe, Colaresi and Quinn (2008). Fightin' words. Political Analysis 16(4).
    """
    found = counts or term_counts(texts, labels)
    if found.counts is None:
        return {g: [] for g in found.groups}
    total = np.asarray(found.counts.sum(axis=0), dtype=float).ravel()
    n, a0 = total.sum(), (prior * total).sum()

    def odds(mine: npt.NDArray[np.float64], n_mine: float, at: Any) -> npt.NDArray[np.float64]:
        alpha, rest = prior * total[at], total[at] - mine
        out = np.log((mine + alpha) / (n_mine + a0 - mine - alpha + 1e-9))
        out -= np.log((rest + alpha) / (n - n_mine + a0 - rest - alpha + 1e-9))
        return np.asarray(out / np.sqrt(1 / (mine + alpha) + 1 / (rest + alpha)))

    return _by_group(found, odds, n_terms)


def class_terms(
    texts: list[str],
    labels: list[str],
    *,
    n_terms: int = 8,
    counts: TermCounts | None = None,
) -> dict[str, list[str]]:
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
    counts : TermCounts, optional
        Of the texts, where they are counted already.

    Returns
    -------
    dict of str to list of str
        Heaviest first; ties in alphabetical order.

    References
    ----------
    Grootendorst (2022). BERTopic: Neural topic modeling with a class-based TF-IDF procedure.
    arXiv:2203.05794, equation 2.
    """
    found = counts or term_counts(texts, labels)
    if found.counts is None:
        return {g: [] for g in found.groups}
    total = np.asarray(found.counts.sum(axis=0), dtype=float).ravel()
    rare = np.log1p(total.sum() / len(found.groups) / total)
    if found.n_texts >= _MANY_TEXTS:
        rare[found.texts > _EVERYWHERE * found.n_texts] = 0

    def weight(mine: npt.NDArray[np.float64], n_mine: float, at: Any) -> npt.NDArray[np.float64]:
        return np.asarray(mine / max(n_mine, 1) * rare[at])

    return _by_group(found, weight, n_terms)


def _by_group(
    found: TermCounts,
    weigh: Callable[[npt.NDArray[np.float64], float, Any], npt.NDArray[np.float64]],
    n_terms: int,
) -> dict[str, list[str]]:
    """Return the best terms of each group; one that a group has once is none of them."""
    out = {}
    for k, group in enumerate(found.groups):
        part = slice(*found.counts.indptr[k : k + 2])
        at, mine = found.counts.indices[part], found.counts.data[part].astype(float)
        weights = weigh(mine, float(mine.sum()), at)
        often = mine >= min(2, found.n_texts)
        out[group] = _best_terms(found.names, at[often], weights[often], n_terms)
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


def _best_terms(names: Any, at: Any, weights: npt.NDArray[np.float64], n_terms: int) -> list[str]:
    """Return the terms of most weight, more than nothing, of which no two share a word."""
    at, weights = at[weights > 0], weights[weights > 0]
    kept: list[str] = []
    words: set[str] = set()
    for i in at[np.lexsort((at, -np.round(weights, 9)))]:  # terms stand in alphabetical order
        mine = set(names[i].split())
        if not mine & words:
            kept.append(str(names[i]))
            words |= mine
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
    of, groups = pd.factorize(np.asarray(labels, dtype=object), sort=True)
    table = pd.DataFrame(
        {
            "group": of,
            "short": _short(claims["text"]),
            "near": -np.round(_nearness(vectors, of, len(groups)), 9),
            "claim_id": claims["claim_id"].to_numpy(object),
            "text": pd.factorize(claims["text"])[0],
            "source": pd.factorize(claims["source_id" if "source_id" in claims else "claim_id"])[0],
        }
    )
    table = table.sort_values(["group", "short", "near", "claim_id"], kind="stable")
    table = table[~table.duplicated(["group", "text"])]  # what is printed twice is shown once
    again = table.duplicated(["group", "source"]).rename("again")
    table = table.assign(again=again).sort_values(["group", "again"], kind="stable")
    chosen = table.groupby("group", sort=True).head(n_exemplars)
    ids = chosen.groupby("group", sort=True)["claim_id"].agg(list)
    return dict(zip(groups, ids, strict=True))


def _short(texts: pd.Series[Any]) -> npt.NDArray[np.bool_]:
    """Return which texts have few words."""
    words = pc.utf8_split_whitespace(
        pc.utf8_trim_whitespace(pa.array(texts.tolist(), pa.large_string()))
    )
    return np.asarray(pc.list_value_length(words).to_numpy(zero_copy_only=False) < _FEW_WORDS)


def _nearness(vectors: Floats, of: npt.NDArray[np.intp], k: int) -> npt.NDArray[np.float64]:
    """Return the product of each row with the mean of its group's, in blocks of rows."""
    from scipy.sparse import csr_array

    parts = [slice(i, i + _BLOCK) for i in range(0, len(vectors), _BLOCK)]
    means = np.zeros((k, vectors.shape[1]))
    for part in parts:
        n = len(of[part])
        member = csr_array((np.ones(n), (of[part], np.arange(n))), shape=(k, n))
        means += member @ vectors[part].astype(np.float64)
    means /= np.bincount(of, minlength=k)[:, None]
    out = np.empty(len(vectors))
    for part in parts:
        out[part] = np.einsum("ij,ij->i", vectors[part].astype(np.float64), means[of[part]])
    return out
