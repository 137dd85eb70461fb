"""Numbers in claims: of square kilometres, soldiers, losses, settlements; whose, and where."""

from __future__ import annotations

import re

import pandas as pd

from narrative.ledger.gazetteer import Gazetteer
from narrative.schema import Row

_WORDS = {"a hundred": 100.0, "one hundred": 100.0, "a thousand": 1000.0, "one thousand": 1000.0}
_NUMBER = (
    r"(?P<number>\d{1,3}(?:[ ,]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|"
    r"(?:a|one) (?:hundred|thousand))"
)
_UNITS = {
    "km2": r"(?:square (?:kilomet(?:er|re)s?|km)|sq\.? ?km|km2|km²)",
    "soldiers": r"(?:\w+ ){0,2}?(?:soldiers|troops|servicemen|fighters|personnel)",
    "settlements": r"(?:\w+ ){0,2}?(?:settlements|villages|communities|localities)",
}
_PATTERNS = {
    unit: re.compile(rf"(?<![\w.,-]){_NUMBER}\+?(?:\s|-)(?P<what>{words})\b", re.IGNORECASE)
    for unit, words in _UNITS.items()
}
# "The number had dropped to about 50": of what was counted last.
_SAME = re.compile(
    r"\b(?:number|figure|total)\b[^.;]{0,40}?\bto (?:about |around |over |some |nearly )?"
    rf"{_NUMBER}(?![\w,.%]*[\w%])",
    re.IGNORECASE,
)
_LOST = re.compile(r"\b(?:los[et]\w*|loss\w*|kill\w*|casualt\w*|eliminat\w*)\b", re.IGNORECASE)
_NEAR = 40  # characters between a number and the loss that it counts
_SIDES = {"russian": "russian", "ukrainian": "ukrainian"}
_COLUMNS = ["claim_id", "doc_id", "claimant", "said_at", "unit", "whose", "value", "place_id"]


def quantities(
    claims: pd.DataFrame,
    documents: pd.DataFrame | None = None,
    places: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the numbers of square kilometres, soldiers, losses and settlements in claims.

    Parameters
    ----------
    claims : DataFrame
        The ``claims`` table; with ``start`` and ``end`` where `documents` are given.
    documents, places : DataFrame, optional
        Give the place of a number: the last one named in its claim, or, of soldiers and losses,
        before it in its document.

    Returns
    -------
    DataFrame
        ``claim_id, doc_id, claimant, said_at, unit, whose, value, place_id``, one row a number.
        ``unit`` is ``km2, soldiers, losses`` or ``settlements``; ``whose`` the side named between
        number and unit, "" for none; ``place_id`` "" where there is none. "The number dropped to
        50" is of what was last counted before in the document.

    Examples
    --------
    >>> claim = {"claim_id": "c", "doc_id": "d", "source_id": "s", "said_at": "2025-12-17"}
    >>> quantities(pd.DataFrame([claim | {"text": "took 6,000 square kilometres"}]))["value"].item()
    6000.0
    """
    placed = None
    if documents is not None and places is not None:
        placed = _Places(documents, places)
    ordered = claims.sort_values(["doc_id", "start"]) if "start" in claims else claims
    rows: list[dict[str, object]] = []
    last: dict[str, tuple[str, str]] = {}
    for claim in ordered.to_dict("records"):
        doc, text = str(claim["doc_id"]), str(claim["text"])
        found = _counted(text)
        again = _SAME.search(text)
        if again and not found and doc in last:
            found = [(*last[doc], _value(again["number"]))]
        for unit, whose, value in found:
            last[doc] = (unit, whose)
            rows.append(
                {"claim_id": claim["claim_id"], "doc_id": doc, "claimant": claim["source_id"],
                 "said_at": claim["said_at"], "unit": unit, "whose": whose, "value": value,
                 "place_id": placed.of(claim, unit) if placed else ""}
            )  # fmt: skip
    return pd.DataFrame(rows, columns=_COLUMNS)


def _counted(text: str) -> list[tuple[str, str, float]]:
    """Return unit, side and value of each number with its unit."""
    out = []
    for unit, pattern in _PATTERNS.items():
        for match in pattern.finditer(text):
            near = (max(0, match.start() - _NEAR), match.end() + _NEAR)
            lost = unit == "soldiers" and _LOST.search(text, *near)
            words = match["what"].lower().split()
            whose = next((_SIDES[w] for w in words if w in _SIDES), "")
            out.append(("losses" if lost else unit, whose, _value(match["number"])))
    return out


def _value(number: str) -> float:
    words = _WORDS.get(number.lower())
    return float(re.sub(r"[ ,]", "", number)) if words is None else words


class _Places:
    """Tells which place a claim is about: the last one named in it, or before it."""

    def __init__(self, documents: pd.DataFrame, places: pd.DataFrame) -> None:
        self.gazetteer = Gazetteer(places)
        self.texts = dict(zip(documents["doc_id"], documents["text"], strict=True))
        self.mentions: dict[str, list[tuple[int, str]]] = {}

    def of(self, claim: Row, unit: str) -> str:
        doc, start, end = str(claim["doc_id"]), int(claim["start"]), int(claim["end"])
        if doc not in self.mentions:
            text = str(self.texts[doc])
            resolved = (
                (a, self.gazetteer.resolve(text[a:b])) for a, b in self.gazetteer.mentions(text)
            )
            self.mentions[doc] = [(at, place) for at, place in resolved if place is not None]
        least = 0 if unit in ("soldiers", "losses") else start
        before = [place for at, place in self.mentions[doc] if least <= at < end]
        return before[-1] if before else ""
