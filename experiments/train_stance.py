"""Train the shipped stance network on the project's own written claims.

Reads ``training/`` (claims written for this project; see the data card there), fine-tunes the
pinned encoder with all heads at once and writes ``narrative/weights/stance.safetensors``. Neither
the seeds, nor their gold, nor ``training/held_out`` are read.

    python experiments/train_stance.py [--epochs 8] [--out FILE]

A run is deterministic for a ``--random-state`` on one machine; it saves its state after every
epoch and goes on from there. What is written are the weights averaged over the last few hundred
steps, and temperatures fitted on claims that were kept from training. ``--share`` and ``--without``
train on a part of the claims, for a learning curve.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from stance_data import (
    COUNTER,
    FRAMINGS,
    INEVITABLE,
    PROPOSITIONS,
    document_claims,
    temperature,
    training_claims,
    written,
)
from torch import Tensor, nn
from tqdm import tqdm
from training_loop import (
    Loop,
    Settings,
    batches,
    deterministic,
    read_settings,
    some,
    state_of,
    train,
)
from transformers import AutoTokenizer

from narrative.adapter import FORMAT
from narrative.agreement import macro_f1
from narrative.deltas import delta_tensors, pinned_bert
from narrative.encoder import weights_folder
from narrative.schema import CERTAINTIES
from narrative.stance.network import SIDES, StanceNetwork

SHIPPED = Path("narrative/weights/stance.safetensors")
DEFAULTS = Settings(epochs=8, rate=1e-4, head_rate=5e-3, average=0.99)
KEYS = list(PROPOSITIONS)
HEADS = {**dict.fromkeys(KEYS, SIDES), "framing": FRAMINGS, "certainty": CERTAINTIES}
# The two propositions that the studies are about count more than the other five.
MAIN = (INEVITABLE, COUNTER)
WEIGHTS = {**dict.fromkeys(MAIN, 1.0), "framing": 0.7, "certainty": 0.4}
SMOOTHING = 0.05


def targets_of(table: pd.DataFrame) -> dict[str, Tensor]:
    """Return each head's classes, -1 where a claim was not coded for it."""

    def classes(column: pd.Series, labels: list[Any]) -> Tensor:
        return torch.tensor([labels.index(v) if v in labels else -1 for v in column])

    out = {k: classes(table[f"stance_{k}"], [-1, 0, 1]) for k in KEYS}
    out["framing"] = classes(table["framing"], FRAMINGS)
    out["certainty"] = classes(table["certainty"], list(CERTAINTIES))
    return out


class Trainer(Loop):
    """The stance network in training."""

    def __init__(self, settings: Settings, steps: int) -> None:
        torch.manual_seed(settings.random_state)
        sizes = {name: len(labels) for name, labels in HEADS.items()}
        network = StanceNetwork(pinned_bert(), sizes, settings.dropout)
        network.bert.embeddings.word_embeddings.weight.requires_grad_(False)
        encoder = [p for p in network.bert.parameters() if p.requires_grad]
        super().__init__(network, encoder, list(network.head.parameters()), settings, steps)
        self.tokenizer = AutoTokenizer.from_pretrained(weights_folder())

    def tokens(self, texts: list[str]) -> dict[str, Tensor]:
        kept = {"padding": True, "truncation": True, "max_length": 100, "return_tensors": "pt"}
        return dict(self.tokenizer(texts, **kept))

    def claims_loss(self, texts: list[str], targets: dict[str, Tensor]) -> Tensor:
        with self.autocast():
            vectors = self.network.claim_vectors(self.tokens(texts))
        logits = self.network.claim_logits(vectors.float())
        total = vectors.new_zeros((), dtype=torch.float32)
        for name, z in logits.items():
            if (targets[name] >= 0).any():
                total = total + WEIGHTS.get(name, 0.4) * nn.functional.cross_entropy(
                    z, targets[name], ignore_index=-1, label_smoothing=SMOOTHING
                )
        return total

    @torch.inference_mode()
    def logits(self, texts: list[str]) -> dict[str, np.ndarray]:
        """Return every head's logits by the averaged weights."""
        network = self.average.module.eval()
        parts = [
            network.claim_logits(network.claim_vectors(self.tokens(texts[i : i + 64])))
            for i in range(0, len(texts), 64)
        ]
        return {k: torch.cat([p[k] for p in parts]).numpy() for k in parts[0]}


def run_epoch(trainer: Trainer, claims: pd.DataFrame, epoch: int) -> float:
    """Train one epoch, batches of like length in random order; return the mean loss."""
    settings = trainer.settings
    rng = np.random.default_rng([settings.random_state, epoch])
    texts, targets = claims["input"].tolist(), targets_of(claims)
    trainer.network.train()
    losses = []
    parts = batches([len(t) for t in texts], settings.rows, rng)
    for rows in tqdm(parts, desc=f"epoch {epoch}", mininterval=30):
        some = {k: t[rows] for k, t in targets.items()}
        losses.append(trainer.step(trainer.claims_loss([texts[k] for k in rows], some)))
    return float(np.mean(losses))


def report(trainer: Trainer) -> dict[str, float]:
    """Return macro-F1 on what is kept from training: claims, contests and written documents."""
    claims = training_claims()
    claims = claims[claims["split"] == "dev"]
    out = _macro(trainer.logits(claims["input"].tolist()), targets_of(claims), "written claims")
    cut = document_claims()
    cut = cut[cut["split"] == "dev"]
    logits_of = trainer.logits(cut["input"].tolist())
    targets = {k: torch.tensor((cut[f"stance_{k}"] + 1).to_numpy(dtype=int)) for k in MAIN}
    out |= _macro({k: logits_of[k] for k in MAIN}, targets, "claims of documents")
    return out


def _macro(
    logits: dict[str, np.ndarray], targets: dict[str, Tensor], what: str
) -> dict[str, float]:
    out = {}
    for name, z in logits.items():
        y = targets[name].numpy()
        known = y >= 0
        out[f"{what}: {name}"] = round(macro_f1(y[known], z.argmax(1)[known]), 4)
    return out


def temperatures(trainer: Trainer) -> dict[str, float]:
    """Return each head's temperature on what is kept from training."""
    claims = training_claims()
    claims = claims[claims["split"] == "dev"]
    targets = targets_of(claims)
    logits = trainer.logits(claims["input"].tolist())
    return {k: temperature(z, targets[k].numpy()) for k, z in logits.items()}


def write(trainer: Trainer, path: Path, measured: dict[str, float], n_claims: int) -> None:
    """Write the averaged weights with what they know and what was measured."""
    from safetensors.numpy import save_file

    meta = {
        "format": FORMAT,
        "propositions": PROPOSITIONS,
        "heads": {k: list(labels) for k, labels in HEADS.items()},
        "temperatures": temperatures(trainer),
        "measured": {f"macro-F1, {k}": v for k, v in measured.items()},
        "training": trainer.settings.__dict__ | {"n_claims": n_claims},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(
        delta_tensors(trainer.average.module), path,
        metadata={"narrative": json.dumps(meta, sort_keys=True)},
    )  # fmt: skip
    print(path, hashlib.sha256(path.read_bytes()).hexdigest())


def main() -> None:
    settings, out = read_settings(__doc__ or "", DEFAULTS, SHIPPED)
    deterministic()
    claims = some(written("train"), settings)
    per_epoch = -(-len(claims) // settings.rows)
    trainer = Trainer(settings, per_epoch * settings.epochs)
    print(f"{len(claims)} claims, {per_epoch} batches an epoch, {settings}", flush=True)
    measured = train(
        trainer, out, lambda epoch: run_epoch(trainer, claims, epoch), lambda: report(trainer)
    )
    write(trainer, out, measured, len(claims))
    state_of(out).unlink(missing_ok=True)


if __name__ == "__main__":
    main()
