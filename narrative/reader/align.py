"""Another tokeniser's parse on the reader's words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from narrative.reader.decode import Ints
from narrative.reader.labels import ENTITIES, ENTITY_TAGS, POS, RELATIONS


@dataclass(frozen=True)
class Token:
    """A token of a parse: its character span, its part of speech and its kind of entity."""

    start: int
    end: int
    pos: str
    entity: str


@dataclass(frozen=True)
class Syntax:
    """A parse on words; -1 for a word of which it says nothing.

    ``head`` is a word, or the word itself for a root; ``pos``, ``entity`` and ``rel`` are indices
    into the reader's labels.
    """

    pos: Ints
    entity: Ints
    head: Ints
    rel: Ints

    @classmethod
    def empty(cls, n: int) -> Syntax:
        """Return a parse of `n` words that says nothing."""
        return cls(*(np.full(n, -1, dtype=np.int64) for _ in range(4)))


def words_of(starts: Ints, ends: Ints, start: int, end: int) -> tuple[int, int]:
    """Return the half-open range of words of a character span; a word cut by its edge counts."""
    low = int(np.searchsorted(ends, start, side="right"))
    return low, int(np.searchsorted(starts, end, side="left"))


def place_sentence(
    out: Syntax,
    words: tuple[Ints, Ints],
    tokens: Sequence[Token],
    arcs: Iterable[tuple[str, int, int]],
) -> list[int]:
    """Write the parse of one sentence onto words; return each token's word, -1 for none.

    Parameters
    ----------
    out : Syntax
        Changed in place.
    words : (ndarray, ndarray)
        Starts and ends of all words, in characters.
    tokens : sequence of Token
        Where a word holds several, it goes by the first; where one holds several words, the others
        depend on the first as its ``part``.
    arcs : iterable of (str, int, int)
        Relation, head and dependent, numbers of tokens; the head of a root is -1. Relations that
        the reader does not know are left out.
    """
    places: list[int] = []
    previous = "O"
    for token in tokens:
        low, high = words_of(*words, token.start, token.end)
        if low < high and out.pos[low] >= 0 and low + 1 < high:
            low += 1  # "n't" begins inside the word that "ca" took
        if low >= high or out.pos[low] >= 0:
            places.append(-1)
            continue
        places.append(low)
        out.pos[low:high] = POS.index(token.pos) if token.pos in POS else -1
        kind = token.entity if token.entity in ENTITIES else "O"
        out.entity[low:high] = ENTITY_TAGS.index("O" if kind == "O" else f"I-{kind}")
        if kind not in ("O", previous):
            out.entity[low] = ENTITY_TAGS.index(f"B-{kind}")
        previous = kind
        out.head[low + 1 : high], out.rel[low + 1 : high] = low, RELATIONS.index("part")
    for name, governor, dependent in arcs:
        at = places[dependent]
        to = at if governor < 0 else places[governor]
        if at >= 0 and to >= 0 and (governor < 0) == (at == to) and name in RELATIONS:
            out.head[at], out.rel[at] = to, RELATIONS.index(name)
    return places
