"""Claims of a run to claims of control: which place, in whose words, how sure."""

from __future__ import annotations

import re

import pandas as pd

from narrative.ledger.gazetteer import Gazetteer, districts_named, region_named
from narrative.ledger.reading import ControlReading, read_control
from narrative.normalise import default_normaliser
from narrative.schema import Row, check_table, empty_table
from narrative.stance import speaker_camps

_REGION_WITHIN = 45  # characters behind a name in which its region stands


def control_claims(
    claims: pd.DataFrame, documents: pd.DataFrame, sources: pd.DataFrame, places: pd.DataFrame
) -> pd.DataFrame:
    """Find claims that assert control of a place, its loss, encirclement or fighting in it.

    Parameters
    ----------
    claims, documents, sources, places : DataFrame

    Returns
    -------
    DataFrame
        The ``control`` table. The place is named in the claim, or else is the last one named before
        it in its document (``by_context``). ``attrs["unresolved"]`` counts the names of places that
        `places` does not have, or not once.
    """
    gazetteer = Gazetteer(places)
    camps = dict(zip(claims["claim_id"], speaker_camps(claims, sources), strict=True))
    sides = default_normaliser().sides
    texts = dict(zip(documents["doc_id"], documents["text"], strict=True))
    rows: list[dict[str, object]] = []
    unresolved = 0
    for doc_id, part in claims.sort_values(["doc_id", "start"]).groupby("doc_id", sort=True):
        text = str(texts[doc_id])
        before = [(end, text[start:end]) for start, end in gazetteer.mentions(text)]
        for claim in part.to_dict("records"):
            camp = camps[claim["claim_id"]]
            if _of_long_ago(claim):
                continue
            found = control_readings(str(claim["text"]), sides.get(camp), gazetteer)
            unresolved += sum(place is None for _, place in found)
            named = [(reading, place, False) for reading, place in found if place is not None]
            if not found:
                last = next((n for end, n in reversed(before) if end <= claim["start"]), None)
                named = _in_context(str(claim["text"]), sides.get(camp), last, gazetteer)
            for reading, place, by_context in named:
                rows.append(
                    {
                        "claim_id": claim["claim_id"],
                        "place_id": place,
                        "claimant": claim["source_id"],
                        "camp": camp,
                        "claimed_status": reading.status,
                        "extent": reading.extent,
                        "share": reading.share,
                        "certainty": reading.certainty,
                        "said_at": claim["said_at"],
                        "by_context": by_context,
                    }
                )
    keys = ["claim_id", "place_id", "claimed_status"]
    table = pd.DataFrame(rows).drop_duplicates(keys) if rows else empty_table("control")
    out = check_table(table, "control")
    out.attrs["unresolved"] = unresolved
    return out


def control_readings(
    text: str, side: str | None, gazetteer: Gazetteer
) -> list[tuple[ControlReading, str | None]]:
    """Return what a text says of control, with each place's id, None where it is not resolved."""
    out = []
    for reading in read_control(text, side, gazetteer.mentions):
        behind = text[reading.end : reading.end + _REGION_WITHIN]
        name = text[reading.start : reading.end]
        place = gazetteer.resolve(name, region_named(behind), districts_named(text))
        out.append((reading, place))
    return out


def _of_long_ago(claim: Row) -> bool:
    """Say whether a claim is about a time that ended a year or more before it was made."""
    said, about = str(claim["said_at"]), str(claim["about_end"])
    return (
        len(said) >= 4 and len(about) >= 4 and about[:4] < said[:4] and about < _year_before(said)
    )


def _year_before(day: str) -> str:
    return f"{int(day[:4]) - 1}{day[4:]}"


_STANDS_FOR = re.compile(
    r"\b(?:(?:the|this) (?:(?:whole|entire) )?(?:city|town|village|settlement)|it|which|"
    r"(?:the )?(?:(?:left|right|north\w*|south\w*|east\w*|west\w*|central|industrial|city|several|"
    r"many|two|three)[ -])*"
    r"(?:banks?|parts?|sections?|cent(?:er|re)|outskirts|districts?|neighbou?rhoods?|council|"
    r"(?:council|administration) building|station|hospital))\b",
    re.IGNORECASE,
)


def _in_context(
    text: str, side: str | None, last: str | None, gazetteer: Gazetteer
) -> list[tuple[ControlReading, str, bool]]:
    """Return what a text says of "the city", or of no place, where its document named one last."""
    if last is None:
        return []
    place = gazetteer.resolve(last)

    if place is None:
        return []

    def known(words: str) -> list[tuple[int, int]]:
        return [m.span() for m in _STANDS_FOR.finditer(words)]

    readings = read_control(text, side, known, unnamed=True)
    return [(reading, place, True) for reading in readings[:1]]
