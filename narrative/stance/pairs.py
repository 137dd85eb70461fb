"""Stance of a claim towards any proposition, by a model that reads both together.

A claim that is not near a proposition is not read with it: it takes no side. How near is near
enough is measured (``experiments/e08_stance_models.py``: what the gate lets through, and what it
saves).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from narrative.encoder import Encoder, Vectors, marked, pinned_tokenizer
from narrative.encoder.pinned import CLS, LONGEST, SEP
from narrative.reporting import Progress
from narrative.storage import read_weights, sha256_text

if TYPE_CHECKING:
    from narrative.encoder.packed import PackedBert

FORMAT = "narrative-pairs-1"
SHIPPED = "pairs.safetensors"
SHIPPED_SHA256 = "1334dcad2aa4e19d4e5618e4daa3da040187d61c57fcd089845215935b889a9a"
# Between a claim and a proposition that are handed over as one text.
SEPARATOR = "\x1e"
CROSS_ENCODER = "cross-encoder"
Probabilities = npt.NDArray[np.float64]


class PairEncoder:
    """The shipped cross-encoder.

    A pair scores the same in any company (see ``narrative.encoder.packed``).

    Parameters
    ----------
    path : path-like, optional
        Weights that ``experiments/train_pairs.py`` wrote; by default the shipped ones.
    rows : int, optional
        Word pieces of a pack.

    Raises
    ------
    WeightsError
        If the weights are missing, damaged or of another format.
    """

    def __init__(self, path: str | Path | None = None, *, rows: int = 0) -> None:
        self.rows = rows
        if path is None:
            with as_file(files("narrative") / "weights" / SHIPPED) as shipped:
                stored = read_weights(Path(shipped), FORMAT, SHIPPED_SHA256)
        else:
            stored = read_weights(Path(path), FORMAT, None)
        self._tensors, self.meta, self.sha256 = stored

    @property
    def fingerprint(self) -> str:
        """Hash of what the logits depend on."""
        return sha256_text(marked(f"pairs|{self.sha256}|packed"))

    def trainable(self) -> Any:
        """Return a network of its own with these weights, to be trained on a user's pairs."""
        from narrative.deltas import pinned_bert
        from narrative.stance.pair_network import restored

        return restored(pinned_bert(), int(self.meta["rank"]), self._tensors, SHIPPED)

    @cached_property
    def network(self) -> PackedBert:
        """The network's encoder, loaded on first use."""
        from narrative.encoder.packed import PackedBert
        from narrative.stance.pair_network import merged_tensors

        return PackedBert(merged_tensors(self._tensors, SHIPPED), rows=self.rows)

    @cached_property
    def _head(self) -> Any:
        from narrative.stance.pair_network import kept_head

        return kept_head(self._tensors, SHIPPED)

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Return logits of against, none and favor, divided by the temperature.

        Parameters
        ----------
        texts : sequence of str
            Each a claim, ``SEPARATOR`` and a proposition. A claim is cut where both exceed 256
            word pieces.
        progress : callable, optional
            Called with (done, total) after each pack.

        Returns
        -------
        ndarray of float32, shape (n, 3)
        """
        return self.logits(self.vectors(texts, progress=progress))

    def vectors(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Return what the head reads of each joined text, shape (n, dims)."""
        pieces, kinds = _joined_pieces(texts)
        return self.network.means(pieces, kinds, progress=progress)

    def logits(self, vectors: Vectors) -> Vectors:
        """Return what ``encode`` does from the vectors of joined texts."""
        import torch

        with torch.inference_mode():
            # Row by row: a product of another shape can round otherwise.
            found = [self._head(row).numpy() for row in torch.from_numpy(vectors)[:, None]]
        out: Vectors = np.concatenate([np.zeros((0, 3), np.float32), *found])
        return out / np.float32(self.meta["temperature"])


def _joined_pieces(texts: Sequence[str]) -> tuple[list[list[int]], list[list[int]]]:
    """Return the word pieces of joined texts with their marks, and which of the two each is of."""
    both = [part for text in texts for part in text.split(SEPARATOR, 1)]
    read = pinned_tokenizer().encode_batch_fast(both, add_special_tokens=False)
    pieces, kinds = [], []
    for claim, proposition in zip(read[::2], read[1::2], strict=True):
        second = proposition.ids[: LONGEST - 4]  # a claim keeps one piece at least
        first = claim.ids[: LONGEST - 3 - len(second)]
        pieces.append([CLS, *first, SEP, *second, SEP])
        kinds.append([0] * (len(first) + 2) + [1] * (len(second) + 1))
    return pieces, kinds


@dataclass(frozen=True)
class Gate:
    """Which claims are read with a proposition.

    Parameters
    ----------
    cosine : float
        The least cosine of a claim to the proposition or its counter, by the plain encoder. Of the
        steps of .02 the highest that kept .98 of the pairs with a side, on those of the older
        contests (``pairs.jsonl``) that train (``experiments/stance_contests.py``).
    outside : tuple of float
        p_against, p_none and p_favor of a claim that is not read: a convention, not an estimate.
    """

    cosine: float = 0.04
    outside: tuple[float, float, float] = (0.01, 0.98, 0.01)


@dataclass(frozen=True)
class PairModel:
    """Scores claims towards a proposition given in words.

    Parameters
    ----------
    reader : Encoder
        Gives logits of against, none and favor of joined texts.
    plain : Encoder
        Gives the vectors of the gate.
    gate : Gate
    name : str
        What the result calls the method.
    every : bool
        Whether it scores the framings that a trained head could score, too.
    denies : bool
        Whether it tells contradiction from neither; else a framing needs a counter.
    counters : bool
        Whether a framing's counter is read, too. Not by the shipped one: on written documents that
        were kept for choices it was worse with it (``e08``, "cross-encoder, with the counter").
    """

    reader: Encoder
    plain: Encoder
    gate: Gate = Gate()
    name: str = CROSS_ENCODER
    every: bool = False
    denies: bool = True
    counters: bool = False

    def near(self, claims: Sequence[str], propositions: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Return whether each claim is near any of the propositions, shape (n,)."""
        cosines = self.plain.encode(claims) @ self.plain.encode(propositions).T
        # Beyond six digits a product is its shape's: a claim is read or not whatever is beside it.
        return np.asarray(np.round(cosines.max(axis=1), 6) >= self.gate.cosine)

    def probabilities(
        self,
        claims: Sequence[str],
        proposition: str,
        counter: str = "",
        *,
        progress: Progress | None = None,
    ) -> Probabilities:
        """Return p_against, p_none and p_favor of every claim, shape (n, 3).

        Parameters
        ----------
        claims : sequence of str
            Normalised, as the scorer reads them.
        proposition : str
        counter : str
            What the other side asserts; being for it is being against the proposition.
        progress : callable, optional
        """
        out = np.tile(np.array(self.gate.outside), (len(claims), 1))
        claims = [c.replace(SEPARATOR, " ") for c in claims]
        sides = [s.replace(SEPARATOR, " ") for s in (proposition, counter) if s]
        rows = [int(i) for i in np.flatnonzero(self.near(claims, sides))]
        if rows:
            joined = [f"{claims[i]}{SEPARATOR}{side}" for side in sides for i in rows]
            logits = self.reader.encode(joined, progress=progress).astype(np.float64)
            parts = softmax(logits, axis=1).reshape(len(sides), len(rows), 3)
            out[rows] = either(parts[0], parts[1][:, ::-1]) if counter else parts[0]
        return out


def either(a: Probabilities, b: Probabilities) -> Probabilities:
    """Join two readings: a side is taken if either takes it (a noisy or; Pearl 1988).

    Parameters
    ----------
    a, b : ndarray, shape (n, 3)
        Of against, none, favor.

    Returns
    -------
    ndarray, shape (n, 3)
        Rows sum to one.
    """
    out = 1 - (1 - a) * (1 - b)
    out[:, 1] = a[:, 1] * b[:, 1]
    return np.asarray(out / out.sum(axis=1, keepdims=True))
