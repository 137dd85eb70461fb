from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from narrative.ledger import build_ledger, claimed_status, control_claims
from narrative.schema import TABLES, check_table, empty_table


def _not_yet(text: str, side: str | None, status: str | None, why: str) -> Any:
    return pytest.param(
        text, side, status, marks=pytest.mark.xfail(reason=why, strict=True), id=text
    )


@pytest.mark.parametrize(
    ("text", "side", "status"),
    [
        ("Russian forces captured the city.", None, "russian"),
        ("the city was captured by Russian forces", None, "russian"),
        ("the city is under Ukrainian control", None, "ukrainian"),
        ("the city is in the hands of nobody", None, None),
        ("Ukrainian forces recaptured the city from Russian forces.", None, "ukrainian"),
        ("Ukrainian forces hold the city.", None, "ukrainian"),
        ("Russia controls 80% of the city.", None, "russian"),
        ("the city has been liberated", "russian", "russian"),
        ("the city has been liberated", "ukrainian", "ukrainian"),
        ("the city has been liberated", None, None),
        ("the city has fallen", "russian", "russian"),
        ("the city has fallen", "ukrainian", None),
        ("the city is in our hands", "ukrainian", "ukrainian"),
        ("Russian forces have encircled Ukrainian forces.", None, "encircled_by_russia"),
        ("Ukrainian forces encircled Russian forces.", None, "encircled_by_ukraine"),
        ("Russian forces are surrounded in the city.", None, "encircled_by_ukraine"),
        ("Ukrainian forces were cut off by Russian forces.", None, "encircled_by_russia"),
        ("Russian forces remain almost encircled.", None, "encircled_by_ukraine"),
        ("Russian forces will take the city.", None, None),
        ("Russian forces want to take the city.", None, None),
        ("Russian forces could have captured the city.", None, None),
        ("Russian forces have not captured the city.", None, None),
        ("Russian forces haven't captured the city.", None, None),
        ("Russian forces failed to take the city.", None, None),
        ("Nobody controls the city.", "russian", None),
        ("Prices rose by a tenth.", "russian", None),
        ("Ukrainian forces lost the city.", None, None),
        _not_yet(
            "Russian forces are taking part in the battle.", None, None, "'take' without an object"
        ),
        _not_yet("Ukrainian forces took heavy losses.", None, None, "'take' with another object"),
        _not_yet("Fighting continues in the city.", None, "contested", "nothing finds 'contested'"),
        _not_yet(
            "Ukrainian forces cut off these troops, encircling them.",
            None,
            "encircled_by_ukraine",
            "pronouns are not resolved",
        ),
        _not_yet(
            "Russian forces captured the city in February 2022.",
            None,
            None,
            "a past control that no longer stands is not told from one that does",
        ),
    ],
)
def test_what_a_claim_says_of_control(text: str, side: str | None, status: str | None) -> None:
    assert claimed_status(text, side) == status


# Claims in their documents

TEXT = (
    "Kupiansk has been liberated. It rains in Lyman. Red Liman is calm. "
    "Our troops control 90% of the town. The enemy will retreat."
)
MakeTable = Callable[..., pd.DataFrame]


@pytest.fixture
def control(
    make_documents: MakeTable, make_claims: MakeTable, sources: pd.DataFrame, places: pd.DataFrame
) -> pd.DataFrame:
    rows = []
    start = 0
    for sentence in TEXT.split(". "):
        rows.append(
            {
                "text": TEXT[start : start + len(sentence)],
                "start": start,
                "end": start + len(sentence),
                "source_id": "ministry",
            }
        )
        start += len(sentence) + 2
    claims = make_claims(*rows)
    return control_claims(claims, make_documents(TEXT), sources, places)


def test_a_place_is_named_in_the_claim_or_last_before_it(control: pd.DataFrame) -> None:
    assert control.to_dict("records") == [
        {
            "claim_id": "c000",
            "place_id": "kupiansk",
            "claimant": "ministry",
            "camp": "russian",
            "claimed_status": "russian",
            "share": "",
            "said_at": "2025-12-12",
            "by_context": False,
        },
        {
            "claim_id": "c003",
            "place_id": "lyman",
            "claimant": "ministry",
            "camp": "russian",
            "claimed_status": "russian",
            "share": "90%",
            "said_at": "2025-12-12",
            "by_context": True,
        },
    ]


def test_a_claim_before_any_place_is_about_none(
    make_documents: MakeTable, make_claims: MakeTable, sources: pd.DataFrame, places: pd.DataFrame
) -> None:
    text = "The town has been liberated. Kupiansk is next."
    claims = make_claims({"text": text[:27], "end": 27, "source_id": "ministry"})
    assert control_claims(claims, make_documents(text), sources, places).empty


def test_no_claims_and_no_places_give_an_empty_table(
    make_documents: MakeTable, make_claims: MakeTable, sources: pd.DataFrame, places: pd.DataFrame
) -> None:
    claims = make_claims({"text": "Kupiansk has been liberated", "end": 27, "source_id": "staff"})
    documents = make_documents("Kupiansk has been liberated")
    for no_claims, no_places in ((True, False), (False, True), (True, True)):
        got = control_claims(
            claims.iloc[:0] if no_claims else claims,
            documents,
            sources,
            places.iloc[:0] if no_places else places,
        )
        assert got.empty
        assert "claimed_status" in got.columns
        assert build_ledger(got, empty_table("events")).empty


# Against the record


def _control(*said: str, status: str = "russian", claimant: str = "ministry") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "claim_id": [f"{claimant}{i}" for i in range(len(said))],
            "place_id": "kupiansk",
            "claimant": claimant,
            "claimed_status": status,
            "said_at": pd.Series(said, dtype="string"),
        }
    )


def _events(*rows: tuple[str, str], place: str = "kupiansk") -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["date", "assessed_status"])
    table["event_id"] = [f"e{i}" for i in range(len(rows))]
    for column in ("label", "kind", "doc_id", "sentence"):
        table[column] = ""
    return check_table(table.assign(precision="day", place_id=place), "events")


RECORD = _events(
    ("2025-11-01", "contested"),
    ("2025-11-25", ""),  # an action, no assessment
    ("2025-12-12", "ukrainian"),
    ("2026-02-01", "russian"),
)


def test_a_claim_on_credit_is_set_against_the_record() -> None:
    got = build_ledger(_control("2025-11-20", "2025-12-11", "2025-12-12", "2026-01-15"), RECORD)
    assert list(got.columns) == list(TABLES["ledger"])
    assert got["said_at"].tolist() == ["2025-11-20", "2025-12-11", "2025-12-12", "2026-01-15"]
    assert got["assessed_status_then"].tolist() == [
        "contested",
        "contested",
        "ukrainian",
        "ukrainian",
    ]
    assert (got["assessed_reached_at"] == "2026-02-01").all()
    reached = date(2026, 2, 1)
    expected = [(reached - date.fromisoformat(d)).days for d in got["said_at"]]
    assert got["credit_days"].tolist() == expected
    assert got["exposed_at"].tolist() == ["2025-12-12", "2025-12-12", "", ""]
    assert got["repeats_after_exposure"].tolist() == [2, 2, 0, 0]
    assert (got["references"] == "e0|e2|e3").all()
    assert got["claim_ids"].tolist() == ["ministry0", "ministry1", "ministry2", "ministry3"]


def test_a_claim_that_stands_owes_nothing() -> None:
    got = build_ledger(_control("2025-12-12", "2025-12-30", status="ukrainian"), RECORD)
    assert got["assessed_reached_at"].tolist() == got["said_at"].tolist()
    assert got["credit_days"].tolist() == [0, 0]
    assert got["exposed_at"].tolist() == ["2026-02-01", "2026-02-01"]


def test_a_status_that_never_comes_is_censored() -> None:
    got = build_ledger(_control("2025-11-20", status="encircled_by_russia"), RECORD).iloc[0]
    assert got["assessed_reached_at"] == ""
    assert np.isnan(got["credit_days"])


@pytest.mark.parametrize(
    "events",
    [empty_table("events"), _events(("2025-12-12", ""))],
    ids=["no events", "no assessment"],
)
def test_no_record_leaves_everything_unknown(events: pd.DataFrame) -> None:
    got = build_ledger(_control("2025-11-20"), events).iloc[0]
    assert got["assessed_status_then"] == "unknown"
    assert (got["assessed_reached_at"], got["exposed_at"], got["references"]) == ("", "", "")
    assert np.isnan(got["credit_days"])


def test_events_elsewhere_are_no_record_of_this_place() -> None:
    events = _events(("2025-12-12", "ukrainian"), place="lyman")
    assert build_ledger(_control("2025-11-20"), events).iloc[0]["exposed_at"] == ""


def test_the_same_day_twice_is_one_row_and_claimants_stand_apart() -> None:
    control = pd.concat(
        [_control("2025-11-20", "2025-11-20"), _control("2025-11-20", claimant="gazette")]
    )
    got = build_ledger(control, RECORD).set_index("claimant")
    assert got.loc["ministry", "claim_ids"] == "ministry0|ministry1"
    assert got.loc["gazette", "claim_ids"] == "gazette0"


def test_claims_without_a_day_are_left_out_and_counted() -> None:
    got = build_ledger(_control("2025-11", "2025", "2025-11-20"), RECORD)
    assert len(got) == 1
    assert got.attrs["undated"] == 2


def test_the_order_of_rows_does_not_matter() -> None:
    control = _control("2025-11-20", "2025-12-12", "2026-01-15")
    pd.testing.assert_frame_equal(
        build_ledger(control, RECORD), build_ledger(control.iloc[::-1], RECORD.iloc[::-1])
    )


@pytest.mark.xfail(
    reason="an assessment known to the month counts as of its first day", strict=True
)
def test_a_month_is_not_its_first_day() -> None:
    events = _events(("2025-11", "russian"))
    got = build_ledger(_control("2025-11-05"), events).iloc[0]
    assert got["assessed_status_then"] == "unknown"
