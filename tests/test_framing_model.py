from __future__ import annotations

import json
import pickle
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import adjusted_mutual_info_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from narrative.errors import InputError, WeightsError
from narrative.framings import FramingModel

SIZES = (14, 12, 10)


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def blobs(dims: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """Return three tight groups of unit vectors around orthogonal axes, and their numbers."""
    rng = np.random.default_rng(5)
    truth = np.repeat(np.arange(3), SIZES)
    return unit(np.eye(dims)[truth] + 0.05 * rng.standard_normal((len(truth), dims))), truth


@parametrize_with_checks([FramingModel()])
def test_it_keeps_the_contract_of_scikit_learn(estimator: FramingModel, check: object) -> None:
    check(estimator)


def test_three_blobs_are_three_framings_numbered_by_size() -> None:
    vectors, truth = blobs()
    model = FramingModel().fit(vectors)
    assert model.labels_.tolist() == truth.tolist()  # the largest blob is 0
    np.testing.assert_allclose(np.linalg.norm(model.cluster_centers_, axis=1), 1)
    assert model.get_feature_names_out().tolist() == [f"framingmodel{k}" for k in range(3)]


def test_points_far_from_every_framing_are_noise() -> None:
    vectors, truth = blobs()
    lone = unit(np.eye(24)[3:6] + np.eye(24)[[9, 11, 13]])
    got = FramingModel().fit_predict(np.vstack([vectors, lone]))
    assert got[: len(truth)].tolist() == truth.tolist()
    assert (got[len(truth) :] == -1).all()


@pytest.mark.parametrize("max_exact", [8000, 20])
def test_the_order_of_rows_does_not_matter(max_exact: int) -> None:
    vectors, _ = blobs()
    order = np.random.default_rng(1).permutation(len(vectors))
    model = FramingModel(max_exact=max_exact)
    first, again = model.fit_predict(vectors), clone(model).fit_predict(vectors[order])
    np.testing.assert_array_equal(again, first[order])


def overlapping(n: int = 600) -> np.ndarray:
    """Return unit vectors around twelve centres that are not far apart."""
    rng = np.random.default_rng(3)
    centres = rng.standard_normal((12, 24))
    return unit(centres[rng.integers(0, 12, n)] + 0.7 * rng.standard_normal((n, 24)))


def test_what_is_found_in_a_part_is_much_what_is_found_in_all() -> None:
    vectors = overlapping()
    whole, part = (FramingModel(min_cluster_size=6, max_exact=n).fit(vectors) for n in (8000, 300))
    assert len(part.cluster_centers_) == pytest.approx(len(whole.cluster_centers_), abs=3)
    assert adjusted_mutual_info_score(whole.labels_, part.labels_) > 0.8
    again, other = (
        FramingModel(min_cluster_size=6, max_exact=300, random_state=k).fit(vectors) for k in (0, 1)
    )
    np.testing.assert_array_equal(again.cluster_centers_, part.cluster_centers_)
    # Another part was drawn.
    assert other.cluster_centers_.tolist() != part.cluster_centers_.tolist()


def test_a_row_that_stands_often_counts_once() -> None:
    vectors, truth = blobs()
    often = np.vstack([vectors, np.repeat(vectors[-1:], 40, axis=0)])
    once, many = FramingModel().fit(vectors), FramingModel().fit(often)
    # The same framings, of which the smallest is now the largest.
    np.testing.assert_allclose(many.cluster_centers_, once.cluster_centers_[[2, 0, 1]])
    assert many.labels_[: len(truth)].tolist() == [(k + 1) % 3 for k in truth]


@pytest.mark.parametrize(("n", "expected"), [(2, [-1] * 2), (9, [-1] * 9)])
def test_copies_of_one_row_are_no_framing(n: int, expected: list[int]) -> None:
    assert FramingModel(min_cluster_size=2).fit_predict(np.ones((n, 8))).tolist() == expected


def test_rows_of_zeros_belong_to_nothing() -> None:
    rows = np.array([[1.0, 0, 0], [0.8, 0.6, 0], [0, 0, 0]])
    assert FramingModel(min_cluster_size=3).fit_predict(rows).tolist() == [-1, -1, -1]
    got = FramingModel(min_cluster_size=2, min_similarity=-1).fit_predict(rows)
    assert got.tolist() == [0, 0, -1]
    assert FramingModel().fit_predict(np.zeros((4, 3))).tolist() == [-1] * 4


def test_no_group_is_large_enough() -> None:
    vectors, _ = blobs()
    model = FramingModel(min_cluster_size=20).fit(vectors)
    assert set(model.labels_) == {-1}
    assert model.transform(vectors).shape == (len(vectors), 0)
    assert set(model.predict(vectors[:3])) == {-1}


@pytest.mark.parametrize("n_clusters", [1, 2, 3])
def test_as_many_framings_as_asked_for(n_clusters: int) -> None:
    vectors, truth = blobs()
    model = FramingModel(n_clusters, min_cluster_size=5, min_similarity=-1).fit(vectors)
    assert len(model.cluster_centers_) == n_clusters
    joined = np.minimum(truth, n_clusters - 1) if n_clusters < 3 else truth
    assert len(set(zip(model.labels_, truth, strict=True))) == 3  # no blob is cut
    assert len(set(model.labels_)) == len(set(joined))


def test_lone_rows_are_no_framings_however_many_are_asked_for() -> None:
    vectors, truth = blobs()
    lone = np.eye(24)[3:9]
    model = FramingModel(3, min_cluster_size=5).fit(np.vstack([vectors, lone]))
    assert model.labels_[: len(truth)].tolist() == truth.tolist()
    assert set(model.labels_[len(truth) :]) == {-1}


def test_more_framings_than_there_are_groups_warn() -> None:
    vectors, _ = blobs()
    model = FramingModel(9, min_cluster_size=8)
    with pytest.warns(ConvergenceWarning, match="9 framings asked for; at most 3 groups at a time"):
        model.fit(vectors)
    assert len(model.cluster_centers_) == 3


def test_equal_distances_are_joined_one_after_the_other() -> None:
    model = FramingModel(3, min_cluster_size=1, min_similarity=-1).fit(np.eye(6))
    assert len(model.cluster_centers_) == 3


def test_near_framings_share_a_coarse_one() -> None:
    rng = np.random.default_rng(4)
    axes = np.eye(24)
    centres = np.stack([axes[0] + 0.5 * axes[1], axes[0] + 0.5 * axes[2], axes[3]])
    truth = np.repeat(np.arange(3), (12, 11, 10))
    vectors = unit(centres[truth] + 0.03 * rng.standard_normal((33, 24)))
    model = FramingModel(distance_threshold=0.1, coarse_threshold=0.6).fit(vectors)
    assert model.labels_.tolist() == truth.tolist()
    assert model.coarse_.tolist() == [0, 0, 1]
    # Nearer than the threshold they are one framing.
    assert FramingModel(distance_threshold=0.6).fit(vectors).coarse_.tolist() == [0, 1]


def test_a_given_number_is_not_spent_on_rows_far_from_all() -> None:
    rng = np.random.default_rng(0)
    centres = np.eye(12)[:3]
    near = np.repeat(centres, 20, axis=0) + 0.2 * rng.standard_normal((60, 12))
    far = np.vstack([np.eye(12)[3:], -np.eye(12)[3:]])
    model = FramingModel(3, min_cluster_size=1, min_similarity=-1).fit(np.vstack([near, far]))
    assert [len(set(model.labels_[20 * k : 20 * (k + 1)])) for k in range(3)] == [1, 1, 1]
    assert len(set(model.labels_[:60])) == 3


def test_framings_of_a_given_number_have_coarse_ones_by_the_cosine_of_their_rows() -> None:
    # Rows of one plane: two framings 40 degrees apart, the third opposite.
    angles = np.radians([0, 2, 4, 40, 42, 44, 180, 182, 184])
    vectors = np.column_stack([np.cos(angles), np.sin(angles)])
    model = FramingModel(3, coarse_threshold=0.5).fit(vectors)
    first, second, third = model.coarse_[model.labels_[[0, 3, 6]]]
    assert first == second != third
    apart = FramingModel(3, coarse_threshold=0.2).fit(vectors)
    assert len(set(apart.coarse_)) == 3


def test_new_rows_are_assigned_without_fitting() -> None:
    vectors, truth = blobs()
    model = FramingModel().fit(vectors)
    centres = model.cluster_centers_.copy()
    new = np.vstack([3 * np.eye(24)[:3], np.eye(24)[5:6]])  # any length
    assert model.predict(new).tolist() == [0, 1, 2, -1]
    np.testing.assert_allclose(model.transform(vectors).argmax(axis=1), truth)
    np.testing.assert_array_equal(model.cluster_centers_, centres)


def test_rows_of_another_width_are_refused() -> None:
    model = FramingModel().fit(blobs()[0])
    with pytest.raises(ValueError, match="X has 3 features, but FramingModel is expecting 24"):
        model.predict(np.ones((2, 3)))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("n_clusters", 0, "an integer of at least 1"),
        ("n_clusters", 2.5, "an integer of at least 1"),
        ("n_clusters", "3", "an integer of at least 1"),
        ("distance_threshold", 2.1, "a number from 0 to 2"),
        ("coarse_threshold", -0.1, "a number from 0 to 2"),
        ("min_cluster_size", 0, "an integer of at least 1"),
        ("min_cluster_size", True, "an integer of at least 1"),
        ("min_similarity", 1.5, "a number from -1 to 1"),
        ("min_similarity", float("nan"), "a number from -1 to 1"),
        ("max_exact", 20.0, "an integer of at least 2"),
    ],
)
def test_a_parameter_out_of_range_is_refused(name: str, value: object, expected: str) -> None:
    message = re.escape(f"FramingModel: {name}={value!r}; expected {expected}.")
    with pytest.raises(InputError, match=message):
        FramingModel(**{name: value}).fit(blobs()[0])


# One file, without pickle


def test_a_saved_model_is_the_same(tmp_path: Path) -> None:
    vectors, _ = blobs()
    model = FramingModel(np.int64(3), distance_threshold=0.5, coarse_threshold=0.9).fit(vectors)
    model.save(tmp_path / "model.safetensors")
    again = FramingModel.load(tmp_path / "model.safetensors")
    assert again.get_params() == model.get_params()
    for name in ("cluster_centers_", "coarse_", "labels_"):
        np.testing.assert_array_equal(getattr(again, name), getattr(model, name))
    np.testing.assert_array_equal(again.predict(vectors), model.labels_)
    with pytest.raises(ValueError, match="expecting 24 features"):
        again.predict(np.ones((1, 2)))
    model.save(tmp_path / "twice.safetensors")
    files = [tmp_path / f"{n}.safetensors" for n in ("model", "twice")]
    assert files[0].read_bytes() == files[1].read_bytes()
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).labels_, model.labels_)


def test_names_of_features_are_kept(tmp_path: Path) -> None:
    table = pd.DataFrame(blobs()[0]).add_prefix("d")
    FramingModel().fit(table).save(tmp_path / "model.safetensors")
    again = FramingModel.load(tmp_path / "model.safetensors")
    assert again.feature_names_in_.tolist() == table.columns.tolist()
    with pytest.raises(ValueError, match="feature names should match"):
        again.predict(table.add_prefix("x"))


def test_an_unfitted_model_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(NotFittedError):
        FramingModel().save(tmp_path / "model.safetensors")
    assert not list(tmp_path.iterdir())


def test_what_is_no_model_of_this_version_says_why(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    with pytest.raises(WeightsError, match="no such weights"):
        FramingModel.load(path)
    path.write_bytes(b"nothing")
    with pytest.raises(WeightsError, match="not a whole safetensors file"):
        FramingModel.load(path)
    meta = {"format": "narrative-framings-1", "written_by": "9.9", "features": 2, "names": []}
    for parameters in ({}, {"parameters": {"gone": 1}}, {"parameters": {}}):
        text = json.dumps(meta | parameters)
        save_file({"a": np.ones(1)}, path, metadata={"narrative": text})
        with pytest.raises(WeightsError, match=r"written by narrative 9\.9, which this version"):
            FramingModel.load(path)
    save_file({"a": np.ones(1)}, path, metadata={"narrative": '{"format": "narrative-framings-9"}'})
    with pytest.raises(
        WeightsError, match="format is 'narrative-framings-9', expected 'narrative-framings-1'"
    ):
        FramingModel.load(path)
