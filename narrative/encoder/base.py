"""What the package asks of an encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from narrative.reporting import Progress

Vectors = npt.NDArray[np.float32]


class Encoder(Protocol):
    """What the package asks of an encoder."""

    @property
    def fingerprint(self) -> str:
        """Hash of everything that the vectors depend on."""

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Return unit vectors, shape (n_texts, n_dims)."""
