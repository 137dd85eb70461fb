"""Columns and texts to compressed shards that a page can carry and a browser can open.

A shard is gzip in base64: the page decodes it with ``DecompressionStream``. Numbers are arrays,
little-endian, one behind the other, each at a multiple of eight bytes, so that they become typed
arrays without being copied; strings are JSON.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Header = list[dict[str, Any]]
# numpy's kind and size -> the typed array of JavaScript
_TYPED = {
    "u1": "Uint8Array", "u2": "Uint16Array", "u4": "Uint32Array",
    "i1": "Int8Array", "i2": "Int16Array", "i4": "Int32Array", "f4": "Float32Array",
}  # fmt: skip
_SHARD = 4_000_000  # characters of text in a shard
_LEVEL = 6  # of gzip: nine takes three times as long for one per cent


def pack(columns: dict[str, Array]) -> tuple[Header, bytes]:
    """Return where each column lies, and all columns in one buffer.

    Examples
    --------
    >>> header, data = pack({"a": np.array([1, 2], dtype="u2"), "b": np.array([3], dtype="i4")})
    >>> header[1], len(data)
    ({'name': 'b', 'type': 'Int32Array', 'at': 8, 'length': 1}, 16)
    """
    header: Header = []
    parts: list[bytes] = []
    at = 0
    for name, values in columns.items():
        little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
        kind = f"{little.dtype.kind}{little.dtype.itemsize}"
        raw = little.tobytes()
        raw += bytes(-len(raw) % 8)
        header.append({"name": name, "type": _TYPED[kind], "at": at, "length": len(little)})
        parts.append(raw)
        at += len(raw)
    return header, b"".join(parts)


def codes(values: Iterable[str]) -> tuple[list[str], Array]:
    """Return the distinct strings, sorted, and for each value its place among them.

    Examples
    --------
    >>> codes(["b", "a", "b"])
    (['a', 'b'], array([1, 0, 1], dtype=uint8))
    """
    listed = list(values)
    words = sorted(set(listed))
    number = {w: i for i, w in enumerate(words)}
    kind = next(k for k in (np.uint8, np.uint16, np.uint32) if len(words) <= np.iinfo(k).max)
    return words, np.array([number[v] for v in listed], dtype=kind)


def as_json(value: Any) -> bytes:
    """Return `value` as compact JSON in UTF-8; a lone surrogate becomes a question mark."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "replace")


def text_shards(texts: Sequence[str]) -> list[bytes]:
    """Return the texts as JSON lists of a few megabytes each, in order."""
    shards: list[bytes] = []
    part: list[str] = []
    size = 0
    for text in texts:
        if part and size + len(text) > _SHARD:
            shards.append(as_json(part))
            part, size = [], 0
        part.append(text)
        size += len(text)
    return [*shards, as_json(part)] if part else shards


def shard(data: bytes) -> str:
    """Return `data` as gzip in base64, the same characters for the same bytes."""
    return base64.b64encode(gzip.compress(data, compresslevel=_LEVEL, mtime=0)).decode("ascii")


def unshard(text: str) -> bytes:
    """Return the bytes of a shard.

    Examples
    --------
    >>> unshard(shard(b"abc"))
    b'abc'
    """
    return gzip.decompress(base64.b64decode(text))


def utf16(text: str, offsets: Array) -> Array:
    """Return offsets in code points as offsets in UTF-16 units, which JavaScript counts.

    Examples
    --------
    >>> utf16("a\U0001f600b", np.array([0, 1, 2, 3]))
    array([0, 1, 3, 4])
    """
    if text.isascii() or max(text) <= "\uffff":
        return offsets
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    units = np.concatenate([[0], np.cumsum(1 + (points > 0xFFFF))])
    return np.asarray(units[offsets])
