"""A text with its clauses, the sides that it names and the names of places in it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

OTHER = {"russian": "ukrainian", "ukrainian": "russian"}
ENCIRCLED = {"russian": "encircled_by_ukraine", "ukrainian": "encircled_by_russia"}
REACH = 60  # characters between a word and the place or side that it is about
_CLAUSE = re.compile(r"[;:!?]|\.(?=\s|$)|\s[—–-]\s|[\U0001F000-\U0001FFFF☀-➿▫⚡❗]")
SHARE = re.compile(
    r"(?:(?:over|about|more than|less than|nearly|almost|up to|around|approximately|roughly|some|"
    r"at least)\s+)?"
    r"(?:\d{1,3}(?:[.,]\d+)?\s*(?:%|(?:percent|per cent)\b)|(?:two[- ]thirds|one[- ]third|a third|"
    r"half|three[- ]quarters|most|almost all|nearly all|the majority)\b)",
    re.IGNORECASE,
)
_SHARE_OF = re.compile(rf"(?:{SHARE.pattern})\s+(?:of\s+)?", re.IGNORECASE)
_AND = re.compile(
    r"\s*,\s*(?:and\s+)?(?:also\s+)?|\s*&\s*|\s+and\s+(?:also\s+)?|\s+as\s+well\s+as\s+|"
    r"(?<=\))and\s+",
    re.IGNORECASE,
)
KIND = r"\s+(?:community|village|town|city|settlement)s?\b"
_KIND_BEHIND = re.compile(KIND, re.IGNORECASE)
_WHOSE = re.compile(r"\s+(?:village|town|city|settlement|community)\s+of\s+", re.IGNORECASE)
# "captured Polish mercenaries": the name is none of a place.
_NOUN_BEHIND = re.compile(
    r"\s+(?!(?:in|by|and|on|over|after|as|with|from|is|was|city|town|village|community|settlement|"
    r"of|for|at|near|during|while|to|amid|has|were|are)\b)[a-z]"
)
_PARTICIPLE = re.compile(r"\w+ed\b", re.IGNORECASE)
_INTO = re.compile(r"\b(?:in|from|at|near)\s+", re.IGNORECASE)
_OF_A_REGION = re.compile(r"\b(?:region|oblast|republic|direction)\b", re.IGNORECASE)
_DIRECTION = re.compile(
    r"\s+(?:direct\w*|sector|axis|front|highway|road|region|oblast|border|people'?s?)(?!\w)",
    re.IGNORECASE,
)
_KIND_BEFORE = re.compile(
    r"\b(?:settlement|village|town|city|community|hamlet|locality)\s+(?:of\s+)?$", re.IGNORECASE
)
_KINDS = ("settlement", "village", "community", "locality", "district", "territory", "region")
NEAR = re.compile(
    r"\b(?:in|near|at|around|outside|inside|to|of|from|beside|into)\s+(?:the\s+)?"
    r"(?:(?:city|town|village|settlement|area|district)\s+(?:of\s+)?)?$",
    re.IGNORECASE,
)


class _Words(NamedTuple):
    """Compiled words of ``control.toml``."""

    section: dict[str, dict[str, Any]]
    cased: re.Pattern[str]
    lower: re.Pattern[str]
    skip: re.Pattern[str]
    region: re.Pattern[str]
    bad: re.Pattern[str]
    elsewhere: re.Pattern[str]


def any_of(words: Iterable[str]) -> str:
    """Return an expression for any of the words, the longest first."""
    return "(?:" + "|".join(sorted(words, key=lambda w: (-len(w), w))) + ")"


def _compiled(body: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){body}(?![\w-])", re.IGNORECASE)


@cache
def control_words() -> _Words:
    """Return the words of ``data/control.toml``."""
    raw = tomllib.loads((files("narrative") / "data/control.toml").read_text(encoding="utf-8"))
    names = raw["names"]
    return _Words(
        raw,
        re.compile(r"[A-ZА-ЯІЇЄҐ][\w']*(?:-[\w']+)*(?: [A-ZА-ЯІЇЄҐ][\w']*(?:-[\w']+)*){0,2}"),
        re.compile(
            r"[a-zа-яіїєґ][\w']+(?:-[\w']+)*(?: [a-z][\w']+(?:-[\w']+)*){0,2}?"
            r"(?=\s*(?:[(,.;:—–]|\s-\s|$|[\U0001F000-\U0001FFFF☀-➿])|\s+(?:in|of|during|with|after|as|and|by|"
            r"over|near|on|at|from|for|to|is|are|was|were|has|have|had|tell|tells|share|while|under|the|liberated|captured|retaken|"
            r"servicemen|village|town|city|settlement|community|direction)\b|\s+\w{0,2}$)"
        ),
        re.compile(rf"(?:(?:{any_of(names['kinds'])}|[\"'“”«»‘])\s*)+", re.IGNORECASE),
        re.compile(
            rf"\s*(?:\([^)]*\)?|(?:,|in|of)\s+(?:the\s+)?(?:\w+\s+)?{any_of(names['regions'])}\)?)",
            re.IGNORECASE,
        ),
        re.compile(any_of(names["not_places"]), re.IGNORECASE),
        re.compile(rf"\b{any_of(raw['unreal']['elsewhere'])}\b", re.IGNORECASE),
    )


@cache
def trigger(section: str, *keys: str) -> re.Pattern[str]:
    """Return the compiled words of lists of a section."""
    words = control_words().section[section]
    return _compiled(any_of(w for k in keys for w in words[k]))


class Sentence:
    """What rules ask of one text.

    Parameters
    ----------
    text : str
    side : str or None
        The speaker's.
    known : list of (int, int)
        Spans of names that are known to be places.
    """

    def __init__(self, text: str, side: str | None, known: list[tuple[int, int]]) -> None:
        self.text, self.side = text, side
        # "In the Lyman direction" is not in Lyman.
        self.known = {a: b for a, b in known if not _DIRECTION.match(text, b)}
        self.cased = text != text.lower()
        words = control_words().section
        self.agents: list[tuple[int, int, str]] = []
        for name in OTHER:
            self.agents += [(*m.span(), name) for m in trigger("agents", name).finditer(text)]
        if side in OTHER:
            for key, whose in (("enemy", OTHER[side]), ("ours", side)):
                found = trigger("agents", key).finditer(text)
                self.agents += [(*m.span(), whose) for m in found]
        self.agents.sort()
        adjectives = words["agents"]["adjectives"]
        self.owners = [
            (*m.span(), side)
            for side, word in adjectives.items()
            for m in _compiled(word).finditer(text)
        ]
        self.denied = bool(trigger("unreal", "denied").search(text))
        self.words = words

    # Where things stand

    def clause(self, at: int) -> tuple[int, int]:
        """Return the clause around a position."""
        start = max((m.end() for m in _CLAUSE.finditer(self.text, 0, at)), default=0)
        after = _CLAUSE.search(self.text, at)
        return start, after.start() if after else len(self.text)

    def agent_before(self, at: int, within: int = 200) -> str | None:
        """Return the side named last before a position in its clause, at most so far off."""
        start = max(self.clause(at)[0], at - within)
        mine = [side for a, b, side in self.agents if start <= a and b <= at]
        return mine[-1] if mine else None

    def agent_first(self, at: int) -> str | None:
        """Return the side named first in the clause of a position, before it."""
        start, _ = self.clause(at)
        return next((side for a, b, side in self.agents if start <= a and b <= at), None)

    def agent_by(self, at: int, words: str = "(?:by|of)") -> str | None:
        """Return the side named behind "by" or "control of" right after a position."""
        gap = r"(?:(?!\bfrom\b)[^,;.]){0,40}?"
        match = re.compile(rf"{gap}\b{words}\s+(?:the\s+)?", re.IGNORECASE).match(self.text, at)
        if match is None:
            return None
        near = [side for a, _, side in self.agents if match.end() <= a <= match.end() + 3]
        return near[0] if near else None

    def unreal(self, at: int, *, noun: bool = False) -> bool:
        """Say whether what begins at a position is planned, feared, asked or denied by "not"."""
        words = self.words["unreal"]
        start, _ = self.clause(at)
        before = self.text[start:at]
        if trigger("unreal", "clause").search(before):
            return True
        if noun:
            return bool(
                re.search(rf"(?<![\w-]){any_of(words['noun'])}\s+(?:\w+\s+){{0,2}}$", before, re.I)
            )
        if before.endswith("to ") and _PARTICIPLE.match(self.text, at):  # "to liberated Selydove"
            before = before[: -len("to ")]
        gap = rf"(?:\s+{any_of(words['between'])})*"
        return bool(re.search(rf"(?<![\w-]){any_of(words['verb'])}{gap}\s*$", before, re.I))

    def going_on(self, at: int) -> bool:
        """Say whether what begins at a position has begun and is not done."""
        words = any_of(self.words["unreal"]["going_on"])
        before = self.text[max(0, at - 40) : at]
        return bool(re.search(rf"(?<![\w-]){words}\s+(?:the |to )?$", before, re.IGNORECASE))

    # Names

    def name_at(self, at: int, least: str) -> tuple[int, int] | None:
        """Return the name that begins at a position; `least` says which unknown ones count."""
        if at in self.known:
            return at, self.known[at]
        if least == "known":
            return None
        words = control_words()
        match = (words.cased if self.cased else words.lower).match(self.text, at)
        if match is None or (least == "open" and not self.cased):
            return None
        first = re.split(r"[ ']", match[0])[0]
        bad = words.bad.fullmatch(first) or words.bad.fullmatch(match[0])
        if bad and not (self.cased and self.kind_before(match.span())):  # "the village of January"
            return None
        if any(len(first) > 2 and k.startswith(first.lower()) for k in _KINDS):  # a cut word
            return None
        acronym = self.cased and match[0].isupper()
        if acronym or _OF_A_REGION.search(match[0]):
            return None
        if _DIRECTION.match(self.text, match.end()):
            return None
        if least == "open" and _NOUN_BEHIND.match(self.text, match.end()):
            return None
        return match.span()

    def names_after(self, at: int, least: str) -> Iterator[tuple[int, int]]:
        """Yield the names of a list that begins at a position."""
        while True:
            at = self.skipped(at)
            found = self.name_at(at, least)
            if found is None:
                return
            whose = _WHOSE.match(self.text, found[1])
            if whose:  # "the Luhansk village of Happiness"
                at = whose.end()
                continue
            yield found
            at = found[1]
            at = self.behind_region(at)
            kind = _KIND_BEHIND.match(self.text, at)
            if kind:
                at = self.behind_region(kind.end())
            more = _AND.match(self.text, at)
            if more is None:
                return
            at = more.end()

    def behind_region(self, at: int) -> int:
        """Return where a region that is named at a position ends."""
        while region := control_words().region.match(self.text, at):
            at = region.end()
        return at

    def listed_before(self, name: tuple[int, int]) -> list[tuple[int, int]]:
        """Return a name after those that a list has before it: "Lyman and Siversk"."""
        out = [name]
        for other in reversed([n for n in self.all_names() if n[1] <= name[0]]):
            more = _AND.match(self.text, self.behind_region(other[1]))
            if more is None or self.skipped(more.end()) != out[0][0]:
                break
            out.insert(0, other)
        return out

    def skipped(self, at: int) -> int:
        """Return where a name may begin: behind articles, kinds of place and shares."""
        while True:
            at += len(self.text[at:]) - len(self.text[at:].lstrip())
            match = None if at in self.known else control_words().skip.match(self.text, at)
            # A capital begins a name: "Eastern Kupiansk" is skipped word by word, "Town" is not.
            if match and (not self.cased or not self.text[at].isupper()):
                at = min((k for k in self.known if at < k < match.end()), default=match.end())
                continue
            share = _SHARE_OF.match(self.text, at)
            if share is None:
                return at
            at = share.end()

    def kind_before(self, name: tuple[int, int]) -> bool:
        """Say whether a kind of place stands before a name: "the village of Sol"."""
        return bool(_KIND_BEFORE.search(self.text[: name[0]]))

    def all_names(self) -> list[tuple[int, int]]:
        """Return known names, and what is written as one or stands where a clause begins."""
        out = dict(self.known)
        words = control_words()
        if self.cased:
            for match in words.cased.finditer(self.text):
                first = re.split(r"[ ']", match[0])[0]
                region = _OF_A_REGION.search(match[0]) or _DIRECTION.match(self.text, match.end())
                if not (words.bad.fullmatch(first) or region or match.start() in out):
                    out[match.start()] = match.end()
        else:
            starts = [m.end() for p in (_CLAUSE, _INTO) for m in p.finditer(self.text)]
            for start in (0, *starts):
                at = self.skipped(start)
                found = self.name_at(at, "sure")
                if found and at not in out:
                    out[at] = found[1]
        return sorted(out.items())
