"""Texts with groups coded by people: what says the same, and what is about the same.

Public sets are read from ``NARRATIVE_DATA``; no text of them is committed. ``label`` is the group
that a text belongs to, ``unit`` what an interval resamples (topic, debate or the text itself).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

COLUMNS = ["text", "label", "unit"]
_FEWEST = 10  # claims of a keyword that is taken for a group


class Kind(NamedTuple):
    """Where a set lies under ``NARRATIVE_DATA``, how it is read, its part, and what groups are."""

    folder: str
    read: Callable[[Path, str], pd.DataFrame]
    part: str = ""
    topics: bool = False  # what texts are about, and not what they say


def _rows(text: pd.Series, label: pd.Series, unit: pd.Series | None = None) -> pd.DataFrame:
    out = pd.DataFrame({"text": text.astype(str), "label": label.astype(str)})
    out["unit"] = out["text"] if unit is None else unit.astype(str)
    return out[COLUMNS].reset_index(drop=True)


def perspectrum(folder: Path, part: str) -> pd.DataFrame:
    """Perspectives on a claim that say the same (Chen et al. 2019)."""
    pool = {
        p["pId"]: p["text"] for p in json.loads((folder / "perspective_pool_v1.0.json").read_text())
    }
    splits = json.loads((folder / "dataset_split_v1.0.json").read_text())
    claims = json.loads((folder / "perspectrum_with_answers_v1.0.json").read_text())
    rows = [
        (pool[i], f"{c['cId']}/{k}", str(c["cId"]))
        for c in claims
        if splits[str(c["cId"])] == part
        for k, p in enumerate(c["perspectives"])
        for i in p["pids"]
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    # What stands in several groups belongs to none; one text alone is no group.
    table = table[~table.duplicated("text", keep=False)]
    return table[table.groupby("label")["text"].transform("size") > 1].reset_index(drop=True)


def argkp(folder: Path, part: str) -> pd.DataFrame:
    """Arguments that match one key point (Bar-Haim et al. 2020; Friedman-Melamed et al. 2021)."""
    inner = folder / ("test_data" if part == "test" else "kpm_data")
    labels, arguments = (pd.read_csv(inner / f"{n}_{part}.csv") for n in ("labels", "arguments"))
    held = labels[labels["label"] == 1]
    held = held[~held["arg_id"].duplicated(keep=False)].merge(arguments, on="arg_id")
    return _rows(held["argument"], held["key_point_id"], held["topic"])


def statements(folder: Path, part: str) -> pd.DataFrame:  # noqa: ARG001
    """Statements of pro-Kremlin narratives, by narrative (Blombach et al. 2025)."""
    table = pd.read_csv(folder / "war_in_ukraine_half.tsv", sep="\t")
    return _rows(table["Description"], table["Narrative"])


def euvsdisinfo(folder: Path, part: str) -> pd.DataFrame:  # noqa: ARG001
    """Titles of EUvsDisinfo's cases that have one keyword, by keyword."""
    table = pd.read_csv(folder / "claims_2015_2019.csv").dropna(subset=["title", "keywords"])
    table = table[
        ~table["keywords"].str.contains("+", regex=False) & (table["keywords"] != "Other")
    ]
    table = table.drop_duplicates("title")
    n = table.groupby("keywords")["title"].transform("size")
    table = table[n >= _FEWEST]
    return _rows(table["title"], table["keywords"])


def labelled_lines(file: str) -> Callable[[Path, str], pd.DataFrame]:
    """Return a reader of lines "label, tab, text" (Rakib et al. 2020)."""

    def read(folder: Path, part: str) -> pd.DataFrame:  # noqa: ARG001
        lines = (folder / file).read_text(encoding="utf-8", errors="replace").split("\n")
        rows = [line.split("\t")[:2] for line in lines if "\t" in line]
        table = pd.DataFrame(rows, columns=["label", "text"])
        table = table[table["text"].str.strip() != ""]
        return _rows(table["text"], table["label"])

    return read


def two_files(name: str) -> Callable[[Path, str], pd.DataFrame]:
    """Return a reader of texts and labels in two files (Qiang et al. 2022)."""

    def read(folder: Path, part: str) -> pd.DataFrame:  # noqa: ARG001
        text, labels = (
            (folder / f"{file}.txt").read_text("utf-8", "replace").removesuffix("\n").split("\n")
            for file in (name, f"{name}_LABEL")
        )
        if len(text) != len(labels):
            raise SystemExit(
                f"{folder / name}: {len(text)} texts, {len(labels)} labels; expected as many."
            )
        return _rows(pd.Series(text), pd.Series(labels))

    return read


_RAKIB, _STTM = "short_text_clustering/rakib", "short_text_clustering/sttm"
SETS = {
    "Perspectrum": Kind("stance/perspectrum", perspectrum, "test"),
    "ArgKP": Kind("stance/argkp2021", argkp, "test"),
    "war statements": Kind("war/narrative_statements", statements),
    "EUvsDisinfo": Kind("war/euvsdisinfo", euvsdisinfo),
    "AG News": Kind(_RAKIB, labelled_lines("agnewsdataraw-8000"), topics=True),
    "SearchSnippets": Kind(_RAKIB, labelled_lines("search_snippets_true_text"), topics=True),
    "StackOverflow": Kind(_RAKIB, labelled_lines("stackoverflow_true_text"), topics=True),
    "Biomedical": Kind(_RAKIB, labelled_lines("biomedical_true_text"), topics=True),
}
# Settings are chosen on these, and on none of the others.
CHOSEN_ON = {
    "Perspectrum dev": Kind("stance/perspectrum", perspectrum, "dev"),
    "ArgKP dev": Kind("stance/argkp2021", argkp, "dev"),
    "ArgKP train": Kind("stance/argkp2021", argkp, "train"),
    "Tweet": Kind(_STTM, two_files("Tweet"), topics=True),
    "Pascal Flickr": Kind(_STTM, two_files("Pascal_Flickr"), topics=True),
    "GoogleNews": Kind(_STTM, two_files("GoogleNews"), topics=True),
}


def read_groups(name: str) -> pd.DataFrame | None:
    """Return a set's ``text, label, unit``; None where ``NARRATIVE_DATA`` does not have it."""
    kind = (SETS | CHOSEN_ON)[name]
    folder = Path(os.environ.get("NARRATIVE_DATA", "")) / kind.folder
    if not os.environ.get("NARRATIVE_DATA") or not folder.is_dir():
        return None
    try:
        return kind.read(folder, kind.part)
    except FileNotFoundError as error:
        raise SystemExit(
            f"{name}: {error.filename} is missing; expected the set's files as published."
        ) from None
