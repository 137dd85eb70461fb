"""Vectors kept on disk, keyed by what they are vectors of."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

import numpy as np

from narrative.encoder.base import Encoder, Vectors
from narrative.encoder.sentence import PinnedEncoder
from narrative.errors import InputError, StorageError
from narrative.reporting import Progress
from narrative.storage import sha256_bytes

MEGABYTES = (
    4096  # of vectors that are kept, where NARRATIVE_CACHE_MB says nothing: some 1.1 million
)
_TABLE = """CREATE TABLE IF NOT EXISTS kept
    (key BLOB PRIMARY KEY, vector BLOB NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID"""
_ASKED = 500  # keys of one question: SQLite takes 999 at least
_SPARED = 0.8  # of the limit is left when the least recently used go
_DAY = 86_400


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
    megabytes : int, optional
        The file grows to about this size; then what was not used for longest goes. By default
        ``NARRATIVE_CACHE_MB``, or 4096.
    """

    def __init__(
        self, inner: Encoder, path: str | Path, *, block: int = 4096, megabytes: int | None = None
    ) -> None:
        self.inner, self.path, self.block = inner, Path(path), block
        self.megabytes = megabytes if megabytes is not None else _megabytes()
        self.hits = self.misses = 0

    @property
    def fingerprint(self) -> str:
        """The inner encoder's."""
        return self.inner.fingerprint

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Return one unit vector a text; identical texts are encoded once.

        Raises
        ------
        StorageError
            If the cache is damaged or cannot be written.
        """
        unique = sorted(set(texts))
        if not unique:
            self.hits = self.misses = 0
            return self.inner.encode([])
        keys = self._keys(unique)
        with self._open() as db:
            found = _known(db, keys)
            fresh = [i for i, key in enumerate(keys) if key not in found]
            self.hits, self.misses = len(unique) - len(fresh), len(fresh)
            rows = _rows(keys, found)
            for at in range(0, len(fresh), self.block):
                part = fresh[at : at + self.block]
                vectors = self.inner.encode([unique[i] for i in part])
                if rows is None:
                    rows = np.zeros((len(unique), vectors.shape[1]), dtype=np.float32)
                rows[part] = vectors
                self._keep(db, [keys[i] for i in part], vectors)
                if progress is not None:
                    progress(min(at + self.block, len(fresh)), len(fresh))
        assert rows is not None  # there is a text, known or fresh
        place = {text: i for i, text in enumerate(unique)}
        return rows[[place[t] for t in texts]]

    def _keys(self, texts: Sequence[str]) -> list[bytes]:
        made_by = f"{self.fingerprint}\n".encode()
        return [
            bytes.fromhex(sha256_bytes(made_by + t.encode("utf-8", "surrogatepass"))) for t in texts
        ]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=60)) as db:
                # Versions before kept no day of use: nothing of theirs is asked for any more.
                db.execute("DROP TABLE IF EXISTS vectors")
                db.execute(_TABLE)
                yield db
        except (sqlite3.Error, OSError) as error:
            raise StorageError(
                f"{self.path}: the vector cache cannot be used ({error}); delete the file or set "
                "NARRATIVE_CACHE to another folder, then run again."
            ) from error

    def _keep(self, db: sqlite3.Connection, keys: Sequence[bytes], vectors: Vectors) -> None:
        today = int(time.time() // _DAY)
        with db:
            db.executemany(
                "INSERT OR REPLACE INTO kept VALUES (?, ?, ?)",
                ((k, v.astype("<f4").tobytes(), today) for k, v in zip(keys, vectors, strict=True)),
            )
        pages, free, size = (
            int(db.execute(f"PRAGMA {what}").fetchone()[0])
            for what in ("page_count", "freelist_count", "page_size")
        )
        limit = self.megabytes * 2**20
        taken = (pages - free) * size
        if taken > limit:
            with db:
                n = int(db.execute("SELECT count(*) FROM kept").fetchone()[0])
                db.execute(
                    "DELETE FROM kept WHERE key IN (SELECT key FROM kept ORDER BY used LIMIT ?)",
                    (int(np.ceil(n * (1 - _SPARED * limit / taken))),),
                )


def _known(db: sqlite3.Connection, keys: Sequence[bytes]) -> dict[bytes, bytes]:
    """Return the vectors that are kept, as bytes, and note that they were used."""
    found: dict[bytes, bytes] = {}
    today = int(time.time() // _DAY)
    for at in range(0, len(keys), _ASKED):
        part = keys[at : at + _ASKED]
        marks = ",".join("?" * len(part))
        read = db.execute(f"SELECT key, vector, used FROM kept WHERE key IN ({marks})", part)
        stale = []
        for key, vector, used in read:
            found[key] = vector
            if used != today:
                stale.append((today, key))
        if stale:
            with db:
                db.executemany("UPDATE kept SET used = ? WHERE key = ?", stale)
    return found


def _rows(keys: Sequence[bytes], found: dict[bytes, bytes]) -> Vectors | None:
    """Return an array with the known vectors in their rows; None where none is known."""
    if not found:
        return None
    rows = np.zeros((len(keys), len(next(iter(found.values()))) // 4), dtype=np.float32)
    for i, key in enumerate(keys):
        if key in found:
            rows[i] = np.frombuffer(found[key], dtype="<f4")
    return rows


def _megabytes() -> int:
    """Return the size that the environment allows.

    Raises
    ------
    InputError
        If it is no whole number from 1 on.
    """
    given = os.environ.get("NARRATIVE_CACHE_MB", "")
    if not given:
        return MEGABYTES
    if not given.isdecimal() or int(given) < 1:
        raise InputError(
            f"NARRATIVE_CACHE_MB={given!r}: expected a whole number of megabytes from 1 on."
        )
    return int(given)


def default_cache() -> Path:
    """Return the vector cache's file: ``NARRATIVE_CACHE``, or the user's cache folder."""
    base = os.environ.get("NARRATIVE_CACHE") or os.environ.get("XDG_CACHE_HOME")
    folder = Path(base) if base else Path.home() / ".cache"
    return folder / "narrative" / "vectors.sqlite"


@cache
def _pinned() -> PinnedEncoder:
    """Return the pinned encoder, loaded once a process: it takes longer than what it reads."""
    return PinnedEncoder()


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
