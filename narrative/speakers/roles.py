"""Nouns for what a source is: spokesman, analyst, ministry, newspaper."""

from __future__ import annotations

import re
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PERSON_ROLES: Final = _words(
    """
    activist adviser aide ambassador admiral analyst author blogger brigadier captain chairman
    chancellor chief colonel columnist commander commentator congressman correspondent critic deputy
    diplomat director doctor driver economist editor envoy expert fellow fighter general governor
    head historian infantryman insider journalist judge king lawmaker lawyer leader lieutenant major
    man marshal mayor medic milblogger minister negotiator nurse observer officer official ombudsman
    pilot politician premier president prisoner professor prosecutor reporter representative
    researcher resident scholar secretary senator sergeant serviceman sociologist soldier source
    spokesperson teacher veteran volunteer witness woman
    """
)
_BODIES: Final = _words(
    """
    administration alliance army authority bloc brigade bureau cabinet campaign center centre
    command commission committee company corps council delegation department directorate embassy
    force foundation government group guard headquarters institute institution intelligence
    military ministry mission navy office organisation organization parliament party project service
    staff tank team union university
    """
)
OUTLETS: Final = _words(
    """
    agency broadcaster channel daily magazine newspaper outlet paper portal site tabloid website
    weekly
    """
)
UTTERANCES: Final = _words(
    "statement report announcement message assessment post account channel bulletin update story "
    "article dispatch"
)
# Who finds out what an organisation then says: its analysts speak for it.
STUDENTS: Final = _words("analysts experts mappers researchers")
# What somebody does; unlike ranks and offices it is often first said of a name known already.
OCCUPATIONS: Final = _words(
    "doctor driver infantryman medic nurse pilot prisoner sociologist teacher veteran volunteer"
)
TITLES: Final = _words(
    """
    the a an one some another many several former deputy acting prime chief mr mrs ms miss dr sir
    lord gen col lt maj capt sgt adm prof sen rep gov pres press foreign defence defense interior
    finance senior retired top lead military first vice state affairs security secretary-general
    commander-in-chief editor-in-chief
    """
)
# Of the titles, those that only a person bears.
HONORIFICS: Final = _words(
    "mr mrs ms miss dr sir lord gen col lt maj capt sgt adm prof sen rep gov"
)
_SAME: Final = {
    "advisor": "adviser",
    "gen": "general",
    "col": "colonel",
    "maj": "major",
    "capt": "captain",
    "lt": "lieutenant",
    "adm": "admiral",
    "people": "person",
    "men": "man",
    "women": "woman",
    "servicemen": "serviceman",
    "militaries": "military",
}
_RANKS: Final = (
    "admiral brigadier captain colonel commander general lieutenant major marshal sergeant"
)
# What a noun may also call: "the officer" was introduced as a colonel.
_NARROWER: Final = {
    noun: _words(narrower)
    for noun, narrower in (
        ("officer", _RANKS),
        ("commander", "admiral colonel general major marshal"),
        ("soldier", "serviceman fighter infantryman sergeant"),
        ("serviceman", "soldier fighter sergeant"),
        (
            "official",
            "adviser aide ambassador chief deputy governor head mayor minister representative "
            "secretary spokesperson",
        ),
        ("leader", "president premier chancellor king chairman"),
        ("expert", "analyst researcher scholar"),
        ("analyst", "expert observer researcher fellow"),
        ("researcher", "analyst fellow scholar"),
        ("blogger", "milblogger"),
        ("milblogger", "blogger"),
        ("diplomat", "ambassador envoy"),
        ("journalist", "correspondent reporter columnist editor"),
        ("reporter", "correspondent journalist"),
        ("correspondent", "reporter journalist"),
        ("lawmaker", "senator congressman deputy"),
        ("politician", "senator congressman lawmaker deputy premier president minister chancellor"),
        ("premier", "minister"),
    )
}
_FEMININE = re.compile(r"(?:spokeswoman|woman|women|chairwoman|congresswoman|mrs|ms|miss)\.?")
_MASCULINE = re.compile(
    r"(?:spokesman|man|men|chairman|congressman|serviceman|mr|king|lord|sir)\.?"
)


def _singular(noun: str) -> str:
    if noun.endswith("ies"):
        return noun[:-3] + "y"
    return noun[:-1] if re.search(r"[^su]s$", noun) else noun


def role_of(noun: str) -> str:
    """Return a role noun in the singular and without its gender, "" if it is none.

    Examples
    --------
    >>> role_of("spokeswomen"), role_of("Colonel-General"), role_of("ministries"), role_of("mill")
    ('spokesperson', 'general', 'ministry', '')
    """
    plain = re.sub(r"['’]s?$", "", noun.casefold()).rstrip(".").split("-")[-1]
    plain = re.sub(r"^(spokes|chair|congress)(?:wo)?m[ae]n$", r"\1man", plain)
    plain = re.sub(r"^spokes(?:man|people|persons?)$", "spokesperson", plain)
    for form in (plain, _singular(plain)):
        form = _SAME.get(form, form)
        if form in _PERSON_ROLES or form in _BODIES or form in OUTLETS:
            return form
    return ""


def person_role(noun: str) -> str:
    """Return a noun as the role of a person, "" if it is none."""
    role = role_of(noun)
    return role if role in _PERSON_ROLES else ""


def is_plural(noun: str) -> bool:
    """Say whether a role noun stands for several persons."""
    plain = noun.casefold()
    irregular = bool(re.search(r"(?:men|people)$", plain))
    return irregular or (plain.endswith("s") and bool(role_of(plain)) and plain != role_of(plain))


def calls(noun: str, role: str) -> bool:
    """Say whether a noun can take up somebody who was introduced by a role.

    Examples
    --------
    >>> calls("officer", "colonel"), calls("colonel", "officer")
    (True, False)
    """
    return noun == role or role in _NARROWER.get(noun, ())


def gender_of_words(words: str) -> str:
    """Return "m" or "f" where a title or role tells ("Mrs", "spokeswoman"), else ""."""
    for word in words.casefold().split():
        if _FEMININE.fullmatch(word):
            return "f"
        if _MASCULINE.fullmatch(word):
            return "m"
    return ""
