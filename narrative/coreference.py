"""Who a pronoun or a noun stands for, by the chains of mentions that the reader found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from narrative.reader.reading import Reading


class Chains:
    """The words of a document that stand for the same: links to antecedents, joined.

    Parameters
    ----------
    reading : Reading
    """

    def __init__(self, reading: Reading) -> None:
        self._members: dict[int, list[int]] = defaultdict(list)
        self._chain: dict[int, int] = {}
        links = reading.antecedents
        if not links:
            return
        n = len(reading.starts)
        pairs = np.array(list(links.items()))
        graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
        _, label = connected_components(graph, directed=False)
        for word in sorted({*links, *links.values()}):
            self._chain[word] = int(label[word])
            self._members[self._chain[word]].append(word)

    def others(self, word: int) -> Iterator[int]:
        """Yield the other words of a word's chain: those before it, the nearest first, then on."""
        members = self._members.get(self._chain.get(word, -1), [])
        yield from (w for w in reversed(members) if w < word)
        yield from (w for w in members if w > word)
