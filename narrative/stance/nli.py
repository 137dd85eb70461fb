"""Stance by a larger model of the user's choice that was trained on natural language inference.

Any sequence classifier of transformers whose labels are entailment and contradiction, or
entailment and not entailment (Political DEBATE by Burnham et al. 2024, say): a claim that entails
a proposition is in favour of it, one that contradicts it is against. Nothing is downloaded unless
the user names a model that is not on disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from narrative.encoder import (
    Vectors,
    compute_device,
    fixed_batches,
    marked,
    model_identity,
)
from narrative.encoder.pinned import LONGEST
from narrative.errors import WeightsError
from narrative.reporting import Progress
from narrative.stance.pairs import SEPARATOR
from narrative.storage import sha256_text

_NEVER = -30.0  # logit of a class that a model does not know
_ENTAILS = ("entailment", "entails", "entail")
_DENIES = ("contradiction", "contradicts", "refutes")
_NEITHER = ("neutral", "not_entailment", "not entailment", "unknown")


class NLIEncoder:
    """A cross-encoder for natural language inference, as one that reads claims with propositions.

    Parameters
    ----------
    model : str
        A folder, or a name that transformers loads.
    revision : str, optional
        Of a model given by name: a commit, so that a study can be run again.
    batch_rows, bucket : int
        Rows of every batch; token lengths are rounded up to a multiple of `bucket`.
    """

    def __init__(
        self,
        model: str,
        *,
        revision: str | None = None,
        batch_rows: int = 8,
        bucket: int = 32,
    ) -> None:
        self.model, self.revision = model, revision
        self.batch_rows, self.bucket = batch_rows, bucket
        self._identity = model_identity(model, revision)

    @property
    def fingerprint(self) -> str:
        """Hash of weights and batch shape."""
        return sha256_text(marked(f"nli|{self._identity}|{self.batch_rows}|{self.bucket}"))

    @cached_property
    def _loaded(self) -> tuple[Any, Any, list[int | None]]:
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        try:
            tokenizer = AutoTokenizer.from_pretrained(self.model, revision=self.revision)
            network = AutoModelForSequenceClassification.from_pretrained(
                self.model, revision=self.revision
            )
        except (OSError, ValueError) as error:
            raise WeightsError(
                f"stance model {self.model!r} could not be loaded ({error}); give the folder of a "
                "sequence classifier saved by transformers, or a name while online."
            ) from error
        return (
            network.to(compute_device()).eval(),
            tokenizer,
            self._columns(network.config.id2label),
        )

    def _columns(self, labels: dict[int, str]) -> list[int | None]:
        """Return where the logits of against, none and favor stand; None where there is none."""
        known = {str(label).strip().casefold(): int(at) for at, label in labels.items()}
        columns = [
            next((known[name] for name in names if name in known), None)
            for names in (_DENIES, _NEITHER, _ENTAILS)
        ]
        if (
            columns[1] is None
            or columns[2] is None
            or len(known) != len(columns) - columns.count(None)
        ):
            raise WeightsError(
                f"stance model {self.model!r} has the labels {', '.join(sorted(known))}; expected "
                "entailment, neutral and contradiction, or entailment and not_entailment."
            )
        return columns

    @property
    def denies(self) -> bool:
        """Whether the model tells contradiction from neither."""
        return self._loaded[2][0] is not None

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Return logits of against, none and favor; -30 where it knows no contradiction.

        Parameters
        ----------
        texts : sequence of str
            Each a claim, ``narrative.stance.pairs.SEPARATOR`` and a proposition.
        progress : callable, optional
            Called with (done, total) after each batch.

        Returns
        -------
        ndarray of float32, shape (n, 3)

        Raises
        ------
        WeightsError
            If the model cannot be loaded, or its labels are not those of inference.
        """
        network, tokenizer, columns = self._loaded
        found = _read_pairs(
            texts,
            lambda tokens: network(**{k: v.to(network.device) for k, v in tokens.items()}).logits,
            tokenizer,
            rows=self.batch_rows,
            bucket=self.bucket,
            progress=progress,
        )
        out = np.full((len(texts), 3), _NEVER, dtype=np.float32)
        for side, column in enumerate(columns):
            if column is not None and len(texts):
                out[:, side] = found[:, column]
        return out


def _read_pairs(
    texts: Sequence[str],
    network: Any,
    tokenizer: Any,
    *,
    rows: int,
    bucket: int,
    progress: Progress | None = None,
    longest: int = LONGEST,
) -> Vectors:
    """Return a network's logits of joined texts, by batches of fixed shape.

    Parameters
    ----------
    texts : sequence of str
        Each two texts with ``SEPARATOR`` between.
    network : callable
        Takes tokens, returns logits, shape (batch, n_classes).
    tokenizer : transformers tokenizer
    rows, bucket, longest : int
        Of a batch; what widths are rounded up to; tokens at most.
    progress : callable, optional
    """
    import torch

    if not texts:
        return np.zeros((0, 3), dtype=np.float32)
    first, second = zip(*(t.split(SEPARATOR, 1) for t in texts), strict=True)
    cut = {"truncation": "only_first", "max_length": longest}
    lengths = [len(ids) for ids in tokenizer(list(first), list(second), **cut)["input_ids"]]
    out: Vectors | None = None
    done = 0
    with torch.inference_mode():
        for width, members in fixed_batches(lengths, rows, bucket, longest):
            blank = [""] * (rows - len(members))
            tokens = tokenizer(
                [first[i] for i in members] + blank,
                [second[i] for i in members] + blank,
                padding="max_length",
                truncation="only_first",
                max_length=width,
                return_tensors="pt",
            )
            logits = network(dict(tokens))[: len(members)].float().cpu().numpy()
            if out is None:
                out = np.zeros((len(texts), logits.shape[1]), dtype=np.float32)
            out[members] = logits
            done += len(members)
            if progress is not None:
                progress(done, len(texts))
    assert out is not None
    return out
