"""The reader's weights: what training changed in the pinned encoder, in eight bits, and the heads.

A matrix of the encoder is kept as its difference from the pinned one, rounded to 255 levels a
row. The difference is small beside the matrix, so the rounding is far below that of an encoder
kept in eight bits, and the file a quarter of the size of a second encoder.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from narrative.encoder import weights_folder
from narrative.errors import WeightsError
from narrative.reader.labels import ENTITY_TAGS, POS, RELATIONS, TAGS
from narrative.reader.network import Network
from narrative.storage import read_weights

FORMAT = "narrative-reader-1"
SHIPPED = Path(__file__).parent.parent / "weights" / "reader.safetensors"
SHIPPED_SHA256 = "7d251904a9026e0ae995d3fecb9e53959991f0c93f533b1d0cc508fdc707ce86"
_LABELS = {"tags": TAGS, "pos": POS, "entity": ENTITY_TAGS, "rel": RELATIONS}
_FROZEN = "bert.embeddings.word_embeddings.weight"


def pinned_bert() -> Any:
    """Return the pinned encoder as a transformers model without its unused pooling layer."""
    from safetensors.torch import load_file
    from transformers import BertConfig, BertModel

    folder = weights_folder()
    # No dropout of attention: the fused kernel has none, and training is twice as fast without.
    config = BertConfig.from_pretrained(folder, attention_probs_dropout_prob=0.0)
    bert = BertModel(config, add_pooling_layer=False)
    stored = load_file(folder / "model.safetensors")
    bert.load_state_dict(
        {k: v for k, v in stored.items() if not k.startswith("pooler.")}, strict=False
    )
    return bert


def write_reader(network: Network, path: Path, meta: dict[str, Any]) -> None:
    """Write a trained network's difference from the pinned encoder, and its heads."""
    from safetensors.numpy import save_file

    before = {f"bert.{k}": v for k, v in pinned_bert().state_dict().items()}
    tensors: dict[str, Any] = {}
    for name, value in network.state_dict().items():
        if name == _FROZEN:
            continue
        array = value.detach().float().numpy()
        if name not in before:
            tensors[name] = array.astype(np.float16)
            continue
        delta = array - before[name].float().numpy()
        if delta.ndim == 2:
            scale = np.abs(delta).max(axis=1, keepdims=True) / 127
            scale[scale == 0] = 1
            tensors[f"{name}.delta"] = np.rint(delta / scale).astype(np.int8)
            tensors[f"{name}.scale"] = scale.astype(np.float32)
        else:
            tensors[f"{name}.delta"] = delta.astype(np.float16)
    about = {"format": FORMAT, "labels": _LABELS, **meta}
    save_file(tensors, path, metadata={"narrative": json.dumps(about, sort_keys=True)})


def read_reader(
    path: str | Path | None = None, *, sha256: str | None = None
) -> tuple[Network, dict[str, Any], str]:
    """Load a reader: by default the one that ships, whose sha256 is pinned.

    Returns
    -------
    (Network, dict, str)
        The network in evaluation mode, its metadata, and the file's sha256.

    Raises
    ------
    WeightsError
        If the file is missing, is not a whole reader of this format and these labels, or its
        sha256 is another.
    """
    if path is None:
        path, sha256 = SHIPPED, SHIPPED_SHA256
    path = Path(path)
    tensors, meta, got = read_weights(path, FORMAT, sha256)
    if {k: tuple(v) for k, v in meta.get("labels", {}).items()} != _LABELS:
        raise WeightsError(f"{path.name}: its labels differ from this version's; train it again.")
    network = Network(pinned_bert())
    state = network.state_dict()
    for name, value in state.items():
        if name == _FROZEN:
            continue
        if name in tensors:
            new = tensors[name].astype(np.float32)
        elif f"{name}.delta" in tensors:
            delta = tensors[f"{name}.delta"].astype(np.float32)
            scale = tensors.get(f"{name}.scale", np.ones(1)).astype(np.float32)
            new = value.numpy() + delta * scale
        else:
            raise WeightsError(f"{path.name}: no tensor {name!r}; train it again.")
        if new.shape != tuple(value.shape):
            raise WeightsError(
                f"{path.name}: {name} has shape {new.shape}, expected {tuple(value.shape)}."
            )
        state[name] = torch.from_numpy(np.ascontiguousarray(new, dtype=np.float32))
    network.load_state_dict(state)
    return network.eval(), meta, got
