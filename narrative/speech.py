"""The speech of a document: its quotations by place, and clauses with their voice."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from narrative.distance import voice_of
from narrative.quotations import Quotation
from narrative.segmentation import Span, split_clauses, split_sentences

_SCARE_WORDS = 3


class Speech:
    """The quotations of one document that are somebody's speech, not scare quotes.

    Parameters
    ----------
    text : str
    quotations : sequence of Quotation
        All of the document, in order.
    lang : str
    """

    def __init__(self, text: str, quotations: Sequence[Quotation], lang: str) -> None:
        self.text, self.lang = text, lang
        self.quotations = [q for q in quotations if q.sure or self._size(q) > _SCARE_WORDS]
        self._starts = [q.start for q in self.quotations]

    def _size(self, q: Quotation) -> int:
        return len(self.text[q.inner_start : q.inner_end].split())

    def within(self, start: int, end: int) -> list[Quotation]:
        """Return the quotations that share a character with ``[start, end)``."""
        at = max(0, bisect_left(self._starts, start) - 1)
        stop = bisect_left(self._starts, end)
        return [q for q in self.quotations[at:stop] if q.end > start]

    def pieces(self, start: int, end: int) -> Iterator[tuple[Span, str]]:
        """Yield the clauses of a content region with their voice."""
        quotes = self.within(start, end)
        inside = sum(min(end, q.inner_end) - max(start, q.inner_start) for q in quotes)
        if quotes and inside >= 0.8 * len(self.text[start:end].strip()):
            for q in quotes:
                for span in self._inner(max(start, q.inner_start), min(end, q.inner_end)):
                    yield span, "quoted"
            return
        for a, b in split_clauses(self.text, start, end, self.lang):
            yield (a, b), voice_of(self.text, (a, b), quotes, reported=True)

    def _inner(self, start: int, end: int) -> Iterator[Span]:
        for a, b in split_sentences(self.text[start:end], self.lang):
            yield from split_clauses(self.text, start + a, start + b, self.lang)
