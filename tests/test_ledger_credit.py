from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from narrative.errors import InputError
from narrative.ledger import (
    build_ledger,
    default_rate,
    first_claims,
    from_shares,
    open_credit,
    outstanding,
)
from narrative.schema import TABLES, empty_table

REFERENCES = pd.DataFrame({"reference": ["map", "flips"], "lag_days": [2.0, 0.0]})


def control(*said: str, **other: object) -> pd.DataFrame:
    rows = {
        "claim_id": [f"{other.get('claimant', 'ministry')}{i}" for i in range(len(said))],
        "place_id": "kupiansk",
        "claimant": "ministry",
        "camp": "russian",
        "claimed_status": "russian",
        "extent": "full",
        "share": "",
        "certainty": "said",
        "said_at": pd.Series(said, dtype="string"),
        "by_context": False,
    }
    return pd.DataFrame(rows | other)


def shares(
    values: dict[str, float], place: str = "kupiansk", reference: str = "map"
) -> pd.DataFrame:
    """Return assessments that hold each share until the day before the next."""
    days = [str(d.date()) for d in pd.date_range(min(values), max(values))]
    held = pd.Series(values).reindex(days).ffill()
    return from_shares(reference, place, held)


# Half on 10 December, all of it on the 24th, gone again in February.
RECORD = shares({"2025-11-01": 0.1, "2025-12-10": 0.6, "2025-12-24": 1.0, "2026-02-01": 0.0,
                 "2026-03-01": 0.0})  # fmt: skip


def test_a_claim_on_credit_is_set_against_the_record() -> None:
    got = build_ledger(control("2025-11-20"), RECORD, REFERENCES)
    assert list(got.columns) == list(TABLES["ledger"])
    half, full = got.to_dict("records")
    assert (half["level"], full["level"]) == (0.5, 0.95)
    assert (half["share_low"], half["share_high"]) == (0.1, 0.1)
    assert (half["reached_after"], half["reached_by"]) == ("2025-12-09", "2025-12-10")
    assert (half["credit_low"], half["credit_high"]) == (19, 20)
    assert (full["reached_after"], full["reached_by"]) == ("2025-12-23", "2025-12-24")
    assert (full["credit_low"], full["credit_high"]) == (33, 34)
    # Still less than half two days later, which is how late the map may be.
    assert half["exposed_at"] == full["exposed_at"] == "2025-11-22"


def test_a_claim_that_stands_owes_nothing_and_is_not_exposed() -> None:
    got = build_ledger(control("2025-12-24"), RECORD, REFERENCES)
    assert (got["credit_low"] == 0).all()
    assert (got["credit_high"] == 0).all()
    assert (got["exposed_at"] == "").all()
    assert set(got["reached_by"]) == {"2025-12-24"}


def test_what_never_comes_is_censored() -> None:
    got = build_ledger(control("2026-02-10"), RECORD, REFERENCES)
    assert set(got["reached_by"]) == {""}
    assert set(got["reached_after"]) == {"2026-03-01"}
    assert np.isinf(got["credit_high"]).all()
    assert (got["credit_low"] == 19).all()


def test_repeats_after_exposure_and_before_the_level_count() -> None:
    said = ("2025-11-20", "2025-11-21", "2025-12-01", "2025-12-15", "2025-12-30")
    got = build_ledger(control(*said), RECORD, REFERENCES)
    first = got[got["said_at"] == "2025-11-20"].set_index("level")["repeats_after_exposure"]
    assert first.to_dict() == {0.5: 1, 0.95: 2}


def test_the_other_side_has_the_rest() -> None:
    got = build_ledger(
        control("2025-12-30", claimed_status="ukrainian", claimant="staff", camp="ukrainian"),
        RECORD,
        REFERENCES,
    ).iloc[0]
    assert (got["share_low"], got["share_high"]) == (0, 0)
    assert got["reached_by"] == "2026-02-01"
    assert got["exposed_at"] == "2026-01-01"


def test_a_claimant_that_says_the_contrary_later_has_retracted() -> None:
    both = pd.concat(
        [control("2025-11-20"), control("2025-12-20", claimed_status="ukrainian", claim_id="x")]
    )
    got = build_ledger(both, RECORD, REFERENCES).set_index(["said_at", "level"])["retracted_at"]
    assert got["2025-11-20", 0.5] == "2025-12-20"
    assert got["2025-12-20", 0.5] == ""


def test_a_reference_that_is_late_by_its_lag_exposes_nobody() -> None:
    got = build_ledger(control("2025-12-08", "2025-12-07"), RECORD, REFERENCES)
    half = got[got["level"] == 0.5].set_index("said_at")["exposed_at"]
    assert half.to_dict() == {"2025-12-07": "2025-12-09", "2025-12-08": ""}


def test_a_claim_of_two_places_retracts_one_alone() -> None:
    table = pd.concat(
        [control("2025-11-20"), control("2025-11-20", place_id="lyman"),
         control("2025-12-20", claimed_status="ukrainian", claim_id="x")]
    )  # fmt: skip
    record = pd.concat([RECORD, RECORD.assign(place_id="lyman")])
    got = build_ledger(table, record, REFERENCES).set_index(["place_id", "said_at", "level"])
    assert got.loc[("kupiansk", "2025-11-20", 0.5), "retracted_at"] == "2025-12-20"
    assert got.loc[("lyman", "2025-11-20", 0.5), "retracted_at"] == ""


@pytest.mark.parametrize(
    "left_out",
    [
        {"said_at": "2025-11"},
        {"certainty": "denied"},
        {"claimed_status": "encircled_by_russia", "extent": ""},
        {"claimed_status": "contested", "extent": ""},
    ],
)
def test_what_says_of_no_day_that_a_side_holds_is_left_out(left_out: dict[str, str]) -> None:
    got = build_ledger(control("2025-11-20").assign(**left_out), RECORD, REFERENCES)
    assert got.empty
    assert got.attrs["undated"] == int("said_at" in left_out)


def test_places_without_a_record_are_counted() -> None:
    got = build_ledger(control("2025-11-20", place_id="lyman"), RECORD, REFERENCES)
    assert got.empty
    assert got.attrs["unassessed"] == 1
    assert build_ledger(control("2025-11-20"), empty_table("assessments"), REFERENCES).empty


def test_the_same_day_twice_is_one_claim_and_claimants_stand_apart() -> None:
    table = pd.concat(
        [control("2025-11-20", "2025-11-20"), control("2025-11-20", claimant="gazette")]
    )
    got = build_ledger(table, RECORD, REFERENCES)
    half = got[got["level"] == 0.5].set_index("claimant")
    assert half["claim_ids"].to_dict() == {"ministry": "ministry0|ministry1", "gazette": "gazette0"}


def test_two_references_stand_beside_each_other() -> None:
    other = shares({"2025-11-01": 0.0, "2025-12-01": 1.0}, reference="flips")
    got = build_ledger(control("2025-11-20"), pd.concat([RECORD, other]), REFERENCES)
    by = got[got["level"] == 0.95].set_index("reference")["reached_by"]
    assert by.to_dict() == {"map": "2025-12-24", "flips": "2025-12-01"}


def test_a_reference_that_is_not_listed_is_an_error() -> None:
    with pytest.raises(InputError, match=r"assessments of 'map', which 'references' does not list"):
        build_ledger(control("2025-11-20"), RECORD, REFERENCES.iloc[1:])


def test_the_order_of_rows_does_not_matter() -> None:
    table = control("2025-11-20", "2025-12-12", "2026-01-15")
    pd.testing.assert_frame_equal(
        build_ledger(table, RECORD, REFERENCES),
        build_ledger(table.iloc[::-1], RECORD.iloc[::-1], REFERENCES.iloc[::-1]),
    )


def test_rates_count_a_claim_once() -> None:
    got = build_ledger(control("2025-11-20", "2025-12-01"), RECORD, REFERENCES)
    assert first_claims(got)["said_at"].tolist() == ["2025-11-20", "2025-11-20"]


# What becomes of many claims


def followed(*fates: tuple[float, float], places: int = 4) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "place_id": [f"p{i % places}" for i in range(len(fates))],
            "claimed_status": "russian",
            "reference": "map",
            "level": 0.5,
            "said_at": "2025-11-01",
            "credit_low": [low for low, _ in fates],
            "credit_high": [high for _, high in fates],
        }
    )


def test_open_credit_is_kaplan_and_meiers_estimate() -> None:
    # Five claims: paid after 2, 4 and 4 days, not paid by 3 and by 9. By hand: 1 - 1/5 = .8 after
    # 2 days; after 4 there are 3 at risk of whom 2 are paid, .8 × 1/3.
    curve = open_credit(followed((2, 2), (4, 4), (4, 4), (3, np.inf), (9, np.inf)))
    assert curve.n == 5
    assert curve.at(1) == (1, 1, 1)
    assert curve.at(2)[0] == pytest.approx(0.8)
    assert curve.at(3.5)[0] == pytest.approx(0.8)
    assert curve.at(20)[0] == pytest.approx(0.8 / 3)
    for day in (2, 4):
        value, low, high = curve.at(day)
        assert 0 <= low < value < high <= 1


def test_an_interval_gives_an_early_and_a_late_curve() -> None:
    claims = followed((2, 5), (3, 6))
    assert open_credit(claims, late=False).at(4)[0] == 0
    assert open_credit(claims, late=True).at(4)[0] == 1


def test_nothing_to_follow_is_an_error() -> None:
    with pytest.raises(InputError, match="no claims to follow"):
        open_credit(followed())


def test_the_default_rate_resamples_places() -> None:
    # Claims of a place share its fate: their number does not narrow the interval.
    paid = [(1.0, 1.0), (1.0, 1.0), (np.inf, np.inf), (np.inf, np.inf)]
    fates = [(1.0, 1.0) if np.isfinite(high) else (60.0, np.inf) for _, high in paid]
    one = default_rate(followed(*fates), 30, n_boot=400)
    many = default_rate(followed(*(fates * 5)), 30, n_boot=400)
    assert one[0] == many[0] == 0.5
    assert many[1:] == pytest.approx(one[1:])
    assert np.isnan(default_rate(followed(*fates, places=1), 30, n_boot=50)[1:]).all()


def test_outstanding_credit_counts_places_once_between_bounds() -> None:
    claims = followed((10, 14), (10, 14), (20, np.inf), places=2).assign(place_id=["p", "p", "q"])
    got = outstanding(claims, ["2025-10-31", "2025-11-05", "2025-11-13", "2025-11-30"])
    assert got[["low", "high"]].to_numpy().tolist() == [[0, 0], [2, 2], [1, 2], [1, 1]]
