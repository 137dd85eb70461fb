"""The stance network: one fine-tuned encoder whose vectors of claims hold who does what to whom.

A claim's vector is the mean of its own word vectors, scaled to length one; linear heads read stance
towards the trained propositions, framing and certainty from it. What stands beside the claim is
read with it, not averaged (``narrative.stance.in_context``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

SIDES = ("against", "none", "favor")


def pooled(bert: Any, tokens: Mapping[str, Tensor]) -> Tensor:
    """Return unit vectors of claims, shape (batch, dims).

    Parameters
    ----------
    bert : transformers.BertModel
    tokens : mapping of str to Tensor, shape (batch, width)
        What BERT reads, and ``own``: one where a word piece is the claim's.
    """
    read = bert(**{k: v for k, v in tokens.items() if k != "own"})
    own = tokens["own"].unsqueeze(-1)
    mean = (read.last_hidden_state * own).sum(1) / own.sum(1)
    return nn.functional.normalize(mean, dim=1)


class StanceNetwork(nn.Module):
    """Encoder and heads.

    Parameters
    ----------
    bert : transformers.BertModel
        The pinned encoder; changed in place by training and by loading.
    heads : mapping of str to int
        Number of classes of each head on the claim's vector.
    dropout : float
        Before the heads.
    """

    def __init__(self, bert: Any, heads: Mapping[str, int], dropout: float = 0.1) -> None:
        super().__init__()
        self.bert = bert
        d = int(bert.config.hidden_size)
        self.drop = nn.Dropout(dropout)
        self.head = nn.ModuleDict({k: nn.Linear(d, n) for k, n in heads.items()})

    def claim_vectors(self, tokens: Mapping[str, Tensor]) -> Tensor:
        """Return unit vectors of claims, shape (batch, dims)."""
        return pooled(self.bert, tokens)

    def claim_logits(self, vectors: Tensor) -> dict[str, Tensor]:
        """Return each head's logits from unit vectors, shape (batch, classes)."""
        vectors = self.drop(vectors)
        return {name: head(vectors) for name, head in self.head.items()}
