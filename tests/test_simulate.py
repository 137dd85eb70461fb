from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from narrative.simulate import Truth, simulate_corpus


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
