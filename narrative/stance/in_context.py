"""A claim's vector, read in its place.

Claims are cut at clause level: "it does not matter", "a difficult decision". What stands before
and after one is read with it, and only the claim's own word vectors are averaged (as in late
chunking; Günther et al. 2024). A claim without a place is read alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from narrative.adapter import Adapter
from narrative.encoder import PINNED_SHA256, Vectors, marked, pinned_tokenizer
from narrative.encoder.pinned import CLS, LONGEST, SEP
from narrative.errors import InputError
from narrative.normalise import ActorNormaliser
from narrative.reporting import Progress
from narrative.storage import sha256_text

if TYPE_CHECKING:
    from narrative.encoder.packed import PackedBert

# Between what stands before, the claim, and what stands after.
SEPARATOR = "\x1f"
# Characters that are read before and after: about two sentences and the rest of one.
BEFORE, AFTER = 160, 80
PLACE = ("before", "after")


def place(text: str, start: int, end: int) -> tuple[str, str]:
    """Return what stands before and after ``text[start:end]``, whole words, spaces made single.

    Examples
    --------
    >>> place("They left on Sunday. It does not matter, he said.", 21, 39)
    ('They left on Sunday.', ', he said.')
    """
    before, after = text[max(0, start - BEFORE) : start], text[end : end + AFTER]
    if start > BEFORE and not text[start - BEFORE - 1].isspace():
        before = before.partition(" ")[2]
    if end + AFTER < len(text) and not text[end + AFTER].isspace():
        after = after.rpartition(" ")[0]
    return " ".join(before.split()), " ".join(after.split())


def with_place(claims: pd.DataFrame, documents: pd.DataFrame) -> pd.DataFrame:
    """Return `claims` with the columns ``before`` and ``after``.

    Parameters
    ----------
    claims : DataFrame
        ``doc_id, start, end``: offsets into the document's text.
    documents : DataFrame
        ``doc_id, text``.

    Raises
    ------
    InputError
        If a column or a claim's document is missing, or a span lies outside its document.
    """
    for name, table, wanted in (
        ("claims", claims, ("doc_id", "start", "end")),
        ("documents", documents, ("doc_id", "text")),
    ):
        lacking = [c for c in wanted if c not in table.columns]
        if lacking:
            raise InputError(f"{name}: column(s) {', '.join(lacking)} missing.")
    texts = dict(zip(documents["doc_id"], documents["text"], strict=True))
    missing = sorted(set(claims["doc_id"]) - set(texts))
    if missing:
        raise InputError(f"documents: no document {missing[0]!r}, which claims are of.")
    spans = list(zip(claims["doc_id"], claims["start"], claims["end"], strict=True))
    for row, (d, a, b) in enumerate(spans):
        if not 0 <= a <= b <= len(texts[d]):
            raise InputError(
                f"claims: row {row} has start={a}, end={b}; document {d!r} has {len(texts[d])} "
                "characters. Offsets count characters of the documents' text."
            )
    places = [place(texts[d], int(a), int(b)) for d, a, b in spans]
    return claims.assign(before=[p[0] for p in places], after=[p[1] for p in places])


def claim_inputs(
    claims: pd.DataFrame, camps: Iterable[str], normaliser: ActorNormaliser
) -> list[str]:
    """Return every claim as ``ClaimEncoder`` reads it: normalised, with its place where it has one.

    Parameters
    ----------
    claims : DataFrame
        ``text``; optional ``before`` and ``after``.
    camps : iterable of str
        Of the speakers.
    normaliser : ActorNormaliser
    """
    camps = list(camps)
    texts = normaliser.many(claims["text"].astype(str), camps)
    nothing = [""] * len(texts)
    before, after = (
        normaliser.many(claims[c].fillna("").astype(str), camps) if c in claims.columns else nothing
        for c in PLACE
    )
    return [in_place(b, t, a) for b, t, a in zip(before, texts, after, strict=True)]


def in_place(before: str, claim: str, after: str) -> str:
    """Return a claim with its place as one text; the claim itself where there is none."""
    parts = [p.replace(SEPARATOR, " ") for p in (before, claim, after)]
    return SEPARATOR.join(parts) if before or after else parts[1]


def _parts(text: str) -> list[str]:
    """Return what stands before, the claim, and what stands after, of what ``in_place`` made."""
    parts = text.split(SEPARATOR)
    return parts if len(parts) == 3 else ["", text, ""]


def alone(text: str) -> str:
    """Return the claim of a text that ``in_place`` made."""
    return _parts(text)[1]


class Pieces(NamedTuple):
    """Word pieces of a claim in its place, and where the claim's own begin and end."""

    ids: list[int]
    start: int
    stop: int


def pieces(texts: Sequence[str], tokenizer: Any = None, longest: int = LONGEST) -> list[Pieces]:
    """Return the word pieces of texts that ``in_place`` made, by default the pinned encoder's.

    A claim that is too long is cut at its end. Its place gives way to it: first what stands after,
    then the farthest of what stands before.
    """
    flat = [part for text in texts for part in _parts(text)]
    read = tokenizer if tokenizer is not None else pinned_tokenizer()
    ids = [e.ids for e in read.encode_batch_fast(flat, add_special_tokens=False)]
    out = []
    for i in range(0, len(ids), 3):
        before, claim, after = ids[i : i + 3]
        claim = claim[: longest - 2]
        room = longest - 2 - len(claim)
        before = before[max(0, len(before) - room) :]
        after = after[: room - len(before)]
        whole = [CLS, *before, *claim, *after, SEP]
        # A claim without a word piece is its two marks: something to average.
        start = 1 + len(before) if claim else 0
        stop = start + len(claim) if claim else len(whole)
        out.append(Pieces(whole, start, stop))
    return out


def kinds(row: Pieces) -> list[int]:
    """Return the kind of text of each piece: 1 for what stands beside the claim, else 0.

    Attention can tell the two apart.
    """
    n = len(row.ids)
    return [int(0 < i < row.start or row.stop <= i < n - 1) for i in range(n)]


def tokens(rows: Sequence[Pieces]) -> dict[str, Any]:
    """Return padded rows as tensors, for training: what BERT reads, and the claim's own pieces."""
    import torch

    width = max(len(r.ids) for r in rows)
    ids, mask, own, sorts = (torch.zeros((len(rows), width), dtype=torch.long) for _ in range(4))
    for i, row in enumerate(rows):
        ids[i, : len(row.ids)] = torch.tensor(row.ids)
        mask[i, : len(row.ids)] = 1
        own[i, row.start : row.stop] = 1
        sorts[i, : len(row.ids)] = torch.tensor(kinds(row))
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": sorts, "own": own}


class ClaimEncoder:
    """The stance network's vectors of claims, read in their place.

    A claim has the same vector in any company (see ``narrative.encoder.packed``).

    Parameters
    ----------
    adapter : Adapter
        What training changed in the pinned encoder.
    rows : int, optional
        Word pieces of a pack.
    """

    def __init__(self, adapter: Adapter, *, rows: int = 0) -> None:
        self.adapter, self.rows = adapter, rows

    @property
    def fingerprint(self) -> str:
        """Hash of the weights and of how they are used."""
        return sha256_text(marked(f"claims|{PINNED_SHA256}|{self.adapter.sha256}|packed"))

    @cached_property
    def network(self) -> PackedBert:
        """The network's encoder, loaded on first use."""
        from narrative.encoder.packed import PackedBert

        return PackedBert(self.adapter.encoder_tensors(), rows=self.rows)

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Return one unit vector a claim.

        Parameters
        ----------
        texts : sequence of str
            Normalised claims, with their place as ``in_place`` joins it, or alone.
        progress : callable, optional
            Called with (done, total) after each pack.

        Returns
        -------
        ndarray of float32, shape (n_texts, n_dims)
        """
        from narrative.encoder.packed import unit

        rows = pieces(texts)
        ids, sorts, own = [r.ids for r in rows], [kinds(r) for r in rows], [r[1:] for r in rows]
        return unit(self.network.own_means(ids, sorts, own, progress=progress))
