from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from scipy.special import softmax

import narrative.adapter as module
from narrative.adapter import FORMAT, SHIPPED, Adapter, load_adapter
from narrative.deltas import delta_tensors, pinned_bert
from narrative.encoder import PinnedEncoder
from narrative.errors import WeightsError
from narrative.stance.in_context import ClaimEncoder, pieces, tokens
from narrative.stance.network import StanceNetwork
from narrative.storage import sha256_file

RNG = np.random.default_rng(0)
TENSORS = {
    "head.h.weight": RNG.standard_normal((3, 4)).astype(np.float32),
    "head.h.bias": np.array([0.1, -0.2, 0.3], np.float32),
}
META = {
    "format": FORMAT,
    "heads": {"h": ["against", "none", "favor"]},
    "propositions": {"h": "P."},
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


def test_a_head_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(WeightsError, match="have no head 'certainty'; use the shipped"):
        load_adapter(path).probabilities(np.zeros((1, 4), np.float32), "certainty")


@pytest.fixture(scope="module")
def trained() -> StanceNetwork:
    """A network whose encoder differs a little from the pinned one."""
    import torch

    torch.manual_seed(0)
    network = StanceNetwork(pinned_bert(), {"h": 3}).eval()
    with torch.no_grad():
        for name, p in network.bert.named_parameters():
            if "word_embeddings" not in name:
                p += 0.1 * p.std() * torch.randn_like(p) if p.ndim > 1 else 0.01
    return network


@pytest.fixture(scope="module")
def kept(trained: StanceNetwork) -> Adapter:
    return Adapter(delta_tensors(trained), META, "")


@pytest.mark.model
def test_merging_gives_the_networks_own_vectors_but_for_rounding(
    trained: StanceNetwork, kept: Adapter
) -> None:
    import torch

    texts = ["Rain fell on the quiet town.", "Taxes rose."]
    encoder = ClaimEncoder(kept)
    after = {f"bert.{k}": v for k, v in kept.encoder_tensors().items()}
    pinned = {f"bert.{k}": v for k, v in pinned_bert().state_dict().items()}
    for name, value in trained.state_dict().items():
        if name in pinned:
            # Eight bits a row for matrices, sixteen for vectors.
            step = float((value - pinned[name]).abs().max()) / 127 if value.ndim == 2 else 1e-3
            np.testing.assert_allclose(after[name], value, atol=step + 1e-6, err_msg=name)
    with torch.inference_mode():
        expected = trained.claim_vectors(tokens(pieces(texts))).numpy()
    np.testing.assert_allclose(encoder.encode(texts), expected, atol=5e-3)
    assert np.abs(PinnedEncoder().encode(texts) - expected).max() > 2e-2


@pytest.mark.model
def test_the_heads_of_the_file_are_the_networks(trained: StanceNetwork, kept: Adapter) -> None:
    import torch

    vectors = np.eye(3, 384, dtype=np.float32)
    with torch.inference_mode():
        logits = trained.claim_logits(torch.from_numpy(vectors))["h"].numpy()
    got = kept.probabilities(vectors, "h")
    np.testing.assert_allclose(got, softmax(logits / 2.0, axis=1), atol=1e-3)


@pytest.mark.model
def test_a_missing_tensor_and_a_wrong_shape_are_named(kept: Adapter) -> None:
    name = "bert.encoder.layer.0.output.dense.weight"
    less = {k: v for k, v in kept.tensors.items() if k != f"{name}.delta"}
    with pytest.raises(WeightsError, match=r"no tensor '.*dense\.weight'; train it again"):
        Adapter(less, META, "").encoder_tensors()
    wrong = kept.tensors | {f"{name}.delta": np.zeros((3, 2), np.int8)}
    wrong[f"{name}.scale"] = np.ones((3, 1), np.float32)
    with pytest.raises(
        WeightsError, match=r"dense\.weight has shape \(3, 2\), expected \(384, 1536\)"
    ):
        Adapter(wrong, META, "").encoder_tensors()
