"""What the experiments' figures rest on: statistics, behavioural tests, the table of scores."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "experiments"))
import common
import e08_stance_models
import stance_behaviour
import stance_contests
import stance_public
import validity


def test_auc_is_that_of_sided_claims() -> None:
    rng = np.random.default_rng(0)
    y, score = rng.integers(-1, 2, 80), np.round(rng.normal(size=80), 1)  # with ties
    taken = y != 0
    expected = roc_auc_score(y[taken] > 0, score[taken])
    assert validity.favor_auc(y, score) == pytest.approx(expected)
    assert np.isnan(validity.favor_auc(np.array([0, 1]), np.array([0.1, 0.2])))


def test_the_guess_is_the_majority_of_all_or_of_a_camp() -> None:
    y, camp = np.array([1, 1, 1, -1, -1]), np.array(["a", "a", "a", "b", "b"])
    assert e08_stance_models.guess(y).argmax(axis=1).tolist() == [2] * 5
    assert (e08_stance_models.guess(y, camp).argmax(axis=1) - 1).tolist() == y.tolist()


def test_the_side_counts_only_where_one_is_taken() -> None:
    y = np.array([1, -1, 0])
    p = np.array([[0.1, 0.8, 0.1], [0.3, 0.6, 0.1], [0.0, 0.0, 1.0]])
    assert stance_contests._side(y, p, np.arange(3)) == 0.5  # a tie is against


def test_contradictions_are_counted_both_ways() -> None:
    y, p = np.array([-1, -1, 0, 1]), np.array([-1, 0, -1, 1])
    assert stance_public.contradiction_f1(y, p) == 0.5
    assert stance_public.contradiction_f1(np.array([0]), np.array([0])) == 0.0


@pytest.mark.parametrize(
    ("wanted", "passing"),
    [
        ("none", {(0, 0), (0, 1), (0, -1)}),
        ("same", {(0, 0), (1, 1), (-1, -1)}),
        ("same side", {(1, 1), (-1, -1)}),
        ("flip", {(1, -1), (-1, 1)}),
        ("not the same side", {(1, 0), (1, -1), (-1, 0), (-1, 1)}),
    ],
)
def test_a_behavioural_case_passes_as_it_says(wanted: str, passing: set[tuple[int, int]]) -> None:
    case = stance_behaviour.Case("t", "f", "h", 0, 1, wanted)
    both = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1)]
    assert {s for s in both if stance_behaviour._passes(case, np.array(s))} == passing


def test_a_statistic_of_some_rows_says_how_many() -> None:
    y = np.array([1.0, 0.0, 1.0, 1.0])
    taken = np.array([True, False, True, False])
    row = common.figure("d", "s", "m", "x", lambda at: float(y[at].mean()), list("abcd"), "u")
    assert (row["value"], row["n"]) == (0.75, 4)
    assert row["low"] < 0.75 < row["high"]
    row = common.figure(
        "d", "s", "m", "x", lambda at: 0.5, list("abcd"), "u", counts=taken, interval=False
    )
    assert row["n"] == 2
    assert np.isnan(row["low"])


def _rows(**values: float) -> list[dict[str, object]]:
    return [
        {"dataset": "d", "split": "s", "metric": m, "system": "x", "value": v, "n": 1, "unit": "u"}
        for m, v in values.items()
    ]


def test_scores_replace_an_experiment_or_only_what_is_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(common, "SCORES", tmp_path / "scores.csv")
    common.record_scores("e1", _rows(a=0.1, b=0.2))
    common.record_scores("e2", _rows(a=0.3))

    def kept() -> dict[tuple[str, str], float]:
        table = pd.read_csv(tmp_path / "scores.csv").set_index(["experiment", "metric"])
        return {k: float(v) for k, v in table["value"].items()}

    common.record_scores("e1", _rows(b=0.5, c=0.6), alone=False)
    assert kept() == {("e1", "a"): 0.1, ("e1", "b"): 0.5, ("e1", "c"): 0.6, ("e2", "a"): 0.3}
    common.record_scores("e1", _rows(c=0.7))
    assert kept() == {("e1", "c"): 0.7, ("e2", "a"): 0.3}
    common.record_scores("e2", _rows(z=0.9), keep="d")
    assert kept() == {("e1", "c"): 0.7, ("e2", "a"): 0.3, ("e2", "z"): 0.9}
