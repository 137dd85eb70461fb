"""Train the cross-encoder: a claim and any proposition, read together.

The shipped weights are of an earlier state of this script and of its data (see their model card).

Reads ``training/`` and the open sets under ``NARRATIVE_DATA/stance`` whose licence allows it (see
``pair_data``), and writes ``narrative/weights/pairs.safetensors``. Neither the seeds, nor their
gold, nor ``training/held_out``, nor a test or dev part of any set are trained on.

    NARRATIVE_DATA=... python experiments/train_pairs.py [--epochs 5] [--out FILE]

A run is deterministic for a ``--random-state`` on one machine; it saves its state after every
epoch and goes on from there.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from common import ROOT
from pair_data import Pair, Sampler, as_pairs, between_claims, within_quartets
from safetensors.numpy import save_file
from stance_data import (
    COUNTER,
    INEVITABLE,
    PROPOSITIONS,
    document_claims,
    other_contests,
    quartets,
    temperature,
    written,
)
from stance_sets import read_set
from torch import Tensor, nn
from tqdm import tqdm
from training_loop import (
    Loop,
    Settings,
    batches,
    data_hash,
    deterministic,
    read_settings,
    some,
    state_of,
    train,
)
from transformers import AutoTokenizer

from narrative.agreement import macro_f1
from narrative.deltas import pinned_bert
from narrative.encoder import weights_folder
from narrative.stance.pair_network import PairNetwork, trained_tensors
from narrative.stance.pairs import FORMAT

SHIPPED = ROOT / "narrative/weights/pairs.safetensors"
DEFAULTS = Settings(epochs=5, rate=1e-3, head_rate=1e-3, average=0.995)
RANK = 64
SMOOTHING = 0.05
MAIN = (INEVITABLE, COUNTER)
CONTESTS = "other contests"


class Trainer(Loop):
    """The cross-encoder in training."""

    def __init__(self, settings: Settings, steps: int) -> None:
        torch.manual_seed(settings.random_state)
        network = PairNetwork(pinned_bert(), RANK, settings.dropout)
        encoder = [p for p in network.bert.parameters() if p.requires_grad]
        super().__init__(network, encoder, list(network.head.parameters()), settings, steps)
        self.tokenizer = AutoTokenizer.from_pretrained(weights_folder())

    def tokens(self, pairs: list[Pair]) -> dict[str, Tensor]:
        texts = [p.claim for p in pairs], [p.proposition for p in pairs]
        kept = {"padding": True, "truncation": "only_first", "max_length": 112}
        return dict(self.tokenizer(*texts, return_tensors="pt", **kept))

    def loss(self, pairs: list[Pair]) -> Tensor:
        with self.autocast():
            logits = self.network(self.tokens(pairs))
        stances = torch.tensor([p.stance + 1 for p in pairs])
        return nn.functional.cross_entropy(logits.float(), stances, label_smoothing=SMOOTHING)

    @torch.inference_mode()
    def logits(self, pairs: list[Pair]) -> np.ndarray:
        """Return logits by the averaged weights."""
        network = self.average.module.eval()
        order = np.argsort([len(p.claim) + len(p.proposition) for p in pairs], kind="stable")
        out = np.zeros((len(pairs), 3), dtype=np.float32)
        for at in range(0, len(order), 64):
            rows = order[at : at + 64]
            with self.autocast():
                z = network(self.tokens([pairs[i] for i in rows]))
            out[rows] = z.float().numpy()
        return out


def run_epoch(trainer: Trainer, sampler: Sampler, epoch: int) -> float:
    """Train one epoch; return the mean loss."""
    settings = trainer.settings
    rng = np.random.default_rng([settings.random_state, epoch])
    pairs = sampler.epoch(rng)
    trainer.network.train()
    parts = batches([len(p.claim) + len(p.proposition) for p in pairs], settings.rows, rng)
    shown = tqdm(parts, desc=f"epoch {epoch}", mininterval=30)
    return float(np.mean([trainer.step(trainer.loss([pairs[i] for i in r])) for r in shown]))


def dev_pairs() -> dict[str, list[Pair]]:
    """Return pairs that are kept from training, by where they are from."""
    contests = other_contests()
    contests = contests[contests["split"] == "dev"]
    views = read_set("Perspectrum")
    views = views[views["split"] == "dev"].sample(600, random_state=0)
    cut = document_claims()
    cut = cut[cut["split"] == "dev"]
    out = {CONTESTS: as_pairs(contests), "Perspectrum": as_pairs(views)}
    for key in MAIN:
        stances = cut[f"stance_{key}"].astype(int)
        out[f"documents, {key}"] = [
            Pair(c, PROPOSITIONS[key], s) for c, s in zip(cut["input"], stances, strict=True)
        ]
    out["families"] = between_claims(written("dev"))
    out["quartets"] = within_quartets(quartets().query("split == 'dev'"))
    return out


def report(trainer: Trainer) -> dict[str, float]:
    """Return macro-F1 and the accuracy of the side, on what is kept from training."""
    out = {}
    for name, pairs in dev_pairs().items():
        y, z = np.array([p.stance for p in pairs]), trainer.logits(pairs)
        taken = y != 0
        out[f"{name}: macro-F1"] = round(macro_f1(y, z.argmax(1) - 1), 4)
        side = np.where(z[:, 2] > z[:, 0], 1, -1)
        out[f"{name}: side"] = round(float((side == y)[taken].mean()), 4)
    return out


def write(trainer: Trainer, path: Path, measured: dict[str, float], n_pairs: int) -> None:
    """Write the averaged weights, with the temperature that fits contests kept from training."""
    pairs = dev_pairs()[CONTESTS]
    stances = np.array([p.stance + 1 for p in pairs])
    meta = {
        "format": FORMAT,
        "rank": RANK,
        "temperature": temperature(trainer.logits(pairs), stances),
        "measured": measured,
        "training": asdict(trainer.settings) | {"n_pairs_an_epoch": n_pairs},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(
        trained_tensors(trainer.average.module),
        path,
        metadata={"narrative": json.dumps(meta, sort_keys=True)},
    )
    print(path, hashlib.sha256(path.read_bytes()).hexdigest())


def main() -> None:
    settings, out = read_settings(__doc__ or "", DEFAULTS, SHIPPED)
    deterministic()
    sampler = Sampler(some(written("train"), settings))
    sizes = [
        len(sampler.epoch(np.random.default_rng([settings.random_state, e])))
        for e in range(settings.epochs)
    ]
    trainer = Trainer(settings, sum(-(-n // settings.rows) for n in sizes))
    print(sizes[0], "pairs an epoch, of", {k: len(v) for k, v in sampler.kinds.items()}, flush=True)
    print(settings, flush=True)
    measured = train(
        trainer,
        out,
        lambda epoch: run_epoch(trainer, sampler, epoch),
        lambda: report(trainer),
        data_hash(
            [sampler.kinds, sampler.words, sampler.names, sampler.texts, sampler.codes.tolist()]
        ),
    )
    write(trainer, out, measured, sizes[0])
    state_of(out).unlink(missing_ok=True)


if __name__ == "__main__":
    main()
