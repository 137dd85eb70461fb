from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from narrative import resampling
from narrative.resampling import (
    clustered_intervals,
    contributions,
    drawn_intervals,
    false_discovery,
    group_bootstrap,
    poisson_weights,
    ratio_intervals,
)


def test_weights_are_poisson_with_mean_one() -> None:
    weights = poisson_weights(range(300), 2001, random_state=1)
    assert weights.shape == (300, 2001)
    counts = np.bincount(weights.ravel(), minlength=8)
    expected = stats.poisson.pmf(range(7), 1) * weights.size
    # Some 600,000 draws: a count is off by a few of its standard errors at most.
    assert (np.abs(counts[:7] - expected) < 4.5 * np.sqrt(expected) + 1).all()
    across = np.corrcoef(weights)[np.triu_indices(300, 1)]
    assert np.abs(across).max() < 5.5 / np.sqrt(2001)  # of 44,850 pairs


@pytest.mark.parametrize("span", [(0.0, 1.0), (-1.0, 1.0)])
def test_worth_is_that_of_each_groups_distance(span: tuple[float, float]) -> None:
    rng = np.random.default_rng(0)
    below = rng.integers(0, 4, (30, 8)) / 3.0
    above = below * rng.choice([0, 0, 0, 0.5, 1], (30, 8))
    above[:, 0], above[:, 1], above[:, 2] = below[:, 0], 0, below[:, 2] * 0.1
    above[:, 3] = below[:, 3] * (np.arange(30) == 2)
    above = span[0] * below + (span[1] - span[0]) * above
    low, high = clustered_intervals(above, below, span=span)
    share, total = (above - span[0] * below) / (span[1] - span[0]), below.sum(axis=0)
    p = share.sum(axis=0) / total
    n = (below > 0).sum(axis=0)
    variance = ((share - p * below) ** 2).sum(axis=0) / total**2 * n / (n - 1)
    variance = np.where(variance < 1e-20, 0, variance)
    units = np.where(variance > 0, p * (1 - p) / np.where(variance > 0, variance, 1), n)
    worth = np.minimum(units * (stats.norm.ppf(0.025) / stats.t.ppf(0.025, n - 1)) ** 2, total)
    ends = stats.beta.ppf([[0.025], [0.975]], worth * p + 0.5, worth * (1 - p) + 0.5)
    ends[0, p <= 0], ends[1, p >= 1] = 0, 1
    expected = span[0] + (span[1] - span[0]) * ends
    # Where every group says a tenth, rounding decides between no variance and next to none.
    clear = np.arange(8) != 2
    np.testing.assert_allclose(low[clear], expected[0, clear], rtol=1e-9)
    np.testing.assert_allclose(high[clear], expected[1, clear], rtol=1e-9)
    assert p[0] == 1
    assert high[0] == pytest.approx(span[1])
    assert 0 < p[3] < 0.1


def test_a_groups_weights_depend_on_its_name_and_the_state_alone() -> None:
    whole = poisson_weights(["a", "b", "c"], 50, random_state=1)
    assert (poisson_weights(["c", "a"], 50, random_state=1) == whole[[2, 0]]).all()
    assert (poisson_weights(["c"], 20, random_state=1)[0] == whole[2, :20]).all()
    assert not (poisson_weights(["a"], 50, random_state=2) == whole[0]).all()
    assert poisson_weights([], 5).shape == (0, 5)
    # These numbers are not to change with numpy: intervals would.
    assert poisson_weights(["a document"], 12)[0].tolist() == [0, 1, 4, 2, 2, 2, 0, 3, 1, 0, 2, 1]


def test_intervals_do_not_depend_on_how_a_corpus_was_cut() -> None:
    rng = np.random.default_rng(4)
    bottom = rng.integers(0, 4, (60, 9)).astype(float)
    top = rng.binomial(bottom.astype(int), 0.5).astype(float)
    names = [f"d{i}" for i in range(60)]
    whole = ratio_intervals(top, bottom, names=names, n_boot=200)
    order = rng.permutation(60)
    again = ratio_intervals(top[order], bottom[order], names=[names[i] for i in order], n_boot=200)
    np.testing.assert_array_equal(np.array(whole), np.array(again))
    # Sums of the parts, added up, are the sums of the whole.
    weights = poisson_weights(names, 200)
    parts = sum(top[a:b].T @ weights[a:b] for a, b in ((0, 7), (7, 31), (31, 60)))
    np.testing.assert_array_equal(parts, top.T @ weights)


def test_an_interval_of_a_mean_agrees_with_scipys_bootstrap() -> None:
    values = np.random.default_rng(0).normal(3, 2, 50)
    low, high = ratio_intervals(values[:, None], np.ones((50, 1)), n_boot=20_000)
    expected = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=1
    ).confidence_interval
    assert low[0] == pytest.approx(expected.low, abs=0.03)
    assert high[0] == pytest.approx(expected.high, abs=0.03)


def test_an_interval_of_a_ratio_agrees_with_a_plain_loop() -> None:
    rng = np.random.default_rng(3)
    bottom = rng.integers(1, 9, 30).astype(float)
    top = rng.binomial(bottom.astype(int), 0.4).astype(float)
    low, high = ratio_intervals(top[:, None], bottom[:, None], n_boot=8000, level=0.9)
    draws = [rng.integers(0, 30, 30) for _ in range(8000)]
    expected = np.quantile([top[d].sum() / bottom[d].sum() for d in draws], [0.05, 0.95])
    assert [low[0], high[0]] == pytest.approx(expected.tolist(), abs=0.01)


def test_cells_with_too_few_groups_have_no_interval() -> None:
    bottom = np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    low, high = ratio_intervals(bottom / 2, bottom, n_boot=50)
    assert np.isnan(low).tolist() == np.isnan(high).tolist() == [True, False, True]
    assert np.isnan(ratio_intervals(bottom / 2, bottom, n_boot=50, min_groups=3)[0]).all()


def test_many_cells_give_what_each_gives_alone() -> None:
    rng = np.random.default_rng(2)
    bottom = rng.integers(1, 5, (6, 1300)).astype(float)
    top = bottom * rng.random((6, 1300))
    low, high = ratio_intervals(top, bottom, n_boot=40)
    for cell in (0, 700, 1299):
        alone = ratio_intervals(top[:, [cell]], bottom[:, [cell]], n_boot=40)
        assert (low[cell], high[cell]) == pytest.approx((alone[0][0], alone[1][0]))


def test_held_denominators_give_what_drawn_ones_give(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    bottom = rng.integers(0, 4, (50, 30)).astype(float)
    weights = poisson_weights(range(50), 80)
    monkeypatch.setattr(resampling, "_BLOCK", 8)
    monkeypatch.setattr(resampling, "_HELD", 2)
    held: dict[int, np.ndarray] = {}
    for _ in range(3):
        made = contributions(np.minimum(rng.integers(0, 3, (50, 30)), bottom), bottom)
        got = drawn_intervals(made, weights, bottoms=held)
        np.testing.assert_array_equal(got, drawn_intervals(made, weights))
    assert sorted(held) == [0, 8]


def test_adjusted_p_values_follow_benjamini_and_hochberg() -> None:
    # By hand: sorted 0.005, 0.01, 0.03, 0.04 times 4 / rank, then the running minimum from above.
    got = false_discovery(np.array([0.01, 0.04, 0.03, 0.005]))
    np.testing.assert_allclose(got, [0.02, 0.04, 0.04, 0.02])


def test_missing_p_values_stay_missing_and_count_for_nothing() -> None:
    got = false_discovery(np.array([np.nan, 0.01, np.nan, 0.04]))
    np.testing.assert_allclose(got, [np.nan, 0.02, np.nan, 0.04])
    assert np.isnan(false_discovery(np.array([np.nan]))).all()
    assert len(false_discovery(np.array([]))) == 0


def counts(
    n_docs: int, n_claims: int, share: float, between: float, random_state: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return hits and claims of documents in 500 samples, and the true share."""
    rng = np.random.default_rng(random_state)
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    logit = np.log(share / (1 - share))
    truth = float((weights / weights.sum()) @ (1 / (1 + np.exp(-logit - between * nodes))))
    own = 1 / (1 + np.exp(-logit - between * rng.standard_normal((n_docs, 500))))
    claims = np.maximum(rng.poisson(n_claims, (n_docs, 500)), 1)
    return rng.binomial(claims, own).astype(float), claims.astype(float), truth


@pytest.mark.parametrize(
    ("n_docs", "n_claims", "share"), [(5, 20, 0.3), (20, 20, 0.3), (100, 5, 0.1), (20, 20, 0.03)]
)
def test_clustered_intervals_hold_the_truth_as_often_as_they_say(
    n_docs: int, n_claims: int, share: float
) -> None:
    hits, claims, truth = counts(n_docs, n_claims, share, 0.5, 1)
    low, high = clustered_intervals(hits, claims)
    assert 0.92 <= ((low <= truth) & (truth <= high)).mean() <= 0.985
    low, high = clustered_intervals(2 * hits - claims, claims, span=(-1, 1))
    assert 0.92 <= ((low <= 2 * truth - 1) & (2 * truth - 1 <= high)).mean() <= 0.985


def test_clustered_intervals_of_single_claims_come_near_jeffreys() -> None:
    hits = np.r_[np.ones(60), np.zeros(140)][:, None]
    low, high = clustered_intervals(hits, np.ones((200, 1)))
    expected = stats.beta.ppf([0.025, 0.975], 60.5, 140.5)
    assert [low[0], high[0]] == pytest.approx(expected, abs=0.003)


def test_claims_of_a_document_that_are_alike_count_as_one() -> None:
    rng = np.random.default_rng(3)
    once = (rng.random((40, 1)) < 0.4).astype(float)
    one = clustered_intervals(once, np.ones((40, 1)))
    many = clustered_intervals(25 * once, np.full((40, 1), 25.0))
    np.testing.assert_allclose(one, many)


def test_what_nobody_says_is_rare_and_not_impossible() -> None:
    none = clustered_intervals(np.zeros((10, 1)), np.full((10, 1), 30.0))
    assert none[0][0] == 0
    assert 0.15 < none[1][0] < 0.35  # ten documents, not three hundred claims
    both = clustered_intervals(np.full((10, 1), 30.0), np.full((10, 1), 30.0), span=(-1, 1))
    assert both[1][0] == 1
    assert both[0][0] == pytest.approx(1 - 2 * none[1][0])


def test_cells_of_too_few_documents_have_no_clustered_interval() -> None:
    claims = np.array([[3.0, 3.0, 0.0], [2.0, 0.0, 0.0], [1.0, 2.0, 0.0]])
    low, high = clustered_intervals(claims / 2, claims, min_groups=3)
    assert np.isnan(low).tolist() == np.isnan(high).tolist() == [False, True, True]
    assert np.isnan(clustered_intervals(claims[:1], claims[:1], min_groups=1)[0]).all()


def test_a_group_bootstrap_of_single_rows_agrees_with_scipy() -> None:
    values = np.random.default_rng(1).normal(0, 1, 40)
    low, high = group_bootstrap(
        range(40), lambda rows: float(values[rows].mean()), n_boot=4000, random_state=2
    )
    expected = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=1
    ).confidence_interval
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=0.03)


def test_rows_of_a_group_are_drawn_together() -> None:
    groups = list("aabbbcccc")
    sizes = {2, 3, 4}

    def check(rows: np.ndarray) -> float:
        counts = pd.Series([groups[i] for i in rows]).value_counts()
        for name, n in counts.items():
            assert n % groups.count(str(name)) == 0
        assert min(sizes) * 3 <= len(rows) <= max(sizes) * 3
        return 0.0

    group_bootstrap(groups, check, n_boot=50)


def test_repeating_every_row_of_a_group_narrows_nothing() -> None:
    values = np.random.default_rng(1).normal(0, 1, 12)
    once = group_bootstrap(range(12), lambda rows: float(values[rows].mean()), n_boot=300)
    many = np.repeat(values, 9)
    groups = np.repeat(np.arange(12), 9).tolist()
    assert group_bootstrap(
        groups, lambda rows: float(many[rows].mean()), n_boot=300
    ) == pytest.approx(once)


def test_one_group_has_no_interval() -> None:
    assert np.isnan(group_bootstrap(["a", "a"], lambda rows: 1.0)).all()
    assert np.isnan(group_bootstrap([], lambda rows: 1.0)).all()


def test_replicates_without_a_value_are_left_out() -> None:
    low, high = group_bootstrap(
        list("ab"), lambda rows: float("nan") if 0 in rows else 2.0, n_boot=50
    )
    assert (low, high) == (2.0, 2.0)
