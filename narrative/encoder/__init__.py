"""Text to vectors: pinned weights, exact and packed, and a cache keyed by content."""

from narrative.encoder.base import Encoder, Vectors
from narrative.encoder.cache import CachedEncoder, default_cache, embed
from narrative.encoder.device import compute_device, marked
from narrative.encoder.pinned import (
    DEFAULT_MODEL,
    PINNED_PACKAGE,
    PINNED_SHA256,
    TOKENIZER_SHA256,
    check_weights,
    pinned_tensors,
    pinned_tokenizer,
    weights_folder,
)
from narrative.encoder.sentence import (
    PinnedEncoder,
    SentenceEncoder,
    fixed_batches,
    model_identity,
    sentence_encoder,
)

__all__ = [
    "DEFAULT_MODEL",
    "PINNED_PACKAGE",
    "PINNED_SHA256",
    "TOKENIZER_SHA256",
    "CachedEncoder",
    "Encoder",
    "PinnedEncoder",
    "SentenceEncoder",
    "Vectors",
    "check_weights",
    "compute_device",
    "default_cache",
    "embed",
    "fixed_batches",
    "marked",
    "model_identity",
    "pinned_tensors",
    "pinned_tokenizer",
    "sentence_encoder",
    "weights_folder",
]
