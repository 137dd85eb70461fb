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
from narrative.speakers.roles import TITLES, is_plural, person_role, role_of

_LEFT = re.compile(r"(?:[\w’'-]+\.?\s+){1,5}$")
_TOKEN = re.compile(r"[\w’'-]+\.?")
_AGE = re.compile(r"(?:,|\s\()\s*(?:aged\s+)?(\d{1,3})\b(?=[,.;)\s]*(?:[,.;)]|$))")
_APPOSITION = re.compile(r"(?:[’']s)?,\s+((?:(?:an?|the|one|[\w-]+[’']s)\s)?[^,;:.!?\u2592]{2,80})")
_ARTICLE = re.compile(r"(?:an?|the|one|[\w-]+[’']s)\s")
_INDEFINITE = re.compile(
    r"(?:(?:I|we)\s+(?:spoke|talked|met)\b[^.,▒]{0,30}?\s(?=an?\s))?"
    r"(?:an?|one|another|two|three|several|some)\s+",
    re.IGNORECASE,
)
_SERVED = re.compile(r"\s+(?:for|at|from|with)\s+(?:the\s+)?[A-Z][\w’'-]*(?:\s+[A-Z][\w’'-]*)*")
# What a group without an article may be called: "local military officials".
_KINDS = re.compile(
    r"defen[cs]e|foreign|front-line|government|independent|intelligence|local|military|"
    r"nationalist|pro-war|regional|security|senior|war",
    re.IGNORECASE,
)
_LEADER = {"commands": "commander", "heads": "head", "leads": "leader"}
_LEADS = re.compile(rf",\s+who\s+({'|'.join(_LEADER)})\b")
_RELATIVE = re.compile(r"(?:wh\w+|as|and|but|or|that)\s")
_SPACE = re.compile(r"\s+")
_ROLE_WORDS = 6


@dataclass(frozen=True)
class Introduction:
    """A personal name in a text.

    Parameters
    ----------
    words : list of str
        The name, without titles.
    title, apposition : str
        What stands right before it and, after a comma, right behind; "" if nothing.
    age : str
        Years, "" if not told.
    """

    words: list[str]
    title: str
    apposition: str
    age: str = ""

    def is_persons(self) -> bool:
        """Say whether a given name, a title or the apposition tells that this is a person."""
        if len(self.words) < 2:
            return False
        return bool(
            self.title
            or self.age
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
        age = _AGE.match(text, group[-1].end(), end)
        yield Introduction(
            words,
            left[0][title_start(left[0]) :].strip() if left and titled else "",
            apposition_at(text, age.end() if age else group[-1].end(), end),
            age[1] if age else "",
        )


def apposition_at(text: str, at: int, end: int) -> str:
    """Return what a name that ends at `at` is said to be, "" if nothing.

    Without an article it must be a role: "spokesman for the fleet", not the next of a list.
    """
    leads = _LEADS.match(text, at, end)
    if leads:
        return _LEADER[leads[1]]
    beside = _APPOSITION.match(text, at, end)
    head = before_preposition(beside[1]) if beside else ""
    is_role = head[:1].islower() and person_role(head.split()[-1]) and not _RELATIVE.match(head)
    return head if _ARTICLE.match(head) or is_role else ""


def indefinite_subject(text: str, start: int, end: int) -> str:
    """Return the noun phrase that opens a sentence and introduces somebody by a role, if any.

    Examples
    --------
    >>> indefinite_subject("One NATO official in Brussels went further.", 0, 43)
    'One NATO official'
    """
    m = _INDEFINITE.match(text, start, end)
    at = m.end() if m else start
    for _ in range(_ROLE_WORDS):
        word = _TOKEN.match(text, at, end)
        # Without an article it is a group: "Military bloggers".
        if word is None or not (m or is_plural(word[0]) or _of_a_group(word[0])):
            break
        if person_role(word[0]) and (m or is_plural(word[0])):
            served = _SERVED.match(text, word.end(), end)
            return text[start : served.end() if served else word.end()]
        gap = _SPACE.match(text, word.end(), end)
        if gap is None:
            break
        at = gap.end()
    return ""


def _of_a_group(word: str) -> bool:
    return is_side(word) or _KINDS.fullmatch(word) is not None


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
