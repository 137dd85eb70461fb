"""Read PolNeAR (Newell, Margolin, Ruths 2018) from ``NARRATIVE_DATA/polnear`` onto our words.

The corpus is posted at https://github.com/networkdynamics/PolNeAR; no licence is stated, so its
text is never committed. Attributions come from the brat standoff files (first annotator), the
rest from CoreNLP as distributed with the corpus.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from narrative.reader.align import Syntax, Token, place_sentence, words_of
from narrative.reader.labels import ROLES, TAGS
from narrative.reader.pieces import Ints, Pieces, split_words

Spans = list[tuple[int, int]]
_NOTHING: dict[str, Any] = {"sents": [], "coref": []}
TUNE_SHARE = 0.08  # of the training articles, kept apart for choices


@dataclass(frozen=True)
class Attributed:
    """One attribution: half-open word spans of each role (a role may lie in several stretches)."""

    source: Spans
    cue: Spans
    content: Spans


@dataclass(frozen=True)
class Article:
    """An article on our words, with CoreNLP's parse.

    ``chain`` numbers what a word that heads a mention stands for; -1 for other words.
    """

    name: str
    text: str
    pieces: Pieces
    attributions: list[Attributed]
    tags: Ints
    syntax: Syntax
    chain: Ints


class MissingCorpus(SystemExit):
    """The corpus is not where it is looked for."""


def folder() -> Path:
    """Return the folder of the corpus.

    Raises
    ------
    MissingCorpus
        Says where it was looked for and where it is posted.
    """
    base = os.environ.get("NARRATIVE_DATA", "")
    path = Path(base) / "polnear"
    if not base or not path.is_dir():
        raise MissingCorpus(
            "PolNeAR is not at NARRATIVE_DATA/polnear (got NARRATIVE_DATA="
            f"{base!r}); it is posted at https://github.com/networkdynamics/PolNeAR."
        )
    return path


def read_polnear(split: str) -> Iterator[Article]:
    """Yield the articles of a split: "train", "tune" (a share of train, kept apart), "dev", ...

    Raises
    ------
    MissingCorpus
        If the corpus or the split is not there.
    """
    part = "train" if split == "tune" else split
    parsed = _parsed(part)
    found = _standoff(part)
    if not found:
        raise MissingCorpus(f"no articles of the split {part!r} in {folder()}.")
    for name, (text, standoff) in sorted(found.items()):
        if part == "train" and (_is_tune(name) != (split == "tune")):
            continue
        pieces = split_words(text)
        attributions = _attributions(standoff, pieces)
        yield Article(
            name, text, pieces, attributions, _tags(attributions, len(pieces)),
            *_parse(parsed.get(name, _NOTHING), pieces),
        )  # fmt: skip


def _is_tune(name: str) -> bool:
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) / 16**8 < TUNE_SHARE


def _files(part: str) -> Iterator[tuple[Path, str]]:
    """Yield the split's files, from folders ``SPLIT/text`` and ``SPLIT/attributions`` or a tar."""
    for archive in sorted(folder().glob("*.tar.gz")):
        with tarfile.open(archive) as tar:
            for member in sorted(tar.getmembers(), key=lambda m: m.name):
                body = tar.extractfile(member) if member.isfile() else None
                if body is not None and part in Path(member.name).parts:
                    yield Path(member.name), body.read().decode("utf-8")
    for path in sorted((folder() / part).rglob("*")):
        if path.is_file():
            yield path, path.read_text(encoding="utf-8")


def _standoff(part: str) -> dict[str, tuple[str, str]]:
    texts: dict[str, str] = {}
    marked: dict[str, str] = {}
    for path, content in _files(part):
        if path.parent.name == "text":
            texts[path.stem] = content
        elif path.suffix == ".ann":  # several annotators: the first
            marked.setdefault(re.sub(r"_[^_]*$", "", path.stem), content)
    return {name: (text, marked[name]) for name, text in texts.items() if name in marked}


def _attributions(standoff: str, pieces: Pieces) -> list[Attributed]:
    spans: dict[str, Spans] = {}
    events: list[list[str]] = []
    for line in standoff.splitlines():
        fields = line.split("\t")
        if line.startswith("T") and len(fields) >= 2:
            places = fields[1].split(" ", 1)[1]
            spans[fields[0]] = [(int(a), int(b)) for a, b in (p.split() for p in places.split(";"))]
        elif line.startswith("E") and len(fields) >= 2:
            events.append(fields[1].split()[1:])
    out = []
    for event in events:
        roles: dict[str, Spans] = {r: [] for r in ROLES}
        for item in event:
            role, _, key = item.partition(":")
            name = role.rstrip("0123456789").casefold()
            if name in roles:
                roles[name] += [
                    words_of(pieces.starts, pieces.ends, *s) for s in spans.get(key, [])
                ]
        roles = {r: _joined([s for s in v if s[0] < s[1]]) for r, v in roles.items()}
        if roles["cue"] and roles["content"]:
            out.append(Attributed(**roles))
    return out


def _joined(spans: Spans) -> Spans:
    """Merge stretches that touch: they are one span of words."""
    out: Spans = []
    for a, b in sorted(spans):
        if out and a <= out[-1][1]:
            out[-1] = (out[-1][0], max(b, out[-1][1]))
        else:
            out.append((a, b))
    return out


def _tags(attributions: list[Attributed], n: int) -> Ints:
    """Return one tag a word; the corpus lets no word take part in two attributions."""
    out = np.zeros(n, dtype=np.int64)
    for a in attributions:
        for role in ROLES:
            for low, high in getattr(a, role):
                out[low:high] = TAGS.index(f"I-{role}")
                out[low] = TAGS.index(f"B-{role}")
    return out


def _parsed(part: str) -> dict[str, dict[str, Any]]:
    path = folder() / f"{part}.compact.jsonl.gz"
    if not path.is_file():
        return {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return {a["id"]: a for a in map(json.loads, lines)}


def _parse(parsed: dict[str, Any], pieces: Pieces) -> tuple[Syntax, Ints]:
    syntax, chain = Syntax.empty(len(pieces)), np.full(len(pieces), -1, dtype=np.int64)
    places: list[list[int]] = []
    for sentence in parsed["sents"]:
        tokens = [Token(start, end, tag, kind) for _, _, start, end, tag, kind in sentence["tok"]]
        arcs = [(name, head - 1, dependent - 1) for name, head, dependent in sentence["dep"]]
        places.append(place_sentence(syntax, (pieces.starts, pieces.ends), tokens, arcs))
    for number, mentions in enumerate(parsed["coref"]):
        for in_sentence, _, _, of_head, _ in mentions:
            at = places[in_sentence - 1][of_head - 1]
            if at >= 0 and chain[at] < 0:
                chain[at] = number
    return syntax, chain
