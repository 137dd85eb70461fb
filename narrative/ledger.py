"""Claims of control against the record: what was claimed, what was assessed, and when.

A first ledger: control claims are found by rules over normalised text, and the record is the
study's ``events`` table. An event is somebody's assessment with its own lag, never the truth.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import pandas as pd

from narrative.normalise import ActorNormaliser, build_normaliser
from narrative.schema import UNKNOWN, check_table, empty_table
from narrative.stance import speaker_camps

_CAPTURE = (
    r"(?:captur\w*|seiz\w*|liberat\w*|occup(?:y|ied|ies|ying)|took|taken?|taking|"
    r"control(?:s|led|ling)?|recaptur\w*|retak\w*|retook|regain\w*|clear(?:ed|s|ing)?|"
    r"free(?:d|ing)?|retained?|hold(?:s|ing)?|held)"
)
_IRREALIS = re.compile(
    r"\b(?:will|would|could|may|might|should|about to|likely|if|unless|attempt\w*|"
    r"tr(?:y|ies|ied|ying)|want\w*|plan\w*|hop(?:e|es|ed|ing)|aim\w*|seek\w*|sought|order\w*|goal|"
    r"objective|precondition|in order to|operation to|determination|determined|directive|not|"
    r"never|no|nobody|denie[ds]|deny|unable|fail\w*|false|fake|fought|ready|poised)\b|n['’]t\b",
    re.IGNORECASE,
)
_SHARE = re.compile(
    r"\b\d{1,3}(?:[.,]\d+)?\s*(?:%|percent|per cent)|\b(?:two[- ]thirds|one[- ]third|half|"
    r"three[- ]quarters|most|nearly all|parts?|several (?:neighbou?rhoods|districts)|"
    r"northwestern|southern|northern|outskirts)\b",
    re.IGNORECASE,
)
_CONTROL_COLUMNS = [
    "claim_id",
    "place_id",
    "claimant",
    "camp",
    "claimed_status",
    "share",
    "said_at",
    "by_context",
]
_SIDES = {"russian": ("Russian", "Russia"), "ukrainian": ("Ukrainian", "Ukraine")}


@dataclass(frozen=True)
class ControlPatterns:
    """Compiled patterns of one side, in the words that normalisation leaves."""

    control: re.Pattern[str]
    encircles: re.Pattern[str]
    is_encircled: re.Pattern[str]


def _patterns(side: str) -> ControlPatterns:
    adjective, country = _SIDES[side]
    who = rf"(?:{adjective}(?: \w+)?|{country}(?:['’]s)?|the {adjective}s)"
    other = next(v for k, v in _SIDES.items() if k != side)
    whom = rf"(?:{other[0]}\w*|{other[1]}(?:['’]s)?)"
    return ControlPatterns(
        control=re.compile(
            rf"\b{who}\b[^.;:]{{0,60}}?\b{_CAPTURE}\b|"
            rf"\b(?:under|in|into|to)\s+(?:the\s+)?(?:full(?:y)?\s+|complete\s+|nearly full\s+)?"
            rf"{who}\s*(?:army\s+)?(?:control|hands)\b|\b{_CAPTURE}\s+by\s+(?:the\s+)?{who}",
            re.IGNORECASE,
        ),
        encircles=re.compile(
            rf"\b(?:encircl\w*|surround\w*|cut(?:ting)? off|trapped|blocked|semicircle)\b"
            rf"(?!\s+by\b)[^.;:]{{0,60}}\b{whom}\b",
            re.IGNORECASE,
        ),
        is_encircled=re.compile(
            rf"\b{whom}\b[^.;:]{{0,60}}\b(?:is|are|was|were|be|been|being|remain\w*)\s+"
            r"(?:\w+\s+){0,2}(?:encircled|surrounded|cut off|trapped)\b",
            re.IGNORECASE,
        ),
    )


_PATTERNS = {side: _patterns(side) for side in _SIDES}
_PASSIVE = {
    "russian": re.compile(r"\b(?:captured|fallen|taken|seized|occupied)\b", re.IGNORECASE),
    "both": re.compile(
        r"\b(?:liberated|liberation of|full(?:y)? (?:under )?control|"
        r"under (?:our|its|their) (?:full )?control|in our hands)\b",
        re.IGNORECASE,
    ),
}
_ENCIRCLED = {"russian": "encircled_by_russia", "ukrainian": "encircled_by_ukraine"}


def claimed_status(text: str, side: str | None) -> str | None:
    """Return the control status that a normalised claim asserts as standing, if any.

    Parameters
    ----------
    text : str
        A claim after actor normalisation.
    side : str or None
        Side of the speaker's camp: who "we" are, and who liberates.

    Returns
    -------
    str or None
        One of ``schema.STATUSES``; None for plans, predictions, denials and everything else.

    Examples
    --------
    >>> claimed_status("the city is under Russian control", None)
    'russian'
    >>> claimed_status("Russian forces will take the city", None) is None
    True
    """
    if _IRREALIS.search(text):
        return None
    for pattern in ("encircles", "is_encircled"):
        for name in ("ukrainian", "russian"):
            if getattr(_PATTERNS[name], pattern).search(text):
                return _ENCIRCLED[name]
    hits = [name for name in _SIDES if _PATTERNS[name].control.search(text)]
    if len(hits) == 1:
        return hits[0]
    if len(hits) == 2:
        first = {n: m.start() for n in hits if (m := _PATTERNS[n].control.search(text))}
        return min(first, key=lambda n: (first[n], n))
    if side in _SIDES and _PASSIVE["both"].search(text):
        return side
    return "russian" if _PASSIVE["russian"].search(text) and side == "russian" else None


def control_claims(
    claims: pd.DataFrame,
    documents: pd.DataFrame,
    sources: pd.DataFrame,
    places: pd.DataFrame,
    *,
    normaliser: ActorNormaliser | None = None,
) -> pd.DataFrame:
    """Find claims that assert control of a place.

    Parameters
    ----------
    claims, documents, sources, places : DataFrame
    normaliser : ActorNormaliser, optional
        Must leave sides readable; by default built from `sources` and `places`.

    Returns
    -------
    DataFrame
        ``claim_id, place_id, claimant, camp, claimed_status, share, said_at, by_context``; the
        place is named in the claim, or else is the last one named before it in its document
        (``by_context``).
    """
    normaliser = normaliser or build_normaliser(sources, places)
    names = _place_pattern(places)
    camps = dict(zip(claims["claim_id"], speaker_camps(claims, sources), strict=True))
    texts = dict(zip(documents["doc_id"], documents["text"], strict=True))
    rows: list[tuple[object, ...]] = []
    for doc_id, part in claims.sort_values(["doc_id", "start"]).groupby("doc_id", sort=True):
        mentions = [
            (m.start(), names[1][m[0].casefold()]) for m in names[0].finditer(texts[doc_id])
        ]
        for claim in part.to_dict("records"):
            claim_id, text = claim["claim_id"], str(claim["text"])
            camp = camps[claim_id]
            status = claimed_status(normaliser(text, camp), normaliser.sides.get(camp))
            place, inside = _place_of(mentions, claim["start"], claim["end"])
            if status is None or place is None:
                continue
            share = _SHARE.search(text)
            said = share[0] if share else "", claim["said_at"]
            rows.append((claim_id, place, claim["source_id"], camp, status, *said, not inside))
    return pd.DataFrame(rows, columns=_CONTROL_COLUMNS)


def _place_of(mentions: list[tuple[int, str]], start: int, end: int) -> tuple[str | None, bool]:
    """Return the place that a span is about, and whether it is named inside the span."""
    inside = [p for at, p in mentions if start <= at < end]
    before = [p for at, p in mentions if at < start]
    return (inside[-1] if inside else before[-1] if before else None), bool(inside)


def _place_pattern(places: pd.DataFrame) -> tuple[re.Pattern[str], dict[str, str]]:
    table: dict[str, str] = {}
    for row in places.itertuples():
        for name in (str(row.name), *str(row.aliases).split("|")):
            if name.strip():
                table[name.strip().casefold()] = str(row.place_id)
    if not table:
        return re.compile(r"(?!)"), table
    body = "|".join(re.escape(n) for n in sorted(table, key=lambda n: (-len(n), n)))
    return re.compile(rf"(?<!\w)(?:{body})(?!\w)", re.IGNORECASE), table


def _first_day(value: str) -> date:
    parts = [int(p) for p in value.split("-")]
    return date(parts[0], parts[1] if len(parts) > 1 else 1, parts[2] if len(parts) > 2 else 1)


def build_ledger(control: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Set control claims against the events that assess control.

    Parameters
    ----------
    control : DataFrame
        From ``control_claims``. Claims that are not dated to a day are left out and counted in
        ``attrs["undated"]``.
    events : DataFrame
        The ``events`` table; rows with an ``assessed_status`` are the record.

    Returns
    -------
    DataFrame
        The ``ledger`` table, one row a place, claimant, status and day. ``assessed_status_then``
        is the latest assessment on or before that day; ``assessed_reached_at`` the first on or
        after it with the claimed status, "" where it never came (censored); ``credit_days`` the
        days between, NaN if censored; ``exposed_at`` the first later assessment that contradicts
        it; ``repeats_after_exposure`` how often the claimant said it again afterwards;
        ``references`` the events used.
    """
    dated = control[control["said_at"].str.len() == 10]
    record = events[events["assessed_status"] != ""].copy()
    record["day"] = record["date"].map(_first_day)
    record = record.sort_values(["day", "event_id"])
    rows = []
    keys = ["place_id", "claimant", "claimed_status", "said_at"]
    for (place, claimant, status, said), part in dated.groupby(keys, sort=True):
        day = _first_day(str(said))
        mine = record[record["place_id"] == place]
        earlier, later = mine[mine["day"] <= day], mine[mine["day"] > day]
        reached = mine[(mine["day"] >= day) & (mine["assessed_status"] == status)]
        if len(earlier) and earlier.iloc[-1]["assessed_status"] == status:
            reached_at, credit = str(said), 0.0
        elif len(reached):
            reached_at = str(reached.iloc[0]["date"])
            credit = float((reached.iloc[0]["day"] - day).days)
        else:
            reached_at, credit = "", float("nan")
        against = later[later["assessed_status"] != status]
        exposed = str(against.iloc[0]["date"]) if len(against) else ""
        again = dated[
            (dated["place_id"] == place)
            & (dated["claimant"] == claimant)
            & (dated["claimed_status"] == status)
        ]
        repeats = (
            int((again["said_at"].map(_first_day) >= _first_day(exposed)).sum()) if exposed else 0
        )
        rows.append(
            {
                "place_id": place,
                "claimant": claimant,
                "claimed_status": status,
                "said_at": said,
                "claim_ids": "|".join(sorted(part["claim_id"])),
                "assessed_status_then": str(earlier.iloc[-1]["assessed_status"])
                if len(earlier)
                else UNKNOWN,
                "assessed_reached_at": reached_at,
                "credit_days": credit,
                "exposed_at": exposed,
                "repeats_after_exposure": repeats,
                "references": "|".join(mine["event_id"]),
            }
        )
    out = check_table(pd.DataFrame(rows), "ledger") if rows else empty_table("ledger")
    out.attrs["undated"] = len(control) - len(dated)
    return out
