from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from narrative.errors import InputError
from narrative.schema import KEYS, TABLES, check_table, empty_table


def _stances(**columns: object) -> pd.DataFrame:
    plain = {
        "claim_id": ["b", "a"],
        "framing_id": ["f", "f"],
        "p_against": [0.1, 0.2],
        "p_none": [0.2, 0.3],
        "p_favor": [0.7, 0.5],
        "stance": [1, 0],
        "score": [0.6, 0.3],
    }
    return pd.DataFrame(plain | columns)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_an_empty_table_passes_its_own_check(name: str) -> None:
    table = check_table(empty_table(name), name)
    assert list(table.columns) == list(TABLES[name])
    assert {c: str(t) for c, t in table.dtypes.items()} == TABLES[name]
    assert len(table) == 0


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_table_has_a_key_of_its_own_columns(name: str) -> None:
    assert KEYS[name]
    assert set(KEYS[name]) <= set(TABLES[name])


def test_rows_are_sorted_by_key_and_further_columns_dropped() -> None:
    table = check_table(_stances(extra=["x", "y"]), "stances")
    assert table["claim_id"].tolist() == ["a", "b"]
    assert table.index.tolist() == [0, 1]
    assert "extra" not in table


def test_the_given_table_is_left_as_it_is() -> None:
    given = _stances()
    before = given.copy()
    check_table(given, "stances")
    pd.testing.assert_frame_equal(given, before)


def test_row_order_does_not_matter() -> None:
    given = _stances()
    pd.testing.assert_frame_equal(
        check_table(given, "stances"), check_table(given.iloc[::-1], "stances")
    )


def test_missing_text_becomes_empty_and_missing_number_stays_missing() -> None:
    table = check_table(_stances(p_none=[None, 0.3], framing_id=["f", None]), "stances")
    assert table["framing_id"].tolist() == ["", "f"]
    assert np.isnan(table["p_none"].tolist()[1])


def test_missing_columns_are_named_with_what_was_got() -> None:
    with pytest.raises(
        InputError,
        match=r"table 'stances' lacks column\(s\) p_none, score; got claim_id.*expected claim_id",
    ):
        check_table(_stances().drop(columns=["p_none", "score"]), "stances")
    with pytest.raises(InputError, match=r"got no columns; expected"):
        check_table(pd.DataFrame(), "places")


def test_columns_that_may_be_missing_are_filled() -> None:
    got = check_table(pd.DataFrame({"place_id": ["p"], "name": "P", "aliases": ""}), "places")
    assert got["region"].tolist() == [""]
    assert np.isnan(got["lat"].tolist()[0])
    blank = pd.DataFrame({"place_id": ["p"], "name": "P", "aliases": "", "lat": "", "lon": "30.5"})
    assert np.isnan(check_table(blank, "places")["lat"].tolist()[0])
    assert check_table(blank, "places")["lon"].tolist() == [30.5]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"stance": [1, None]}, "table 'stances', column 'stance': .*; expected int64"),
        ({"stance": [0.5, 1]}, "column 'stance': got a fraction; expected int64"),
        ({"score": ["high", 0.3]}, "table 'stances', column 'score': .*high.*; expected float64"),
        ({"claim_id": ["a", "a"]}, "claim_id='a', framing_id='f' stands more than once"),
        ({"stance": [1, 2]}, r"table 'stances', row 1: stance=.*2.*; expected one of -1, 0, 1"),
    ],
)
def test_what_does_not_fit_is_named(columns: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_table(_stances(**columns), "stances")


def test_a_label_outside_its_set_is_refused_in_every_table_with_labels() -> None:
    row = {"source_id": "s", "name": "S", "kind": "robot", "camp": "unknown", "aliases": ""}
    with pytest.raises(InputError, match=re.escape("kind='robot'; expected one of person")):
        check_table(pd.DataFrame([row]), "sources")


def test_a_file_is_named_with_its_row_as_a_spreadsheet_shows_it() -> None:
    rows = pd.DataFrame({"place_id": ["z", "a"], "name": "N", "aliases": "", "lat": ["1.5", "far"]})
    with pytest.raises(InputError) as caught:
        check_table(rows, "places", where="towns.csv")
    assert str(caught.value) == (
        "towns.csv, row 3, column 'lat': got 'far'; expected float64 (a number). Correct the cell."
    )
    again = rows.assign(place_id="z", lat="").set_axis([7, 3])
    with pytest.raises(InputError, match=r"towns\.csv, row 3: place_id='z' stands more than once"):
        check_table(again, "places", where="towns.csv")
