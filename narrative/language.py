"""What the file of a language holds (``data/cues_*.toml``), read once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

_SLOT = re.compile(r"<<(\w+)>>")
NEVER = "(?!)"


@cache
def read_language(lang: str = "en") -> Mapping[str, Any]:
    """Return the tables of a language; a language without a file gets the English ones."""
    path = files("narrative") / f"data/cues_{lang}.toml"
    if lang != "en" and not (lang.isalpha() and path.is_file()):
        return read_language("en")
    table: Mapping[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    return table


def any_of(fragments: Iterable[str]) -> str:
    """Return one alternative of pattern fragments, in their order; of none, what never matches."""
    return "|".join(fragments) or NEVER


def fill(template: str, words: Mapping[str, Any]) -> str:
    """Return a pattern with each ``<<name>>`` replaced by the alternatives listed under it.

    Raises
    ------
    KeyError
        If `words` has no list of that name.

    Examples
    --------
    >>> fill("(?:<<that>>) (?:<<none>>)?", {"that": ["that", "how"], "none": []})
    '(?:that|how) (?:(?!))?'
    """
    return _SLOT.sub(lambda slot: any_of(words[slot[1]]), template)
