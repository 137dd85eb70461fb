"""Finding known names in a text: by spelling, and persons by the key of their name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache

from narrative.speakers.discourse import Discourse, Speaker
from narrative.speakers.names import (
    MIN_KEY,
    WORD,
    is_capitalised,
    is_given,
    normalise_mention,
    person_key,
)
from narrative.speakers.roles import TITLES, person_role

_WORD = re.compile(r"(?<![\w-])\w+")
_GAP = re.compile(r"\s+")
_BEFORE = re.compile(r"([^\W\d_][\w’'-]*)\s+$")
Hit = tuple[int, Speaker]  # end of the name, who it is


class NameMatcher:
    """The names of listed sources, arranged by their first word.

    Parameters
    ----------
    named : iterable of (str, Speaker)
        Every name and alias with its source.
    """

    def __init__(self, named: Iterable[tuple[str, Speaker]]) -> None:
        self.by_alias: dict[str, Speaker] = {}
        self._keys: dict[tuple[str, ...], Speaker] = {}
        self._given: dict[str, set[str]] = defaultdict(set)
        first: dict[str, list[str]] = defaultdict(list)
        for name, speaker in named:
            alias = normalise_mention(name)
            if alias and alias not in self.by_alias:
                word = _WORD.match(alias)
                first[word[0] if word else ""].append(alias)
            self.by_alias[alias] = speaker
            if speaker.kind == "person":
                self._add_person(name, speaker)
        self._patterns = {word: _pattern(tuple(aliases)) for word, aliases in first.items()}

    def _add_person(self, name: str, speaker: Speaker) -> None:
        words = name.split()
        if not words or not all(map(is_capitalised, words)):
            return
        if any(w.rstrip(".").casefold() in TITLES or person_role(w) for w in words):
            return
        key = person_key(words)
        if len(words) > 1:
            self._given[speaker.source_id].add(key[0])
        if len(words) > 1 or len(key[0]) >= MIN_KEY:
            self._keys.setdefault(key, speaker)

    def by_key(self, words: list[str]) -> Speaker | None:
        """Return the listed person whom capitalised words name in any spelling."""
        return self._keys.get(person_key(words)) if all(map(is_capitalised, words)) else None

    def find(
        self, text: str, start: int, end: int, discourse: Discourse | None
    ) -> Iterator[tuple[int, int, Speaker]]:
        """Yield the known names in ``text[start:end]``, left to right, the longest first."""
        at = start
        odd = self._patterns.get("")
        if odd is not None:
            yield from self._odd(odd, text, start, end)
        while m := _WORD.search(text, at, end):
            at = m.end()
            hit = self._at(text, m, end, discourse)
            if hit is not None:
                at = hit[0]
                yield m.start(), *hit

    def _odd(
        self, odd: re.Pattern[str], text: str, start: int, end: int
    ) -> Iterator[tuple[int, int, Speaker]]:
        """Yield the names that begin with a sign."""
        for m in odd.finditer(text, start, end):
            yield m.start(), m.end(), self.by_alias[normalise_mention(m[0])]

    def _at(self, text: str, m: re.Match[str], end: int, discourse: Discourse | None) -> Hit | None:
        spelled = self._spelled(text, m, end)
        keyed = self._keyed(text, m.start(), end, discourse)
        if keyed is not None and (spelled is None or keyed[0] >= spelled[0]):
            return keyed
        return spelled

    def _spelled(self, text: str, m: re.Match[str], end: int) -> Hit | None:
        pattern = self._patterns.get(m[0].casefold())
        found = pattern.match(text, m.start(), end) if pattern is not None else None
        # "ministry" alone is not a name.
        if found is None or not any(c.isupper() for c in found[0]):
            return None
        speaker = self.by_alias.get(normalise_mention(found[0]))
        if speaker is None or self._is_other_person(text, m.start(), found[0], speaker):
            return None
        return found.end(), speaker

    def _is_other_person(self, text: str, at: int, name: str, speaker: Speaker) -> bool:
        """Say whether another's given name stands before a surname ("Andrii" Kovalenko)."""
        given = self._given.get(speaker.source_id)
        if speaker.kind != "person" or not given or len(name.split()) > 1:
            return False
        before = _BEFORE.search(text, max(0, at - 40), at)
        if before is None or not is_given(before[1]) or not is_capitalised(before[1]):
            return False
        return person_key([before[1], name])[0] not in given

    def _keyed(self, text: str, at: int, end: int, discourse: Discourse | None) -> Hit | None:
        """Return the longest personal name that begins here, in any spelling."""
        words, ends = _capitalised_run(text, at, end)
        for n in range(len(words), 0, -1):
            key = person_key(words[:n])
            speaker = discourse.names.get(key) if discourse is not None else None
            if speaker is None and (speaker := self._keys.get(key)) is not None and n == 1:
                other = self._is_other_person(text, at, words[0], speaker)
                speaker = None if other else speaker
            elif speaker is not None and n == 1 and self._follows_given(text, at, discourse, key):
                speaker = None
            if speaker is not None:
                return ends[n - 1], speaker
        return None

    def _follows_given(
        self, text: str, at: int, discourse: Discourse | None, key: tuple[str, ...]
    ) -> bool:
        """Say whether a surname that the document knows stands after a given name it does not."""
        before = _BEFORE.search(text, max(0, at - 40), at)
        if discourse is None or before is None or not is_given(before[1]):
            return False
        return (person_key([before[1], "X"])[0], *key) not in discourse.names


def _capitalised_run(text: str, at: int, end: int) -> tuple[list[str], list[int]]:
    """Return up to four capitalised words from `at` on and where each ends."""
    words: list[str] = []
    ends: list[int] = []
    while len(words) < 4 and (m := WORD.match(text, at, end)) and is_capitalised(m[0]):
        words.append(m[0])
        ends.append(m.end())
        gap = _GAP.match(text, m.end(), end)
        if gap is None:
            break
        at = gap.end()
    return words, ends


@lru_cache(maxsize=20_000)  # the shipped sources are the same in every run of a process
def _pattern(aliases: tuple[str, ...]) -> re.Pattern[str]:
    ordered = sorted(aliases, key=lambda a: (-len(a), a))
    body = "|".join(re.escape(n).replace("'", "[’'ʼ]").replace(r"\ ", r"\s+") for n in ordered)
    return re.compile(rf"(?<![\w-])(?:{body})(?![\w-])", re.IGNORECASE)
