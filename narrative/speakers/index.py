"""Resolving mentions against a ``sources`` table and the document that they stand in."""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass, field

import pandas as pd

from narrative.inflect import inflected
from narrative.schema import UNKNOWN
from narrative.speakers.bodies import Bodies, is_state, plain_words
from narrative.speakers.discourse import (
    NOBODY,
    PRONOUNS,
    Discourse,
    Speaker,
    antecedent,
    number_of,
)
from narrative.speakers.introductions import apposition_at, indefinite_subject, introductions
from narrative.speakers.matcher import NameMatcher
from narrative.speakers.names import (
    WORD,
    before_preposition,
    camp_of,
    is_body,
    is_capitalised,
    is_side,
    kind_of_name,
    normalise_mention,
    person_key,
    personal_name,
)
from narrative.speakers.phrases import is_called, is_named_by, is_outlet, modifies
from narrative.speakers.register import with_added
from narrative.speakers.roles import STUDENTS, TITLES, UTTERANCES, role_of
from narrative.speakers.table import aliases_of, slug
from narrative.speakers.taken_up import Listed, may_be, taken_up

_BLOCKED = re.compile(
    r"\b(?:of|by|in|with|from|to|for|against|on|near|about|at|around|outside|inside|over|into|"
    r"between)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_DEFINITE = re.compile(r"(?:the|this|that|these|those)\b", re.IGNORECASE)
_POSSESSOR = re.compile(r"(?P<who>.*?\w)[’'](?:s|(?<=s[’']))\s+(?P<what>.+)", re.DOTALL)
_PRONOUN_POSSESSOR = re.compile(r"(?P<who>his|her|its|their)\s+(?P<what>.+)", re.IGNORECASE)
_AND = re.compile(r",?\s+(?:and|together with|along with|as well as)\s+")
_COMPLEMENT = re.compile(r"\s(?:by|from|of)\s+(?P<who>.+)", re.DOTALL)
_STUDIED = re.compile(
    rf"(?:the\s+)?(?:{'|'.join(sorted(STUDENTS))})\s+(?:at|from|of|with)\s+(?P<body>.+)",
    re.IGNORECASE,
)
_ONE_OF = re.compile(r"(?:one|two|both|some|many|several) of (?P<all>the .+|them)", re.IGNORECASE)
_SERVED = re.compile(r"\s(?:for|at|from|with|(?:adviser|advisor|aide) to)\s+")
_IN_PLACE = re.compile(r"\s+(?:in|at)\s+(?:the\s+)?[A-Z][^,]*")
_MINOR = {"of", "for", "the", "and", "on", "in"}
# Bodies that every state has: without a side nobody can tell whose they are.
_COMMON = {
    *("air", "armed", "national", "federal", "central", "joint", "supreme", "high", "general"),
    *("internal", "health", "economy", "justice", "forces", "court", "security"),
}


@dataclass
class SpeakerIndex:
    """Resolves mentions against a ``sources`` table, and remembers whom it had to add.

    Parameters
    ----------
    sources : DataFrame
        The ``sources`` table.
    added : dict of str to Speaker
        Sources that were not listed, by id.
    """

    sources: pd.DataFrame
    added: dict[str, Speaker] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_id: dict[str, Speaker] = {}
        self._listed = Listed()
        self._added_names: dict[tuple[str, ...], Speaker] = {}
        self._discourse: Discourse | None = None
        named = []
        for row in self.sources.itertuples():
            speaker = Speaker(str(row.source_id), str(row.kind), str(row.camp), str(row.name))
            aliases = aliases_of(speaker.name, str(row.aliases))
            self._by_id[speaker.source_id] = speaker
            named += [(alias, speaker) for alias in (speaker.source_id, *aliases)]
            self._listed.describe(speaker, aliases)
        self._bodies = Bodies(named)
        ids = {normalise_mention(alias): speaker.source_id for alias, speaker in named}
        # An inflected form is found, but only the form listed can be a subject.
        self.oblique = inflected(ids)
        named += [(form, self._by_id[i]) for form, i in self.oblique.items()]
        self._matcher = NameMatcher(named)

    def within(self, discourse: Discourse) -> SpeakerIndex:
        """Return this index as one document sees it: with the names that it introduces.

        Sources added by either are the same; names and roles stay in `discourse`.
        """
        view = copy(self)
        view._discourse = discourse
        return view

    def anew(self) -> SpeakerIndex:
        """Return this index as it was before any document added a source to it."""
        other = copy(self)
        other.added, other._added_names = {}, {}
        return other

    def by_id(self, source_id: str) -> Speaker:
        """Return the source of this id, or the unknown one."""
        return self._by_id.get(source_id) or self.added.get(source_id) or NOBODY

    def lookup(self, mention: str) -> Speaker | None:
        """Return the source that `mention` names exactly, if any.

        A person is also known by another spelling or script, and by the surname if the document
        has introduced it.
        """
        words = mention.strip(" ,.:;").split()
        if self._discourse is not None and words and words[0][:1].isupper():
            introduced = self._discourse.names.get(person_key(words))
            if introduced is not None:
                return introduced
        found = self._matcher.by_alias.get(normalise_mention(mention))
        return found or (self._matcher.by_key(words) if words else None)

    def find(self, text: str, start: int, end: int) -> list[tuple[int, int, Speaker]]:
        """Return every known name in ``text[start:end]`` with its span.

        Names of one word must be capitalised, so that "ministry" alone is not a name. A surname
        after another's given name is not the listed person's.
        """
        return sorted(
            self._matcher.find(text, start, end, self._discourse), key=lambda f: (f[0], -f[1])
        )

    def introduce(self, text: str, start: int, end: int) -> None:
        """Note the persons whom ``text[start:end]`` names in full, with title and apposition.

        Does nothing outside a document (see ``within``).
        """
        known = self._discourse
        if known is None:
            return
        for found in introductions(text, start, end):
            speaker = self.lookup(" ".join(found.words))
            if speaker is None and found.is_persons():
                speaker = self._added_person(found.words)
            if speaker is None or speaker.kind != "person":
                continue
            if len(found.words) > 1:
                known.introduce(speaker, found.words)
            known.describe(speaker, found.title)
            known.describe(speaker, found.apposition)
            if found.age:
                known.ages[speaker.source_id] = found.age

    def introduce_person(self, name: str) -> None:
        """Note a person whom something else than a rule found named in full."""
        words = personal_name(name.split())[0]
        if self._discourse is not None and len(words) > 1:
            speaker = self.lookup(" ".join(words)) or self._added_person(words)
            if speaker.kind == "person":
                self._discourse.introduce(speaker, words)

    def notice(self, text: str, start: int, end: int) -> None:
        """Note whom ``text[start:end]`` names, the first last.

        What a noun takes up later need not have spoken. Does nothing outside a document.
        """
        known = self._discourse
        if known is None:
            return
        for a, b, speaker in reversed(self.find(text, start, end)):
            if is_state(text[a:b]):  # "Kyiv" is everywhere, and seldom "the government" after it
                continue
            # Of persons, who is only named in passing comes no nearer than who spoke.
            known.notice(speaker, again=speaker.kind != "person")
            if speaker.kind != "person":
                known.describe(speaker, apposition_at(text, b, end))

    def introduce_unnamed(self, text: str, start: int, end: int) -> None:
        """Note whom a sentence is about without a name ("One NATO official went further")."""
        phrase, known = indefinite_subject(text, start, end), self._discourse
        if phrase and known is not None:
            speaker = self._unnamed(camp_of(phrase) or self._camp_served(phrase))
            if speaker is not NOBODY:
                known.mention(speaker)
            self.learn(phrase, speaker, known)

    def is_no_body(self, phrase: str) -> bool:
        """Say whether a phrase before a colon is no source: a place, or what a text is about."""
        words = WORD.findall(phrase)
        speaks = self.lookup(phrase) or any(is_body(w) or role_of(w) for w in words)
        return not speaks or (is_side(phrase) and phrase != "Kremlin")

    def resolve(self, mention: str, history: list[Speaker]) -> Speaker:
        """Return the source that a mention stands for, given earlier speakers of its document.

        Order: exact alias; a pronoun; a named person with or without title and apposition (of
        joint sources the first, of "X's spokesman" not X); a listed body at the end of the
        mention; a noun ("the ministry", "the general") by the latest speaker with that role; an
        unlisted personal name, which is added with unknown camp; an unnamed group with the camp
        that its adjective or its possessor states. Otherwise ``unknown``.

        Parameters
        ----------
        mention : str
        history : list of Speaker
            Latest last. A ``Discourse`` also learns from the mention, and knows genders and roles.
        """
        speaker = self._resolve(mention, history)
        if isinstance(history, Discourse):
            self.learn(mention, speaker, history)
        return speaker

    def learn(self, mention: str, speaker: Speaker, history: Discourse) -> None:
        """Note what a mention says of whom it stands for: a name in full, a role, one or many."""
        plain = normalise_mention(mention)
        if plain in PRONOUNS:
            return
        number = number_of(before_preposition(mention))
        if speaker is NOBODY:
            history.stranger = number
            if number in ("person", "group") and not _DEFINITE.match(mention):
                history.notice_stranger(before_preposition(mention))
            return
        if speaker.kind == "unnamed":
            history.plural[speaker.source_id] = number == "group"
            (history.bodies.add if number == "organisation" else history.bodies.discard)(
                speaker.source_id
            )
            history.genders.pop(speaker.source_id, None)
            history.describe(speaker, before_preposition(mention))
        elif _AND.search(mention):
            history.plural[speaker.source_id] = True
        name = personal_name(WORD.findall(before_preposition(mention.split(",")[0])))[0]
        if speaker.kind == "person":
            if len(name) > 1:
                history.introduce(speaker, name)
            if ("," in mention and mention[:1].islower()) or _DEFINITE.match(mention):
                history.describe(speaker, before_preposition(mention.split(",")[0]))
        elif name and speaker.kind == "outlet" and speaker.source_id == f"named_{slug(name[-1])}":
            history.introduce(speaker, name[-1:])

    def _resolve(self, mention: str, history: list[Speaker]) -> Speaker:
        exact = self.lookup(mention)
        if exact is not None:
            return exact
        plain = normalise_mention(mention)
        if plain in PRONOUNS:
            return antecedent(plain, history)
        segments = re.split(r",\s+", mention.strip())
        named = self._named(_AND.split(segments[0])[0], history)
        if named is None:
            named = self._named(segments[0], history)
        if named is None and len(segments) > 1 and segments[1][:1].isupper():
            named = self._named(segments[1], history)
        if named is not None:
            return named
        return self._noun_phrase(segments[0], history) if plain else NOBODY

    def _named(self, phrase: str, history: list[Speaker]) -> Speaker | None:
        """Return the person or body that a phrase names, not the one that it only belongs to."""
        exact = self.lookup(phrase)
        if exact is not None:
            return exact
        possessed = _POSSESSOR.fullmatch(phrase)
        part = possessed["what"] if possessed else phrase
        inside = [f for f in self.find(part, 0, len(part)) if not _BLOCKED.search(part[: f[0]])]
        persons = [s for _, b, s in inside if s.kind == "person" and not modifies(part[b:])]
        if persons:
            return persons[-1]
        whole = inside and not part[inside[-1][1] :].strip(" .") and is_named_by(part, inside[-1])
        person = None if whole else self._personal(part, history)
        if person is not None or not inside:
            return person
        a, b, speaker = inside[-1]
        last = normalise_mention(part).split()[-1:]
        rest = part[b:].rstrip(" .")
        at_end = not rest or normalise_mention(speaker.name).split()[-1:] == last
        at_end = at_end or bool(_IN_PLACE.fullmatch(rest)) or is_called(rest, speaker)
        before = phrase[: len(phrase) - len(part) + a]
        return speaker if at_end and may_be(camp_of(before), speaker) else None

    def _personal(self, part: str, history: list[Speaker]) -> Speaker | None:
        """Return the person whose name ends a phrase: listed, introduced or added."""
        words = WORD.findall(before_preposition(part))
        name, titled = personal_name(words)
        if not name:
            return None
        known = self.lookup(" ".join(name))
        if known is not None and known.kind == "person":
            return known
        if is_outlet(words[: -len(name)]):
            return self._add("named", " ".join(name), "outlet", UNKNOWN)
        if len(name) > 1:
            return self._added_person(name)
        if not titled and len(words) > 1:
            return None
        surname = person_key(name)[-1]
        earlier = (s for s in reversed(history) if s.kind == "person")
        return next((s for s in earlier if person_key(s.name.split())[-1] == surname), None)

    def _noun_phrase(self, phrase: str, history: list[Speaker]) -> Speaker:
        body = self._bodies.stated(phrase)
        if body is not None:
            return body
        possessed = _POSSESSOR.fullmatch(phrase) or _PRONOUN_POSSESSOR.fullmatch(phrase)
        if possessed is not None:
            return self._possessed(phrase, possessed["who"], possessed["what"], history)
        if complement := self._uttered(phrase):
            return self._resolve(complement, history)
        if (studied := _STUDIED.fullmatch(phrase)) and (body := self.lookup(studied["body"])):
            return body
        if one := _ONE_OF.fullmatch(phrase):
            return self._resolve(one["all"], history)
        if _DEFINITE.match(phrase):
            body = taken_up(phrase, history, self._listed, self._bodies)
        if body is None and isinstance(history, Discourse):
            body = self._bodies.bare(phrase, history.before, history.home)
        if body is not None:
            return body
        return self._body(phrase) or self._unnamed(camp_of(phrase) or self._camp_served(phrase))

    def _camp_served(self, phrase: str) -> str:
        """Return the camp of the source that an unnamed one speaks for or works at, if known."""
        m = _SERVED.search(phrase)
        served = self.find(phrase, m.end(), len(phrase)) if m else []
        if m is None or not served or phrase[m.end() : served[0][0]].strip() not in ("", "the"):
            return ""
        camp = served[0][2].camp
        return "" if camp == UNKNOWN else camp

    def _possessed(self, phrase: str, who: str, what: str, history: list[Speaker]) -> Speaker:
        """Return whom "X's adviser" stands for: somebody unnamed on X's side, not X."""
        owner = self._resolve(who, history)
        head = plain_words(before_preposition(what))[-1:]
        if head and {head[0], head[0].removesuffix("s")} & UTTERANCES:
            return owner
        if owner.kind == "organisation" and head in ([w] for w in STUDENTS):
            return owner
        return self._unnamed(camp_of(phrase) or (owner.camp if owner.camp != UNKNOWN else ""))

    def _uttered(self, phrase: str) -> str:
        """Return the words for whose statement, report or post a phrase is about, if they stand."""
        core = before_preposition(phrase)
        if plain_words(core)[-1:] not in ([u] for u in UTTERANCES):
            return ""
        for low, high, _ in self.find(core, 0, len(core)):  # "the Courier story of 6 December"
            if len(core[high:].split()) == 1:
                return core[low:high]
        complement = _COMPLEMENT.search(phrase)
        return complement["who"] if complement else ""

    def _body(self, phrase: str) -> Speaker | None:
        """Return an unlisted organisation or outlet named by its proper name, which is added."""
        name = re.sub(r"^(?:the|a|an)\s+", "", phrase.strip(" ,"), flags=re.IGNORECASE)
        words = [w for w in WORD.findall(name) if w not in _MINOR]
        own = [w for w in words if not (is_body(w) or role_of(w) or w.casefold() in TITLES)]
        capital = all(map(is_capitalised, words)) and not any(map(is_side, words))
        if not capital or len(words) < 2 or all(w.casefold() in _COMMON for w in own):
            return None
        if not any(map(is_body, words)):
            return None
        return self._add("named", name, kind_of_name(name), UNKNOWN)

    def _added_person(self, words: list[str]) -> Speaker:
        key = person_key(words)
        if key not in self._added_names:
            self._added_names[key] = self._add("named", " ".join(words), "person", UNKNOWN)
        return self._added_names[key]

    def _unnamed(self, camp: str) -> Speaker:
        if not camp:
            return NOBODY
        return self._add("unnamed", camp, "unnamed", camp)

    def _add(self, prefix: str, name: str, kind: str, camp: str) -> Speaker:
        source_id = f"{prefix}_{slug(name)}"
        shown = f"Unnamed, {name.replace('_', '-')}" if prefix == "unnamed" else name
        return self.added.setdefault(source_id, Speaker(source_id, kind, camp, shown))

    def table(self) -> pd.DataFrame:
        """Return the ``sources`` table with the sources that had to be added."""
        return with_added(self.sources, self.added.values())
