"""Texts to vectors: the pinned encoder packed, any other model by sentence-transformers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from narrative.encoder.base import Encoder, Vectors
from narrative.encoder.device import compute_device, marked
from narrative.encoder.pinned import (
    CLS,
    DEFAULT_MODEL,
    LONGEST,
    PINNED_SHA256,
    SEP,
    pinned_tensors,
    pinned_tokenizer,
    weights_folder,
)
from narrative.errors import WeightsError
from narrative.reporting import Progress
from narrative.storage import sha256_file, sha256_text

if TYPE_CHECKING:
    from narrative.encoder.packed import PackedBert


def fixed_batches(
    lengths: Sequence[int], batch_rows: int, bucket: int, longest: int
) -> Iterator[tuple[int, list[int]]]:
    """Yield a width in tokens and the rows of at most `batch_rows` texts that are padded to it."""
    buckets: dict[int, list[int]] = {}
    for i, n in enumerate(lengths):
        buckets.setdefault(min(-(-n // bucket) * bucket, longest), []).append(i)
    for width, members in sorted(buckets.items()):
        for at in range(0, len(members), batch_rows):
            yield width, members[at : at + batch_rows]


def model_identity(model: str, revision: str | None) -> str:
    """Return what tells a model from another: the hash of its folder, or its name and revision."""
    folder = Path(model)
    if folder.is_dir():
        hashes = [sha256_file(p) for p in sorted(folder.rglob("*")) if p.is_file()]
        return sha256_text("\n".join(hashes))
    return f"{model}@{revision}"


class PinnedEncoder:
    """The pinned sentence encoder, packed (see ``narrative.encoder.packed``).

    The same text gives the same vector whatever stands beside it.

    Parameters
    ----------
    rows : int, optional
        Word pieces of a pack.
    """

    def __init__(self, *, rows: int = 0) -> None:
        self.rows = rows

    @property
    def fingerprint(self) -> str:
        """Hash of the weights and of how they are used."""
        return sha256_text(marked(f"packed|{PINNED_SHA256}"))

    @cached_property
    def network(self) -> PackedBert:
        """The network, loaded on first use."""
        from narrative.encoder.packed import PackedBert

        return PackedBert(pinned_tensors(), rows=self.rows)

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Return one unit vector a text, shape (n_texts, 384).

        Parameters
        ----------
        texts : sequence of str
            Longer texts are cut at 256 word pieces.
        progress : callable, optional
            Called with (done, total) after each pack.
        """
        from narrative.encoder.packed import unit

        read = pinned_tokenizer().encode_batch_fast(list(texts), add_special_tokens=False)
        pieces = [[CLS, *e.ids[: LONGEST - 2], SEP] for e in read]
        return unit(self.network.means(pieces, progress=progress))


class SentenceEncoder:
    """Any sentence-transformers model, behind batches of fixed shape.

    For the pinned one it is the reference that ``PinnedEncoder`` is tested against. Texts are
    padded to a bucket of token lengths and every batch has the same number of rows, so that the
    same text gives the same vector whatever stands beside it.

    Parameters
    ----------
    model : str
        ``all-MiniLM-L6-v2`` for the pinned weights, or a folder or name that
        sentence-transformers loads.
    revision : str, optional
        Revision of a model given by name.
    batch_rows : int
        Rows in every batch, padded with empty texts.
    bucket : int
        Token lengths are rounded up to a multiple of this.
    """

    def __init__(
        self,
        model: str = DEFAULT_MODEL,
        *,
        revision: str | None = None,
        batch_rows: int = 16,
        bucket: int = 16,
    ) -> None:
        self.model, self.revision = model, revision
        self.batch_rows, self.bucket = batch_rows, bucket
        self._loaded: Any = None
        pinned = model == DEFAULT_MODEL
        self._identity = PINNED_SHA256 if pinned else model_identity(model, revision)

    @property
    def fingerprint(self) -> str:
        """Hash of weights and batch shape."""
        parts = (self._identity, str(self.batch_rows), str(self.bucket))
        return sha256_text(marked("|".join(parts)))

    def load(self) -> Any:
        """Return the sentence-transformers model, loaded on first use."""
        if self._loaded is None:
            from sentence_transformers import SentenceTransformer
            from transformers.utils.logging import disable_progress_bar

            quiet: Callable[[], None] = disable_progress_bar
            quiet()  # loading takes a second, and the run shows its own progress
            path = str(weights_folder()) if self.model == DEFAULT_MODEL else self.model
            try:
                loaded = SentenceTransformer(path, revision=self.revision, device=compute_device())
            except (OSError, ValueError) as error:
                raise WeightsError(
                    f"encoder model {self.model!r} could not be loaded ({error}); give the folder "
                    "of a sentence-transformers model, or a name while online."
                ) from None
            self._loaded = loaded.eval()
        return self._loaded

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Return one unit vector a text.

        Parameters
        ----------
        texts : sequence of str
            Longer texts are cut at the model's limit (256 tokens for the pinned one).
        progress : callable, optional
            Called with (done, total) after each batch.

        Returns
        -------
        ndarray of float32, shape (n_texts, n_dims)
            Rows of Euclidean length 1.
        """
        import torch

        model = self.load()
        out = np.zeros((len(texts), int(model.get_embedding_dimension())), dtype=np.float32)
        lengths = (
            [
                len(ids)
                for ids in model.tokenizer(
                    list(texts), truncation=True, max_length=model.max_seq_length
                )["input_ids"]
            ]
            if texts
            else []
        )
        done = 0
        with torch.inference_mode():
            for width, rows in fixed_batches(
                lengths, self.batch_rows, self.bucket, model.max_seq_length
            ):
                filled = [texts[i] for i in rows] + [""] * (self.batch_rows - len(rows))
                features = model.tokenizer(
                    filled,
                    padding="max_length",
                    truncation=True,
                    max_length=width,
                    return_tensors="pt",
                )
                read = {k: v.to(model.device) for k, v in features.items()}
                vectors = torch.nn.functional.normalize(model.forward(read)["sentence_embedding"])
                out[rows] = vectors[: len(rows)].cpu().numpy()
                done += len(rows)
                if progress is not None:
                    progress(done, len(texts))
        return out


def sentence_encoder(model: str = DEFAULT_MODEL, revision: str | None = None) -> Encoder:
    """Return the encoder of a model: packed if it is the pinned one.

    Parameters
    ----------
    model : str
        ``all-MiniLM-L6-v2``, or a folder or name that sentence-transformers loads.
    revision : str, optional
        Of a model given by name.
    """
    if model == DEFAULT_MODEL:
        return PinnedEncoder()
    return SentenceEncoder(model, revision=revision)
