from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax

from narrative.errors import InputError
from narrative.schema import CAMPS, CERTAINTIES, TABLES
from narrative.stance import (
    CROSS_ENCODER,
    HEAD,
    Gate,
    score_certainty,
    score_stance,
    speaker_camps,
    stance_model,
)
from narrative.stance.pairs import SEPARATOR

PROPOSITION = "The army is advancing and taking its objectives."
FRAMINGS = pd.DataFrame(
    {
        "framing_id": ["advance", "weather"],
        "proposition": [PROPOSITION, "The winter is hard on everyone."],
        "counter": ["", "The winter is mild."],
    }
)
TEXTS = [
    "The army is taking its objectives.",
    "The winter is hard.",
    "The enemy is advancing on our forces.",
    "",
    "Prices rose by a tenth.",
]


@pytest.fixture
def model(encoder: Any, make_model: Callable[..., Any]) -> Any:
    return make_model(encoder, {"advance": PROPOSITION})


def _p(table: pd.DataFrame) -> np.ndarray:
    return table[["p_against", "p_none", "p_favor"]].to_numpy()


def _check_probabilities(table: pd.DataFrame) -> None:
    p = _p(table)
    assert ((p >= 0) & (p <= 1)).all()
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=3e-6)  # rounded to six digits each
    assert (table["stance"].to_numpy() == p.argmax(axis=1) - 1).all()
    np.testing.assert_allclose(table["score"], p[:, 2] - p[:, 0])


def test_claims_with_text_alone_will_do(model: Any) -> None:
    table = score_stance(pd.DataFrame({"text": TEXTS}), FRAMINGS, model=model)
    assert list(table.columns) == list(TABLES["stances"])
    assert len(table) == len(TEXTS) * len(FRAMINGS)
    assert set(table["claim_id"]) == {f"{i:07d}" for i in range(len(TEXTS))}
    _check_probabilities(table)
    assert table.attrs["camps_known"] == 0.0


def test_the_method_of_every_framing_is_told(model: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="narrative.stance"):
        table = score_stance(pd.DataFrame({"text": TEXTS}), FRAMINGS, model=model)
    assert table.attrs["method"] == {"advance": f"{HEAD}: advance", "weather": CROSS_ENCODER}
    assert "no trained head for weather: scored by the cross-encoder" in caplog.text


def test_a_head_is_found_by_its_proposition_not_by_its_name(model: Any) -> None:
    framings = pd.DataFrame(
        {
            "framing_id": ["mine", "advance"],
            "proposition": [PROPOSITION.upper().replace(".", " !"), "The army is retreating."],
        }
    )
    table = score_stance(pd.DataFrame({"text": TEXTS}), framings, model=model)
    assert table.attrs["method"] == {"mine": f"{HEAD}: advance", "advance": CROSS_ENCODER}


def test_a_head_sees_the_vector_and_nothing_else(model: Any) -> None:
    adapter, encoder = model.adapter, model.encoder
    texts = ["The army is taking its objectives.", "Prices rose by a tenth."]
    weight, bias = adapter.tensors["head.advance.weight"], adapter.tensors["head.advance.bias"]
    expected = softmax(encoder.encode(texts) @ weight.T + bias, axis=1)
    table = score_stance(pd.DataFrame({"text": texts}), FRAMINGS.iloc[:1], model=model)
    np.testing.assert_allclose(_p(table), expected, atol=1e-6)
    assert table["stance"].tolist() == [1, 0]


def test_the_cross_encoder_decides_where_no_head_was_trained(model: Any) -> None:
    claims = pd.DataFrame(
        {
            "text": [
                "The winter is hard on everyone.",
                "Not hard on everyone is the winter.",
                "Rain.",
            ]
        }
    )
    table = score_stance(claims, FRAMINGS.iloc[1:, :2], model=model)
    assert table["stance"].tolist() == [1, -1, 0]
    _check_probabilities(table)
    said = softmax([0.0, 2.0, 4.0])
    np.testing.assert_allclose(_p(table)[0], said, atol=1e-6)


def test_the_counter_is_read_too_and_turned_where_the_model_says_so(model: Any) -> None:
    framing = FRAMINGS.iloc[1:].assign(counter="Roses bloom in January.")
    claims = pd.DataFrame({"text": ["Roses bloom in January."]})
    both = model._replace(pairs=replace(model.pairs, counters=True))
    assert score_stance(claims, framing, model=both)["stance"].tolist() == [-1]
    assert score_stance(claims, framing.iloc[:, :2], model=both)["stance"].tolist() == [0]
    assert score_stance(claims, framing, model=model)["stance"].tolist() == [0]


def test_a_claim_far_from_a_proposition_is_not_read_with_it(model: Any) -> None:
    texts = ["The winter is hard on everyone.", "Prices rose by a tenth.", "Zebras sleep upright."]
    gate = Gate(cosine=0.5, outside=(0.0, 1.0, 0.0))
    narrow = model._replace(pairs=replace(model.pairs, gate=gate))
    table = score_stance(pd.DataFrame({"text": texts}), FRAMINGS.iloc[1:, :2], model=narrow)
    read = [t for call in model.pairs.reader.calls for t in call]
    assert read == [f"{texts[0]}{SEPARATOR}{FRAMINGS['proposition'][1]}"]
    assert table["p_none"].tolist()[1:] == [1.0, 1.0]


def test_the_camp_changes_nothing_without_the_enemy_or_our_forces(model: Any) -> None:
    texts = ["The army is taking its objectives.", "Kupiansk fell to Russian troops."]
    results = [
        _p(score_stance(pd.DataFrame({"text": texts, "camp": camp}), FRAMINGS, model=model))
        for camp in [*CAMPS, "unknown", None]
    ]
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])


def test_the_camp_reads_the_enemy(model: Any) -> None:
    encoder = model.encoder
    claims = pd.DataFrame({"text": ["The enemy is advancing."] * 2, "camp": ["russian", "western"]})
    table = score_stance(claims, FRAMINGS.iloc[:1], model=model)
    assert encoder.calls[0] == ["Ukrainian forces is advancing.", "The enemy is advancing."]
    assert table.attrs["camps_known"] == 1.0


def test_sources_give_the_camp_of_a_claims_speaker(model: Any, sources: pd.DataFrame) -> None:
    encoder = model.encoder
    claims = pd.DataFrame(
        {
            "text": ["The enemy is advancing."] * 3,
            "source_id": ["ministry", "staff", "who"],
        }
    )
    table = score_stance(claims, FRAMINGS.iloc[:1], sources=sources, model=model)
    assert [t.split()[0] for t in encoder.calls[0]] == ["Ukrainian", "Russian", "The"]
    assert table.attrs["camps_known"] == pytest.approx(2 / 3)


def test_a_camp_of_its_own_goes_before_the_sources(sources: pd.DataFrame) -> None:
    claims = pd.DataFrame({"source_id": ["ministry", "staff"], "camp": ["western", None]})
    assert speaker_camps(claims, sources) == ["western", "ukrainian"]
    assert speaker_camps(claims, None) == ["western", "unknown"]
    assert speaker_camps(claims.drop(columns="camp"), sources) == ["russian", "ukrainian"]
    assert speaker_camps(claims.drop(columns="camp"), None) == ["unknown", "unknown"]


@pytest.mark.parametrize("camp", ["Russian", "RU"])
def test_a_camp_nobody_knows_is_an_error(sources: pd.DataFrame, camp: str) -> None:
    claims = pd.DataFrame({"source_id": ["ministry"], "camp": [camp]}, index=[7])
    with pytest.raises(InputError, match=f"row 7: camp='{camp}'; expected one of russian, "):
        speaker_camps(claims, sources)
    with pytest.raises(InputError, match="sources: column\\(s\\) camp missing"):
        speaker_camps(claims[["source_id"]], sources.drop(columns="camp"))


def test_order_does_not_matter(model: Any) -> None:
    claims = pd.DataFrame({"text": TEXTS, "claim_id": list("edcba")})
    first = score_stance(claims, FRAMINGS, model=model)
    second = score_stance(claims.iloc[::-1], FRAMINGS.iloc[::-1], model=model)
    pd.testing.assert_frame_equal(first, second)


def test_no_claims_give_no_stances(model: Any) -> None:
    table = score_stance(pd.DataFrame({"text": []}, dtype="string"), FRAMINGS, model=model)
    assert list(table.columns) == list(TABLES["stances"])
    assert table.empty


def test_framings_without_a_proposition_are_left_out(model: Any) -> None:
    framings = pd.DataFrame(
        {
            "framing_id": ["advance", "blank", "discovered_00"],
            "proposition": [PROPOSITION, " ", None],
            "counter": [None, None, None],
        }
    )
    table = score_stance(pd.DataFrame({"text": TEXTS}), framings, model=model)
    assert set(table["framing_id"]) == {"advance"}


def test_a_missing_counter_is_no_sentence(model: Any) -> None:
    encoder = model.encoder
    framings = FRAMINGS.iloc[1:].assign(counter=[None])
    score_stance(pd.DataFrame({"text": TEXTS}), framings, model=model)
    assert encoder.calls[1:] == [["The winter is hard on everyone."]]


@pytest.mark.parametrize(
    ("claims", "framings", "message"),
    [
        ({"sentence": ["x"]}, FRAMINGS, "claims: column 'text' is missing; got sentence"),
        ({"text": ["x", None]}, FRAMINGS, "claims: row 1 has no text; expected a sentence"),
        (
            {"text": ["x", "y"], "claim_id": ["a", "a"]},
            FRAMINGS,
            "claims: claim_id='a' stands more than once; expected unique ids",
        ),
        (
            {"text": ["x"]},
            FRAMINGS[["counter"]],
            r"framings: column\(s\) framing_id, proposition missing",
        ),
        (
            {"text": ["x"]},
            FRAMINGS.assign(proposition=["", None]),
            "framings: none has a proposition; expected at least one sentence",
        ),
        ({"text": ["x"]}, FRAMINGS.iloc[:0], "framings: none has a proposition"),
    ],
)
def test_what_cannot_be_scored_is_refused(
    model: Any, claims: dict[str, Any], framings: pd.DataFrame, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        score_stance(pd.DataFrame(claims), framings, model=model)


def test_certainty_is_a_scale_of_its_own(model: Any, sources: pd.DataFrame) -> None:
    claims = pd.DataFrame({"text": ["has_happened", "na", "did_not"], "claim_id": ["b", "c", "a"]})
    table = score_certainty(claims, sources=sources, model=model)
    assert list(table.columns) == list(TABLES["certainty"])
    assert table["claim_id"].tolist() == ["a", "b", "c"]
    assert table["certainty"].tolist() == ["did_not", "has_happened", "na"]
    p = table[[f"p_{c}" for c in CERTAINTIES]].to_numpy()
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=4e-6)
    assert (p.argmax(axis=1) == [CERTAINTIES.index(c) for c in table["certainty"]]).all()
    with pytest.raises(InputError, match="claims: row 0 has no text"):
        score_certainty(pd.DataFrame({"text": [None]}), model=model)


# The shipped model; how well it does is measured in experiments, not here


@pytest.mark.model
def test_the_shipped_model_scores_claims_with_text_alone() -> None:
    trained = stance_model().adapter.meta["propositions"]
    framings = pd.DataFrame(
        {
            "framing_id": [*trained, "weather"],
            "proposition": [*trained.values(), "The winter is hard on everyone."],
        }
    )
    claims = pd.DataFrame({"text": TEXTS[:3]})
    table = score_stance(claims, framings)
    _check_probabilities(table)
    assert len(table) == 3 * (len(trained) + 1)
    assert table.attrs["method"] == {f: f"{HEAD}: {f}" for f in trained} | {
        "weather": CROSS_ENCODER
    }
    named = claims.assign(claim_id=["0000000", "0000001", "0000002"])
    pd.testing.assert_frame_equal(table, score_stance(named.iloc[::-1], framings))


@pytest.mark.model
def test_the_shipped_model_is_blind_to_the_camp() -> None:
    trained = stance_model().adapter.meta["propositions"]
    framings = pd.DataFrame({"framing_id": list(trained), "proposition": list(trained.values())})
    results = [
        _p(score_stance(pd.DataFrame({"text": [TEXTS[0]], "camp": [camp]}), framings))
        for camp in ("russian", "ukrainian", "unknown")
    ]
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])
