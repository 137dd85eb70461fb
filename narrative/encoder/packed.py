"""A BERT encoder over packed rows: exact, without padding, in the fewest large products.

Word pieces of texts stand one after the other in one matrix of a fixed number of rows; only
attention looks at texts, and those of one length together. Products therefore have one shape
whatever the texts are, so that a text has the same vector in any company, bit for bit, and nothing
is spent on padding (Zeng et al., "Boosting distributed training performance of the
unpadded BERT model", 2022; Krell et al., "Efficient sequence packing", 2021: both for training).
Weights are laid out for oneDNN once, where torch has it.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import (
    gelu,
    layer_norm,
    linear,
    normalize,
    scaled_dot_product_attention,
)

from narrative.encoder.base import Vectors
from narrative.encoder.device import compute_device
from narrative.encoder.pinned import EPSILON, HEADS
from narrative.reporting import Progress

ROWS = 1024  # word pieces of a pack: products of it are near a processor's best, memory is small
GPU_ROWS = 16_384
Product = Callable[[Tensor], Tensor]
Normal = Callable[[Tensor], Tensor]


class Pack(NamedTuple):
    """Texts that are read together.

    Parameters
    ----------
    members : list of int
        Which texts, in the order of their rows.
    groups : list of (int, int)
        Lengths in word pieces, and how many consecutive texts have each.
    """

    members: list[int]
    groups: list[tuple[int, int]]

    def spans(self) -> Iterator[tuple[int, int, int]]:
        """Yield (first row, length, number of texts) of each group."""
        at = 0
        for length, n in self.groups:
            yield at, length, n
            at += length * n


def packs(lengths: Sequence[int], rows: int = ROWS) -> Iterator[Pack]:
    """Yield texts in packs of at most `rows` word pieces, those of one length side by side.

    The longest goes first, each into the fullest pack that has room for it (best fit decreasing),
    so that long texts leave little of a pack empty.

    Raises
    ------
    ValueError
        If a text is longer than a pack.

    References
    ----------
    Johnson, D. S. et al. (1974). Worst-case performance bounds for simple one-dimensional packing
    algorithms. SIAM Journal on Computing 3.
    """
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    if order and lengths[order[0]] > rows:
        raise ValueError(f"a text of {lengths[order[0]]} word pieces does not fit {rows} rows.")
    found: list[list[int]] = []
    room: list[tuple[int, int]] = []  # of each pack, and its number
    for i in order:
        at = bisect_left(room, (lengths[i], -1))
        left, number = room.pop(at) if at < len(room) else (rows, len(found))
        if number == len(found):
            found.append([])
        found[number].append(i)
        insort(room, (left - lengths[i], number))
    for members in found:
        members.reverse()
        sizes = [lengths[i] for i in members]
        yield Pack(members, [(length, len(list(same))) for length, same in groupby(sizes)])


def _together(
    found: Iterable[Pack], own: Sequence[tuple[int, int]], rows: int
) -> Iterator[list[Pack]]:
    """Yield packs as many at a time as have at most `rows` pieces of their own."""
    held, total = list[Pack](), 0
    for pack in found:
        n = sum(own[i][1] - own[i][0] for i in pack.members)
        if total + n > rows:
            yield held
            held, total = [], 0
        held.append(pack)
        total += n
    if held:
        yield held


def _own_rows(
    pieces: Sequence[Sequence[int]], own: Sequence[tuple[int, int]], pack: Pack
) -> npt.NDArray[np.int64]:
    """Return where a pack's own pieces stand."""
    starts = np.cumsum([0, *(len(pieces[i]) for i in pack.members)])
    ranges = [at + np.arange(*own[i]) for at, i in zip(starts, pack.members, strict=False)]
    return np.concatenate(ranges)


@dataclass(frozen=True)
class _Layer:
    attend: Product  # to queries, keys and values, side by side
    out: Product
    after_attention: Normal
    widen: Product  # with GELU
    narrow: Product
    after: Normal

    def rest(self, attended: Tensor, x: Tensor) -> Tensor:
        """Return the layer's vectors, of what was attended to and its input: row by row."""
        x = self.after_attention(self.out(attended).add_(x))
        return self.after(self.narrow(self.widen(x)).add_(x))


def unit(vectors: Vectors) -> Vectors:
    """Return rows scaled to length one."""
    return np.asarray(normalize(torch.from_numpy(vectors), dim=1).numpy())


def has_onednn() -> bool:
    """Return whether torch has oneDNN's products of weights laid out beforehand."""
    backend: Any = torch.backends.mkldnn
    return backend.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")


def _product(weight: Tensor, bias: Tensor, rows: int, activation: str = "none") -> Product:
    """Return a linear layer for inputs of `rows` rows, with GELU after it if asked."""
    weight, bias = weight.contiguous(), bias.contiguous()
    if weight.device.type == "cpu" and has_onednn():
        ops: Any = torch.ops.mkldnn
        laid = ops._reorder_linear_weight(weight, rows)
        how = "none" if activation == "gelu" else ""  # GELU by the error function
        return lambda x: ops._linear_pointwise(x, laid, bias, activation, [], how)
    if activation == "gelu":
        return lambda x: gelu(linear(x, weight, bias))
    return lambda x: linear(x, weight, bias)


class PackedBert:
    """A BERT encoder for inference; the numbers are those of ``transformers.BertModel``.

    Parameters
    ----------
    tensors : mapping of str to Tensor
        By the names of ``BertModel.state_dict()``; without pooling layer.
    heads : int
        Of attention.
    epsilon : float
        Of the layer norms.
    rows : int
        Of a pack, in word pieces; by default 1,024, and 16,384 on a GPU.
    device : str, optional
        By default ``compute_device()``.
    """

    def __init__(
        self,
        tensors: Mapping[str, Tensor],
        *,
        heads: int = HEADS,
        epsilon: float = EPSILON,
        rows: int = 0,
        device: str = "",
    ) -> None:
        self.device = torch.device(device or compute_device())
        self.rows = rows or (ROWS if self.device.type == "cpu" else GPU_ROWS)
        self.heads, self.epsilon = heads, epsilon
        tensors = {name: value.to(self.device) for name, value in tensors.items()}
        self._words, self._positions, self._kinds = (
            tensors[f"embeddings.{name}_embeddings.weight"].float()
            for name in ("word", "position", "token_type")
        )
        self.dims = self._words.shape[1]
        self._first = self._norm(tensors, "embeddings.LayerNorm")
        count = 1 + max(int(k.split(".")[2]) for k in tensors if k.startswith("encoder.layer."))
        self._layers = [self._layer(tensors, f"encoder.layer.{i}") for i in range(count)]

    def _norm(self, tensors: Mapping[str, Tensor], name: str) -> Normal:
        weight, bias = tensors[f"{name}.weight"].float(), tensors[f"{name}.bias"].float()
        return lambda x: layer_norm(x, (self.dims,), weight, bias, self.epsilon)

    def _layer(self, tensors: Mapping[str, Tensor], name: str) -> _Layer:
        def of(*parts: str, activation: str = "none") -> Product:
            weight, bias = (
                torch.cat([tensors[f"{name}.{p}.{what}"].float() for p in parts])
                for what in ("weight", "bias")
            )
            return _product(weight, bias, self.rows, activation)

        return _Layer(
            of(*(f"attention.self.{p}" for p in ("query", "key", "value"))),
            of("attention.output.dense"),
            self._norm(tensors, f"{name}.attention.output.LayerNorm"),
            of("intermediate.dense", activation="gelu"),
            of("output.dense"),
            self._norm(tensors, f"{name}.output.LayerNorm"),
        )

    def embedded(
        self, pieces: Sequence[Sequence[int]], kinds: Sequence[Sequence[int]] | None, pack: Pack
    ) -> Tensor:
        """Return what the first layer reads before its norm, shape (rows, dims).

        Parameters
        ----------
        pieces, kinds : sequence of sequence of int
            Of every text, word pieces with their marks and the kind of text of each piece (all 0
            if None). `pack` says which are read.
        """
        ids, places, sorts = (np.zeros(self.rows, dtype=np.int64) for _ in range(3))
        total = sum(n * length for length, n in pack.groups)
        ids[:total] = np.fromiter(chain.from_iterable(pieces[i] for i in pack.members), np.int64)
        places[:total] = np.concatenate(
            [np.tile(np.arange(length), n) for length, n in pack.groups]
        )
        if kinds is not None:
            sorts[:total] = np.fromiter(chain.from_iterable(kinds[i] for i in pack.members), int)
        words = self._words[self.sent(ids)]
        words += self._kinds[self.sent(sorts)]
        words += self._positions[self.sent(places)]
        return words

    def sent(self, array: npt.NDArray[Any]) -> Tensor:
        """Return an array as a tensor where the network is."""
        return torch.from_numpy(array).to(self.device)

    def states(self, embedded: Tensor, pack: Pack) -> Iterator[Tensor]:
        """Yield the vectors after the embeddings' norm and after each layer, shape (rows, dims)."""
        x = self._first(embedded)
        yield x
        attended = torch.zeros_like(x)  # rows beyond the texts stay zero
        for layer in self._layers:
            self._attend(layer.attend(x), pack, attended)
            x = layer.rest(attended, x)
            yield x

    def words(
        self, pieces: Sequence[Sequence[int]], kinds: Sequence[Sequence[int]] | None, pack: Pack
    ) -> Tensor:
        """Return the last layer's vectors of word pieces, shape (rows, dims)."""
        *_, last = self.states(self.embedded(pieces, kinds, pack), pack)
        return last

    def means(
        self,
        pieces: Sequence[Sequence[int]],
        kinds: Sequence[Sequence[int]] | None = None,
        *,
        progress: Progress | None = None,
    ) -> Vectors:
        """Return the mean vector of each text's word pieces, marks included, shape (n, dims)."""
        out, done = np.zeros((len(pieces), self.dims), dtype=np.float32), 0
        with torch.inference_mode():
            for pack in packs([len(p) for p in pieces], self.rows):
                words = self.words(pieces, kinds, pack)
                found = [
                    words[at : at + length * n].view(n, length, -1).mean(1)
                    for at, length, n in pack.spans()
                ]
                out[pack.members] = torch.cat(found).cpu().numpy()
                done += len(pack.members)
                if progress is not None:
                    progress(done, len(pieces))
        return out

    def own_means(
        self,
        pieces: Sequence[Sequence[int]],
        kinds: Sequence[Sequence[int]] | None,
        own: Sequence[tuple[int, int]],
        *,
        progress: Progress | None = None,
    ) -> Vectors:
        """Return the mean vector of some of each text's word pieces, shape (n, dims).

        Only those go through the last layer, but for what they attend to.

        Parameters
        ----------
        pieces, kinds
            As in ``embedded``.
        own : sequence of (int, int)
            Half-open range of the pieces that count; none is empty.
        progress : callable, optional
            Called with (done, total) after each matrix of pieces that count.
        """
        out, done = np.zeros((len(pieces), self.dims), np.float32), 0
        with torch.inference_mode():
            for together in _together(packs([len(p) for p in pieces], self.rows), own, self.rows):
                members = [i for pack in together for i in pack.members]
                lengths = [own[i][1] - own[i][0] for i in members]
                words = self._last_words(pieces, kinds, own, together)[: sum(lengths)]
                found = [part.mean(0) for part in torch.split(words, lengths)]
                out[members] = torch.stack(found).cpu().numpy()
                done += len(members)
                if progress is not None:
                    progress(done, len(pieces))
        return out

    def _last_words(
        self,
        pieces: Sequence[Sequence[int]],
        kinds: Sequence[Sequence[int]] | None,
        own: Sequence[tuple[int, int]],
        together: list[Pack],
    ) -> Tensor:
        """Return the last layer's vectors of the pieces of packs that count, shape (rows, dims)."""
        attended, before = torch.zeros(2, self.rows, self.dims, device=self.device)
        last, at = self._layers[-1], 0
        for pack in together:
            states = self.states(self.embedded(pieces, kinds, pack), pack)
            x = next(islice(states, len(self._layers) - 1, None))
            joint = torch.zeros_like(x)
            self._attend(last.attend(x), pack, joint)
            rows = self.sent(_own_rows(pieces, own, pack))
            part = slice(at, at + len(rows))
            attended[part], before[part] = joint[rows], x[rows]
            at += len(rows)
        return last.rest(attended, before)

    def _attend(self, joint: Tensor, pack: Pack, out: Tensor) -> None:
        """Write the attention of every text to its own pieces, from queries, keys and values."""
        width = self.dims // self.heads
        for at, length, n in pack.spans():
            part = joint[at : at + length * n].view(n, length, 3, self.heads, width)
            query, key, value = part.permute(2, 0, 3, 1, 4)
            mixed = scaled_dot_product_attention(query, key, value)
            out[at : at + length * n].view(n, length, self.heads, width).copy_(
                mixed.transpose(1, 2)
            )
