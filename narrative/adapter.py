"""A low-rank adapter (Hu et al., ICLR 2022) on the pinned encoder, merged into it at load time."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from narrative.storage import read_weights

FORMAT = "narrative-adapter-1"
SHIPPED = "stance.safetensors"
SHIPPED_SHA256 = "5614715bbd9ba810f6b960b0a5fe8fcdf0919d72b14f68f98f6a19b37903abee"


@dataclass(frozen=True)
class Adapter:
    """Low-rank updates and the linear heads that read the adapted vector.

    Parameters
    ----------
    tensors : dict of str to ndarray
        ``lora.<module>.A`` (rank, in), ``lora.<module>.B`` (out, rank), ``head.<name>.weight``
        (classes, dims) and ``head.<name>.bias`` (classes,).
    meta : dict
        ``heads`` (name to class labels), ``propositions``, ``scale``, ``temperatures``.
    sha256 : str
        Hash of the file.
    """

    tensors: dict[str, npt.NDArray[np.float32]]
    meta: dict[str, Any]
    sha256: str

    def merge(self, model: Any) -> None:
        """Add ``scale * B @ A`` to each adapted linear layer of a sentence-transformers model."""
        import torch

        modules = dict(model[0].named_modules())
        for name in sorted(
            k[5:-2] for k in self.tensors if k.startswith("lora.") and k.endswith(".A")
        ):
            down = torch.from_numpy(self.tensors[f"lora.{name}.A"])
            up = torch.from_numpy(self.tensors[f"lora.{name}.B"])
            modules[name].weight += float(self.meta["scale"]) * (up @ down)

    def probabilities(self, vectors: npt.NDArray[np.float32], head: str) -> npt.NDArray[np.float64]:
        """Return softmax probabilities of one head, shape (n, n_classes), temperature applied."""
        logits = vectors.astype(np.float64) @ self.tensors[f"head.{head}.weight"].T.astype(
            np.float64
        )
        logits = (logits + self.tensors[f"head.{head}.bias"]) / float(
            self.meta["temperatures"][head]
        )
        logits -= logits.max(axis=1, keepdims=True)
        weights = np.exp(logits)
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def load_adapter(path: str | Path | None = None, *, sha256: str | None = None) -> Adapter:
    """Load an adapter, by default the one that ships with the package.

    Raises
    ------
    WeightsError
        If the file is missing, is of another format, or its hash differs from `sha256`.
    """
    if path is None:
        with as_file(files("narrative") / "weights" / SHIPPED) as shipped:
            return _load(Path(shipped), SHIPPED_SHA256)
    return _load(Path(path), sha256)


def _load(path: Path, sha256: str | None) -> Adapter:
    tensors, meta, got = read_weights(path, FORMAT, sha256)
    return Adapter({k: v.astype(np.float32) for k, v in tensors.items()}, meta, got)
