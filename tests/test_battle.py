from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from narrative.battle import adoption, change_points, contest, event_effect
from narrative.schema import empty_table


def _stances(*sides: int, framing: str = "f") -> pd.DataFrame:
    ids = [f"c{i:03d}" for i in range(len(sides))]
    return pd.DataFrame({"claim_id": ids, "framing_id": framing, "stance": sides})


@pytest.fixture
def spoken(make_claims: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    speakers = ["ministry"] * 6 + ["gazette"] * 3 + ["staff"] * 3 + ["unknown"] * 4
    return make_claims(*({"source_id": s, "doc_id": f"d{i % 5}"} for i, s in enumerate(speakers)))


def test_adoption_is_the_share_from_outside_the_home_camps(
    spoken: pd.DataFrame, sources: pd.DataFrame
) -> None:
    # In favour: 5 of the ministry's six, 2 of the gazette's three, all 3 of the staff's, 4 unknown.
    stances = _stances(1, 1, 1, 1, 1, -1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1)
    home = {"f": {"russian", "pro_russian"}}
    got = adoption(spoken, stances, sources, home).iloc[0]
    assert (got["n_favor"], got["n_docs"]) == (10, 5)
    assert got["adoption"] == 0.5
    assert 0 <= got["adoption_low"] < 0.5 < got["adoption_high"] <= 1
    wider = adoption(spoken, stances, sources, {"f": {"russian", "ukrainian"}}).iloc[0]
    assert wider["adoption"] == 0.2


def test_few_claims_give_no_adoption(spoken: pd.DataFrame, sources: pd.DataFrame) -> None:
    stances = _stances(*[1] * 16)
    got = adoption(spoken, stances, sources, {"f": {"russian"}, "none": {"russian"}}, min_claims=13)
    assert got["framing_id"].tolist() == ["f", "none"]
    assert got["n_favor"].tolist() == [12, 0]
    assert got["n_docs"].tolist() == [5, 0]
    assert got[["adoption", "adoption_low", "adoption_high"]].isna().to_numpy().all()


def test_no_home_camps_give_an_empty_table_with_its_columns(
    spoken: pd.DataFrame, sources: pd.DataFrame
) -> None:
    got = adoption(spoken, _stances(1), sources, {})
    assert got.empty
    assert list(got.columns) == [
        "framing_id",
        "n_docs",
        "n_favor",
        "adoption",
        "adoption_low",
        "adoption_high",
    ]


def test_copies_count_once_in_adoption(
    make_claims: Callable[..., pd.DataFrame], sources: pd.DataFrame
) -> None:
    def interval(n_copies: int) -> tuple[float, float, int]:
        rows = [
            {"source_id": s, "doc_id": f"d{i:02d}-{k}"}
            for k in range(n_copies)
            for i, s in enumerate(["ministry", "gazette"] * 6)
        ]
        documents = pd.DataFrame({"doc_id": [str(r["doc_id"]) for r in rows]})
        documents["copy_group"] = documents["doc_id"].str[:3]
        stances = _stances(*[1] * len(rows))
        home = {"f": {"russian"}}
        got = adoption(make_claims(*rows), stances, sources, home, documents=documents).iloc[0]
        return got["adoption_low"], got["adoption_high"], got["n_docs"]

    assert interval(9) == interval(1)
    assert interval(1)[2] == 12


@pytest.mark.parametrize(
    ("favor", "against", "expected"),
    [(10, 0, 0.0), (0, 10, 0.0), (5, 5, 1.0), (9, 3, 0.5), (3, 9, 0.5), (5, 4, np.nan)],
)
def test_contest_is_twice_the_smaller_side(favor: int, against: int, expected: float) -> None:
    got = contest(_stances(*[1] * favor, *[-1] * against, *[0] * 20)).iloc[0]
    assert (got["n_favor"], got["n_against"]) == (favor, against)
    assert got["contest"] == pytest.approx(expected, nan_ok=True)


def test_contest_keeps_framings_apart_and_never_divides_by_zero() -> None:
    both = pd.concat([_stances(1, -1), _stances(0, 0, framing="g")])
    got = contest(both, min_claims=0).set_index("framing_id")["contest"]
    assert got["f"] == 1.0
    assert np.isnan(got["g"])
    assert contest(empty_table("stances")).empty


def test_an_event_effect_is_the_difference_of_means() -> None:
    days = np.arange(20.0)
    values = np.where(days >= 12, 0.75, 0.25)
    effect, p = event_effect(values, days, 12)
    assert effect == pytest.approx(0.5)
    assert p < 0.01
    # The day of the event counts as after.
    assert event_effect(values, days, 11)[0] == pytest.approx((8 * 0.75 + 0.25) / 9 - 0.25)


@pytest.mark.parametrize("event_day", [-1, 0, 2, 18, 30])
def test_too_few_documents_on_a_side_give_no_effect(event_day: float) -> None:
    got = event_effect(np.zeros(20), np.arange(20.0), event_day)
    assert np.isnan(got).all()


def test_effects_of_no_event_have_uniform_p_values() -> None:
    rng = np.random.default_rng(4)
    days = np.arange(16.0)
    found = [
        event_effect(rng.standard_normal(16), days, 8, n_permutations=99, random_state=s)[1]
        for s in range(200)
    ]
    assert stats.kstest(found, "uniform").pvalue > 0.01


STEP = np.r_[np.zeros(12), np.ones(10)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (STEP, [12]),
        (np.r_[np.zeros(8), np.ones(8), np.full(8, 3.0)], [8, 16]),
        (np.zeros(24), []),
        (np.full(24, 0.3), []),
        (np.zeros(5), []),
        (np.zeros(0), []),
        (np.r_[np.zeros(10), 1.0, np.zeros(10)], []),  # one blip is no change
    ],
)
def test_change_points_stand_where_the_mean_changes(
    values: np.ndarray, expected: list[int]
) -> None:
    assert change_points(values) == expected


def test_a_step_is_found_through_noise_and_noise_alone_has_none() -> None:
    rng = np.random.default_rng(6)
    noise = 0.1 * rng.standard_normal((40, 22))
    assert np.mean([change_points(STEP + n) == [12] for n in noise]) > 0.8
    assert np.mean([change_points(n) == [] for n in noise]) > 0.7


def test_a_penalty_of_ones_own_is_used() -> None:
    assert change_points(STEP, penalty=100.0) == []
    kwargs: dict[str, Any] = {"penalty": 0.5, "min_size": 2}
    assert change_points(np.r_[0.0, 0.0, 5.0, 5.0], **kwargs) == [2]
