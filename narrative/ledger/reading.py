"""Who is said to hold which place: rules over English sentences and headlines.

Each rule ties a word of taking, losing, fighting or encircling to the places named beside it, in
the same clause; what is planned, feared, still going on or of another war is left out. Who takes is
the side named before the word or after "by", else the speaker's. The words are in
``data/control.toml``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from narrative.ledger.sentence import (
    ENCIRCLED,
    KIND,
    NEAR,
    OTHER,
    REACH,
    SHARE,
    Sentence,
    any_of,
    control_words,
    trigger,
)

Known = Callable[[str], Iterable[tuple[int, int]]]


@dataclass(frozen=True)
class ControlReading:
    """A claim about one place.

    Parameters
    ----------
    start, end : int
        Where its name stands in the text.
    status : str
        One of ``schema.STATUSES``.
    extent : {"full", "part", ""}
        "" for what is not a matter of holding.
    share : str
        As said, "" for none.
    certainty : {"said", "hedged", "denied"}
    """

    start: int
    end: int
    status: str
    extent: str
    share: str
    certainty: str


def read_control(
    text: str, side: str | None, known: Known | None = None, *, unnamed: bool = False
) -> list[ControlReading]:
    """Return what a text says of the control of named places.

    Parameters
    ----------
    text : str
        A claim, a sentence or a headline.
    side : {"russian", "ukrainian"} or None
        The speaker's: who "we" are, and who liberates where no other is named.
    known : callable, optional
        Returns the spans of names that are known to be places of the contest.
    unnamed : bool
        Also read who is encircled where no place is named; the reading then stands at that word.

    Returns
    -------
    list of ControlReading
        By position, one a place; of several readings the first rule's stands: taken, lost,
        encircled, fought for.

    Examples
    --------
    >>> lyman = lambda text: [m.span() for m in re.finditer("Lyman", text)]
    >>> [(r.status, r.extent) for r in read_control("Russia took half of Lyman", None, lyman)]
    [('russian', 'part')]
    """
    plain = text.replace("’", "'").replace("`", "'")
    if control_words().elsewhere.search(plain):
        return []
    reader = _Reader(plain, side, sorted(known(text)) if known else [])
    found: dict[tuple[int, int], ControlReading] = {}
    rules = (reader.taken(), reader.lost(), reader.encircled(unnamed), reader.contested())
    for reading in (r for rule in rules for r in rule):
        overlapping = [s for s in found if s[0] < reading.end and reading.start < s[1]]
        if not overlapping:
            found[reading.start, reading.end] = reading
    return [found[k] for k in sorted(found)]


_PASSIVE_ENDS = re.compile(
    r"\s*(?:$|[,.;:!?)–—-]|(?:by|in|on|after|from|as|during|over|with|amid|and|while)\b)"
)


_BESIDE = 25
_BOTH = re.compile(r"\bboth\b", re.IGNORECASE)
_NOT_OF = ("for ", "of ", "over ", "near ", "around ", "outside ", "towards ")
_TAKES_PART = re.compile(r"\s+part in\b", re.IGNORECASE)
_TO_COME = re.compile(
    r"\s+(?:by\s+(?:\w+\s+){1,3})?(?:to|will|would|could|may|might)\s", re.IGNORECASE
)
_TROOPS = re.compile(
    r"(?:army|troops|forces|military|soldiers|servicemen|units|fighters|battlegroup \w+)\s+$",
    re.IGNORECASE,
)
_GETS_CONTROL = re.compile(r"(?:took|takes?|taken|taking|establish\w*|gain\w*)\s+(?:full\s+)?$")
_UNDER = re.compile(r"\s+under\s+(?:\w+\s+)?control\b", re.IGNORECASE)
_OF_PLACES = (  # said of places alone
    "liberated", "freed", "retaken", "recaptured", "after liberation", "after the liberation",
    "after its liberation", "liberation",
)  # fmt: skip
_OF = re.compile(r"\s+of\b")
_GAP = (
    r"(?P<adverbs>(?:(?:is|are|was|were|has|have|had|been|now|already|again|once|still|also|came|"
    r"comes?|passed|went|remains?|largely|partly|totally|finally|back|almost|entirely|completely|"
    r"fully|practically|nearly|\w+ly|here|both)\s+){0,5})"
)


@cache
def _passive_gap() -> re.Pattern[str]:
    return re.compile(rf"(?:{KIND})?\s+{_GAP}", re.IGNORECASE)


@cache
def _passive_pattern() -> re.Pattern[str]:
    verb = any_of(control_words().section["take"]["passive"])
    return re.compile(
        rf"(?:{KIND})?\s+{_GAP}(?:(?P<verb>{verb}|after (?:the |its )?liberation|"
        r"liberation|libera(?:te?)?$)|"
        r"(?P<under>(?:under|in|into|to)\s+(?:the\s+|[\w']+\s+){0,4}?(?:control|hands)))\b",
        re.IGNORECASE,
    )


@cache
def _part_of() -> re.Pattern[str]:
    parts = any_of(control_words().section["part"]["words"])
    return re.compile(rf"(?:{SHARE.pattern}|\b{parts})\s+of\s+(?:the\s+)?$", re.IGNORECASE)


class _Reader(Sentence):
    """The rules on one text."""

    def reading(self, name: tuple[int, int], status: str, at: int) -> ControlReading:
        """Return a reading of what stands between a word and a name, whichever comes first."""
        low, high = min(at, name[0]), max(at, name[0])
        near = self.text[low:high]
        if at > name[0]:  # "a district of Lyman was taken"
            near = self.text[max(self.clause(low)[0], low - 45) : high]
        share = SHARE.search(near) or SHARE.match(self.text, name[1] + 1)
        extent = ""
        start, end = self.clause(low)
        named = {side for a, b, side in self.agents if start <= a and b <= end}
        if status in OTHER and len(named) == 2 and _BOTH.search(self.text[start:end]):
            status = "contested"  # "both claim to control it"
        if status in OTHER:
            part = share or trigger("part", "words").search(near + self.text[name[0] : name[1]])
            extent = "part" if part else "full"
        hedged = trigger("unreal", "hedged").search(self.text[max(0, low - 25) : high])
        certainty = "denied" if self.denied else "hedged" if hedged else "said"
        return ControlReading(*name, status, extent, share[0].strip() if share else "", certainty)

    def taken(self) -> Iterator[ControlReading]:
        """Yield places that a side is said to have taken or to hold."""
        yield from self._verbs()
        yield from self._nouns()
        yield from self._passive()
        yield from self._flags()

    def _holder(self, at: int, end: int, *, sure: bool, within: int = 200) -> str | None:
        """Return who takes: named after "by" or at most `within` signs before, else the speaker."""
        agent = self.agent_by(end) or self.agent_before(at, within)
        if agent:
            return agent
        return self.side if sure or self.side == "russian" else None

    def _verbs(self) -> Iterator[ControlReading]:
        for least in ("sure", "open", "known"):
            for match in trigger("take", least).finditer(self.text):
                if self.unreal(match.start()) or self.going_on(match.start()):
                    continue
                holder = self._holder(match.start(), match.end(), sure=least == "sure")
                if match[0].lower().endswith("ing"):  # "while liberating": whoever the clause is on
                    holder = self.agent_first(match.start()) or holder
                named = list(self.names_after(match.end(), least))
                if not named and least == "known":
                    named = self._under_control(match.end())
                    if match[0].lower() in ("took", "takes") and _TROOPS.search(
                        self.text[: match.start()]
                    ):
                        named = named or list(self.names_after(match.end(), "open"))
                named = named or self._object_in(match.end())
                if holder and named:
                    for name in named:
                        yield self.reading(name, holder, match.end())

    def _under_control(self, at: int) -> list[tuple[int, int]]:
        """Return an unknown name that is "taken under control"."""
        found = self.name_at(self.skipped(at), "sure")
        return [found] if found and _UNDER.match(self.text, found[1]) else []

    def _object_in(self, at: int) -> list[tuple[int, int]]:
        """Return the place of an object: "took a plant in Lyman"."""
        _, end = self.clause(at)
        words = r"[^,;:.]{3,45}?\b(?:in|of)\s+"
        for match in re.compile(words).finditer(self.text, at, min(end, at + REACH)):
            if match.start() > at + 1 or not trigger("part", "words").search(match[0]):
                return []
            if _TAKES_PART.match(self.text, at):
                return []
            found = self.name_at(self.skipped(match.end()), "open" if self.cased else "known")
            if found:
                return [found]
        return []

    def _nouns(self) -> Iterator[ControlReading]:
        for match in trigger("take", "nouns").finditer(self.text):
            of = re.compile(r"\s+(?:of|over)\s+", re.IGNORECASE).match(self.text, match.end())
            if of is None or self.unreal(match.start(), noun=True) or self.going_on(match.start()):
                continue
            word = match[0].lower()
            sure = word.endswith("liberation")
            holder = self._holder(match.start(), match.end(), sure=sure, within=_BESIDE)
            if word in ("fall", "loss"):
                before = self.agent_before(match.start())
                holder = OTHER[before] if before else self.side if self.side == "russian" else None
            for name in self.names_after(of.end(), "sure"):
                if holder and not _TO_COME.match(self.text, self.behind_region(name[1])):
                    yield self.reading(name, holder, match.end())
        for match in trigger("take", "control").finditer(self.text):
            if self.unreal(match.start()) or self._only_sought(match.start()):
                continue
            owned = [s for a, b, s in self.owners if a >= match.start() and b <= match.end()]
            holder = owned[0] if owned else self.agent_before(match.start()) or self.side
            gets = _GETS_CONTROL.search(self.text[: match.start()].lower())
            least = "sure" if gets else "open" if self.cased else "known"
            for name in self.names_after(match.end(), least):
                if holder:
                    yield self.reading(name, holder, match.end())

    def _only_sought(self, at: int) -> bool:
        """Say whether control is what somebody wants, loses or will take."""
        before = self.text[max(0, at - 30) : at]
        return bool(
            re.search(
                r"\b(?:(?:to|will|would|could|may|cannot|not)\s+(?:\w+\s+){1,3}|los(?:t|es|ing)\s+|"
                r"fight\w*\s+for\s+|want\w*\s+|seek\w*\s+|for\s+)$",
                before,
                re.IGNORECASE,
            )
        )

    def _passive(self) -> Iterator[ControlReading]:
        for name in self.all_names():
            match = _passive_pattern().match(self.text, self.behind_region(name[1]))
            if match is None or self.unreal(name[0]) or not self._subject(name):
                continue
            if name[0] not in self.known and not self._of_a_place(name, match):
                continue
            if match["verb"] and _OF.match(self.text, match.end()):
                continue  # "cleared of Russian troops": see lost
            begin = match.end("adverbs")
            # "Troops liberated three villages": what is liberated stands behind.
            noun = (match["verb"] or "").lower().endswith("liberation")
            bare = match["verb"] and not match["adverbs"].strip() and not noun
            if self.unreal(begin) or (bare and not _PASSIVE_ENDS.match(self.text, match.end())):
                continue
            holder = self._passive_holder(match, begin)
            for one in self.listed_before(name) if holder else ():
                yield self.reading(one, str(holder), begin)

    def _of_a_place(self, name: tuple[int, int], match: re.Match[str]) -> bool:
        """Say whether what is said of an unknown name is said of places alone."""
        if match["verb"]:
            return match["verb"].lower() in _OF_PLACES
        owned = any(match.start() <= a and b <= match.end() for a, b, _ in self.owners)
        whose = owned or self.agent_by(match.end()) is not None
        return self.kind_before(name) or (whose and bool(match["adverbs"].strip()))

    def _subject(self, name: tuple[int, int]) -> bool:
        """Say whether a name is what something is said of: "control of Lyman taken" is not."""
        before = self.text[: name[0]].lower()
        if _part_of().search(before):  # "most of Lyman was taken"
            return True
        return self.kind_before(name) or not before.endswith(_NOT_OF)

    def _passive_holder(self, match: re.Match[str], begin: int) -> str | None:
        if match["under"] and "fire control" in match["under"].lower():
            return None  # guns reach it
        inside = [s for a, b, s in self.agents + self.owners if begin <= a and b <= match.end()]
        holder = inside[0] if inside else self.agent_by(match.end())
        if holder is not None or self.side not in OTHER:
            return holder
        verb = (match["verb"] or "").lower()
        sure = match["under"] or verb in _OF_PLACES
        return self.side if sure or self.side == "russian" else None

    def _flags(self) -> Iterator[ControlReading]:
        flag, raised = self.words["take"]["flag"], self.words["take"]["raised"]
        over = re.compile(r"\b(?:over|in|above|at|on)\s+", re.IGNORECASE)
        gap = r"\b[^.;:]{0,25}?\b"
        either = rf"(?<!\w)(?:{flag}{gap}{raised}|{raised}{gap}{flag})\b"
        for match in re.compile(either, re.IGNORECASE).finditer(self.text):
            if self.unreal(match.start()):
                continue
            near = [s for a, b, s in self.agents if match.start() - 25 <= a and b <= match.end()]
            holder = near[0] if near else self.agent_before(match.start()) or self.side
            for place in over.finditer(self.text, match.end(), match.end() + REACH):
                beside = place.start() <= match.end() + 2
                named = list(self.names_after(place.end(), "sure" if beside else "known"))
                if holder and named:
                    yield self.reading(named[0], holder, match.end())
                    break

    def lost(self) -> Iterator[ControlReading]:
        """Yield places that a side is said to have left or to have been driven from."""
        for match in trigger("lost", "words").finditer(self.text):
            loser = self.agent_before(match.start())
            if loser is None or self.unreal(match.start()):
                continue
            for name in self.names_after(match.end(), "known"):
                yield self.reading(name, OTHER[loser], match.end())
        for match in trigger("lost", "ousted").finditer(self.text):
            inside = [s for a, b, s in self.agents if match.start() <= a and b <= match.end()]
            if inside and not self.unreal(match.start()):
                for name in self.names_after(match.end(), "known"):
                    yield self.reading(name, OTHER[inside[0]], match.end())
        rid = re.compile(rf"{self.words['lost']['rid']}\s+(?:\w+\s+)?", re.IGNORECASE)
        for name in self.all_names():
            found = _passive_gap().match(self.text, self.behind_region(name[1]))
            gone = rid.match(self.text, found.end()) if found else None
            near = [s for a, _, s in self.agents if gone and 0 <= a - gone.start() <= 30]
            if gone and near and not self.unreal(gone.start()):
                yield self.reading(name, OTHER[near[0]], gone.start())

    def encircled(self, unnamed: bool) -> Iterator[ControlReading]:
        """Yield places in or at which troops are said to be encircled."""
        for match in trigger("encircled", "words").finditer(self.text):
            if self.unreal(match.start()):
                continue
            status = self._encircled_side(*match.span())
            name = self._place_near(*match.span()) or (match.span() if unnamed else None)
            if status and name:
                yield self.reading(name, status, match.end())

    def _encircled_side(self, start: int, end: int) -> str | None:
        low, high = self.clause(start)
        mine = [(a, b, s) for a, b, s in self.agents if low <= a and b <= high]
        by = self.agent_by(end, "by")
        if by:
            return ENCIRCLED[OTHER[by]]
        before = [(b, s) for _, b, s in mine if b <= start]
        after = [s for a, _, s in mine if a >= end]
        if before and after and before[-1][1] != after[0] and start - before[-1][0] <= 30:
            return ENCIRCLED[after[0]]  # one side encircles the other
        sides = [s for _, _, s in mine]
        if self.side in OTHER and OTHER[self.side] in sides:
            return ENCIRCLED[OTHER[self.side]]
        if after:
            return ENCIRCLED[after[0]]
        if before and self.side is None:
            return ENCIRCLED[before[-1][1]]
        return ENCIRCLED[OTHER[self.side]] if self.side in OTHER else None

    def _place_near(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the place named nearest after a word, or before it, in the clause."""
        low, high = self.clause(start)
        named = [n for n in self.all_names() if low <= n[0] and n[1] <= high]
        fit = [n for n in named if n[0] in self.known or NEAR.search(self.text[: n[0]])]
        after = [n for n in fit if end <= n[0] <= end + REACH]
        before = [n for n in fit if start - REACH <= n[1] <= start]
        return after[0] if after else before[-1] if before else None

    def contested(self) -> Iterator[ControlReading]:
        """Yield places that are said to be fought in."""
        for match in trigger("contested", "words").finditer(self.text):
            if self.unreal(match.start()):
                continue
            for name in self.names_after(match.end(), "open" if self.cased else "known"):
                yield self.reading(name, "contested", match.end())
