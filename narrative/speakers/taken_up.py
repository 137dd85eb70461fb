"""Whom a noun with "the" takes up: "the ministry", "the officer", "the 38-year-old"."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from narrative.schema import UNKNOWN
from narrative.speakers.bodies import Bodies, plain_words, states_in
from narrative.speakers.discourse import NOBODY, Discourse, Speaker, roles_in
from narrative.speakers.names import before_preposition, camp_of
from narrative.speakers.roles import (
    OCCUPATIONS,
    OUTLETS,
    UTTERANCES,
    calls,
    gender_of_words,
    is_plural,
    person_role,
    role_of,
)

_PORTFOLIOS: Final = frozenset(
    {"defence", "economy", "energy", "finance", "foreign", "health", "interior", "prime"}
)
_THINK_TANKS: Final = frozenset({"center", "centre", "council", "foundation", "institute", "tank"})
_SIDE_OF: Final = {"pro_russian": "russian", "pro_ukrainian": "ukrainian"}
_AGE: Final = re.compile(r"\b(\d{1,3})-year-old\b")
_IN: Final = re.compile(r"\s+in\s+(?:the\s+)?[\w. ]+")
Roles = dict[str, frozenset[str]]


@dataclass
class Listed:
    """What the names and aliases of the listed sources say of them.

    Parameters
    ----------
    words, heads : dict of str to set of str
        The words of their names, and the nouns that those are about, by id.
    roles : dict of str to dict
        The role nouns among them, each with the words before it.
    """

    words: dict[str, set[str]] = field(default_factory=dict)
    heads: dict[str, set[str]] = field(default_factory=dict)
    roles: dict[str, Roles] = field(default_factory=dict)

    def describe(self, speaker: Speaker, aliases: list[str]) -> None:
        """Take in the names of a source."""
        words = self.words.setdefault(speaker.source_id, set())
        heads = self.heads.setdefault(speaker.source_id, set())
        roles = self.roles.setdefault(speaker.source_id, {})
        for alias in aliases:
            words.update(plain_words(alias))
            heads.update(plain_words(before_preposition(alias))[-1:])
            roles.update(roles_in(alias))


def taken_up(phrase: str, history: list[Speaker], listed: Listed, bodies: Bodies) -> Speaker | None:
    """Return whom a noun phrase with "the" or "this" takes up, if anybody.

    That is the latest who has spoken, or was only named or introduced, and fits by role, rank,
    age or the words of the name. ``NOBODY`` where that is somebody unnamed of no known side.
    """
    known = history if isinstance(history, Discourse) else Discourse(history)
    age = _AGE.search(phrase)
    if age is not None:
        return _of_age(age[1], known)
    head = before_preposition(phrase)
    words = plain_words(head)[1:]
    if words and words[-1] in UTTERANCES:
        return next((s for s in reversed(history) if s is not NOBODY), None)
    # "The spokesman for the fleet" tells who is meant; it does not go back to anybody.
    located = _IN.fullmatch(phrase, len(head)) and states_in(phrase[len(head) :])
    if not words or (head != phrase and not located):
        return None
    camp = camp_of(head)
    words = [w for w in words if w != "same" and not camp_of(w.title())]
    fitting = (s for s in reversed(known.noticed) if may_be(camp, s))
    if located:
        fitting = (s for s in fitting if s is not NOBODY and bodies.may_be_of(phrase, s))
    found = next((s for s in fitting if words and _answers(words, s, known, listed)), None)
    return found or _newcomer(words, known)


def _of_age(age: str, known: Discourse) -> Speaker | None:
    """Return who is of this age, else the latest speaker of no known one."""
    same = next((s for s in reversed(known.noticed) if known.ages.get(s.source_id) == age), None)
    if same is not None:
        return same
    single = [
        s
        for s in known
        if s.kind == "person" or (s.kind == "unnamed" and known.plural.get(s.source_id) is False)
    ]
    found = next((s for s in reversed(single) if s.source_id not in known.ages), None)
    if found is None or NOBODY not in known.noticed or known.plural.get(UNKNOWN):
        return found
    return max(found, NOBODY, key=known.noticed.index)


def _newcomer(words: list[str], known: Discourse) -> Speaker | None:
    """Return who was just introduced by name alone ("the medic"), if the noun can be theirs."""
    role = person_role(words[-1]) if words else ""
    if role in ("", "source") or is_plural(words[-1]):
        return None
    new = known.newcomer
    if new is None and known and role in OCCUPATIONS:
        new = known[-1] if known[-1].kind == "person" else None
        busy = new is not None and any(map(person_role, known.roles.get(new.source_id, {})))
        new = None if busy or known.stranger == "person" else new
    if new is None:
        return None
    return None if _differ(gender_of_words(" ".join(words)), known.gender(new)) else new


def _answers(words: list[str], speaker: Speaker, known: Discourse, listed: Listed) -> bool:
    said = known.roles.get(speaker.source_id, {})
    roles = listed.roles.get(speaker.source_id, {}) | said
    noun = role_of(words[-1])
    if speaker.kind in ("organisation", "outlet"):
        own = listed.words.get(speaker.source_id) or set(plain_words(speaker.name))
        heads = listed.heads.get(speaker.source_id) or own
        if words[-2:] == ["think", "tank"]:
            return bool(own & _THINK_TANKS) or "tank" in said
        described = len(words) == 1 and noun in said and not person_role(noun)
        outlet = speaker.kind == "outlet" and noun in OUTLETS
        # "The military" is no word for the military intelligence.
        named = set(words) <= own and words[-1] in heads
        return named or described or outlet
    if speaker.kind == "unnamed" and not person_role(noun):
        return speaker.source_id in known.bodies and len(words) == 1 and noun in said
    many = is_plural(words[-1])
    plural = known.plural.get(speaker.source_id, many) and speaker.kind == "unnamed"
    if not person_role(noun) or many != plural:
        return False
    if _differ(gender_of_words(" ".join(words)), known.gender(speaker)):
        return False
    mine = _PORTFOLIOS & set(words)
    return any(
        calls(noun, role) and not (mine and portfolio & _PORTFOLIOS and not mine & portfolio)
        for role, portfolio in roles.items()
    )


def may_be(camp: str, speaker: Speaker) -> bool:
    """Say whether a stated camp does not speak against a speaker."""
    side = _SIDE_OF.get(speaker.camp, speaker.camp)
    return not camp or speaker.camp == UNKNOWN or _SIDE_OF.get(camp, camp) == side


def _differ(one: str, other: str) -> bool:
    return bool(one and other) and one != other
