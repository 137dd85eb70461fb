"""Terms of texts, counted by group: of all at once, or of some at a time and added up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_MERGED = 2_000_000  # rows of terms that are held before they are added up
# Slots in which terms are counted by a hash, up to two: so many a text, and so many in all.
_SLOTS_EACH, _SLOTS = 64, 2**27
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
    sizes : ndarray of int, shape (n_groups,)
        Occurrences of all terms in each group, also of those that are left out of `counts`.
    """

    groups: list[str]
    counts: Any
    names: Any
    texts: npt.NDArray[np.int64]
    n_texts: int
    sizes: npt.NDArray[np.int64]


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
        none = np.zeros(0, np.int64)
        return TermCounts(list(groups), None, names, none, len(texts), np.zeros(len(groups), int))
    in_texts = np.bincount(counts.indices, minlength=counts.shape[1])
    by_label = _by_label(counts, of, len(groups))
    sizes = np.asarray(by_label.sum(axis=1)).ravel()
    return TermCounts(list(groups), by_label, names, in_texts, len(texts), sizes)


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
    tables: Callable[[], Iterable[pd.DataFrame]], labels: Mapping[int, str], n_texts: int
) -> TermCounts:
    """Return what ``term_counts`` does of all texts, from the terms of some at a time.

    What two texts and more have once, most of all that they have, is no term of any group: it is
    left out, but for `sizes`.

    Parameters
    ----------
    tables : callable
        Returns an iterator over what ``term_table`` made; it is called twice.
    labels : mapping of int to str
        Of the groups that have texts.
    n_texts : int
    """
    from scipy.sparse import csr_array

    groups = sorted(labels.values())
    row = np.zeros(max(labels, default=-1) + 2, np.int64)  # the first is that of -1
    for code, label in labels.items():
        row[code + 1] = groups.index(label)
    slots = min(_SLOTS, 1 << (_SLOTS_EACH * max(1, n_texts)).bit_length())
    often, sizes = _often(tables(), row, len(groups), np.zeros(slots, np.uint8), min(2, n_texts))
    whole = _added_up(often(table) for table in tables())
    if not sizes.any():
        return TermCounts(groups, None, None, np.zeros(0, np.int64), n_texts, sizes)
    terms = whole["term"].combine_chunks().dictionary_encode()
    order = pc.sort_indices(terms.dictionary).to_numpy()  # bytes of UTF-8: as Python sorts
    names = terms.dictionary.to_numpy(zero_copy_only=False).astype(object)[order]
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    at = place[terms.indices.to_numpy()]
    of = row[whole["code"].to_numpy() + 1]
    counts = csr_array((whole["n"].to_numpy(), (of, at)), shape=(len(groups), len(names)))
    in_texts = np.bincount(at, weights=whole["texts"].to_numpy(), minlength=len(names))
    return TermCounts(groups, counts, names, in_texts.astype(np.int64), n_texts, sizes)


def _often(
    tables: Iterable[pd.DataFrame],
    row: npt.NDArray[np.int64],
    n_groups: int,
    seen: npt.NDArray[np.uint8],
    least: int,
) -> tuple[Callable[[pd.DataFrame], pd.DataFrame], npt.NDArray[np.int64]]:
    """Return what keeps the terms that stand `least` times or more, and the size of each group.

    Terms are counted in `seen`; one that shares its slot with another may be kept, too.
    """
    sizes = np.zeros(n_groups, np.int64)
    for table in tables:
        n = table["n"].to_numpy()
        slots, of = np.unique(_slots(table, len(seen)), return_inverse=True)
        more = np.bincount(of, weights=n, minlength=len(slots))
        seen[slots] = np.minimum(seen[slots] + more, least)
        np.add.at(sizes, row[table["code"].to_numpy() + 1], n)
    return lambda table: table[seen[_slots(table, len(seen))] >= least], sizes


def _slots(table: pd.DataFrame, n: int) -> npt.NDArray[np.uint64]:
    hashes = pd.util.hash_array(table["term"].to_numpy(object), categorize=False)
    return np.asarray(hashes % np.uint64(n))


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
