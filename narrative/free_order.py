"""Frames where case, not word order, says what is subject (Ukrainian, Russian).

"X сказав, що", "сказав X, що" and "…, сказав X" are equally common, a verb without a subject goes
on with the source before it, and a plural one without a subject names nobody ("Повідомили, що").
A name in an oblique case is no subject, but it can be the office in which something is said ("у
Генштабі повідомили") or the organisation for which a spokesman speaks ("речник Генштабу").
"""

from __future__ import annotations

import re

from narrative.frames import Frame, FrameFinder, Named, Subject
from narrative.grammar import FILL
from narrative.inflect import case_forms
from narrative.lexicon import CueLexicon, FreeOrder
from narrative.speakers import NOBODY, Speaker, SpeakerIndex, normalise_mention

_PHRASE_END = re.compile(
    r"[,;:!?…()\n]|(?<!\b[A-ZА-ЯІЇЄҐ])\.(?=\s|$)|\s[—–-]\s|\u2592"
)  # an initial before a surname ends nothing
_DASH = re.compile(r"[\s,]*[—–-]\s+(?:\w+\s+){0,2}$")  # "— тихо сказав"
_MAX_APART, _MAX_PHRASE = 6, 8
Found = tuple[int, str, Speaker, float]  # where its phrase ends, mention, speaker, score


class FreeOrderFinder(FrameFinder):
    """Finds the frames in the sentences of one document whose language has free word order."""

    def __init__(
        self,
        masked: str,
        index: SpeakerIndex,
        cues: CueLexicon,
        history: list[Speaker],
        words: FreeOrder,
    ) -> None:
        super().__init__(masked, index, cues, history)
        self.words = words
        self._listed = {
            str(row.source_id): f"{row.name}|{row.aliases}".replace("|", " ")
            for row in index.sources.itertuples()
        }

    def resolve(self, mention: str) -> Speaker:
        """Return the source of a mention: a known name inside it, or an earlier speaker."""
        exact = self.index.lookup(mention)
        if exact is not None:
            return exact
        inside = self.index.find(mention, 0, len(mention))
        persons = [s for _, _, s in inside if s.kind == "person"]
        if persons:
            return persons[-1]
        if inside and (inside[0][0] == 0 or self.words.voice.match(mention)):
            return inside[0][2]
        return self._earlier(mention) or self._added(mention) or self._group(mention)

    def _earlier(self, mention: str) -> Speaker | None:
        """Return the latest speaker that one noun stands for ("міністерство додало")."""
        noun = normalise_mention(mention)
        if len(noun.split()) != 1 or not self.words.noun.fullmatch(noun):
            return None
        for speaker in reversed(self.history):
            listed = normalise_mention(self._listed.get(speaker.source_id, speaker.name)).split()
            if any(noun == word or noun in case_forms(word) for word in listed):
                return speaker
        return None

    def _added(self, mention: str) -> Speaker | None:
        """Return the person met before whose name, or surname, the mention is or ends in."""
        plain = normalise_mention(mention)
        for speaker in self.index.added.values():
            if speaker.kind != "person":
                continue
            name = normalise_mention(speaker.name)
            surname = name.split()[-1]
            full = any(plain.endswith(form) for form in (name, *case_forms(name)))
            if full or plain == surname or plain in case_forms(surname):
                return speaker
        return None

    def _group(self, mention: str) -> Speaker:
        name = self.grammar.proper.search(mention)
        if name and not self.words.noun.search(name[1]):
            return self.index.resolve(name[1], self.history)
        group = next((g for g, p in self.words.groups.items() if p.search(mention)), None)
        return self.index.resolve(f"{group} sources", []) if group else NOBODY

    def _impersonal(self, m: re.Match[str], start: int, end: int) -> Frame:
        """Return the frame of "повідомляється", of the source named after it if there is one."""
        edge = _phrase_end(self.masked, m.end(), end)
        reports = self.index.lookup("Unnamed reports") or NOBODY
        found = self._inside(m.end(), end)
        _, mention, speaker, score = found or (edge, m[0], reports, 0.6)
        follows = self.grammar.follows.match(self.masked, edge, end)
        opening = not re.search(r"\w", self.masked[start : m.start()])
        if follows:
            high = follows.end()
        elif opening:
            high = self._after(m.end(), end)
        else:
            high = edge + (self.masked[edge : edge + 1] == ",")
        backward = not opening and follows is None
        this = backward and self.grammar.about_this.match(self.masked, start, m.start())
        low = start if this else m.start()
        return Frame(low, high, m[0], mention, speaker, backward, score)

    def _according(self, m: re.Match[str], start: int, end: int) -> Frame:
        owner = next((w for w in m[0].casefold().split() if w in self.words.possessives), None)
        if owner is None:
            verb = self.cues.verb.search(
                self.masked, m.end(), _phrase_end(self.masked, m.end(), end)
            )
            return super()._according(m, start, verb.start() if verb else end)
        speaker = self.index.resolve(self.words.possessives[owner], self.history)
        stop = m.end() + (self.masked[m.end() : m.end() + 1] == ",")
        backward = bool(re.search(r"\w", self.masked[start : m.start()]))
        return Frame(m.start(), stop, m[0], owner, speaker, backward, 0.7)

    def _verb(self, m: re.Match[str], start: int, end: int, previous: Frame | None) -> Frame | None:
        before = self.masked[start : m.start()]
        if self.grammar.what.search(before) or self.grammar.negated.search(before):
            return None
        stop = self._after(m.end(), end, m[0])
        says_that = self._says_that(m.end(), stop)
        after = before.rstrip()[-1:] in {",", FILL, ""} or _DASH.search(before) is not None
        if previous is not None and self.grammar.goes_on.search(self.masked[start : m.end()]):
            return self._further(m, stop, previous) if says_that else None
        if self.grammar.gerund.match(m[0]) and not says_that:
            return None
        frame = self._as_said(m, start, end) or self._about_this(m, start, end)
        if frame is None and after:
            frame = self._behind(m, start, end)
        if frame is None and (says_that or not self.cues.needs_that(m[0])):
            frame = self._before(m, start, end, stop)
        if frame is None and not after:
            frame = self._behind(m, start, end)
        if frame is not None or not says_that or self.cues.needs_that(m[0]):
            return frame
        if previous is not None and self.grammar.joined.search(before):
            return self._further(m, stop, previous)
        return self._understood(m, start, stop)

    def _as_said(self, m: re.Match[str], start: int, end: int) -> Frame | None:
        """Return the frame of "як сказав X," or "як повідомили у X"."""
        said = self.grammar.as_said.search(self.masked[start : m.start()])
        found = self._phrase(m, end) if said else None
        if said is None or found is None:
            return None
        stop, mention, speaker, score = found
        backward = bool(re.search(r"\w", self.masked[start : start + said.start("as")]))
        high = stop + (self.masked[stop : stop + 1] == ",")
        low = start + said.start("as")
        return Frame(low, high, m[0], mention, speaker, backward, score)

    def _about_this(self, m: re.Match[str], start: int, end: int) -> Frame | None:
        """Return the frame of "Про це повідомив X", whose content is the sentence before it."""
        if not self.grammar.about_this.match(self.masked, start, m.start()):
            return None
        found = self._phrase(m, end)
        if found is None:
            subject = self._subject(start, m.start())
            if subject is None:
                return None
            _, _, mention, speaker, score = subject
            found = _phrase_end(self.masked, m.end(), end), mention, speaker, score
        high, mention, speaker, score = found
        return Frame(start, high, m[0], mention, speaker, True, score)

    def _behind(self, m: re.Match[str], start: int, end: int) -> Frame | None:
        """Return the frame of "сказав X", before its content or after it."""
        before = self.masked[start : m.start()]
        dash = _DASH.search(before)
        spoken = dash is not None or before.rstrip(", ").endswith(FILL)
        found = self._phrase(m, end) or (self._whoever(m.end(), end) if spoken else None)
        if found is None:
            return None
        high, mention, speaker, score = found
        follows = self.grammar.follows.match(self.masked, high, end)
        if follows:
            return Frame(m.start(), follows.end(), m[0], mention, speaker, False, score)
        if re.search(r"\w", before) and not before.rstrip().endswith(",") and not spoken:
            return None
        low = start + dash.start() if dash else m.start()
        high += self.masked[high : high + 1] == ","
        return Frame(low, high, m[0], mention, speaker, True, score)

    def _before(self, m: re.Match[str], start: int, end: int, stop: int) -> Frame | None:
        """Return the frame of "X сказав", before its content or after it."""
        subject = self._office(m, start) or self._subject(start, m.start())
        if subject is None and self._says_that(m.end(), stop) and not self._plain_verb(m, start):
            subject = self._anyone(start, m.start())
        if subject is None:
            return None
        low, at, mention, speaker, score = subject
        after = None if self._says_that(m.end(), stop) else self._trailing(start, at, m.end(), end)
        low, stop = after or (low, stop)
        return Frame(low, stop, m[0], mention, speaker, after is not None, score)

    def _plain_verb(self, m: re.Match[str], start: int) -> bool:
        """Say whether nothing but "then" and "also" stands before a verb in its sentence."""
        bare = self.grammar.auxiliary.sub("", self.masked[start : m.start()])
        return not re.search(r"\w", bare)

    def _understood(self, m: re.Match[str], start: int, stop: int) -> Frame:
        """Return the frame of a verb without a subject: many are nobody, one goes on speaking."""
        names = [n for n in self._names(start, m.start()) if n[2].kind == "person"]
        if names:
            mention, speaker = self.masked[names[-1][0] : names[-1][1]], names[-1][2]
        elif not self._plain_verb(m, start):  # some subject that no rule knows
            mention, speaker = self.masked[start : m.start()].split()[-1], NOBODY
        elif self.grammar.plural.search(m[0]):
            mention, speaker = m[0], self.index.lookup("Unnamed reports") or NOBODY
        else:
            last = (s for s in reversed(self.history) if s.kind != "unnamed")
            mention, speaker = m[0], next(last, NOBODY)
        return Frame(m.start(), stop, m[0], mention, speaker, False, 0.5)

    def _anyone(self, low: int, high: int) -> Subject | None:
        found = super()._anyone(low, high)
        if found is None or normalise_mention(found[2]) not in self.index.oblique:
            return found
        return (*found[:3], NOBODY, found[4])  # a namesake: "Орлова" is no subject form of "Орлов"

    def _names(self, base: int, stop: int) -> list[Named]:
        """Return the known names in a span that can be a subject: those in the nominative."""
        return [
            n
            for n in super()._names(base, stop)
            if normalise_mention(self.masked[n[0] : n[1]]) not in self.index.oblique
        ]

    def _office(self, m: re.Match[str], start: int) -> Subject | None:
        """Return the office in which many say something: "у Генштабі повідомили"."""
        if not self.grammar.plural.search(m[0]):
            return None
        base = self._clause(start, m.start())
        bare = self.grammar.auxiliary.sub("", self.masked[base : m.start()]).rstrip()
        for a, b, speaker in self.index.find(self.masked, base, base + len(bare)):
            near = len(self.masked[b : base + len(bare)].split()) <= 3
            if near and speaker.kind != "person" and self.grammar.place.search(self.masked[base:a]):
                return self._widen(base, a), a, self.masked[a:b], speaker, 0.9
        office = self.grammar.office.search(bare)
        if office is None or not self.words.oblique_noun.fullmatch(office["office"]):
            return None
        at = base + office.start("office")
        return self._widen(base, at), at, office["office"], self.resolve(office["office"]), 0.7

    def _unlisted(self, base: int, bare: str, rest: str) -> Subject | None:
        """Return the subject at the end of `bare` that is a pronoun, an unlisted name or a noun."""
        name = self.grammar.proper.search(bare)
        if name and self._is_person(name[1]):
            at = base + name.start(1)
            return self._widen(base, at), at, name[1], self.resolve(name[1]), 0.7
        word = bare.split()[-1] if bare.split() else ""
        known = self._added(word) if word[:1].isupper() else None
        if known is not None:
            at = base + len(bare) - len(word)
            return self._widen(base, at), at, word, known, 0.7
        return super()._unlisted(base, bare, rest)

    def _is_person(self, name: str) -> bool:
        known = self.index.find(name, 0, len(name))
        return not known and not self.words.noun.search(name)

    def _phrase(self, m: re.Match[str], end: int) -> Found | None:
        """Return the source right after a verb."""
        at = m.end()
        edge = _phrase_end(self.masked, at, end)
        head = self.masked[at:edge]
        near = [
            n for n in self._names(at, edge) if len(self.masked[at : n[0]].split()) <= _MAX_APART
        ]
        for a, b, speaker in [n for n in near if n[2].kind == "person"] or near:
            return self._past_apposition(edge, end), self.masked[a:b], speaker, 0.9
        inside = self._inside(at, end)
        if inside is not None and self.grammar.plural.search(m[0]):
            return inside
        pronoun = self.grammar.pronoun.search(head.split()[0]) if head.split() else None
        if pronoun:
            stands_for = self.cues.pronouns[pronoun[1].casefold()]
            return edge, pronoun[1], self.index.resolve(stands_for, self.history), 0.7
        return self._described(head, edge, end)

    def _inside(self, at: int, end: int) -> Found | None:
        """Return the known organisation after "в": "повідомили в Генштабі"."""
        edge = _phrase_end(self.masked, at, end)
        for a, b, speaker in self.index.find(self.masked, at, edge):
            lead = self.masked[at:a]
            placed = self.grammar.place.search(lead) or (
                self.words.voice.search(lead) and self.grammar.place.search(f"{lead.split()[0]} ")
            )
            if placed and speaker.kind != "person":
                return edge, self.masked[a:b], speaker, 0.8
        return None

    def _described(self, head: str, edge: int, end: int) -> Found | None:
        """Return the source that an unlisted name or a noun phrase names."""
        words = re.split(r"\s(?=(?:у|в|во|на|під|после|після|о|об)\s)", head)[0].strip()
        persons = [n["name"] for n in self.grammar.name.finditer(words)]
        person = next((p for p in reversed(persons) if self._is_person(p)), None)
        if person is not None:
            speaker = self.resolve(person)
            return self._past_apposition(edge, end), person, speaker, 0.8
        surname = next(filter(None, map(self._added, filter(str.istitle, words.split()))), None)
        if surname is not None:
            return self._past_apposition(edge, end), words, surname, 0.8
        short = words and len(words.split()) <= _MAX_PHRASE
        if short and self.cues.speaker_noun.search(words):
            return self._past_apposition(edge, end), words, self.resolve(words), 0.8
        return None

    def _whoever(self, at: int, end: int) -> Found | None:
        """Return whatever stands after the verb of a quotation, whoever it means."""
        edge = _phrase_end(self.masked, at, end)
        words = self.masked[at:edge].strip()
        if not words:
            last = self.history[-1] if self.history else NOBODY
            return edge, "", last, 0.5
        if len(words.split()) > _MAX_APART or self.grammar.blocked.search(words.split()[0] + " "):
            return None
        return edge, words, self.resolve(words), 0.5

    def _past_apposition(self, edge: int, end: int) -> int:
        """Return where the words about a source end: ", речник штабу" or ", який …"."""
        while self.masked[edge : edge + 1] == ",":
            stop = _phrase_end(self.masked, edge + 1, end)
            piece = self.masked[edge + 1 : stop]
            about = self.grammar.apposition.match(piece + ",") or (
                self.cues.speaker_noun.search(piece.strip())
                and not self.cues.verb.search(piece)
                and not self.grammar.further.match(piece.strip())
            )
            gerund = self.grammar.goes_on.match(", " + piece.strip().split(" ")[0])
            further = self.cues.verb.match(piece.strip()) is not None
            if not about and (gerund is None or further):
                break
            edge = stop
        return edge


def _phrase_end(masked: str, at: int, end: int) -> int:
    stop = _PHRASE_END.search(masked, at, end)
    return stop.start() if stop else end


def frame_finder(
    masked: str, index: SpeakerIndex, cues: CueLexicon, history: list[Speaker]
) -> FrameFinder:
    """Return the finder that fits the word order of a language; see `FrameFinder`."""
    if cues.free_order is None:
        return FrameFinder(masked, index, cues, history)
    return FreeOrderFinder(masked, index, cues, history, cues.free_order)
