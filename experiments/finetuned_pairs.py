"""The cross-encoder trained further on each public set, as published models were.

``e08`` compares representations with a logistic regression on each; here the shipped cross-encoder
is trained on a set's own training part (or in five folds by claim or sentence, where it has none)
and scored on what was kept apart, with settings that are the same for all sets and were chosen on
none. Emergent takes nine minutes on two cores with bfloat16. Not part of ``make reproduce``: its
figures stay in ``figures/scores.csv``. Labels are kept under ``results/finetuned``, a fold a file,
so that a run goes on where it stopped.

    NARRATIVE_DATA=... python experiments/finetuned_pairs.py [--sets Emergent ...]
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from common import RESULTS, record_scores
from stance_public import TASKS, folds, joined, measurements, scored
from torch import nn
from tqdm import tqdm
from training_loop import Loop, Settings, batches, deterministic
from transformers import AutoTokenizer

from narrative.encoder import weights_folder
from narrative.stance.pairs import SEPARATOR, PairEncoder
from narrative.storage import sha256_text

SYSTEM = "cross-encoder, trained further"
FOLDER = RESULTS / "finetuned"
_LONGEST = 112  # word pieces of a pair


@dataclass(frozen=True)
class Tuning(Settings):
    """The same for all sets; half the rate at which the shipped weights were trained."""

    epochs: int = 3
    rate: float = 5e-4
    head_rate: float = 5e-4
    average: float = 0.98


class Tuner(Loop):
    """The shipped cross-encoder in further training."""

    def __init__(self, settings: Tuning, steps: int) -> None:
        torch.manual_seed(settings.random_state)
        network = PairEncoder().trainable()
        encoder = [p for p in network.bert.parameters() if p.requires_grad]
        super().__init__(network, encoder, list(network.head.parameters()), settings, steps)
        self.tokenizer = AutoTokenizer.from_pretrained(weights_folder())

    def logits(self, network: nn.Module, texts: list[str]) -> torch.Tensor:
        claims, propositions = zip(*(t.split(SEPARATOR) for t in texts), strict=True)
        kept = {"padding": True, "truncation": "longest_first", "max_length": _LONGEST}
        tokens = self.tokenizer(list(claims), list(propositions), return_tensors="pt", **kept)
        with self.autocast():
            logits: torch.Tensor = network(dict(tokens))
        return logits.float()

    def fit(self, texts: list[str], stances: np.ndarray) -> None:
        """Train on joined texts and their stances."""
        settings, y = self.settings, torch.from_numpy(stances + 1)
        for epoch in range(settings.epochs):
            self.network.train()
            rng = np.random.default_rng([settings.random_state, epoch])
            for at in tqdm(batches([len(t) for t in texts], settings.rows, rng), mininterval=30):
                logits = self.logits(self.network, [texts[i] for i in at])
                self.step(nn.functional.cross_entropy(logits, y[at]))

    @torch.inference_mode()
    def predict(self, texts: list[str], known: np.ndarray) -> np.ndarray:
        """Return the likeliest of the stances that a set knows, by the averaged weights."""
        network = self.average.module.eval()
        order = np.argsort([len(t) for t in texts], kind="stable")
        out = np.zeros(len(texts), dtype=int)
        for at in (order[i : i + 64] for i in range(0, len(order), 64)):
            z = self.logits(network, [texts[i] for i in at]).numpy()
            out[at] = known[z[:, known + 1].argmax(axis=1)]
        return out


def labels(t: pd.DataFrame, train: np.ndarray, test: np.ndarray, settings: Tuning) -> np.ndarray:
    """Return the stances of the rows that are scored, from an earlier run if there was one."""
    texts, y = joined(t), t["stance"].to_numpy(dtype=int)
    key = [settings.fingerprint(), PairEncoder().sha256, *texts, *map(str, [*y, *train, *test])]
    path: Path = FOLDER / f"{sha256_text(SEPARATOR.join(key))[:16]}.npy"
    if not path.is_file():
        steps = -(-len(train) // settings.rows) * settings.epochs
        tuner = Tuner(settings, steps)
        tuner.fit([texts[i] for i in train], y[train])
        found = tuner.predict([texts[i] for i in test], np.unique(y[train]))
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, found)
    return np.asarray(np.load(path))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=Tuning.epochs)
    parser.add_argument("--bf16", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--sets", nargs="+", choices=list(TASKS), default=list(TASKS))
    args = parser.parse_args()
    settings = Tuning(epochs=args.epochs, bf16=args.bf16)
    deterministic()
    rows: list[dict[str, object]] = []
    for name, task, t in measurements(args.sets):
        parts = folds(t, task)
        p = np.concatenate([labels(t, train, test, settings) for train, test in parts])
        at = np.concatenate([test for _, test in parts])
        other = "" if args.epochs == Tuning.epochs else f", {args.epochs} epochs"
        rows.append(scored(name, task, t, at, SYSTEM + other, p))
        print(rows[-1], flush=True)
        record_scores("trained further", rows, alone=False)


if __name__ == "__main__":
    main()
