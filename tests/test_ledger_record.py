from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrative.errors import InputError
from narrative.ledger import check_assessments, from_changes, from_events, from_shares
from narrative.ledger.record import SHARES, Track, day_number, iso_day, tracks
from narrative.schema import check_table


def track(*rows: tuple[float, float, float, float]) -> Track:
    first, last, low, high = (np.array(v, dtype=float) for v in zip(*rows, strict=True))
    return Track(first, last, low, high)


STEPS = track((0, 9, 0.0, 0.0), (10, 19, 0.6, 0.6), (20, 30, 1.0, 1.0))


def test_a_day_has_the_bounds_of_its_row_and_none_between_rows() -> None:
    gapped = track((0, 4, 0.1, 0.2), (8, 9, 0.5, 0.5))
    assert [gapped.on(d) for d in (-1, 0, 4, 5, 8, 9, 10)] == [
        (0, 1), (0.1, 0.2), (0.1, 0.2), (0, 1), (0.5, 0.5), (0.5, 0.5), (0, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("level", "since", "expected"),
    [
        (0.5, 3, (9, 10)),
        (0.95, 3, (19, 20)),
        (0.5, 12, (12, 12)),
        (0.95, 12, (19, 20)),
        (1.0, 25, (25, 25)),
        (0.5, 40, (40, np.inf)),  # nothing was assessed since
    ],
)
def test_when_a_level_is_reached(level: float, since: float, expected: tuple[float, float]) -> None:
    assert STEPS.reached(level, since) == expected


def test_what_is_never_reached_is_censored_on_the_last_day_assessed() -> None:
    assert STEPS.held_by("ukrainian").reached(0.5, 11) == (30, np.inf)


def test_a_gap_and_open_bounds_leave_an_interval() -> None:
    gapped = track((0, 4, 0.0, 0.0), (9, 12, 0.05, 0.95), (15, 20, 1.0, 1.0))
    assert gapped.reached(0.95, 2) == (4, 15)  # 0.95 may have been there from day 9
    assert gapped.reached(0.99, 2) == (12, 15)


def test_a_place_that_is_lost_again_is_looked_at_from_the_day_on() -> None:
    lost = track((0, 5, 1, 1), (6, 10, 0, 0), (11, 12, 1, 1))
    assert lost.reached(0.5, 0) == (0, 0)
    assert lost.reached(0.5, 7) == (10, 11)


@pytest.mark.parametrize(("since", "expected"), [(0, 0), (12, np.inf)])
def test_the_first_day_with_less_than_half(since: float, expected: float) -> None:
    assert STEPS.contradicted(since) == expected


@given(
    st.lists(st.sampled_from([None, 0.0, 0.3, 0.6, 1.0]), min_size=1, max_size=30),
    st.sampled_from([0.5, 0.95]),
    st.integers(0, 29),
)
def test_intervals_agree_with_a_look_at_every_day(
    shares: list[float | None], level: float, since: int
) -> None:
    known = {iso_day(d): s for d, s in enumerate(shares) if s is not None}
    if not known:
        return
    mine = tracks(from_shares("map", "p", pd.Series(known)))["map", "p"]
    after, by = mine.reached(level, since)
    seen = {d: s for d, s in enumerate(shares) if s is not None and d >= since}
    reached = [d for d, s in seen.items() if s >= level]
    assert by == (min(reached) if reached else np.inf)
    short = [d for d, s in seen.items() if s < level and d < by]
    assert after == (since if by == since or not short else max(short))


def test_daily_shares_become_runs_and_gaps_stay_gaps() -> None:
    shares = pd.Series(
        {"2025-11-24": 0.1, "2025-11-25": 0.1, "2025-11-27": 0.1, "2025-11-28": np.nan,
         "2025-11-29": 0.4}
    )  # fmt: skip
    got = from_shares("map", "kupiansk", shares, half_width=0.2)
    assert got[["first", "last"]].to_numpy().tolist() == [
        ["2025-11-24", "2025-11-25"], ["2025-11-27", "2025-11-27"], ["2025-11-29", "2025-11-29"],
    ]  # fmt: skip
    assert got["low"].tolist() == pytest.approx([0, 0, 0.2])
    assert got["high"].tolist() == pytest.approx([0.3, 0.3, 0.6])
    assert from_shares("map", "kupiansk", pd.Series(dtype=float)).empty


def test_a_place_that_changes_hands_is_held_until_it_does_so_again() -> None:
    got = from_changes(
        "flips", "p", [("2025-12-13", "ukrainian"), ("2025-12-01", "russian")], "2025-12-31"
    )
    assert got[["first", "last"]].to_numpy().tolist() == [
        ["2025-12-01", "2025-12-12"], ["2025-12-13", "2025-12-31"],
    ]  # fmt: skip
    assert list(zip(got["low"], got["high"], strict=True)) == [
        SHARES["russian"], SHARES["ukrainian"],
    ]  # fmt: skip
    assert from_changes("flips", "p", [("2026-01-01", "russian")], "2025-12-31").empty


def test_an_unknown_status_is_an_error() -> None:
    with pytest.raises(InputError, match=r"flips, p: status 'RU'; expected one of russian"):
        from_changes("flips", "p", [("2025-12-01", "RU")], "2025-12-31")


def events(*rows: tuple[str, str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["date", "assessed_status"])
    table["event_id"] = [f"e{i}" for i in range(len(rows))]
    for column in ("label", "kind", "doc_id", "sentence"):
        table[column] = ""
    return check_table(table.assign(precision="day", place_id="kupiansk"), "events")


def test_an_event_assesses_its_day_and_a_month_its_end() -> None:
    got = from_events(
        events(("2025-12", "ukrainian"), ("2025-12-12", "contested"), ("2025-12-13", ""),
               ("2025", "russian"))
    )  # fmt: skip
    assert got[["first", "last", "low", "high"]].to_numpy().tolist() == [
        ["2025-12-12", "2025-12-12", *SHARES["contested"]],
        ["2025-12-31", "2025-12-31", *SHARES["ukrainian"]],
    ]
    assert from_events(events(("2025", "russian"))).empty


def test_of_two_events_of_a_day_the_last_counts() -> None:
    got = from_events(events(("2025-12-12", "russian"), ("2025-12-12", "ukrainian")))
    assert got["high"].tolist() == [SHARES["ukrainian"][1]]


ROW = {"reference": "map", "place_id": "p", "first": "2025-12-01", "last": "2025-12-05",
       "low": 0.1, "high": 0.2}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"first": "2025-13-01"}, r"a.csv, row 2: got '2025-13-01'; expected a day"),
        ({"last": "2025-11-30"}, r"a.csv, row 2: last=2025-11-30 is before first=2025-12-01"),
        ({"low": 0.3}, r"a.csv, row 2: low=0.3, high=0.2; expected 0 <= low <= high <= 1"),
        ({"high": 1.2}, r"high=1.2"),
    ],
)
def test_assessments_are_checked(change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_assessments(pd.DataFrame([ROW | change]), "a.csv")


def test_assessments_do_not_overlap() -> None:
    table = pd.DataFrame([ROW, ROW | {"first": "2025-12-05", "last": "2025-12-09"}])
    # Rows are called as the file has them, though the table is sorted.
    named = table.iloc[::-1].set_index(pd.Index(["row 4", "row 7 (line 9)"], name="row"))
    with pytest.raises(
        InputError,
        match=r"a\.csv, row 7 \(line 9\): map on p has a row to 2025-12-05 and one from 2025-12-05 "
        r"\(row 4\); expected rows that do not overlap\. End the first",
    ):
        check_assessments(named, "a.csv")
    with pytest.raises(InputError, match=r"map on p has a row to 2025-12-05 and one from"):
        check_assessments(table, "a.csv")
    apart = table.assign(place_id=["p", "q"])
    assert len(check_assessments(apart, "a.csv")) == 2


def test_days_go_to_numbers_and_back() -> None:
    assert iso_day(day_number("2025-12-18")) == "2025-12-18"
    assert iso_day(np.inf) == ""
