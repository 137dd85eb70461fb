"""Mentions to canonical sources and their camp."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

import pandas as pd

from narrative.errors import InputError
from narrative.schema import CAMPS, UNKNOWN, check_table

_TITLES = re.compile(
    r"^(?:the|a|an|one|some|another|many|several|former|deputy|acting|prime|chief|mr|mrs|ms|dr|gen(?:eral)?|"
    r"colonel|commander|president|minister|foreign|defen[cs]e|spokes\w+)\b\.?\s*",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?:[^\W\d_a-zа-яіїєґё][\w’'-]+\s+){1,3}[^\W\d_a-zа-яіїєґё][\w’'-]+$")
_PRONOUNS = {
    **dict.fromkeys(("he", "she", "him", "her", "his"), "person"),
    "it": "organisation",
    **dict.fromkeys(("they", "them"), "unnamed"),
}
_UTTERANCES = {"statement", "report", "announcement", "message", "assessment", "post", "account"}
_CAMP_WORDS = (
    (
        re.compile(r"\b(?:pro-Russian|Russian military blogger|Russian milblogger)", re.I),
        "pro_russian",
    ),
    (re.compile(r"\bpro-Ukrainian", re.I), "pro_ukrainian"),
    (re.compile(r"\bUkrain(?:e|ian|ians)\b|\bKyiv\b"), "ukrainian"),
    (re.compile(r"\bRussia(?:n|ns)?\b|\bMoscow\b|\bKremlin\b"), "russian"),
    (
        re.compile(
            r"\b(?:Western|US|U\.S\.|American|British|European|NATO|German|French|Finnish)\b"
        ),
        "western",
    ),
)


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


NOBODY = Speaker(UNKNOWN, "unnamed", UNKNOWN, "Unknown")


def normalise_mention(mention: str) -> str:
    """Return a mention in lower case, with plain apostrophes and no leading article.

    Examples
    --------
    >>> normalise_mention("The  Russia’s Defense Ministry")
    "russia's defense ministry"
    """
    text = unicodedata.normalize("NFKC", mention).replace("’", "'").replace("ʼ", "'")
    text = re.sub(r"\s+", " ", text).strip(" ,.:;'\"“”‘’").casefold()
    return re.sub(r"^(?:the|a|an) ", "", text)


def check_sources(table: pd.DataFrame, where: str = "sources.csv") -> pd.DataFrame:
    """Return the checked ``sources`` table.

    Raises
    ------
    InputError
        If a column is missing, an id repeats, a camp or kind is unknown, or two sources share
        an alias; the row is named (the header is row 1).
    """
    for column, allowed in (("camp", (*CAMPS, UNKNOWN)), ("kind", None)):
        if column not in table.columns:
            raise InputError(
                f"{where}: column '{column}' is missing; got {', '.join(table.columns)}."
            )
        if allowed is None:
            continue
        for row, value in enumerate(table[column].fillna(""), start=2):
            if value not in allowed:
                raise InputError(
                    f"{where}, row {row}: camp={value!r}; expected one of {', '.join(allowed)}."
                )
    try:
        table = check_table(table.assign(aliases=table.get("aliases", "")), "sources")
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    owner: dict[str, str] = {}
    for source_id, name, listed in zip(
        table["source_id"], table["name"], table["aliases"], strict=True
    ):
        for alias in _aliases(name, listed):
            key = normalise_mention(alias)
            if owner.setdefault(key, source_id) != source_id:
                raise InputError(
                    f"{where}: alias {alias!r} belongs to both {owner[key]!r} and "
                    f"{source_id!r}; expected each alias once. Remove it from one."
                )
    return table


def _aliases(name: str, aliases: str) -> list[str]:
    return [a.strip() for a in (name, *aliases.split("|")) if a.strip()]


@dataclass
class SpeakerIndex:
    """Resolves mentions against a ``sources`` table, and remembers whom it had to add.

    Parameters
    ----------
    sources : DataFrame
        The ``sources`` table.
    """

    sources: pd.DataFrame
    added: dict[str, Speaker] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_id: dict[str, Speaker] = {}
        self._by_alias: dict[str, str] = {}
        for row in self.sources.itertuples():
            speaker = Speaker(str(row.source_id), str(row.kind), str(row.camp), str(row.name))
            self._by_id[speaker.source_id] = speaker
            self._by_alias[normalise_mention(speaker.source_id)] = speaker.source_id
            for alias in _aliases(speaker.name, str(row.aliases)):
                self._by_alias[normalise_mention(alias)] = speaker.source_id
        names = sorted((a for a in self._by_alias if a), key=lambda a: (-len(a), a))
        body = "|".join(re.escape(n).replace("'", "[’'ʼ]").replace(r"\ ", r"\s+") for n in names)
        self.pattern = (
            re.compile(rf"(?<![\w-])(?:{body})(?![\w-])", re.IGNORECASE)
            if names
            else re.compile(r"(?!)")
        )

    def by_id(self, source_id: str) -> Speaker:
        """Return the source of this id, or the unknown one."""
        return self._by_id.get(source_id) or self.added.get(source_id) or NOBODY

    def lookup(self, mention: str) -> Speaker | None:
        """Return the source that `mention` names exactly, if any."""
        source_id = self._by_alias.get(normalise_mention(mention))
        return self._by_id[source_id] if source_id is not None else None

    def find(self, text: str, start: int, end: int) -> list[tuple[int, int, Speaker]]:
        """Return every known name in ``text[start:end]`` with its span.

        Names of one word must be capitalised, so that "ministry" alone is not a name.
        """
        found = []
        for m in self.pattern.finditer(text, start, end):
            speaker = self.lookup(m[0])
            if speaker is not None and any(c.isupper() for c in m[0]):
                found.append((m.start(), m.end(), speaker))
        return found

    def resolve(self, mention: str, history: list[Speaker]) -> Speaker:
        """Return the source that a mention stands for, given earlier speakers of its document.

        Order: exact alias; a known name inside the mention; a pronoun or a noun ("the ministry")
        by the latest fitting speaker; a personal name not listed, which is added with unknown
        camp; an unnamed group with the camp that its adjective states. Otherwise ``unknown``.
        """
        exact = self.lookup(mention)
        if exact is not None:
            return exact
        plain = normalise_mention(mention)
        if plain in _PRONOUNS:
            kind = _PRONOUNS[plain]
            return next(
                (s for s in reversed(history) if s.kind == kind and s is not NOBODY), NOBODY
            )
        inside = self.find(mention, 0, len(mention))
        direct = [
            s
            for a, _, s in inside
            if not re.search(r"\b(?:of|by|in|with|from|to|for|against)\s+(?:the\s+)?$", mention[:a])
        ]
        persons = [s for s in direct if s.kind == "person"]
        if persons:
            return persons[-1]
        if direct and normalise_mention(direct[-1].name).split()[-1:] == plain.split()[-1:]:
            return direct[-1]
        noun = plain.split()[-1] if plain else ""
        if re.match(r"(?:the|this|that)\b", mention.strip(), re.I) and noun:
            if noun in _UTTERANCES:
                return next((s for s in reversed(history) if s is not NOBODY), NOBODY)
            for speaker in reversed(history):
                if noun in normalise_mention(speaker.name).split():
                    return speaker
        return self._add(mention, plain)

    def _add(self, mention: str, plain: str) -> Speaker:
        name = _NAME.search(mention.strip(" ,"))
        bare = _TITLES.sub("", name[0]) if name else ""
        if name and len(bare.split()) >= 2 and not any(p.search(bare) for p, _ in _CAMP_WORDS):
            speaker = Speaker(
                "named_" + re.sub(r"\W+", "_", bare.casefold()).strip("_"), "person", UNKNOWN, bare
            )
        else:
            camp = next((c for p, c in _CAMP_WORDS if p.search(mention)), "")
            if not camp or not plain:
                return NOBODY
            speaker = Speaker(
                f"unnamed_{camp}", "unnamed", camp, f"Unnamed, {camp.replace('_', '-')}"
            )
        return self.added.setdefault(speaker.source_id, speaker)

    def table(self) -> pd.DataFrame:
        """Return the ``sources`` table with the sources that had to be added."""
        extra = pd.DataFrame(
            [(s.source_id, s.name, s.kind, s.camp, "") for s in (*self.added.values(), NOBODY)],
            columns=["source_id", "name", "kind", "camp", "aliases"],
        )
        extra = extra[~extra["source_id"].isin(self.sources["source_id"])]
        return check_table(pd.concat([self.sources, extra], ignore_index=True), "sources")
