"""Who says what in a sentence: source, cue and content, by rules.

The rules follow the shapes of news attribution (Pareti 2012; O'Keefe et al. 2012): source + verb +
content; content, verb + source; "according to"; quotations with a colon or without any frame,
which take the speaker of the sentence beside them. What no rule attributes is the author's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from narrative.credited import Attribution
from narrative.direct_speech import after_dash, begins_with_a_speaker, with_dashes
from narrative.distance import cue_stance, embedding
from narrative.frames import Frame
from narrative.free_order import frame_finder
from narrative.grammar import FILL
from narrative.lexicon import CueLexicon
from narrative.quotations import find_quotations
from narrative.segmentation import Cover, Span, split_clauses, split_sentences, strip_span
from narrative.source_blocks import SourceBlock, past_label, source_blocks
from narrative.speakers import NOBODY, Discourse, Speaker, SpeakerIndex, topic_of
from narrative.speech import Speech

_FRAME_WORDS = 10


class Attributor:
    """Attributes the sentences of one document in order.

    Parameters
    ----------
    text : str
    index : SpeakerIndex
    cues : CueLexicon
    lang : str
    """

    def __init__(self, text: str, index: SpeakerIndex, cues: CueLexicon, lang: str = "en") -> None:
        self.history = Discourse()
        self.text, self.index, self.cues, self.lang = text, index.within(self.history), cues, lang
        self.grammar = cues.grammar
        self.free = cues.free_order is not None
        found = find_quotations(text)
        self.quotations = with_dashes(text, found, cues.verb) if self.free else found
        self.speech = Speech(text, self.quotations, lang)
        self.masked = self._mask()
        self.sentences = self._rejoined(split_sentences(text, lang))
        self.finder = frame_finder(self.masked, self.index, cues, self.history)
        self.last: Frame | None = None
        self.last_end = 0
        self.author: Speaker | None = None
        self.via: tuple[str, ...] = ()
        self.spoke: list[Speaker] = []  # in the sentence at hand
        self.blocks = source_blocks(text)
        self.block: SourceBlock | None = None
        self.under: Frame | None = None

    def _mask(self) -> str:
        chars = list(self.text)
        for q in self.speech.quotations:
            chars[q.start : q.end] = FILL * (q.end - q.start)
        return "".join(chars)

    def _rejoined(self, sentences: list[Span]) -> list[Span]:
        """Put "X said." back to the quotation before it, whose "!" or "?" looked like an end."""
        out: list[Span] = []
        for start, end in sentences:
            if out and self.masked[out[-1][1] - 1] == FILL and self._only_frame(start, end):
                gap = self.text[out[-1][1] : start]
                if not gap.strip() and "\n" not in gap:
                    out[-1] = (out[-1][0], end)
                    continue
            out.append((start, end))
        return out

    def _only_frame(self, start: int, end: int) -> bool:
        if self.free and begins_with_a_speaker(self.masked, start, end, self.cues.verb):
            return True
        if self._words(start, end) > _FRAME_WORDS:
            return False
        bare = start + len(self.masked[start:end].rstrip(" .,;!"))
        return any(m.end() == bare for m in self.cues.verb.finditer(self.masked, start, end))

    def _words(self, start: int, end: int) -> int:
        return len(self.text[start:end].split())

    def run(self) -> Iterator[Attribution]:
        """Yield attributions in document order."""
        for number, (start, end) in enumerate(self.sentences):
            yield from self._sentence(number, start, end)

    def _sentence(self, number: int, start: int, end: int) -> Iterator[Attribution]:
        reprint = self.grammar.reprint.match(self.text[start:end])
        if reprint:
            self._carry(reprint)
            return
        if any(b.line[0] <= start < b.line[1] for b in self.blocks):
            return
        start = past_label(self.text, start, end)
        self.spoke = []
        self.index.introduce(self.masked, start, end)
        self._enter_block(start)
        self.history.before = topic_of(self.masked[start:end]) or self.history.before
        yield from self._attributed(number, start, end)
        self._look_back(start, end)

    def _runs_under(self) -> Frame | None:
        """Return the frame of the source that a line of its own names, if none spoke since."""
        last, under = self.last, self.under
        if last is None or under is None:
            return None
        return under if (last.start, last.end) == (under.start, under.end) else None

    def _enter_block(self, at: int) -> None:
        """Let what follows be the words of the source that a line of its own names."""
        block = next((b for b in self.blocks if b.start <= at < b.end), None)
        if block is not None and block is not self.block:
            mention = self.text[slice(*block.who)]
            speaker = self.index.resolve(mention, self.history)
            self.under = Frame(*block.line, "", mention, speaker, False, 0.7)
            if speaker is not NOBODY:
                self._remember(self.under, at)
        elif block is None and self.block is not None:
            self.under = None
        self.block = block

    def _attributed(self, number: int, start: int, end: int) -> Iterator[Attribution]:
        """Attribute a sentence or a part of one."""
        frames = self.finder.find(start, end)
        if not frames:
            told = self._told_next(number)
            if told is not None:
                yield from self._content(number, (start, end), told)
                return
            yield from self._frameless(number, start, end)
            self._notice(start, end)
            return
        yield from self._framed(number, start, end, frames)

    def _told_next(self, number: int) -> Frame | None:
        """Return the frame of the next sentence if it says who said this one ("Про це …")."""
        if number + 1 >= len(self.sentences):
            return None
        start, end = self.sentences[number + 1]
        if not self.grammar.about_this.match(self.masked, start, end):
            return None
        frame = next(iter(self.finder.find(start, end)), None)
        own = self.masked[slice(*self.sentences[number])]
        return None if frame is None or FILL in own or own.endswith("?") else frame

    def _framed(
        self, number: int, start: int, end: int, frames: list[Frame]
    ) -> Iterator[Attribution]:
        covered: list[Span] = []
        outer: tuple[str, ...] = ()
        for frame, regions in self._sides(frames, start, end):
            covered += [(frame.start, frame.end), *regions]
            for region in regions:
                yield from self._content(number, region, frame, outer)
            # A frame whose content is the next frame: "X reported that Y had said".
            nested = not regions and frame.speaker is not NOBODY
            outer = (*outer, frame.speaker.source_id) if nested else ()
            self._remember(frame, end)
        for low, high in Cover(covered).gaps(start, end):
            low = after_dash(self.text, low, high) if self.free else low
            if self._is_quotation(low, high):
                beside = [f for f in frames if f.end <= low] or frames[:1]
                yield from self._content(number, (low, high), beside[-1])
            else:
                yield from self._own(number, low, high)

    def _sides(
        self, frames: list[Frame], start: int, end: int
    ) -> Iterator[tuple[Frame, list[Span]]]:
        """Yield each frame of a stretch of text with the regions that hold its content."""
        taken = start
        for position, frame in enumerate(frames):
            high = frames[position + 1].start if position + 1 < len(frames) else end
            back = strip_span(self.masked, min(taken, frame.start), frame.start)
            forth = strip_span(self.masked, frame.end, high)
            regions = self._regions(frame, back, forth)
            yield frame, regions
            taken = max([frame.end, *(b for _, b in regions)])

    def _regions(self, frame: Frame, back: Span, forth: Span) -> list[Span]:
        """Choose the side of the frame that holds its content, or both where it interrupts."""
        least = 1 if self.free else 2
        has_forth = self._alpha(*forth) >= least
        has_back = self._alpha(*back) >= (least if frame.backward else 2)
        filled_back, filled_forth = (FILL in self.masked[a:b] for a, b in (back, forth))
        quoted_back = has_back and filled_back and not filled_forth
        apart = has_back and self._alpha(*forth) and not filled_back | filled_forth
        within = self.masked[back[1] - 1 : back[1]] == "," == self.masked[frame.end - 1]
        if frame.backward and within and apart:
            # "The bridge, X said, fell": one clause; "The bridge fell, X said, and ...": two.
            return (
                [back, forth]
                if self.grammar.further.match(self.masked, *forth)
                else [(back[0], forth[1])]
            )
        if frame.backward or quoted_back:
            return [back] if has_back else [forth] if has_forth else []
        return [forth] if has_forth else [back] if has_back else []

    def _is_quotation(self, start: int, end: int) -> bool:
        start, end = strip_span(self.text, start, end)
        return any(q.end - q.start >= 0.8 * (end - start) for q in self.speech.within(start, end))

    def _alpha(self, start: int, end: int) -> int:
        return len(re.findall(r"\w+|\u2592{8,}", self.masked[start:end])) + (
            2 if FILL in self.masked[start:end] else 0
        )

    def _content(
        self, number: int, region: Span, frame: Frame, outer: tuple[str, ...] = ()
    ) -> Iterator[Attribution]:
        if self._unsaid(region, frame):
            yield from self._own(number, min(frame.start, region[0]), max(frame.end, region[1]))
            return
        yield from self._credited(number, region, frame, outer)

    def _credited(
        self, number: int, region: Span, frame: Frame, outer: tuple[str, ...] = ()
    ) -> Iterator[Attribution]:
        """Yield the clauses of a region as the words of a frame's source."""
        for (a, b), voice in self.speech.pieces(*region):
            score = frame.score if voice != "quoted" else min(1.0, frame.score + 0.1)
            yield Attribution(
                a,
                b,
                number,
                frame.speaker,
                frame.mention,
                frame.cue,
                self._distance((a, b), frame),
                voice,
                score,
                (frame.start, frame.end),
                self.via,
                (*outer, *frame.outer),
            )

    def _cue_of(self, frame: Frame) -> Span | None:
        at = self.text.find(frame.cue, frame.start, frame.end) if frame.cue else -1
        return (at, at + len(frame.cue)) if at >= 0 else None

    def _unsaid(self, region: Span, frame: Frame) -> bool:
        """Say whether a frame denies that its source said the content ("X did not say that")."""
        cue = self._cue_of(frame)
        if cue is None or FILL in self.masked[slice(*region)]:
            return False
        beside = max(region[0] - frame.end, frame.start - region[1]) <= 2
        how = embedding(self.text, region, cue, lang=self.lang) if beside else ""
        return how in ("not_asserted", "asked")

    def _distance(self, content: Span, frame: Frame) -> int:
        span = (frame.start, frame.end)
        return cue_stance(self.text, content, self._cue_of(frame), span, lang=self.lang)

    def _frameless(self, number: int, start: int, end: int) -> Iterator[Attribution]:
        """Give a quotation without a frame to the speaker beside it; the rest is the author's."""
        quotes = [
            q for q in self.speech.within(start, end) if q.end - q.start >= 0.8 * (end - start)
        ]
        if not quotes:
            yield from self._own(number, start, end)
            return
        lead = self.text[self.last_end : start]
        near = self.last is not None and (not lead.strip() or len(lead) < 300)
        named = self._lead_in(start)
        if named is not None:
            frame = named
        elif near and not quotes[0].turn and self.last is not None:
            frame = replace(self.last, score=0.6)
        else:
            frame = Frame(start, start, "", "", NOBODY, False, 0.2)
        yield from self._content(number, (start, end), frame)
        self._remember(frame, end)

    def _lead_in(self, start: int) -> Frame | None:
        """Return the frame of a line that leads into a block quotation ("X was told:")."""
        low = self.text.rfind("\n", 0, len(self.text[:start].rstrip())) + 1
        line = self.text[low:start].rstrip()
        if not line or not self.grammar.lead_out.search(line):
            return None
        names = self.index.find(self.masked, low, low + len(line))
        if not names:
            return None
        a, b, speaker = names[0]
        return Frame(low, low + len(line), "", self.text[a:b], speaker, False, 0.6)

    def _own(self, number: int, start: int, end: int) -> Iterator[Attribution]:
        start, end = strip_span(self.text, start, end)
        if self.text[start:end].rstrip("\"”’' ").endswith("?"):
            return
        under = self._runs_under()
        if under is not None and self._words(start, end) >= 3:
            yield from self._content(number, (start, end), under)
            self.last_end = end
            return
        for a, b in split_clauses(self.text, start, end, self.lang):
            if self._words(a, b) >= 3:
                yield (
                    self._named_inside(number, a, b)
                    or self._hearsay(number, a, b)
                    or Attribution(
                        a,
                        b,
                        number,
                        self.author,
                        "",
                        "",
                        cue_stance(self.text, (a, b), None, (a, a), lang=self.lang),
                        "author",
                        1.0,
                        (a, a),
                        self.via,
                    )
                )

    def _named_inside(self, number: int, start: int, end: int) -> Attribution | None:
        """Attribute "what X called Y" to X."""
        m = self.grammar.called.search(self.text, start, end)
        if m is None:
            return None
        speaker = self.finder.resolve(m["who"])
        if speaker is NOBODY:
            return None
        return Attribution(
            start, end, number, speaker, m["who"], m["cue"], 0, "mixed", 0.7, m.span(), self.via
        )

    def _hearsay(self, number: int, start: int, end: int) -> Attribution | None:
        """Attribute a clause with "allegedly" to the speaker of the sentence before it."""
        m = self.cues.distancing.search(self.masked, start, end)
        if m is None or self.last is None or "\n" in self.text[self.last_end : start].strip(" "):
            return None
        return Attribution(
            start,
            end,
            number,
            self.last.speaker,
            self.last.mention,
            m[0],
            -1,
            "paraphrased",
            0.5,
            m.span(),
            self.via,
        )

    def _remember(self, frame: Frame, end: int) -> None:
        self.last, self.last_end = frame, end
        if frame.speaker is not NOBODY:
            self.history.mention(frame.speaker)
            self.spoke.append(frame.speaker)

    def _notice(self, start: int, end: int) -> None:
        """Let a pronoun in the next sentence mean a person of this one, the first before others."""
        persons = [s for _, _, s in self.index.find(self.masked, start, end) if s.kind == "person"]
        for person in reversed(persons):
            self.history.mention(person)

    def _look_back(self, start: int, end: int) -> None:
        """Take in whom a sentence named, for the nouns and pronouns of those after it.

        Who spoke in it stands nearer than who was only named.
        """
        self.index.notice(self.masked, start, end)
        if not self.spoke:
            self.index.introduce_unnamed(self.masked, start, end)
        for speaker in self.spoke:
            self.history.notice(speaker)
        self.history.before = topic_of(self.masked[start:end])

    def _carry(self, m: re.Match[str]) -> None:
        """Take over the author of a reprint ("X reports in Y:") for the text that follows."""
        outlet = self.index.lookup(m["outlet"]) or self.index.resolve(m["outlet"], [])
        self.author = self.index.lookup(m["who"]) or self.index.resolve(m["who"], [])
        self.via = (outlet.source_id,) if outlet is not NOBODY else ()


def attribute(
    text: str, index: SpeakerIndex, cues: CueLexicon, lang: str = "en"
) -> list[Attribution]:
    """Return the attributions of one document by rules, in order of their content.

    Parameters
    ----------
    text : str
        A cleaned document.
    index : SpeakerIndex
    cues : CueLexicon
    lang : str

    Returns
    -------
    list of Attribution
        Content spans do not overlap; a span whose speaker is None is the author's.
    """
    return sorted(Attributor(text, index, cues, lang).run(), key=lambda a: (a.start, a.end))
