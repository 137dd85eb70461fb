"""Windows to padded tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from narrative.encoder.pinned import CLS, SEP
from narrative.reader.pieces import Pieces, Window

MASK = 103


@dataclass(frozen=True)
class Batch:
    """Windows as the network reads them.

    Parameters
    ----------
    ids, mask : Tensor, shape (batch, n_pieces)
    features : Tensor, shape (3, batch, n_pieces)
    first : Tensor, shape (batch, n_words)
    words : Tensor of bool, shape (batch, n_words)
        True where a row has a word.
    """

    ids: Tensor
    mask: Tensor
    features: Tensor
    first: Tensor
    words: Tensor

    def heads(self) -> Tensor:
        """Return which columns can be heads, shape (batch, 1 + n_words): the root and all words."""
        return torch.cat([torch.ones_like(self.words[:, :1]), self.words], 1)


def make_batch(
    parts: Sequence[tuple[Pieces, Window]], *, n_pieces: int = 0, n_rows: int = 0
) -> Batch:
    """Pad windows into one batch.

    Parameters
    ----------
    parts : sequence of (Pieces, Window)
    n_pieces, n_rows : int
        Least width (with two special tokens) and rows, so that a shape can be kept fixed.
    """
    bounds = []
    for p, w in parts:
        end = p.first[w.high] if w.high < len(p) else len(p.ids)
        bounds.append((int(p.first[w.low]), int(end)))
    width = max(n_pieces, max(b - a for a, b in bounds) + 2)
    n_words = max(w.high - w.low for _, w in parts)
    if n_pieces:
        n_words = max(n_words, n_pieces - 2)
    rows = max(n_rows, len(parts))
    ids = np.zeros((rows, width), dtype=np.int64)
    mask = np.zeros((rows, width), dtype=np.int64)
    features = np.zeros((3, rows, width), dtype=np.int64)
    first = np.zeros((rows, n_words), dtype=np.int64)
    words = np.zeros((rows, n_words), dtype=bool)
    mask[:, 0] = 1
    ids[:, 0] = CLS
    for row, ((p, w), (low, high)) in enumerate(zip(parts, bounds, strict=True)):
        size, n = high - low, w.high - w.low
        ids[row, 1 : size + 1], ids[row, size + 1] = p.ids[low:high], SEP
        mask[row, : size + 2] = 1
        word = p.word[low:high]
        for k, values in enumerate((p.case, p.quote, p.brk)):
            features[k, row, 1 : size + 1] = values[word]
        first[row, :n] = p.first[w.low : w.high] - low + 1
        words[row, :n] = True
    return Batch(*(torch.from_numpy(x) for x in (ids, mask, features, first, words)))
