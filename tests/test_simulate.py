from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from narrative.battle import COUNTED, claim_weights
from narrative.errors import InputError
from narrative.simulate import (
    Copying,
    Exposure,
    LabelError,
    Truth,
    simulate_copies,
    simulate_corpus,
    simulate_series,
    simulate_weeks,
    with_label_error,
)

COPYING = Copying(share=0.3, lean=1.0, lost=0.2)
ERROR = LabelError(0.8, 0.9, ((0.7, 0.2, 0.1), (0.05, 0.9, 0.05), (0.3, 0.1, 0.6)))


def test_the_state_decides_the_corpus() -> None:
    first, again, other = (simulate_corpus(8, random_state=s) for s in (1, 1, 2))
    for name, table in first.items():
        pd.testing.assert_frame_equal(table, again[name])
    assert not first["stances"].equals(other["stances"])


def test_tables_fit_together() -> None:
    tables = simulate_corpus(7, claims_per_doc=5)
    claims, stances = tables["claims"], tables["stances"]
    assert len(claims) == 35
    assert claims["claim_id"].is_unique
    assert set(claims["doc_id"]) == set(tables["documents"]["doc_id"])
    assert claims["claim_id"].tolist() == tables["assignments"]["claim_id"].tolist()
    assert claims["claim_id"].tolist() == stances["claim_id"].tolist()
    np.testing.assert_array_equal(stances[["p_against", "p_none", "p_favor"]].sum(axis=1), 1)
    inside = (tables["assignments"]["framing_id"] == "f").to_numpy()
    np.testing.assert_array_equal(stances["stance"] != 0, inside)


def test_without_deviations_the_truth_is_what_was_asked_for() -> None:
    truth = simulate_corpus(1, truth=Truth(0.3, 0.2, between=0.0))["truth"].iloc[0]
    assert truth["prevalence"] == pytest.approx(0.3)
    assert truth["stance"] == pytest.approx(0.2)


@pytest.mark.parametrize("asked", [Truth(), Truth(0.1, -0.6, 1.5), Truth(0.8, 0.0, 1.0)])
def test_large_corpora_approach_their_stated_truth(asked: Truth) -> None:
    tables = simulate_corpus(20_000, claims_per_doc=5, truth=asked, random_state=1)
    truth = tables["truth"].iloc[0]
    inside = tables["assignments"]["framing_id"] == "f"
    assert inside.mean() == pytest.approx(truth["prevalence"], abs=0.01)
    side = tables["stances"]["stance"]
    assert side[side != 0].mean() == pytest.approx(truth["stance"], abs=0.02)


def test_claims_of_a_document_resemble_each_other_as_much_as_asked() -> None:
    def spread(between: float) -> float:
        tables = simulate_corpus(2000, truth=Truth(0.5, 0.0, between), random_state=0)
        inside = (tables["assignments"]["framing_id"] == "f").groupby(tables["claims"]["doc_id"])
        return float(inside.mean().var())

    binomial = 0.25 / 20
    assert spread(0.0) == pytest.approx(binomial, rel=0.1)
    assert spread(1.0) > 3 * binomial


# Copies


def test_a_set_share_of_documents_repeats_the_words_of_earlier_ones() -> None:
    tables = simulate_corpus(100, claims_per_doc=6, copying=COPYING, random_state=1)
    documents, claims = tables["documents"].set_index("doc_id"), tables["claims"]
    copied = documents["copy_group"] != documents.index
    assert copied.sum() == 30
    firsts = documents.loc[documents.loc[copied, "copy_group"]]
    assert (firsts["copy_group"] == firsts.index).all()
    assert (firsts["published_at"].to_numpy() <= documents.loc[copied, "published_at"]).all()
    texts = claims.groupby("doc_id")["text"].agg(list)
    pairs = documents.loc[copied, "copy_group"].items()
    same = [a == b for doc, first in pairs for a, b in zip(texts[doc], texts[first], strict=True)]
    assert 0.85 < np.mean(same) < 1  # of the claims in the framing, a fifth is told otherwise
    inside = tables["assignments"]["framing_id"].eq("f").groupby(claims["text"])
    assert inside.nunique().max() == 1


@pytest.mark.parametrize("counted", COUNTED)
def test_each_way_of_counting_copies_approaches_its_own_truth(counted: str) -> None:
    tables = simulate_corpus(
        20_000, claims_per_doc=5, truth=Truth(0.3, 0.2, 1.0), copying=COPYING, random_state=1
    )
    truth = tables["truth"].set_index("counted")["prevalence"]
    assert truth.round(2).tolist() == [0.36, 0.32, 0.33]
    weights = claim_weights(tables["claims"], tables["documents"], counted).to_numpy()
    inside = tables["assignments"]["framing_id"] == "f"
    assert np.average(inside, weights=weights) == pytest.approx(truth[counted], abs=0.005)


def test_counts_of_copies_are_those_of_the_tables() -> None:
    counts, truth = simulate_copies(200, 100, 5, Truth(0.3, 0.2, 1.0), COPYING, random_state=2)
    assert counts["group"].shape == (200, 100)
    assert (counts["group"][:140] == np.arange(140)[:, None]).all()
    first = np.take_along_axis(counts["inside"], counts["group"], axis=0)
    assert (counts["inside"] <= first).all()
    share = counts["inside"].sum() / counts["claims"].sum()
    assert share == pytest.approx(truth["raw"], abs=0.01)
    share = counts["inside"][:140].sum() / counts["claims"][:140].sum()
    assert share == pytest.approx(truth["first publisher"], abs=0.01)


@pytest.mark.parametrize("wrong", [{"share": 1.0}, {"share": -0.1}, {"lost": 1.1}])
def test_impossible_copying_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=r"expected 'share' in \[0, 1\)"):
        Copying(**wrong)


# Label error


def test_labels_err_as_often_as_set() -> None:
    tables = simulate_corpus(2000, truth=Truth(0.4, 0.2, 0.5), random_state=0)
    read = with_label_error(tables, ERROR, random_state=1)
    true, given = (t["assignments"]["framing_id"].eq("f").to_numpy() for t in (tables, read))
    assert given[true].mean() == pytest.approx(0.8, abs=0.01)
    assert given[~true].mean() == pytest.approx(0.1, abs=0.01)
    shares = pd.crosstab(tables["stances"]["stance"], read["stances"]["stance"], normalize="index")
    np.testing.assert_allclose(shares.to_numpy(), ERROR.stance, atol=0.015)
    sure = read["stances"][["p_against", "p_none", "p_favor"]].to_numpy()
    assert (sure.argmax(axis=1) - 1 == read["stances"]["stance"]).all()


def test_the_same_words_are_read_alike() -> None:
    tables = simulate_corpus(60, copying=Copying(0.5), random_state=3)
    read = with_label_error(tables, ERROR)
    text = tables["claims"]["text"]
    assert read["assignments"].groupby(text)["framing_id"].nunique().max() == 1
    assert read["stances"].groupby(text)["stance"].nunique().max() == 1
    assert not read["stances"].equals(tables["stances"])


def test_without_error_everything_is_read_as_it_is() -> None:
    tables = simulate_corpus(20)
    for name, table in with_label_error(tables, LabelError()).items():
        pd.testing.assert_frame_equal(table, tables[name])


def test_impossible_errors_are_refused() -> None:
    with pytest.raises(InputError, match="each sum to 1"):
        LabelError(stance=((0.5, 0.2, 0.2), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
    with pytest.raises(InputError, match="probabilities in"):
        LabelError(sensitivity=1.2)


# Exposure


def test_half_of_an_effect_is_left_after_its_half_life() -> None:
    path = Exposure(3, -0.4, half_life=2).path(8)
    np.testing.assert_allclose(path[:4], [0, 0, 0, -0.4])
    assert path[[5, 7]].tolist() == pytest.approx([-0.2, -0.1])
    assert Exposure(1, -0.4).path(4).tolist() == [0, -0.4, -0.4, -0.4]
    changed, series = (
        simulate_series(8, 0.3, exposure=Exposure(3, -0.4, 2)),
        simulate_series(8, 0.3),
    )
    np.testing.assert_allclose(changed - series, path)


@pytest.mark.parametrize("of", ["stance", "prevalence"])
def test_claims_of_weeks_change_by_what_was_set(of: str) -> None:
    weeks = simulate_weeks(
        4000, 50, truth=Truth(0.4, 0.2, 0.8), exposure=Exposure(2000, -0.3), of=of, random_state=1
    )
    assert weeks["week"].iloc[:2].tolist() == ["2024-01-01", "2024-01-08"]
    assert (weeks["favor"] + weeks["against"] == weeks["inside"]).all()
    halves = weeks.drop(columns="week").groupby(np.arange(4000) >= 2000).sum()
    found = {
        "prevalence": halves["inside"] / halves["claims"],
        "stance": (halves["favor"] - halves["against"]) / halves["inside"],
    }
    for name, start in (("prevalence", 0.4), ("stance", 0.2)):
        expected = [start, start - 0.3 * (name == of)]
        assert found[name].tolist() == pytest.approx(expected, abs=0.02)
        assert weeks[name].iloc[[0, -1]].tolist() == pytest.approx(expected)


def test_weeks_go_on_from_each_other_as_far_as_asked() -> None:
    def carried(memory: float) -> float:
        weeks = simulate_weeks(3000, 400, truth=Truth(0.4, 0.0, 1.0), memory=memory)
        share = weeks["inside"] / weeks["claims"]
        return float(share.autocorr(1))

    assert carried(0.0) == pytest.approx(0, abs=0.05)
    assert carried(0.6) == pytest.approx(0.6, abs=0.08)


def test_an_exposure_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="lower the effect"):
        simulate_weeks(20, 10, truth=Truth(0.2), exposure=Exposure(5, -0.2), of="prevalence")
    with pytest.raises(InputError, match="expected 'stance' or 'prevalence'"):
        simulate_weeks(20, 10, of="adoption")
