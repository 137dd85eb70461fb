"""Windows of texts to scores of their words: one packed pass of the encoder for all heads.

Nothing is padded: heads read all words of a pack in products of one shape, and only what compares
the words of a window with each other is done window by window. So a window scores the same in any
company (see ``narrative.encoder.packed``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from narrative.encoder.packed import Pack, PackedBert, packs
from narrative.encoder.pinned import CLS, LONGEST, SEP
from narrative.reader.decode import Floats, Ints
from narrative.reader.network import Heads, with_one
from narrative.reader.pieces import Pieces, Window

Part = tuple[Pieces, Window]


@dataclass(frozen=True)
class WindowScores:
    """What the heads say of the words of one window.

    Parameters
    ----------
    tags, entity : ndarray of float, shape (n_words, n_labels)
    pos, rel : ndarray of int, shape (n_words,)
    head : ndarray of int, shape (n_words,)
        0 for the root, else one more than the place of the word that each depends on.
    root : ndarray of float, shape (n_words,)
        Score of being the root.
    before : ndarray of int, shape (n_words,)
        0, or one more than the place of the earlier word that each would take up.
    vectors : ndarray of float, shape (n_words, dims)
        What attribution reads.
    """

    tags: Floats
    pos: Ints
    entity: Floats
    head: Ints
    root: Floats
    rel: Ints
    before: Ints
    vectors: Floats


@dataclass(frozen=True)
class _Input:
    ids: list[int]
    features: Ints  # case, quotation and break of each piece's word, shape (3, n_pieces)
    first: Ints  # first piece of each word


def _input(pieces: Pieces, window: Window) -> _Input:
    high = int(pieces.first[window.high]) if window.high < len(pieces) else len(pieces.ids)
    low = int(pieces.first[window.low])
    word = pieces.word[low:high]
    features = np.zeros((3, high - low + 2), dtype=np.int64)  # 0 at the marks, as in training
    features[:, 1:-1] = [values[word] for values in (pieces.case, pieces.quote, pieces.brk)]
    first = pieces.first[window.low : window.high] - low + 1
    return _Input([CLS, *pieces.ids[low:high].tolist(), SEP], features, first)


class Pass:
    """The encoder and the heads on its word vectors.

    Parameters
    ----------
    heads : Heads
    encoder : PackedBert
    """

    def __init__(self, heads: Heads, encoder: PackedBert) -> None:
        self._mix: list[list[float]] = heads.mix.detach().softmax(-1).tolist()
        # Decoding reads the heads, too, on the processor: these are a copy on another device.
        elsewhere = encoder.device.type != "cpu"
        self.heads = deepcopy(heads).to(encoder.device) if elsewhere else heads
        self.encoder, heads = encoder, self.heads
        with torch.inference_mode():
            self._new = heads.earlier(heads.new_mention[None])
            gap = torch.arange(LONGEST)[:, None] - torch.arange(LONGEST)
            self._near = heads.nearness(gap.to(encoder.device))
            self._arc_root = heads.arc_head(heads.root[None])
            self._rel_root = heads.rel_head(heads.root[None])

    def read(self, parts: Sequence[Part]) -> Iterator[tuple[int, WindowScores]]:
        """Yield the scores of each window and its number, in any order."""
        inputs = [_input(*part) for part in parts]
        with torch.inference_mode():
            for pack in packs([len(i.ids) for i in inputs], self.encoder.rows):
                yield from self._read(inputs, pack)

    def _read(self, inputs: list[_Input], pack: Pack) -> Iterator[tuple[int, WindowScores]]:
        members = [inputs[i] for i in pack.members]
        starts = np.cumsum([0, *(len(m.ids) for m in members)])
        words = np.concatenate([m.first + at for m, at in zip(members, starts, strict=False)])
        views = self._views(inputs, members, pack)
        places = np.zeros(self.encoder.rows, dtype=np.int64)  # a row beyond the words is any piece
        places[: len(words)] = words
        at = self.encoder.sent(places)
        attribution, syntax = views[0][at], views[1][at]
        heads, edges = self.heads, np.cumsum([0, *(len(m.first) for m in members)]).tolist()
        best, root = self._arcs(syntax, edges)
        before = self._antecedents(attribution, edges)
        relations = torch.cat([self._rel_root, heads.rel_head(syntax)])
        rel = heads.rel.paired(heads.rel_dependent(syntax), relations[best]).argmax(-1)
        found = (
            heads.tag(attribution), heads.pos(syntax).argmax(-1), heads.entity(syntax), best, root,
            rel, before, attribution,
        )  # fmt: skip
        arrays = [x.cpu().numpy() for x in found]
        for i, a, b in zip(pack.members, edges[:-1], edges[1:], strict=True):
            tags, pos, entity, head, *others = (x[a:b].copy() for x in arrays)
            head[head > 0] -= a  # from places in the pack to places in the window
            yield i, WindowScores(tags, pos, entity, head, *others)

    def _views(self, inputs: list[_Input], members: list[_Input], pack: Pack) -> list[Tensor]:
        """Return the mixes of layers that the heads read, each of shape (rows, dims)."""
        embedded = self.encoder.embedded([i.ids for i in inputs], None, pack)
        features = np.zeros((3, self.encoder.rows), dtype=np.int64)
        joined = np.concatenate([m.features for m in members], axis=1)
        features[:, : joined.shape[1]] = joined
        for table, row in zip((self.heads.case, self.heads.quote, self.heads.brk), features,
                              strict=True):  # fmt: skip
            embedded += table(self.encoder.sent(row))
        mixed = [torch.zeros_like(embedded) for _ in self._mix]
        for layer, state in enumerate(self.encoder.states(embedded, pack)):
            for view, total in enumerate(mixed):
                total.add_(state, alpha=self._mix[view][layer])
        return mixed

    def _arcs(self, syntax: Tensor, edges: list[int]) -> tuple[Tensor, Tensor]:
        """Return each word's head (0 the root, else 1 + its place in the pack) and root score."""
        dependents = self.heads.arc.halfway(self.heads.arc_dependent(syntax))
        governors = with_one(self.heads.arc_head(syntax))
        top = with_one(self._arc_root)
        best = torch.zeros(len(syntax), dtype=torch.long, device=syntax.device)
        root = torch.zeros(len(syntax), device=syntax.device)
        for a, b in pairwise(edges):
            scores = dependents[a:b] @ torch.cat([top, governors[a:b]]).T
            place = scores.argmax(-1)
            best[a:b] = torch.where(place > 0, place + a, 0)
            root[a:b] = scores[:, 0]
        return best, root

    def _antecedents(self, attribution: Tensor, edges: list[int]) -> Tensor:
        """Return what each word takes up if it takes up any: 0, or 1 + its place in the window."""
        mentions = self.heads.antecedent.halfway(self.heads.mention(attribution))
        earlier, new = with_one(self.heads.earlier(attribution)), with_one(self._new)
        best = torch.zeros(len(attribution), dtype=torch.long, device=attribution.device)
        for a, b in pairwise(edges):
            scores = mentions[a:b] @ torch.cat([new, earlier[a:b]]).T
            scores[:, 1:] += self._near[: b - a, : b - a]
            best[a:b] = scores.argmax(-1)
        return best
