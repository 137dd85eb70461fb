"""Attribution as it ships: the reader, completed by rules."""

from __future__ import annotations

import pandas as pd
import pytest

from narrative.claims import extract_claims
from narrative.errors import InputError
from narrative.speakers import check_sources

SOURCES = check_sources(
    pd.DataFrame(
        [
            ("courier", "The Courier", "outlet", "western", "Courier"),
            ("mod", "Russian Defence Ministry", "organisation", "russian", "Defence Ministry"),
            ("koval", "Anna Koval", "person", "ukrainian", "Koval"),
            ("orlov", "Pavel Orlov", "person", "russian", "Orlov"),
            ("unnamed_reports", "Unnamed reports", "unnamed", "unknown", ""),
        ],
        columns=["source_id", "name", "kind", "camp", "aliases"],
    )
)
Claim = tuple[str, str, str]
pytestmark = pytest.mark.model


def _claims(text: str, lang: str = "en") -> pd.DataFrame:
    documents = pd.DataFrame(
        {"doc_id": ["000"], "outlet": "The Courier", "author": "", "lang": lang}
        | {"published_at": "2025-12-18", "text": text}
    )
    return extract_claims(documents, SOURCES)


def _said(text: str) -> list[Claim]:
    claims = _claims(text).sort_values("start")
    return list(zip(claims["text"], claims["source_id"], claims["voice"].str[0], strict=True))


# (text, [(words of the claim, who, voice)])
GOLD: list[tuple[str, list[Claim]]] = [
    (
        "According to the Courier story of 6 December, the bridge had fallen.",
        [("the bridge had fallen", "courier", "p")],
    ),
    ("Koval said that the bridge had fallen.", [("the bridge had fallen", "koval", "p")]),
    (
        "“The bridge has fallen into the river,” said Koval.",
        [("The bridge has fallen into the river", "koval", "q")],
    ),
    (
        "The bridge fell at noon, according to the Defence Ministry. The town lies on a lake.",
        [
            ("The bridge fell at noon", "mod", "p"),
            ("The town lies on a lake", "courier", "a"),
        ],
    ),
    # a verb that no lexicon lists as needing "that", and a source far from its cue
    (
        "Orlov, who has led the northern group since the spring and rarely speaks to the press, "
        "conceded that the town had been lost.",
        [("the town had been lost", "orlov", "p")],
    ),
    # a relative pronoun
    (
        "The town was quiet on Monday, according to Koval, who noted that the bridge had fallen.",
        [
            ("The town was quiet on Monday", "koval", "p"),
            ("the bridge had fallen", "koval", "p"),
        ],
    ),
    # what somebody wants or plans is the author's claim
    (
        "Koval wants to rebuild the bridge next year.",
        [("Koval wants to rebuild the bridge next year", "courier", "a")],
    ),
    # a further verb without a source of its own
    (
        "Orlov said that the town had fallen, adding that the mill was still burning.",
        [("the town had fallen", "orlov", "p"), ("the mill was still burning", "orlov", "p")],
    ),
    # a heading is no source, and no claim
    (
        "The Bridge of Lidovo\n\nAccording to the ministry, the bridge fell at noon.",
        [("the bridge fell at noon", "unknown", "p")],
    ),
    # polls say nothing: the author does
    (
        "The polls suggest that the bridge will be rebuilt.",
        [("The polls suggest that the bridge will be rebuilt", "courier", "a")],
    ),
    # the author's "I" is the author
    (
        "I think that the bridge will not be rebuilt.",
        [("I think that the bridge will not be rebuilt", "courier", "a")],
    ),
]


@pytest.mark.parametrize(("text", "claims"), GOLD, ids=[t for t, _ in GOLD])
def test_gold(text: str, claims: list[Claim]) -> None:
    assert _said(text) == claims


def test_a_source_inside_reported_content_speaks_and_the_outer_one_is_kept() -> None:
    claims = _claims("The Defence Ministry reported that Orlov had said that the town was taken.")
    assert claims["text"].tolist() == ["the town was taken"]
    assert claims["source_id"].tolist() == ["orlov"]
    assert claims["chain"].tolist() == ["courier>mod>orlov"]


def test_what_attributed_each_language_is_told() -> None:
    assert _claims("The bridge fell.").attrs["attribution"] == {"en": "reader and rules"}
    assert _claims("Міст упав уночі.", "uk").attrs["attribution"] == {"uk": "rules"}


def test_rules_alone_need_no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise AssertionError("the reader was loaded")

    monkeypatch.setattr("narrative.claims.shipped_reader", fail)
    documents = pd.DataFrame(
        {"doc_id": ["000"], "outlet": "The Courier", "author": "", "lang": "en"}
        | {"published_at": "2025-12-18", "text": "Koval said that the bridge had fallen."}
    )
    claims = extract_claims(documents, SOURCES, attribution="rules")
    assert claims["source_id"].tolist() == ["koval"]
    assert claims.attrs["attribution"] == {"en": "rules"}


def test_an_unknown_way_of_attribution() -> None:
    with pytest.raises(InputError, match="attribution='magic'; expected one of auto, rules"):
        extract_claims(pd.DataFrame(), SOURCES, attribution="magic")


FELL = "said that the bridge had fallen."


@pytest.mark.parametrize(
    ("text", "source_id"),
    [
        # the subject of the sentence before, not whoever it names beside
        (
            "Pavlo Gant went to see Petro Lind. He said that the bridge had fallen.",
            "named_pavlo_gant",
        ),
        (
            "Gant's commander, Petro Lind, is more careful. “The bridge has fallen,” he said.",
            "named_petro_lind",
        ),
        ("The Courier saw the film on Monday. The bridge had fallen, it said.", "courier"),
        # of its own sentence
        (
            "Koval herself left on Monday; the winter, she said, would be the hardest of the war.",
            "koval",
        ),
        # whom the reader knows to be a person although no list has the given name
        ("Daryja Lind sat by the wall. “The bridge has fallen,” she said.", "named_daryja_lind"),
        (
            "Daryja Lind sat by the wall. The bridge fell in May, the medic said.",
            "named_daryja_lind",
        ),
        # a role before a name
        (
            "The head of the harbour, Jan Gant, said that the bridge had fallen. The official "
            "said that the river had risen.",
            "named_jan_gant",
        ),
        # nobody who only stands in a complement
        (f"A spokesman for Ruslan Gant {FELL}", "unknown"),
        # the words before a name
        (f"The Kyiv sociologist Ruslan Gant {FELL}", "named_ruslan_gant"),
    ],
)
def test_who_is_meant(text: str, source_id: str) -> None:
    claims = _claims(text)
    assert claims.loc[claims["voice"] != "author", "source_id"].unique().tolist() == [source_id]


def test_a_heading_is_no_part_of_a_name() -> None:
    claims = _claims(
        "Force Generation\n\nUkraine's Harbour Directorate reported that the bridge had fallen."
    )
    assert "\n" not in claims["speaker_text"].iloc[-1]
    assert claims["speaker_text"].iloc[-1].startswith("Ukraine's")


@pytest.mark.parametrize(
    "text",
    [
        "The Courier reported on Monday, citing Koval, that the bridge had fallen.",
        "The Courier, citing Koval, reported that the bridge had fallen.",
        "The bridge had fallen, the Courier reported, citing Koval.",
    ],
)
def test_whom_an_outlet_cites_speaks(text: str) -> None:
    (claim,) = _claims(text).to_dict("records")
    assert (claim["source_id"], claim["chain"]) == ("koval", "courier>koval")
    assert claim["text"].lower() == "the bridge had fallen"
