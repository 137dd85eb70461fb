from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file
from scipy.special import softmax

import narrative.adapter as module
from narrative.adapter import FORMAT, SHIPPED, Adapter, load_adapter
from narrative.errors import WeightsError
from narrative.storage import sha256_file

RNG = np.random.default_rng(0)
TENSORS = {
    "lora.0.A": RNG.standard_normal((2, 4)).astype(np.float32),
    "lora.0.B": RNG.standard_normal((3, 2)).astype(np.float32),
    "head.h.weight": RNG.standard_normal((3, 4)).astype(np.float32),
    "head.h.bias": np.array([0.1, -0.2, 0.3], np.float32),
}
META = {
    "format": FORMAT,
    "heads": {"h": ["against", "none", "favor"]},
    "propositions": {"h": "P."},
    "scale": 0.5,
    "temperatures": {"h": 2.0},
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    out = tmp_path / "own.safetensors"
    save_file(TENSORS, out, metadata={"narrative": json.dumps(META)})
    return out


def test_an_adapter_comes_back_with_its_hash(path: Path) -> None:
    adapter = load_adapter(path)
    assert adapter.meta == META
    assert adapter.sha256 == sha256_file(path)
    assert sorted(adapter.tensors) == sorted(TENSORS)
    for name, tensor in TENSORS.items():
        np.testing.assert_array_equal(adapter.tensors[name], tensor)
    assert load_adapter(str(path), sha256=adapter.sha256).sha256 == adapter.sha256


def test_another_hash_is_refused_with_both(path: Path) -> None:
    with pytest.raises(
        WeightsError,
        match=rf"own\.safetensors: sha256 is {sha256_file(path)}, expected {'0' * 64}; reinstall",
    ):
        load_adapter(path, sha256="0" * 64)


def test_the_shipped_adapter_is_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    load_adapter()
    monkeypatch.setattr(module, "SHIPPED_SHA256", "f" * 64)
    with pytest.raises(WeightsError, match=rf"{SHIPPED}: sha256 is .*, expected {'f' * 64}"):
        load_adapter()


def test_a_damaged_copy_of_the_shipped_adapter_is_refused(tmp_path: Path) -> None:
    shipped = Path(module.__file__).parent / "weights" / SHIPPED
    data = bytearray(shipped.read_bytes())
    data[-1] ^= 1
    copy = tmp_path / SHIPPED
    copy.write_bytes(data)
    with pytest.raises(WeightsError, match=r"sha256 is .*, expected .*; reinstall"):
        load_adapter(copy, sha256=module.SHIPPED_SHA256)


@pytest.mark.parametrize("kept", [0, 4, 60, -1])
def test_a_cut_file_is_refused(path: Path, kept: int) -> None:
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(WeightsError, match=r"own\.safetensors: not a whole safetensors file"):
        load_adapter(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"none\.safetensors: no such weights; reinstall"):
        load_adapter(tmp_path / "none.safetensors")


@pytest.mark.parametrize("meta", [{}, {"narrative": json.dumps({"format": "other"})}])
def test_another_format_is_refused(tmp_path: Path, meta: dict[str, str]) -> None:
    path = tmp_path / "own.safetensors"
    save_file(TENSORS, path, metadata=meta)
    with pytest.raises(WeightsError, match=rf"format is .*, expected '{FORMAT}'"):
        load_adapter(path)


def test_probabilities_are_a_tempered_softmax(path: Path) -> None:
    vectors = RNG.standard_normal((5, 4)).astype(np.float32)
    logits = vectors @ TENSORS["head.h.weight"].T + TENSORS["head.h.bias"]
    got = load_adapter(path).probabilities(vectors, "h")
    np.testing.assert_allclose(got, softmax(logits / 2.0, axis=1), atol=1e-6)
    np.testing.assert_allclose(got.sum(axis=1), 1)


def test_large_logits_do_not_overflow() -> None:
    tensors = {"head.h.weight": 1e4 * np.eye(2, dtype=np.float32), "head.h.bias": np.zeros(2)}
    adapter = Adapter(tensors, META | {"temperatures": {"h": 1.0}}, "")
    got = adapter.probabilities(np.eye(2, dtype=np.float32), "h")
    np.testing.assert_array_equal(got, np.eye(2))


def test_no_vectors_give_no_probabilities(path: Path) -> None:
    empty = np.zeros((0, 4), np.float32)
    assert load_adapter(path).probabilities(empty, "h").shape == (0, 3)


def test_merging_adds_the_low_rank_update_where_it_belongs(path: Path) -> None:
    import torch

    first, second = torch.nn.Linear(4, 3), torch.nn.Linear(3, 2)
    layers = torch.nn.Sequential(first, second)
    before = [p.detach().numpy().copy() for p in layers.parameters()]
    model: Any = [layers]
    with torch.no_grad():
        load_adapter(path).merge(model)
    after = [p.detach().numpy() for p in layers.parameters()]
    update = 0.5 * TENSORS["lora.0.B"] @ TENSORS["lora.0.A"]
    np.testing.assert_allclose(after[0], before[0] + update, atol=1e-6)
    for old, new in zip(before[1:], after[1:], strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_layer_that_the_model_lacks_is_an_error(path: Path) -> None:
    import torch

    with pytest.raises(KeyError), torch.no_grad():
        load_adapter(path).merge([torch.nn.Sequential()])
