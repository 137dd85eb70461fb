"""What the words around a name in a mention make of it."""

from __future__ import annotations

from narrative.speakers.bodies import plain_words
from narrative.speakers.discourse import Speaker
from narrative.speakers.names import WORD, before_preposition, personal_name
from narrative.speakers.roles import OUTLETS, STUDENTS, role_of


def is_outlet(before: list[str]) -> bool:
    """Say whether what stands before a name says that it is an outlet ("the channel Z Notes")."""
    return bool(before) and before[-1].islower() and role_of(before[-1]) in OUTLETS


def is_named_by(part: str, hit: tuple[int, int, Speaker]) -> bool:
    """Say whether a name covers all that looks like a person's ("the outlet Important Stories")."""
    low, high, speaker = hit
    name = personal_name(WORD.findall(part[:high]))[0]
    return speaker.kind != "person" and len(part[low:high].split()) >= len(name) > 1


def is_called(rest: str, speaker: Speaker) -> bool:
    """Say whether what follows a name is what it is, or who works it out for it.

    "The Rybar channel" is Rybar; "ISW analysts" are ISW, but a NATO official is not NATO.
    """
    words = plain_words(rest)
    noun = role_of(words[-1]) if words and rest.islower() and len(words) <= 2 else ""
    if speaker.kind == "outlet" and noun in OUTLETS:
        return True
    body = noun in ("project", "group", "institute", "center", "centre")
    return speaker.kind == "organisation" and (body or words[-1:] in ([w] for w in STUDENTS))


def modifies(rest: str) -> bool:
    """Say whether a name only stands before somebody's role ("a Koval aide")."""
    words = WORD.findall(before_preposition(rest))[:3]
    return rest[:1].isspace() and any(w.islower() and role_of(w) for w in words)
