"""Framings discovered in what the codebook leaves over, and certified, from claims in pieces.

Framings are found in a draw of rows, and their stability in a draw of documents: both by a hash, so
that neither hangs on how a corpus is cut, and both of all there is where that is not much.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from narrative.framings.certificate import Certificate, certify
from narrative.framings.joining import Labels
from narrative.framings.model import FramingModel
from narrative.framings.pieces import Assigner, Piece, Pieces, Results
from narrative.framings.rows import Keys, Rows, salt
from narrative.reporting import Progress

Names = npt.NDArray[np.object_]
# Claims that a certificate's replicates are drawn from, at most.
CERTIFIED = 100_000
_FEW_DOCUMENTS = 10


def found_in(pieces: Pieces, assigner: Assigner, model: FramingModel) -> int:
    """Fit a model on what the codebook leaves over; return how many claims that is."""
    n = 0

    def left_over() -> Iterator[Rows]:
        nonlocal n
        for piece in pieces():
            codes, _ = assigner.guided(len(piece.claims), piece.membership)
            rows = piece.about[assigner.left_over(codes)]
            n += len(rows)
            yield rows

    model.fit_blocks(left_over())
    return n


class Units(NamedTuple):
    """Rows of the units that were drawn, in their order.

    Parameters
    ----------
    names : ndarray of str, shape (n_drawn,)
        The unit of each row.
    rows : ndarray, shape (n_drawn, n_dims)
    at : ndarray of int, shape (n_drawn,)
        Which claim each is of.
    n_rows : int
        Rows that were drawn from.
    """

    names: Names
    rows: Rows
    at: Labels
    n_rows: int


def draw_units(blocks: Iterable[tuple[Names, Rows, Labels]], m: int, random_state: int) -> Units:
    """Draw whole units (documents), of `m` rows at most in all, in one pass.

    Those of the smallest hashes are drawn, so that neither the order of the blocks nor how they are
    cut matters: of `m` rows and fewer, all of them.

    Parameters
    ----------
    blocks : iterable of (ndarray of str, ndarray, ndarray of int)
        The unit of each row, the row, and which claim it is of.
    m : int
    random_state : int
    """
    hash_key, limit, n, held = f"{int(salt(random_state)):016x}", np.uint64(2**64 - 1), 0, 0
    kept: list[tuple[Keys, Names, Rows, Labels]] = []

    def settled() -> tuple[Keys, Names, Rows, Labels]:
        """Return the rows of the first units that are not more than `m` rows together."""
        keys, names, rows, at = (np.concatenate(c) for c in zip(*kept, strict=True))
        units, counts = np.unique(keys, return_counts=True)
        fit = units[counts.cumsum() <= m]
        take = keys <= fit[-1] if len(fit) else np.zeros(len(keys), bool)
        return keys[take], names[take], rows[take], at[take]

    for names, rows, at in blocks:
        keys = pd.util.hash_array(names, hash_key=hash_key)
        take = keys <= limit
        kept.append((keys[take], names[take], rows[take], at[take]))
        n, held = n + len(names), held + int(take.sum())
        if held > 2 * m:
            kept = [settled()]
            held = len(kept[0][0])
            limit = kept[0][0].max() if held else np.uint64(0)
    return Units(*settled()[1:], n)


def certified(
    pieces: Pieces,
    results: Results,
    assigner: Assigner,
    model: FramingModel,
    *,
    encoders: Mapping[str, Rows],
    n_boot: int,
    progress: Progress | None = None,
) -> tuple[Certificate, str]:
    """Return the certificate of framings that were found, and the name of what it drew.

    Parameters
    ----------
    pieces : callable
    results : Results
        Of the same pieces.
    assigner : Assigner
    model : FramingModel
        Fitted on what the codebook leaves over, with its last numbers.
    encoders : mapping of str to ndarray
        Other vectors of all claims, by which replicates are made, too.
    n_boot : int
    progress : callable, optional
        Called with (done, total) replicates.
    """

    def blocks(unit: Callable[[Piece], Names]) -> Iterator[tuple[Names, Rows, Labels]]:
        first = 0
        for piece, codes in zip(pieces(), results.codes(), strict=True):
            at = assigner.left_over(codes)
            yield unit(piece)[at], piece.about[at], first + at
            first += len(codes)

    copied = next(pieces()).groups is not None
    over, state = "groups of copies" if copied else "documents", model.random_state
    drawn = draw_units(blocks(_document), CERTIFIED, state)
    if len(set(drawn.names)) < _FEW_DOCUMENTS:
        drawn, over = draw_units(blocks(_sentence), CERTIFIED, state), "sentences"
    backends = {name: np.asarray(v)[drawn.at] for name, v in encoders.items()}
    backends["eight bits"] = (np.round(drawn.rows * 127) / 127).astype(np.float32)
    certificate = certify(
        model, drawn.rows, drawn.names.tolist(), encoders=backends, n_rows=drawn.n_rows,
        n_boot=n_boot, random_state=state, progress=progress,
    )  # fmt: skip
    return certificate, over


def _document(piece: Piece) -> Names:
    if piece.groups is not None:
        return piece.groups
    return piece.claims["doc_id"].astype(str).to_numpy(object)


def _sentence(piece: Piece) -> Names:
    """Return each claim's sentence: what is drawn where documents are few."""
    claims = piece.claims
    documents, numbers = (claims[c].astype(str).astype(object) for c in ("doc_id", "sent_index"))
    return (documents + ":" + numbers).to_numpy(object)
