"""The weights of the structured reading, and how it joins the network."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax

import narrative.stance.structured as module
from narrative.errors import WeightsError
from narrative.stance.structure import FEATURES
from narrative.stance.structured import Structured, StructureEncoder, shipped_structured

N = len(FEATURES)
MAIN = ("russian_victory_inevitable", "ukrainian_counteroffensive")


ZEROS = {
    "weights": np.zeros((3, N)).tolist(),
    "bias": [0.0] * 3,
    "prior": [0.2, 0.6, 0.2],
    "share": 1.0,
    "temperature": 1.0,
}


@pytest.fixture
def structured() -> Structured:
    weights = np.zeros((3, N))
    weights[:, 0] = [-1.0, 0.0, 1.0]
    bias, prior = np.array([0.0, 0.5, 0.0]), np.array([0.25, 0.5, 0.25])
    return Structured({"h": weights}, {"h": bias}, {"h": prior}, {"h": 2.0}, {"h": 4.0})


def _row(first: float) -> np.ndarray:
    out = np.zeros((1, N), np.float32)
    out[0, 0] = first
    return out


def test_logits_are_weights_times_features(structured: Structured) -> None:
    np.testing.assert_allclose(structured.logits(_row(2.0), "h"), [[-2.0, 0.5, 2.0]])
    with pytest.raises(WeightsError, match="no weights for 'other'"):
        structured.logits(_row(0.0), "other")


def test_joining_adds_logits_less_the_prior_by_share_and_temperature(
    structured: Structured,
) -> None:
    p = np.array([[0.5, 0.3, 0.2]])
    own = structured.logits(_row(1.0), "h") - np.log([0.25, 0.5, 0.25])
    logits = np.log(p) + 2.0 * own
    expected = softmax(logits / 4.0, axis=1)
    np.testing.assert_allclose(structured.joined(p, _row(1.0), "h"), expected)
    certain = structured.joined(np.array([[1.0, 0.0, 0.0]]), _row(-2.0), "h")
    assert np.isfinite(certain).all()
    assert certain.argmax() == 0


def test_a_share_of_nothing_leaves_the_network_alone(structured: Structured) -> None:
    p = np.array([[0.5, 0.3, 0.2]])
    alone = replace(structured, share={"h": 0.0}, temperatures={"h": 1.0})
    np.testing.assert_allclose(alone.joined(p, _row(2.0), "h"), p)


@pytest.mark.model
def test_the_shipped_weights_know_the_shipped_features_and_heads() -> None:
    from narrative.adapter import load_adapter

    shipped = shipped_structured()
    assert set(shipped.weights) == set(load_adapter().meta["propositions"])
    assert all(shipped.share[h] > 0 for h in MAIN)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"features": ["one"]}, "fitted for other features"),
        ({"heads": {"h": ZEROS | {"weights": [[0.0]] * 3}}}, "fitted for other features"),
        ({"heads": {"h": ZEROS | {"share": None}}}, "not the weights of the structured reading"),
        ({"heads": {"h": {}}}, "not the weights of the structured reading"),
    ],
)
def test_weights_of_another_kind_are_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, object],
    message: str,
) -> None:
    good = {"features": list(FEATURES), "heads": {"h": ZEROS}}
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "structure_en.json"
    monkeypatch.setattr(module, "files", lambda _: tmp_path)
    shipped_structured.cache_clear()
    path.write_text(json.dumps(good))
    assert shipped_structured().share == {"h": 1.0}
    shipped_structured.cache_clear()
    path.write_text(json.dumps(good | change))
    with pytest.raises(WeightsError, match=message):
        shipped_structured()
    shipped_structured.cache_clear()


@pytest.mark.model
def test_the_encoder_gives_a_row_a_text_in_any_company() -> None:
    encoder = StructureEncoder()
    texts = ["Russian forces have taken the city.", "Ukrainian forces have retaken the city.", ""]
    told: list[tuple[int, int]] = []
    rows = encoder.encode(texts, progress=lambda *at: told.append(at))
    assert rows.shape == (3, N)
    assert told == [(3, 3)]
    assert rows[0, FEATURES.index("russian is capture")] == 1
    assert rows[1, FEATURES.index("ukrainian is retake")] == 1
    assert not rows[2].any()
    np.testing.assert_array_equal(encoder.encode(texts[1:2]), rows[1:2])
    assert encoder.encode([]).shape == (0, N)
    assert encoder.fingerprint == StructureEncoder().fingerprint
