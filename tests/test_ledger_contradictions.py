from __future__ import annotations

import pandas as pd
import pytest

from narrative.ledger import contradicting_claims, contradicting_numbers, quantities


def control(*rows: tuple[str, str, str, str], **other: str) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["place_id", "claimant", "claimed_status", "said_at"])
    table["claim_id"] = [f"c{i}" for i in range(len(rows))]
    plain = {"camp": "unknown", "extent": "full", "share": "", "certainty": "said"}
    return table.assign(**(plain | other))


BOTH = (
    ("kupiansk", "ministry", "russian", "2025-12-10"),
    ("kupiansk", "staff", "ukrainian", "2025-12-12"),
    ("kupiansk", "staff", "ukrainian", "2025-12-30"),
    ("lyman", "staff", "ukrainian", "2025-12-12"),
    ("kupiansk", "ministry", "encircled_by_russia", "2025-12-12"),
)


def test_two_sides_that_claim_one_place_at_a_time_contradict_each_other() -> None:
    (pair,) = contradicting_claims(control(*BOTH)).to_dict("records")
    assert (pair["claim_id"], pair["claim_id_other"], pair["days"]) == ("c0", "c1", 2)
    assert (pair["claimant"], pair["claimant_other"]) == ("ministry", "staff")
    assert len(contradicting_claims(control(*BOTH), within_days=20)) == 2
    assert contradicting_claims(control(*BOTH), within_days=1).empty


@pytest.mark.parametrize(
    "other", [{"extent": "part"}, {"certainty": "denied"}, {"said_at": "2025-12"}]
)
def test_parts_denials_and_months_do_not_contradict(other: dict[str, str]) -> None:
    assert contradicting_claims(control(*BOTH, **other)).empty


def claims(*texts: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "claim_id": [f"c{i}" for i in range(len(texts))],
            "doc_id": "d",
            "source_id": [s for s, _ in texts],
            "said_at": "2025-12-17",
            "text": [t for _, t in texts],
        }
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("seized 6,000 square kilometres in total", [("km2", 6000)]),
        ("the amount is 4,699.04 square kilometres", [("km2", 4699.04)]),
        ("took 12 sq. km and 3 settlements", [("km2", 12), ("settlements", 3)]),
        ("over 100 Russian soldiers were there", [("soldiers", 100)]),
        ("approximately 120 Russian troops remain", [("soldiers", 120)]),
        ("up to a hundred Russian soldiers hide there", [("soldiers", 100)]),
        ("lost more than 1,800 troops in battles for it", [("losses", 1800)]),
        ("the number had dropped to about 50", []),
        ("the 3rd army took 20 percent of it in 2025", []),
        ("Kupiansk is held", []),
    ],
)
def test_numbers_with_their_units(text: str, expected: list[tuple[str, float]]) -> None:
    got = quantities(claims(("isw", text)))
    assert list(zip(got["unit"], got["value"], strict=True)) == expected


def test_different_numbers_of_different_claimants_are_pairs() -> None:
    numbers = quantities(
        claims(
            ("ministry", "6,000 square kilometres"), ("isw", "4,699 square kilometres"),
            ("isw", "4,690 square kilometres"), ("ministry", "50 soldiers"),
        )
    )  # fmt: skip
    got = contradicting_numbers(numbers)
    assert list(zip(got["claim_id"], got["claim_id_other"], strict=True)) == [
        ("c0", "c1"), ("c0", "c2"),
    ]  # fmt: skip
    assert contradicting_numbers(numbers, ratio=1.5).empty
    apart = contradicting_numbers(numbers, within_claims=pd.Series(["a", "b", "c", "d"]))
    assert apart.empty
    assert contradicting_numbers(numbers.iloc[:0]).empty


def test_a_number_is_of_the_place_named_last_and_of_what_was_counted_last() -> None:
    text = "Over 100 Russian soldiers are in Lyman. By Friday the number had dropped to 50."
    end = text.index(".") + 1
    table = claims(("staff", text[:end]), ("staff", text[end + 1 :]))
    table["start"], table["end"] = [0, end + 1], [end, len(text)]
    documents = pd.DataFrame({"doc_id": ["d"], "text": [text]})
    places = pd.DataFrame({"place_id": ["lyman"], "name": ["Lyman"], "aliases": [""]})
    got = quantities(table, documents, places)
    columns = ["unit", "whose", "value", "place_id"]
    assert got[columns].to_numpy().tolist() == [
        ["soldiers", "russian", 100.0, "lyman"], ["soldiers", "russian", 50.0, "lyman"],
    ]  # fmt: skip


def test_soldiers_of_different_sides_do_not_contradict() -> None:
    numbers = quantities(
        claims(
            ("a", "100 Russian soldiers"), ("b", "80 Ukrainian soldiers"), ("c", "120 Russian men")
        )
    )
    assert contradicting_numbers(numbers).empty
