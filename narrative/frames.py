"""Frames of a sentence: a reporting cue, the source beside it, and where its content begins.

A frame is found in the masked text, in which quotations are filled, so that no rule reads inside
them. Four shapes are known: "according to X", an impersonal cue, "X said", and "said X".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from narrative.grammar import FILL
from narrative.lexicon import CueLexicon
from narrative.source_blocks import heading_name
from narrative.speakers import (
    NOBODY,
    Speaker,
    SpeakerIndex,
    before_preposition,
    joint_end,
    joint_start,
    role_of,
    states_in,
)

_STOP = re.compile(r"[.;:!?](?=\s|$)|\u2592")
_SAID_WHO = re.compile(r"[a-zа-яіїєґё]|\w+\s+[A-ZА-ЯІЇЄҐ]")
_CITING = re.compile(
    r"(?:,|\s)\s*(?:citing|quoting|referring to|with (?:a )?(?:reference|link) to)\s+"
    r"(?P<who>(?!its\b|his\b|her\b|their\b)[^,;:▒\n]{3,80}?)(?=[,;:]|\.(?:\s|$|\[)|\s+that\s|$)"
)
_LABEL = re.compile(r"\s*:\s*(?=\u2592)")

_IN_PLACE = re.compile(r"\s+in\s+[A-Z]\w+")
_POSSESSED = re.compile(
    r"(?:^|[\s,;(])((?:the\s+)?(?:[A-ZА-ЯІЇЄҐ][\w-]*\s+){0,3}[A-ZА-ЯІЇЄҐ][\w-]*[’'](?:s|(?<=s[’']))"
    r"(?:\s+[\w-]+){0,3}\s+(?P<head>[\w-]+))$"
)
_HEADED = re.compile(r"(?:[’']s?)?(?:\s+[a-z][\w-]*){1,3}")

Named = tuple[int, int, Speaker]
Subject = tuple[int, int, str, Speaker, float]  # start, start of the name, mention, speaker, score


@dataclass(frozen=True)
class Frame:
    """A cue with its source inside one sentence.

    Parameters
    ----------
    start, end : int
        Half-open span of the words between which the attribution stands.
    cue : str
        Reporting words, "" if none.
    mention : str
        The words that name the source.
    speaker : Speaker
    backward : bool
        Whether the content stands before the frame.
    score : float
        How direct the evidence is, in [0, 1].
    outer : tuple of str
        Outlets that report citing the speaker.
    """

    start: int
    end: int
    cue: str
    mention: str
    speaker: Speaker
    backward: bool
    score: float
    outer: tuple[str, ...] = ()


class FrameFinder:
    """Finds the frames in the sentences of one document.

    Parameters
    ----------
    masked : str
        The document, its quotations filled with ``FILL``; of the same length.
    index : SpeakerIndex
    cues : CueLexicon
    history : list of Speaker
        Earlier speakers, latest last. It is kept, not copied: the caller appends to it between
        sentences, and pronouns are resolved by it.
    """

    def __init__(
        self, masked: str, index: SpeakerIndex, cues: CueLexicon, history: list[Speaker]
    ) -> None:
        self.masked, self.index, self.cues, self.history = masked, index, cues, history
        self.grammar = cues.grammar

    def find(self, start: int, end: int) -> list[Frame]:
        """Return the frames of a sentence, left to right, not overlapping."""
        cues, masked = self.cues, self.masked
        found = [
            self._according(m, start, end) for m in cues.according.finditer(masked, start, end)
        ]
        found += [
            self._impersonal(m, start, end) for m in cues.impersonal.finditer(masked, start, end)
        ]
        previous: Frame | None = None
        for m in cues.verb.finditer(masked, start, end):
            if any(f.start < m.end() and m.start() < f.end for f in found):
                continue
            frame = self._verb(m, start, end, previous)
            if frame is not None:
                found.append(frame)
                previous = frame
        found = sorted(found, key=lambda f: f.start) or self._labelled(start, end)
        kept = [f for i, f in enumerate(found) if not i or f.start >= found[i - 1].end]
        return [self.cited(f, start, end) for f in kept]

    def cited(self, frame: Frame, start: int, end: int) -> Frame:
        """Return the frame of whom an outlet cites ("TASS reported, citing Y"), else the same."""
        m = _CITING.search(self.masked, start, end) if frame.speaker.kind == "outlet" else None
        if m is None:
            return frame
        speaker = self.resolve(m["who"])
        if speaker is NOBODY or speaker == frame.speaker:
            return frame
        outer = (*frame.outer, frame.speaker.source_id)
        beside = frame.start <= m.start() <= frame.end + 1
        stop = max(frame.end, m.end()) if beside else frame.end
        return replace(frame, end=stop, mention=m["who"], speaker=speaker, outer=outer)

    def _labelled(self, start: int, end: int) -> list[Frame]:
        """Return the frame of a name that a colon and a quotation follow, as in an interview."""
        for a, b, speaker in self.index.find(self.masked, start, end)[:1]:
            colon = _LABEL.match(self.masked, b, end)
            if colon and not re.search(r"\w", self.masked[start:a]):
                name = self.masked[a:b]
                return [Frame(start, colon.end(), "", name, speaker, False, 0.8)]
        head = heading_name(self.masked, start, end)
        if head is None or self.index.is_no_body(name := self.masked[slice(*head)]):
            return []
        speaker = self.resolve(name)
        found = Frame(head[0], head[1] + 1, "", name, speaker, False, 0.7)
        return [found] if speaker is not NOBODY else []

    def resolve(self, mention: str) -> Speaker:
        """Return the source of a mention, given the speakers before it."""
        return self.index.resolve(mention, self.history)

    def _impersonal(self, m: re.Match[str], start: int, end: int) -> Frame:  # noqa: ARG002
        speaker = self.index.lookup("Unnamed reports") or NOBODY
        return Frame(m.start(), self._after(m.end(), end), m[0], m[0], speaker, False, 0.6)

    def _according(self, m: re.Match[str], start: int, end: int) -> Frame:
        g = self.grammar
        stop = g.source_end.search(self.masked, m.end(), end)
        edge = stop.start() if stop else end
        names = self.index.find(self.masked, m.end(), edge)
        mention = self.masked[m.end() : edge].strip()
        if names and len(mention.split()) > 12:
            edge = names[0][1]
            mention = self.masked[m.end() : edge].strip()
        opening = not re.search(r"\w", self.masked[start : m.start()])
        if opening and names and not re.search(r"\w", self.masked[edge:end]):
            edge = names[0][1]  # no comma before the content
            mention = self.masked[m.end() : edge].strip()
        speaker = self.resolve(mention)
        cut = edge + 1 if edge < end and self.masked[edge] in ",;:" else edge
        apposition = (g.role if opening else g.apposition).match(self.masked, cut, end)
        if apposition and self.masked[cut - 1] == "," and (not opening or speaker.kind == "person"):
            cut = apposition.end()
        return Frame(m.start(), cut, m[0], mention, speaker, not opening, 0.8)

    def _verb(self, m: re.Match[str], start: int, end: int, previous: Frame | None) -> Frame | None:
        before = self.masked[start : m.start()]
        if self.grammar.what.search(before) or self.grammar.noun_before.search(before):
            return None
        goes_on = previous is not None and self.grammar.goes_on.search(self.masked[start : m.end()])
        subject = None if goes_on else self._subject(start, m.start())
        stop = self._after(m.end(), end, m[0])
        says_that = self._says_that(m.end(), stop)
        if self.cues.needs_that(m[0]) and not says_that:
            return None
        if subject is None and says_that and not goes_on and not self.cues.needs_that(m[0]):
            subject = self._anyone(start, m.start())
        if subject is not None:
            low, at, mention, speaker, score = self._jointly(start, subject)
            after = self._trailing(start, at, m.end(), end)
            low, stop = after or (low, stop)
            return Frame(low, stop, m[0], mention, speaker, after is not None, score)
        inverted = self._inverted(m.end(), end)
        if inverted is not None and (
            before.rstrip().endswith((FILL, ","))
            or (not re.search(r"\w", before) and _SAID_WHO.match(self.masked, m.start()))
        ):
            high, mention, speaker = inverted
            return Frame(m.start(), high, m[0], mention, speaker, True, 0.9)
        if (
            previous is None
            or not self.grammar.joined.search(before)
            or not self.grammar.inflected.search(m[0])
        ):
            return None
        return self._further(m, stop, previous)

    def _further(self, m: re.Match[str], stop: int, previous: Frame) -> Frame:
        """Return the frame of a further verb of the same source: "X said ... and added"."""
        mention, speaker, score = previous.mention, previous.speaker, min(previous.score, 0.7)
        return Frame(m.start(), stop, m[0], mention, speaker, False, score)

    def _says_that(self, at: int, stop: int) -> bool:
        """Say whether content follows a verb for certain, given where it begins."""
        return (
            bool(self.grammar.says_that.search(self.masked[at:stop]))
            or self.masked[stop : stop + 1] == FILL
        )

    def _clause(self, low: int, high: int) -> int:
        """Return where the clause that ends in `high` begins."""
        region = self.grammar.relative.sub(
            lambda r: "," + "_" * (len(r[0]) - 2) + ",", self.masked[low:high]
        )
        edges = [e.end() for e in self.grammar.clause_edge.finditer(region)] + [
            i + 1 for i, c in enumerate(region) if c == FILL
        ]
        return low + max(edges, default=0)

    def _names(self, base: int, stop: int) -> list[Named]:
        """Return the known names in a span that can be a subject."""
        return [
            n
            for n in self.index.find(self.masked, base, stop)
            if not self.grammar.blocked.search(self.masked[max(base, n[0] - 30) : n[0]])
        ]

    def _subject(self, low: int, high: int) -> Subject | None:
        """Return the source that stands as subject right before a verb."""
        base = self._clause(low, high)
        bare = self.grammar.auxiliary.sub("", self.masked[base:high]).rstrip()
        bare = self.grammar.adverbial.sub("", bare).rstrip() or bare
        stop = base + len(bare)
        names = self._names(base, stop)
        for a, b, speaker in reversed(names):
            rest = self.masked[b:stop]
            if (
                not re.search(r"\w", rest)
                or re.fullmatch(r",\s[^,]{2,90},?", rest)
                or self.grammar.complement.fullmatch(rest)
            ):
                return self._widen(base, a), a, self.masked[a:b], speaker, 0.9
        return self._unlisted(base, bare, self.masked[stop:high])

    def _jointly(self, start: int, subject: Subject) -> Subject:
        """Take in the sources joined to a subject: of "X and Y" X speaks, the mention is both."""
        low, at, mention, _, score = subject
        joint = joint_start(self.index, self.masked, start, low)
        if joint is None:
            return subject
        mention = self.masked[joint[1] : at + len(mention)]
        return *joint, mention, self.resolve(mention), score

    def _unlisted(self, base: int, bare: str, rest: str) -> Subject | None:
        """Return the subject at the end of `bare` that is a pronoun, a noun or an unlisted name."""
        pronoun = self.grammar.pronoun.search(bare)
        if pronoun:
            stands_for = self.cues.pronouns[pronoun[1].casefold()]
            # "It was reported" has no source.
            if stands_for == "it" and self.grammar.passive.search(rest):
                return None
            speaker = self.index.resolve(stands_for, self.history)
            return base + pronoun.start(1), base + pronoun.start(1), pronoun[1], speaker, 0.7
        noun = self.cues.speaker_noun.search(bare)
        if noun and not self.grammar.blocked.search(bare[: noun.start()]):
            mention = noun[0].strip()
            place = _IN_PLACE.match(rest)
            if place and states_in(place[0]):  # says whose: "the ministry in Moscow"
                mention = self.masked[base + noun.start() : base + len(bare)].lstrip() + place[0]
            speaker = self.resolve(mention)
            return base + noun.start(), base + noun.start(), mention, speaker, 0.8
        possessed = _POSSESSED.search(bare)
        if possessed and role_of(possessed["head"]):
            at = base + possessed.start(1)
            return at, at, possessed[1], self.resolve(possessed[1]), 0.8
        proper = self.grammar.proper.search(
            re.sub(r"(?:,\s[^,]{2,90})?,$", "", bare)
        ) or self.grammar.proper.search(bare.rstrip(","))
        if proper:
            speaker = self.index.resolve(proper[1], self.history)
            return base + proper.start(1), base + proper.start(1), proper[1], speaker, 0.7
        return None

    def _anyone(self, low: int, high: int) -> Subject | None:
        """Return the noun phrase that opens a sentence before "said that", whoever it means."""
        m = self.grammar.phrase.fullmatch(
            self.grammar.auxiliary.sub("", self.masked[low:high]).rstrip()
        )
        if m is None:
            return None
        at = low + m.start(1)
        return at, at, m[1], self.resolve(m[1]), 0.5

    def _widen(self, base: int, at: int) -> int:
        """Take titles before a name into its frame, so that they are no claim of the author."""
        lead = self.masked[base:at]
        inside = (*self.cues.verb.finditer(lead), *self.cues.according.finditer(lead))
        if any(lead[: m.start()].strip() or m.re is self.cues.according for m in inside):
            base += lead.rfind(",") + 1
            lead = self.masked[base:at]
        base += len(lead) - len(lead.lstrip())
        return base if self.grammar.titles.fullmatch(lead) and not re.search(r"\d", lead) else at

    def _trailing(self, start: int, name: int, after: int, end: int) -> tuple[int, int] | None:
        """Return the span of a frame after its content (", X said on Monday."), if it is one."""
        tail = self.grammar.trailing.match(self.masked, after, end)
        if tail is None:
            return None
        edge, filled = (self.masked.rfind(mark, start, name) for mark in (",", FILL))
        between = self.masked[filled + 1 : name]
        if (
            filled >= 0
            and self.grammar.titles.fullmatch(between)
            and not self.cues.verb.search(between)
        ):
            edge = filled
        if edge < 0 or not self.grammar.titles.fullmatch(self.masked, edge + 1, name):
            return None
        content = self.masked[start : edge + 1]
        if FILL not in content and len(re.findall(r"\w+", content)) < 2:
            return None
        if re.search(r"\w", tail[0]) and self.grammar.opening.match(content):
            return None
        low = edge + 1
        while self.masked[low : low + 1].isspace():
            low += 1
        return low, tail.end()

    def _inverted(self, at: int, end: int) -> tuple[int, str, Speaker] | None:
        """Return the source after "said X" and where it ends."""
        stop = _STOP.search(self.masked, at, end)
        edge = stop.start() if stop else end
        joined = next(
            (
                j
                for j in self.grammar.continued.finditer(self.masked, at, edge)
                if self._continues(j)
            ),
            None,
        )
        edge = joined.start() if joined else edge
        names = [
            n
            for n in self.index.find(self.masked, at, edge)
            if not self.grammar.blocked.search(self.masked[max(at, n[0] - 30) : n[0]])
        ]
        if names and len(self.masked[at : names[0][0]].split()) <= 6:
            mention, speaker = self._inverted_name(at, edge, names)
            return edge + (joined is not None), mention, speaker
        head = self.masked[at:edge].split(",")[0].strip()
        noun = self.cues.speaker_noun.search(before_preposition(head))
        if noun and len(head.split()) <= 8:
            return edge, head, self.index.resolve(head, self.history)
        return None

    def _inverted_name(self, at: int, edge: int, names: list[Named]) -> tuple[str, Speaker]:
        """Return the source after "said", which a known name is, begins or only belongs to."""
        low, high, speaker = names[0]
        headed = _HEADED.match(self.masked, high, edge)
        if headed and any(role_of(w) for w in headed[0].split()):  # "a NATO official"
            mention = self.masked[at : headed.end()].strip()
            return mention, self.resolve(mention)
        for second in names[1:2]:
            high = joint_end(self.masked, high, second[:2])
        return self.masked[low:high], speaker

    def _continues(self, joined: re.Match[str]) -> bool:
        """Say whether what follows "said X," is a further clause, not more about X."""
        return joined["verb"] is None or joined["verb"].casefold() in self.cues.forms

    def _after(self, at: int, end: int, cue: str = "") -> int:
        """Return where content begins after a verb: past the addressee, date and "that"."""
        m = self.grammar.that.match(self.masked, at, end)
        if m and self.grammar.content.match(m[0]) and not self.grammar.addressed.match(cue):
            m = None
        repeated = self.grammar.repeated.search(m[0]) if m else None
        if repeated and repeated[1].casefold() in self.cues.forms:
            return at + repeated.start()
        if m and not self.grammar.not_that.search(m[0]) and len(m[0].split()) <= 12:
            return m.end()
        told = re.match(r"\s+(?:[A-Z][\w’'-]*\s*){1,4}(?=[,:]|\s+\u2592)", self.masked[at:end])
        if told:
            at += told.end()
        m = self.grammar.after_cue.match(self.masked, at, end)
        return m.end() if m else at
