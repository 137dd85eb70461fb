"""Names to places: both usages, spellings by rule, and no guess between places of one name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from io import StringIO

import pandas as pd
from anyascii import anyascii

from narrative.ledger.sentence import any_of, control_words
from narrative.schema import check_table

# Romanisations of Ukrainian and of Russian names that differ by rule: both come to one key.
_SAME = (
    ("x", "ks"), ("shch", "sc"), ("sch", "sc"), ("kh", "h"), ("gh", "h"), ("zh", "z"),
    ("ts", "c"), ("ch", "c"), ("sh", "s"), ("yo", "o"), ("io", "o"), ("iu", "u"), ("yu", "u"),
    ("ia", "a"), ("ya", "a"),
    ("ie", "e"), ("ye", "e"), ("yi", "i"), ("y", "i"), ("j", "i"), ("g", "h"),
)  # fmt: skip
_ENDINGS = (
    (re.compile(r"(?:oie|oe|oi|ii|ee|e)\b"), "e"),  # Verbovoye, Verbove
    (re.compile(r"(?:o|i|e)+vka\b"), "ivka"),  # Danilovka, Danylivka
    (re.compile(r"(?:o|i|e)+v[oe]\b"), "ove"),  # Kurakhovo, Kurakhove
)
MUCH_LARGER = 10
_WORD = re.compile(r"\w+")
_FEWEST = 5  # letters of a name that is known by its key


@lru_cache(maxsize=100_000)
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
    """Return the shipped gazetteer: settlements of the war in Ukraine, a ``places`` table.

    Names are the Ukrainian codifier's, coordinates and population GeoNames' (CC BY 4.0) where known
    (else 300 people); Russian usages are by rule and by hand (``experiments/places_data.py``).
    """
    text = (files("narrative") / "data/places_ukraine.csv").read_text(encoding="utf-8")
    table = pd.read_csv(
        StringIO(text), dtype=dict.fromkeys(("aliases", "former", "geonameid"), "string")
    )
    return check_table(table, "places")


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
def _groups() -> list[tuple[re.Pattern[str], frozenset[str]]]:
    named = r"group(?:ing)?(?:s|'s)?(?: of (?:forces|troops|forces'))?"
    out = []
    for group in control_words().section["groups"].values():
        words = any_of(group["words"])
        found = rf"(?<!\w)(?:{words}(?:'s)? {named}|{named} [“\"'«]?{words})(?!\w)"
        out.append((re.compile(found, re.IGNORECASE), frozenset(group["districts"])))
    return out


def districts_named(text: str) -> frozenset[str]:
    """Return the districts in which the groups of forces fought that a text names.

    Examples
    --------
    >>> "Покровський" in districts_named("units of the tsentr group of forces liberated it")
    True
    """
    found = [districts for pattern, districts in _groups() if pattern.search(text)]
    return frozenset().union(*found)


@cache
def _also_words() -> frozenset[str]:
    return frozenset(control_words().section["names"]["also_words"])


@cache
def _second_word() -> str:
    return any_of(control_words().section["names"]["second_words"])


class Gazetteer:
    """Finds and resolves the names of a ``places`` table.

    Parameters
    ----------
    places : DataFrame
        ``place_id, name, aliases``, and ``former`` names, ``region``, ``population`` and ``front``
        where known.
    """

    def __init__(self, places: pd.DataFrame) -> None:
        places = check_table(places, "places")
        ids = places["place_id"].astype(str)
        self.region = dict(zip(ids, places["region"].astype(str), strict=True))
        self.population = dict(zip(ids, places["population"].astype(float), strict=True))
        self.district = dict(zip(ids, places["district"].astype(str), strict=True))
        self.front = set(ids[places["front"].astype(bool)])
        self._exact: dict[str, set[str]] = {}
        self._by_key: dict[str, set[str]] = {}
        for row in places.itertuples():
            for name in (str(row.name), *str(row.aliases).split("|")):
                folded = _folded(name)
                if folded:
                    self._exact.setdefault(folded, set()).add(str(row.place_id))
                    self._by_key.setdefault(spelling_key(name), set()).add(str(row.place_id))
        self._former: dict[str, set[str]] = {}
        for place, names in zip(ids, places["former"].astype(str), strict=True):
            for name in names.split("|"):
                self._former.setdefault(spelling_key(name), set()).add(place)
        self._longest = max((len(_WORD.findall(n)) for n in self._exact), default=0)
        self._second = re.compile(rf"\s{_second_word()}(?!\w)", re.IGNORECASE)

    def mentions(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where a name of the table stands, in any case, or a long one spelled otherwise."""
        plain = _folded_signs(text)
        words = [m.span() for m in _WORD.finditer(plain)]
        at = 0
        while at < len(words):
            start = words[at][0]
            ends = [end for _, end in words[at : at + self._longest]]
            found = next((end for end in reversed(ends) if self._stands(plain, start, end)), None)
            if found is None:
                at += 1
                continue
            yield start, found
            at += 1 + ends.index(found)

    def _stands(self, plain: str, start: int, end: int) -> bool:
        """Say whether a name stands there alone: no part of another one."""
        name = plain[start:end]
        if name in _also_words():
            return False
        alike = end - start > _FEWEST and spelling_key(name) in self._by_key
        if name not in self._exact and not alike:
            return False
        beside = plain[max(0, start - 1) : start] + plain[end : end + 1]
        return "-" not in beside and self._second.match(plain, end) is None

    def resolve(
        self, name: str, region: str | None = None, districts: frozenset[str] = frozenset()
    ) -> str | None:
        """Return the place of a name: as the table has it, or else by its spelling.

        Parameters
        ----------
        name : str
        region : str, optional
            A place that the table has in another region is then no match; former names count with
            a region only, and where no place has the name today.
        districts : frozenset of str
            Of several places of the name those in them are meant, if any is.

        Returns
        -------
        str or None
            Of several places that fit the one with `MUCH_LARGER` times the people of each other
            (Leidner 2007), else the only one at the front; None where that is none or several.
        """
        exact = self._exact.get(_folded(name), set())
        long = len(name) >= _FEWEST and not re.search(r"\d", name)
        key = spelling_key(name) if long else ""
        alike = self._by_key.get(key, set()) if long else set()
        former = self._former.get(key, set()) if long and region else set()
        for found in (exact, alike, former):
            here = {p for p in found if region is None or self.region[p] in (region, "")}
            if here:
                return self._likeliest({p for p in here if self.district[p] in districts} or here)
        return None

    def _likeliest(self, places: set[str]) -> str | None:
        if len(places) == 1:
            return next(iter(places))
        order = sorted(places, key=lambda p: (-self._people(p), p))
        first, second = (self._people(p) for p in order[:2])
        if first >= MUCH_LARGER * second > 0:
            return order[0]
        front = places & self.front
        return next(iter(front)) if len(front) == 1 else None

    def _people(self, place: str) -> float:
        people = self.population[place]
        return people if people == people else 0.0


def _folded_signs(text: str) -> str:
    """Return the text in small letters with one apostrophe, sign for sign."""
    small = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    return small.replace("’", "'").replace("ʼ", "'").replace("`", "'")


def _folded(name: str) -> str:
    return _folded_signs(name).strip()
