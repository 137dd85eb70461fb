"""Bodies that every state has, and whose they are: "the general staff in Kyiv"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from narrative.speakers.discourse import Speaker
from narrative.speakers.names import WORD, is_body
from narrative.speakers.roles import role_of

# States that have listed bodies, by the words that name them in English, Ukrainian and Russian.
_STATES: Final = {
    "russia": r"Russia|Russian|Russian Federation|Moscow|the Kremlin|России|РФ",
    "ukraine": r"Ukraine|Ukrainian|Kyiv|Kiev|ЗСУ",
    "britain": r"UK|U\.K\.|British|Britain|London",
    "america": r"US|U\.S\.|American|America|United States|Washington",
    "china": r"China|Chinese|Beijing",
}
_STATE: Final = re.compile(
    "|".join(rf"(?P<{s}>(?<![\w-])(?:{words})(?![\w-]))" for s, words in _STATES.items())
)
# A state as a subject, not the adjective of one.
_OPENING: Final = re.compile(
    r"(?:In (?:Moscow|Kyiv|Kiev|London|Washington|Beijing)\b|"
    r"(?:Russia|Moscow|(?:The )?Kremlin|Ukraine|Kyiv|Kiev|Britain|London|China|Beijing|Washington)"
    r"(?=,?\s+(?!and\b|or\b)[a-z]))"
)
_MINOR: Final = frozenset({"of", "the", "in", "for", "s", "a", "an", "same"})
# Where nothing else tells whose it is: coverage of this war names Ukraine's by its bare name.
_BY_DEFAULT: Final = {frozenset({"general", "staff"}): "ukraine"}
_HOME: Final = {
    "russian": "russia",
    "pro_russian": "russia",
    "ukrainian": "ukraine",
    "pro_ukrainian": "ukraine",
}


def plain_words(text: str) -> list[str]:
    """Return the words of a phrase in lower case, "defense" as "defence"."""
    return [w.casefold().replace("defense", "defence") for w in WORD.findall(text)]


def states_in(phrase: str) -> set[str]:
    """Return the states that a phrase names by adjective, capital or name.

    Examples
    --------
    >>> states_in("the Ministry of Defence in London"), states_in("the ministry")
    ({'britain'}, set())
    """
    return {str(m.lastgroup) for m in _STATE.finditer(phrase)}


def is_state(word: str) -> bool:
    """Say whether words are the bare name of a state or its capital."""
    return _STATE.fullmatch(word) is not None


def topic_of(sentence: str) -> str:
    """Return the state that a sentence opens with or a heading asks about, "" if none.

    Examples
    --------
    >>> topic_of("Moscow is content."), topic_of("What does Kyiv say?"), topic_of("Near Kyiv")
    ('Moscow', 'What does Kyiv say?', '')
    """
    opening = _OPENING.match(sentence)
    return opening[0] if opening else sentence if sentence.endswith("?") else ""


def core_of(phrase: str) -> frozenset[str]:
    """Return what a body is called without article, state and the words between.

    Examples
    --------
    >>> sorted(core_of("Russia's Ministry of Defense")), sorted(core_of("the Defence Ministry"))
    (['defence', 'ministry'], ['defence', 'ministry'])
    """
    bare = re.sub(r"[’']s\b", "", _STATE.sub(" ", phrase))
    return frozenset(plain_words(bare)) - _MINOR


class Bodies:
    """The listed bodies of states, by what they are called and whose they are.

    Parameters
    ----------
    named : iterable of (str, Speaker)
        Names and aliases with their source; only organisations whose name holds a state count.
    """

    def __init__(self, named: Iterable[tuple[str, Speaker]]) -> None:
        self._by_core: dict[frozenset[str], dict[str, Speaker]] = {}
        self._state: dict[str, str] = {}
        for name, speaker in named:
            states, core = states_in(name), core_of(name)
            if speaker.kind != "organisation" or len(states) != 1 or not core:
                continue
            if not any(is_body(w) or role_of(w) for w in core):
                continue
            (state,) = states
            self._by_core.setdefault(core, {}).setdefault(state, speaker)
            self._state[speaker.source_id] = state

    def stated(self, phrase: str) -> Speaker | None:
        """Return the body that a phrase names with its state, wherever in it that stands."""
        states = states_in(phrase)
        if len(states) != 1:
            return None
        return self._by_core.get(core_of(phrase), {}).get(states.pop())

    def bare(self, phrase: str, before: str, home: str) -> Speaker | None:
        """Return the body that a phrase without a state names.

        Parameters
        ----------
        phrase : str
        before : str
            What the sentence before is about ("Moscow"), "" if not known.
        home : str
            The camp of the outlet.
        """
        core = core_of(phrase)
        owners = self._by_core.get(core, {})
        if states_in(phrase) or len(core) < 2 or not owners:
            return None
        about = states_in(before)
        state = _HOME.get(home) or (about.pop() if len(about) == 1 else _BY_DEFAULT.get(core, ""))
        return owners.get(state)

    def may_be_of(self, phrase: str, speaker: Speaker) -> bool:
        """Say whether the state that a phrase names does not speak against a body."""
        states = states_in(phrase)
        own = self._state.get(speaker.source_id) or _HOME.get(speaker.camp)
        return not states or own is None or own in states
