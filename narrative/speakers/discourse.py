"""What a document has told about its speakers so far, and whom "he" or "the ministry" takes up."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from narrative.schema import UNKNOWN
from narrative.speakers.names import WORD, gender_of_name, normalise_mention, person_key
from narrative.speakers.roles import gender_of_words, is_plural, person_role, role_of


@dataclass(frozen=True)
class Speaker:
    """Who a mention stands for.

    Parameters
    ----------
    source_id : str
        Canonical id, or ``unknown`` where the mention could not be resolved.
    kind, camp : str
        As in the ``sources`` table.
    name : str
        Name to list the source under.
    """

    source_id: str
    kind: str
    camp: str
    name: str


NOBODY: Final = Speaker(UNKNOWN, "unnamed", UNKNOWN, "Unknown")
PRONOUNS: Final = {
    **dict.fromkeys(("he", "him", "his"), "m"),
    **dict.fromkeys(("she", "her", "hers"), "f"),
    **dict.fromkeys(("it", "its"), "it"),
    **dict.fromkeys(("they", "them", "their"), "they"),
}


class Discourse(list[Speaker]):
    """Earlier speakers of one document, latest last, with what the document says of them.

    It is a plain list to whoever only appends speakers. Names, genders and roles are added by
    ``SpeakerIndex.introduce`` and ``SpeakerIndex.resolve``; nothing is kept for another document.
    """

    def __init__(self, speakers: Iterable[Speaker] = ()) -> None:
        super().__init__(speakers)
        # Who was named, introduced or spoke, latest last; NOBODY for "a resident".
        self.noticed: list[Speaker] = list(self)
        self.names: dict[tuple[str, ...], Speaker] = {}
        self.genders: dict[str, str] = {}
        self.roles: dict[str, dict[str, frozenset[str]]] = {}
        self.plural: dict[str, bool] = {}
        self.ages: dict[str, str] = {}
        # Unnamed sources that were last called a body: "Russia's embassy".
        self.bodies: set[str] = set()
        # Who was introduced by name alone in the sentence before, and has not spoken.
        self.newcomer: Speaker | None = None
        # Camp of the outlet, and what the sentence before is about.
        self.home = self.before = ""
        # The latest source that nobody could be found for: "a resident", "several experts".
        self.stranger = ""

    def append(self, speaker: Speaker) -> None:
        """Add the latest speaker."""
        self.stranger = ""
        super().append(speaker)
        self.notice(speaker)

    def mention(self, speaker: Speaker) -> None:
        """Make a speaker the latest, each standing once: a long document has few."""
        if speaker in self:
            self.remove(speaker)
        self.append(speaker)

    def notice(self, speaker: Speaker, *, again: bool = True) -> None:
        """Note who was named last, whether or not they spoke; if not `again`, only for once."""
        if speaker in self.noticed and not again:
            return
        if speaker in self.noticed:
            self.noticed.remove(speaker)
        self.noticed.append(speaker)

    def notice_stranger(self, phrase: str) -> None:
        """Note that somebody of no known side was introduced: "a resident"."""
        self.roles[UNKNOWN] = roles_in(phrase)
        self.plural[UNKNOWN] = number_of(phrase) == "group"
        self.notice(NOBODY)

    def introduce(self, speaker: Speaker, words: list[str]) -> None:
        """Note that the document names a person; the surname alone means them from here on."""
        key = person_key(words)
        self.names[key] = self.names[key[-1:]] = speaker

    def describe(self, speaker: Speaker, phrase: str) -> None:
        """Note the roles and the gender that a title or apposition gives to a speaker."""
        self.roles.setdefault(speaker.source_id, {}).update(roles_in(phrase))
        gender = gender_of_words(phrase)
        if gender and speaker.kind != "organisation":
            self.genders[speaker.source_id] = gender

    def gender(self, speaker: Speaker) -> str:
        """Return "m" or "f" by what the document says, else by the name, else ""."""
        return self.genders.get(speaker.source_id) or (
            gender_of_name(speaker.name) if speaker.kind == "person" else ""
        )


def roles_in(phrase: str) -> dict[str, frozenset[str]]:
    """Return the role nouns of a noun phrase, each with the words right before it.

    Examples
    --------
    >>> {r: sorted(w) for r, w in roles_in("the former defence minister").items()}
    {'minister': ['defence', 'former']}
    """
    words = [w.casefold() for w in WORD.findall(phrase)]
    return {
        role: frozenset(w.replace("defense", "defence") for w in words[max(0, i - 2) : i])
        - {"the", "a", "an"}
        for i, w in enumerate(words)
        if (role := role_of(w))
    }


def number_of(mention: str) -> str:
    """Return what an unnamed mention stands for: "person", "group", "organisation" or "any"."""
    words = normalise_mention(mention).split()
    for word in words:
        if person_role(word):
            return "group" if is_plural(word) else "person"
    if words and is_plural(words[-1]):
        return "group"
    if words and role_of(words[-1]):
        return "organisation"
    return "group" if words and re.search(r"[^su]s$", words[-1]) else "any"


def antecedent(pronoun: str, history: list[Speaker]) -> Speaker:
    """Return the latest speaker that a pronoun can take up, or nobody.

    "He" and "she" take persons whose gender is the same or not known, "it" organisations and
    outlets, "they" groups and organisations. Where a source that nobody could be found for stands
    nearer ("A resident said ... She added"), nobody is returned rather than the one before.
    """
    form = PRONOUNS[pronoun]
    known = history if isinstance(history, Discourse) else None
    if known is not None and _is_strangers(form, known.stranger):
        return NOBODY
    for speaker in reversed(history):
        if speaker is NOBODY or not _fits(form, speaker, known):
            continue
        if known is not None and form in ("m", "f"):
            known.genders.setdefault(speaker.source_id, form)
        return speaker
    return NOBODY


def _is_strangers(form: str, stranger: str) -> bool:
    wanted = {"it": "organisation", "they": "group"}.get(form, "person")
    return stranger in (wanted, "any")


def _fits(form: str, speaker: Speaker, known: Discourse | None) -> bool:
    unnamed = speaker.kind == "unnamed"
    plural = known.plural.get(speaker.source_id) if known is not None else None
    body = known is not None and unnamed and speaker.source_id in known.bodies
    if form == "it":
        return speaker.kind in ("organisation", "outlet") or body
    if body and form in ("m", "f"):
        return False
    if form == "they":
        return bool(plural) or speaker.kind == "organisation" or (unnamed and plural is None)
    if unnamed and plural is not False:
        return False
    gender = known.gender(speaker) if known is not None else ""
    return speaker.kind in ("person", "unnamed") and gender in ("", form)
