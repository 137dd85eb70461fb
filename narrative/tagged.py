"""What the reader's attributions are in a document: spans, the words that name the source."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from narrative.reader.reading import Attributed, Reading
from narrative.segmentation import Span

_WORDS = re.compile(r"\w+")
_MIN_WORDS = 3
_SELF = re.compile(r"(?:i|we|me|us|my|our|one|you|ourselves|myself)", re.IGNORECASE)
# Verbs whose bare infinitive is what somebody means to do, not what somebody says.
_INFINITIVE = ("TO",)


@dataclass(frozen=True)
class Told:
    """An attribution of the reader as spans of its document.

    Parameters
    ----------
    source : Span or None
        From the first to the last word that names the source.
    head : Span or None
        The words of the source's head: its name where it is one, else its noun.
    cue : Span
    content : tuple of Span
        One stretch or several.
    score : float
        Order of evidence in [0, 1].
    """

    source: Span | None
    head: Span | None
    cue: Span
    content: tuple[Span, ...]
    score: float

    def parts(self) -> list[Span]:
        """Return every span of the attribution, in order."""
        return sorted([*([self.source] if self.source else []), self.cue, *self.content])

    @property
    def frame(self) -> Span:
        """The words between which source and cue stand, if they stand beside each other."""
        if self.source is None or self._apart():
            return self.cue
        return min(self.source[0], self.cue[0]), max(self.source[1], self.cue[1])

    def _apart(self) -> bool:
        assert self.source is not None
        low, high = sorted((self.source, self.cue))
        return any(low[1] <= a and b <= high[0] for a, b in self.content)


def told_in(text: str, reading: Reading) -> list[Told]:
    """Return the attributions of a document that hold a claim of somebody else than its author.

    Left out, and so the author's own: contents of fewer than three words, what somebody wants or
    plans (a bare infinitive is no proposition), and sources in the first or second person outside
    a quotation, who are the author and the reader.
    """
    out = []
    for a in reading.attributions:
        content = tuple(reading.chars(c) for c in a.content)
        if sum(len(_WORDS.findall(text[s:e])) for s, e in content) < _MIN_WORDS:
            continue
        if reading.tag(a.content[0][0]) in _INFINITIVE:
            continue
        source = (
            (reading.chars(a.source[0])[0], reading.chars(a.source[-1])[1]) if a.source else None
        )
        if source and _SELF.fullmatch(text[slice(*source)]):
            continue
        head = _head(reading, a) if a.source else None
        out.append(Told(source, head, reading.chars(a.cue), content, a.score))
    return out


def _head(reading: Reading, a: Attributed) -> Span:
    """Return the name at the head of the source's words, or its head noun."""
    low, high = a.source[0]
    inside = range(low, high)
    tops = [w for w in inside if reading.head[w] == w or not low <= reading.head[w] < high]
    top = tops[0] if tops else high - 1
    beside = [w for w in inside if reading.head[w] == top and reading.relation(w) == "appos"]
    for word in (top, *beside):
        for start, end, kind in reading.entities:
            if start <= word < end and (kind == "PERSON" or word == top):
                return reading.chars((max(start, low), min(end, high)))
    return reading.chars((top, top + 1))


class Cover:
    """Which characters of a document belong to attributions.

    Parameters
    ----------
    spans : iterable of Span
    """

    def __init__(self, spans: Iterable[Span]) -> None:
        self._spans: list[Span] = []
        for a, b in sorted(spans):
            if self._spans and a <= self._spans[-1][1]:
                self._spans[-1] = (self._spans[-1][0], max(b, self._spans[-1][1]))
            else:
                self._spans.append((a, b))
        self._starts = [a for a, _ in self._spans]

    def gaps(self, start: int, end: int) -> list[Span]:
        """Return the stretches of ``[start, end)`` that no span covers, in order."""
        out, at = [], start
        i = max(0, bisect_right(self._starts, start) - 1)
        while i < len(self._spans) and self._spans[i][0] < end:
            a, b = self._spans[i]
            if a > at:
                out.append((at, a))
            at = max(at, b)
            i += 1
        return [*out, (at, end)] if at < end else out
