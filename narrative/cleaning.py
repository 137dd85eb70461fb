"""Remove page debris by deletion only, so that every kept character can be traced back."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from itertools import pairwise

Segment = tuple[int, int, int]  # clean_start, raw_start, length

_LINK = re.compile(r"(!?\[)([^\[\]\n]*)(\]\([^()\s]*(?:\s\"[^\"\n]*\")?\))")
_BROKEN = re.compile(r"(?<=[^\W\d_])([ \t\r]*\n)[ \t]*[\r\n]*\n(?=[a-zа-яіїєґё])")
_LINE = re.compile(r"[^\n]+")


@cache
def _debris() -> re.Pattern[str]:
    table = tomllib.loads((files("narrative") / "data/debris.toml").read_text(encoding="utf-8"))
    return re.compile("|".join(f"(?:{p})" for p in table["line"]), re.IGNORECASE)


def _shown(link: re.Match[str]) -> str:
    return "" if link[1] == "![" else link[2]


def _deletions(raw: str) -> list[tuple[int, int]]:
    out = [(m.start(), m.end()) for m in re.finditer("[\ufeff\r]", raw)]
    for m in _LINK.finditer(raw):
        out += [m.span()] if m[1] == "![" else [m.span(1), m.span(3)]
    previous = ""
    for m in _LINE.finditer(raw):
        line = _LINK.sub(_shown, m[0]).replace("\ufeff", "").strip()
        again = line == previous and len(line) > 20
        if line and (_debris().fullmatch(line) or again):
            out.append(m.span())
        previous = line or previous
    # A page break inside a sentence leaves an empty line before a lower-case word.
    out += [(m.end(1), m.end()) for m in _BROKEN.finditer(raw)]
    return out


def clean(raw: str) -> tuple[str, list[Segment]]:
    r"""Return the article text of a page and the map back to the page.

    Parameters
    ----------
    raw : str
        Text as received.

    Returns
    -------
    text : str
        `raw` less byte-order marks, carriage returns, Markdown link targets, menu lines, captions
        with a credit, lines repeated at once, and empty lines in mid-sentence.
    segments : list of (clean_start, raw_start, length)
        The kept runs: ``text[c:c + n] == raw[r:r + n]`` for each, in order and without gaps in
        `text`.

    Examples
    --------
    >>> clean("5 min\nHe [said](#) so.")[0]
    '\nHe said so.'
    """
    keep = bytearray(b"\x01") * len(raw)
    for start, end in _deletions(raw):
        keep[start:end] = bytes(end - start)
    edges = [m.start() for m in re.finditer(b"\x01+", bytes(keep))]
    ends = [m.end() for m in re.finditer(b"\x01+", bytes(keep))]
    segments, parts, position = [], [], 0
    for start, end in zip(edges, ends, strict=True):
        segments.append((position, start, end - start))
        parts.append(raw[start:end])
        position += end - start
    return "".join(parts), segments


def to_clean(segments: list[Segment], start: int, end: int) -> tuple[int, int] | None:
    """Return the clean span that covers what is kept of a raw span, or None if nothing is."""
    inside = [
        (c + max(start, r) - r, c + min(end, r + n) - r)
        for c, r, n in segments
        if max(start, r) < min(end, r + n)
    ]
    return (inside[0][0], inside[-1][1]) if inside else None


def to_raw(segments: list[Segment], start: int, end: int) -> tuple[int, int] | None:
    """Return the raw span from the first to the last character of a clean span."""
    inside = [
        (r + max(start, c) - c, r + min(end, c + n) - c)
        for c, r, n in segments
        if max(start, c) < min(end, c + n)
    ]
    return (inside[0][0], inside[-1][1]) if inside else None


def contiguous(segments: list[Segment]) -> bool:
    """Say whether the segments tile the clean text from 0 without gap or overlap."""
    return all(a[0] + a[2] == b[0] for a, b in pairwise(segments)) and (
        not segments or segments[0][0] == 0
    )
