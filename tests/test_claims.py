from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrative.claims import extract_claims
from narrative.cleaning import clean, to_raw
from narrative.corpus import copy_groups
from narrative.schema import TABLES, check_table, empty_table
from narrative.speakers import check_sources
from narrative.storage import sha256_text

SOURCES = check_sources(
    pd.DataFrame(
        [
            ("courier", "The Courier", "outlet", "western", "Courier"),
            ("tribune", "Evening Tribune", "outlet", "independent", ""),
            ("mod", "Russian Defence Ministry", "organisation", "russian", "Defence Ministry"),
            ("koval", "Anna Koval", "person", "ukrainian", "Koval|Коваль"),
            ("orlov", "Pavel Orlov", "person", "russian", "Orlov"),
            ("lind", "Marta Lind", "person", "western", "Lind"),
        ],
        columns=["source_id", "name", "kind", "camp", "aliases"],
    )
)


def _documents(*texts: str, **fields: Any) -> pd.DataFrame:
    rows = [
        {
            "doc_id": f"{number:03d}",
            "outlet": "The Courier",
            "author": "",
            "published_at": "2025-12-18",
            "published_precision": "day",
            "lang": "en",
            "title": "",
            "url": "",
            "text": text,
            "text_sha256": sha256_text(text),
            "copy_group": f"{number:03d}",
        }
        | fields
        for number, text in enumerate(texts)
    ]
    return check_table(pd.DataFrame(rows, columns=list(TABLES["documents"])), "documents")


def _claims(*texts: str, **fields: Any) -> pd.DataFrame:
    return extract_claims(_documents(*texts, **fields), SOURCES)


def _column(column: str, text: str, **fields: Any) -> list[Any]:
    """Return a column of the claims of one text in the order of the text."""
    return _claims(text, **fields).sort_values("start")[column].tolist()


def _assert_traced(documents: pd.DataFrame, claims: pd.DataFrame) -> None:
    texts = dict(zip(documents["doc_id"], documents["text"], strict=True))
    spans = zip(claims["doc_id"], claims["start"], claims["end"], claims["text"], strict=True)
    for doc_id, start, end, text in spans:
        assert 0 <= start < end <= len(texts[doc_id])
        assert texts[doc_id][start:end] == text


PIECES = (
    "Koval said that the bridge fell",
    "On 9 December, ",
    ", said Orlov",
    "According to the Defence Ministry, ",
    "It was reported that ",
    "The mill burned down at noon",
    "the mill allegedly burned down",
    "“We hold the bridge and we stay",
    "“",
    "”",
    "'",
    "«Ми тримаємо міст»",
    '"',
    ". ",
    ", ",
    "; ",
    "\n",
    "\n\n",
    "\r\n",
    "🙂👩‍🚒",
    "\u202eقال إن الجسر سقط\u202c ",
    "e\u0301\u0308",
    "5 min\n",
    "[a link](#)",
)
any_text = st.lists(
    st.one_of(
        st.sampled_from(PIECES), st.text(st.characters(exclude_categories=["Cs"]), max_size=25)
    ),
    max_size=20,
).map("".join)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.lists(any_text, min_size=1, max_size=3), st.sampled_from(["en", "uk", "ar", "xx"]))
def test_every_claim_leads_back_to_its_words(texts: list[str], lang: str) -> None:
    documents = _documents(*texts, lang=lang)
    claims = extract_claims(documents, SOURCES)
    _assert_traced(documents, claims)
    check_table(claims, "claims")
    listed = check_table(pd.DataFrame(claims.attrs["sources"]), "sources")
    assert set(claims["source_id"]) <= set(listed["source_id"])
    for chain, source_id in zip(claims["chain"], claims["source_id"], strict=True):
        assert chain.split(">")[0] == "courier"
        assert source_id in chain.split(">")


@settings(deadline=None, max_examples=60, derandomize=True)
@given(any_text)
def test_every_claim_leads_back_to_the_page(raw: str) -> None:
    text, segments = clean(raw)
    claims = _claims(text)
    for start, end, words in zip(claims["start"], claims["end"], claims["text"], strict=True):
        span = to_raw(segments, start, end)
        assert span is not None
        assert raw[span[0]] == words[0]
        assert raw[span[1] - 1] == words[-1]


@settings(deadline=None, max_examples=20, derandomize=True)
@given(st.lists(any_text, min_size=1, max_size=3))
def test_documents_do_not_touch_each_other(texts: list[str]) -> None:
    documents = _documents(*texts)
    together = extract_claims(documents, SOURCES)
    backwards = extract_claims(documents.iloc[::-1], SOURCES)
    pd.testing.assert_frame_equal(together, backwards)
    apart = [extract_claims(documents.iloc[[i]], SOURCES) for i in range(len(documents))]
    apart = [a for a in apart if len(a)] or [empty_table("claims")]
    pd.testing.assert_frame_equal(together, pd.concat(apart, ignore_index=True))


# -- when


@pytest.mark.parametrize(
    ("text", "published", "said"),
    [
        # the author speaks on the day of publication
        ("The bridge fell at noon.", "2025-12-18", [("2025-12-18", "day")]),
        ("The bridge fell at noon.", "2025-12", [("2025-12", "month")]),
        ("The bridge fell at noon.", "2025", [("2025", "year")]),
        ("On 9 December the bridge fell.", "2025-12-18", [("2025-12-18", "day")]),
        # a source on the date beside its frame
        ("On 9 December, Koval said that the bridge fell.", "2025-12-18", [("2025-12-09", "day")]),
        ("Koval said on Friday that the bridge fell.", "2025-12-18", [("2025-12-12", "day")]),
        ("The bridge has fallen, Koval said on Friday.", "2025-12-18", [("2025-12-12", "day")]),
        ("In November, Koval said the bridge fell.", "2025-12-18", [("2025-11", "month")]),
        ("Koval said yesterday: “The bridge has fallen.”", "2025-12-18", [("2025-12-17", "day")]),
        # a date inside the content is what it is about, not when it was said
        ("Koval said the bridge fell on 9 December.", "2025-12-18", [("2025-12", "month")]),
        # no date: the month of publication, or its year
        ("Koval said that the bridge fell.", "2025-12-18", [("2025-12", "month")]),
        ("Koval said that the bridge fell.", "2025-12", [("2025-12", "month")]),
        ("Koval said that the bridge fell.", "2025", [("2025", "year")]),
        # a source is still speaking on the date given for it last
        (
            "On 9 December, Koval said the bridge fell. She added that the mill burned.",
            "2025-12-18",
            [("2025-12-09", "day"), ("2025-12-09", "day")],
        ),
        # ... but another source is not
        (
            "On 9 December, Koval said the bridge fell. Orlov said that the mill burned.",
            "2025-12-18",
            [("2025-12-09", "day"), ("2025-12", "month")],
        ),
        # the line that leads into a block quotation dates it
        (
            "On 9 December Anna Koval noted:\n\n“The bridge has fallen.”",
            "2025-12-18",
            [("2025-12-09", "day")],
        ),
    ],
)
def test_when_it_was_said(text: str, published: str, said: list[tuple[str, str]]) -> None:
    claims = _claims(text, published_at=published).sort_values("start")
    assert list(zip(claims["said_at"], claims["said_precision"], strict=True)) == said


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("On 9 December the bridge fell.", ("2025-12-09", "2025-12-09")),
        ("In November the bridge fell.", ("2025-11-01", "2025-11-30")),
        ("From 2 November to 9 December the bridge stood.", ("2025-11-02", "2025-12-09")),
        ("The bridge is still standing.", ("2025-12-18", "2025-12-18")),
        ("The bridge fell at noon.", ("", "")),
        ("Koval said that the bridge is standing.", ("2025-12-01", "2025-12-31")),
        ("Koval said the bridge fell on 9 December.", ("2025-12-09", "2025-12-09")),
    ],
)
def test_which_days_it_is_about(text: str, about: tuple[str, str]) -> None:
    assert [*_column("about_start", text), *_column("about_end", text)] == list(about)


def test_a_date_after_publication_is_flagged_and_not_believed_as_a_day_of_speech() -> None:
    claims = _claims("On 12 December 2026, Koval said the bridge fell. Orlov said it stood firm.")
    claims = claims.sort_values("start")
    assert claims["date_flag"].tolist() == ["after_publication", ""]
    assert claims["said_at"].tolist() == ["2025-12", "2025-12"]
    about = _claims("On 12 December 2026 the bridge fell.")
    assert about["date_flag"].tolist() == ["after_publication"]
    assert about["said_at"].tolist() == ["2025-12-18"]


# -- who, and through whom


@pytest.mark.parametrize(
    ("text", "author", "chains"),
    [
        ("The bridge fell at noon.", "", ["courier"]),
        ("The bridge fell at noon.", "Marta Lind", ["courier>lind"]),
        ("Koval said that the bridge fell.", "", ["courier>koval"]),
        ("Koval said that the bridge fell.", "Marta Lind", ["courier>lind>koval"]),
        ("Marta Lind said that the bridge fell.", "Marta Lind", ["courier>lind"]),
        ("The Courier reported that the bridge fell.", "", ["courier"]),
        ("Several men said that the bridge fell.", "", ["courier>unknown"]),
        (
            "The Evening Tribune reported that Koval had said that the bridge fell.",
            "Marta Lind",
            ["courier>lind>tribune>koval"],
        ),
        (
            "Marta Lind reports in the Evening Tribune:\n\nThe bridge fell at noon. Koval said "
            "that the mill burned.",
            "",
            ["courier>tribune>lind", "courier>tribune>koval"],
        ),
    ],
)
def test_chain_runs_from_the_outlet_to_the_speaker(
    text: str, author: str, chains: list[str]
) -> None:
    assert _column("chain", text, author=author) == chains
    assert _column("source_id", text, author=author) == [c.split(">")[-1] for c in chains]


def test_an_author_who_is_not_listed_is_added() -> None:
    claims = _claims("The bridge fell at noon.", author="Jan Novak")
    assert claims["source_id"].tolist() == ["named_jan_novak"]
    added = pd.DataFrame(claims.attrs["sources"]).set_index("source_id")
    assert added.loc["named_jan_novak", ["kind", "camp"]].tolist() == ["person", "unknown"]


# -- what is a claim


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\n ",
        "By Anna Koval",
        "December 9, 2025",
        "Tuesday, 9 December 2025",
        "https://e.example/a/b",
        "The fall.",
        "Who holds the bridge now?",
        "🙂 🙂 🙂",
        "…",
        "12 345 678",
    ],
)
def test_no_claim(text: str) -> None:
    claims = _claims(text)
    assert claims["text"].tolist() == []
    assert list(claims.columns) == list(TABLES["claims"])
    assert {c: str(t) for c, t in claims.dtypes.items()} == TABLES["claims"]


def test_no_documents() -> None:
    claims = extract_claims(empty_table("documents"), SOURCES)
    assert len(claims) == 0
    assert claims.attrs["cue_language"] == {}


def test_no_sources_listed() -> None:
    documents = _documents("Anna Koval said that the bridge fell. The mill burned down.")
    claims = extract_claims(documents, check_sources(empty_table("sources")))
    assert claims["text"].tolist() == ["the bridge fell", "The mill burned down"]
    assert claims["source_id"].tolist()[0] == "named_anna_koval"


def test_one_document_of_one_sentence() -> None:
    claims = _claims("The bridge fell at noon")
    assert claims["claim_id"].tolist() == ["000:0000000-0000023"]
    row = claims.iloc[0]
    assert (row["text"], row["voice"], row["source_id"]) == (
        "The bridge fell at noon",
        "author",
        "courier",
    )
    assert (row["sent_index"], row["attribution_score"]) == (0, 1.0)


def test_identical_documents_keep_their_own_claims() -> None:
    text = "The bridge fell at noon. The bridge fell at noon."
    claims = _claims(*[text] * 4)
    assert set(claims["text"]) == {"The bridge fell at noon"}
    assert claims.groupby("doc_id").size().tolist() == [2, 2, 2, 2]
    assert claims["claim_id"].is_unique


@pytest.mark.parametrize(
    ("text", "lang", "words"),
    [
        ("🔥 The bridge fell 🌉 at noon 🔥. The mill 👩‍🚒 burned down.", "en", 2),
        ("سقط الجسر ظهرا. احترقت المطحنة ليلا.", "ar", 2),
        ("הגשר נפל בצהריים. הטחנה נשרפה בלילה.", "he", 2),
        ("\u202bسقط الجسر ظهرا\u202c", "ar", 1),
        ("Міст упав опівдні. Млин згорів уночі.", "uk", 2),
        ("«Міст упав опівдні», — сказала Коваль.", "uk", 1),
        ("Мост упал в полдень. Мельница сгорела ночью.", "ru", 2),
    ],
)
def test_other_scripts(text: str, lang: str, words: int) -> None:
    documents = _documents(text, lang=lang)
    claims = extract_claims(documents, SOURCES)
    _assert_traced(documents, claims)
    assert len(claims) == words
    assert claims.attrs["cue_language"] == {lang: lang if lang in {"uk", "ru"} else "en"}


def test_progress_is_told_after_each_document() -> None:
    told: list[tuple[int, int]] = []

    def tell(done: int, total: int) -> None:
        told.append((done, total))

    extract_claims(_documents("The bridge fell.", "The mill burned."), SOURCES, progress=tell)
    assert told == [(1, 2), (2, 2)]


def test_the_same_input_gives_the_same_table() -> None:
    text = "Koval said that the bridge fell. “We hold the mill by now,” said a Ukrainian spokesman."
    first, second = _claims(text), _claims(text)
    pd.testing.assert_frame_equal(first, second)
    assert first.attrs == second.attrs


def _long_text(size: int) -> str:
    parts: list[str] = []
    length = 0
    plain: Sequence[str] = (
        "The road to the old town climbs past orchards, stone walls and the ruins of a chapel "
        "whose bell was sold long before anybody now alive was born.",
        "Along the river the barges lay idle for the whole of the wet season, their ropes green "
        "with moss and their lamps unlit.",
    )
    while length < size:
        number = len(parts)
        part = (
            f"On {1 + number % 28} November, Koval said that bridge {number} fell, adding that the "
            f"mill burned. {plain[0]} {plain[1]} “We hold hill {number} by now,” said Orlov.\n\n"
            f"{plain[1]} {plain[0]} It was reported that {number} men had left the town’s port. "
            f"{plain[0]} {plain[1]} {plain[1]} {plain[0]} {plain[1]} {plain[0]}\n\n"
        )
        parts.append(part)
        length += len(part)
    return "".join(parts)


@pytest.mark.parametrize(
    "text",
    [
        "The bridge fell" + " \n" * 20_000 + "at noon",
        "The bridge fell" + " " * 40_000 + "at noon",
        "The bridge fell, " * 2_000,
        "“The bridge fell " * 2_000,
        "'The bridge fell " * 2_000,
        "x" * 40_000,
    ],
    ids=["blank lines", "spaces", "commas", "open marks", "apostrophes", "one word"],
)
def test_odd_pages_are_read_in_linear_time(text: str) -> None:
    began = time.process_time()
    documents = _documents(text)
    _assert_traced(documents, extract_claims(documents, SOURCES, attribution="rules"))
    assert time.process_time() - began < 5


def test_five_megabytes_in_one_document() -> None:
    raw = _long_text(5_000_000)
    text, segments = clean(raw)
    assert copy_groups({"000": text}) == ["000"]
    documents = _documents(text)
    claims = extract_claims(documents, SOURCES, attribution="rules")
    assert len(segments) == 1
    _assert_traced(documents, claims)
    blocks = raw.count("On ")
    counts = claims["source_id"].value_counts()
    assert counts["orlov"] == blocks
    assert counts["koval"] == 2 * blocks
