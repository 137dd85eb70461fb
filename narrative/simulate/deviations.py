"""Normal deviations on the logit scale, and means over them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(60)
NODES: Floats = _NODES
WEIGHTS: Floats = _WEIGHTS / _WEIGHTS.sum()


def mean_over(values: Floats) -> float:
    """Return the mean over a standard normal deviation of what is given at its ``NODES``."""
    return float(WEIGHTS @ values)


def logit(share: float) -> float:
    """Return the log odds of a share in (0, 1)."""
    return float(np.log(share / (1 - share)))


def sigmoid(x: npt.ArrayLike) -> Floats:
    """Return the shares that log odds stand for."""
    return np.asarray(1 / (1 + np.exp(-np.asarray(x))), dtype=np.float64)
