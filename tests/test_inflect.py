from __future__ import annotations

import pandas as pd
import pytest

from narrative.inflect import case_forms, inflected
from narrative.speakers import SpeakerIndex, check_sources

# Paradigms as grammars give them: nominative, then genitive to locative.
PARADIGMS = [
    # Ukrainian
    "Коваль Коваля Ковалю Ковалеві Ковалем Ковалі",
    "Петренко Петренка Петренку Петренкові Петренком",
    "Зеленко Зеленка Зеленкові",
    "Лісовий Лісового Лісовому Лісовим",
    "Сергій Сергія Сергію Сергієві Сергієм",
    "Андрій Андрія Андрієві Андрієм",
    "Федір Федора Федору Федорові Федором",
    "Київ Києва Києву Києвом Києві",
    "Ольга Ольги Ользі Ольгу Ольгою",
    "Марія Марії Марію Марією",
    "Кравець Кравця Кравцю Кравцеві Кравцем",
    "Шевчук Шевчука Шевчукові Шевчуком",
    "Генштаб Генштабу Генштабом Генштабі",
    "Лісовська Лісовської Лісовській Лісовську Лісовською",
    "Міністерство Міністерства Міністерству Міністерством Міністерстві",
    "Командування Командування Командуванню Командуванням Командуванні",
    # Russian
    "Орлов Орлова Орлову Орловым Орлове",
    "Лесной Лесного Лесному Лесным Лесном",
    "Зорский Зорского Зорскому Зорским Зорском",
    "Сергей Сергея Сергею Сергеем Сергее",
    "Дмитрий Дмитрия Дмитрию Дмитрием Дмитрии",
    "Павел Павла Павлу Павлом Павле",
    "Анна Анны Анне Анну Анной",
    "Мария Марии Марию Марией",
    "Орлова Орловой Орлову",
    "Зорская Зорской Зорскую",
    "Министерство Министерства Министерству Министерством Министерстве",
    "Управление Управления Управлению Управлением Управлении",
    "Кремль Кремля Кремлю Кремлём Кремле",
    "Москва Москвы Москве Москву Москвой",
    # several words
    "Анна_Коваль Анни_Коваль Анну_Коваль Анною_Коваль",
    "Павло_Петренко Павла_Петренка Павлові_Петренку",
    "Павел_Орлов Павла_Орлова Павлу_Орлову Павлом_Орловым",
    "Иван_Петрович_Орлов Ивана_Петровича_Орлова Иваном_Петровичем_Орловым",
    "Генеральний_штаб Генерального_штабу Генеральним_штабом",
    "Міністерство_оборони Міністерства_оборони Міністерством_оборони",
    "Министерство_обороны Министерства_обороны Министерстве_обороны",
    "Служба_безпеки_району Служби_безпеки_району Службою_безпеки_району",
    "Вечірня_трибуна Вечірню_трибуну",
]


@pytest.mark.parametrize("paradigm", PARADIGMS)
def test_paradigms(paradigm: str) -> None:
    name, *forms = (word.replace("_", " ") for word in paradigm.split())
    made = case_forms(name) | {name.casefold()}
    assert [f for f in forms if f.casefold() not in made] == []


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Коваль", "Коваленко"),
        ("Коваль", "Ковальчук"),
        ("Коваль", "Ковальов"),
        ("Орлов", "Орловский"),
        ("Орлов", "Орлёнок"),
        ("Петренко", "Петрова"),
        ("Генштаб", "Генштабний"),
        ("Міністерство оборони", "Міністерство оборону"),
        ("Анна Коваль", "Анну"),
    ],
)
def test_another_name_is_no_form(name: str, other: str) -> None:
    assert other.casefold() not in case_forms(name)


@pytest.mark.parametrize("name", ["Orlov", "Anna Koval", "", "ISW", "O'Hara", "القاهرة", "💥"])
def test_other_scripts_have_no_forms(name: str) -> None:
    assert case_forms(name) == frozenset()


def test_the_nominative_is_no_form_of_itself() -> None:
    assert "коваль" not in case_forms("Коваль")
    assert "бюро" not in inflected({"бюро": "b"})


def test_a_curly_apostrophe_is_a_plain_one() -> None:
    assert "лук'яна" in case_forms("Лук’ян")


def test_a_form_that_two_sources_share_is_nobodys() -> None:
    forms = inflected({"орлов": "he", "орлова": "she"})
    assert "орлова" not in forms  # her name; it wins over his genitive
    assert "орлову" not in forms  # his dative, her accusative
    assert forms["орловым"] == "he"
    assert forms["орловой"] == "she"


def test_the_forms_stay_few() -> None:
    for name in ("Коваль", "Анна Коваль", "Генеральний штаб Збройних сил", "Иван Петрович Орлов"):
        assert len(case_forms(name)) < 400, name


SOURCES = check_sources(
    pd.DataFrame(
        [
            ("koval", "Anna Koval", "person", "ukrainian", "Анна Коваль|Коваль"),
            ("orlov", "Pavel Orlov", "person", "russian", "Павел Орлов|Орлов|Павло Орлов"),
            ("mod", "Defence Ministry", "organisation", "russian", "Министерство обороны"),
            ("courier", "The Courier", "outlet", "ukrainian", "Кур’єр"),
        ],
        columns=["source_id", "name", "kind", "camp", "aliases"],
    )
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("За словами Анни Коваль, тихо.", [("Анни Коваль", "koval")]),
        ("Разом із Ковалем пішли всі.", [("Ковалем", "koval")]),
        ("Вместе с Орловым ушли все.", [("Орловым", "orlov")]),
        ("По словам Павла Орлова, тихо.", [("Павла Орлова", "orlov")]),
        ("Сообщили в Министерстве обороны.", [("Министерстве обороны", "mod")]),
        ("Про це йдеться у «Кур’єрі».", [("Кур’єрі", "courier")]),
        ("Коваленко пішов.", []),
        ("в министерстве обороны", []),
    ],
)
def test_the_index_finds_case_forms(text: str, found: list[tuple[str, str]]) -> None:
    index = SpeakerIndex(SOURCES)
    assert [(text[a:b], s.source_id) for a, b, s in index.find(text, 0, len(text))] == found
