"""The dates of a page's markup, made ISO where they can be read and taken out where they cannot."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from narrative.collect.dates import AMBIGUOUS, ambiguous_days, is_iso_day, read_day

_JSON_LD = "//script[contains(@type, 'ld+json')]"
_FIELD = re.compile(r'("date(Published|Created|Modified)"\s*:\s*)("(?:[^"\\]|\\.)*")')
_NAME = re.compile(r"date|publish|time|created", re.IGNORECASE)
_PROSE = 100  # characters from which a text is prose, and read by nobody for the page's date
_MAX_TIMES = 20


@dataclass
class Said:
    """Dates of a page: `plain` ISO, `read` from ISO date to what stood there, `unread` with why."""

    plain: set[str] = field(default_factory=set)
    read: dict[str, str] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)

    def is_plain(self, raw: str) -> bool:
        """Say whether `raw` is an ISO date, and keep it in mind."""
        if is_iso_day(raw):
            self.plain.add(raw.strip()[:10])
            return True
        return False

    def words_for(self, day: str) -> str:
        """Return a note of what `day` was read from, where it stands nowhere as an ISO date."""
        return f"the page says {self.read[day]!r}" if day in self.read.keys() - self.plain else ""

    def iso(self, raw: str, lang: str) -> str:
        """Return the ISO date of `raw`, or "", and keep it in mind."""
        day, why = read_day(raw, lang)
        if day:
            self.read.setdefault(day, raw)
        elif raw.strip():
            self.unread[raw] = why
        return day

    def not_taken(self) -> str:
        """Return a note of what was not taken for a date."""
        first = [f"{raw[:_PROSE]!r} ({why})" for raw, why in list(self.unread.items())[:3]]
        return "date not taken: " + ", ".join(first) if first else ""


def make_iso(tree: Any, lang: str) -> Said:
    """Change the dates in the markup of `tree` so that no reader has to guess, and tell which.

    A reader of dates skips those in JSON-LD that are not ISO (and takes the day of the last change
    for that of publication), knows few months by name, and takes 03/04/2025 for 3 April.

    Parameters
    ----------
    tree : lxml.html.HtmlElement
        The page; it is changed.
    lang : str
        Its language.
    """
    said = Said()
    for script in tree.xpath(_JSON_LD):
        script.text = _json_ld(script.text or "", lang, said)
    for meta in tree.xpath("//meta[@content]"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        if _NAME.search(name):
            _attribute(meta, "content", meta.get("content"), lang, said)
    for time in tree.xpath("//time")[:_MAX_TIMES]:
        _attribute(time, "datetime", time.get("datetime") or time.text_content(), lang, said)
    for element in tree.iter():
        if element.tag not in ("script", "style"):
            element.text = _without(element.text, said)
        element.tail = _without(element.tail, said)
    return said


def _json_ld(text: str, lang: str, said: Said) -> str:
    lost = False

    def iso(match: re.Match[str]) -> str:
        nonlocal lost
        try:
            raw = str(json.loads(match[3], strict=False))
        except ValueError:
            raw = match[3].strip('"')
        if match[2] == "Modified":
            return match[0] if is_iso_day(raw) else match[1] + json.dumps(read_day(raw, lang)[0])
        if said.is_plain(raw):
            return match[0]
        day = said.iso(raw, lang)
        lost = lost or not day
        return match[1] + json.dumps(day)

    text = _FIELD.sub(iso, text)
    # Where the day of publication cannot be read, that of the last change must not pass for it.
    return _FIELD.sub(lambda m: m[0] if m[2] != "Modified" else m[1] + '""', text) if lost else text


def _attribute(element: Any, name: str, raw: str, lang: str, said: Said) -> None:
    if len(raw) > _PROSE or "://" in raw or said.is_plain(raw):
        return
    if ambiguous_days(raw):
        said.unread[raw.strip()] = AMBIGUOUS
        element.attrib.pop(name, None)
    elif day := read_day(raw, lang)[0]:
        said.read.setdefault(day, raw.strip())
        element.set(name, day)


def _without(text: str | None, said: Said) -> str | None:
    """Return a line of text without the dates that can be read in two ways."""
    if not text or len(text) > _PROSE:
        return text
    for raw in ambiguous_days(text):
        said.unread[raw] = AMBIGUOUS
        text = text.replace(raw, "")
    return text
