"""The shipped stance adapter: what training changed in the pinned encoder, and the heads."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from narrative.deltas import Arrays
from narrative.errors import WeightsError
from narrative.storage import read_weights

FORMAT = "narrative-stance-3"
SHIPPED = "stance.safetensors"
SHIPPED_SHA256 = "5f11d3e67a0d611286783f0398e60ba2dbc30d90b512c46cb235614833c4be8c"


@dataclass(frozen=True)
class Adapter:
    """Changes of the pinned encoder, and the heads that read the changed one.

    Parameters
    ----------
    tensors : dict of str to ndarray
        As ``narrative.deltas.delta_tensors`` keeps a ``StanceNetwork``: ``bert.<name>.delta``,
        ``head.<name>.weight`` (classes, dims), ``head.<name>.bias`` (classes,).
    meta : dict
        ``heads`` (name to class labels), ``propositions``, ``temperatures``.
    sha256 : str
        Hash of the file.
    """

    tensors: Arrays
    meta: dict[str, Any]
    sha256: str

    def encoder_tensors(self) -> dict[str, Any]:
        """Return the pinned encoder's tensors with the changes, by name.

        Raises
        ------
        WeightsError
            If the file lacks a tensor of it, or one has another shape.
        """
        from narrative.deltas import restored_tensors

        return restored_tensors(self.tensors, SHIPPED)

    def probabilities(self, vectors: npt.NDArray[np.float32], head: str) -> npt.NDArray[np.float64]:
        """Return softmax probabilities of one head, shape (n, n_classes), temperature applied.

        Raises
        ------
        WeightsError
            If there is no such head.
        """
        if f"head.{head}.weight" not in self.tensors:
            raise WeightsError(f"these weights have no head {head!r}; use the shipped ones.")
        weight = self.tensors[f"head.{head}.weight"].astype(np.float64)
        logits = vectors.astype(np.float64) @ weight.T
        logits = (logits + self.tensors[f"head.{head}.bias"].astype(np.float64)) / float(
            self.meta["temperatures"][head]
        )
        return np.asarray(softmax(logits, axis=1))


def load_adapter(path: str | Path | None = None, *, sha256: str | None = None) -> Adapter:
    """Load an adapter, by default the one that ships with the package.

    Raises
    ------
    WeightsError
        If the file is missing, is of another format, or its hash differs from `sha256`.
    """
    if path is None:
        with as_file(files("narrative") / "weights" / SHIPPED) as shipped:
            return Adapter(*read_weights(Path(shipped), FORMAT, SHIPPED_SHA256))
    return Adapter(*read_weights(Path(path), FORMAT, sha256))
