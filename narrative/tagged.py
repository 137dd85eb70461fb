"""Attribution by the reader, completed by rules."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from narrative.attribution import Attributor
from narrative.coreference import Chains
from narrative.credited import Attribution
from narrative.frames import Frame
from narrative.grammar import FILL
from narrative.lexicon import CueLexicon
from narrative.reader.reading import Reading
from narrative.running_on import THRESHOLD, Before, Decider, shipped_running_on
from narrative.segmentation import Cover, Span, strip_span
from narrative.speakers import NOBODY, Speaker, SpeakerIndex
from narrative.speakers.discourse import PRONOUNS, number_of
from narrative.speakers.names import is_side
from narrative.told import (
    SUBJECTS,
    Told,
    depends_on,
    has_verb,
    head_of,
    is_clause,
    phrase_of,
    told_in,
)

_NAME_GOES_ON = 60  # characters
_FURTHER = re.compile(r"(?:,\s+)?\b(?:adding|saying|noting|stressing|insisting)\s+that\s+")


class TaggedAttributor(Attributor):
    """Attributes what the reader found, and leaves the rest of the document to the rules.

    Parameters
    ----------
    text : str
    index : SpeakerIndex
    cues : CueLexicon
    lang : str
    reading : Reading
        What the reader found in the text.
    running_on : callable, optional
        Decides whether a sentence without a cue goes on with what the source before it said; by
        default with the shipped weights.
    """

    def __init__(
        self,
        text: str,
        index: SpeakerIndex,
        cues: CueLexicon,
        lang: str,
        reading: Reading,
        running_on: Decider | None = None,
    ) -> None:
        super().__init__(text, index, cues, lang)
        self.running_on = running_on or shipped_running_on()
        self.ran_on = self.own_since = 0
        self.heard: set[str] = set()
        self.reading = reading
        self.kinds: dict[str, set[str]] = defaultdict(set)
        for low, high, kind in self._entities(0, len(text)):
            self.kinds[text[low:high]].add(kind)
        told = told_in(text, reading, self.speech, self.sentences)
        self.told = [t for t in told if not self._is_reprint(t.cue[0])]
        self._cues_at = [t.cue[0] for t in self.told]
        self.chains = Chains(reading)
        self._cover = Cover(p for t in self.told for p in t.parts())

    def _is_reprint(self, at: int) -> bool:
        """Say whether a word stands in a line that gives the author of a reprint."""
        number = max(bisect_right(self.sentences, at, key=lambda s: s[0]) - 1, 0)
        return self.grammar.reprint.match(self.text[slice(*self.sentences[number])]) is not None

    def _attributed(self, number: int, start: int, end: int) -> Iterator[Attribution]:
        low, high = (bisect_left(self._cues_at, edge) for edge in (start, end))
        gaps = self._cover.gaps(start, end)
        if gaps == [(start, end)]:
            yield from super()._attributed(number, start, end)
            return
        frames: list[Frame] = []
        earlier = self.last, self.last_end
        told_here = self.told[low:high]
        for told in told_here:
            frame = self._frame_of(told, frames, start)
            frame = self.finder.cited(frame, *self.sentences[number])
            frames.append(frame)
            for region in told.content:
                yield from self._nested(number, region, frame)
            self._remember(frame, end)
        latest = self.last, self.last_end
        for a, b in gaps:
            a, b = strip_span(self.text, a, b)
            before = not frames or a < frames[0].start
            self.last, self.last_end = earlier if before else latest
            content = self._continued(told_here, a, b)
            if content is not None:
                yield from self._nested(number, (a, b), frames[content])
            elif frames and self._is_quotation(a, b):
                beside = [f for f in frames if f.end <= a] or frames[:1]
                yield from self._content(number, (a, b), beside[-1])
            elif is_clause(self.reading, a, b):
                yield from super()._attributed(number, a, b)
        if frames:
            self.last, self.last_end = latest

    def _continued(self, told: list[Told], start: int, end: int) -> int | None:
        """Return which attribution a clause right after its content belongs to, if any."""
        for i, t in enumerate(told):
            for low, high in t.content:
                near = 0 <= start - high <= 2 and "\n" not in self.text[high:start]
                if near and depends_on(self.reading, (start, end), (low, high)):
                    return i
        return None

    def _remember(self, frame: Frame, end: int) -> None:
        super()._remember(frame, end)
        self.ran_on = self.own_since = 0

    def _own(self, number: int, start: int, end: int) -> Iterator[Attribution]:
        if not has_verb(self.reading, start, end):
            return
        whole = self.sentences[number][0] >= start - 1 and self.sentences[number][1] <= end + 1
        frame = self._goes_on(start, end) if whole else None
        if frame is not None:
            yield from self._credited(number, (start, end), frame)
        else:
            yield from super()._own(number, start, end)

    def _goes_on(self, start: int, end: int) -> Frame | None:
        """Return the last frame, if a sentence without one goes on with what its source said."""
        if self.last is None or self.text[start:end].rstrip().endswith("?"):
            return None
        if self.last.speaker is NOBODY and number_of(self.last.mention) not in ("person", "group"):
            return None  # "another account": whose words would go on?
        if self._unsaid((self.last.end, self.last.end + 1), self.last):
            return None  # "X did not say ...": nothing to go on with
        before = self._before(start)
        if before.paragraphs > 2 or before.own > 3:
            return None
        p = self.running_on(self.text, (start, end), before, self.reading)
        if p < THRESHOLD:
            self.own_since += 1
            return None
        self.ran_on += 1
        self.last_end = end
        return replace(self.last, score=p)

    def _before(self, start: int) -> Before:
        frame = self.last
        assert frame is not None
        opening = self.text.rfind("\n", 0, frame.start) + 1
        lead = self.text[opening : frame.start].strip(" \"“‘'")
        gap = self.text[self.last_end : start]
        return Before(
            content=(min(frame.start, opening), self.last_end),
            mention=frame.mention,
            cue=frame.cue,
            kind=frame.speaker.kind if frame.speaker is not NOBODY else "nobody",
            quoted=self.text[: self.last_end].rstrip(" .,").endswith(("”", '"', "’")),
            ran_on=self.ran_on,
            own=self.own_since,
            paragraphs=len(re.findall(r"\n\s*", gap)),
            opened=len(lead.split()) < 4,
            backward=frame.backward,
        )

    def _sentence(self, number: int, start: int, end: int) -> Iterator[Attribution]:
        for low, high, kind in self._entities(start, end):
            name = self.text[low:high]
            if kind == "PERSON" and FILL not in self.masked[low:high] and self._is_person(name):
                self.index.introduce_person(name)
        yield from super()._sentence(number, start, end)

    def _entities(self, start: int, end: int) -> list[tuple[int, int, str]]:
        found = {
            e for w in range(*self.reading.words(start, end)) for e in self.reading.entities_at(w)
        }
        return sorted((*self.reading.chars((a, b)), kind) for a, b, kind in found)

    def _is_person(self, name: str) -> bool:
        """Say whether a name is a person's wherever the reader found it, not a town's as well."""
        return self.kinds[name] == {"PERSON"}

    def _look_back(self, start: int, end: int) -> None:
        super()._look_back(start, end)
        known = self.history
        known.newcomer = None
        if self.spoke:
            self.heard.update(s.source_id for s in self.spoke)
            return
        subject = next(iter(self._subjects(start, end, main=True)), None)
        if subject is None:
            return
        known.mention(subject)
        named_only = subject.source_id.startswith("named_") and not known.roles.get(
            subject.source_id
        )
        if subject.kind == "person" and named_only and subject.source_id not in self.heard:
            known.newcomer = subject

    def _subjects(self, start: int, end: int, *, main: bool = False) -> Iterator[Speaker]:
        """Yield the known sources that are subjects of verbs, of the main ones only if asked."""
        for word in range(*self.reading.words(start, end)):
            verb = int(self.reading.head[word])
            if self.reading.relation(word) not in SUBJECTS:
                continue
            if main and self.reading.head[verb] != verb:
                continue
            heads = [head_of(self.reading, *phrase_of(self.reading, word)), *self._beside(word)]
            for a, b, speaker in self.index.find(self.masked, start, end):
                if any(a < h[1] <= b for h in heads) and not is_side(self.text[a:b]):
                    yield speaker

    def _beside(self, word: int) -> list[Span]:
        """Return the names in apposition to a noun: "its commander, Anna Koval"."""
        near = range(word, min(word + 12, len(self.reading.head)))
        return [
            self.reading.chars((w, w + 1))
            for w in near
            if self.reading.head[w] == word and self.reading.relation(w) == "appos"
        ]

    def _frame_of(self, told: Told, before: list[Frame], start: int) -> Frame:
        """Return an attribution as a frame whose speaker is resolved."""
        cue = self.text[slice(*told.cue)]
        low, high = told.lead
        frame = Frame(low, high, cue, "", NOBODY, False, told.score)
        impersonal = self.cues.impersonal.search(self.text, max(0, low - 20), high)
        it = told.source is not None and self.text[slice(*told.source)].casefold() == "it"
        if told.source is not None and told.head is not None and not (it and impersonal):
            if not before and self.text[slice(*told.source)].casefold() in PRONOUNS:
                self._see_subjects(told, start)
            speaker = self._speaker(told.source, told.head)
            frame = replace(frame, mention=self.text[slice(*told.source)], speaker=speaker)
        elif before and not impersonal:
            frame = replace(frame, mention=before[-1].mention, speaker=before[-1].speaker)
        if frame.speaker is NOBODY and impersonal:
            frame = replace(frame, speaker=self.index.lookup("Unnamed reports") or NOBODY)
        return frame

    def _see_subjects(self, told: Told, start: int) -> None:
        """Let a pronoun mean a subject before it in its sentence, but none of the content."""
        assert told.source is not None
        edges = Cover(told.content).gaps(start, told.source[0])
        for low, high in edges:
            for speaker in self._subjects(low, high):
                self.history.mention(speaker)

    def _speaker(self, source: Span, head: Span) -> Speaker:
        mention = self.text[slice(*source)]
        exact = self.index.lookup(mention)
        if exact is not None:
            return exact
        # A name can go on where the reader ended: "the Institute for the Study of War".
        for a, b, speaker in self.index.find(self.text, source[0], source[1] + _NAME_GOES_ON):
            # Of "the Kyiv sociologist Ruslan Holub" Kyiv is not the head.
            if a < head[1] and head[1] <= b:
                if speaker.kind == "person":
                    self.index.learn(mention, speaker, self.history)
                return speaker
        speaker = self.index.resolve(mention, self.history)
        return speaker if speaker is not NOBODY else self._taken_up(mention, head) or NOBODY

    def _taken_up(self, mention: str, head: Span) -> Speaker | None:
        """Return the person named in the chain of "he" or "she", if the reader found one."""
        if mention.casefold() not in ("he", "she"):
            return None
        for other in self.chains.others(self.reading.words(*head)[1] - 1):
            for low, high, kind in self.reading.entities_at(other):
                name = self.text[slice(*self.reading.chars((low, high)))]
                speaker = self.index.lookup(name)
                if speaker is None and kind == "PERSON":
                    speaker = self.index.resolve(name, self.history)
                if speaker is not None and speaker.kind == "person":
                    return speaker
        return None

    def _nested(self, number: int, region: Span, frame: Frame) -> Iterator[Attribution]:
        """Yield a content's clauses, those of a source that it reports apart."""
        further = _FURTHER.search(self.text, *region)
        if further is not None:  # "the town fell, adding that the mill burned": two contents
            if further.start() > region[0]:
                yield from self._nested(number, (region[0], further.start()), frame)
            yield from self._nested(number, (further.end(), region[1]), frame)
            return
        # Of an inner frame that names nobody, the outer source stays the speaker.
        inner = [f for f in self.finder.find(*region) if f.speaker is not NOBODY]
        outer = (frame.speaker.source_id,) if frame.speaker is not NOBODY else ()
        covered: list[Span] = []
        for found, regions in self._sides(inner, *region):
            covered += [(found.start, found.end), *regions]
            for inside in regions:
                yield from self._content(number, inside, found, outer)
        for low, high in Cover(covered).gaps(*region):
            if self._alpha(low, high) >= 2:
                yield from self._content(number, (low, high), frame)
