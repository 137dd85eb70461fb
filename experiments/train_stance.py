"""Train the shipped stance network on the project's own written claims.

Reads ``training/`` (claims written for this project; see the data card there), fine-tunes the
pinned encoder with all heads at once and writes ``narrative/weights/stance.safetensors``. Neither
the seeds, nor their gold, nor ``training/held_out`` are read.

    python experiments/train_stance.py [--epochs 6] [--out FILE]

A run is deterministic for a ``--random-state`` on one machine; it saves its state after every
epoch and goes on from there. What is written are the weights averaged over the last few hundred
steps, and temperatures fitted on claims that were kept from training. A claim that was cut from a
report is read in its place in some epochs, and alone in others, because users may have either.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from common import ROOT
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
    data_hash,
    deterministic,
    kept_together,
    read_settings,
    some,
    state_of,
    train,
)

from narrative.adapter import FORMAT
from narrative.agreement import macro_f1
from narrative.deltas import delta_tensors, pinned_bert
from narrative.schema import CERTAINTIES
from narrative.stance.in_context import Pieces, pieces, tokens
from narrative.stance.network import SIDES, StanceNetwork

SHIPPED = ROOT / "narrative/weights/stance.safetensors"
KEYS = list(PROPOSITIONS)
CODES = [f"stance_{k}" for k in KEYS]
HEADS = {**dict.fromkeys(KEYS, SIDES), "framing": FRAMINGS, "certainty": CERTAINTIES}
# The two propositions that the studies are about count more than the other five.
MAIN = (INEVITABLE, COUNTER)
WEIGHTS = {**dict.fromkeys(MAIN, 1.0), "framing": 0.7, "certainty": 0.4}
SMOOTHING = 0.05
_LONGEST = 144  # word pieces; serving reads up to 256


@dataclass(frozen=True)
class StanceSettings(Settings):
    """What a run of this trainer depends on."""

    epochs: int = 6
    rate: float = 1e-4
    head_rate: float = 5e-3
    average: float = 0.99
    placed: float = 0.5
    agreement: float = 0.5
    twins: bool = True


def targets_of(table: pd.DataFrame) -> dict[str, Tensor]:
    """Return each head's classes, -1 where a claim was not coded for it."""

    def classes(column: pd.Series, labels: list[Any]) -> Tensor:
        return torch.tensor([labels.index(v) if v in labels else -1 for v in column])

    out = {k: classes(table[c], [-1, 0, 1]) for k, c in zip(KEYS, CODES, strict=True)}
    out["framing"] = classes(table["framing"], FRAMINGS)
    out["certainty"] = classes(table["certainty"], list(CERTAINTIES))
    return out


def disagreement(vectors: Tensor, targets: dict[str, Tensor]) -> Tensor:
    """Return how far cosines of claims are from those of their codes on the main propositions.

    Claims that agree should be near, claims that contradict each other far, and a claim without a
    side at right angles to one that takes it (after Ghafouri et al., EMNLP 2024, with the cosine of
    codes in place of triplets).

    Parameters
    ----------
    vectors : Tensor, shape (batch, dims)
        Of length one.
    targets : dict of str to Tensor, shape (batch,)
    """
    codes = torch.stack([targets[k] for k in MAIN], 1)
    known = (codes >= 0).all(1)
    unit = nn.functional.normalize((codes[known] - 1).float(), dim=1)
    taken = unit.norm(dim=1) > 0
    # Two claims without a side may be about anything: nothing is asked of them.
    asked = (taken[:, None] | taken[None]).triu(1)
    if not asked.any():
        return vectors.new_zeros(())
    cosines = vectors[known] @ vectors[known].T
    return (cosines - unit @ unit.T)[asked].square().mean()


class Trainer(Loop):
    """The stance network in training."""

    def __init__(self, settings: StanceSettings, steps: int) -> None:
        torch.manual_seed(settings.random_state)
        sizes = {name: len(labels) for name, labels in HEADS.items()}
        network = StanceNetwork(pinned_bert(), sizes, settings.dropout)
        network.bert.embeddings.word_embeddings.weight.requires_grad_(False)
        encoder = [p for p in network.bert.parameters() if p.requires_grad]
        super().__init__(network, encoder, list(network.head.parameters()), settings, steps)
        self.weight = settings.agreement

    def pieces(self, texts: list[str]) -> list[Pieces]:
        return pieces(texts, longest=_LONGEST)

    def tokens(self, rows: list[Pieces]) -> dict[str, Tensor]:
        return tokens(rows)

    def claims_loss(self, rows: list[Pieces], targets: dict[str, Tensor]) -> Tensor:
        with self.autocast():
            vectors = self.network.claim_vectors(self.tokens(rows)).float()
        logits = self.network.claim_logits(vectors)
        total = vectors.new_zeros((), dtype=torch.float32)
        for name, z in logits.items():
            if (targets[name] >= 0).any():
                total = total + WEIGHTS.get(name, 0.4) * nn.functional.cross_entropy(
                    z, targets[name], ignore_index=-1, label_smoothing=SMOOTHING
                )
        if self.weight:
            total = total + self.weight * disagreement(vectors, targets)
        return total

    @torch.inference_mode()
    def logits(self, texts: list[str]) -> dict[str, np.ndarray]:
        """Return every head's logits by the averaged weights."""
        network, rows = self.average.module.eval(), self.pieces(texts)
        order = np.argsort([len(r.ids) for r in rows], kind="stable")
        out = {k: np.zeros((len(rows), len(v)), np.float32) for k, v in HEADS.items()}
        for at in (order[i : i + 64] for i in range(0, len(order), 64)):
            vectors = network.claim_vectors(self.tokens([rows[i] for i in at]))
            for name, z in network.claim_logits(vectors).items():
                out[name][at] = z.numpy()
        return out


def arranged(
    claims: pd.DataFrame, lengths: list[int], settings: StanceSettings, rng: np.random.Generator
) -> list[np.ndarray]:
    """Return an epoch's batches: families whole, so that twins are told apart; others by length."""
    family = (claims["op"].fillna("") != "").to_numpy() & settings.twins
    single, twins = np.flatnonzero(~family), np.flatnonzero(family)
    # Some four characters to a word piece: batches are of near-equal length by characters.
    parts = [single[at] for at in batches([4 * lengths[i] for i in single], settings.rows, rng)]
    whole = kept_together(claims["group"].iloc[twins].tolist(), settings.rows, rng)
    parts += [twins[at] for at in whole]
    return [parts[i] for i in rng.permutation(len(parts))]


def run_epoch(trainer: Trainer, claims: pd.DataFrame, epoch: int) -> float:
    """Train one epoch, batches of like length in random order; return the mean loss."""
    settings = trainer.settings
    rng = np.random.default_rng([settings.random_state, epoch])
    placed = rng.random(len(claims)) < settings.placed
    read = trainer.pieces(claims["placed"].where(placed, claims["input"]).tolist())
    targets = targets_of(claims)
    trainer.network.train()
    losses = []
    parts = arranged(claims, [len(r.ids) for r in read], settings, rng)
    for rows in tqdm(parts, desc=f"epoch {epoch}", mininterval=30):
        some = {k: t[rows] for k, t in targets.items()}
        losses.append(trainer.step(trainer.claims_loss([read[k] for k in rows], some)))
    return float(np.mean(losses))


def report(trainer: Trainer) -> dict[str, float]:
    """Return macro-F1 on what is kept from training: claims, and claims of documents, both ways."""
    claims, cut = training_claims(), document_claims()
    claims, cut = (t[t["split"] == "dev"] for t in (claims, cut))
    out = _macro(trainer.logits(claims["placed"].tolist()), targets_of(claims), "written claims")
    targets = {k: torch.tensor((cut[f"stance_{k}"] + 1).to_numpy(dtype=int)) for k in MAIN}
    for way, column in (("in place", "placed"), ("alone", "input")):
        logits = trainer.logits(cut[column].tolist())
        out |= _macro({k: logits[k] for k in MAIN}, targets, f"claims of documents, {way}")
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
    """Return each head's temperature on what is kept from training, documents included."""
    claims = written("dev")
    targets = targets_of(claims)
    logits = trainer.logits(claims["placed"].tolist())
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
        "training": asdict(trainer.settings) | {"n_claims": n_claims},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(
        delta_tensors(trainer.average.module), path,
        metadata={"narrative": json.dumps(meta, sort_keys=True)},
    )  # fmt: skip
    print(path, hashlib.sha256(path.read_bytes()).hexdigest())


def claims_hash(claims: pd.DataFrame) -> str:
    """Return a hash of the claims, their codes and their order."""
    return data_hash(
        claims[["placed", "input", "group", "framing", "certainty", *CODES]].itertuples(index=False)
    )


def run(settings: StanceSettings, out: Path) -> None:
    """Train with these settings and write the weights."""
    deterministic()
    claims = some(written("train"), settings)
    lengths, rng = [0] * len(claims), np.random.default_rng
    sizes = [len(arranged(claims, lengths, settings, rng(e))) for e in range(settings.epochs)]
    trainer = Trainer(settings, sum(sizes))
    print(f"{len(claims)} claims, {sizes[0]} batches an epoch, {settings}", flush=True)
    measured = train(
        trainer,
        out,
        lambda epoch: run_epoch(trainer, claims, epoch),
        lambda: report(trainer),
        claims_hash(claims),
    )
    write(trainer, out, measured, len(claims))
    state_of(out).unlink(missing_ok=True)


def main() -> None:
    run(*read_settings(__doc__ or "", StanceSettings(), SHIPPED))


if __name__ == "__main__":
    main()
