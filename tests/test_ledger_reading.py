from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrative.ledger import read_control
from narrative.schema import CONTROL_CERTAINTIES, EXTENTS, STATUSES


def city(text: str) -> list[tuple[int, int]]:
    return [m.span() for m in re.finditer(r"[Tt]he city|Lyman|Siversk", text)]


def status(text: str, side: str | None) -> str | None:
    readings = read_control(text, side, city)
    return readings[0].status if readings else None


@pytest.mark.parametrize(
    ("text", "side", "expected"),
    [
        ("Russian forces captured the city.", None, "russian"),
        ("The city was captured by Russian forces", None, "russian"),
        ("The city is under Ukrainian control", None, "ukrainian"),
        ("The city is under the full control of the Russian army.", None, "russian"),
        ("The city is in the hands of nobody", None, None),
        ("Ukrainian forces recaptured the city from Russian forces.", None, "ukrainian"),
        ("Ukrainian forces hold the city.", None, "ukrainian"),
        ("Russia controls 80% of the city.", None, "russian"),
        ("Putin said that his troops were in full control of the city.", None, "russian"),
        ("Russian troops took the city under control.", None, "russian"),
        ("The city has been liberated", "russian", "russian"),
        ("The city has been liberated", "ukrainian", "ukrainian"),
        ("The city has been liberated", None, None),
        ("Zelensky announced the liberation of the city", None, "ukrainian"),
        ("The city has fallen", "russian", "russian"),
        ("The city has fallen", "ukrainian", None),
        ("Kiev admits the loss of the city", "russian", "russian"),
        ("The city is in our hands", "ukrainian", "ukrainian"),
        ("Ukrainian forces lost the city.", None, "russian"),
        ("Russian forces withdrew from the city.", None, "ukrainian"),
        ("The enemy was driven out of the city.", "ukrainian", "ukrainian"),
        ("The Ukrainian flag was raised over the city.", None, "ukrainian"),
        ("Our troops hoisted the flag over the city.", "russian", "russian"),
        ("Fighting continues in the city.", None, "contested"),
        ("Moscow and Kyiv both claim to control the city.", None, "contested"),
        ("Ukraine holds both banks in the city, and control of the city.", None, "ukrainian"),
        ("Russian troops are completing the liberation of the city.", None, "contested"),
        ("Russian forces have encircled Ukrainian forces in the city.", None,
         "encircled_by_russia"),
        ("Ukrainian forces encircled Russian forces in the city.", None, "encircled_by_ukraine"),
        ("Russian forces are surrounded in the city.", None, "encircled_by_ukraine"),
        ("Ukrainian forces were cut off in the city by Russian forces.", None,
         "encircled_by_russia"),
        ("The enemy is encircled in the city.", "russian", "encircled_by_russia"),
    ],
)  # fmt: skip
def test_who_holds_what(text: str, side: str | None, expected: str | None) -> None:
    assert status(text, side) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Russian forces will take the city.",
        "Russian forces want to take the city.",
        "Russian forces could have captured the city.",
        "Russian forces have not captured the city.",
        "Russian forces haven't captured the city.",
        "Russian forces failed to take the city.",
        "If Russian forces captured the city, the road would be open.",
        "The city will soon be liberated.",
        "The plan for the liberation of the city is ready.",
        "Nobody controls the city.",
        "Russian forces are taking part in the battle near the city.",
        "Ukrainian forces took heavy losses in the city.",
        "Soviet troops liberated the city in 1943.",
        "Prices rose by a tenth in the city.",
        "",
    ],
)
def test_what_is_planned_feared_denied_or_of_another_war_is_no_claim(text: str) -> None:
    assert status(text, "russian") is None


@pytest.mark.parametrize(
    ("text", "extent", "share"),
    [
        ("Russia took Lyman.", "full", ""),
        ("Russia controls 80% of Lyman.", "part", "80%"),
        ("Russia took two-thirds of Lyman.", "part", "two-thirds"),
        ("Russian troops captured the northern outskirts of Lyman.", "part", ""),
        ("Russian troops liberated a bakery plant in Lyman.", "part", ""),
        ("Lyman was largely taken by Russian troops.", "part", ""),
        ("90 percent of Lyman is under Russian control.", "part", "90 percent"),
        ("Most of Lyman was liberated by Ukrainian troops.", "part", "Most"),
        ("Fighting continues in Lyman.", "", ""),
    ],
)
def test_how_much_of_it(text: str, extent: str, share: str) -> None:
    (reading,) = read_control(text, None, city)
    assert (reading.extent, reading.share) == (extent, share)


@pytest.mark.parametrize(
    ("text", "certainty"),
    [
        ("Russia took Lyman.", "said"),
        ("Russia has nearly taken Lyman.", "hedged"),
        ("Kyiv denies that Russia took Lyman.", "denied"),
        ("The claim that Russia took Lyman is false.", "denied"),
    ],
)
def test_how_sure(text: str, certainty: str) -> None:
    (reading,) = read_control(text, None, city)
    assert reading.certainty == certainty


def names(text: str, side: str | None = "russian") -> list[str]:
    return [text[r.start : r.end] for r in read_control(text, side)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Russia liberates Tikhoye, Otradnoye in Dnepropetrovsk region, Petrovskoye in DPR",
         ["Tikhoye", "Otradnoye", "Petrovskoye"]),
        ("the vostok group liberated sosnovka (donetsk people's republic) and novoye pole",
         ["sosnovka", "novoye pole"]),
        ("Our army liberated the village of Malaya Tokmachka", ["Malaya Tokmachka"]),
        ("Troops liberated 3 settlements including Novoye", ["Novoye"]),
        ("Petrovka and Ivanovka liberated by Russian troops", ["Petrovka", "Ivanovka"]),
        ("After liberation of Sosnovka, the road is cut", ["Sosnovka"]),
        ("Captured Polish mercenaries speak", []),
        ("Russian troops liberate 11 communities over the week", []),
        ("Russian skaters took gold", []),
        ("servicemen captured afu hardware", []),
    ],
)  # fmt: skip
def test_names_that_are_not_known_are_read_where_they_stand(text: str, expected: list[str]) -> None:
    assert names(text) == expected


def test_of_several_readings_of_a_place_the_first_rule_stands() -> None:
    (reading,) = read_control("Russia took Lyman after fighting in Lyman.", None, city)[:1]
    assert reading.status == "russian"
    both = read_control("Russia took Lyman, and fighting continues in Siversk.", None, city)
    assert [r.status for r in both] == ["russian", "contested"]


WORDS = (
    "Russia", "Ukrainian troops", "took", "liberated", "liberation of", "Lyman", "Siversk",
    "(", ")", "half of", "will", "the", "village of", "under", "control", "in", "encircled",
    "flag", "hoisted", "over", "and", ",", ".", "—", "’", "🎖", "İ", "90%", "not", "was",
    "both", "withdrew from", "direction",
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(WORDS), max_size=14), st.sampled_from(["russian", "ukrainian", None])
)
def test_whatever_stands_there_readings_lie_in_the_text(words: list[str], side: str | None) -> None:
    text = " ".join(words)
    for unnamed in (False, True):
        readings = read_control(text, side, city, unnamed=unnamed)
        assert [r.start for r in readings] == sorted({r.start for r in readings})
        for reading in readings:
            assert 0 <= reading.start < reading.end <= len(text)
            assert reading.status in STATUSES
            assert reading.extent in EXTENTS
            assert (reading.extent == "") == (reading.status not in ("russian", "ukrainian"))
            assert reading.certainty in CONTROL_CERTAINTIES
