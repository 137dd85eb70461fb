from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from narrative.ledger import Gazetteer, control_claims, shipped_places, spelling_key
from narrative.ledger.gazetteer import region_named
from narrative.schema import TABLES, check_table

MakeTable = Callable[..., pd.DataFrame]

PLACES = check_table(
    pd.DataFrame(
        [
            ("pavlivka_north", "Pavlivka", "", "Kharkiv"),
            ("pavlivka_south", "Pavlivka", "", "Donetsk"),
            ("danylivka", "Danylivka", "", "Dnipropetrovsk"),
            ("pokrovsk", "Pokrovsk", "Krasnoarmeysk| Krasnoarmeisk ", "Donetsk"),
            ("unplaced", "Farhamlet", "", ""),
        ],
        columns=["place_id", "name", "aliases", "region"],
    ),
    "places",
)


@pytest.mark.parametrize(
    ("name", "region", "expected"),
    [
        ("Pokrovsk", None, "pokrovsk"),
        ("KRASNOARMEISK", None, "pokrovsk"),
        ("Danilovka", None, "danylivka"),  # by its spelling
        ("danilovka", "Dnipropetrovsk", "danylivka"),
        ("Danilovka", "Kharkiv", None),  # another one
        ("Pavlivka", None, None),  # which?
        ("Pavlovka", "Donetsk", "pavlivka_south"),
        ("Pavlivka", "Sumy", None),
        ("Farhamlet", "Sumy", "unplaced"),
        ("Nowhere", None, None),
        ("", None, None),
    ],
)
def test_a_name_is_one_place_or_none(name: str, region: str | None, expected: str | None) -> None:
    assert Gazetteer(PLACES).resolve(name, region) == expected


def test_names_are_found_whole_and_the_longer_first() -> None:
    text = "From Danylivka to KRASNOARMEYSK, not to Danylivkas or New-Danylivka."
    found = [text[a:b] for a, b in Gazetteer(PLACES).mentions(text)]
    assert found == ["Danylivka", "KRASNOARMEYSK"]
    assert list(Gazetteer(PLACES.iloc[:0]).mentions(text)) == []
    # Letters that grow when they are made small must not shift what is found.
    turkish = "İİİ in Danylivka"
    ((start, end),) = Gazetteer(PLACES).mentions(turkish)
    assert turkish[start:end] == "Danylivka"


@pytest.mark.parametrize(
    ("ukrainian", "russian"),
    [
        ("Danylivka", "Danilovka"),
        ("Verbove", "Verbovoye"),
        ("Kurakhove", "Kurakhovo"),
        ("Hrodivka", "Grodovka"),
        ("Zelenyi Hai", "Zeleny Gai"),
        ("Shcherbynivka", "Shcherbinovka"),
    ],
)
def test_both_usages_have_one_key(ukrainian: str, russian: str) -> None:
    assert spelling_key(ukrainian) == spelling_key(russian)


def test_other_names_have_other_keys() -> None:
    keys = {spelling_key(n) for n in ("Pokrovsk", "Petrivka", "Pavlivka", "Panivka", "Torske")}
    assert len(keys) == 5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Verbovoye in Dnepropetrovsk region", "Dnipropetrovsk"),
        ("(donetsk people's republic), sumy region", "Donetsk"),
        ("by the river", None),
    ],
)
def test_the_first_region_named(text: str, expected: str | None) -> None:
    assert region_named(text) == expected


def test_the_shipped_gazetteer_has_both_usages() -> None:
    places = shipped_places()
    gazetteer = Gazetteer(places)
    for name, place in (
        ("Krasnoarmeysk", "pokrovsk"), ("Dimitrov", "myrnohrad"), ("Gulyaipole", "huliaipole"),
        ("Seversk", "siversk"), ("Kup'yansk", "kupiansk"), ("Купянск", "kupiansk"),
        ("Otradnoye", None), ("Rusin Yar", "rusyn_yar"), ("Sverdlikovo", "sverdlikovo"),
    ):  # fmt: skip
        assert gazetteer.resolve(name) == place
    inside = places.dropna(subset=["lat", "lon"])
    assert inside["lat"].between(44, 53).all()
    assert inside["lon"].between(22, 41).all()


def homonyms(*rows: tuple[str, str, float, bool]) -> Gazetteer:
    columns = ["place_id", "region", "population", "front"]
    return Gazetteer(pd.DataFrame(rows, columns=columns).assign(name="Novivka", aliases=""))


def test_a_region_tells_places_of_one_name_apart() -> None:
    gazetteer = homonyms(("n1", "Sumy", 500.0, True), ("n2", "Donetsk", 500.0, True))
    assert gazetteer.resolve("Novovka") is None
    assert gazetteer.resolve("Novovka", "Donetsk") == "n2"
    assert gazetteer.resolve("Novovka", "Kharkiv") is None


def test_the_much_larger_place_is_meant_and_else_the_only_one_at_the_front() -> None:
    much = homonyms(("town", "Sumy", 5000.0, False), ("hamlet", "Sumy", 500.0, True))
    assert much.resolve("Novivka") == "town"
    little = homonyms(("town", "Sumy", 4999.0, False), ("hamlet", "Sumy", 500.0, True))
    assert little.resolve("Novivka") == "hamlet"
    unknown = homonyms(("a", "Sumy", float("nan"), False), ("b", "Sumy", float("nan"), False))
    assert unknown.resolve("Novivka") is None


def test_names_are_found_in_other_spellings_and_not_where_they_are_words() -> None:
    gazetteer = Gazetteer(shipped_places())
    text = "in january troops took kotlyarovka, Red Liman and Kupyansk-Uzlovoy, not Lyman-on-Sea"
    found = [text[a:b] for a, b in gazetteer.mentions(text)]
    assert found == ["kotlyarovka", "Red Liman", "Kupyansk-Uzlovoy"]


# Claims in their documents

TEXT = (
    "Kupiansk has been liberated. It rains in Lyman. Red Liman is calm. "
    "Our troops control 90% of the town. The enemy will retreat."
)


@pytest.fixture
def control(
    make_documents: MakeTable, make_claims: MakeTable, sources: pd.DataFrame, places: pd.DataFrame
) -> pd.DataFrame:
    rows, start = [], 0
    for sentence in TEXT.split(". "):
        rows.append(
            {"text": TEXT[start : start + len(sentence)], "start": start,
             "end": start + len(sentence), "source_id": "ministry"}
        )  # fmt: skip
        start += len(sentence) + 2
    return control_claims(make_claims(*rows), make_documents(TEXT), sources, places)


def test_a_place_is_named_in_the_claim_or_last_before_it(control: pd.DataFrame) -> None:
    shared = {"claimant": "ministry", "camp": "russian", "claimed_status": "russian",
              "certainty": "said", "said_at": "2025-12-12"}  # fmt: skip
    assert control.to_dict("records") == [
        {"claim_id": "c000", "place_id": "kupiansk", "extent": "full", "share": "",
         "by_context": False} | shared,
        {"claim_id": "c003", "place_id": "lyman", "extent": "part", "share": "90%",
         "by_context": True} | shared,
    ]  # fmt: skip


def read(
    text: str, make_documents: MakeTable, make_claims: MakeTable, sources: pd.DataFrame,
    places: pd.DataFrame, **claim: object,
) -> pd.DataFrame:  # fmt: skip
    row = {"text": text, "end": len(text), "source_id": "ministry"} | claim
    return control_claims(make_claims(row), make_documents(text), sources, places)


def test_a_claim_before_any_place_is_about_none(
    make_documents: MakeTable, make_claims: MakeTable, sources: pd.DataFrame, places: pd.DataFrame
) -> None:
    text = "The town has been liberated. Kupiansk is next."
    claims = make_claims({"text": text[:27], "end": 27, "source_id": "ministry"})
    assert control_claims(claims, make_documents(text), sources, places).empty


def test_places_that_are_not_in_the_table_are_counted(
    make_documents: MakeTable, make_claims: MakeTable, sources: pd.DataFrame, places: pd.DataFrame
) -> None:
    got = read("Russia liberates Tikhoye and Lyman", make_documents, make_claims, sources, places)
    assert got["place_id"].tolist() == ["lyman"]
    assert got.attrs["unresolved"] == 1


@pytest.mark.parametrize(("about", "kept"), [("2022-02", 0), ("2025-11", 1), ("", 1)])
def test_what_was_so_years_ago_is_not_claimed_to_stand(
    about: str, kept: int, make_documents: MakeTable, make_claims: MakeTable,
    sources: pd.DataFrame, places: pd.DataFrame,
) -> None:  # fmt: skip
    tables = (make_documents, make_claims, sources, places)
    got = read("Russian forces captured Lyman.", *tables, about_end=about)
    assert len(got) == kept


def test_no_claims_and_no_places_give_an_empty_table(
    make_documents: MakeTable, make_claims: MakeTable, sources: pd.DataFrame, places: pd.DataFrame
) -> None:
    claims = make_claims({"text": "Kupiansk has been liberated", "end": 27, "source_id": "staff"})
    documents = make_documents("Kupiansk has been liberated")
    for some_claims, some_places in ((claims.iloc[:0], places), (claims, places.iloc[:0])):
        got = control_claims(some_claims, documents, sources, some_places)
        assert got.empty
        assert list(got.columns) == list(TABLES["control"])
