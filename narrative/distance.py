"""How the outlet stands to a claim: cue stance, embedding, scare quotes and voice.

Which words make the distance is data, with its sources (``data/distance_*.toml``): another language
is another file. Inside a claim that a source is credited with nothing is read but a "whether" or
"to" that opens it, since what stands there is the source's distance, not the outlet's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from narrative.distance_lexicon import Cue, DistanceLexicon, load_distance
from narrative.quotations import Quotation, find_quotations
from narrative.segmentation import Span

EMBEDDINGS = ("asserted", "denied", "not_asserted", "asked", "hypothetical")
_FILL = "\u2592"
_SCARE_WORDS, _QUOTED_SHARE, _MIXED_SHARE = 3, 0.8, 0.1
_REACH, _GOVERNED, _PARAGRAPH = 500, 60, 2000  # characters
# An initial, "Gen." or "U.S." does not end a sentence.
_SENTENCE_END = re.compile(
    r"(?<!\b[^\W\d_a-zа-яіїєґ])(?<!\b[^\W\d_a-zа-яіїєґ]\w)(?<!\b[^\W\d_a-zа-яіїєґ]\w\w)"
    r"[.!?…]+[”\"’»)]*\s+(?=[“\"‘«(]?[^\W\d_a-zа-яіїєґ])|\n"
)
_HARD_EDGE = re.compile(r"[;:—–\u2592]|\s-\s")
_INSERTED = re.compile(r",\s[^,\u2592]{1,40},(?=\s)")


@dataclass(frozen=True)
class _Words:
    """The words around a claim, without the claim and without long quotations.

    ``lead`` opens the sentence, up to its first comma. ``before`` and ``after`` stand on either
    side of ``head``, the reporting word; ``after`` ends where the claim or another clause begins.
    ``tail`` is the rest of the sentence.
    """

    lead: str
    before: str
    head: str
    after: str
    tail: str

    @property
    def frame(self) -> str:
        """The words of the frame in a row."""
        return f"{self.before}{self.head}{self.after}"


def cue_stance(text: str, content: Span, cue: Span | None, frame: Span, *, lang: str = "en") -> int:
    """Return how the outlet stands to a claim, by the words around it.

    Context goes before the verb, which only breaks ties: "rightly claimed" is endorsed and
    "falsely admitted" is not. A verb that presupposes its content keeps doing so under negation
    ("did not admit that"), though not before "whether"; any other stance is lost in both.

    Parameters
    ----------
    text : str
    content : (start, end)
        The claim, half-open.
    cue : (start, end) or None
        The reporting words; without them they are looked for in the frame.
    frame : (start, end)
        The words between which the attribution stands. Empty, and no cue: the outlet's own voice,
        in which "allegedly" or a scare-quoted word makes the distance.
    lang : str
        A language without a lexicon gets the English one.

    Returns
    -------
    int
        1 = taken as fact, 0 = neutral, -1 = distanced. Spans outside the text are cut to it.

    Examples
    --------
    >>> s = "The mayor falsely claimed that the dam had burst."
    >>> cue_stance(s, (31, 48), (18, 25), (0, 30))
    -1
    """
    lexicon = load_distance(lang)
    content, frame = _clamp(text, content), _clamp(text, frame)
    if cue is None and frame[0] == frame[1]:
        return _own_voice(text, content, lexicon)
    found = _locate(text, content, cue, frame, lexicon)
    words = _words(text, content, found, lexicon)
    marked = _context(text, found, words, lexicon)
    if marked:
        return marked
    if lexicon.phrases["neutral"].match(text, found.start):
        return 0
    base = lexicon.stance.get(found.kind, 0)
    if found.kind == "contested":
        return -1 if _conceded(words, lexicon) else base
    how = _embedding(text, content, words, lexicon)
    lost = ("asked",) if found.kind == "presupposing" else ("asked", "not_asserted", "hypothetical")
    return 0 if how in lost else base


def embedding(text: str, content: Span, cue: Span | None, *, lang: str = "en") -> str:
    """Return whether a claim is asserted at all, by the words of its frame.

    Parameters
    ----------
    text : str
    content : (start, end)
        The claim, half-open.
    cue : (start, end) or None
        The reporting words; without them they are looked for in the sentence before the claim.
    lang : str

    Returns
    -------
    str
        ``asserted``, also of a claim that holds its own denying verb; ``denied``: the source holds
        the opposite; ``not_asserted``: the source is said not to say it, or nobody does;
        ``asked``; ``hypothetical``: under a condition, or not said yet.

    Examples
    --------
    >>> embedding("She denied that the dam had burst.", (16, 33), (4, 10))
    'denied'
    >>> embedding("She would not confirm that the dam had burst.", (27, 44), (14, 21))
    'not_asserted'
    """
    lexicon = load_distance(lang)
    content = _clamp(text, content)
    found = _locate(text, content, cue, _lead_up(text, content, lexicon), lexicon)
    if cue is None and not found.kind:
        found = Cue(content[0], content[0], "", False)
    how = _embedding(text, content, _words(text, content, found, lexicon), lexicon)
    denial = cue is not None and content[0] <= cue[0] and cue[1] <= content[1]
    return "asserted" if how == "denied" and denial else how


def scare_quoted(
    text: str, span: Span, quotations: Sequence[Quotation], *, lang: str = "en"
) -> list[Span]:
    """Return the scare quotes inside a span of running text, with their marks.

    A scare quote has at most three words, is no name or title (every word capitalised), and is
    neither attributed by a reporting verb beside it ("called it “a disaster”") nor only mentioned
    ("the word “disaster”").

    Parameters
    ----------
    text : str
    span : (start, end)
    quotations : sequence of Quotation
        Of the whole text, as ``find_quotations`` gives them.
    lang : str

    Examples
    --------
    >>> s = "The “liberators” left the town."
    >>> [s[a:b] for a, b in scare_quoted(s, (0, len(s)), find_quotations(s))]
    ['“liberators”']
    """
    lexicon = load_distance(lang)
    start, end = _clamp(text, span)
    inside = [q for q in quotations if start <= q.start and q.end <= end]
    return [(q.start, q.end) for q in inside if _scares(text, q, lexicon)]


def voice_of(text: str, span: Span, quotations: Sequence[Quotation], *, reported: bool) -> str:
    """Return the voice of a claim by the share of it that stands in quotation marks.

    Parameters
    ----------
    text : str
    span : (start, end)
        The claim, half-open.
    quotations : sequence of Quotation
        Of the whole text. Those of at most three words do not count, unless they are a paragraph.
    reported : bool
        Whether anybody but the outlet is credited with the claim.

    Returns
    -------
    str
        ``author`` if not reported; ``quoted`` from a share of 0.8; ``mixed`` from 0.1; else
        ``paraphrased``.
    """
    if not reported:
        return "author"
    start, end = _clamp(text, span)
    inside = sum(
        max(0, min(end, q.inner_end) - max(start, q.inner_start))
        for q in quotations
        if q.block or q.sure or _size(text, q) > _SCARE_WORDS
    )
    size = max(1, end - start)
    if inside >= _QUOTED_SHARE * size:
        return "quoted"
    return "mixed" if inside >= _MIXED_SHARE * size else "paraphrased"


def _clamp(text: str, span: Span) -> Span:
    start = min(max(span[0], 0), len(text))
    return start, min(max(span[1], start), len(text))


def _size(text: str, q: Quotation) -> int:
    return len(text[q.inner_start : q.inner_end].split())


def _sentence(text: str, span: Span) -> Span:
    """Return the bounds of the sentence around a span, at most ``_REACH`` characters away."""
    low = max(0, span[0] - _REACH)
    # Two characters more, in which an end shows: a mark and a capital letter.
    ends = [m.end() for m in _SENTENCE_END.finditer(text, low, span[0] + 2)]
    low = max((e for e in ends if e <= span[0]), default=low)
    stop = _SENTENCE_END.search(text, span[1], min(len(text), span[1] + _REACH))
    return low, stop.start() if stop else min(len(text), span[1] + _REACH)


def _masked(text: str, low: int, high: int, content: Span, kept: Span) -> str:
    """Return ``text[low:high]`` with the claim and every long quotation filled, `kept` excepted."""
    chars = list(text[low:high])

    def fill(start: int, end: int) -> None:
        for i in range(max(start, low), min(end, high)):
            if not kept[0] <= i < kept[1]:
                chars[i - low] = _FILL

    fill(*content)
    window = "".join(chars)
    for q in find_quotations(window):
        if _size(window, q) > _SCARE_WORDS:
            fill(low + q.start, low + q.end)
    return "".join(chars)


def _locate(
    text: str, content: Span, cue: Span | None, frame: Span, lexicon: DistanceLexicon
) -> Cue:
    """Return the reporting word: the last of the cue, else the one of the frame by the claim."""
    if cue is not None:
        cue = _clamp(text, cue)
        inside = lexicon.reporting(text, *cue)
        found = inside[-1] if inside else Cue(*cue, "", False)
    else:
        masked = text[: frame[0]] + _masked(text, *frame, content, (0, 0)) + text[frame[1] :]
        listed = lexicon.reporting(masked, *frame)
        listed = [c for c in listed if not c.noun] or listed
        ahead = [c for c in listed if c.end <= content[0]]
        found = (ahead[-1:] or listed[:1] or [Cue(*frame, "", False)])[0]
    return _governor(text, found, lexicon) if found.noun else found


def _governor(text: str, noun: Cue, lexicon: DistanceLexicon) -> Cue:
    """Return the verb of "rejected claims that", with the noun's class if its own is neutral."""
    low = max(_sentence(text, (noun.start, noun.end))[0], noun.start - _GOVERNED)
    verbs = [c for c in lexicon.reporting(text, low, noun.start) if not c.noun]
    if verbs and re.fullmatch(r"(?:\s+[\w’'-]+){0,3}\s+", text[verbs[-1].end : noun.start]):
        return replace(verbs[-1], kind=noun.kind) if verbs[-1].kind == "neutral" else verbs[-1]
    return noun


def _lead_up(text: str, content: Span, lexicon: DistanceLexicon) -> Span:
    """Return the span between the last clause edge of the sentence and the claim."""
    low = _sentence(text, content)[0]
    return low + _cut(text[low : content[0]], lexicon), content[0]


def _cut(before: str, lexicon: DistanceLexicon) -> int:
    """Return where the last clause of some words begins."""
    edges = (*_HARD_EDGE.finditer(before), *lexicon.grammar["edge"].finditer(before))
    return max((m.end() for m in edges), default=0)


def _words(text: str, content: Span, found: Cue, lexicon: DistanceLexicon) -> _Words:
    head = (found.start, found.end)
    near = found.end <= content[0] <= found.end + _REACH
    low, high = _sentence(text, (head[0], content[1] if near else head[1]))
    masked = _masked(text, low, high, content, head)
    before, rest = masked[: head[0] - low], masked[head[1] - low :]
    comma = before.find(",")
    if near:
        cut = content[0] - head[1]
    else:
        stop = lexicon.grammar["edge"].search(rest)
        cut = stop.start() if stop else len(rest)
    return _Words(
        before[:comma] if comma >= 0 else "",
        before[_cut(before, lexicon) :],
        masked[head[0] - low : head[1] - low],
        rest[:cut],
        rest[cut:].lstrip(_FILL),
    )


def _context(text: str, found: Cue, words: _Words, lexicon: DistanceLexicon) -> int:
    """Return the stance that the words beside the reporting word give, 0 if they give none."""
    phrases, modifiers = lexicon.phrases, lexicon.modifiers
    passive = phrases["passive"].finditer(text, max(0, found.start - 60), found.end + 10)
    distanced = (
        modifiers["hearsay"].search(words.frame)
        or phrases["distanced"].search(words.frame)
        or _first(phrases["distanced"], words.tail, lexicon)
        or _beside(modifiers["distanced"], words)
        or any(m.start() <= found.start and found.end <= m.end() for m in passive)
        or _scared(words.before, lexicon)
    )
    if distanced:
        return -1
    endorsed = _beside(modifiers["endorsed"], words) or phrases["endorsed"].search(words.frame)
    return 1 if endorsed else 0


def _scared(before: str, lexicon: DistanceLexicon) -> bool:
    """Say whether the source is scare-quoted: marks that end at most one word before its verb."""
    near = [q for q in find_quotations(before) if len(before[q.end :].split()) <= 1]
    return any(_scares(before, q, lexicon) for q in near)


def _beside(pattern: re.Pattern[str], words: _Words) -> bool:
    """Say whether an adverb stands by the reporting word, at most two words before it."""
    gaps = [words.before[m.end() :] for m in pattern.finditer(words.before)]
    if any(len(gap.split()) <= 2 and "," not in gap for gap in gaps):
        return True
    return bool(pattern.search(words.head) or pattern.match(words.after.lstrip(" ,")))


def _first(pattern: re.Pattern[str], tail: str, lexicon: DistanceLexicon) -> bool:
    """Say whether a pattern is in the tail before another report begins."""
    m = pattern.search(tail)
    return m is not None and not lexicon.reporting(tail, 0, m.start())


def _conceded(words: _Words, lexicon: DistanceLexicon) -> bool:
    """Say whether a concession sets the report against what the outlet holds."""
    pattern = lexicon.phrases["concessive"]
    beside = pattern.match(words.lead.lstrip()) or pattern.search(words.frame)
    return bool(beside) or _first(pattern, words.tail, lexicon)


def _embedding(text: str, content: Span, words: _Words, lexicon: DistanceLexicon) -> str:
    phrases, grammar = lexicon.phrases, lexicon.grammar
    does = {k for k, p in lexicon.embedding.items() if p.fullmatch(words.head)}
    clause = _INSERTED.sub("", words.before).rpartition(",")[2]
    negated = grammar["negation"].search(clause) or grammar["no_subject"].match(clause.lstrip())
    withheld = words.head and negated
    refuted = words.after.strip() and phrases["refuted"].match(words.tail.lstrip(" ,“\"‘'"))
    opener = "".join(m[0] for m in [grammar["whether"].match(text, *content)] if m)
    said = f"{words.frame} {opener}\n{text[slice(*_lead_up(text, content, lexicon))]} {opener}"
    if phrases["not_asserted"].search(said):
        return "not_asserted"
    if "denied" in does or phrases["denied"].search(said) or refuted:
        return "not_asserted" if withheld else "denied"
    if withheld or "not_asserted" in does:
        return "not_asserted"
    if "asked" in does or opener or grammar["whether"].search(words.after):
        return "asked"
    supposed = (
        "hypothetical" in does
        or grammar["conditional"].match(text, *content)
        or grammar["conditional"].search(clause)
        or grammar["conditional"].search(words.after)
        or (words.head and grammar["modal"].search(clause))
        or phrases["hypothetical"].search(words.frame)
    )
    return "hypothetical" if supposed else "asserted"


def _own_voice(text: str, content: Span, lexicon: DistanceLexicon) -> int:
    """Return -1 where the outlet's own claim is hearsay or has a scare-quoted word, else 0."""
    low = max(0, content[0] - _PARAGRAPH, text.rfind("\n", 0, content[0]) + 1)
    lead = text[slice(*_lead_up(text, content, lexicon))]
    hearsay, distanced = lexicon.modifiers["hearsay"], lexicon.phrases["distanced"]
    if hearsay.search(text, *content) or hearsay.search(lead) or distanced.search(lead):
        return -1
    window = text[low : content[1] + _PARAGRAPH].partition("\n")[0]
    span = (content[0] - low, content[1] - low)
    return -1 if scare_quoted(window, span, find_quotations(window), lang=lexicon.lang) else 0


def _scares(text: str, q: Quotation, lexicon: DistanceLexicon) -> bool:
    words = re.findall(r"[^\W\d_][\w’'-]*", text[q.inner_start : q.inner_end])
    if not q.closed or q.block or not words or _size(text, q) > _SCARE_WORDS:
        return False
    before = text[max(_sentence(text, (q.start, q.start))[0], q.start - 120) : q.start]
    named = all(w[0].isupper() for w in words) or lexicon.grammar["mention"].search(before)
    return not named and not _attributed(text, q, before, lexicon)


def _attributed(text: str, q: Quotation, before: str, lexicon: DistanceLexicon) -> bool:
    """Say whether a reporting verb stands by a short quotation: its words are the source's."""
    verbs = [c for c in lexicon.reporting(before) if not c.noun]
    if verbs and re.fullmatch(r"(?:\s+[^\s,;:.!?]+){0,4}[\s:,]*", before[verbs[-1].end :]):
        return True
    clause = len(re.split(r"[,;:]", before)[-1])
    if verbs and verbs[-1].start >= len(before) - clause and lexicon.grammar["as"].search(before):
        return True
    if text[q.inner_end - 1] not in ",!?" and text[q.end : q.end + 1] != ",":
        return False
    after = text[q.end : q.end + 80].lstrip(" ,")
    return any(len(after[: c.start].split()) <= 4 for c in lexicon.reporting(after))
