"""Dated headlines of Russian state sources, and what they claim of control.

The headlines lie under ``NARRATIVE_DATA`` (``war/ru_state_media``; github.com/lobsterbush/
kremlin-speeches); none is committed. A headline's claimant is whom it credits behind the last dash
or before a colon, the ministry on its own channel, else the outlet.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pandas as pd

from narrative.ledger import Gazetteer, control_readings

SIDE = "russian"
FILE = "war/ru_state_media/headlines_2022_to_20251214.jsonl.gz"
MINISTRY = "russian_mod"
# Who is meant by what headlines say; whatever else is credited stays as it is written.
CLAIMANTS = (
    (r"top brass|(?:russian )?(?:defen[cs]e ministry|mod|general staff|military|army)\b", MINISTRY),
    (r"putin|president|kremlin", "vladimir_putin"),
    (r"gerasimov|russia[’']s top general", "valery_gerasimov"),
    (r"belousov|(?:russian )?defen[cs]e minister", "andrey_belousov"),
    (r"dpr head|pushilin", "denis_pushilin"),
)
_CREDITED = re.compile(r"\s[—–]\s(?P<who>[^—–]{2,60})$")


def read_headlines() -> pd.DataFrame | None:
    """Return ``source, date, title, url`` of every headline; None where they are not at hand."""
    path = Path(os.environ.get("NARRATIVE_DATA", "")) / FILE
    if not os.environ.get("NARRATIVE_DATA") or not path.is_file():
        return None
    table = pd.read_json(path, lines=True, dtype=False, convert_dates=False)
    table["date"] = table["date"].astype(str).str[:10]
    table = table[["source", "date", "title", "url"]].drop_duplicates(["source", "date", "title"])
    return table.sort_values(["date", "source", "url", "title"]).reset_index(drop=True)


def claimant(title: str, source: str) -> str:
    """Return who claims what a headline says.

    Examples
    --------
    >>> claimant("Russian troops liberate Seversk — top brass", "tass")
    'russian_mod'
    >>> claimant("Russian troops liberate Seversk", "tass")
    'tass'
    """
    match = _CREDITED.search(title)
    if match is None:
        return MINISTRY if source == "mod" else source
    who = match["who"].strip().lower()
    return next((name for words, name in CLAIMANTS if re.search(words, who)), who)


def headline_claims(headlines: pd.DataFrame, gazetteer: Gazetteer) -> pd.DataFrame:
    """Return what headlines claim, one row a place: its name, ``place_id`` ("" if unresolved)."""
    rows = []
    for line in headlines.to_dict("records"):
        title = str(line["title"])
        who = claimant(title, str(line["source"]))
        said = _CREDITED.sub("", title)
        for reading, place in control_readings(said, SIDE, gazetteer):
            rows.append(
                {
                    "source": line["source"],
                    "said_at": line["date"],
                    "url": line["url"],
                    "claimant": who,
                    "name": said[reading.start : reading.end],
                    "place_id": place or "",
                    "claimed_status": reading.status,
                    "extent": reading.extent,
                    "share": reading.share,
                    "certainty": reading.certainty,
                }
            )
    return pd.DataFrame(rows)
