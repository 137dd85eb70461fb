from __future__ import annotations

import pandas as pd
import pytest

from narrative.normalise import build_normaliser, default_normaliser
from narrative.schema import CAMPS


@pytest.mark.parametrize(
    ("camp", "expected"),
    [
        ("russian", "Ukrainian forces fled from Russian forces."),
        ("pro_russian", "Ukrainian forces fled from Russian forces."),
        ("ukrainian", "Russian forces fled from Ukrainian forces."),
        ("pro_ukrainian", "Russian forces fled from Ukrainian forces."),
        ("western", "The enemy fled from our troops."),
        ("independent", "The enemy fled from our troops."),
        ("unknown", "The enemy fled from our troops."),
        ("", "The enemy fled from our troops."),
    ],
)
def test_who_speaks_decides_who_the_enemy_is(camp: str, expected: str) -> None:
    assert default_normaliser()("The enemy fled from our troops.", camp) == expected


@pytest.mark.parametrize("camp", [*CAMPS, "unknown", ""])
@pytest.mark.parametrize(
    "text",
    [
        "Russian troops entered Kupiansk.",
        "Kyiv denies that the Armed Forces of Ukraine withdrew.",
        "Nothing changed overnight.",
    ],
)
def test_the_camp_changes_no_text_without_enemy_or_ours(text: str, camp: str) -> None:
    assert default_normaliser()(text, camp) == default_normaliser()(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Russian troops left.", "Russian forces left."),
        ("Moscow's troops left.", "Russian forces left."),
        ("The occupiers left.", "Russian forces left."),
        ("The Armed Forces of Ukraine left.", "Ukrainian forces left."),
        ("Zelenskyy spoke.", "a Ukrainian official spoke."),
        ("Putin spoke.", "a Russian official spoke."),
        ("the Kremlin spoke.", "Russia spoke."),
        ("They took Kupiansk.", "They took the city."),
        ("They took Pokrovsk and Sumy.", "They took the city and Sumy."),
        ("They entered the Kupiansk.", "They entered the city."),
        ("An official of the Putinka plant.", "An official of the Putinka plant."),
    ],
)
def test_names_become_roles(text: str, expected: str) -> None:
    assert default_normaliser()(text) == expected


def test_the_studys_places_and_persons_count(sources: pd.DataFrame, places: pd.DataFrame) -> None:
    person = {
        "source_id": "milova",
        "name": "Anna Milova",
        "kind": "person",
        "camp": "russian",
        "aliases": "Milova",
    }
    plain = default_normaliser()
    assert plain("Milova saw Lyman.") == "Milova saw Lyman."
    own = build_normaliser(pd.concat([sources, pd.DataFrame([person])]), places)
    assert own("Milova saw Lyman.") == "a Russian official saw the city."
    got = own("Anna Milova saw Red Liman (Liman).")
    assert got == "a Russian official saw the city (the city)."
    assert own("Milovan saw Lymany.") == "Milovan saw Lymany."


def test_organisations_and_sources_without_a_side_keep_their_names(sources: pd.DataFrame) -> None:
    text = "The General Staff answered the Gazette."
    assert build_normaliser(sources)(text) == text


def test_empty_names_match_nothing(sources: pd.DataFrame) -> None:
    blank = pd.DataFrame({"place_id": ["p"], "name": [""], "aliases": [" |"]})
    text = "Wait, (here). Go!"
    assert build_normaliser(sources, blank)(text) == text
    assert build_normaliser(sources.iloc[:0], blank.iloc[:0])(text) == text


def test_many_takes_one_camp_a_text() -> None:
    normalise = default_normaliser()
    assert normalise.many(["the enemy", "the enemy"], ["russian", "ukrainian"]) == [
        "Ukrainian forces",
        "Russian forces",
    ]
    with pytest.raises(ValueError, match="zip"):
        normalise.many(["a", "b"], ["russian"])
