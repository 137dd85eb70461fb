"""Train the shipped stance network on the project's own written claims.

Reads ``training/`` (claims written for this project; see the data card there), fine-tunes the
pinned encoder with all heads at once and writes ``narrative/weights/stance.safetensors``. Neither
the seeds, nor their gold, nor ``training/held_out`` are read.

    python experiments/train_stance.py [--epochs 8] [--out FILE]

A run is deterministic for a ``--random-state`` on one machine; it saves its state after every
epoch and goes on from there. What is written are the weights averaged over the last few hundred
steps, and temperatures fitted on claims that were kept from training. ``--share`` trains on a part
of the claims, for a learning curve.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from stance_data import (
    FRAMINGS,
    PROPOSITIONS,
    document_claims,
    temperature,
    training_claims,
    written,
)
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm
from transformers import AutoTokenizer

from narrative.adapter import FORMAT
from narrative.agreement import macro_f1
from narrative.deltas import delta_tensors, pinned_bert
from narrative.encoder import weights_folder
from narrative.schema import CERTAINTIES
from narrative.stance.network import SIDES, StanceNetwork

KEYS = list(PROPOSITIONS)
HEADS = {**dict.fromkeys(KEYS, SIDES), "framing": FRAMINGS, "certainty": CERTAINTIES}
# The two propositions that the studies are about count more than the other five.
WEIGHTS = {KEYS[0]: 1.0, KEYS[2]: 1.0, "framing": 0.7, "certainty": 0.4}
SMOOTHING = 0.05


@dataclass
class Settings:
    """What a run depends on beside its data and code; kept in the weights' metadata."""

    epochs: int
    random_state: int
    rate: float
    head_rate: float
    rows: int
    dropout: float
    average: float
    share: float
    bf16: bool

    def fingerprint(self) -> str:
        return json.dumps(self.__dict__, sort_keys=True)


def claims_for(settings: Settings) -> pd.DataFrame:
    """Return the claims to train on; a share of their groups for a learning curve."""
    table = written("train")
    if settings.share < 1:
        groups = sorted(table["group"].unique())
        drawn = np.random.default_rng(settings.random_state).permutation(len(groups))
        kept = {groups[i] for i in drawn[: round(settings.share * len(groups))]}
        table = table[table["group"].isin(kept)]
    return table.reset_index(drop=True)


def targets_of(table: pd.DataFrame) -> dict[str, Tensor]:
    """Return each head's classes, -1 where a claim was not coded for it."""

    def classes(column: pd.Series, labels: list[Any]) -> Tensor:
        return torch.tensor([labels.index(v) if v in labels else -1 for v in column])

    out = {k: classes(table[f"stance_{k}"], [-1, 0, 1]) for k in KEYS}
    out["framing"] = classes(table["framing"], FRAMINGS)
    out["certainty"] = classes(table["certainty"], list(CERTAINTIES))
    return out


class Trainer:
    """The network, its optimiser, its schedule and its averaged weights."""

    def __init__(self, settings: Settings, steps: int) -> None:
        torch.manual_seed(settings.random_state)
        self.settings = settings
        self.tokenizer = AutoTokenizer.from_pretrained(weights_folder())
        sizes = {name: len(labels) for name, labels in HEADS.items()}
        self.network = StanceNetwork(pinned_bert(), sizes, settings.dropout)
        self.network.bert.embeddings.word_embeddings.weight.requires_grad_(False)
        encoder = [p for p in self.network.bert.parameters() if p.requires_grad]
        heads = list(self.network.head.parameters())
        self.optimiser = torch.optim.AdamW(
            [{"params": encoder, "lr": settings.rate}, {"params": heads, "lr": settings.head_rate}],
            weight_decay=0.01,
        )
        warm = max(1, round(0.06 * steps))
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimiser, lambda s: min((s + 1) / warm, max(0.0, (steps - s) / (steps - warm)))
        )
        self.average = AveragedModel(
            self.network, multi_avg_fn=get_ema_multi_avg_fn(settings.average)
        )

    def tokens(self, texts: list[str]) -> dict[str, Tensor]:
        kept = {"padding": True, "truncation": True, "max_length": 100, "return_tensors": "pt"}
        return dict(self.tokenizer(texts, **kept))

    def claims_loss(self, texts: list[str], targets: dict[str, Tensor]) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=self.settings.bf16):
            vectors = self.network.claim_vectors(self.tokens(texts))
        logits = self.network.claim_logits(vectors.float())
        total = vectors.new_zeros((), dtype=torch.float32)
        for name, z in logits.items():
            if (targets[name] >= 0).any():
                total = total + WEIGHTS.get(name, 0.4) * nn.functional.cross_entropy(
                    z, targets[name], ignore_index=-1, label_smoothing=SMOOTHING
                )
        return total

    def step(self, loss: Tensor) -> float:
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.schedule.step()
        self.average.update_parameters(self.network)
        return loss.item()

    @torch.inference_mode()
    def logits(self, texts: list[str]) -> dict[str, np.ndarray]:
        """Return every head's logits by the averaged weights."""
        network = self.average.module.eval()
        parts = [
            network.claim_logits(network.claim_vectors(self.tokens(texts[i : i + 64])))
            for i in range(0, len(texts), 64)
        ]
        return {k: torch.cat([p[k] for p in parts]).numpy() for k in parts[0]}

    def state(self) -> dict[str, Any]:
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "rng": torch.get_rng_state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["rng"])


def batches(lengths: list[int], rows: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Return index batches of near-equal length."""
    order = np.argsort(np.array(lengths) + rng.uniform(0, 40, len(lengths)), kind="stable")
    return [order[i : i + rows] for i in range(0, len(order), rows)]


def run_epoch(trainer: Trainer, claims: pd.DataFrame, epoch: int) -> float:
    """Train one epoch, batches of like length in random order; return the mean loss."""
    settings = trainer.settings
    rng = np.random.default_rng([settings.random_state, epoch])
    texts, targets = claims["input"].tolist(), targets_of(claims)
    parts = batches([len(t) for t in texts], settings.rows, rng)
    trainer.network.train()
    losses = []
    for i in tqdm(rng.permutation(len(parts)), desc=f"epoch {epoch}", mininterval=30):
        rows = parts[i]
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
    main = (KEYS[0], KEYS[2])
    logits_of = trainer.logits(cut["input"].tolist())
    targets = {k: torch.tensor((cut[f"stance_{k}"] + 1).to_numpy(dtype=int)) for k in main}
    out |= _macro({k: logits_of[k] for k in main}, targets, "claims of documents")
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


def read_settings() -> tuple[Settings, Path]:
    """Return the settings that the command line gives, and where to write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--random-state", type=int, default=0)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--head-rate", type=float, default=5e-3)
    parser.add_argument("--rows", type=int, default=32)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--average", type=float, default=0.99, help="decay of averaged weights")
    parser.add_argument("--share", type=float, default=1.0, help="of the groups of claims")
    parser.add_argument("--bf16", action="store_true", help="where the processor has it")
    parser.add_argument("--out", type=Path, default=Path("narrative/weights/stance.safetensors"))
    given = vars(parser.parse_args())
    out = given.pop("out")
    return Settings(**given), out


def main() -> None:
    settings, out = read_settings()
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False
    torch.set_flush_denormal(True)
    claims = claims_for(settings)
    per_epoch = -(-len(claims) // settings.rows)
    trainer = Trainer(settings, per_epoch * settings.epochs)
    state_file, first = out.with_suffix(".state.pt"), 0
    if state_file.exists():
        saved = torch.load(state_file, weights_only=True)
        if saved["settings"] != settings.fingerprint():
            raise SystemExit(f"{state_file} is of other settings; delete it, or write elsewhere.")
        trainer.restore(saved["state"])
        first = saved["epoch"] + 1
    print(f"{len(claims)} claims, {per_epoch} batches an epoch, {settings}", flush=True)
    for epoch in range(first, settings.epochs):
        loss = run_epoch(trainer, claims, epoch)
        print(epoch, round(loss, 3), json.dumps(report(trainer)), flush=True)
        state_file.parent.mkdir(parents=True, exist_ok=True)
        state = {"epoch": epoch, "settings": settings.fingerprint(), "state": trainer.state()}
        torch.save(state, state_file)
    write(trainer, out, report(trainer), len(claims))
    state_file.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
