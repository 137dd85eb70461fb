"""When a claim was said, and which days it is about.

The author speaks on the day of publication. A reported statement has, in this order,

1. the date of its frame: inside the frame ("Koval said on Friday that"), in an adjunct before it
   with no clause between ("On Friday, Koval said", "In a statement on Friday, Koval said"), right
   after the verb ("Koval said on Friday the bridge fell", but not after "that"), or after the name
   of an utterance in the content's tail (", in a statement on Friday");
2. the date that the sentence before opens with, if it goes on to name the source and reports
   nothing itself ("On Friday Koval visited the town. He said");
3. the last date that the text gave for the same source, while it lasts;
4. the month of publication, because news reports what was said lately.

A date inside the content is what it is about, wherever it stands: "On Friday the town fell, Koval
said" does not say when Koval spoke. A date after "after", "since" or "which" belongs to another
event. Of several, the most precise and then the nearest holds.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import timedelta

from narrative.attribution import Attributor
from narrative.credited import Attribution
from narrative.date_lexicon import load_dates
from narrative.dating import AFTER, DateSpan, find_dates, publication_range
from narrative.schema import UNKNOWN
from narrative.segmentation import Span

OTHER_YEAR = "other_year"
KEPT_PARAGRAPHS = 10  # how far a source's date reaches once other statements are dated
_RANK = {"day": 0, "month": 1, "season": 2, "year": 3}
_TAIL_WORDS, _CLAUSE_WORDS, _BEHIND, _AFTER_VERB = 3, 3, 120, 30
_FAR = timedelta(days=300)
_BREAK = re.compile(r"\n\s*")


class Dater:
    """Dates the claims of one document in the order of the text.

    Parameters
    ----------
    attributor : Attributor
        That of the document, after it has run.
    attributions : sequence of Attribution
        All of the document.
    published : str
        ISO date of any precision.
    lang : str
    """

    def __init__(
        self,
        attributor: Attributor,
        attributions: Sequence[Attribution],
        published: str,
        lang: str = "en",
    ) -> None:
        self.text, self.sentences = attributor.text, attributor.sentences
        self.masked, self.index = attributor.masked, attributor.index
        self.published, self.words = published, load_dates(lang)
        self.anchor = publication_range(published)[1]
        self.dates = find_dates(self.text, published, lang)
        self._starts = [d.start for d in self.dates]
        self._ends = [d.end for d in self.dates]
        reported = [a for a in attributions if a.voice != "author"]
        spans = {(a.start, a.end) for a in reported}
        self._contents = sorted(s for s in spans if not self._is_adjunct(*s))
        taken = {*self._contents, *(a.frame for a in reported)}
        self._taken_starts = sorted(start for start, _ in taken)
        self._taken_ends = sorted(end for _, end in taken)
        self._spoken = {d.start for d in self.dates if self._of_utterance(d)}
        self._spoken |= {d.start for a in reported for d in self._after_verb(a)}
        self._breaks = [m.start() for m in _BREAK.finditer(self.text)]
        self._clock: dict[str, tuple[DateSpan, int]] = {}
        self._last_dated = -1

    def between(self, low: int, high: int) -> list[DateSpan]:
        """Return the dates that share a character with ``[low, high)``."""
        return self.dates[bisect_right(self._ends, low) : bisect_left(self._starts, high)]

    def said(self, a: Attribution, source_id: str) -> tuple[str, str, str]:
        """Return when a claim was said, with its precision and a flag.

        Parameters
        ----------
        a : Attribution
        source_id : str
            Its speaker.

        Returns
        -------
        tuple of str
            ``said_at`` cut to its precision, ``day``, ``month``, ``season`` or ``year``, and a
            flag: ``after_publication`` or ``other_year`` where the text gives a date that cannot
            be, or is an evident slip for the same day of another year; such a date is not used.
        """
        if a.voice == "author":
            return self.published, _precision_of(self.published), ""
        dated = self._own(a) or self._before(a, source_id)
        flag = self._doubt(dated) if dated is not None else ""
        if dated is not None and not flag:
            self._clock[source_id] = dated, a.start
            self._last_dated = a.start
        else:
            dated = self._carried(source_id, a.start)
        if dated is not None:
            return dated.iso(), dated.precision, flag
        if _precision_of(self.published) == "year":
            return self.published, "year", flag
        return self.published[: len("2025-12")], "month", flag

    def about(self, start: int, end: int, voice: str, said: str) -> tuple[str, str]:
        """Return the first and last day that a claim is about, as ISO days, or two empty strings.

        Its dates if it has any, "since" them up to when it was said; else, in the present tense,
        when it was said. The past or the future without a date is about no known time.
        """
        claim = self.text[start:end]
        dates = self._inside(start, end)
        if dates:
            first, last = min(d.first for d in dates), max(d.last for d in dates)
            if said and any(self._follows(d, self.words.since) for d in dates):
                last = max(last, min(publication_range(said)[1], self.anchor))
            return first.isoformat(), last.isoformat()
        bare = self.words.future.sub(" ", claim)
        present = self.words.present.search(bare) or (
            voice != "author" and self.words.still.search(bare)
        )
        if not said or not present:
            return "", ""
        first, last = publication_range(said)
        return first.isoformat(), last.isoformat()

    def flags(self, start: int, end: int) -> set[str]:
        """Return the flags of the dates of a claim; a plan may lie after publication."""
        claim = self.text[start:end]
        if self.words.future.search(claim) or self.words.planned.search(claim):
            return set()
        dates = [d for d in self._inside(start, end) if d.flag]
        return {d.flag for d in dates if not self._follows(d, self.words.until)}

    def _inside(self, start: int, end: int) -> list[DateSpan]:
        dates = [d for d in self.between(start, end) if start <= d.start and d.end <= end]
        return [d for d in dates if d.start not in self._spoken]

    def _is_adjunct(self, start: int, end: int) -> bool:
        """Say whether what looks like content is only when and where: "In a post on Friday"."""
        if self.words.utterance.match(self.text, start, end):
            return True
        bare, at = "", start
        for d in self.between(start, end):
            bare, at = bare + self.text[at : d.start], max(at, d.end)
        return at > start and len(re.findall(r"\w+", bare + self.text[at:end])) < _CLAUSE_WORDS

    def _sentence(self, at: int) -> Span:
        number = max(bisect_right(self.sentences, at, key=lambda s: s[0]) - 1, 0)
        return self.sentences[number]

    def _own(self, a: Attribution) -> DateSpan | None:
        """Return the date of the frame of a claim."""
        start, end = a.frame
        low, high = self._sentence(start)
        at = bisect_right(self._taken_ends, start)
        low = max(low, self._taken_ends[at - 1]) if at else low
        at = bisect_left(self._taken_starts, max(end, start + 1))
        high = min(high, self._taken_starts[at]) if at < len(self._taken_starts) else high
        near = [
            d
            for d in self.between(low, high)
            if low <= d.start and not self._reported(d) and self._stands_by(d, low, a.frame)
        ]
        near += [d for d in self.between(a.start, a.end) if d.start in self._spoken]
        return min(
            near,
            key=lambda d: (_RANK[d.precision], max(start - d.end, d.start - end, 0)),
            default=None,
        )

    def _reported(self, d: DateSpan) -> bool:
        """Say whether a date stands inside reported content."""
        at = bisect_right(self._contents, (d.start, len(self.text))) - 1
        return at >= 0 and d.end <= self._contents[at][1]

    def _stands_by(self, d: DateSpan, low: int, frame: Span) -> bool:
        """Say whether a date is an adjunct of a frame, not of another event beside it."""
        if self._of_other_event(d, low):
            return False
        if d.end <= frame[0]:
            between = self.text[d.end : frame[0]]
            return not re.search(r"[;:—–]", between) and not any(
                between[: m.start()].rstrip().endswith(",")
                for m in self.words.joined.finditer(between)
            )
        between = self.text[frame[1] : d.start] if d.start > frame[1] else ""
        return len(between.split()) <= _TAIL_WORDS and not re.search(r"[,;:.—–]", between)

    def _of_other_event(self, d: DateSpan, low: int) -> bool:
        if self.words.clause.match(self.text, d.start, d.end):
            return True
        lead = self.text[low : d.start]
        comma = lead.rfind(",")
        part = lead[comma + 1 :].lstrip(" \n\"“”«»'’—–-")
        if self.words.clause.match(part):
            return True
        return comma >= 0 and self.words.relative.match(part) is not None

    def _of_utterance(self, d: DateSpan) -> bool:
        """Say whether a date closes a tail like ", in a statement on Friday"."""
        low = max(self._sentence(d.start)[0], d.start - _BEHIND)
        return any(
            self.text[low : m.start()].rstrip().endswith(",")
            and len(self.text[m.end() : d.start].split()) <= 1
            for m in self.words.utterance.finditer(self.text, low, d.start)
        )

    def _after_verb(self, a: Attribution) -> list[DateSpan]:
        """Return the date that opens content right after its verb: "Koval said on Friday the".

        After "that", a colon, a comma or a quotation mark it is part of the content.
        """
        end = a.frame[1]
        if a.voice == "quoted" or not end <= a.start < end + _AFTER_VERB:
            return []
        frame = self.text[a.frame[0] : end].rstrip()
        last = re.search(r"\w+$", frame)
        if last is None or self.words.relative.fullmatch(last[0]):
            return []
        dates = self.between(a.start, a.start + _AFTER_VERB)
        return [
            d
            for d in dates[:1]
            if re.fullmatch(r"\s*(?:\w+\s+){0,2}", self.text[end : d.start])
            and d.precision in ("day", "month")
            and not self._of_other_event(d, end)
            and not re.match(r"\s*[,.;:]", self.text[d.end : a.end])
        ]

    def _follows(self, d: DateSpan, words: re.Pattern[str]) -> bool:
        """Say whether a date opens with some words, or stands right after them."""
        if words.match(self.text, d.start, d.end):
            return True
        low = max(0, d.start - 16)
        return any(
            not self.text[m.end() : d.start].strip()
            for m in words.finditer(self.text, low, d.start)
        )

    def _before(self, a: Attribution, source_id: str) -> DateSpan | None:
        """Return the date that the sentence before opens with, if it names the source."""
        start, _ = self._sentence(a.frame[0])
        number = bisect_left(self.sentences, (start, 0)) - 1
        if number < 0 or source_id == UNKNOWN:
            return None
        low, high = self.sentences[number]
        at = bisect_left(self._taken_ends, low + 1)
        silent = at == len(self._taken_ends) or self._taken_ends[at] > high
        dates = [d for d in self.between(low, high) if d.precision in ("day", "month")]
        if not silent or len(dates) != 1 or self.text[high:start].count("\n") > 1:
            return None
        (d,) = dates
        named = any(
            s.source_id == source_id for _, _, s in self.index.find(self.masked, d.end, high)
        )
        return d if named and not self._of_other_event(d, low) else None

    def _doubt(self, d: DateSpan) -> str:
        """Return why a date cannot be that of a statement, "" if it can."""
        if d.flag or d.first > self.anchor:
            return AFTER
        if d.precision != "day" or self.anchor - d.first < _FAR:
            return ""
        next_year = (d.first.year + 1, d.first.month, d.first.day)
        twin = any(
            (t.first.year, t.first.month, t.first.day) == next_year and t.precision == "day"
            for t in self.dates
        )
        stated = any(
            y.precision == "year" and y.first <= d.first <= y.last
            for y in self.between(*self._sentence(d.start))
        )
        return OTHER_YEAR if twin and not stated else ""

    def _carried(self, source_id: str, at: int) -> DateSpan | None:
        """Return the last date of a source, unless it is used up.

        A year or a season lasts to the end of its paragraph. A day or a month lasts for some
        paragraphs, or until the text dates another statement.
        """
        if source_id == UNKNOWN or source_id not in self._clock:
            return None
        d, since = self._clock[source_id]
        passed = bisect_left(self._breaks, at) - bisect_left(self._breaks, since)
        if d.precision in ("season", "year"):
            return d if not passed else None
        return d if passed <= KEPT_PARAGRAPHS or since == self._last_dated else None


def _precision_of(value: str) -> str:
    return {4: "year", 7: "month", 10: "day"}.get(len(value), UNKNOWN)
