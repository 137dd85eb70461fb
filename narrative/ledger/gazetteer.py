"""Names to places: both usages, spellings by rule, and no guess between places of one name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from io import StringIO

import pandas as pd
from anyascii import anyascii

from narrative.ledger.sentence import any_of, control_words
from narrative.schema import check_table

# Romanisations of Ukrainian and of Russian names that differ by rule: both come to one key.
_SAME = (
    ("shch", "sc"), ("sch", "sc"), ("kh", "h"), ("gh", "h"), ("zh", "z"), ("ts", "c"), ("ch", "c"),
    ("sh", "s"), ("yo", "o"), ("io", "o"), ("iu", "u"), ("yu", "u"), ("ia", "a"), ("ya", "a"),
    ("ie", "e"), ("ye", "e"), ("yi", "i"), ("y", "i"), ("j", "i"), ("g", "h"),
)  # fmt: skip
_ENDINGS = (
    (re.compile(r"(?:oie|oe|oi|ii|ee|e)\b"), "e"),  # Verbovoye, Verbove
    (re.compile(r"(?:o|i|e)+vka\b"), "ivka"),  # Danilovka, Danylivka
    (re.compile(r"(?:o|i|e)+v[oe]\b"), "ove"),  # Kurakhovo, Kurakhove
)
_FEWEST = 5  # letters of a name that is known by its key


def spelling_key(name: str) -> str:
    """Return what the Ukrainian and the Russian spelling of a name have in common.

    Examples
    --------
    >>> spelling_key("Danilovka") == spelling_key("Danylivka")
    True
    >>> spelling_key("Verbovoye") == spelling_key("Verbove")
    True
    """
    text = re.sub(r"['’ʼ`\"]", "", anyascii(name).lower())
    for old, new in _SAME:
        text = text.replace(old, new)
    text = re.sub(r"(.)\1", r"\1", text)
    for pattern, new in _ENDINGS:
        text = pattern.sub(new, text)
    return re.sub(r"[^a-z]", "", text)


@cache
def shipped_places() -> pd.DataFrame:
    """Return the shipped gazetteer: towns of the war in Ukraine, a ``places`` table.

    Names and coordinates are GeoNames' (CC BY 4.0); Russian usages were added by hand.
    """
    text = (files("narrative") / "data/places_ukraine.csv").read_text(encoding="utf-8")
    return check_table(pd.read_csv(StringIO(text), dtype={"aliases": "string"}), "places")


@cache
def _regions() -> list[tuple[re.Pattern[str], str]]:
    return [
        (re.compile(rf"(?<!\w){any_of(words)}(?!\w)", re.IGNORECASE), name)
        for name, words in control_words().section["regions"].items()
    ]


def region_named(text: str) -> str | None:
    """Return the region of the contest that a text names first, None if it names none.

    Examples
    --------
    >>> region_named("liberated Verbovoye in Dnepropetrovsk region")
    'Dnipropetrovsk'
    """
    found = [(m.start(), name) for pattern, name in _regions() if (m := pattern.search(text))]
    return min(found)[1] if found else None


@cache
def _second_word() -> str:
    return any_of(control_words().section["names"]["second_words"])


class Gazetteer:
    """Finds and resolves the names of a ``places`` table.

    Parameters
    ----------
    places : DataFrame
        ``place_id, name, aliases``, and ``region`` where known.
    """

    def __init__(self, places: pd.DataFrame) -> None:
        self.region = dict(zip(places["place_id"], places["region"].astype(str), strict=True))
        self._exact: dict[str, set[str]] = {}
        self._by_key: dict[str, set[str]] = {}
        for row in places.itertuples():
            for name in (str(row.name), *str(row.aliases).split("|")):
                folded = _folded(name)
                if folded:
                    self._exact.setdefault(folded, set()).add(str(row.place_id))
                    self._by_key.setdefault(spelling_key(name), set()).add(str(row.place_id))
        body = "|".join(re.escape(n) for n in sorted(self._exact, key=lambda n: (-len(n), n)))
        alone = rf"(?<![\w-])(?:{body})(?![\w-])(?!\s{_second_word()}(?!\w))"
        self._pattern = re.compile(alone if body else r"(?!)", re.IGNORECASE)

    def mentions(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where a name of the table stands, written as the table has it in any case."""
        for match in self._pattern.finditer(_plain(text)):
            yield match.span()

    def resolve(self, name: str, region: str | None = None) -> str | None:
        """Return the place of a name: as the table has it, or else by its spelling.

        Parameters
        ----------
        name : str
        region : str, optional
            A place that the table has in another region is then no match.

        Returns
        -------
        str or None
            None where no place or more than one fits.
        """
        exact = self._exact.get(_folded(name), set())
        alike = self._by_key.get(spelling_key(name), set()) if len(name) >= _FEWEST else set()
        for found in (exact, alike):
            here = {p for p in found if region is None or self.region[p] in (region, "")}
            if here:
                return next(iter(here)) if len(here) == 1 else None
        return None


def _plain(text: str) -> str:
    """Return the text with one apostrophe, sign for sign: what is found stands where it stood."""
    return text.replace("’", "'").replace("ʼ", "'").replace("`", "'")


def _folded(name: str) -> str:
    return _plain(name).lower().strip()
