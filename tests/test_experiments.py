"""What the experiments' figures rest on: statistics, behavioural tests, the table of scores."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "experiments"))
import common
import e08_stance_models
import e09_framing_models as e09
import e12_recovery as e12
import e13_battle_corpora as e13
import framing_guided
import framing_sets
import stance_behaviour
import stance_contests
import stance_public
import validity

from narrative.simulate import Exposure


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


def test_copies_are_summed_with_their_first_publisher_in_each_sample() -> None:
    group = np.array([[0, 0], [1, 1], [0, 1], [0, 1]])
    counts = np.array([[1, 10], [2, 20], [4, 40], [8, 80]])
    assert e12.grouped(counts, group).tolist() == [[13, 10], [2, 140]]


def test_an_exposure_is_measured_against_the_weeks_that_are_compared() -> None:
    found = e12.exposed(0.0, Exposure(e12.EXPOSED, -0.4, 4.0), 1)
    ((_, p, close),) = found.values()
    assert close == pytest.approx(-0.4 * np.mean(0.5 ** (np.arange(8) / 4)))
    assert 0 < p <= 1


def days(side: str, camp: str, favor: int, claims: int) -> pd.DataFrame:
    """Return twelve days on which a side speaks so often, and so often for a framing."""
    each = {"side": side, "camp": camp, "outlet": side}
    day = [f"2022-03-{i:02d}" for i in range(1, 13)]
    every = pd.DataFrame({"day": day, "framing_id": "", "claims": claims, "favor": 0} | each)
    mine = {"framing_id": "russian_advance", "claims": favor, "favor": favor}
    return pd.concat([every, pd.DataFrame({"day": day} | mine | each)])


def test_sides_that_speak_less_weigh_as_much() -> None:
    table = pd.concat(
        [days("Russian side", "russian", 5, 10), days("Ukrainian side", "ukrainian", 100, 1000)]
    )
    found = e13.sides_equal(table, "russian_advance")
    assert found["value"] == pytest.approx(0.1 / 0.6)
    assert found["n"] == 12 * 105


def test_few_claims_or_days_give_no_share() -> None:
    one = pd.Series(1.0, index=[f"d{i:02d}" for i in range(12)])
    assert e13.share(one, 3 * one)["value"] == pytest.approx(1 / 3)
    assert np.isnan(e13.share(one, 2 * one)["value"])  # 24 claims
    assert np.isnan(e13.share(one[:5], 10 * one[:5])["value"])  # 5 days


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
    common.record_scores("e2", _rows(z=0.9), keep=["d"])
    assert kept() == {("e1", "c"): 0.7, ("e2", "a"): 0.3, ("e2", "z"): 0.9}


# Ways to find framings beside each other


def test_a_cluster_counts_for_the_group_that_it_is_matched_to() -> None:
    y = np.array(list("aaabbb"))
    assert e09.matched_accuracy(y, np.array([1, 1, 1, 0, 0, 0])) == 1
    assert e09.matched_accuracy(y, np.array([0, 0, 0, 0, 0, 0])) == 0.5
    assert e09.matched_accuracy(y, np.array([0, 0, 1, 2, 2, 2])) == pytest.approx(5 / 6)
    # Noise is matched to nothing, however much of a group it is.
    assert e09.matched_accuracy(y, np.array([-1, -1, -1, 0, 0, 0])) == 0.5
    assert e09.matched_accuracy(y, np.full(6, -1)) == 0


def test_halves_keep_units_whole_unless_there_are_few() -> None:
    units = np.repeat([f"u{i}" for i in range(20)], 3)
    parts, drawn = e09.halves(units)
    assert drawn == "units"
    for part in parts:
        assert part.sum() == 30
        assert all(part[units == u].all() or not part[units == u].any() for u in set(units))
    few = np.repeat(["a", "b"], 30)
    parts, drawn = e09.halves(few)
    assert drawn == "texts of 2 debates"
    assert all(part.sum() == 30 and len(set(few[part])) == 2 for part in parts)
    assert e09.halves(np.arange(30).astype(str))[1] == "texts"


def test_the_spread_of_halves_is_the_standard_error_of_a_mean() -> None:
    values = np.random.default_rng(0).standard_normal(400)
    by_half = [values[part].mean() for part in e09.halves(np.arange(400).astype(str))[0]]
    row = e09.interval([values.mean()], by_half)
    expected = 1.96 * values.std() / 20
    assert row["high"] - row["value"] == pytest.approx(expected, rel=0.25)


def test_an_interval_adds_the_states_to_the_sample_and_stays_in_range() -> None:
    row = e09.interval([0.4, 0.5, 0.6], [0.45, 0.55])
    error = np.hypot(0.05, 0.1 / 3**0.5)
    assert row["value"] == pytest.approx(0.5)
    assert row["high"] - 0.5 == pytest.approx(1.96 * error)
    row = e09.interval([0.99], [0.9, 1.0, 0.8], least=0)
    assert row["high"] == 1
    assert e09.interval([0.01], [0.0, 0.1, 0.2], least=0)["low"] == 0


def test_every_system_is_scored_beside_ours_of_the_same_vectors() -> None:
    y = np.repeat(["a", "b"], 20)
    groups = pd.DataFrame({"label": y, "unit": np.arange(40).astype(str)})
    right, wrong = np.repeat([0, 1], 20), np.tile([0, 1], 20)
    ours, aware = "narrative", f"narrative, {e09.AWARE}"
    found = {
        ours: [right, right, right],
        aware: [wrong],
        "k-means": [wrong],
        f"k-means, {e09.AWARE}": [right, wrong],
    }
    rows = pd.DataFrame(e09.scored("ArgKP", groups, found))
    value = rows.set_index(["metric", "system"])["value"]
    assert value["AMI", ours] == 1
    ahead = "AMI of ours, less this one's"
    assert (ahead, ours) not in value.index
    assert value[ahead, "k-means"] == pytest.approx(1 - value["AMI", "k-means"])
    mean = value["AMI", f"k-means, {e09.AWARE}"]
    assert mean == pytest.approx((1 + value["AMI", "k-means"]) / 2)
    assert value[ahead, f"k-means, {e09.AWARE}"] == pytest.approx(value["AMI", aware] - mean)
    assert value["AMI between runs", ours] == 1
    assert ("AMI between runs", "k-means") not in value.index
    assert rows["high"].dropna().max() <= 1


def test_a_system_cannot_spoil_the_vectors_of_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    def spoils(texts: object, vectors: np.ndarray, k: int, state: int) -> np.ndarray:
        vectors[:] = 0
        return np.zeros(len(vectors))

    monkeypatch.setattr(e09, "systems", lambda words, encode: {"spoils": spoils})
    groups = pd.DataFrame({"raw": ["x", "y"], "text": ["x", "y"], "label": ["a", "b"]})
    with pytest.raises(ValueError, match="read-only"):
        e09.grouped("ArgKP", groups, "raw text", lambda g: np.ones((len(g), 2)), 2)


def test_what_is_not_sure_of_a_framing_is_other() -> None:
    p = np.array([[0.5, 0.2, 0.3], [0.3, 0.35, 0.35], [0.1, 0.1, 0.8]])
    assert framing_guided.decided(p, ["a", "b", "other"], 0.4).tolist() == ["a", "other", "other"]
    assert framing_guided.decided(p, ["a", "b", "other"], 0).tolist() == ["a", "b", "a"]


def test_a_set_that_is_not_at_hand_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("NARRATIVE_DATA", raising=False)
    assert framing_sets.read_groups("ArgKP") is None
    monkeypatch.setenv("NARRATIVE_DATA", str(tmp_path))
    assert framing_sets.read_groups("Tweet") is None


def _data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: str) -> Path:
    monkeypatch.setenv("NARRATIVE_DATA", str(tmp_path))
    (tmp_path / folder).mkdir(parents=True)
    return tmp_path / folder


def test_groups_by_keyword_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = _data(monkeypatch, tmp_path, "war/euvsdisinfo")
    keywords = ["A"] * 11 + ["A+B", "B"] + ["Other"] * 12
    rows = [{"title": f"claim {i}", "keywords": k} for i, k in enumerate(keywords)]
    rows[10]["title"] = "claim 9"  # the same twice
    pd.DataFrame(rows).to_csv(folder / "claims_2015_2019.csv", index=False)
    got = framing_sets.read_groups("EUvsDisinfo")
    assert got is not None
    # One keyword each, of ten different claims at least, and no rest.
    assert got["label"].tolist() == ["A"] * 10
    assert got["text"].tolist() == [f"claim {i}" for i in range(10)]


def test_groups_of_perspectives_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = _data(monkeypatch, tmp_path, "stance/perspectrum")
    pool = [{"pId": i, "text": f"view {i}"} for i in range(7)]
    claim = {"cId": 1, "perspectives": [{"pids": [0, 1, 5]}, {"pids": [2, 3]}, {"pids": [4, 5]}]}
    for name, content in (
        ("perspective_pool", pool),
        ("dataset_split", {"1": "test"}),
        ("perspectrum_with_answers", [claim]),
    ):
        (folder / f"{name}_v1.0.json").write_text(json.dumps(content))
    got = framing_sets.read_groups("Perspectrum")
    assert got is not None
    # View 5 is in two groups and belongs to none; view 4 is then alone.
    assert got["text"].tolist() == ["view 0", "view 1", "view 2", "view 3"]
    assert got["label"].tolist() == ["1/0", "1/0", "1/1", "1/1"]


def test_groups_of_arguments_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = _data(monkeypatch, tmp_path, "stance/argkp2021/test_data")
    (folder / "labels_test.csv").write_text(
        "arg_id,key_point_id,label\na1,k1,1\na2,k1,0\na3,k1,1\na3,k2,1\n"
    )
    (folder / "arguments_test.csv").write_text(
        "arg_id,argument,topic\na1,one,t\na2,two,t\na3,three,t\n"
    )
    got = framing_sets.read_groups("ArgKP")
    assert got is not None
    assert got.to_numpy().tolist() == [["one", "k1", "t"]]  # what matches one key point


def test_topics_of_short_texts_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = _data(monkeypatch, tmp_path, "short_text_clustering/rakib")
    (folder / "agnewsdataraw-8000").write_text("1\ta\x85b\n2\t\n\n2\tc\n", encoding="utf-8")
    got = framing_sets.read_groups("AG News")
    assert got is not None
    assert got[["text", "label"]].to_numpy().tolist() == [["a\x85b", "1"], ["c", "2"]]


def test_files_of_a_set_that_do_not_fit_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = _data(monkeypatch, tmp_path, "short_text_clustering/sttm")
    with pytest.raises(SystemExit, match=r"Tweet: .*Tweet\.txt is missing"):
        framing_sets.read_groups("Tweet")
    (folder / "Tweet.txt").write_text("a\nb\n")
    (folder / "Tweet_LABEL.txt").write_text("1\n")
    with pytest.raises(SystemExit, match="2 texts, 1 labels"):
        framing_sets.read_groups("Tweet")
