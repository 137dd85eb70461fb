"""What training changed in the pinned encoder, kept in eight bits.

A matrix of the encoder is kept as its difference from the pinned one, rounded to 255 levels a
row. The difference is small beside the matrix, so the rounding is far below that of an encoder
kept in eight bits, and the file a quarter of the size of a second encoder.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from narrative.encoder import pinned_tensors, weights_folder
from narrative.errors import WeightsError

# Word vectors are left as they are in training, and are not kept.
FROZEN = "bert.embeddings.word_embeddings.weight"
Arrays = dict[str, npt.NDArray[np.generic]]


def pinned_bert() -> Any:
    """Return the pinned encoder as a transformers model without its unused pooling layer.

    Raises
    ------
    WeightsError
        If the weights are missing, are others, or do not fill the model.
    """
    from safetensors.torch import load_file
    from transformers import BertConfig, BertModel

    folder = weights_folder()
    # No dropout of attention: the fused kernel has none, and training is twice as fast without.
    config = BertConfig.from_pretrained(folder, attention_probs_dropout_prob=0.0)
    bert = BertModel(config, add_pooling_layer=False)
    stored = load_file(folder / "model.safetensors")
    left = bert.load_state_dict(
        {k: v for k, v in stored.items() if not k.startswith("pooler.")}, strict=False
    )
    if left.missing_keys:  # positions that the file has and the model computes are no loss
        raise WeightsError(
            f"the pinned encoder lacks {left.missing_keys[0]!r} as this version of transformers "
            "names it; install one that pyproject.toml allows."
        )
    return bert


def eight_bits(array: npt.NDArray[np.floating]) -> Arrays:
    """Return a matrix as int8 and each row's scale, under the endings ``.delta`` and ``.scale``."""
    scale = np.abs(array).max(axis=1, keepdims=True) / 127
    scale[scale == 0] = 1
    return {
        ".delta": np.rint(array / scale).astype(np.int8),
        ".scale": scale.astype(np.float32),
    }


def delta_tensors(network: Any) -> Arrays:
    """Return what to keep of a trained network whose encoder is ``network.bert``.

    Returns
    -------
    dict of str to ndarray
        ``bert.<name>.delta`` (int8, with ``.scale`` of each row; vectors in float16 without) and
        every other tensor in float16 under its own name.
    """
    before = {f"bert.{k}": v for k, v in pinned_bert().state_dict().items()}
    tensors: Arrays = {}
    for name, value in network.state_dict().items():
        if name == FROZEN:
            continue
        array = value.detach().float().numpy()
        if name not in before:
            tensors[name] = array.astype(np.float16)
            continue
        delta = array - before[name].float().numpy()
        if delta.ndim == 2:
            tensors |= {name + ending: part for ending, part in eight_bits(delta).items()}
        else:
            tensors[f"{name}.delta"] = delta.astype(np.float16)
    return tensors


def _kept(tensors: Arrays, name: str, value: Any, file: str) -> Any:
    """Return the tensor that was kept for `name`, whose pinned or empty value is `value`."""
    import torch

    if name in tensors:
        new = tensors[name].astype(np.float32)
    elif f"{name}.delta" in tensors:
        new = tensors[f"{name}.delta"].astype(np.float32)
        if f"{name}.scale" in tensors:
            new = new * tensors[f"{name}.scale"].astype(np.float32)
        if new.shape == tuple(value.shape):
            new = value.numpy() + new
    else:
        raise WeightsError(f"{file}: no tensor {name!r}; train it again.")
    if new.shape != tuple(value.shape):
        raise WeightsError(f"{file}: {name} has shape {new.shape}, expected {tuple(value.shape)}.")
    return torch.from_numpy(np.ascontiguousarray(new, dtype=np.float32))


def restored_tensors(tensors: Arrays, file: str, prefix: str = "bert.") -> dict[str, Any]:
    """Return the pinned encoder's tensors with what was kept of a trained one, by name.

    Parameters
    ----------
    tensors : dict of str to ndarray
        As ``delta_tensors`` returns them.
    file : str
        Named in errors.
    prefix : str
        Of the kept names.

    Raises
    ------
    WeightsError
        If a tensor is missing or has another shape.
    """
    pinned = pinned_tensors()
    return {
        name: value if prefix + name == FROZEN else _kept(tensors, prefix + name, value, file)
        for name, value in pinned.items()
    }


def restore(network: Any, tensors: Arrays, file: str, prefix: str = "") -> None:
    """Put kept tensors into a network whose encoder is the pinned one, in place.

    Parameters
    ----------
    network : torch.nn.Module
        With the encoder as its ``bert``; or that encoder itself, with ``prefix="bert."``.
    tensors : dict of str to ndarray
        As ``delta_tensors`` returns them.
    file : str
        Named in errors.
    prefix : str
        Of the kept names, where the network's own lack it.

    Raises
    ------
    WeightsError
        If a tensor is missing or has another shape.
    """
    state = network.state_dict()
    for name, value in state.items():
        if prefix + name != FROZEN and ".pooler." not in f".{name}":
            state[name] = _kept(tensors, prefix + name, value, file)
    network.load_state_dict(state)
