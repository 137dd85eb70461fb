"""The codebook: framings with propositions, counter-propositions and exemplars."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from narrative.errors import StudyError, perhaps
from narrative.schema import CAMPS, CERTIFICATES, check_table
from narrative.toml_file import read_toml

_KEYS = {"framing_id", "label", "definition", "proposition", "counter", "camp", "favor", "against"}


@dataclass(frozen=True)
class Framing:
    """One story of the contest.

    Parameters
    ----------
    framing_id, label, definition : str
    proposition, counter : str
        The sentence that a claim can be for or against, and its opposite.
    favor, against : tuple of str
        Sentences that take either side.
    camp : str
        The camp whose story it is, "" for nobody's; adoption is counted from outside it.
    """

    framing_id: str
    label: str
    definition: str
    proposition: str
    counter: str
    favor: tuple[str, ...]
    against: tuple[str, ...]
    camp: str = ""

    @property
    def texts(self) -> list[str]:
        """Every sentence that stands for this framing, on whichever side."""
        return [t for t in (self.proposition, self.counter, *self.favor, *self.against) if t]


@dataclass(frozen=True)
class Codebook:
    """The framings of a study, in the file's order."""

    framings: tuple[Framing, ...]

    def table(self) -> pd.DataFrame:
        """Return the ``framings`` table with no claims assigned yet."""
        rows = pd.DataFrame(
            {
                "framing_id": [f.framing_id for f in self.framings],
                "label": [f.label for f in self.framings],
                "proposition": [f.proposition for f in self.framings],
                "counter": [f.counter for f in self.framings],
            }
        )
        return without_claims(rows, "codebook")


def without_claims(rows: pd.DataFrame, origin: str) -> pd.DataFrame:
    """Return the ``framings`` table of framings that no claim is assigned to yet.

    Parameters
    ----------
    rows : DataFrame
        ``framing_id, label`` and, if present, ``proposition, counter``.
    origin : str
        ``codebook`` or ``discovered``.
    """
    texts = ("proposition", "counter", "terms", "class_terms", "exemplar_claim_ids", "parent")
    empty: dict[str, Any] = dict.fromkeys((*texts, "nearest", "stability_over"), "")
    empty |= dict.fromkeys(("stability", "stability_low", "nearest_similarity"), np.nan)
    empty["n_claims"] = 0
    empty |= {"origin": origin, "certificate": CERTIFICATES[-1]}
    missing = {k: v for k, v in empty.items() if k not in rows.columns}
    return check_table(rows.assign(**missing), "framings")


def read_codebook(path: str | Path) -> Codebook:
    """Read a codebook from TOML.

    Raises
    ------
    StudyError
        If the file is not TOML, has no framing, or a framing lacks an id, label or
        proposition, repeats an id, names an unknown camp or has a key nobody reads.
    """
    path = Path(path)
    raw = read_toml(path, "text stands in quotation marks, a list in [square brackets]")
    entries = raw.get("framing", [])
    unknown = sorted(set(raw) - {"framing"})
    if unknown:
        raise StudyError(
            f"{path.name}: unknown key {unknown[0]!r}; expected [[framing]] only. Write the line "
            "[[framing]] above each framing's keys."
        )
    if isinstance(entries, dict):
        raise StudyError(
            f"{path.name}: got [framing]; expected [[framing]], in two brackets, above each. "
            "Double them."
        )
    if not isinstance(entries, list) or not entries:
        raise StudyError(
            f"{path.name}: no [[framing]] found; expected at least one. Write one, or remove "
            "the line codebook from the study file to go without."
        )
    framings = [_framing(entry, number, path.name) for number, entry in enumerate(entries, start=1)]
    seen: set[str] = set()
    for framing in framings:
        if framing.framing_id in seen:
            raise StudyError(
                f"{path.name}: framing_id={framing.framing_id!r} stands twice; rename one."
            )
        seen.add(framing.framing_id)
    return Codebook(tuple(framings))


def _framing(entry: dict[str, object], number: int, name: str) -> Framing:
    if not isinstance(entry, dict):
        raise StudyError(f"{name}, framing {number}: {entry!r}; expected a table [[framing]].")
    where = f"{name}, framing {number} ({entry.get('framing_id', 'without framing_id')})"
    for key in ("framing_id", "label", "proposition"):
        if not isinstance(entry.get(key), str) or not str(entry[key]).strip():
            raise StudyError(
                f'{where}: no {key}; expected a non-empty string. Write {key} = "…" in it.'
            )
    unknown = sorted(set(entry) - _KEYS)
    if unknown:
        raise StudyError(
            f"{where}: unknown key {unknown[0]!r}; expected one of {', '.join(sorted(_KEYS))}"
            f"{perhaps(unknown[0], _KEYS)}. Rename or remove it: sentences that take a side are "
            "favor or against."
        )
    sides: dict[str, tuple[str, ...]] = {}
    for key in ("favor", "against"):
        value = entry.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
            raise StudyError(
                f"{where}: {key} must be a list of non-empty sentences, got {value!r}. Write "
                f'{key} = ["…", "…"].'
            )
        sides[key] = tuple(value)
    for key in ("definition", "counter", "camp"):
        if not isinstance(entry.get(key, ""), str):
            raise StudyError(
                f'{where}: {key}={entry[key]!r}; expected a string. Write {key} = "…".'
            )
    camp = str(entry.get("camp", ""))
    if camp and camp not in CAMPS:
        raise StudyError(
            f"{where}: camp={camp!r}; expected one of {', '.join(CAMPS)} or nothing"
            f"{perhaps(camp, CAMPS)}. Camps are those of this war: remove the line for any other."
        )
    if entry["framing_id"] == "-1" or str(entry["framing_id"]).startswith("discovered_"):
        raise StudyError(
            f"{where}: this framing_id is reserved for what a run discovers; rename it."
        )
    if "|" in str(entry["framing_id"]):
        raise StudyError(
            f"{where}: framing_id={entry['framing_id']!r}; expected an id without |, which parts "
            "ids in the tables; rename it."
        )
    return Framing(
        framing_id=str(entry["framing_id"]),
        label=str(entry["label"]),
        definition=str(entry.get("definition", "")),
        proposition=str(entry["proposition"]),
        counter=str(entry.get("counter", "")),
        favor=sides["favor"],
        against=sides["against"],
        camp=camp,
    )
