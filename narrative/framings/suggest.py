"""Discovered framings as entries of a codebook, to be edited by hand."""

from __future__ import annotations

import pandas as pd
import tomlkit
from tomlkit.items import AoT, Table

from narrative.codebook import Codebook
from narrative.framings.described import UNSURE
from narrative.schema import Row
from narrative.speakers.table import slug

CERTIFIED = ("stable", "doubtful")


def suggest_entries(
    framings: pd.DataFrame,
    claims: pd.DataFrame,
    *,
    codebook: Codebook | None = None,
    unstable: bool = False,
) -> str:
    """Return TOML with a ``[[framing]]`` for each discovered framing, most claims first.

    The proposition is the most central claim as it was said, for want of a better: write what all
    of them assert, and its counter. The other exemplars stand under `favor`; move what denies the
    proposition to `against`.

    Parameters
    ----------
    framings, claims : DataFrame
        The tables of a run.
    codebook : Codebook, optional
        What the entries are added to: its ids are not given again, nor are propositions that stand
        in it.
    unstable : bool
        Also those whose certificate is "unstable" or "not measured".

    Returns
    -------
    str
        It begins with an empty line, to be appended to any file; "" where there is nothing new.
    """
    found = framings[framings["origin"] == "discovered"]
    if not unstable:
        found = found[found["certificate"].isin(CERTIFIED)]
    found = found.sort_values(["n_claims", "framing_id"], ascending=[False, True])
    texts = dict(zip(claims["claim_id"], claims["text"], strict=True))
    ids = {f.framing_id for f in codebook.framings} if codebook else set()
    known = {t for f in codebook.framings for t in f.texts} if codebook else set()
    entries = AoT([])
    for row in found.to_dict("records"):
        exemplars = [
            " ".join(str(texts[c]).split()) for c in str(row["exemplar_claim_ids"]).split("|") if c
        ]
        if exemplars and exemplars[0] in known:
            continue
        label = str(row["label"]).removesuffix(UNSURE)
        entries.append(_entry(row, label, list(dict.fromkeys(exemplars)), _free_id(label, ids)))
    if not entries:
        return ""
    document = tomlkit.document()
    document.append("framing", entries)
    return "\n" + tomlkit.dumps(document)


def _free_id(label: str, ids: set[str]) -> str:
    """Return an id that is not taken yet, and take it."""
    base = slug(label) or "framing"
    if base.startswith("discovered_"):  # reserved
        base = f"framing_{base}"
    new, number = base, 2
    while new in ids:
        new, number = f"{base}_{number}", number + 1
    ids.add(new)
    return new


def _entry(row: Row, label: str, exemplars: list[str], framing_id: str) -> Table:
    entry = tomlkit.table()
    near = row["nearest"]
    steady: str = "" if pd.isna(row["stability"]) else f" ({row['stability']:.2f})"
    similarity = f" (cosine {row['nearest_similarity']:.2f})" if near else ""
    for line in (
        f"{row['framing_id']}: {row['n_claims']} claims, {row['certificate']}{steady}",
        f"terms: {_commas(row['terms'])}",
        f"by class-based TF-IDF: {_commas(row['class_terms'])}",
        f"nearest in the codebook: {near or 'none'}{similarity}",
    ):
        entry.add(tomlkit.comment(line))
    favor = tomlkit.array().multiline(multiline=True)
    favor.extend(exemplars[1:])
    values = {
        "framing_id": framing_id,
        "label": label,
        "definition": "",
        "proposition": exemplars[0] if exemplars else "",
        "counter": "",
        "favor": favor,
        "against": tomlkit.array(),
    }
    for key, value in values.items():
        entry.add(key, value)
    return entry


def _commas(joined: object) -> str:
    return ", ".join(part for part in str(joined).split("|") if part) or "none"
