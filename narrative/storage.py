"""Reading and writing tables whole or not at all, and hashing what they hold."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from narrative.errors import StorageError, WeightsError

# What pyarrow raises on a file that is not whole, depending on where it breaks. (Its error for want
# of memory is one of these and a MemoryError, which is to be told apart first.)
DAMAGED = (OSError, ValueError, KeyError, pa.ArrowException)


def sha256_bytes(data: bytes) -> str:
    """Return the SHA-256 of `data` in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def sha256_text(text: str) -> str:
    """Return the SHA-256 of `text` in UTF-8; lone surrogates are kept apart."""
    return sha256_bytes(text.encode("utf-8", "surrogatepass"))


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of the file at `path`, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        for block in iter(lambda: handle.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def sha256_json(value: Any) -> str:
    """Return the SHA-256 of `value` as canonical JSON."""
    return sha256_text(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str))


def write_atomic(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary file beside `path`, then move it there in one step.

    A reader sees the old file or the new one, never half of one.

    Raises
    ------
    StorageError
        If the file cannot be written (disk full, no permission); `path` is left as it was.
    """
    part: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        os.close(handle)
        part = Path(name)
        write(part)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.chmod(0o644)
        part.replace(path)
    except OSError as error:
        raise StorageError(
            f"{path}: could not be written ({error.strerror or error}); the file is as it was "
            "before. Free space or write to another folder, then give the same command again: what "
            "is finished is kept."
        ) from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


# Rows that are read together: a reader of a few documents reads no more texts than these.
_GROUPS = {"documents": 256}
_GROUP = 65_536


def group_rows(name: str) -> int:
    """Return how many rows of a table stand in one row group of its file."""
    return _GROUPS.get(name, _GROUP)


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write `table` as Parquet, byte for byte the same for the same rows."""

    def write(part: Path) -> None:
        table.to_parquet(
            part,
            index=False,
            engine="pyarrow",
            compression="zstd",
            write_page_checksum=True,
            row_group_size=group_rows(path.stem),
        )

    write_atomic(path, write)


def read_table(path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read a Parquet table, or some of its columns.

    Raises
    ------
    StorageError
        If the file is missing or is not a whole Parquet file.
    """
    try:
        wanted = None if columns is None else list(columns)
        return pd.read_parquet(
            path, engine="pyarrow", columns=wanted, page_checksum_verification=True
        )
    except FileNotFoundError:
        raise StorageError(f"{path}: no such table; run the study first (narrative run).") from None
    except MemoryError:
        raise
    except DAMAGED as error:
        raise StorageError(
            f"{path}: not a whole Parquet file ({error}); delete it and run again."
        ) from error


def write_json(value: Any, path: Path) -> None:
    """Write `value` as indented JSON with sorted keys."""
    text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    write_atomic(path, lambda part: _write_text(part, text))


def write_text(text: str, path: Path) -> None:
    """Write `text` as UTF-8 in one step."""
    write_atomic(path, lambda part: _write_text(part, text))


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


Arrays = dict[str, npt.NDArray[np.generic]]


def read_weights(path: Path, fmt: str, sha256: str | None) -> tuple[Arrays, dict[str, Any], str]:
    """Return the tensors of a safetensors file of ours, its metadata and its sha256.

    Raises
    ------
    WeightsError
        If the file is missing, is not whole, is of another format, or its hash differs from
        `sha256`.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise WeightsError(f"{path}: no such weights; reinstall the package or train them.")
    got = sha256_file(path)
    if sha256 is not None and got != sha256:
        raise WeightsError(
            f"{path.name}: sha256 is {got}, expected {sha256}; reinstall the package."
        )
    try:
        with safe_open(path, framework="np") as stored:
            meta = json.loads((stored.metadata() or {}).get("narrative", "{}"))
            tensors = {k: stored.get_tensor(k) for k in stored.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise WeightsError(f"{path.name}: not a whole safetensors file ({error}).") from None
    except ValueError as error:
        raise WeightsError(f"{path.name}: its metadata is not JSON ({error}).") from None
    if not isinstance(meta, dict) or meta.get("format") != fmt:
        got_format = meta.get("format") if isinstance(meta, dict) else meta
        raise WeightsError(f"{path.name}: format is {got_format!r}, expected {fmt!r}.")
    return tensors, meta, got
