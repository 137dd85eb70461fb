"""What the reader's attributions are in a document: spans, and the words that name the source."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from narrative.distance_lexicon import load_distance
from narrative.lexicon import load_cues
from narrative.reader.reading import Attributed, Reading
from narrative.segmentation import Span
from narrative.speakers.names import is_body
from narrative.speakers.roles import role_of
from narrative.speech import Speech

_WORDS = re.compile(r"\w+")
_MIN_WORDS, _MIN_BARE = 3, 5  # of a content, and of one without a verb
_LEAD = 80  # characters
_ACCORDING = re.compile(r"\baccording\b", re.IGNORECASE)
_WHAT = re.compile(r"\bwhat\s+$", re.IGNORECASE)
_THAT = re.compile(r"(?:that|how|whether|if)\s+", re.IGNORECASE)
_CITING = re.compile(r"\b(?:citing|quoting|referring to)\s+\Z")
_CITED = re.compile(r"[^,;:\n]{2,80},\s+(?=that\s)")
# The author, and what only points to something said before.
_NOBODY = re.compile(
    r"(?:i|we|me|us|my|our|one|you|ourselves|myself|this|these|that|those)", re.IGNORECASE
)
_VERBS = frozenset({"VB", "VBD", "VBG", "VBN", "VBP", "VBZ", "MD"})
# Pronouns, names, "some", "many", "two".
_SOMEBODY = frozenset({"PRP", "NNP", "NNPS", "DT", "CD", "JJ", "JJS"})
SUBJECTS = ("nsubj", "nsubjpass")
# Through these a verb takes over the subject of the one that it depends on.
_SHARED = ("conj", "advcl", "xcomp", "dep", "parataxis", "ccomp")
_RELATIVE = ("acl", "acl:relcl")
_NAME_PARTS = ("compound", "amod", "det", "nmod:poss", "nummod", "neg", "part")


@dataclass(frozen=True)
class Told:
    """An attribution of the reader as spans of its document.

    Parameters
    ----------
    source : Span or None
        From the first to the last word that names the source.
    head : Span or None
        The words of the source's head: its name where it is one, else its noun.
    inherited : bool
        Whether the source stands as subject of another verb ("X said …, adding that").
    cue : Span
    content : tuple of Span
        One stretch or several.
    score : float
        Order of evidence in [0, 1].
    """

    source: Span | None
    head: Span | None
    inherited: bool
    cue: Span
    content: tuple[Span, ...]
    score: float

    @property
    def frame(self) -> Span:
        """The words between which source and cue stand, if they stand beside each other."""
        if self.source is None or self.inherited:
            return self.cue
        low, high = sorted((self.source, self.cue))
        if any(low[1] <= a and b <= high[0] for a, b in self.content):
            return self.cue
        return low[0], max(low[1], high[1])

    @property
    def lead(self) -> Span:
        """The frame with the words up to the content after it: to whom, when and where ("that")."""
        low, high = self.frame
        after = min((a for a, _ in self.content if a >= high), default=high)
        return low, after if after - high <= _LEAD else high

    def parts(self) -> list[Span]:
        """Return the spans that are no claim of the author, in order."""
        own = [] if self.source is None or self.inherited else [self.source]
        return sorted([*own, self.cue, self.lead, *self.content])


def told_in(text: str, reading: Reading, speech: Speech, sentences: Sequence[Span]) -> list[Told]:
    """Return the attributions of a document that report what somebody said, in order of cues.

    The reader was trained on attributions of every kind. Left out here, and so the author's own:
    cues that are no reporting words unless they carry a quotation, contents of fewer than three
    words or of a few words without a verb, what somebody wants or plans (a bare infinitive is no
    proposition), sources that are nobody or that are the author ("I", "we"), cues without any
    source, and sentences outside a quotation beside one that the cue of another sentence credits.
    """
    out: list[Told] = []
    for a in reading.attributions:
        content = tuple(reading.chars(c) for c in a.content)
        content = _own_words(text, content, reading.chars(a.cue), speech, sentences)
        if not content:
            continue
        quoted = any(speech.within(s, e) for s, e in content)
        if not quoted and not (_proposes(text, reading, a) and _reports(text, reading, a)):
            continue
        told = _told(text, reading, a, content)
        if told.head is None and not _sourceless(text, told, out, sentences):
            continue
        if told.source and _NOBODY.fullmatch(text[slice(*told.source)]):
            continue
        if told.head and not _can_speak(text, reading, told.head):
            continue
        if _WHAT.search(text[max(0, told.frame[0] - 8) : told.frame[0]]):
            continue  # "what X called a victory" is no content of its own
        out.append(told)
    return out


def _own_words(
    text: str,
    content: tuple[Span, ...],
    cue: Span,
    speech: Speech,
    sentences: Sequence[Span],
) -> tuple[Span, ...]:
    """Return content without the whole sentences that are none of the source's words.

    Outside a quotation that is beside them, or, where there is none, in another paragraph than
    the cue.
    """
    pieces = [
        (
            max(start, a),
            min(end, b),
            a <= cue[0] < b,
            bool(speech.within(a, b)),
        )
        for start, end in content
        for a, b in _around(sentences, start, end)
    ]
    any_quoted = any(quoted for *_, quoted in pieces)
    kept: list[Span] = []
    for start, end, with_cue, quoted in pieces:
        near = not any_quoted and "\n" not in text[min(end, cue[1]) : max(start, cue[0])]
        if not (with_cue or quoted or near):
            continue
        # Sentences of one stretch stay one stretch.
        if kept and any(a <= kept[-1][0] and end <= b for a, b in content):
            kept[-1] = (kept[-1][0], end)
        else:
            kept.append((start, end))
    return tuple(kept)


def _around(sentences: Sequence[Span], start: int, end: int) -> Sequence[Span]:
    low = max(bisect_right(sentences, start, key=lambda s: s[0]) - 1, 0)
    return sentences[low : max(bisect_left(sentences, end, key=lambda s: s[0]), low + 1)]


def _reports(text: str, reading: Reading, a: Attributed) -> bool:
    start, end = reading.chars(a.cue)
    return (
        bool(load_distance().reporting(text, start, end)) or "according" in text[start:end].lower()
    )


def _proposes(text: str, reading: Reading, a: Attributed) -> bool:
    n = sum(len(_WORDS.findall(text[slice(*reading.chars(c))])) for c in a.content)
    if n < _MIN_WORDS or reading.tag(a.content[0][0]) == "TO":
        return False
    verbs = any(has_verb(reading, *reading.chars(c)) for c in a.content)
    return verbs or n >= _MIN_BARE


def _told(text: str, reading: Reading, a: Attributed, content: tuple[Span, ...]) -> Told:
    cue = reading.chars(a.cue)
    spoken = _spoken_by(reading, a)
    content = tuple((_after_that(text, _after_cited(text, s, e), e), e) for s, e in content)
    source = (reading.chars(a.source[0])[0], reading.chars(a.source[-1])[1]) if a.source else cue
    # A heading is no source of the paragraph under it, and "who" stands for the noun before it.
    relative = a.source and reading.tag(a.source[0][1] - 1) in ("WP", "WDT")
    if (
        a.source
        and not relative
        and "\n" not in text[min(source[1], cue[1]) : max(source[0], cue[0])]
    ):
        low, high = spoken or a.source[0]
        last = high if spoken else a.source[-1][1]
        # Words before a name that belong to it, where the reader began too late.
        low = min(low, phrase_of(reading, _top(reading, low, high))[0])
        inherited = False
    else:
        subject = subject_of(reading, a.cue)
        if subject is None:
            return Told(None, None, False, cue, content, a.score)
        low, high = phrase_of(reading, subject)
        last, inherited = high, True
    source = reading.chars((low, last))
    heading = text.rfind("\n", *source) + 1
    if heading:
        low, source = reading.words(heading, source[1])[0], (heading, source[1])
    return Told(source, head_of(reading, low, high), inherited, cue, content, a.score)


def _spoken_by(reading: Reading, a: Attributed) -> tuple[int, int] | None:
    """Return the pronoun right before a reporting verb, where the reader took another."""
    word = a.cue[0] - 1
    near = word >= 0 and reading.tag(word) == "PRP" and reading.relation(word) in SUBJECTS
    own = any(low <= word < high for low, high in (*a.source, *a.content))
    return (word, word + 1) if near and not own else None


def _sourceless(text: str, told: Told, before: list[Told], sentences: Sequence[Span]) -> bool:
    """Say whether somebody is credited although nobody is named.

    The source of the attribution before in the same sentence, or nobody in "it was reported".
    Whom "according to" names, or whose a quotation is that nobody frames, the rules find.
    """
    if _ACCORDING.search(text, *told.cue):
        return False
    low, _ = _around(sentences, *told.cue)[0]
    if before and before[-1].cue[0] >= low:
        return True
    return load_cues().impersonal.search(text, max(low, told.cue[0] - 20), told.lead[1]) is not None


def _can_speak(text: str, reading: Reading, head: Span) -> bool:
    """Say whether a source is somebody: polls that show something leave it to the author."""
    low, high = reading.words(*head)
    named = any(reading.entities_at(w) for w in range(low, high))
    word = text[slice(*head)]
    agent = role_of(word) or is_body(word) or load_cues().speaker_noun.search(word)
    return named or bool(agent) or reading.tag(high - 1) in _SOMEBODY


def _after_that(text: str, start: int, end: int) -> int:
    """Return where content begins after its complementiser, which belongs to the frame."""
    that = _THAT.match(text, start, end)
    return that.end() if that else start


def _after_cited(text: str, start: int, end: int) -> int:
    """Return where content begins after the one who is cited ("citing X, that it fell")."""
    citing = _CITING.search(text[max(0, start - 20) : start])
    cited = _CITED.match(text, start, end) if citing else None
    return cited.end() if cited else start


def _top(reading: Reading, low: int, high: int) -> int:
    """Return the word of a phrase that the others depend on."""
    words = range(low, high)
    tops = (w for w in words if not low <= reading.head[w] < high or reading.head[w] == w)
    beside = ("punct", "det", "case", "mark", "aux")
    return next((w for w in tops if reading.relation(w) not in beside), high - 1)


def head_of(reading: Reading, low: int, high: int) -> Span:
    """Return the name at the head of a source's words, or its head noun."""
    top = _top(reading, low, high)
    words = {reading.tag(w) for w in range(low, high)}
    if not words & {"CC", "IN", "POS", "TO", ","}:
        # Whatever the parse says, a person's name is the head of the words that it ends.
        for start, end, kind in reading.entities_at(high - 1):
            if kind == "PERSON" and end == high:
                return reading.chars((max(start, low), end))
    beside = [
        w for w in range(low, high) if reading.head[w] == top and reading.relation(w) == "appos"
    ]
    for word in (top, *beside):
        for start, end, kind in reading.entities_at(word):
            if kind == "PERSON" or word == top:
                return reading.chars((max(start, low), min(end, high)))
    return reading.chars((top, top + 1))


def subject_of(reading: Reading, cue: tuple[int, int]) -> int | None:
    """Return the subject of a reporting word, or of the verb that shares its subject with it.

    A relative pronoun stands for the noun that its clause is about. None where there is none.
    """
    word = _top(reading, *cue)
    for _ in range(6):
        near = range(max(0, word - 40), min(len(reading.head), word + 40))
        subjects = [
            w
            for w in near
            if reading.head[w] == word and reading.relation(w) in SUBJECTS and w != word
        ]
        if subjects and reading.tag(subjects[0]) not in ("WDT", "WP"):
            return subjects[0]
        relation, above = reading.relation(word), int(reading.head[word])
        if relation in _RELATIVE:
            return above
        if relation not in _SHARED or above == word:
            return None
        word = above
    return None


def phrase_of(reading: Reading, word: int) -> tuple[int, int]:
    """Return a noun with the words before it that belong to its name or description."""
    low = word
    while low > 0 and _belongs(reading, low - 1, low, word):
        low -= 1
    return low, word + 1


def _belongs(reading: Reading, word: int, low: int, high: int) -> bool:
    while word < low:
        possessive = reading.relation(word) == "case" and reading.tag(word) == "POS"
        if not possessive and reading.relation(word) not in _NAME_PARTS:
            return False
        word = int(reading.head[word]) if reading.head[word] != word else high + 1
    return word <= high


def has_verb(reading: Reading, start: int, end: int) -> bool:
    """Say whether a stretch of text holds a verb: a heading or a name often has none."""
    return any(reading.tag(w) in _VERBS for w in range(*reading.words(start, end)))


def depends_on(reading: Reading, clause: Span, content: Span) -> bool:
    """Say whether a clause is subordinate to a word of the content before it, not joined to it."""
    low, high = reading.words(*clause)
    first, last = reading.words(*content)
    tops = [w for w in range(low, high) if not low <= reading.head[w] < high]
    tops = [w for w in tops if reading.relation(w) not in ("punct", "cc", "mark")]
    return bool(tops) and all(
        first <= reading.head[w] < last and reading.relation(w) != "conj" for w in tops
    )


def is_clause(reading: Reading, start: int, end: int) -> bool:
    """Say whether a stretch of text holds a verb with its subject."""
    low, high = reading.words(start, end)
    return any(
        reading.relation(w) in (*SUBJECTS, "csubj") and low <= reading.head[w] < high
        for w in range(low, high)
    )
