"""Normal forms of mentions and names: case and signs, scripts and transliterations, titles."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Final

from anyascii import anyascii

from narrative.speakers.given_names import GIVEN_NAMES
from narrative.speakers.roles import HONORIFICS, TITLES, person_role

MIN_KEY: Final = 5
_WORD = r"[^\W\d_]\w*(?:[’'ʼ-](?!s\b)\w+)*"
WORD: Final = re.compile(_WORD)
_ORGANISATION = re.compile(
    r"(?:agency|alliance|army|association|authority|bank|brigade|bureau|club|cent(?:er|re)|command|"
    r"commission|committee|company|congress|corps|council|department|embassy|federation|force|"
    r"forces|foundation|fund|government|group|guard|headquarters|institute|institution|"
    r"intelligence|ministry|movement|navy|office|organi[sz]ation|parliament|party|police|project|"
    r"regiment|senate|service|services|society|staff|union|university)",
    re.IGNORECASE,
)
_OUTLET = re.compile(
    r"(?:chronicle|courier|daily|gazette|herald|journal|magazine|mail|media|news|observer|post|"
    r"press|radio|review|telegraph|times|tribune|tv|weekly)",
    re.IGNORECASE,
)
# Transliterations differ in these; the order matters. Applied to plain lower-case letters.
_FOLDS: Final = tuple(
    (re.compile(pattern), plain)
    for pattern, plain in (
        (r"[^a-z]", ""),
        (r"shch|sch", "sh"),
        (r"kh|gh|g", "h"),
        (r"[iyj]+", "i"),
        (r"i(?=[aeou])", ""),
        (r"ov(?=$)", "ev"),
        (r"(.)\1+", r"\1"),
    )
)


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


@cache
def name_key(word: str) -> str:
    """Return the key under which the spellings of one name meet.

    The word is transliterated to ASCII (anyascii) and folded: *i, y, j* and their runs are one
    vowel, which falls away before another (*Yermak*, *Iermak*, *Ermak*); *g*, *kh* and *h* are one
    (*Trehubov*, *Tregubov*); a final *-ov* is *-ev* (*ё* is written both ways); apostrophes and
    doubled letters do not count. Two different names can share a key: it is for comparing with the
    names of listed persons, never with common words.

    Examples
    --------
    >>> {name_key(n) for n in ("Zelensky", "Zelenskyy", "Zelenskiy", "Зеленський", "Зеленский")}
    {'zelenski'}
    >>> name_key("Kuzovliov") == name_key("Kuzovlev") == name_key("Кузовлёв")
    True
    """
    text = anyascii(word).casefold()
    for pattern, plain in _FOLDS:
        text = pattern.sub(plain, text)
    return text


_GIVEN: Final = {
    name_key(form): (name_key(group.split("/")[0]), gender)
    for gender, names in GIVEN_NAMES.items()
    for group in names
    for form in group.split("/")
}


def is_given(word: str) -> bool:
    """Say whether a word is a listed given name, in any spelling."""
    return name_key(word) in _GIVEN


def person_key(words: Sequence[str]) -> tuple[str, ...]:
    """Return the key of a name; forms of one given name ("Pavlo", "Pavel") are the same."""
    keys = [name_key(w) for w in words]
    if len(keys) > 1 and keys[0] in _GIVEN:
        keys[0] = _GIVEN[keys[0]][0]
    return tuple(keys)


def gender_of_name(name: str) -> str:
    """Return "m" or "f" where a given name or a Slavic surname tells, else "".

    Examples
    --------
    >>> gender_of_name("Olha Brenner"), gender_of_name("Zakharova"), gender_of_name("Trump")
    ('f', 'f', '')
    """
    words = WORD.findall(name)
    if not words:
        return ""
    if len(words) > 1 and name_key(words[0]) in _GIVEN:
        return _GIVEN[name_key(words[0])][1]
    last = anyascii(words[-1]).casefold()
    if re.search(r"(?:ova|eva|skaya|ska|tskaya)$", last):
        return "f"
    return "m" if re.search(r"(?:[^aeiou]ov|ev|sk(?:yi|iy|yy|ii|y|i|y))$", last) else ""


def is_capitalised(word: str) -> bool:
    """Say whether a word begins with a capital letter."""
    return word[:1].isupper()


def personal_name(words: Sequence[str]) -> tuple[list[str], bool]:
    """Return the personal name that a run of words ends with, and whether a title stands before.

    Parameters
    ----------
    words : sequence of str
        Words of a noun phrase up to its first preposition.

    Returns
    -------
    name : list of str
        One to four capitalised words, none of them a title, side or body; empty if there is none.
    titled : bool

    Examples
    --------
    >>> personal_name("Russian Defence Minister Anna Koval".split())
    (['Anna', 'Koval'], True)
    >>> personal_name("the Harbour Institute".split())
    ([], False)
    """
    run: list[str] = []
    titled = False
    for word in reversed(words):
        plain = word.rstrip(".").casefold()
        titled = bool(person_role(plain)) or plain in HONORIFICS
        if titled or plain in TITLES or is_side(word) or is_body(word):
            break
        if not is_capitalised(word) or not WORD.fullmatch(word):
            break
        run.insert(0, word)
    given = next((i for i, w in enumerate(run[:-1]) if is_given(w)), 0)
    run = run[given:]
    return (run, titled) if len(run) <= 4 else ([], False)


def is_body(word: str) -> bool:
    """Say whether a word of a name tells that it is an organisation or outlet."""
    return bool(_ORGANISATION.fullmatch(word) or _OUTLET.fullmatch(word))


def kind_of_name(name: str) -> str:
    """Return the kind of source that a proper name of several words stands for."""
    words = WORD.findall(name)
    if any(_ORGANISATION.fullmatch(w) for w in words):
        return "organisation"
    return "outlet" if any(_OUTLET.fullmatch(w) for w in words) else "person"


_SIDES: Final = (
    (
        "pro_russian",
        r"pro-(?:Russian|Kremlin)|Kremlin-(?:aligned|backed|affiliated)|Russian(?:-occupation)? "
        r"(?:(?:military|war|pro-war|nationalist|ultranationalist|Telegram) )?"
        r"(?:mil)?(?:blogger|bloggers|correspondents)\b|Z-(?:bloggers?|channels?)",
    ),
    ("pro_ukrainian", r"pro-Ukrainian|pro-Kyiv"),
    ("independent", r"(?:exiled|independent) Russian|Russian opposition"),
    ("ukrainian", r"Ukrain(?:e|ians?)|Kyiv|Kiev"),
    ("russian", r"Russia(?:ns?)?|Moscow|(?:the )?Kremlin"),
    (
        "western",
        r"Western|US|U\.S\.|Americans?|British|UK|European|EU|NATO|Nato|Germans?|French|Finnish|Polish|"
        r"Estonian|Latvian|Lithuanian|Norwegian|Swedish|Danish|Dutch|Italian|Spanish|Czech|"
        r"Canadian|Pentagon|White House|Washington",
    ),
)
_SIDE = re.compile(
    "|".join(rf"(?P<{camp}>(?<!\w)(?:{words})(?!\w))" for camp, words in _SIDES),
)
_PREPOSITION = re.compile(r"\s(?:of|by|in|at|for|from|to|with|on|about|near|against|who)\s")


def is_side(word: str) -> bool:
    """Say whether a word is the adjective or name of a side ("Ukrainian", "Kyiv")."""
    return _SIDE.fullmatch(word) is not None


def before_preposition(phrase: str) -> str:
    """Return a noun phrase without what hangs on it ("spokesman for the army": "spokesman")."""
    m = _PREPOSITION.search(phrase)
    return phrase[: m.start()] if m else phrase


def camp_of(mention: str) -> str:
    """Return the camp that a mention states by an adjective, "" if none or more than one.

    What stands before a preposition decides, else what stands after it.

    Examples
    --------
    >>> camp_of("a Ukrainian spokesman"), camp_of("officers from Russia"), camp_of("experts")
    ('ukrainian', 'russian', '')
    >>> camp_of("Ukrainian officials in Russia"), camp_of("Russian and Ukrainian officials")
    ('ukrainian', '')
    """
    for text in (before_preposition(mention), mention):
        camps = {str(m.lastgroup) for m in _SIDE.finditer(text)}
        if camps:
            return camps.pop() if len(camps) == 1 else ""
    return ""
