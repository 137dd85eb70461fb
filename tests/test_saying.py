from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrative.attribution import Attributor
from narrative.claims import extract_claims
from narrative.dating import AFTER, publication_range
from narrative.lexicon import load_cues
from narrative.saying import KEPT_PARAGRAPHS, OTHER_YEAR, Dater
from narrative.schema import TABLES, check_table
from narrative.speakers import SpeakerIndex, check_sources
from narrative.storage import sha256_text

PUBLISHED = "2025-12-18"  # a Thursday
UNDATED = "2025-12"
SOURCES = check_sources(
    pd.DataFrame(
        [
            ("lantern", "The Lantern", "outlet", "western", "Lantern"),
            ("office", "Harbour Office", "organisation", "russian", "the office"),
            ("koval", "Anna Koval", "person", "ukrainian", "Koval|Коваль"),
            ("orlov", "Pavel Orlov", "person", "russian", "Orlov"),
        ],
        columns=["source_id", "name", "kind", "camp", "aliases"],
    )
)


def _claims(text: str, published: str = PUBLISHED, lang: str = "en") -> pd.DataFrame:
    row = {
        "doc_id": "000",
        "outlet": "The Lantern",
        "author": "",
        "published_at": published,
        "published_precision": "day",
        "lang": lang,
        "title": "",
        "url": "",
        "text": text,
        "text_sha256": sha256_text(text),
        "copy_group": "000",
    }
    documents = check_table(pd.DataFrame([row], columns=list(TABLES["documents"])), "documents")
    return extract_claims(documents, SOURCES, attribution="rules").sort_values(
        "start", ignore_index=True
    )


def _reported(text: str, column: str, **fields: Any) -> list[str]:
    """Return a column of the reported claims of a text, in its order."""
    claims = _claims(text, **fields)
    return [str(v) for v in claims.loc[claims["voice"] != "author", column]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # inside the frame, wherever the frame stands
        ("Koval said on Friday that the bridge fell.", ["2025-12-12"]),
        ("Koval told reporters on Monday that the bridge had fallen.", ["2025-12-15"]),
        ("The bridge has fallen, Koval said on Friday.", ["2025-12-12"]),
        ("Koval said as early as 9 December that the bridge fell.", ["2025-12-09"]),
        (
            "According to a report by Koval published on 9 December, the bridge fell.",
            ["2025-12-09"],
        ),
        # an adjunct before it
        ("On Friday, Koval said the bridge fell.", ["2025-12-12"]),
        ("Late on Friday night, Koval said the bridge fell.", ["2025-12-12"]),
        ("Speaking on Friday, Koval said the bridge was lost.", ["2025-12-12"]),
        ("In a statement on 12 December, Koval said the bridge fell.", ["2025-12-12"]),
        ("On Friday, in an interview, Koval said the bridge was lost.", ["2025-12-12"]),
        ("In November Koval said the bridge fell.", ["2025-11"]),
        ("In 2022, Koval said the bridge fell.", ["2022"]),
        (
            "In a statement on 9 December Anna Koval noted:\n\n“The bridge has fallen.”",
            ["2025-12-09"],
        ),
        # right after the verb, unless "that" or a comma gives it to the content
        ("Koval said on Friday the bridge fell.", ["2025-12-12"]),
        ("Koval said late on Friday Russian forces took the town.", ["2025-12-12"]),
        ("Koval said that on Friday the bridge fell.", [UNDATED]),
        ("Koval said on Friday, the bridge fell.", [UNDATED]),
        ("Koval said by Friday the bridge would fall.", [UNDATED]),
        ("Koval said: “On Friday we lost the bridge over the river.”", [UNDATED]),
        # in the tail, after the name of an utterance
        ("Koval said the bridge had fallen, in a statement on Friday.", ["2025-12-12"]),
        ("Koval said the bridge had fallen during a report on Friday.", [UNDATED]),
        # what stands first modifies the content, if the frame stands last
        ("On Friday Russian forces took the town, Koval said.", [UNDATED]),
        ("On Friday, Russian forces took the town, Koval said.", [UNDATED]),
        ("On 9 December the bridge fell, Koval said, adding that the mill burned.", [UNDATED] * 2),
        ("As of Friday, Koval said, the bridge is lost to us.", [UNDATED]),
        # the dates of other events
        ("After the fall of the town on Friday, Koval said the bridge was lost.", [UNDATED]),
        ("Koval, who was appointed on 9 December, said the bridge fell.", [UNDATED]),
        ("The town fell on 9 December; Koval said the bridge was empty.", [UNDATED]),
        ("The town fell on 9 December, and Koval said the bridge was empty.", [UNDATED]),
        ("Since Friday, Koval has said that the bridge fell.", [UNDATED]),
        ("Koval said the bridge fell on 9 December.", [UNDATED]),
        # two frames, two dates
        (
            "On 9 December, Koval said the bridge fell, "
            "and on 11 December Orlov denied that the mill burned.",
            ["2025-12-09", "2025-12-11"],
        ),
        # the sentence before goes on to name the source
        ("On 9 December Koval visited the river. She said the bridge is lost.", ["2025-12-09"]),
        ("Koval was appointed on 9 December. She said the bridge is lost.", [UNDATED]),
        ("On 9 December Koval visited the river.\n\n\nShe said the bridge is lost.", [UNDATED]),
        ("From 9 December to the end of November Koval slept. She said it was lost.", [UNDATED]),
        # nothing
        ("Koval said the bridge fell.", [UNDATED]),
        ("A day later, Koval said that the bridge fell.", [UNDATED]),
    ],
)
def test_the_date_of_a_statement(text: str, said: list[str]) -> None:
    assert _reported(text, "said_at") == said


def test_two_days_later_is_the_date_of_a_statement() -> None:
    text = (
        "On 9 December, Koval said the bridge fell. Two days later, Orlov said that it stood firm."
    )
    assert _reported(text, "said_at") == ["2025-12-09", "2025-12-11"]


@pytest.mark.xfail(
    strict=True, reason="attribution sees no frame in a name, a verb and a bare weekday at the end"
)
def test_a_bare_weekday_at_the_end() -> None:
    assert _reported("The bridge has fallen, Koval said Friday.", "said_at") == ["2025-12-12"]


# -- how long a date lasts


def _apart(paragraphs: int, between: str = "The mill stood by the river.") -> str:
    middle = "\n\n".join([between] * paragraphs)
    return f"On 9 December, Koval said the bridge fell.\n\n{middle}\n\nKoval said the mill burned."


def test_a_date_lasts_for_some_paragraphs() -> None:
    other = "On 11 December, Orlov said that the road was lost."
    near = _apart(KEPT_PARAGRAPHS - 1, other)
    assert _reported(near, "said_at")[-1] == "2025-12-09"
    far = _apart(KEPT_PARAGRAPHS + 1, other)
    assert _reported(far, "said_at")[-1] == UNDATED


def test_a_date_lasts_where_no_other_statement_is_dated() -> None:
    assert _reported(_apart(3 * KEPT_PARAGRAPHS), "said_at")[-1] == "2025-12-09"


def test_a_year_lasts_to_the_end_of_its_paragraph() -> None:
    text = "In 2022, Koval said the bridge fell. Koval said the mill burned."
    assert _reported(text, "said_at") == ["2022", "2022"]
    text = "In 2022, Koval said the bridge fell.\n\nKoval said the mill burned."
    assert _reported(text, "said_at") == ["2022", UNDATED]


# -- what is not believed


@pytest.mark.parametrize(
    ("text", "said", "flags"),
    [
        ("On 12 December 2026, Koval said the bridge fell.", [UNDATED], [AFTER]),
        ("Koval will say next Monday that the bridge fell.", [UNDATED], [AFTER]),
        ("In December, Koval said the bridge fell.", [UNDATED], [""]),
        # what is counted from it is not believed either
        (
            "On 12 December 2026, Koval said the bridge fell. "
            "A day later, Orlov said that it stood firm.",
            [UNDATED, UNDATED],
            [AFTER, AFTER],
        ),
        # a source whose date is a slip keeps the one before it
        (
            "On 9 December, Koval said the bridge fell. "
            "On 12 December 2026, Koval said the mill burned.",
            ["2025-12-09", "2025-12-09"],
            ["", AFTER],
        ),
        # the same day of the year before
        (
            "On 12 December 2024, Koval said the bridge fell. It fell on 12 December 2025.",
            [UNDATED],
            [OTHER_YEAR],
        ),
        ("On 12 December 2024, Koval said the bridge fell.", ["2024-12-12"], [""]),
        (
            "On 12 December 2022, Koval said the bridge fell. It fell on 12 December 2025.",
            ["2022-12-12"],
            [""],
        ),
        (
            "Last year, on 12 December 2024, Koval said the bridge fell. "
            "It fell on 12 December 2025.",
            ["2024-12-12"],
            [""],
        ),
    ],
)
def test_a_slip_is_flagged(text: str, said: list[str], flags: list[str]) -> None:
    assert _reported(text, "said_at") == said
    assert _reported(text, "date_flag") == flags


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("The bridge fell in March 2026.", AFTER),
        ("Men stand by the river in March 2026.", AFTER),
        ("The bridge will fall in March 2026.", ""),
        ("The bridge may fall in March 2026.", ""),
        ("They want to mend the bridge by spring 2026.", ""),
    ],
)
def test_a_plan_may_lie_after_publication(text: str, flag: str) -> None:
    assert _claims(text)["date_flag"].tolist() == [flag]


# -- about


@pytest.mark.parametrize(
    ("text", "about"),
    [
        # its dates
        ("The bridge fell on 9 December.", "2025-12-09 2025-12-09"),
        ("From 2 November to 9 December the bridge stood.", "2025-11-02 2025-12-09"),
        ("The bridge burned on 12-14 December.", "2025-12-12 2025-12-14"),
        ("The bridge will fall by spring 2026.", "2026-03-01 2026-05-31"),
        ("The bridge has stood since 2014.", "2014-01-01 2025-12-18"),
        ("The bridge has stood since 9 December.", "2025-12-09 2025-12-18"),
        ("The bridge burned for the past two weeks.", "2025-12-04 2025-12-18"),
        # the present is when it was said
        ("The bridge is lost.", "2025-12-18 2025-12-18"),
        ("Russian forces continue to shell the town.", "2025-12-18 2025-12-18"),
        ("The town has no bridge left.", "2025-12-18 2025-12-18"),
        ("The bridge may already be lost.", "2025-12-18 2025-12-18"),
        # the past, the perfect and the future without a date are about no known time
        ("The bridge fell at noon.", " "),
        ("The bridge was still standing.", " "),
        ("The soldiers have taken the bridge.", " "),
        ("The bridge will fall soon enough.", " "),
        ("The bridge is going to fall.", " "),
        ("They held the bridge by blocking roads.", " "),
    ],
)
def test_the_author_is_about(text: str, about: str) -> None:
    claims = _claims(text)
    assert (claims["about_start"] + " " + claims["about_end"]).tolist() == [about]


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("On Friday, Koval said that the bridge is lost.", "2025-12-12 2025-12-12"),
        ("Koval said that the bridge is lost.", "2025-12-01 2025-12-31"),
        ("On Friday, Koval said the bridge fell.", " "),
        # the present as English reports it
        ("On Friday, Koval said that the bridge was still standing.", "2025-12-12 2025-12-12"),
        ("On Friday, Koval said that 700 men remained in the town.", "2025-12-12 2025-12-12"),
        # the date of the statement is not what it is about
        ("Koval said on Friday the bridge fell on 9 December.", "2025-12-09 2025-12-09"),
        ("Koval said the bridge fell, in a statement on Friday.", " "),
        ("On Friday, Koval said the bridge has stood since 2014.", "2014-01-01 2025-12-12"),
    ],
)
def test_a_source_is_about(text: str, about: str) -> None:
    start, end = _reported(text, "about_start"), _reported(text, "about_end")
    assert [f"{a} {b}" for a, b in zip(start, end, strict=True)] == [about]


@pytest.mark.parametrize(
    ("text", "lang", "about"),
    [
        ("Старий міст упав 9 грудня 2025 року.", "uk", "2025-12-09 2025-12-09"),
        ("Ворог досі контролює міст.", "uk", "2025-12-18 2025-12-18"),
        ("Міст стоїть тут з 2014 року.", "uk", "2014-01-01 2025-12-18"),
        ("Міст упав від вибуху.", "uk", " "),
        ("Старый мост упал 9 декабря 2025 года.", "ru", "2025-12-09 2025-12-09"),
        ("Противник сейчас контролирует мост.", "ru", "2025-12-18 2025-12-18"),
        ("Мост упал от взрыва.", "ru", " "),
    ],
)
def test_about_in_other_languages(text: str, lang: str, about: str) -> None:
    claims = _claims(text, lang=lang)
    assert (claims["about_start"] + " " + claims["about_end"]).tolist() == [about]


# -- any text

PIECES = (
    "Koval said on Friday that the bridge fell",
    "On 9 December, ",
    "On 12 December 2026, ",
    ", said Orlov",
    ", in a statement on Friday",
    "She said the mill is lost",
    "Two days later, ",
    "since 2014",
    "“We hold the bridge and we stay”",
    "“",
    ". ",
    "; ",
    "\n\n",
)
any_text = st.lists(
    st.one_of(
        st.sampled_from(PIECES), st.text(st.characters(exclude_categories=["Cs"]), max_size=15)
    ),
    max_size=15,
).map("".join)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(any_text, st.sampled_from([PUBLISHED, "2025-12", "2025"]), st.sampled_from(["en", "uk"]))
def test_nothing_was_said_after_publication(text: str, published: str, lang: str) -> None:
    attributor = Attributor(text, SpeakerIndex(SOURCES), load_cues(lang), lang)
    attributions = sorted(attributor.run(), key=lambda a: (a.start, a.end))
    dater = Dater(attributor, attributions, published, lang)
    for a in attributions:
        at, precision, _ = dater.said(a, "koval")
        assert publication_range(at)[0] <= publication_range(published)[1]
        assert {4: "year", 7: ("month", "season"), 10: "day"}[len(at)].count(precision) == 1
        first, last = dater.about(a.start, a.end, a.voice, at)
        assert first <= last
        assert bool(first) == bool(last)
