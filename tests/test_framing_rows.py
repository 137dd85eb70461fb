"""Many rows: draws that hang on no order, blocks, trees without a square of float64."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist
from test_framing_model import overlapping, unit

from narrative.errors import InputError
from narrative.framings import FramingModel, centres, model, rows, sample_rows
from narrative.framings.chain import linked


def many(n: int = 3000, dims: int = 12) -> np.ndarray:
    """Return rows of any length around thirty centres, some of them twice and some zeros."""
    rng = np.random.default_rng(7)
    found = rng.standard_normal((30, dims))[rng.integers(0, 30, n)]
    found += 0.6 * rng.standard_normal((n, dims))
    found[: n // 10] = found[n // 10 : 2 * (n // 10)]
    found[-5:] = 0
    return found.astype(np.float32)


def cut(X: np.ndarray, at: list[int]) -> list[np.ndarray]:
    return np.split(X, at)


def test_a_draw_hangs_on_no_order_and_no_cutting() -> None:
    X = many()
    order = np.random.default_rng(1).permutation(len(X))
    whole = sample_rows([X], 100)
    for blocks in (cut(X, [7, 1500, 1501]), cut(X[order], [900]), [X, X[:50]], cut(X, [0])):
        got = sample_rows(blocks, 100)
        np.testing.assert_array_equal(got.rows, whole.rows)
        assert got.n_distinct == whole.n_distinct
    assert sample_rows([X], 100, random_state=1).rows.tolist() != whole.rows.tolist()
    np.testing.assert_array_equal(X[rows.distinct_rows(X, 0)[:100]], whole.rows)


def test_samples_of_parts_make_up_the_sample_of_the_whole() -> None:
    X = many()
    parts = [sample_rows([part], 80).rows for part in cut(X, [400, 2000])]
    np.testing.assert_array_equal(sample_rows(parts, 80).rows, sample_rows([X], 80).rows)


def test_fewer_rows_than_are_drawn_are_all_kept_and_counted_once() -> None:
    X = many()
    got = sample_rows(cut(X, [100]), 5000)
    expected = np.unique(X[X.any(axis=1)], axis=0)
    assert got.n_distinct == len(expected) == len(X) - 5 - 300
    np.testing.assert_array_equal(np.unique(got.rows, axis=0), expected)
    assert got.rows.dtype == np.float32


def test_how_many_distinct_rows_there_were_is_estimated() -> None:
    X = np.random.default_rng(0).standard_normal((20_000, 4))
    errors = [sample_rows([X, X[:9000]], 1000, k).n_distinct / 20_000 - 1 for k in range(10)]
    assert np.abs(np.mean(errors)) < 3 / np.sqrt(10_000)
    assert np.max(np.abs(errors)) < 4 / np.sqrt(1000)


def test_every_row_is_as_likely_to_be_drawn() -> None:
    X = np.eye(40) + 0.0
    drawn = np.sum([sample_rows([X], 10, k).rows.any(axis=0) for k in range(400)], axis=0)
    assert (np.abs(drawn - 100) < 4.5 * np.sqrt(400 * 0.25 * 0.75)).all()


def test_keys_are_of_directions() -> None:
    X = np.array([[1.0, 0.0, 2.0], [2.0, -0.0, 4.0], [1.0, 2.0, 0.0], [0, 0, 0]])
    keys, filled = rows.row_keys(X, rows.salt(0))
    assert keys[0] == keys[1] != keys[2]
    assert filled.tolist() == [True, True, True, False]
    assert rows.row_keys(np.asfortranarray(X), rows.salt(0))[0].tolist() == keys.tolist()


def test_rows_of_one_key_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    X = many(400)
    expected = np.unique(X[X.any(axis=1)], axis=0)
    monkeypatch.setattr(rows, "_mixed", lambda words: words & np.uint64(3))
    np.testing.assert_array_equal(np.unique(X[rows.distinct_rows(X, 0)], axis=0), expected)
    got = sample_rows(cut(X, [100, 300]), 1000)
    np.testing.assert_array_equal(np.unique(got.rows, axis=0), expected)


@pytest.mark.parametrize(
    ("blocks", "m", "message"),
    [
        ([np.ones((2, 3))], 1, "sample_rows: m=1; expected at least 2"),
        ([], 5, "got no blocks; expected at least one"),
        ([np.ones((2, 3)), np.ones((2, 4))], 5, r"block 1 has shape \(2, 4\); expected 3 columns"),
        ([np.ones(3)], 5, r"block 0 has shape \(3,\); expected two dimensions"),
        ([np.array([[1.0, np.nan]])], 5, "block 0 has values that are missing or infinite"),
    ],
)
def test_blocks_that_cannot_be_read_are_refused(
    blocks: list[np.ndarray], m: int, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        sample_rows(blocks, m)


# The estimator on blocks


@pytest.mark.parametrize("n_clusters", [None, 30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_blocks_are_assigned_as_the_whole(
    monkeypatch: pytest.MonkeyPatch, n_clusters: int | None, dtype: type
) -> None:
    X = many().astype(dtype)
    fitted = FramingModel(n_clusters, max_exact=500).fit(X)
    found = np.concatenate(list(fitted.predict_blocks(cut(X, [1, 1000, 1001]))))
    np.testing.assert_array_equal(found, fitted.labels_)
    monkeypatch.setattr(rows, "BLOCK", 64)
    np.testing.assert_array_equal(fitted.predict(X), found)
    again = FramingModel(n_clusters, max_exact=500).fit(X)
    np.testing.assert_array_equal(again.labels_, found)
    np.testing.assert_allclose(
        again.transform(X), at_length_one(X) @ again.cluster_centers_.T, atol=1e-12
    )


def at_length_one(X: np.ndarray) -> np.ndarray:
    return X / np.maximum(np.linalg.norm(X.astype(float), axis=1, keepdims=True), 1e-12)


@pytest.mark.parametrize(("n_clusters", "max_exact"), [(None, 8000), (None, 400), (20, 400)])
def test_single_and_double_precision_of_the_same_numbers_agree(
    n_clusters: int | None, max_exact: int
) -> None:
    X = many()
    single, double = (
        FramingModel(n_clusters, max_exact=max_exact).fit(X.astype(t))
        for t in (np.float32, np.float64)
    )
    np.testing.assert_array_equal(single.labels_, double.labels_)
    np.testing.assert_array_equal(single.cluster_centers_, double.cluster_centers_)


@pytest.mark.parametrize("n_clusters", [None, 30])
def test_the_order_moves_no_centre_by_a_bit_where_rows_are_drawn(n_clusters: int | None) -> None:
    X = many()
    order = np.random.default_rng(2).permutation(len(X))
    first, again = (FramingModel(n_clusters, max_exact=400).fit(x) for x in (X, X[order]))
    np.testing.assert_array_equal(first.cluster_centers_, again.cluster_centers_)
    np.testing.assert_array_equal(first.labels_[order], again.labels_)


@pytest.mark.parametrize(
    ("n_clusters", "max_exact", "refined"), [(None, 400, 500), (30, 400, 900), (30, 8000, 10)]
)
def test_framings_of_blocks_are_those_of_the_whole(
    monkeypatch: pytest.MonkeyPatch, n_clusters: int | None, max_exact: int, refined: int
) -> None:
    monkeypatch.setattr(model, "REFINED", refined)
    X = many()
    whole = FramingModel(n_clusters, max_exact=max_exact).fit(X)
    parts = FramingModel(n_clusters, max_exact=max_exact).fit_blocks(cut(X, [500, 501, 2500]))
    ours, theirs = (np.unique(m.cluster_centers_, axis=0) for m in (whole, parts))
    np.testing.assert_array_equal(ours, theirs)


def test_framings_of_blocks_are_numbered_as_those_of_the_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(model, "REFINED", 500)
    X = many()
    whole = FramingModel(max_exact=400).fit(X)
    parts = FramingModel(max_exact=400).fit_blocks(cut(X, [500, 2500]))
    before = parts.predict(X)
    drawn = parts.labels_
    numbers = parts.number(np.bincount(before + 1, minlength=len(parts.cluster_centers_) + 1)[1:])
    np.testing.assert_array_equal(parts.cluster_centers_, whole.cluster_centers_)
    np.testing.assert_array_equal(parts.coarse_, whole.coarse_)
    np.testing.assert_array_equal(np.append(numbers, -1)[before], whole.labels_)
    np.testing.assert_array_equal(np.append(numbers, -1)[drawn], parts.labels_)
    kept = parts.number(np.arange(len(numbers)))  # the first gets none
    assert kept[0] == -1
    assert len(parts.cluster_centers_) == len(numbers) - 1


@pytest.mark.parametrize("copies", [1, 2])
def test_blocks_of_one_distinct_row_are_fitted(copies: int) -> None:
    fitted = FramingModel(min_cluster_size=2).fit_blocks([np.ones((copies, 4))])
    assert fitted.predict(np.ones((3, 4))).tolist() == [-1] * 3


def test_of_centres_that_are_equally_near_it_is_the_first() -> None:
    rng = np.random.default_rng(0)
    rows_ = at_length_one(rng.standard_normal((50, 33)))
    turned = np.linalg.qr(rng.standard_normal((33, 33)))[0]
    for k in range(50):
        side = turned[0] - (turned[0] @ rows_[k]) * rows_[k]
        pair = at_length_one(np.stack([rows_[k] + 0.3 * side, rows_[k] - 0.3 * side]))
        for block in (rows_[k : k + 1], rows_[k:], np.repeat(rows_[k : k + 1], 9, axis=0)):
            assert centres.nearest(block, pair, 0.4)[0] == 0
            assert centres.nearest(block, pair[::-1], 0.4)[0] == 0


@pytest.mark.parametrize("first", [None, 0.5])
def test_rows_stand_in_the_order_of_their_values(first: float | None) -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((2000, 7)).astype(np.float32)
    if first is not None:  # the first values at length 1 are equal
        X[:, 0] = first * np.linalg.norm(X[:, 1:].astype(float), axis=1)
        X[::2, 1:] = np.roll(X[1::2, 1:], 1, axis=1)
        X[::2, 0] = X[1::2, 0]
    at = rng.permutation(2000)[:1500]
    kept = rows.in_order(X, at)
    expected = np.unique(unit(X[at].astype(float)), axis=0)
    assert sorted(kept) == sorted(at)
    assert (rows.unit(X[kept]) == expected).all()
    assert (rows.single_rows(X, kept) == expected.astype(np.float32)).all()
    labels = rng.integers(-1, 5, 1500)
    assert (centres.summed_at(X, kept, labels, 5) == centres.summed(expected, labels, 5)).all()


@pytest.mark.parametrize("apart", [3e-3, 1e-5, 1e-8, 1e-10])
def test_the_nearest_centre_is_that_of_float64(apart: float) -> None:
    """Pairs of centres of which one is nearer by a little, and rows at the limit by as little."""
    rng = np.random.default_rng(0)
    middles = at_length_one(rng.standard_normal((40, 384)))
    turned = rng.standard_normal((40, 384)) * apart
    pairs = at_length_one(np.concatenate([middles + turned, middles - turned]))
    rows_ = at_length_one(middles.repeat(5, axis=0) + 0.05 * rng.standard_normal((200, 384)))
    rows_[7] = 0
    cosines = rows_ @ pairs.T
    best = np.sort(cosines, axis=1)
    clear = best[:, -1] - best[:, -2] > 1e-11
    assert clear.sum() > 150
    for limit in (0.4, best[3, -1] - apart / 9, best[3, -1] + apart / 9):
        expected = np.where(best[:, -1] >= limit, cosines.argmax(axis=1), -1)
        expected[7] = -1
        found, close = centres.nearest_with_ties(rows_, pairs, limit)
        assert (found == expected)[clear].all()
        assert set(np.flatnonzero(~clear)) - {7} <= set(close)


def test_what_fits_in_memory_is_found_by_scipys_tree() -> None:
    """The labels of an input that nothing is drawn from, by another route."""
    X = overlapping()
    tree = linkage(pdist(X, "cosine"), "average")
    groups = fcluster(tree, 0.6, "distance")
    kept = [g for g in np.unique(groups) if (groups == g).sum() >= 6]
    means = unit(np.array([X[groups == g].mean(axis=0) for g in kept]))
    cosines = X @ means.T
    expected = np.where(cosines.max(axis=1) >= 0.4, cosines.argmax(axis=1), -1)
    got = FramingModel(min_cluster_size=6).fit_predict(X)
    pairs = set(zip(got.tolist(), expected.tolist(), strict=True))
    assert len(pairs) == len(set(got.tolist())) == len(set(expected.tolist()))


def test_rows_that_were_not_joined_move_the_means(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mean of the rows so far, by a plain loop over batches."""
    monkeypatch.setattr(centres, "_BATCH", 7)
    X = at_length_one(many(300)[:290])
    at = np.random.default_rng(0).permutation(290)
    means = 0.8 * X[at[:20]]  # no unit vectors, as means are none
    got = centres.moved(X, at, means, 60, 0.4)

    def near(row: np.ndarray, centres: list[np.ndarray]) -> int:
        cosines = [row @ c / np.linalg.norm(c) for c in centres]
        return int(np.argmax(cosines)) if max(cosines) >= 0.4 else -1

    now = list(means)
    sizes = [max(1, sum(near(X[i], now) == k for i in at[:60])) for k in range(20)]
    for start in range(60, 290, 7):
        batch = at[start : start + 7]
        to = [near(X[i], now) for i in batch]
        for k in set(to) - {-1}:
            mine = X[[i for i, found in zip(batch, to, strict=True) if found == k]]
            now[k] = (now[k] * sizes[k] + mine.sum(axis=0)) / (sizes[k] + len(mine))
            sizes[k] += len(mine)
    np.testing.assert_allclose(got, now, atol=1e-12)
    assert np.abs(got - means).max() > 0.1


def test_sums_by_label_are_those_of_plain_loops() -> None:
    X = many(200).astype(np.float64)
    labels = np.random.default_rng(0).integers(-1, 5, len(X))
    expected = [X[labels == k].sum(axis=0) for k in range(6)]
    np.testing.assert_allclose(centres.summed(X, labels, 6), expected, atol=1e-12)


@pytest.mark.parametrize("method", ["average", "ward"])
def test_the_tree_is_scipys(method: str) -> None:
    X = unit(overlapping(300))
    distances = pdist(X, "cosine") if method == "average" else pdist(X)
    expected, got = linkage(distances, method), linked(X, method)
    np.testing.assert_allclose(got[:, 2], expected[:, 2], rtol=1e-4)
    np.testing.assert_array_equal(got[:, [0, 1, 3]], expected[:, [0, 1, 3]])


@pytest.mark.parametrize("method", ["average", "ward"])
def test_a_tree_of_equal_distances_ends(method: str) -> None:
    got = linked(np.eye(12), method)
    assert got[-1, 3] == 12
    assert sorted(got[:, :2].ravel().tolist()) == list(range(22))  # each is joined once
