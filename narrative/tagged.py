"""Attribution by the reader, completed by rules."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import replace

from narrative.attribution import Attribution, Attributor
from narrative.frames import Frame
from narrative.lexicon import CueLexicon
from narrative.reader.reading import Reading
from narrative.segmentation import Cover, Span, strip_span
from narrative.speakers import NOBODY, Speaker, SpeakerIndex
from narrative.told import Told, depends_on, has_verb, is_clause, told_in


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
    """

    def __init__(
        self, text: str, index: SpeakerIndex, cues: CueLexicon, lang: str, reading: Reading
    ) -> None:
        super().__init__(text, index, cues, lang)
        self.reading = reading
        told = told_in(text, reading, self.speech, self.sentences)
        self.told = [t for t in told if not self._is_reprint(t.cue[0])]
        self._cues_at = [t.cue[0] for t in self.told]
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
            frame = self._frame_of(told, frames)
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
                yield from self._content(number, (a, b), frames[content])
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

    def _own(self, number: int, start: int, end: int) -> Iterator[Attribution]:
        if has_verb(self.reading, start, end):
            yield from super()._own(number, start, end)

    def _frame_of(self, told: Told, before: list[Frame]) -> Frame:
        """Return an attribution as a frame whose speaker is resolved."""
        cue = self.text[slice(*told.cue)]
        low, high = told.lead
        frame = Frame(low, high, cue, "", NOBODY, False, told.score)
        impersonal = self.cues.impersonal.search(self.text, max(0, low - 20), high)
        if told.source is not None and told.head is not None:
            speaker = self._speaker(told.source, told.head)
            frame = replace(frame, mention=self.text[slice(*told.source)], speaker=speaker)
        elif before and not impersonal:
            frame = replace(frame, mention=before[-1].mention, speaker=before[-1].speaker)
        if frame.speaker is NOBODY and impersonal:
            frame = replace(frame, speaker=self.index.lookup("Unnamed reports") or NOBODY)
        return frame

    def _speaker(self, source: Span, head: Span) -> Speaker:
        mention = self.text[slice(*source)]
        exact = self.index.lookup(mention)
        if exact is not None:
            return exact
        for a, b, speaker in self.index.find(self.text, *source):
            if a < head[1] and head[0] < b:
                return speaker
        return self.index.resolve(mention, self.history)

    def _nested(self, number: int, region: Span, frame: Frame) -> Iterator[Attribution]:
        """Yield a content's clauses, those of a source that it reports apart."""
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
