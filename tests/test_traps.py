"""Each trap that a real text of this kind has set, in invented sentences of the same shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from narrative.claims import extract_claims
from narrative.corpus import read_corpus
from narrative.ledger import control_claims
from narrative.normalise import build_normaliser
from narrative.schema import check_table
from narrative.speakers import check_sources
from narrative.stance import score_stance, speaker_camps

SOURCES = check_sources(
    pd.DataFrame(
        [
            ("lantern", "The Lantern", "outlet", "western", ""),
            ("gazette", "New Gazette Abroad", "outlet", "independent", "New Gazette"),
            ("moscow", "Moscow", "organisation", "russian", "the Kremlin"),
            ("koval", "Anna Koval", "person", "ukrainian", "Koval"),
            ("orlov", "Pavel Orlov", "person", "russian", "Orlov"),
            ("lind", "Marta Lind", "person", "western", "Lind"),
            ("vole", "Ilya Vole", "person", "independent", "Vole"),
        ],
        columns=["source_id", "name", "kind", "camp", "aliases"],
    )
)
PLACES = check_table(
    pd.DataFrame(
        [
            ("kupiansk", "Kupiansk", "Kupyansk"),
            ("pokrovsk", "Pokrovsk", "Krasnoarmeysk|Krasnoarmiysk"),
            ("siversk", "Siversk", "Seversk"),
            ("myrnohrad", "Myrnohrad", "Dimitrov|Dymytrov"),
        ],
        columns=["place_id", "name", "aliases"],
    ),
    "places",
)


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def read(text: str, **fields: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the documents and the claims, in order of the text, of one page."""
        row = {"doc_id": "000", "outlet": "The Lantern", "published_at": "2026-01-19", "text": text}
        path = tmp_path / "documents.jsonl"
        path.write_text(json.dumps(row | fields), encoding="utf-8")
        documents = read_corpus(path)
        claims = extract_claims(documents, SOURCES).sort_values("start", ignore_index=True)
        whole = documents["text"].tolist()[0]
        spans = zip(claims["start"], claims["end"], claims["text"], strict=True)
        assert all(whole[a:b] == words for a, b, words in spans)
        return documents, claims

    return read


# -- the same town under several names


@pytest.mark.parametrize(
    ("name", "place_id"),
    [
        ("Kupiansk", "kupiansk"),
        ("Kupyansk", "kupiansk"),
        ("Pokrovsk", "pokrovsk"),
        ("Krasnoarmeysk", "pokrovsk"),
        ("Siversk", "siversk"),
        ("Seversk", "siversk"),
        ("Myrnohrad", "myrnohrad"),
        ("Dimitrov", "myrnohrad"),
    ],
)
def test_the_same_town_under_several_names(read: Any, name: str, place_id: str) -> None:
    documents, claims = read(f"Orlov said that Russian troops took {name} on Friday.")
    control = control_claims(claims, documents, SOURCES, PLACES)
    assert control["place_id"].tolist() == [place_id]
    assert control["claimed_status"].tolist() == ["russian"]
    (words,) = build_normaliser(SOURCES, PLACES).many(claims["text"], [""])
    assert words == "Russian forces took the city on Friday"


# -- a date after the publication


def test_a_date_after_publication_is_flagged_not_believed(read: Any) -> None:
    _, claims = read(
        "Soldiers stand by the river on 12 December 2026, near the mill.\n\n"
        "On 12 December 2026, Koval said that the bridge had fallen.\n\n"
        "On 12 December 2025, Orlov said that the bridge was standing."
    )
    assert claims["date_flag"].tolist() == ["after_publication", "after_publication", ""]
    assert claims["said_at"].tolist() == ["2026-01-19", "2026-01", "2025-12-12"]


# -- sources within sources


def test_a_reprint_keeps_the_outlet_that_it_carries(read: Any) -> None:
    _, claims = read(
        "Ilya Vole reports in the New Gazette Abroad:\n\n"
        "The bridge was lost within a day. “They had no plan for the winter at all,” said Koval."
    )
    assert claims["chain"].tolist() == ["lantern>gazette>vole", "lantern>gazette>koval"]
    assert claims["source_id"].tolist() == ["vole", "koval"]


def test_a_newspaper_quoted_for_whom_it_quotes(read: Any) -> None:
    _, claims = read(
        "The New Gazette reported that Koval had said that the bridge was lost.",
        author="Marta Lind",
    )
    assert claims["chain"].tolist() == ["lantern>lind>gazette>koval"]
    assert claims["text"].tolist() == ["the bridge was lost"]


@pytest.mark.parametrize(
    "text",
    [
        "Koval told the New Gazette that the bridge was lost.",
        "The bridge was lost, Koval said in an interview with the New Gazette.",
    ],
)
def test_a_newspaper_that_was_told_is_a_link_of_the_chain(read: Any, text: str) -> None:
    _, claims = read(text)
    assert claims["chain"].tolist() == ["lantern>gazette>koval"]


def test_a_newspaper_that_somebody_criticised_is_no_link(read: Any) -> None:
    _, claims = read("Koval said that the New Gazette had lied about the bridge.")
    assert claims["chain"].tolist() == ["lantern>koval"]


# -- "the enemy"


def test_the_enemy_depends_on_the_mouth(read: Any) -> None:
    _, claims = read(
        "Orlov said that the enemy had lost the bridge. Koval said that the enemy had lost "
        "the mill. Lind said that the enemy had lost the ferry."
    )
    camps = speaker_camps(claims, SOURCES)
    assert camps == ["russian", "ukrainian", "western"]
    assert build_normaliser(SOURCES, PLACES).many(claims["text"], camps) == [
        "Ukrainian forces had lost the bridge",
        "Russian forces had lost the mill",
        "the enemy had lost the ferry",
    ]


# -- wording is not endorsement


def test_a_narrative_told_in_order_to_refute_it_is_not_the_authors(read: Any) -> None:
    _, claims = read(
        "Moscow claims that its victory is only a matter of time. According to the Kremlin, Kyiv "
        "had better accept what cannot be changed. “Nobody can stop our advance any more,” Orlov "
        "told his council.\n\n"
        "None of this is true. The bridge took them fourteen months."
    )
    told = claims[claims["voice"] != "author"]
    assert told["text"].tolist() == [
        "its victory is only a matter of time",
        "Kyiv had better accept what cannot be changed",
        "Nobody can stop our advance any more",
    ]
    assert told["source_id"].tolist() == ["moscow", "moscow", "orlov"]
    assert told["cue_stance"].tolist() == [-1, 0, 0]
    own = claims[claims["voice"] == "author"]
    assert own["text"].tolist() == ["None of this is true", "The bridge took them fourteen months"]
    assert set(own["source_id"]) == {"lantern"}


@pytest.mark.model
def test_a_denied_proposition_is_not_favoured() -> None:
    framings = pd.DataFrame(
        {
            "framing_id": ["inevitable"],
            "proposition": ["Russia's victory is inevitable; Ukraine had better accept it."],
        }
    )
    claims = pd.DataFrame(
        {
            "claim_id": ["a", "b"],
            "text": [
                "Russia’s victory is inevitable, and Ukraine had better accept it",
                "It is simply not true that Russia’s victory is inevitable",
            ],
        }
    )
    scores = score_stance(claims, framings).set_index("claim_id")
    assert scores.loc["a", "stance"] == 1
    assert scores.loc["b", "score"] < scores.loc["a", "score"]


# -- quotation marks of every kind


@pytest.mark.parametrize("marks", ["“”", '""', "‘’", "''", "«»", "„“", "„”"])
def test_every_kind_of_quotation_mark_gives_the_same_claim(read: Any, marks: str) -> None:
    first, last = marks
    _, claims = read(
        f"{first}We don't need the soldiers' old bridge,{last} Koval said. "
        "The bridge is known for its towers."
    )
    assert claims[["text", "source_id", "voice"]].to_numpy().tolist() == [
        ["We don't need the soldiers' old bridge", "koval", "quoted"],
        ["The bridge is known for its towers", "lantern", "author"],
    ]


@pytest.mark.parametrize("lead", ["Koval said:\n\n", "Koval said: "])
def test_a_quotation_that_runs_over_paragraphs(read: Any, lead: str) -> None:
    _, claims = read(
        f"{lead}“The bridge was lost within a day.\n\n“Nobody had told us about the mill.\n\n"
        "“We left at dawn.”\n\nThe town is calm now."
    )
    assert claims["source_id"].tolist() == ["koval", "koval", "koval", "lantern"]
    assert claims["voice"].tolist() == ["quoted", "quoted", "quoted", "author"]


def test_a_block_quotation_that_is_never_closed(read: Any) -> None:
    _, claims = read("Koval said:\n\n“The bridge was lost within a day.\n\nThe town is calm now.")
    assert claims["source_id"].tolist() == ["koval", "lantern"]


# -- page debris


def test_page_debris_is_no_claim(read: Any) -> None:
    documents, claims = read(
        "Home\n5 min\n\n"
        "The bridge was lost within a day.\n\n"
        "Read also: Who would rebuild the bridge after the war\n\n"
        "Smoke over the mill on 12 December 2026. Photo: A. Painter / The Lantern\n\n"
        "Photo: A. Painter / The Lantern\n\n"
        "Posted by [Anna](#)\n\n"
        "[The mill](#) burned for\n\ntwo whole days.\n\n"
        "Share this article with a friend\n"
        "0 comments:\nPost a Comment\n"
    )
    assert claims["text"].tolist() == [
        "The bridge was lost within a day",
        "The mill burned for\ntwo whole days",
    ]
    text = documents["text"].tolist()[0]
    for debris in ("Home", "5 min", "Read also", "Photo", "Share", "comment", "Comment", "(#)"):
        assert debris not in text


def test_a_byline_of_a_blog_is_no_claim(read: Any) -> None:
    _, claims = read("Posted by Anna Painter\n\nThe bridge was lost within a day.")
    assert claims["text"].tolist() == ["The bridge was lost within a day"]
