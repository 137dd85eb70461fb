"""Texts to readings: attributions, entities and dependencies, in one pass of the network."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from narrative.reader.align import words_of
from narrative.reader.decode import (
    NEVER,
    Floats,
    Ints,
    Spans,
    choose_links,
    mend_cycles,
    tag_spans,
    viterbi,
)
from narrative.reader.labels import ENTITY_TAGS, NOMINAL, POS, RELATIONS, ROLES, TAGS
from narrative.reader.pieces import LINE, PARAGRAPH, Pieces, Window, plan_windows, split_words

if TYPE_CHECKING:
    from narrative.reader.passes import WindowScores

LANGUAGES = ("en",)
_SECTION = 150_000  # characters read at a time, which bounds memory
_NOMINAL = [POS.index(t) for t in NOMINAL]
_PARAGRAPH_END = re.compile(r"\n\s*\n|\n")

Word = tuple[int, int]


@dataclass(frozen=True)
class Attributed:
    """An attribution, in half-open ranges of words.

    Parameters
    ----------
    source : tuple of (int, int)
        None, one, or several stretches.
    cue : (int, int)
    content : tuple of (int, int)
        One stretch or several.
    score : float
        Mean probability of its tags times that of its links, in [0, 1]: an order of evidence.
    """

    source: tuple[Word, ...]
    cue: Word
    content: tuple[Word, ...]
    score: float

    def shifted(self, n: int) -> Attributed:
        """Return the attribution `n` words later."""
        source, content = (
            tuple((a + n, b + n) for a, b in spans) for spans in (self.source, self.content)
        )
        return Attributed(source, (self.cue[0] + n, self.cue[1] + n), content, self.score)


@dataclass(frozen=True)
class Reading:
    """What the reader found in one text.

    Parameters
    ----------
    starts, ends : ndarray of int, shape (n_words,)
        Half-open character spans of the words.
    attributions : list of Attributed
        In order of their cues.
    pos, rel : ndarray of int, shape (n_words,)
        Indices into ``labels.POS`` and ``labels.RELATIONS``.
    head : ndarray of int, shape (n_words,)
        The word that each depends on; a root is its own.
    entities : list of (int, int, str)
        Ranges of words and their kind.
    antecedents : dict of int to int
        Of nouns and pronouns, the earlier word that heads what they take up, within a window;
        those that take up nothing are left out.
    """

    starts: Ints
    ends: Ints
    attributions: list[Attributed]
    pos: Ints
    head: Ints
    rel: Ints
    entities: Spans
    antecedents: dict[int, int]

    @classmethod
    def joined(cls, parts: Sequence[tuple[int, Reading]]) -> Reading:
        """Return one reading of a text read in sections, each with its first character."""
        words = np.cumsum([0, *(len(r.starts) for _, r in parts)]).tolist()

        def all_of(name: str, shifts: Sequence[int]) -> Ints:
            arrays = [getattr(r, name) + by for (_, r), by in zip(parts, shifts, strict=False)]
            return np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.int64)

        at, none = [start for start, _ in parts], [0] * len(parts)
        placed = [(n, r) for n, (_, r) in zip(words, parts, strict=False)]
        return cls(
            all_of("starts", at), all_of("ends", at),
            [a.shifted(n) for n, r in placed for a in r.attributions],
            all_of("pos", none), all_of("head", words), all_of("rel", none),
            [(a + n, b + n, k) for n, r in placed for a, b, k in r.entities],
            {a + n: b + n for n, r in placed for a, b in r.antecedents.items()},
        )  # fmt: skip

    def chars(self, words: Word) -> tuple[int, int]:
        """Return the half-open character span of a range of words."""
        return int(self.starts[words[0]]), int(self.ends[words[1] - 1])

    def words(self, start: int, end: int) -> Word:
        """Return the words of a character span; a word cut by its edge counts."""
        return words_of(self.starts, self.ends, start, end)

    def tag(self, word: int) -> str:
        """Return the part of speech of a word."""
        return POS[self.pos[word]]

    def entities_at(self, word: int) -> Spans:
        """Return the named entity that a word belongs to, if any, in a list."""
        at = bisect_right(self.entities, word, key=lambda e: e[0]) - 1
        return self.entities[at : at + 1] if at >= 0 and self.entities[at][1] > word else []

    def relation(self, word: int) -> str:
        """Return how a word depends on its head."""
        return RELATIONS[self.rel[word]]


@dataclass
class _Scores:
    """What the network said of each word of a text, filled window by window."""

    tags: Floats
    pos: Ints
    entity: Floats
    head: Ints
    root: Floats
    rel: Ints
    before: Ints  # the word that each would take up, -1 for none
    windows: list[tuple[Window, Floats]]

    @classmethod
    def empty(cls, n: int) -> _Scores:
        def of(*shape: int) -> Floats:
            return np.zeros(shape, dtype=np.float32)

        index = np.arange(n, dtype=np.int64)
        entity = of(n, len(ENTITY_TAGS))
        return cls(of(n, len(TAGS)), index * 0, entity, index, of(n), index * 0, index * 0 - 1, [])

    def add(self, w: Window, found: WindowScores) -> None:
        """Take the words of a window's core from what was found in the window."""
        to, of = slice(w.core_low, w.core_high), slice(w.core_low - w.low, w.core_high - w.low)
        self.tags[to], self.pos[to], self.entity[to] = (
            found.tags[of],
            found.pos[of],
            found.entity[of],
        )
        head = found.head[of]
        self.head[to] = np.where(head == 0, np.arange(to.start, to.stop), head - 1 + w.low)
        self.root[to], self.rel[to] = found.root[of], found.rel[of]
        before = found.before[of]
        self.before[to] = np.where(before == 0, -1, before - 1 + w.low)
        self.windows.append((w, found.vectors))

    def antecedents(self) -> dict[int, int]:
        """Return what nouns and pronouns take up, where they take up anything."""
        at = np.flatnonzero((self.before >= 0) & np.isin(self.pos, _NOMINAL))
        return dict(zip(at.tolist(), self.before[at].tolist(), strict=True))

    def close(self, pieces: Pieces) -> None:
        """Let no source or cue run on from a heading into the paragraph under it."""
        opening = np.flatnonzero(
            (pieces.brk == PARAGRAPH)
            | ((pieces.brk == LINE) & (np.diff(pieces.sentence, prepend=-1) > 0))
        )
        for tag in ("I-source", "I-cue"):
            self.tags[opening, TAGS.index(tag)] = NEVER


class Reader:
    """Reads English text with the shipped weights, or with a file of the same format.

    Parameters
    ----------
    path : path-like, optional
        Weights written by ``experiments/train_reader.py``; by default those that ship.
    rows : int, optional
        Word pieces of a pack (see ``narrative.encoder.packed``).
    """

    def __init__(self, path: str | Path | None = None, *, rows: int = 0) -> None:
        from narrative.encoder.packed import PackedBert
        from narrative.reader.passes import Pass
        from narrative.reader.weights import read_reader

        self.heads, tensors, self.meta, self.sha256 = read_reader(path)
        self._pass = Pass(self.heads, PackedBert(tensors, rows=rows))
        self._transition = self.heads.transition.detach().numpy()

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """Return the reading of each text.

        A text is read in sections of some 150,000 characters cut at ends of paragraphs, and
        sections of several texts share packs: memory does not grow with a text's length, and
        a text reads the same in any company.
        """
        parts = [(i, a, t[a:b]) for i, t in enumerate(texts) for a, b in sections(t)]
        found: list[list[tuple[int, Reading]]] = [[] for _ in texts]
        for block in _blocks(parts):
            for (i, a, _), reading in zip(block, self._read([t for *_, t in block]), strict=True):
                found[i].append((a, reading))
        return [Reading.joined(f) for f in found]

    def _read(self, texts: list[str]) -> list[Reading]:
        pieces = [split_words(t) for t in texts]
        scores = [_Scores.empty(len(p)) for p in pieces]
        windows = [(i, w) for i, p in enumerate(pieces) for w in plan_windows(p)]
        for k, found in self._pass.read([(pieces[i], w) for i, w in windows]):
            i, window = windows[k]
            scores[i].add(window, found)
        for p, s in zip(pieces, scores, strict=True):
            s.close(p)
        flat = np.zeros((len(ENTITY_TAGS), len(ENTITY_TAGS)), dtype=np.float32)
        labels = viterbi([s.tags for s in scores], self._transition, TAGS)
        entities = viterbi([s.entity for s in scores], flat, ENTITY_TAGS)
        return [
            self._decode(*found) for found in zip(pieces, scores, labels, entities, strict=True)
        ]

    def _decode(self, pieces: Pieces, s: _Scores, labels: Ints, entities: Ints) -> Reading:
        head = mend_cycles(s.head, s.root)
        rel = np.where(head == np.arange(len(head)), RELATIONS.index("root"), s.rel)
        return Reading(
            pieces.starts, pieces.ends, self._attributions(labels, s), s.pos, head, rel,
            tag_spans(entities, ENTITY_TAGS), s.antecedents(),
        )  # fmt: skip

    def _attributions(self, labels: Ints, s: _Scores) -> list[Attributed]:
        spans: dict[str, list[Word]] = {r: [] for r in ROLES}
        for start, end, role in tag_spans(labels, TAGS):
            spans[role].append((start, end))
        cues = spans["cue"]
        if not cues:
            return []
        sources, source_p = choose_links(self._links(spans["source"], cues, s), one_each=True)
        contents, content_p = choose_links(self._links(spans["content"], cues, s), one_each=False)
        odds = np.exp(s.tags - s.tags.max(axis=1, keepdims=True))
        sure = odds[np.arange(len(labels)), labels] / odds.sum(axis=1)
        out = []
        for k, cue in enumerate(cues):
            mine = np.flatnonzero(contents == k)
            if not len(mine):
                continue
            by = np.flatnonzero(sources == k)
            parts = [cue, *(spans["content"][i] for i in mine), *(spans["source"][i] for i in by)]
            tags = float(np.mean([sure[a:b].mean() for a, b in parts]))
            links = float(np.mean([*content_p[mine], *source_p[by]]))
            out.append(
                Attributed(
                    tuple(spans["source"][i] for i in by),
                    cue,
                    tuple(spans["content"][i] for i in mine),
                    round(tags * links, 4),  # what lies beyond is the machine's
                )
            )
        return out

    def _links(self, spans: list[Word], cues: list[Word], s: _Scores) -> Floats:
        """Return scores of spans with cues, shape (n_spans, n_cues), over the windows with both.

        Vectors of different windows cannot be compared: each counts its positions anew.
        """
        total = np.zeros((len(spans), len(cues)), dtype=np.float32)
        seen = np.zeros_like(total)
        at = [np.array(x, dtype=np.int64).reshape(-1, 2) for x in (spans, cues)]
        for w, vectors in sorted(s.windows, key=lambda x: x[0].low):
            rows, columns = (np.flatnonzero((x[:, 0] >= w.low) & (x[:, 1] <= w.high)) for x in at)
            if len(rows) and len(columns):
                pairs = np.ix_(rows, columns)
                total[pairs] += self._score(at[0][rows] - w.low, at[1][columns] - w.low, vectors)
                seen[pairs] += 1
        return np.where(seen > 0, total / np.maximum(seen, 1), NEVER)

    def _score(self, spans: Ints, cues: Ints, vectors: Floats) -> Floats:
        import torch

        from narrative.reader.network import distance_bucket

        ends = [np.stack([x[:, 0], x[:, 1] - 1], axis=1) for x in (spans, cues)]
        gap = torch.from_numpy(cues[None, :, 0] - spans[:, :1])
        of, by = (torch.from_numpy(vectors[e].reshape(len(e), -1)) for e in ends)
        with torch.inference_mode():
            return np.asarray(self.heads.links(of, by, distance_bucket(gap)).numpy())


Part = tuple[int, int, str]


def _blocks(parts: list[Part]) -> Iterator[list[Part]]:
    """Yield consecutive sections that together are about as long as one may be."""
    block: list[Part] = []
    for part in parts:
        if block and sum(len(t) for *_, t in block) + len(part[2]) > _SECTION:
            yield block
            block = []
        block.append(part)
    if block:
        yield block


def sections(text: str, size: int = _SECTION) -> list[tuple[int, int]]:
    """Cut a long text at ends of paragraphs into sections of about `size` characters."""
    out, start = [], 0
    while len(text) - start > size * 1.25:
        end = next((m.end() for m in _PARAGRAPH_END.finditer(text, start + size)), len(text))
        end = min(end, start + 2 * size)
        out.append((start, end))
        start = end
    return [*out, (start, len(text))]


@cache
def shipped_reader() -> Reader:
    """Return the reader with the shipped weights, loaded once."""
    return Reader()
