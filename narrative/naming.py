"""Terms and exemplar claims that describe a framing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from narrative.terms import TermCounts, term_counts

_BLOCK = 8192  # rows of vectors at a time
_FEW_WORDS = 6
_MANY_TEXTS, _EVERYWHERE = 50, 0.2
_SORTED = 100_000  # rows of claims that are held before the most central are kept
_CENTRAL = 1000  # texts of a group that can be its exemplars, in number
Floats = npt.NDArray[np.float32]


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
    n = int(found.sizes.sum())
    a0 = prior * n

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
    rare = np.log1p(found.sizes.sum() / len(found.groups) / total)
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
        weights = weigh(mine, float(found.sizes[k]), at)
        often = mine >= min(2, found.n_texts)
        out[group] = _best_terms(found.names, at[often], weights[often], n_terms)
    return out


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

    Notes
    -----
    Chosen among the thousand texts of a group that are nearest to its mean.
    """
    of, groups = pd.factorize(np.asarray(labels, dtype=object), sort=True)
    table = most_central([central(claims, of, _nearness(vectors, of, len(groups)))])
    chosen = of_different_sources(table, n_exemplars)
    return {str(groups[k]): ids for k, ids in chosen.items()}


def central(
    claims: pd.DataFrame, of: npt.NDArray[np.intp], near: npt.NDArray[np.float64]
) -> pd.DataFrame:
    """Return rows of claims for ``most_central``.

    Parameters
    ----------
    claims : DataFrame
        As ``exemplar_claims`` takes them.
    of : ndarray of int
        The number of each claim's group.
    near : ndarray of float
        How near each is to the mean of its group.
    """
    return pd.DataFrame(
        {
            "group": of,
            "short": _short(claims["text"]),
            "near": -np.round(near, 9),
            "claim_id": claims["claim_id"].to_numpy(object),
            "text": claims["text"].to_numpy(object),
            "source": claims["source_id" if "source_id" in claims else "claim_id"].to_numpy(object),
        }
    )


def most_central(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return the claims of each group that can be its exemplars, most central first.

    What is printed twice is there once, and there are a thousand of a group at most: those of all
    tables are those of what this returns for some of them each.
    """
    held, n, limit = list[pd.DataFrame](), 0, _SORTED
    for table in tables:
        if len(table):
            held.append(table)
            n += len(table)
        if n > limit:
            held = [_first(held)]
            n = len(held[0])
            limit = max(_SORTED, 2 * n)
    return _first(held)


def _first(held: list[pd.DataFrame]) -> pd.DataFrame:
    if not held:
        return pd.DataFrame()
    kept = pd.concat(held, ignore_index=True)
    kept = kept.sort_values(["group", "short", "near", "claim_id"], kind="stable")
    kept = kept[~kept.duplicated(["group", "text"])]
    return kept.groupby("group", sort=False).head(_CENTRAL)


def of_different_sources(table: pd.DataFrame, n: int = 3) -> dict[int, list[str]]:
    """Return the ids of `n` claims of each group, the first of each source before others.

    Parameters
    ----------
    table : DataFrame
        From ``most_central``.
    n : int
    """
    if not len(table):
        return {}
    again = table.duplicated(["group", "source"]).rename("again")
    table = table.assign(again=again).sort_values(["group", "again"], kind="stable")
    chosen = table.groupby("group", sort=True).head(n)
    ids = chosen.groupby("group", sort=True)["claim_id"].agg(list)
    return {int(str(k)): v for k, v in ids.items()}


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
