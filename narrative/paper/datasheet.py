"""A datasheet of the corpus (Gebru et al. 2021): counts filled in, the rest to be answered."""

from __future__ import annotations

import pandas as pd

from narrative.figures.sheets import RunTables
from narrative.paper.blocks import TO_FILL, Block, Cited, Grid, Section
from narrative.paper.corpus_facts import by_outlet, counted, span

_OPEN: dict[str, tuple[str, ...]] = {
    "Motivation": (
        "For what purpose was the dataset created, and which gap does it fill?",
        "Who created it, on behalf of whom, and who paid for it?",
    ),
    "Composition": (
        "Is it a sample of a larger set, and how was it drawn?",
        "Is information missing from documents, and why?",
        "Are there errors, noise or redundancies beyond the copies counted above?",
        "Does it hold confidential or offensive text, or identify people who are no public "
        "speakers?",
    ),
    "Collection process": (
        "How was each document obtained, by whom, and when?",
        "Were dates of publication seen in the text, in the address, or inferred?",
        "Was an ethical review done? Were publishers told, and did they agree?",
    ),
    "Uses": (
        "Has it been used before, and where?",
        "What should it not be used for?",
    ),
    "Distribution": (
        "Is it given to others, how, from when, and under which licence?",
        "Do the publishers' rights or other rules restrict that?",
    ),
    "Maintenance": (
        "Who keeps it, how are they reached, and will it be updated or corrected?",
        "Are older versions kept? Can others extend it?",
    ),
}


def datasheet_sections(run: RunTables) -> list[Section]:
    """Return the sections of the datasheet."""
    filled: dict[str, list[Block]] = {
        "Motivation": [
            Cited("The headings are those of datasheets for datasets; what the run knows is filled "
                  "in", ("gebru2021datasheets",)),
        ],
        "Composition": _composition(run),
        "Collection process": _dates(run),
        "Preprocessing, cleaning, labelling": _preprocessing(run),
    }  # fmt: skip
    titles = list(dict.fromkeys([*list(filled), *_OPEN]))
    out = []
    for title in titles:
        asked = [_questions(_OPEN[title])] if title in _OPEN else []
        out.append(Section(title, [*filled.get(title, []), *asked]))
    return out


def _questions(asked: tuple[str, ...]) -> list[str]:
    return [f"{question} {TO_FILL}." for question in asked]


def _composition(run: RunTables) -> list[Block]:
    documents, claims = run.table("documents"), run.table("claims")
    words = pd.Series([len(str(t).split()) for t in documents["text"]])
    groups = documents["copy_group"].nunique()
    return [
        f"An instance is a dated document: {len(documents)} of them, {int(words.sum())} words "
        f"(median {int(words.median())}), published {span(documents)}. Languages: "
        f"{counted(documents['lang'])}.",
        f"Groups of copies: {groups} ({len(documents) - groups} documents are near-duplicates of "
        "another).",
        f"Without an author: {int((documents['author'] == '').sum())}; without a title: "
        f"{int((documents['title'] == '').sum())}; without an address: "
        f"{int((documents['url'] == '').sum())}.",
        Grid(("Outlet", "Documents", "First", "Last"),
             by_outlet(documents, run.table("sources")), "Documents by outlet.", "tab:outlets"),
        f"{len(claims)} claims of {claims['source_id'].nunique()} sources were found in them.",
    ]  # fmt: skip


def _dates(run: RunTables) -> list[Block]:
    documents = run.table("documents")
    return [f"Precision of the dates of publication: {counted(documents['published_precision'])}."]


def _preprocessing(run: RunTables) -> list[Block]:
    kept, raw = run.table("documents"), run.table("offsets")
    deleted = sum(_gaps(part) for _, part in raw.groupby("doc_id"))
    return [
        "Page debris was deleted and nothing rewritten; a table of offsets leads from every "
        f"character back to the text as received. Kept: {int(kept['text'].str.len().sum())} "
        f"characters; deleted between them: {deleted}.",
        "Labels (speaker, voice, date, framing, stance, certainty, control) are a model's and "
        "rules', not people's; see the methods.",
        f"Hand coding, if there is any (by whom, agreement): {TO_FILL}.",
    ]


def _gaps(part: pd.DataFrame) -> int:
    """Return how many characters of a document were deleted between those that were kept."""
    rows = part.sort_values("raw_start")
    ends = rows["raw_start"] + rows["length"]
    return int((rows["raw_start"].iloc[1:].to_numpy() - ends.iloc[:-1].to_numpy()).sum())
