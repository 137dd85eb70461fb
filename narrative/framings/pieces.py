"""Claims that come some at a time, and the framing of each by number.

What framings are found in and described with is read as often as it is needed, and never held
whole: a corpus in memory is one piece, a run has one for each of its parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from narrative.framings.centres import nearest
from narrative.framings.joining import NOISE, Floats, Labels
from narrative.framings.rows import Rows
from narrative.terms import term_table


class Piece(NamedTuple):
    """Some claims, with their vectors.

    Parameters
    ----------
    claims : DataFrame
        ``claim_id, doc_id, sent_index, text, source_id``.
    vectors, about : ndarray, shape (n_claims, n_dims)
        Those that the codebook's framings are assigned in, and those that are grouped.
    membership : ndarray, shape (n_claims, n_framings), or None
        In the codebook's framings.
    groups : ndarray of str, shape (n_claims,), or None
        The copy group of each claim's document.
    """

    claims: pd.DataFrame
    vectors: Rows
    about: Rows
    membership: npt.NDArray[np.floating[Any]] | None
    groups: npt.NDArray[np.object_] | None = None


class Assigned(NamedTuple):
    """The framings of a piece's claims.

    Parameters
    ----------
    codes : ndarray of int, shape (n_claims,)
        The codebook's framings by their place in it, discovered ones after them, -1 for none.
    best : ndarray of float, shape (n_claims,)
        The best membership in a framing of the codebook.
    terms : DataFrame
        From ``term_table``, of the claims' texts.
    """

    codes: Labels
    best: npt.NDArray[np.floating[Any]]
    terms: pd.DataFrame


Pieces = Callable[[], Iterator[Piece]]


class Results(NamedTuple):
    """What was assigned, piece by piece: callables that return an iterator over each of the three.

    As ``Assigned`` has them.
    """

    codes: Callable[[], Iterator[Labels]]
    best: Callable[[], Iterator[npt.NDArray[np.floating[Any]]]]
    terms: Callable[[], Iterator[pd.DataFrame]]


@dataclass(frozen=True, eq=False)
class Assigner:
    """Assigns claims to the codebook's framings, and those left over to discovered ones.

    Parameters
    ----------
    n_book : int
        Framings of the codebook.
    min_membership : float
        As in ``FramingSettings``.
    centres : ndarray, shape (n_discovered, n_dims)
        Unit vectors, of what is grouped.
    min_similarity : float
        As in ``FramingModel``.
    """

    n_book: int
    min_membership: float
    centres: Floats
    min_similarity: float

    def guided(
        self, n: int, membership: npt.NDArray[np.floating[Any]] | None
    ) -> tuple[Labels, npt.NDArray[np.floating[Any]]]:
        """Return the code of each of `n` claims by the codebook alone, and its best membership."""
        if membership is None or not self.n_book:
            return np.full(n, NOISE, np.int64), np.zeros(n)
        best = membership.max(axis=1)
        return np.where(best >= self.min_membership, membership.argmax(axis=1), NOISE), best

    def __call__(
        self, texts: list[str], about: Rows, membership: npt.NDArray[np.floating[Any]] | None
    ) -> Assigned:
        """Return the framings of claims, and the terms of each."""
        codes, best = self.guided(len(texts), membership)
        left = np.flatnonzero(codes == NOISE)
        found = nearest(about[left], self.centres, self.min_similarity)
        codes[left] = np.where(found == NOISE, NOISE, found + self.n_book)
        return Assigned(codes, best, term_table(texts, codes))

    def left_over(self, codes: Labels) -> npt.NDArray[np.intp]:
        """Return where claims stand that the codebook leaves over."""
        return np.flatnonzero((codes == NOISE) | (codes >= self.n_book))
