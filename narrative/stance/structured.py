"""Stance by the structured reading: weights of the named features, for the trained propositions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from narrative.encoder import Vectors
from narrative.errors import WeightsError
from narrative.reporting import Progress
from narrative.stance.structure import FEATURES, structure_features
from narrative.storage import sha256_text

Floats = npt.NDArray[np.float64]
_FILE = "structure_en.json"
_BLOCK = 256


class StructureEncoder:
    """Gives the features of normalised claims; an ``Encoder`` whose rows are not of length one."""

    @cached_property
    def _reader(self) -> Any:
        from narrative.reader import shipped_reader

        return shipped_reader()

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the reader, the lexicon and the rules."""
        folder = files("narrative")
        both = ((folder / part).iterdir() for part in ("stance", "reader"))
        rules = [p for part in both for p in part if p.name.endswith(".py")]
        rules += [folder / "data" / "predicates_en.toml", folder / "weights" / "reader.safetensors"]
        parts = sorted((p.name, sha256_text(p.read_bytes().hex())) for p in rules)
        return sha256_text(json.dumps(parts))

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Return one row of ``FEATURES`` a text, shape (n_texts, n_features)."""
        out = np.zeros((len(texts), len(FEATURES)), dtype=np.float32)
        for at in range(0, len(texts), _BLOCK):
            part = list(texts[at : at + _BLOCK])
            for i, (text, reading) in enumerate(zip(part, self._reader.read(part), strict=True)):
                out[at + i] = structure_features(text, reading)
            if progress is not None:
                progress(at + len(part), len(texts))
        return out


@dataclass(frozen=True)
class Structured:
    """Multinomial logistic regressions on the features, one a proposition.

    Parameters
    ----------
    weights : mapping of str to ndarray, shape (3, n_features)
    bias, prior : mapping of str to ndarray, shape (3,)
        Of against, none and favor; the prior is their share in training, or even.
    share : mapping of str to float
        How much its logits count beside those of the network, >= 0.
    temperatures : mapping of str to float
        Of the joined logits.
    """

    weights: Mapping[str, Floats]
    bias: Mapping[str, Floats]
    prior: Mapping[str, Floats]
    share: Mapping[str, float]
    temperatures: Mapping[str, float]

    def logits(self, features: Vectors, head: str) -> Floats:
        """Return logits, shape (n, 3).

        Raises
        ------
        WeightsError
            If nothing was fitted for `head`.
        """
        if head not in self.weights:
            raise WeightsError(f"the structured reading has no weights for {head!r}.")
        return np.asarray(features.astype(np.float64) @ self.weights[head].T + self.bias[head])

    def joined(self, p: Floats, features: Vectors, head: str) -> Floats:
        """Return the network's probabilities after the structured reading has had its say.

        The logits are added (a product of experts, Hinton 2002), less the prior that both learned:
        where no event has a known side, they say little and the network decides.
        """
        own = self.logits(features, head) - np.log(self.prior[head])
        logits = np.log(np.clip(p, 1e-9, None)) + self.share[head] * own
        return np.asarray(softmax(logits / self.temperatures[head], axis=1))


@cache
def shipped_structured() -> Structured:
    """Return the shipped weights.

    Raises
    ------
    WeightsError
        If the file is not one that the training script wrote for these features.
    """
    path = files("narrative") / "data" / _FILE
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        names, heads = tuple(raw["features"]), raw["heads"]
        weights, bias, prior = (
            {k: np.array(v[part], dtype=float) for k, v in heads.items()}
            for part in ("weights", "bias", "prior")
        )
        share, temperatures = (
            {k: float(v[part]) for k, v in heads.items()} for part in ("share", "temperature")
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(
            f"{path}: not the weights of the structured reading ({error})."
        ) from error
    if names != FEATURES or any(w.shape != (3, len(FEATURES)) for w in weights.values()):
        raise WeightsError(f"{path}: fitted for other features than this version's; fit it again.")
    return Structured(weights, bias, prior, share, temperatures)
