"""The cross-encoder: a claim and any proposition read together.

A small change of low rank beside every matrix of the pinned encoder (Hu et al., ICLR 2022), and a
perceptron that reads the stance from the mean of both texts' word vectors.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from narrative.deltas import Arrays, eight_bits
from narrative.encoder import pinned_tensors
from narrative.encoder.pinned import DIMS
from narrative.errors import WeightsError
from narrative.stance.network import SIDES


class LowRank(nn.Module):
    """A linear layer, left as it is, plus a product of two narrow matrices.

    Parameters
    ----------
    base : nn.Linear
        Not trained.
    rank : int
        Width between the two matrices. The second starts at zero: training starts from `base`.
    """

    def __init__(self, base: nn.Linear, rank: int) -> None:
        super().__init__()
        self.base = base
        self.down = nn.Parameter(torch.randn(rank, base.in_features) / base.in_features**0.5)
        self.up = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's output for `x`, shape (..., out_features)."""
        changed = nn.functional.linear(nn.functional.linear(x, self.down), self.up)
        return torch.as_tensor(self.base(x) + changed)


def _head(dims: int, dropout: float = 0.0) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(dims, dims), nn.GELU(), nn.Dropout(dropout), nn.Linear(dims, len(SIDES))
    )


class PairNetwork(nn.Module):
    """Encoder with low-rank changes, and the head on pairs.

    Parameters
    ----------
    bert : transformers.BertModel
        The pinned encoder; its own weights are frozen.
    rank : int
        Of the changes.
    dropout : float
        Before and in the head.
    """

    def __init__(self, bert: Any, rank: int, dropout: float = 0.1) -> None:
        super().__init__()
        bert.requires_grad_(False)
        for module in list(bert.encoder.modules()):
            for name, child in list(module.named_children()):
                if isinstance(child, nn.Linear):
                    setattr(module, name, LowRank(child, rank))
        self.bert = bert
        d = int(bert.config.hidden_size)
        self.drop = nn.Dropout(dropout)
        self.head = _head(d, dropout)

    def vectors(self, tokens: Mapping[str, Tensor]) -> Tensor:
        """Return the mean word vector of tokenised pairs, shape (batch, dims): the head's input."""
        words = self.bert(**tokens).last_hidden_state
        mask = tokens["attention_mask"].unsqueeze(-1)
        return torch.as_tensor((words * mask).sum(1) / mask.sum(1))

    def forward(self, tokens: Mapping[str, Tensor]) -> Tensor:
        """Return logits of against, none and favor of tokenised pairs, shape (batch, 3)."""
        return torch.as_tensor(self.head(self.drop(self.vectors(tokens))))


def trained_tensors(network: PairNetwork) -> Arrays:
    """Return what training changed, matrices in eight bits (see ``narrative.deltas``)."""
    out: Arrays = {}
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        array = parameter.detach().float().numpy()
        if array.ndim == 2:
            out |= {name + ending: part for ending, part in eight_bits(array).items()}
        else:
            out[name] = array.astype(np.float16)
    return out


def _kept(tensors: Arrays, name: str, file: str) -> Tensor:
    """Return what was kept of a parameter."""
    try:
        stored = tensors[name if name in tensors else f"{name}.delta"].astype(np.float32)
        scale = 1 if name in tensors else tensors[f"{name}.scale"].astype(np.float32)
    except KeyError:
        raise WeightsError(f"{file}: no tensor {name!r}; train it again.") from None
    return torch.from_numpy(stored * scale)


def restored(bert: Any, rank: int, tensors: Arrays, file: str) -> PairNetwork:
    """Return a trained network, whose changes can be trained further.

    Parameters
    ----------
    bert : transformers.BertModel
        The pinned encoder; changed in place.
    rank : int
    tensors : dict of str to ndarray
        As ``trained_tensors`` returns them.
    file : str
        Named in errors.

    Raises
    ------
    WeightsError
        If a tensor is missing or has another shape.
    """
    network = PairNetwork(bert, rank)
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            parameter.data.copy_(_fitting(_kept(tensors, name, file), parameter, name, file))
    return network.eval()


def _fitting(stored: Tensor, wanted: Tensor, name: str, file: str) -> Tensor:
    if stored.shape != wanted.shape:
        raise WeightsError(
            f"{file}: {name} has shape {tuple(stored.shape)}, expected {tuple(wanted.shape)}."
        )
    return stored


def merged_tensors(tensors: Arrays, file: str) -> dict[str, Tensor]:
    """Return the pinned encoder's tensors with the changes put into its matrices, by name.

    Raises
    ------
    WeightsError
        If a tensor is missing or does not fit.
    """
    out = pinned_tensors()
    for name, value in out.items():
        if name.startswith("encoder.") and value.ndim == 2:
            base = f"bert.{name.removesuffix('.weight')}"
            up, down = (_kept(tensors, f"{base}.{part}", file) for part in ("up", "down"))
            if up.shape[-1] != down.shape[0]:
                raise WeightsError(
                    f"{file}: {base}.up has shape {tuple(up.shape)}, which does not fit "
                    f"{tuple(down.shape)} of {base}.down."
                )
            out[name] = value + _fitting(up @ down, value, base, file)
    return out


def kept_head(tensors: Arrays, file: str) -> nn.Sequential:
    """Return the head on pairs, ready to score."""
    head = _head(DIMS)
    for name, parameter in head.named_parameters():
        parameter.data.copy_(_fitting(_kept(tensors, f"head.{name}", file), parameter, name, file))
    return head.eval()
