"""Whether a sentence without a cue goes on with what the source before it said.

"The brigade said the village had been cleared. The Russians had entered it in November." Reports
run on like this for whole paragraphs (free indirect report), and nothing in the sentence says so.
A logistic regression on cues of tense, reference, place in the paragraph and what went before
decides; its weights are data (``data/running_on_en.json``, made by
``experiments/train_running_on.py`` from documents written for the purpose).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Protocol

from narrative.errors import WeightsError
from narrative.reader.reading import Reading
from narrative.segmentation import Span
from narrative.speakers.names import normalise_mention

# Above a half, for precision: the documents that were learned from hold many such sentences.
THRESHOLD = 0.7
_PRESENT, _PAST = ("VBP", "VBZ"), ("VBD",)
_SUBJECTS = ("nsubj", "nsubjpass", "csubj")
_WORDS = {
    "connective": r"\W*(?:but|and|yet|however|still|also|instead|so|then|thus)\b",
    "meanwhile": r"\W*(?:meanwhile|earlier|separately|in (?:recent|the past)|on \w+day)\b",
    "evaluates": r"\b(?:must|should|ought|needs?|cannot|can't|never|only|nothing|nobody|no one)\b",
    "open": r"\b(?:independently|verif\w+|confirm\w*|unclear|not (?:been )?possible|comment\w*|"
    r"contacted|request\w*)\b",
    "background": r"\b(?:since (?:\w+ )?(?:19|20)\d\d|in (?:\w+ )?(?:19|20)\d\d|population|"
    r"known (?:as|for)|lies|located|(?:kilomet\w+|miles) (?:from|north|south|east|west)|"
    r"full-scale|before the war|is (?:the|a|an|one of)\b)",
    "speaks": r"\b(?:claims?|statements?|announcement|comments?|remarks|reports?|video|footage|"
    r"narrative|briefing|interview|channel)\b",
    "number": r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|dozens?|hundreds?|half)\b",
    "first_person": r"\b(?:I|we|our|us|my)\b",
    "mark": r"[“\"‘]\w",
}
_PATTERNS = {k: re.compile(v, re.IGNORECASE) for k, v in _WORDS.items()}


@dataclass(frozen=True)
class Before:
    """What stands before a sentence that nobody frames.

    Parameters
    ----------
    content : Span
        What the last source was credited with, as far as it reached.
    mention, cue : str
        The words that name the source, and the reporting word.
    kind : str
        Kind of the source.
    quoted : bool
        Whether its last words were a quotation.
    ran_on : int
        How many sentences have run on since the frame.
    own : int
        How many sentences of the author stand between.
    paragraphs : int
        How many paragraph breaks stand between.
    opened : bool
        Whether the frame opened the paragraph that it stands in.
    backward : bool
        Whether the frame stood after its content.
    """

    content: Span
    mention: str
    cue: str
    kind: str
    quoted: bool
    ran_on: int
    own: int
    paragraphs: int
    opened: bool
    backward: bool


class Decider(Protocol):
    """Says whether a sentence goes on with what stands before it."""

    def __call__(self, text: str, sentence: Span, before: Before, reading: Reading) -> float:
        """Return a probability."""


def features(text: str, sentence: Span, before: Before, reading: Reading) -> dict[str, float]:
    """Return what the decision rests on; a feature that does not hold is left out."""
    words = text[slice(*sentence)]
    low, high = reading.words(*sentence)
    tags = [reading.tag(w) for w in range(low, high)]
    out: dict[str, float] = {"always": 1.0}
    out |= {f"words: {k}": 1.0 for k, p in _PATTERNS.items() if p.search(words)}
    out |= {f"tense: {t}": 1.0 for t in _tenses(text, reading, low, high)}
    out |= {f"subject: {s}": 1.0 for s in _subject(text, reading, low, high, before)}
    out[f"source: {before.kind}"] = 1.0
    out["source: quoted"] = float(before.quoted)
    out["source: stands after"] = float(before.backward)
    out["source: opens the paragraph"] = float(before.opened)
    out["source: according to"] = float("according" in before.cue.lower() or not before.cue)
    out[f"place: {min(before.paragraphs, 2)} paragraphs on"] = 1.0
    out["place: ran on"] = min(before.ran_on, 3) / 3
    out["place: own between"] = min(before.own, 3) / 3
    out["place: own, other paragraph"] = float(before.own > 0 and before.paragraphs > 0)
    out["place: quoted, other paragraph"] = float(before.quoted and before.paragraphs > 0)
    out["length"] = min(len(tags), 40) / 40
    out["shared words"] = _shared(words, text[slice(*before.content)])
    names = [w for w in range(low, high) if reading.tag(w) in ("NNP", "NNPS")]
    out["share of names"] = len(names) / max(len(tags), 1)
    return {k: v for k, v in out.items() if v}


def _tenses(text: str, reading: Reading, low: int, high: int) -> set[str]:
    """Return the tenses of the first finite verb and of the sentence ("pluperfect" anywhere)."""
    out: set[str] = set()
    finite = [w for w in range(low, high) if reading.tag(w) in (*_PRESENT, *_PAST, "MD")]
    if finite:
        first = reading.tag(finite[0])
        out.add("present" if first in _PRESENT else "past" if first in _PAST else "modal")
    for w in range(low, high - 1):
        word = _lower(text, reading, w)
        if word == "had" and "VBN" in (reading.tag(w + 1), reading.tag(min(w + 2, high - 1))):
            out.add("pluperfect")
        if word in ("would", "could", "might"):
            out.add("backshifted modal")
        if word in ("will", "can", "may"):
            out.add("modal of the present")
    if not finite:
        out.add("no verb")
    return out


def _lower(text: str, reading: Reading, word: int) -> str:
    return text[slice(*reading.chars((word, word + 1)))].casefold()


def _subject(text: str, reading: Reading, low: int, high: int, before: Before) -> set[str]:
    out: set[str] = set()
    subjects = [w for w in range(low, high) if reading.relation(w) in _SUBJECTS]
    if not subjects:
        return {"none"}
    first = subjects[0]
    word, tag = _lower(text, reading, first), reading.tag(first)
    if tag == "PRP":
        out.add(f"pronoun {word}" if word in ("he", "she", "it", "they", "this") else "pronoun")
    elif tag in ("NNP", "NNPS"):
        out.add("name")
    elif tag in ("NNS",):
        out.add("plural noun")
    else:
        out.add("noun")
    if any(reading.tag(w) == "PRP$" for w in range(low, min(low + 6, high))):
        out.add("possessive near the start")
    mention = normalise_mention(before.mention).split()
    if mention and any(_lower(text, reading, s) == mention[-1].casefold() for s in subjects):
        out.add("the source itself")
    return out


def _shared(a: str, b: str) -> float:
    """Return the share of a sentence's longer words that the content before it has."""
    first, second = ({w.casefold()[:6] for w in re.findall(r"\w{4,}", x)} for x in (a, b))
    return len(first & second) / max(len(first), 1)


@dataclass(frozen=True)
class RunningOn:
    """The trained decision.

    Parameters
    ----------
    weights : mapping of str to float
        Of each feature; those that training did not see count nothing.
    """

    weights: Mapping[str, float]

    def __call__(self, text: str, sentence: Span, before: Before, reading: Reading) -> float:
        """Return the probability that a sentence goes on with what the source before it said."""
        found = features(text, sentence, before, reading)
        # Some features come out of sets, whose order changes from run to run; a plain sum would
        # then differ in its last bit, and with it the table's bytes.
        z = math.fsum(self.weights.get(k, 0.0) * v for k, v in found.items())
        return 1 / (1 + math.exp(-z))


@cache
def shipped_running_on() -> RunningOn:
    """Return the decision with the shipped weights.

    Raises
    ------
    WeightsError
        If the file is not one that the training script wrote.
    """
    path = files("narrative") / "data" / "running_on_en.json"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return RunningOn({str(k): float(v) for k, v in raw["weights"].items()})
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise WeightsError(f"{path}: not the weights of running on ({error}).") from error
