"""Terms of texts, counted by group: of all at once, or of some at a time and added up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_MERGED = 2_000_000  # rows of terms that are held before they are added up
_TERMS = pa.schema(
    [("code", pa.int64()), ("term", pa.large_string()), ("n", pa.int64()), ("texts", pa.int64())]
)


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
    of, groups = pd.factorize(np.asarray(labels, dtype=object), sort=True)
    counts, names = _counted(texts)
    if counts is None:
        return TermCounts(list(groups), None, names, np.zeros(0, np.int64), len(texts))
    in_texts = np.bincount(counts.indices, minlength=counts.shape[1])
    return TermCounts(list(groups), _by_label(counts, of, len(groups)), names, in_texts, len(texts))


def term_table(texts: list[str], codes: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Return the terms of texts as rows, which ``merged_counts`` adds up.

    Parameters
    ----------
    texts : list of str
    codes : ndarray of int
        The number of each text's group.

    Returns
    -------
    DataFrame
        ``code, term, n, texts``: occurrences, and texts of the group that have the term.
    """
    counts, names = _counted(texts)
    if counts is None:
        return pd.DataFrame(_TERMS.empty_table().to_pandas())
    groups, of = np.unique(codes, return_inverse=True)
    n = _by_label(counts, of, len(groups))
    counts.data[:] = 1
    in_texts = _by_label(counts, of, len(groups))
    for found in (n, in_texts):
        found.sort_indices()
    return pd.DataFrame(
        {
            "code": np.repeat(groups, np.diff(n.indptr)),
            "term": pd.array(names[n.indices], dtype="string"),
            "n": n.data.astype(np.int64),
            "texts": in_texts.data.astype(np.int64),
        }
    )


def merged_counts(
    tables: Iterable[pd.DataFrame], labels: Mapping[int, str], n_texts: int
) -> TermCounts:
    """Return what ``term_counts`` does of all texts, from the terms of some at a time.

    Parameters
    ----------
    tables : iterable of DataFrame
        From ``term_table``.
    labels : mapping of int to str
        Of the groups that have texts.
    n_texts : int
    """
    from scipy.sparse import csr_array

    whole, groups = _added_up(tables), sorted(labels.values())
    if not whole.num_rows:
        return TermCounts(groups, None, None, np.zeros(0, np.int64), n_texts)
    terms = whole["term"].combine_chunks().dictionary_encode()
    order = pc.sort_indices(terms.dictionary).to_numpy()  # bytes of UTF-8: as Python sorts
    names = terms.dictionary.to_numpy(zero_copy_only=False).astype(object)[order]
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    at = place[terms.indices.to_numpy()]
    row = np.zeros(max(labels) + 2, np.int64)  # the first is that of -1
    for code, label in labels.items():
        row[code + 1] = groups.index(label)
    of = row[whole["code"].to_numpy() + 1]
    counts = csr_array((whole["n"].to_numpy(), (of, at)), shape=(len(groups), len(names)))
    in_texts = np.zeros(len(names), np.int64)
    np.add.at(in_texts, at, whole["texts"].to_numpy())
    return TermCounts(groups, counts, names, in_texts, n_texts)


def _added_up(tables: Iterable[pd.DataFrame]) -> pa.Table:
    """Return the sums of rows of one code and term."""
    held, n, limit = [_TERMS.empty_table()], 0, _MERGED
    for table in tables:
        held.append(pa.Table.from_pandas(table, schema=_TERMS, preserve_index=False))
        n += len(table)
        if n > limit:
            held = [_sums(held)]
            n = held[0].num_rows
            limit = max(_MERGED, 2 * n)
    return _sums(held)


def _sums(held: list[pa.Table]) -> pa.Table:
    sums = pa.concat_tables(held).group_by(["code", "term"])
    found = sums.aggregate([("n", "sum"), ("texts", "sum")])
    return found.select(["code", "term", "n_sum", "texts_sum"]).rename_columns(_TERMS.names)


def _by_label(counts: Any, of: npt.NDArray[np.intp], n_groups: int) -> Any:
    """Return the sums of rows of counts by their group, as a sparse array."""
    from scipy.sparse import csr_array

    member = csr_array(
        (np.ones(len(of), counts.dtype), (of, np.arange(len(of)))), shape=(n_groups, len(of))
    )
    return csr_array(member @ counts)


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
