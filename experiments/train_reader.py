"""Train the shipped reader: attribution tagger, links and syntax heads on the pinned encoder.

Reads PolNeAR's training articles from ``NARRATIVE_DATA/polnear`` (a share of them kept apart
for choices; dev is not read), fine-tunes the whole encoder with all heads at once, and writes
``narrative/weights/reader.safetensors``: the change of each encoder matrix in eight bits, the
heads in sixteen.

    NARRATIVE_DATA=... python experiments/train_reader.py [--epochs 12] [--out FILE]

A run is deterministic for a ``--random-state`` on one machine; it saves its state after every
epoch and continues from there. What is written are the weights averaged over the last few hundred
steps. The shipped ones (``--bf16``, for processors that have bfloat16 arithmetic; twelve epochs)
took about two hours on two shared cores.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from polnear import Article, Attributed, read_polnear
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from narrative.deltas import pinned_bert
from narrative.reader.batches import MASK, Batch, make_batch
from narrative.reader.labels import NOMINAL, POS
from narrative.reader.network import Network, crf_loss, distance_bucket
from narrative.reader.pieces import Window, plan_windows
from narrative.reader.weights import SHIPPED, write_reader

WEIGHTS = {
    "tag": 2.0, "link": 0.3, "antecedent": 0.2, "pos": 0.2, "entity": 0.4, "arc": 0.4, "rel": 0.3,
}  # fmt: skip
NOMINALS = [POS.index(t) for t in NOMINAL]


@dataclass
class Settings:
    """What a run depends on beside its data and code; kept in the weights' metadata."""

    epochs: int
    random_state: int
    rate: float
    head_rate: float
    rows: int
    size: int
    hidden: float
    average: float
    bf16: bool
    limit: int

    def fingerprint(self) -> str:
        return json.dumps(self.__dict__, sort_keys=True)


def epoch_batches(
    articles: list[Article], rng: np.random.Generator, rows: int, size: int
) -> Iterator[list[tuple[Article, Window]]]:
    """Yield windows of like length, in random order, cut differently in each epoch."""
    windows = [
        (a, w)
        for a in articles
        for w in plan_windows(
            a.pieces, size=size, left=0, right=0, first_core=int(rng.integers(size // 4, size))
        )
    ]
    lengths = np.array([w.high - w.low for _, w in windows]) + rng.uniform(0, 20, len(windows))
    order = np.argsort(lengths, kind="stable")
    groups = [order[i : i + rows] for i in range(0, len(order), rows)]
    for g in rng.permutation(len(groups)):
        yield [windows[i] for i in groups[g]]


def targets(part: list[tuple[Article, Window]], name: str, n: int) -> Tensor:
    """Return labels of a batch's words, -1 beyond a row's end."""
    out = np.full((len(part), n), -1, dtype=np.int64)
    for row, (a, w) in enumerate(part):
        values = (a.tags if name == "tags" else getattr(a.syntax, name))[w.low : w.high]
        if name == "head":  # 0 is the root; a head outside the window is unknown
            at = np.arange(w.low, w.high)
            values = np.where(values == at, 0, np.where(values < 0, -1, values - w.low + 1))
            values = np.where((values < 0) | (values > w.high - w.low), -1, values)
        out[row, : w.high - w.low] = values
    return torch.from_numpy(out)


def loss_of(
    network: Network, batch: Batch, part: list[tuple[Article, Window]]
) -> dict[str, Tensor]:
    """Return the loss of every head."""
    views = network.encode(batch.ids, batch.mask, batch.features, batch.first)
    attribution, syntax = network.drop(views[0]), network.drop(views[1])
    n = batch.first.shape[1]
    ce = nn.CrossEntropyLoss(ignore_index=-1)
    out = {
        "tag": crf_loss(
            network.tag(attribution).float(), targets(part, "tags", n).clamp(min=0), batch.words,
            network.transition,
        ),
        "pos": ce(network.pos(syntax).float().flatten(0, 1), targets(part, "pos", n).flatten()),
        "entity": ce(
            network.entity(syntax).float().flatten(0, 1), targets(part, "entity", n).flatten()
        ),
    }  # fmt: skip
    head = targets(part, "head", n)
    scores = network.arcs(syntax).float()
    scores = scores.masked_fill(~batch.heads()[:, None, :], -1e4)
    out["arc"] = ce(scores.flatten(0, 1), head.flatten())
    known = head >= 0
    rows = torch.arange(len(part))[:, None].expand_as(head)[known]
    padded = torch.cat([network.root.expand(len(part), 1, -1), syntax], 1)
    relations = network.relations(syntax[known], padded[rows, head[known]]).float()
    out["rel"] = ce(relations, targets(part, "rel", n)[known])
    out["link"] = link_loss(network, attribution, part)
    out["antecedent"] = antecedent_loss(network, attribution, part)
    return out


def antecedent_loss(network: Network, words: Tensor, part: list[tuple[Article, Window]]) -> Tensor:
    """Marginal likelihood of any earlier mention in the chain of a noun or pronoun (or of none)."""
    losses = []
    for row, (a, w) in enumerate(part):
        chain = torch.from_numpy(a.chain[w.low : w.high])
        nominal = np.isin(a.syntax.pos[w.low : w.high], NOMINALS)
        at = torch.from_numpy(np.flatnonzero(nominal | (chain.numpy() >= 0)))
        if not len(at):
            continue
        scores = network.antecedents(words[row, : w.high - w.low], at).float()
        same = (chain[at][:, None] == chain[None]) & (chain[at][:, None] >= 0)
        same &= torch.arange(len(chain))[None] < at[:, None]
        gold = torch.cat([~same.any(1, keepdim=True), same], 1)
        right = scores.masked_fill(~gold, -1e4).logsumexp(1)
        losses.append((scores.logsumexp(1) - right).mean())
    return torch.stack(losses).mean() if losses else words.sum() * 0.0


def link_loss(network: Network, words: Tensor, part: list[tuple[Article, Window]]) -> Tensor:
    """Cross-entropy of the cue of each source and content span, over the cues of its window."""
    losses = []
    for row, (a, w) in enumerate(part):
        inside = [x for x in a.attributions if w.low <= x.cue[0][0] and x.cue[-1][1] <= w.high]
        spans, gold = _spans(inside, w)
        if len(inside) < 2 or not spans:
            continue
        cues = torch.tensor([(x.cue[0][0] - w.low, x.cue[-1][1] - 1 - w.low) for x in inside])
        at = torch.tensor(spans) - w.low
        gap = cues[None, :, 0] - at[:, :1]
        scores = network.links(
            words[row, at].flatten(1), words[row, cues].flatten(1), distance_bucket(gap)
        )
        losses.append(nn.functional.cross_entropy(scores.float(), torch.tensor(gold)))
    return torch.stack(losses).mean() if losses else words.sum() * 0.0


def _spans(inside: list[Attributed], w: Window) -> tuple[list[tuple[int, int]], list[int]]:
    spans, gold = [], []
    for i, x in enumerate(inside):
        for low, high in (*x.source, *x.content):
            if w.low <= low and high <= w.high:
                spans.append((low, high - 1))
                gold.append(i)
    return spans, gold


@dataclass
class Run:
    """A training run between two epochs: what is saved, and continued from."""

    network: Network
    averaged: AveragedModel  # of the weights, exponentially; what is shipped
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    steps: int
    epoch: int = 0

    def save(self, path: Path, settings: Settings) -> None:
        saved = {
            "settings": settings.fingerprint(), "epoch": self.epoch, "rng": torch.get_rng_state(),
            **{name: getattr(self, name).state_dict() for name in _PARTS},
        }  # fmt: skip
        torch.save(saved, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def load(self, path: Path, settings: Settings) -> None:
        """Go on from a saved state of the same settings, if there is one."""
        if not path.is_file():
            return
        saved = torch.load(path, weights_only=True)
        if saved["settings"] != settings.fingerprint():
            raise SystemExit(f"{path} is of other settings; delete it, or write elsewhere.")
        for name in _PARTS:
            getattr(self, name).load_state_dict(saved[name])
        torch.set_rng_state(saved["rng"])
        self.epoch = saved["epoch"]
        print(f"continuing after epoch {self.epoch}", flush=True)


_PARTS = ("network", "averaged", "optimizer", "schedule")


def begin(articles: list[Article], settings: Settings) -> Run:
    torch.manual_seed(settings.random_state)
    network = Network(pinned_bert())
    network.bert.embeddings.word_embeddings.weight.requires_grad_(False)
    encoder = [p for p in network.bert.parameters() if p.requires_grad]
    mine = {id(p) for p in network.bert.parameters()}
    heads = [p for p in network.parameters() if id(p) not in mine]
    optimizer = torch.optim.AdamW(
        [{"params": encoder, "lr": settings.rate}, {"params": heads, "lr": settings.head_rate}],
        weight_decay=0.01, betas=(0.9, 0.98),
    )  # fmt: skip
    rng = np.random.default_rng(0)
    steps = settings.epochs * len(list(epoch_batches(articles, rng, settings.rows, settings.size)))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: min(s / (0.06 * steps), max(0.0, (steps - s) / (0.94 * steps)))
    )
    averaged = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(settings.average))
    return Run(network, averaged, optimizer, schedule, steps)


def hide(batch: Batch, share: float) -> Batch:
    """Replace a share of the word pieces by the mask token, against overfitting."""
    hidden = (torch.rand(batch.ids.shape) < share) & (batch.ids > MASK)
    return replace(batch, ids=batch.ids.masked_fill(hidden, MASK))


def train(articles: list[Article], settings: Settings, state: Path) -> Network:
    """Train, or go on with, a reader; return the network with averaged weights."""
    run = begin(articles, settings)
    run.load(state, settings)
    while run.epoch < settings.epochs:
        train_epoch(articles, settings, run)
        run.epoch += 1
        run.save(state, settings)
    network: Network = run.averaged.module
    return network.eval()


def train_epoch(articles: list[Article], settings: Settings, run: Run) -> None:
    rng = np.random.default_rng([settings.random_state, run.epoch])
    run.network.train()
    sums: dict[str, float] = {}
    batches = list(epoch_batches(articles, rng, settings.rows, settings.size))
    shown = tqdm(batches, desc=f"epoch {run.epoch + 1}", mininterval=20, disable=None)
    for done, part in enumerate(shown, start=1):
        batch = hide(make_batch([(a.pieces, w) for a, w in part]), settings.hidden)
        with torch.autocast("cpu", torch.bfloat16, enabled=settings.bf16):
            losses = loss_of(run.network, batch, part)
        total = sum(WEIGHTS[k] * v for k, v in losses.items())
        assert isinstance(total, Tensor)
        run.optimizer.zero_grad()
        total.backward()
        nn.utils.clip_grad_norm_(run.network.parameters(), 1.0)
        run.optimizer.step()
        if run.schedule.last_epoch < run.steps - 1:
            run.schedule.step()
        run.averaged.update_parameters(run.network)
        for k, v in losses.items():
            sums[k] = sums.get(k, 0.0) + v.item()
        if done % 50 == 0:
            means = {k: round(v / done, 4) for k, v in sums.items()}
            print(run.epoch + 1, done, len(batches), means, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--random-state", type=int, default=0)
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--head-rate", type=float, default=1e-3)
    parser.add_argument("--rows", type=int, default=12)
    parser.add_argument("--size", type=int, default=222)
    parser.add_argument("--hidden", type=float, default=0.05, help="share of pieces masked")
    parser.add_argument("--average", type=float, default=0.997, help="decay of averaged weights")
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--limit", type=int, default=0, help="articles to train on; 0 for all")
    parser.add_argument("--out", type=Path, default=SHIPPED)
    args = vars(parser.parse_args())
    out: Path = args.pop("out")
    settings = Settings(**args)
    articles = list(read_polnear("train"))[: settings.limit or None]
    print(f"{len(articles)} articles, {sum(len(a.pieces) for a in articles)} words", flush=True)
    network = train(articles, settings, out.with_suffix(".state"))
    meta: dict[str, Any] = {"training": settings.__dict__, "data": "PolNeAR train less tune"}
    write_reader(network, out, meta)
    out.with_suffix(".state").unlink()
    print(out, out.stat().st_size)


if __name__ == "__main__":
    main()
