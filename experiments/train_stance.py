"""Train the shipped stance adapter on the project's own written claims.

Reads ``NARRATIVE_DATA/authored`` and ``training/`` (claims and minimal pairs written for this
project, see the data card there), trains a low-rank adapter with linear heads on the pinned
encoder, and writes ``narrative/weights/stance.safetensors``. Neither the seeds nor their gold are
read.

    NARRATIVE_DATA=... python experiments/train_stance.py [--epochs 5] [--out FILE]

A run is deterministic for a ``--random-state`` on one machine; it saves its state after every
epoch and goes on from there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from safetensors.numpy import save_file
from sklearn.metrics import f1_score
from torch import nn

from narrative.adapter import FORMAT
from narrative.encoder import SentenceEncoder
from narrative.normalise import default_normaliser
from narrative.schema import CAMPS

PROPOSITIONS = {
    "russian_victory_inevitable": "Russia's victory is inevitable; Ukraine had better accept it.",
    "russian_advance": "Russian forces are advancing and taking their objectives.",
    "ukrainian_counteroffensive": "Ukraine's counteroffensive is succeeding and retaking ground.",
    "ukrainian_resistance_holds": "Ukrainian forces are holding their ground.",
    "premature_or_false_russian_claim": "Russian claims of success are premature or false.",
    "losses_attrition": "The losses are heavy and unsustainable.",
    "negotiation_territorial_concession": "Ukraine should trade territory for peace.",
}
FRAMINGS = [*PROPOSITIONS, "other"]
WRITTEN = Path(__file__).resolve().parent.parent / "training"
WEIGHT = {"russian_victory_inevitable": 1.0, "ukrainian_counteroffensive": 1.0, "framing": 0.7}


def derived(row: pd.Series) -> dict[str, int]:
    """Return the stance towards all seven propositions that a row's three codes imply.

    Two are coded. The others follow from the framing and the sign of the first: a claim that is
    about advance, retaking, holding or a false claim speaks for or against Russian advance as it
    does for Russian success; holding is its mirror where the claim is about advance or holding;
    a claim about false claims speaks against them by its sign.
    """
    if isinstance(row.get("codes"), dict):
        return dict(row["codes"])
    framing, sign = row["framing"], int(row["inevitable"])
    ground = {"russian_advance", "ukrainian_counteroffensive", "ukrainian_resistance_holds"}
    false_claim = "premature_or_false_russian_claim"
    return {
        "russian_victory_inevitable": sign,
        "ukrainian_counteroffensive": int(row["counteroffensive"]),
        "russian_advance": sign if framing in ground | {false_claim} else 0,
        "ukrainian_resistance_holds": -sign
        if framing in {"russian_advance", "ukrainian_resistance_holds"}
        else 0,
        false_claim: -sign if framing == false_claim else 0,
        "losses_attrition": int(
            framing == "losses_attrition" and row.get("certainty") != "did_not"
        ),
        "negotiation_territorial_concession": int(
            framing == "negotiation_territorial_concession" and sign == 1
        ),
    }


def read_authored(folder: Path) -> pd.DataFrame:
    """Return the written claims with stance columns, a group and a split (90 / 10 by group)."""
    rows: list[dict[str, Any]] = []
    authored = [*folder.glob("claims_*.jsonl"), folder / "minimal_pairs_war.jsonl"]
    for path in [*sorted(authored), *sorted(WRITTEN.glob("claims_*.jsonl"))]:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
            row = json.loads(line)
            # Neighbouring lines of a file can share an invented event: ten of them are one group.
            group = f"family{row['family']}" if "family" in row else f"{path.stem}{number // 10}"
            if "s" in row:  # all seven coded
                codes = dict(zip(PROPOSITIONS, row.pop("s"), strict=True))
                row["inevitable"], row["counteroffensive"] = codes[FRAMINGS[0]], codes[FRAMINGS[2]]
                row["codes"] = codes
            rows.append({**row, "group": group})
    table = pd.DataFrame(rows).drop_duplicates("text").reset_index(drop=True)
    stances = pd.DataFrame([derived(r) for _, r in table.iterrows()]).add_prefix("stance_")
    bucket = table["group"].map(lambda g: int(hashlib.sha256(g.encode()).hexdigest(), 16) % 10)
    table["split"] = np.where(bucket == 0, "dev", "train")
    return pd.concat([table, stances], axis=1)


class LowRank(nn.Module):
    """A frozen linear layer plus a trainable low-rank update."""

    def __init__(self, base: nn.Linear, rank: int, scale: float, dropout: float) -> None:
        super().__init__()
        self.base, self.scale, self.drop = base, scale, nn.Dropout(dropout)
        self.A = nn.Parameter(torch.randn(rank, base.in_features) / rank**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.scale * (self.drop(x) @ self.A.T @ self.B.T)


def add_lora(module: nn.Module, rank: int, scale: float, dropout: float) -> dict[str, LowRank]:
    """Wrap every linear layer of the transformer blocks; return them by name."""
    wrapped = {}
    for name, layer in list(module.named_modules()):
        if isinstance(layer, nn.Linear) and "encoder.layer" in name:
            parent = module.get_submodule(name.rsplit(".", 1)[0])
            wrapped[name] = LowRank(layer, rank, scale, dropout)
            setattr(parent, name.rsplit(".", 1)[1], wrapped[name])
    return wrapped


def batches(lengths: np.ndarray, size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Return index batches of near-equal length in random order."""
    order = np.argsort(lengths + rng.uniform(0, 6, len(lengths)), kind="stable")
    parts = [order[i : i + size] for i in range(0, len(order), size)]
    return [parts[i] for i in rng.permutation(len(parts))]


class Trainer:
    """The model, its optimiser and its schedule."""

    def __init__(self, args: argparse.Namespace, n_steps: int) -> None:
        torch.manual_seed(args.random_state)
        self.st = SentenceEncoder().load()
        for p in self.st.parameters():
            p.requires_grad_(False)
        self.lora = add_lora(self.st[0], args.rank, args.scale, args.dropout)
        dims = self.st.get_embedding_dimension()
        self.heads = nn.ModuleDict({k: nn.Linear(dims, 3) for k in PROPOSITIONS})
        self.heads["framing"] = nn.Linear(dims, len(FRAMINGS))
        self.lora_parameters = [p for m in self.lora.values() for p in (m.A, m.B)]
        self.optimiser = torch.optim.AdamW(
            [
                {"params": self.lora_parameters, "lr": args.lr},
                {"params": list(self.heads.parameters()), "lr": 10 * args.lr},
            ],
            weight_decay=0.01,
        )
        warm = max(1, n_steps // 20)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimiser,
            lambda s: min((s + 1) / warm, max(0.0, (n_steps - s) / (n_steps - warm))),
        )

    def vectors(self, texts: list[str]) -> torch.Tensor:
        features = self.st.tokenizer(
            texts, padding=True, truncation=True, max_length=64, return_tensors="pt"
        )
        return nn.functional.normalize(self.st.forward(dict(features))["sentence_embedding"], dim=1)

    def step(self, texts: list[str], targets: dict[str, torch.Tensor]) -> float:
        vectors = self.vectors(texts)
        loss = sum(
            WEIGHT.get(k, 0.4)
            * nn.functional.cross_entropy(h(vectors), targets[k], label_smoothing=0.05)
            for k, h in self.heads.items()
        )
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.lora_parameters, 1.0)
        self.optimiser.step()
        self.schedule.step()
        return loss.item()

    @torch.inference_mode()
    def logits(self, texts: list[str]) -> dict[str, np.ndarray]:
        self.st.eval()
        parts = [self.vectors(texts[i : i + 64]) for i in range(0, len(texts), 64)]
        vectors = torch.cat(parts)
        return {k: h(vectors).numpy() for k, h in self.heads.items()}

    def state(self) -> dict[str, Any]:
        lora = {k: (m.A.data, m.B.data) for k, m in self.lora.items()}
        return {
            "lora": lora,
            "heads": self.heads.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "rng": torch.get_rng_state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        for k, (a, b) in state["lora"].items():
            self.lora[k].A.data, self.lora[k].B.data = a, b
        self.heads.load_state_dict(state["heads"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["rng"])


def targets_of(table: pd.DataFrame) -> dict[str, torch.Tensor]:
    out = {k: torch.tensor((table[f"stance_{k}"] + 1).to_numpy()) for k in PROPOSITIONS}
    out["framing"] = torch.tensor([FRAMINGS.index(f) for f in table["framing"]])
    return out


def temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature that minimises the negative log-likelihood (Guo et al. 2017)."""
    grid = np.exp(np.linspace(np.log(0.25), np.log(8), 120))
    z = logits[None] / grid[:, None, None]
    z = z - z.max(axis=2, keepdims=True)
    loglik = np.take_along_axis(z, labels[None, :, None], 2)[..., 0] - np.log(np.exp(z).sum(2))
    return float(grid[loglik.mean(1).argmax()])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--rank", type=int, default=24)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--lr", type=float, default=5e-4)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--random-state", type=int, default=0)
    parser.add_argument("--all", action="store_true", help="train on dev too, after tuning")
    parser.add_argument("--out", type=Path, default=Path("narrative/weights/stance.safetensors"))
    args = parser.parse_args()
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False
    torch.set_flush_denormal(True)
    data = Path(os.environ["NARRATIVE_DATA"]) / "authored"
    table = read_authored(data)
    normaliser = default_normaliser()
    rng = np.random.default_rng(args.random_state)
    # The speaker's camp resolves "the enemy" and "our forces", and enters nowhere else.
    table["input"] = normaliser.many(
        table["text"], table["speaker_camp"].where(table["speaker_camp"].isin(CAMPS), "")
    )
    train = table if args.all else table[table["split"] == "train"]
    train, dev = train.reset_index(drop=True), table[table["split"] == "dev"].reset_index(drop=True)
    print(f"train {len(train)}, dev {len(dev)}", flush=True)
    lengths = train["input"].str.len().to_numpy() / 5
    per_epoch = -(-len(train) // args.batch)
    trainer = Trainer(args, per_epoch * args.epochs)
    targets, dev_targets = targets_of(train), targets_of(dev)
    state_file = args.out.with_suffix(".state.pt")
    first = 0
    if state_file.exists():
        saved = torch.load(state_file, weights_only=True)
        trainer.restore(saved["state"])
        first = saved["epoch"] + 1
    for epoch in range(args.epochs):
        order = batches(lengths, args.batch, rng)
        if epoch < first:
            continue
        trainer.st.train()
        losses = [
            trainer.step(train["input"].iloc[b].tolist(), {k: t[b] for k, t in targets.items()})
            for b in order
        ]
        logits = trainer.logits(dev["input"].tolist())
        scores = {
            k: f1_score(dev_targets[k], z.argmax(1), average="macro") for k, z in logits.items()
        }
        print(
            epoch,
            round(float(np.mean(losses)), 3),
            {k: round(v, 3) for k, v in scores.items()},
            flush=True,
        )
        state_file.parent.mkdir(parents=True, exist_ok=True)
        torch.save({"epoch": epoch, "state": trainer.state()}, state_file)
    logits = trainer.logits(dev["input"].tolist())
    temperatures = {k: temperature(z, dev_targets[k].numpy()) for k, z in logits.items()}
    tensors: dict[str, np.ndarray] = {}
    for name, module in sorted(trainer.lora.items()):
        tensors[f"lora.{name}.A"] = module.A.detach().numpy().astype(np.float16)
        tensors[f"lora.{name}.B"] = module.B.detach().numpy().astype(np.float16)
    for name, head in sorted(trainer.heads.items()):
        tensors[f"head.{name}.weight"] = head.weight.detach().numpy().astype(np.float16)
        tensors[f"head.{name}.bias"] = head.bias.detach().numpy().astype(np.float16)
    meta = {
        "format": FORMAT,
        "scale": args.scale,
        "propositions": PROPOSITIONS,
        "heads": {**{k: ["against", "none", "favor"] for k in PROPOSITIONS}, "framing": FRAMINGS},
        "temperatures": temperatures,
        "measured": {
            f"macro-F1 on {len(dev)} written claims, {k}": round(v, 4) for k, v in scores.items()
        },
        "training": {k: v for k, v in vars(args).items() if k != "out"} | {"n_train": len(train)},
    }
    save_file(tensors, args.out, metadata={"narrative": json.dumps(meta, sort_keys=True)})
    state_file.unlink(missing_ok=True)
    print(args.out, hashlib.sha256(args.out.read_bytes()).hexdigest(), temperatures)


if __name__ == "__main__":
    main()
