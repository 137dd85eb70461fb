from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from narrative.errors import InputError
from narrative.label_error import ErrorRates, corrected_prevalence
from narrative.resampling import clustered_intervals, sample_worth
from narrative.simulate import LabelError, Truth, simulate_corpus, simulate_counts, with_label_error


def test_known_rates_undo_what_they_did() -> None:
    claims = np.full((500, 3), 20.0)
    for truth in (0.0, 0.3, 1.0):
        inside = claims * (0.8 * truth + 0.1 * (1 - truth))
        point, low, high = corrected_prevalence(inside, claims, ErrorRates(0.8, 0.9))
        assert point == pytest.approx(truth)
        assert (low <= truth + 1e-9).all()
        assert (high >= truth - 1e-9).all()


def test_labels_without_error_have_wilsons_interval() -> None:
    """Independent claims (a document each), rates known to be 1: what is left is Agresti's."""
    inside = (np.arange(400) < 100).astype(float)[:, None]
    point, low, high = corrected_prevalence(inside, np.ones((400, 1)), ErrorRates(1.0, 1.0))
    wilson = stats.binomtest(100, 400).proportion_ci(method="wilson")
    assert point[0] == 0.25
    assert [low[0], high[0]] == pytest.approx([wilson.low, wilson.high], abs=0.002)


def test_few_coded_claims_widen_the_interval() -> None:
    drawn = simulate_counts(100, 1, 20, (0.3, 0.2, 0.5))
    widths = []
    for n in (float("inf"), 1000, 100, 30):
        found = corrected_prevalence(drawn["inside"], drawn["claims"], ErrorRates(0.8, 0.9, n, n))
        widths.append((found[2] - found[1]).item())
    assert widths == sorted(widths)
    assert widths[-1] > 2 * widths[0]


@pytest.mark.parametrize(("share", "matters"), [(0.8, "n_positive"), (0.2, "n_negative")])
def test_the_rate_that_prevalence_rests_on_widens_it_more(share: float, matters: str) -> None:
    inside, claims = np.full((200, 1), 100 * share), np.full((200, 1), 100.0)
    widths = {}
    for name in ("n_positive", "n_negative"):
        rates = ErrorRates(0.9, 0.9, **{name: 50})
        _, low, high = corrected_prevalence(inside, claims, rates)
        widths[name] = (high - low).item()
    other = widths.pop(({*widths} - {matters}).pop())
    assert widths[matters] > 1.5 * other


def test_limits_stay_in_their_range_and_are_none_where_rates_do_not_fit() -> None:
    claims = np.full((30, 3), 10.0)
    inside = np.repeat([[0.0, 8.0, 10.0]], 30, axis=0)
    point, low, high = corrected_prevalence(inside, claims, ErrorRates(0.8, 0.9, 50, 50))
    assert point.tolist() == [0, 1, 1]
    assert [low[0], high[1]] == [0, 1]
    assert 0 < high[0] < 0.2
    assert 0.5 < low[1] < 1
    assert np.isnan([low[2], high[2]]).all()  # more than all would have to be in the framing


def test_hardly_any_coded_claims_leave_all_open() -> None:
    rates = ErrorRates(0.9, 0.15, 2, 1000)  # better than chance by two claims
    _, low, high = corrected_prevalence(np.full((9, 1), 3.0), np.full((9, 1), 9.0), rates)
    assert [low[0], high[0]] == [0, 1]


def test_too_few_documents_have_a_value_without_limits() -> None:
    inside, claims = np.array([[2.0, 0.0], [4.0, 0.0]]), np.array([[10.0, 0.0], [10.0, 0.0]])
    rates = ErrorRates(1.0, 1.0)
    point, low, _ = corrected_prevalence(inside, claims, rates, min_groups=3)
    assert point[0] == pytest.approx(0.3)
    assert np.isnan(low[0])
    assert np.isnan(point[1])


@pytest.mark.parametrize("rates", [(0.4, 0.6), (0.3, 0.5), (0.0, 1.0)])
def test_labels_no_better_than_chance_are_refused(rates: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="expected more than 1"):
        corrected_prevalence(np.ones((5, 1)), np.ones((5, 1)) * 3, ErrorRates(*rates, 50, 50))


def test_rates_come_from_codes() -> None:
    rates = ErrorRates.from_codes([1, 1, 1, 1, 0, 0], [1, 1, 1, 0, 0, 1])
    assert rates == ErrorRates(0.75, 0.5, 4, 2)
    for coded, assigned in (([1, 1], [1, 0]), ([0, 0], [1, 0]), ([1, 0], [1]), ([], [])):
        with pytest.raises(InputError, match="both in the framing and outside"):
            ErrorRates.from_codes(coded, assigned)
    with pytest.raises(InputError, match=r"expected sensitivity and specificity in \[0, 1\]"):
        ErrorRates(1.2, 0.9)
    with pytest.raises(InputError, match="expected coded claims"):
        ErrorRates(0.8, 0.9, 0, 10)


def test_a_sample_is_worth_its_claims_or_its_documents() -> None:
    """Claims of independent documents count each; where a document's are one, documents do."""
    rng = np.random.default_rng(0)
    bottom = np.full((2000, 2), 10.0)
    top = np.column_stack([rng.binomial(10, 0.4, 2000), 10 * rng.binomial(1, 0.4, 2000)])
    share, worth = sample_worth(top.astype(float), bottom)
    assert share == pytest.approx(0.4, abs=0.02)
    assert worth[0] == pytest.approx(20_000, rel=0.1)
    assert worth[1] == pytest.approx(2000, rel=0.01)


def test_corrected_intervals_hold_the_truth_where_naive_ones_do_not() -> None:
    """From coded claims of one corpus to the prevalence of many others, documents unlike."""
    error, n_samples = LabelError(0.8, 0.95), 300
    drawn = simulate_counts(100, n_samples, 20, (0.05, 0.2, 0.5), random_state=1)
    true, claims = (np.asarray(drawn[c], dtype=int) for c in ("inside", "claims"))
    rng = np.random.default_rng(2)
    inside = rng.binomial(true, error.sensitivity) + rng.binomial(
        claims - true, 1 - error.specificity
    )
    held = {"naive": 0, "corrected": 0}
    for k in range(n_samples):
        top, bottom = inside[:, [k]].astype(float), claims[:, [k]].astype(float)
        coded = rng.binomial(150, [error.sensitivity, error.specificity]) / 150
        rates = ErrorRates(*coded.tolist(), 150, 150)
        limits = {
            "naive": clustered_intervals(top, bottom),
            "corrected": corrected_prevalence(top, bottom, rates)[1:],
        }
        for name, (low, high) in limits.items():
            held[name] += int(low[0] <= drawn["prevalence"] <= high[0])
    assert held["naive"] < 0.1 * n_samples
    assert 0.92 * n_samples <= held["corrected"] <= 0.99 * n_samples


def test_a_simulated_corpus_is_corrected_end_to_end() -> None:
    tables = simulate_corpus(600, truth=Truth(0.1, 0.2, 0.5), random_state=4)
    read = with_label_error(tables, LabelError(0.7, 0.9), random_state=5)
    true, given = (t["assignments"]["framing_id"].eq("f").to_numpy() for t in (tables, read))
    coded = np.random.default_rng(6).choice(len(true), 3000, replace=False)
    rates = ErrorRates.from_codes(true[coded], given[coded])
    inside = given.reshape(600, -1).sum(axis=1, keepdims=True).astype(float)
    point, low, high = corrected_prevalence(inside, np.full((600, 1), 20.0), rates)
    truth = tables["truth"]["prevalence"].iloc[0]
    assert given.mean() > truth + 0.04
    assert point[0] == pytest.approx(truth, abs=0.02)
    assert low[0] < truth < high[0]
