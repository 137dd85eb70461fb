"""The reader's file: what training changed in the pinned encoder, and the heads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from narrative.deltas import delta_tensors, restore, restored_tensors
from narrative.encoder.pinned import DIMS, LAYERS
from narrative.errors import WeightsError
from narrative.reader.labels import ENTITY_TAGS, POS, RELATIONS, TAGS
from narrative.reader.network import Heads, Network
from narrative.storage import read_weights

FORMAT = "narrative-reader-1"
SHIPPED = Path(__file__).parent.parent / "weights" / "reader.safetensors"
SHIPPED_SHA256 = "7d251904a9026e0ae995d3fecb9e53959991f0c93f533b1d0cc508fdc707ce86"
_LABELS = {"tags": TAGS, "pos": POS, "entity": ENTITY_TAGS, "rel": RELATIONS}


def write_reader(network: Network, path: Path, meta: dict[str, Any]) -> None:
    """Write a trained network's difference from the pinned encoder, and its heads."""
    from safetensors.numpy import save_file

    about = {"format": FORMAT, "labels": _LABELS, **meta}
    save_file(
        delta_tensors(network), path, metadata={"narrative": json.dumps(about, sort_keys=True)}
    )


def read_reader(
    path: str | Path | None = None, *, sha256: str | None = None
) -> tuple[Heads, dict[str, Any], dict[str, Any], str]:
    """Load a reader: by default the one that ships, whose sha256 is pinned.

    Returns
    -------
    (Heads, dict, dict, str)
        The heads in evaluation mode, the encoder's tensors by name, metadata, and the file's
        sha256.

    Raises
    ------
    WeightsError
        If the file is missing, is not a whole reader of this format and these labels, or its
        sha256 is another.
    """
    if path is None:
        path, sha256 = SHIPPED, SHIPPED_SHA256
    path = Path(path)
    tensors, meta, got = read_weights(path, FORMAT, sha256)
    if {k: tuple(v) for k, v in meta.get("labels", {}).items()} != _LABELS:
        raise WeightsError(f"{path.name}: its labels differ from this version's; train it again.")
    heads = Heads(DIMS, LAYERS + 1)
    restore(heads, tensors, path.name)
    return heads.eval(), restored_tensors(tensors, path.name), meta, got
