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

    def merged(self) -> nn.Linear:
        """Return one linear layer that does the same."""
        with torch.no_grad():
            self.base.weight += self.up @ self.down
        return self.base

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's output for `x`, shape (..., out_features)."""
        changed = nn.functional.linear(nn.functional.linear(x, self.down), self.up)
        return torch.as_tensor(self.base(x) + changed)


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
        self.head = nn.Sequential(
            nn.Linear(d, d), nn.GELU(), nn.Dropout(dropout), nn.Linear(d, len(SIDES))
        )

    def merge(self) -> PairNetwork:
        """Put the changes into the encoder's own matrices, for scoring; return the network."""
        for module in list(self.bert.encoder.modules()):
            for name, child in list(module.named_children()):
                if isinstance(child, LowRank):
                    setattr(module, name, child.merged())
        return self

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


def restored(
    bert: Any, rank: int, tensors: Arrays, file: str, *, merge: bool = True
) -> PairNetwork:
    """Return a trained network, ready to score.

    Parameters
    ----------
    bert : transformers.BertModel
        The pinned encoder; changed in place.
    rank : int
    tensors : dict of str to ndarray
        As ``trained_tensors`` returns them.
    file : str
        Named in errors.
    merge : bool
        Whether the changes are put into the encoder's matrices; else they can be trained further.

    Raises
    ------
    WeightsError
        If a tensor is missing or has another shape.
    """
    network = PairNetwork(bert, rank)
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        try:
            stored = tensors[name if name in tensors else f"{name}.delta"].astype(np.float32)
            scale = 1 if name in tensors else tensors[f"{name}.scale"].astype(np.float32)
        except KeyError:
            raise WeightsError(f"{file}: no tensor {name!r}; train it again.") from None
        if stored.shape != tuple(parameter.shape):
            raise WeightsError(
                f"{file}: {name} has shape {stored.shape}, expected {tuple(parameter.shape)}."
            )
        parameter.data.copy_(torch.from_numpy(stored * scale))
    return (network.merge() if merge else network).eval()
