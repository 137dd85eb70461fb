"""The shapes of reported speech, filled with the words of a language.

A shape is a pattern with slots; ``[grammar]`` in the file of the language lists what stands in
each. A slot with an empty list never matches, so that a language leaves out what it lacks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from narrative.errors import InputError
from narrative.language import fill

FILL = "\u2592"  # what a quotation is filled with before a shape is looked for
_ANY_CASE = re.IGNORECASE

_SHAPES: dict[str, tuple[str, re.RegexFlag]] = {
    "auxiliary": (r"(?:\s|^)(?:(?:<<auxiliaries>>)\s*)+$", _ANY_CASE),
    "after_cue": (
        r"\s*(?:(?:<<dated>>)\s+[^,.;:]{0,60}?,?\s+(?:<<that>>)\b|(?:<<that>>|<<how>>)\b|"
        r"[:,](?=\s*[▒\"“‘'])|[^.;:,▒]{1,60}:(?=\s*▒)|:)?\s*",
        _ANY_CASE,
    ),
    "says_that": (r"(?:(?:<<that>>|<<how>>)\s+|:\s*)$", _ANY_CASE),
    "that": (r"[^.;:!?]{0,70}?(?:<<that>>)\s+", _ANY_CASE),
    "not_that": (r"[,]\s*(?:<<joining>>)\s|▒", re.NOFLAG),
    # What may follow the verb of a frame that stands after its content: nothing, or when and where.
    "trailing": (
        r"\s*(?:$|[.;!?](?=\s|$)|,(?!\s*▒)|"
        r"(?:<<adjuncts>>)\b(?![^,]*(?:<<that>>)\b)[^,;:.!?▒]*(?:[,.!?]|$))",
        _ANY_CASE,
    ),
    "opening": (r"\W*(?:(?:<<adjuncts>>)\b|(?:<<openers>>)\b)", _ANY_CASE),
    "apposition": (r"\s*(?:<<appositions>>)\s[^,;:.!?▒]*(?:,|(?=[;:.!?]|$))", re.NOFLAG),
    "titles": (r"\s*(?:(?:<<dashes>>)\s+)?(?:[\w’'.-]+[\s,]+){0,9}", re.NOFLAG),
    "continued": (r",\s+(?:<<continuing>>)\b", re.NOFLAG),
    "goes_on": (r",\s+(?:<<then>>)?(?:<<gerund>>)$", _ANY_CASE),
    "repeated": (r",\s+(?:<<then>>)?((?:<<gerund>>))\s*(?:<<that>>)\s+$", _ANY_CASE),
    "phrase": (r"\s*((?:<<determiners>>)[\w’' -]{2,60})", _ANY_CASE),
    # Content that begins without "that", unless the words after the verb are whom it is said to.
    "content": (r"\s+(?:<<beginnings>>)\s", _ANY_CASE),
    "addressed": (r"(?:<<telling>>)", _ANY_CASE),
    "role": (r"\s*(?:<<roles>>)\s[^,;:.!?▒]{2,60},(?=\s)", re.NOFLAG),
    "relative": (r",\s+(?:<<relatives>>)\s[^,]{2,90},(?=\s)", re.NOFLAG),
    "source_end": (r"[,;:.!?](?=\s|$)|\s(?:<<relatives_bare>>)\s|▒", re.NOFLAG),
    "noun_before": (r"(?:<<before_a_noun>>)\s+$", re.NOFLAG),
    "clause_edge": (
        r"[;:—–]|,\s+(?:<<clauses_after_comma>>)\b|\b(?:<<clauses>>)\b(?=[^,;]*$)|\s-\s",
        re.NOFLAG,
    ),
    "blocked": (r"\b(?:<<prepositions>>)\s+(?:the\s+)?$", _ANY_CASE),
    "adverbial": (r"\b(?:<<adverbials>>)$", re.NOFLAG),
    "complement": (r"(?:<<complements>>)[\w’'\s]{2,60}", re.NOFLAG),
    "pronoun": (r"(?:^|[\s,;(])(<<pronoun>>)$", _ANY_CASE),
    "proper": (r"(?:^|[\s,;(])(<<names>>)$", re.NOFLAG),
    "passive": (r"\b(?:<<passives>>)\b", re.NOFLAG),
    "joined": (r"(?:<<joints>>)$", re.NOFLAG),
    "inflected": (r"(?:<<inflections>>)$", re.NOFLAG),
    "what": (r"\b(?:<<what>>)\s+(?:[\w’'-]+\s+){1,5}$", re.NOFLAG),
    "called": (
        r"\b(?:<<what>>)\s+(?P<who>(?:the\s+)?[\w’'-]+(?:\s+[\w’'-]+){0,4}?)\s+"
        r"(?P<cue>(?:<<calling>>)\b)",
        re.NOFLAG,
    ),
    "reprint": (
        r"^\s*(?P<who>[^\n,:]{3,60}?)\s+(?:<<writes>>)\s+(?:<<writes_in>>)\s+"
        r"(?P<outlet>[^\n:]{3,60}):\s*$",
        re.NOFLAG,
    ),
    "lead_out": (r"(?::|\b(?:<<leading_out>>))\s*$", re.NOFLAG),
    "further": (r"(?:<<furthering>>)\b", re.NOFLAG),
    "negated": (r"\b(?:<<negations>>)\s+$", _ANY_CASE),
    "as_said": (r"(?:^|[\s(])(?P<as>(?:<<as_said>>)(?:\s+(?:<<auxiliaries>>))*)\s*$", _ANY_CASE),
    "about_this": (r"\W*(?:<<this>>)\b", _ANY_CASE),
    "place": (r"(?:^|[\s,(—–])(?:<<places>>)\s+$", _ANY_CASE),
    "office": (
        r"(?:^|[\s,(—–])(?:<<places>>)\s+(?P<office>(?:(?!\s(?:<<places>>)\s)[^,])+)$",
        _ANY_CASE,
    ),
    "name": (r"(?=(?:^|[\s,;(])(?P<name><<names>>))", re.NOFLAG),
    "gerund": (r"(?:<<gerund>>)$", _ANY_CASE),
    "plural": (r"(?:<<plurals>>)$", _ANY_CASE),
    "follows": (r"(?:(?:<<that>>|<<how>>)\s+|\s*:\s*)", _ANY_CASE),
}


@dataclass(frozen=True)
class Grammar:
    """Compiled shapes of one language; see ``_SHAPES`` for what each looks like.

    Parameters
    ----------
    auxiliary, adverbial, complement, relative, apposition, role, titles : pattern
        What stands between a source and its verb, or beside a source.
    after_cue, says_that, that, not_that, content, addressed : pattern
        Where content begins after a verb.
    trailing, opening : pattern
        A frame that stands after its content, and content that does not end in one.
    continued, goes_on, repeated, joined, inflected, further : pattern
        A further verb of the same source.
    clause_edge, blocked, noun_before, passive, phrase, proper, pronoun, source_end : pattern
        What can be a source, and what cannot.
    what, called, reprint, lead_out : pattern
        "what X called", "X reports in Y:", a line that leads into a block quotation.
    negated, as_said, about_this, place, office, name, gerund, plural, follows : pattern
        Only where word order is free: "not" and "as" before a verb, "about this" before one whose
        content is the sentence before it, "in" before an office that speaks, a personal name
        anywhere, "saying", a verb whose subject is many, and what content begins with after its
        source.
    """

    auxiliary: re.Pattern[str]
    after_cue: re.Pattern[str]
    says_that: re.Pattern[str]
    that: re.Pattern[str]
    not_that: re.Pattern[str]
    trailing: re.Pattern[str]
    opening: re.Pattern[str]
    apposition: re.Pattern[str]
    titles: re.Pattern[str]
    continued: re.Pattern[str]
    goes_on: re.Pattern[str]
    repeated: re.Pattern[str]
    phrase: re.Pattern[str]
    content: re.Pattern[str]
    addressed: re.Pattern[str]
    role: re.Pattern[str]
    relative: re.Pattern[str]
    source_end: re.Pattern[str]
    noun_before: re.Pattern[str]
    clause_edge: re.Pattern[str]
    blocked: re.Pattern[str]
    adverbial: re.Pattern[str]
    complement: re.Pattern[str]
    pronoun: re.Pattern[str]
    proper: re.Pattern[str]
    passive: re.Pattern[str]
    joined: re.Pattern[str]
    inflected: re.Pattern[str]
    what: re.Pattern[str]
    called: re.Pattern[str]
    reprint: re.Pattern[str]
    lead_out: re.Pattern[str]
    further: re.Pattern[str]
    negated: re.Pattern[str]
    as_said: re.Pattern[str]
    about_this: re.Pattern[str]
    place: re.Pattern[str]
    office: re.Pattern[str]
    name: re.Pattern[str]
    gerund: re.Pattern[str]
    plural: re.Pattern[str]
    follows: re.Pattern[str]


def build_grammar(words: Mapping[str, Any], pronouns: Mapping[str, str]) -> Grammar:
    """Return the shapes filled with the lists of one language.

    Parameters
    ----------
    words : mapping of str to list of str
        The table ``[grammar]``: pattern fragments by slot.
    pronouns : mapping of str to str
        Pronouns that can be a source.

    Raises
    ------
    InputError
        If a slot has no list.
    """
    slots = {**words, "pronoun": list(pronouns)}
    try:
        built = {
            name: re.compile(fill(shape, slots), flags) for name, (shape, flags) in _SHAPES.items()
        }
    except KeyError as missing:
        raise InputError(
            f"[grammar] has no list {missing}; got {', '.join(sorted(words))}. "
            "Add it, empty where the language has no such words."
        ) from None
    return Grammar(**{f.name: built[f.name] for f in fields(Grammar)})
