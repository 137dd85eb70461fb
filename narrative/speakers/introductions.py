"""Where a text names a person in full, and what title and apposition stand beside the name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from narrative.speakers.names import (
    WORD,
    before_preposition,
    is_body,
    is_capitalised,
    is_given,
    is_side,
    personal_name,
)
from narrative.speakers.roles import TITLES, person_role, role_of

_LEFT = re.compile(r"(?:[\w’'-]+\.?\s+){1,5}$")
_TOKEN = re.compile(r"[\w’'-]+\.?")
_APPOSITION = re.compile(r"(?:[’']s)?,\s+((?:an?|the|one|[\w-]+[’']s)\s[^,;:.!?\u2592]{2,80})")


@dataclass(frozen=True)
class Introduction:
    """A personal name in a text.

    Parameters
    ----------
    words : list of str
        The name, without titles.
    title, apposition : str
        What stands right before it and, after a comma, right behind; "" if nothing.
    """

    words: list[str]
    title: str
    apposition: str

    def is_persons(self) -> bool:
        """Say whether a given name, a title or the apposition tells that this is a person."""
        if len(self.words) < 2:
            return False
        return bool(
            self.title
            or is_given(self.words[0])
            or any(person_role(w) for w in WORD.findall(self.apposition))
        )


def introductions(text: str, start: int, end: int) -> Iterator[Introduction]:
    """Yield the personal names in ``text[start:end]``; one word counts after a title only."""
    for group, lead in _groups(text, start, end):
        words, titled = personal_name([*lead, *(m[0] for m in group)])
        if not words or (len(words) == 1 and not titled):
            continue
        left = _LEFT.search(text, start, group[-len(words)].start())
        beside = _APPOSITION.match(text, group[-1].end(), end)
        yield Introduction(
            words,
            left[0][title_start(left[0]) :].strip() if left and titled else "",
            before_preposition(beside[1]) if beside else "",
        )


def _groups(text: str, start: int, end: int) -> Iterator[tuple[list[re.Match[str]], list[str]]]:
    """Yield runs of capitalised words, each with the word right before it."""
    group: list[re.Match[str]] = []
    lead: list[str] = []
    before: re.Match[str] | None = None
    for m in WORD.finditer(text, start, end):
        adjoins = before is not None and _adjoins(text, before, m)
        if group and not (adjoins and is_capitalised(m[0])):
            yield group, lead
            group = []
        if is_capitalised(m[0]):
            if not group:
                lead = [before[0]] if before is not None and adjoins else []
            group.append(m)
        before = m
    if group:
        yield group, lead


def _adjoins(text: str, first: re.Match[str], second: re.Match[str]) -> bool:
    gap = text[first.end() : second.start()]
    return gap.isspace() or (gap.strip() == "." and first[0].casefold() in TITLES)


def title_start(left: str) -> int:
    """Return where the titles begin that `left` ends with; its length if it ends with none.

    Examples
    --------
    >>> title_start("They met the Russian Defence Minister ")
    9
    """
    at = len(left)
    for m in reversed(list(_TOKEN.finditer(left))):
        plain = m[0].rstrip(".").casefold()
        if left[m.end() : at].strip():
            break
        if not (plain in TITLES or role_of(plain) or is_side(m[0]) or is_body(m[0])):
            break
        at = m.start()
    return at
