"""What the file of a language holds (``data/cues_*.toml``), read once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from narrative.errors import InputError

_CODE = re.compile(r"[a-z]{2,3}")
_ENGLISH_NAMES = {"english": "en", "ukrainian": "uk", "russian": "ru", "german": "de",
                  "french": "fr", "polish": "pl", "spanish": "es", "ua": "uk"}  # fmt: skip
_SLOT = re.compile(r"<<(\w+)>>")
NEVER = "(?!)"


def check_code(lang: str) -> str:
    """Return a language code as it is.

    Raises
    ------
    InputError
        If it is not a code of two or three small letters, such as ``en``; "English" or "en-GB"
        would be read by rules for languages unknown, and worse.
    """
    if _CODE.fullmatch(lang) and lang not in _ENGLISH_NAMES:
        return lang
    short = re.split(r"[-_]", lang.strip().casefold())[0]
    better = _ENGLISH_NAMES.get(short, short)
    write = f"write {better}" if _CODE.fullmatch(better) else "write the code"
    raise InputError(
        f"lang={lang!r}: expected a code of two or three small letters, such as en, uk or ru; "
        f"{write}."
    )


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
