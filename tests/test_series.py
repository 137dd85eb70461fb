from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from narrative.series import change_points, change_test, lead_lag, placebo_effect
from narrative.simulate import simulate_series

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


@pytest.mark.parametrize("memory", [0.0, 0.5])
def test_a_series_that_does_not_change_seldom_seems_to(memory: float) -> None:
    p = [
        change_test(simulate_series(60, memory, random_state=i), n_permutations=99)[1]
        for i in range(150)
    ]
    assert np.mean(np.array(p) <= 0.05) <= 0.1


def test_a_step_is_placed_and_significant() -> None:
    series = simulate_series(80, 0.2, random_state=1) + np.where(np.arange(80) >= 50, 3.0, 0.0)
    position, p = change_test(series, n_permutations=199)
    assert abs(position - 50) <= 2
    assert p < 0.05
    assert change_test(series, n_permutations=199) == (position, p)
    assert change_test(series[:11])[0] == 0
    assert np.isnan(change_test(series[:11])[1])


def test_a_series_that_follows_another_is_seen_to() -> None:
    shared = simulate_series(82, 0.3, random_state=2)
    rng = np.random.default_rng(0)
    first, later = shared[2:], shared[:-2] + 0.3 * rng.standard_normal(80)
    lag, correlation, p = lead_lag(first, later, n_permutations=199)
    assert (lag, p) == (2, 0.005)
    assert correlation > 0.5
    assert lead_lag(later, first, n_permutations=199)[0] == -2
    assert lead_lag(-first, later, n_permutations=199)[1] < -0.5


@pytest.mark.parametrize("memory", [0.0, 0.8])
def test_slow_series_that_have_nothing_to_do_with_each_other_seldom_seem_to(memory: float) -> None:
    p = [
        lead_lag(
            simulate_series(60, memory, random_state=i),
            simulate_series(60, memory, random_state=999 + i),
            n_permutations=99,
        )[2]
        for i in range(150)
    ]
    assert np.mean(np.array(p) <= 0.05) <= 0.1


@pytest.mark.parametrize(
    ("one", "other"),
    [(np.arange(10.0), np.arange(10.0)), (np.ones(40), np.arange(40.0))],
    ids=["few values", "no variation"],
)
def test_nothing_to_go_by_gives_no_lag(one: np.ndarray, other: np.ndarray) -> None:
    lag, correlation, p = lead_lag(one, other)
    assert lag == 0
    assert np.isnan([correlation, p]).all()


def test_a_placebo_day_is_as_good_as_another_where_nothing_happened() -> None:
    days = np.sort(np.random.default_rng(1).uniform(0, 365, 400))
    noise = np.random.default_rng(2).standard_normal(400)
    _, p, n = placebo_effect(noise, days, 180.0)
    assert p > 0.1
    assert n > 150
    difference, p, _ = placebo_effect(noise + 2.0 * (days >= 180), days, 180.0)
    assert difference == pytest.approx(2, abs=0.6)
    assert p < 0.02


def test_too_few_documents_or_days_give_no_placebo() -> None:
    days = np.arange(100.0)
    assert np.isnan(placebo_effect(days, days, 2.0)[:2]).all()
    difference, p, n = placebo_effect(days, days, 50.0)
    assert difference == pytest.approx(28)
    assert (np.isnan(p), n) == (True, 0)
