"""Where networks are computed: a GPU where torch has one, else the processor."""

from __future__ import annotations

import os
from importlib.metadata import version

from narrative.errors import InputError

VARIABLE = "NARRATIVE_DEVICE"


def compute_device() -> str:
    """Return the device of networks: what ``NARRATIVE_DEVICE`` names, else a GPU if there is one.

    On a GPU numbers are those of a processor but for the last digits (in float32, without
    TensorFloat), and what is cached is kept apart.

    Raises
    ------
    InputError
        If torch does not have the device that is named.
    """
    named = os.environ.get(VARIABLE, "").strip()
    if named == "cpu" or (not named and version("torch").endswith("+cpu")):
        return "cpu"  # without loading torch, which what is cached can do without
    import torch

    if not named:
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=named)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise InputError(
            f"{VARIABLE}={named!r}: torch cannot compute there ({reason}); expected cpu, cuda, "
            "cuda:1 or another device of this machine. Leave it out to let the package choose."
        ) from None
    return named


def marked(fingerprint: str) -> str:
    """Return what tells vectors apart that a device other than the processor computes."""
    device = compute_device().partition(":")[0]
    return fingerprint if device == "cpu" else f"{fingerprint}|{device}"
