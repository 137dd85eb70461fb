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
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from narrative.encoder import Encoder, Progress, Vectors, fixed_batches, weights_folder
from narrative.storage import read_weights, sha256_text

FORMAT = "narrative-pairs-1"
SHIPPED = "pairs.safetensors"
SHIPPED_SHA256 = "1334dcad2aa4e19d4e5618e4daa3da040187d61c57fcd089845215935b889a9a"
# Between a claim and a proposition that are handed over as one text.
SEPARATOR = "\x1e"
CROSS_ENCODER = "cross-encoder"
_LONGEST = 256
Probabilities = npt.NDArray[np.float64]


class PairEncoder:
    """The shipped cross-encoder behind batches of fixed shape.

    As ``SentenceEncoder`` it pads to buckets and fixed batches, so that a pair scores the same in
    any company.

    Parameters
    ----------
    path : path-like, optional
        Weights that ``experiments/train_pairs.py`` wrote; by default the shipped ones.
    batch_rows, bucket : int
        Rows of every batch; token lengths are rounded up to a multiple of `bucket`.

    Raises
    ------
    WeightsError
        If the weights are missing, damaged or of another format.
    """

    def __init__(
        self, path: str | Path | None = None, *, batch_rows: int = 16, bucket: int = 16
    ) -> None:
        self.batch_rows, self.bucket = batch_rows, bucket
        if path is None:
            with as_file(files("narrative") / "weights" / SHIPPED) as shipped:
                stored = read_weights(Path(shipped), FORMAT, SHIPPED_SHA256)
        else:
            stored = read_weights(Path(path), FORMAT, None)
        self._tensors, self.meta, self.sha256 = stored

    @property
    def fingerprint(self) -> str:
        """Hash of what the logits depend on."""
        return sha256_text(f"pairs|{self.sha256}|{self.batch_rows}|{self.bucket}")

    def trainable(self) -> Any:
        """Return a network of its own with these weights, to be trained on a user's pairs."""
        from narrative.deltas import pinned_bert
        from narrative.stance.pair_network import restored

        rank = int(self.meta["rank"])
        return restored(pinned_bert(), rank, self._tensors, SHIPPED, merge=False)

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        from transformers import AutoTokenizer

        from narrative.deltas import pinned_bert
        from narrative.stance.pair_network import restored

        network = restored(pinned_bert(), int(self.meta["rank"]), self._tensors, SHIPPED)
        return network, AutoTokenizer.from_pretrained(weights_folder())

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Return logits of against, none and favor, divided by the temperature.

        Parameters
        ----------
        texts : sequence of str
            Each a claim, ``SEPARATOR`` and a proposition. A claim is cut where both exceed 256
            tokens.
        progress : callable, optional
            Called with (done, total) after each batch.

        Returns
        -------
        ndarray of float32, shape (n, 3)
        """
        network, tokenizer = self._loaded
        logits = read_pairs(
            texts, network, tokenizer, rows=self.batch_rows, bucket=self.bucket, progress=progress
        )
        return logits / np.float32(self.meta["temperature"])

    def vectors(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Return what the head reads of each joined text, shape (n, dims)."""
        network, tokenizer = self._loaded
        return read_pairs(
            texts, network.vectors, tokenizer, rows=self.batch_rows, bucket=self.bucket,
            progress=progress,
        )  # fmt: skip

    def logits(self, vectors: Vectors) -> Vectors:
        """Return what ``encode`` does, up to rounding, from the vectors of joined texts."""
        import torch

        with torch.inference_mode():
            found: Vectors = self._loaded[0].head(torch.from_numpy(vectors)).numpy()
        return found / np.float32(self.meta["temperature"])


def read_pairs(
    texts: Sequence[str],
    network: Any,
    tokenizer: Any,
    *,
    rows: int,
    bucket: int,
    progress: Progress | None = None,
    longest: int = _LONGEST,
) -> Vectors:
    """Return a network's logits of joined texts, by batches of fixed shape.

    Parameters
    ----------
    texts : sequence of str
        Each two texts with ``SEPARATOR`` between.
    network : callable
        Takes tokens, returns logits, shape (batch, n_classes).
    tokenizer : transformers tokenizer
    rows, bucket, longest : int
        Of a batch; what widths are rounded up to; tokens at most.
    progress : callable, optional
    """
    import torch

    if not texts:
        return np.zeros((0, 3), dtype=np.float32)
    first, second = zip(*(t.split(SEPARATOR, 1) for t in texts), strict=True)
    cut = {"truncation": "only_first", "max_length": longest}
    lengths = [len(ids) for ids in tokenizer(list(first), list(second), **cut)["input_ids"]]
    out: Vectors | None = None
    done = 0
    with torch.inference_mode():
        for width, members in fixed_batches(lengths, rows, bucket, longest):
            blank = [""] * (rows - len(members))
            tokens = tokenizer(
                [first[i] for i in members] + blank,
                [second[i] for i in members] + blank,
                padding="max_length",
                truncation="only_first",
                max_length=width,
                return_tensors="pt",
            )
            logits = network(dict(tokens))[: len(members)].float().numpy()
            if out is None:
                out = np.zeros((len(texts), logits.shape[1]), dtype=np.float32)
            out[members] = logits
            done += len(members)
            if progress is not None:
                progress(done, len(texts))
    assert out is not None
    return out


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
        return np.asarray(cosines.max(axis=1) >= self.gate.cosine)

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
