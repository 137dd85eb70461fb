from __future__ import annotations

import numpy as np
import pytest
from test_framing_model import blobs, unit

from narrative.errors import InputError
from narrative.framings import FramingModel, certify, verdict
from narrative.framings.certificate import ALL, AXES, UNSTABLE


def documents(n: int) -> list[str]:
    return [f"d{i % 12}" for i in range(n)]


def test_framings_that_are_there_are_stable_on_every_axis() -> None:
    vectors, _ = blobs()
    turned = vectors @ np.linalg.qr(np.random.default_rng(0).standard_normal((24, 24)))[0]
    got = certify(
        FramingModel().fit(vectors), vectors, documents(len(vectors)),
        encoders={"turned": turned}, axes=AXES, n_boot=6,
    )  # fmt: skip
    found = got.by_framing()
    assert found["axis"].unique().tolist() == got.by_axis()["axis"].tolist() == [ALL, *AXES]
    assert (found["n"] == 6).all()
    assert (found["stability"] > 0.9).all()
    assert (got.by_axis()["ami"] > 0.9).all()
    assert sorted(got.stability()) == [0, 1, 2]
    assert (found["low"] <= found["stability"]).all()


def test_what_is_not_there_is_unstable() -> None:
    vectors = unit(np.random.default_rng(2).standard_normal((80, 24)))
    model = FramingModel(6, min_cluster_size=5, min_similarity=-1).fit(vectors)
    got = certify(model, vectors, [str(i) for i in range(80)], n_boot=10)
    assert np.mean(list(got.stability().values())) < UNSTABLE


def test_one_axis_alone_leaves_the_others_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, _ = blobs()
    model = FramingModel().fit(vectors)
    other = unit(np.random.default_rng(1).standard_normal(vectors.shape))
    seen: list[tuple[int, np.ndarray]] = []

    def fit(self: FramingModel, rows: np.ndarray) -> FramingModel:
        seen.append((self.random_state, rows))
        self.labels_ = model.predict(rows)
        return self

    monkeypatch.setattr(FramingModel, "fit", fit)
    certify(model, vectors, documents(len(vectors)), encoders={"other": other}, axes=AXES, n_boot=2)
    by_axis = {axis: seen[2 * i : 2 * i + 2] for i, axis in enumerate((ALL, *AXES))}
    for axis, fits in by_axis.items():
        states = {state for state, _ in fits}
        assert (states == {0}) == (axis not in ("random_state", ALL))
        assert len(states - {0}) in (0, 2)  # another one each time
        sizes = [len(rows) for _, rows in fits]
        assert (max(sizes) < len(vectors)) == (axis in ("documents", ALL))
    np.testing.assert_array_equal(by_axis["encoder"][0][1], vectors)
    np.testing.assert_array_equal(by_axis["encoder"][1][1], other)
    shuffled = by_axis["order"][0][1]
    assert (shuffled != vectors).any()
    np.testing.assert_array_equal(np.unique(shuffled, axis=0), np.unique(vectors, axis=0))


@pytest.mark.parametrize(
    ("stability", "expected"),
    [(0.59, "unstable"), (0.6, "doubtful"), (0.74, "doubtful"), (0.75, "stable"),
     (float("nan"), "not measured")],
)  # fmt: skip
def test_the_verdict_is_hennigs(stability: float, expected: str) -> None:
    assert verdict(stability) == expected


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"axes": ["document"]}, "axis 'document' is unknown; expected one of documents, random"),
        ({"axes": ["encoder"]}, "the axis 'encoder' needs vectors of other encoders"),
        ({"documents": ["a"]}, "documents: got 1 rows for 36 vectors; expected one each"),
        ({"encoders": {"x": np.ones((2, 3))}}, "x: got 2 rows for 36 vectors; expected one each"),
        ({"n_boot": -1}, "n_boot=-1; expected at least 0"),
        ({"vectors": np.ones((0, 24)), "documents": []}, "got no rows"),
    ],
)
def test_what_cannot_be_certified_is_refused(changed: dict[str, object], message: str) -> None:
    vectors, _ = blobs()
    given = {"vectors": vectors, "documents": documents(len(vectors))} | changed
    with pytest.raises(InputError, match=message):
        certify(FramingModel().fit(vectors), **given)


def test_stability_is_the_mean_of_the_best_jaccard_similarity() -> None:
    vectors, truth = blobs()
    model = FramingModel().fit(vectors)
    # Another encoder sees the first blob as two.
    split = vectors.copy()
    split[:7] = unit(np.eye(24)[[9] * 7] + 0.01 * vectors[:7])
    got = certify(
        model, vectors, documents(len(vectors)), encoders={"split": split}, axes=("encoder",),
        n_boot=2,
    ).by_framing().query("axis == 'encoder'").set_index("framing")["stability"]  # fmt: skip
    assert got[0] == pytest.approx((1 + 7 / 14) / 2)
    assert got[1] == got[2] == 1
    assert (truth == 0).sum() == 14


def test_no_replicates_measure_nothing_and_the_same_state_gives_the_same() -> None:
    vectors, _ = blobs()
    model = FramingModel().fit(vectors)
    assert certify(model, vectors, documents(len(vectors)), n_boot=0).stability() == {}
    one, two = (certify(model, vectors, documents(len(vectors)), n_boot=3) for _ in range(2))
    assert one.framings.equals(two.framings)
    assert one.overall.equals(two.overall)


@pytest.mark.parametrize(("n_rows", "least"), [(None, 5), (10_000, 2)])
def test_replicates_of_a_sample_ask_for_its_share_of_the_least_rows(
    monkeypatch: pytest.MonkeyPatch, n_rows: int | None, least: int
) -> None:
    vectors, _ = blobs()
    model = FramingModel(min_cluster_size=8).fit(vectors)
    asked: list[int] = []

    def fit(self: FramingModel, rows: np.ndarray) -> FramingModel:
        asked.append(self.min_cluster_size)
        self.labels_ = model.predict(rows)
        return self

    monkeypatch.setattr(FramingModel, "fit", fit)
    names = [str(i) for i in range(len(vectors))]
    certify(model, vectors, names, n_boot=4, n_rows=n_rows)
    assert np.median(asked) == pytest.approx(least, abs=0 if n_rows else 1)


def test_a_framing_of_which_nothing_was_drawn_has_fewer_replicates() -> None:
    vectors, truth = blobs()
    names = ["a" if k == 0 else "b" for k in truth]
    got = certify(FramingModel().fit(vectors), vectors, names, n_boot=12).by_framing()
    assert got["n"].min() < 12


def test_every_replicate_is_told() -> None:
    vectors, _ = blobs()
    told: list[tuple[int, int]] = []
    certify(
        FramingModel().fit(vectors), vectors, documents(len(vectors)), axes=["order"], n_boot=3,
        progress=lambda *given: told.append(given),
    )  # fmt: skip
    assert told == [(n, 6) for n in range(1, 7)]
