"""Case forms of Ukrainian and Russian names, by ending.

A name in a list of sources stands in the nominative; in a text it may stand in any case ("за
словами Коваля"). The forms are made from the nominative and looked up, never guessed back from the
text, so that "Коваленко" is no form of "Коваль". A form too many does no harm; plurals are left
out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import product

_CYRILLIC = re.compile(r"[а-яёіїєґ'-]+")
_UKRAINIAN, _RUSSIAN = re.compile(r"[іїєґ']"), re.compile(r"[ыэъё]")
_PATRONYMIC = re.compile(r"(?:ович|евич|йович|івна|ївна|овна|евна|ич)$")
_ADJECTIVE = re.compile(r"(?:[иыоі]й|[аяое]я|[сцз]ь?ка|на|ова|[оие]е|не|ке)$")

# (nominative, what falls off its end, then the endings of genitive, dative, accusative,
# instrumental and locative). Every row that fits gives forms.
_Row = tuple[str, str, str, str, str, str, str]
_ROWS: dict[str, tuple[_Row, ...]] = {
    "uk": (
        (r"ий", "ий", "ого", "ому", "ого|ий", "им", "ому|ім"),
        (r"ій", "ій", "ього", "ьому", "ього|ій", "ім", "ьому|ім"),
        (r"[іїоаеуиє]й", "й", "я", "ю|єві", "я", "єм", "ї|єві|ю"),
        (r"(?:[сцз]ьк|ов|[еє]в|[іїи]н|н|в)а", "а", "ої", "ій", "у", "ою", "ій"),
        (r"[^иеєіоуюяьйа]а", "а", "и|і", "і", "у", "ою|ею", "і"),
        (r"[^аеиіоу]я", "я", "і", "і", "ю", "ею", "і"),
        (r"[іаоуєеи']я", "я", "ї", "ї", "ю", "єю", "ї"),
        (r"[нтжд]я", "я", "я", "ю", "я", "ям", "і"),
        (r"о", "о", "а", "у|ові", "а|о", "ом", "і|у|ові"),
        (r"[иноке]е|не|ке", "е", "ого", "ому", "е", "им", "ому"),
        (r"ець", "ець", "ця", "цю|цеві", "ця", "цем", "цеві|ці"),
        (r"ь", "ь", "я|і", "ю|еві|і", "я|ь", "ем|ю", "і|ю|еві"),
        (r"(?:ов|[еє]в|[іїи]н)", "", "а", "у|ові", "а", "им", "ові|у|і"),
        (r"[бвгґдзклмнпрстфх]", "", "а|у", "у|ові", "а|", "ом", "і|ові|у"),
        (r"[жчшщц]", "", "а|у", "у|еві", "а|", "ем", "і|еві|у"),
    ),
    "ru": (
        (r"[иыо]й", "[иыо]й", "ого|его", "ому|ему", "ого|его", "ым|им", "ом|ем"),
        (r"[ие]й|[аоуя]й", "й", "я", "ю", "я", "ем", "е|и"),
        (r"ая", "ая", "ой", "ой", "ую", "ой|ою", "ой"),
        (r"(?:ов|[её]в|[иы]н)а", "а", "ой", "ой", "у", "ой|ою", "ой"),
        (r"[^аеиоуыэюяьй]а", "а", "ы|и", "е", "у", "ой|ою|ей", "е"),
        (r"ия", "я", "и", "и", "ю", "ей", "и"),
        (r"[^иа]я", "я", "и", "е", "ю", "ей|ёй", "е"),
        (r"о", "о", "а", "у", "а|о", "ом", "е"),
        (r"ие|ье", "е", "я", "ю", "е", "ем", "и"),
        (r"ое|ее", "[ое]е", "ого|его", "ому|ему", "ое|ее", "ым|им", "ом|ем"),
        (r"ь", "ь", "я|и", "ю|и", "я|ь", "ем|ём|ью", "е|и"),
        (r"[бвгдзклмнпрстфхжчшщц]", "", "а", "у", "а|", "ом|ым|ем", "е"),
    ),
}
# Vowels of the last syllable that change or fall out before an ending: Федір, Федора; Київ, Києва;
# Павел, Павла.
_CHANGES = (
    (r"і(?=[^аеєиіїоуюя]$)", "о"),
    (r"і(?=[^аеєиіїоуюя]$)", "е"),
    (r"ї(?=[^аеєиіїоуюя]$)", "є"),
    (r"(?<=[^аеєиіїоуюяыэ])[еоё](?=[лкц]$)", ""),
)
_SOFTENED = {"к": "ц", "г": "з", "х": "с"}


@cache
def case_forms(name: str) -> frozenset[str]:
    """Return the oblique case forms of a name in the nominative.

    Parameters
    ----------
    name : str
        A name of one or more words; those in another script stay as they are.

    Returns
    -------
    frozenset of str
        In lower case, with plain apostrophes. Empty for a name without Cyrillic words, and for
        one that does not change.

    Examples
    --------
    >>> sorted(case_forms("Орлов") & {"орлова", "орловым", "орлов"})
    ['орлова', 'орловым']
    >>> case_forms("Orlov")
    frozenset()
    """
    words = re.sub(r"[’ʼ]", "'", name.casefold()).split()
    declined = _declined_words(words)
    forms = {
        " ".join(combination)
        for lang in _languages(words)
        for case in range(5)
        for combination in product(
            *(
                sorted(_forms(word, lang, case)) if changes else [word]
                for word, changes in zip(words, declined, strict=True)
            )
        )
    }
    return frozenset(forms - {" ".join(words)})


def inflected(aliases: Mapping[str, str]) -> dict[str, str]:
    """Return the case forms of aliases with the source that each belongs to.

    Parameters
    ----------
    aliases : mapping of str to str
        Source by alias in lower case.

    Returns
    -------
    dict of str to str
        Without the aliases themselves, and without a form that two sources share.
    """
    owners: dict[str, set[str]] = {}
    for alias, source in aliases.items():
        for form in case_forms(alias):
            owners.setdefault(form, set()).add(source)
    return {
        form: min(sources)
        for form, sources in owners.items()
        if len(sources) == 1 and form not in aliases
    }


def _languages(words: Iterable[str]) -> list[str]:
    text = "".join(words)
    if not re.search(r"[а-яёіїєґ]", text):
        return []
    is_uk, is_ru = bool(_UKRAINIAN.search(text)), bool(_RUSSIAN.search(text))
    return ["uk"] if is_uk and not is_ru else ["ru"] if is_ru and not is_uk else ["uk", "ru"]


def _declined_words(words: list[str]) -> list[bool]:
    """Say which words change: of a personal name all, else up to the first noun.

    "Генеральний штаб" changes both, "Служба безпеки України" the first word alone.
    """
    cyrillic = [bool(_CYRILLIC.fullmatch(w)) for w in words]
    if len(words) <= 2 or any(_PATRONYMIC.search(w) for w in words[1:-1]):
        return cyrillic
    head = next((i for i, w in enumerate(words) if not _ADJECTIVE.search(w)), 0)
    return [c and i <= head for i, c in enumerate(cyrillic)]


def _forms(word: str, lang: str, case: int) -> set[str]:
    """Return the forms of a word in a case (0 genitive … 4 locative)."""
    out: set[str] = set()
    for nominative, falls, *endings in _ROWS[lang]:
        if not re.search(rf"(?:{nominative})$", word):
            continue
        stem = re.sub(rf"{falls}$", "", word)
        for ending in endings[case].split("|"):
            out.update(variant + ending for variant in _stems(stem, ending, falls))
    # A woman's name in a consonant does not change: "Анни Коваль".
    return out | {word} if not out or re.search(r"[^аеєиіїоуюяыэё]$", word) else out


def _stems(stem: str, ending: str, falls: str) -> Iterator[str]:
    yield stem
    if not falls and ending:
        yield from (re.sub(old, new, stem) for old, new in _CHANGES if re.search(old, stem))
    elif ending == "і" and stem[-1:] in _SOFTENED:
        yield stem[:-1] + _SOFTENED[stem[-1]]
