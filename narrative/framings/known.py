"""What is known of each framing's claims, added up over pieces: counts, terms, exemplars."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from narrative.framings.centres import summed
from narrative.framings.joining import Floats, Labels
from narrative.framings.pieces import Pieces, Results
from narrative.framings.rows import BLOCK
from narrative.naming import central, most_central, of_different_sources
from narrative.terms import TermCounts, merged_counts


class Known(NamedTuple):
    """What the claims of framings are.

    Parameters
    ----------
    n_claims : dict of str to int
    terms : TermCounts
    exemplars : dict of str to list of str
        Ids of claims.
    texts : dict of str to str
        Of the exemplars.
    """

    n_claims: dict[str, int]
    terms: TermCounts
    exemplars: dict[str, list[str]]
    texts: dict[str, str]


def gathered(pieces: Pieces, results: Results, labels: dict[int, str], n_book: int) -> Known:
    """Return what is known of the framings of claims, in two passes over them.

    Parameters
    ----------
    pieces : callable
    results : Results
        Of the same pieces.
    labels : dict of int to str
        Of the codes of framings, and of -1.
    n_book : int
        Framings of the codebook: how near their claims are is seen in ``vectors``, for others in
        ``about``.
    """
    sums, counts, n = _sums(pieces, results, max(labels) + 1, n_book)
    means = [s / np.maximum(counts, 1)[:, None] for s in sums]

    def nearness() -> Iterator[pd.DataFrame]:
        for space, claims, rows, codes in _blocks(pieces, results, n_book):
            near = np.einsum("ij,ij->i", rows, means[space][codes])
            yield central(claims, codes, near)

    table = most_central(nearness())
    exemplars = of_different_sources(table)
    text = dict(zip(table["claim_id"], table["text"], strict=True)) if len(table) else {}
    present = {c: label for c, label in labels.items() if (n if c < 0 else counts[c])}
    return Known(
        n_claims={labels[c]: int(counts[c]) for c in labels if c >= 0},
        terms=merged_counts(results.terms, present, n + int(counts.sum())),
        exemplars={labels[c]: ids for c, ids in exemplars.items()},
        texts={i: text[i] for ids in exemplars.values() for i in ids},
    )


def _sums(
    pieces: Pieces, results: Results, k: int, n_book: int
) -> tuple[list[Floats], Labels, int]:
    """Return sums of vectors by code in both spaces, claims of each code, and those of none."""
    sums: list[Floats] = [np.zeros((k, 1)), np.zeros((k, 1))]
    for space, _, rows, codes in _blocks(pieces, results, n_book):
        sums[space] = sums[space] + summed(rows, codes, k)
    counts = np.zeros(k + 1, np.int64)
    for codes in results.codes():
        counts += np.bincount(codes + 1, minlength=k + 1)
    return sums, counts[1:], int(counts[0])


def _blocks(
    pieces: Pieces, results: Results, n_book: int
) -> Iterator[tuple[int, pd.DataFrame, Floats, Labels]]:
    """Yield the space, claims, vectors and codes of claims of framings, in blocks of rows."""
    for piece, codes in zip(pieces(), results.codes(), strict=True):
        in_book = (codes >= 0) & (codes < n_book)
        for space, (X, mine) in enumerate(
            ((piece.vectors, in_book), (piece.about, codes >= n_book))
        ):
            for start in range(0, len(codes), BLOCK):
                at = start + np.flatnonzero(mine[start : start + BLOCK])
                if len(at):
                    yield space, piece.claims.iloc[at], X[at].astype(np.float64), codes[at]
