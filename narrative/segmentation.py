"""Text to sentences and clauses with character offsets."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from narrative.language import fill, read_language

Span = tuple[int, int]

_TRAIL = " \t\n\u00a0,;:.!?…—–-\"“”„«»‘’'()"
# Without a parser a conjunction between two nouns cannot be told from one between two clauses, so
# that a bare "and" breaks only before what must begin a predicate.
_BREAK = r"(?:;|<<marks>>)\s*|,\s+(?=<<after_comma>>)|(?<!\s)\s+(?=<<bare>>)"
_LEAD = r"(?:\s|[,;:—–\-(])*(?:(?:<<leading>>)\b[,]?\s+)*"
_DANGLING = r"(?<![\s,;:—–-])(?:[\s,;:—–-]+(?:<<dangling>>))+\W*$"


@dataclass(frozen=True)
class _Joints:
    """Where the clauses of a language are joined, and how short one can be."""

    break_: re.Pattern[str]
    lead: re.Pattern[str]
    dangling: re.Pattern[str]
    min_words: int
    min_chars: int


@cache
def _joints(lang: str) -> _Joints:
    words = read_language(lang)["clauses"]
    return _Joints(
        re.compile(fill(_BREAK, words)),
        re.compile(fill(_LEAD, words), re.IGNORECASE),
        re.compile(fill(_DANGLING, words), re.IGNORECASE),
        words["min_words"],
        words["min_chars"],
    )


def split_sentences(text: str, lang: str = "en") -> list[Span]:
    """Return sentence spans, without the white space around them.

    Parameters
    ----------
    text : str
    lang : str
        ISO 639-1 code; languages that the splitter does not know use its default rules.

    Returns
    -------
    list of (start, end)
        In order, not overlapping; a quotation of several sentences stays whole.
    """
    import sentencex

    spans = []
    for part in sentencex.get_sentence_boundaries(lang, text):
        start, end = int(part["start_index"]), int(part["end_index"])
        span = strip_span(text, start, end)
        if span[0] < span[1]:
            spans.append(span)
    return spans


def strip_span(text: str, start: int, end: int) -> Span:
    """Return the span without white space at either end."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def trim_claim(text: str, start: int, end: int, lang: str = "en") -> Span:
    """Return the span without leading connectives and surrounding punctuation.

    Parameters
    ----------
    text : str
    start, end : int
        Half-open span.
    lang : str
        Language of the connectives; one without a file has the English ones.

    Examples
    --------
    >>> s = ", and that the city fell."; s[slice(*trim_claim(s, 0, len(s)))]
    'the city fell'
    """
    joints = _joints(lang)
    lead = joints.lead.match(text, start, end)
    if lead is not None and len(text[lead.end() : end].split()) >= joints.min_words:
        start = lead.end()
    while start < end and (text[start].isspace() or text[start] in "\"“„«‘'([—–-,;:"):
        start += 1
    dangling = joints.dangling.search(text, start, end)
    if dangling is not None and len(text[start : dangling.start()].split()) >= joints.min_words:
        end = dangling.start()
    while end > start and text[end - 1] in _TRAIL:
        if text[end - 1] == ")" and "(" in text[start : end - 1]:
            break
        end -= 1
    return start, end


def split_clauses(text: str, start: int, end: int, lang: str = "en") -> list[Span]:
    """Return the clauses of ``text[start:end]`` as trimmed spans.

    A piece of too few words (in English of fewer than three) joins its neighbour, so that an
    apposition is not a claim.

    Parameters
    ----------
    text : str
    start, end : int
        Half-open span.
    lang : str
        Language of the connectives; one without a file has the English ones.

    Examples
    --------
    >>> s = "They entered the city, but Ukrainian troops cut them off."
    >>> [s[a:b] for a, b in split_clauses(s, 0, len(s))]
    ['They entered the city', 'Ukrainian troops cut them off']
    """
    cuts, joints = [start], _joints(lang)
    for m in joints.break_.finditer(text, start, end):
        at = m.end() if m.end() > m.start() else m.start()
        left, right = text[cuts[-1] : m.start()], text[at:end]
        if (
            _size(left) >= joints.min_words
            and len(left.strip()) >= joints.min_chars
            and _size(right) >= joints.min_words
        ):
            cuts.append(at)
    spans = [trim_claim(text, a, b, lang) for a, b in zip(cuts, [*cuts[1:], end], strict=True)]
    return [
        (a, b) for a, b in spans if _size(text[a:b]) >= 2 and any(c.isalpha() for c in text[a:b])
    ]


class Cover:
    """Which characters of a document some spans cover.

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


def _size(piece: str) -> int:
    return len(re.findall(r"\w+", piece))
