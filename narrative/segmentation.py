"""Text to sentences and clauses with character offsets."""

from __future__ import annotations

import re

Span = tuple[int, int]

# A clause begins after a comma, semicolon or dash at one of these; the word itself is trimmed off
# where it only joins. Without a parser a conjunction between two nouns cannot be told from one
# between two clauses, so a bare "and" splits only before a word that must begin a predicate.
_JOIN = (
    r"(?:and|but|or|yet|so|while|whilst|although|though|whereas|because|as|since|when|if|unless|"
    r"after|before)"
)
_RELATIVE = (
    r"(?:which|who|where|whose|with|of whom|of which|along with|including|despite|even though|"
    r"even as)"
)
_PARTICIPLE = (
    r"(?:(?!(?:during|according|including|morning|evening|king|spring|building)\b)[a-z]{3,}ing\b)"
)
_PREDICATE = (
    r"(?:was|were|is|are|has|have|had|will|would|could|can|may|might|must|should|did|does|do|"
    r"remains?|continues?|that|there (?:is|are|was|were)|they|it|he|she|we|you|this|these|then)"
)
_SUBJECT = r"(?:forces|troops|soldiers|units|army|they|he|she|it|we)"
_OBJECT = r"(?:the|their|its|his|her|our|a|an|that|to|from|in|into|on|out|back|up|several|some|all)"
_BREAK = re.compile(
    rf"(?:;|\s[—–]|\s-(?=\s)|—)\s*"
    rf"|,\s+(?={_JOIN}\s+\w+\s+\w+|{_RELATIVE}\s+\w+\s+\w+|{_PARTICIPLE}\s+\w+|(?:now\s+)?(?:forcing|resulting)\b)"
    rf"|(?<!\s)\s+(?=(?:and|but)\s+{_PREDICATE}\s)"
    rf"|(?<!\s)\s+(?=(?:while|although|whereas|because|unless)\s+\w+\s+\w+)"
    rf"|(?<!\s)\s+(?=(?:as|since|after|before|when|until)\s+(?:the\s+)?(?:[A-Z]\w+\s+)?{_SUBJECT}\s)"
    rf"|(?<!\s)\s+(?=and\s+[a-z]+(?:ed|ing)\s+{_OBJECT}\b)"
)
_LEAD = re.compile(
    r"(?:\s|[,;:—–\-(])*(?:(?:and|but|or|yet|that|so|while|whilst|although|though|whereas|because|"
    r"since|however|thus|therefore|moreover|nonetheless|meanwhile|additionally|furthermore)\b[,]?\s+)*",
    re.IGNORECASE,
)
_TRAIL = " \t\n\u00a0,;:.!?…—–-\"“”„«»‘’'()"
_DANGLING = re.compile(
    r"(?<![\s,;:—–-])(?:[\s,;:—–-]+(?:and|but|or|with|because|that|which|where|while|as|whom|of|by|to|from))+\W*$",
    re.IGNORECASE,
)
MIN_WORDS, MIN_CHARS = 3, 14


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


def trim_claim(text: str, start: int, end: int) -> Span:
    """Return the span without leading connectives and surrounding punctuation.

    Examples
    --------
    >>> s = ", and that the city fell."; s[slice(*trim_claim(s, 0, len(s)))]
    'the city fell'
    """
    lead = _LEAD.match(text, start, end)
    if lead is not None and len(text[lead.end() : end].split()) >= MIN_WORDS:
        start = lead.end()
    while start < end and (text[start].isspace() or text[start] in "\"“„«‘'([—–-,;:"):
        start += 1
    dangling = _DANGLING.search(text, start, end)
    if dangling is not None and len(text[start : dangling.start()].split()) >= MIN_WORDS:
        end = dangling.start()
    while end > start and text[end - 1] in _TRAIL:
        if text[end - 1] == ")" and "(" in text[start : end - 1]:
            break
        end -= 1
    return start, end


def split_clauses(text: str, start: int, end: int) -> list[Span]:
    """Return the clauses of ``text[start:end]`` as trimmed spans.

    A piece of fewer than three words joins its neighbour, so that an apposition is not a claim.

    Examples
    --------
    >>> s = "They entered the city, but Ukrainian troops cut them off."
    >>> [s[a:b] for a, b in split_clauses(s, 0, len(s))]
    ['They entered the city', 'Ukrainian troops cut them off']
    """
    cuts = [start]
    for m in _BREAK.finditer(text, start, end):
        at = m.end() if m.end() > m.start() else m.start()
        left, right = text[cuts[-1] : m.start()], text[at:end]
        if (
            _size(left) >= MIN_WORDS
            and len(left.strip()) >= MIN_CHARS
            and _size(right) >= MIN_WORDS
        ):
            cuts.append(at)
    spans = [trim_claim(text, a, b) for a, b in zip(cuts, [*cuts[1:], end], strict=True)]
    return [
        (a, b) for a, b in spans if _size(text[a:b]) >= 2 and any(c.isalpha() for c in text[a:b])
    ]


def _size(piece: str) -> int:
    return len(re.findall(r"\w+", piece))
