"""What the training scripts share: optimiser, schedule, averaged weights, a state to go on from."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from narrative.storage import sha256_text

WARM_UP = 0.06  # of all steps; the rate falls to zero in a line after it


@dataclass(frozen=True)
class Settings:
    """What a run depends on beside its data and code; kept in the weights' metadata."""

    epochs: int
    rate: float
    head_rate: float
    average: float
    random_state: int = 0
    rows: int = 32
    dropout: float = 0.1
    share: float = 1.0
    without: str = ""
    bf16: bool = False

    def fingerprint(self) -> str:
        """Return the settings as text: what a saved state must agree on."""
        return json.dumps(asdict(self), sort_keys=True)


class Loop:
    """A network in training, with its optimiser, its schedule and its averaged weights.

    Parameters
    ----------
    network : nn.Module
    encoder, heads : sequence of Parameter
        What is trained at ``settings.rate``, and at ``settings.head_rate``.
    settings : Settings
    steps : int
        Of the whole run.
    """

    def __init__(
        self,
        network: nn.Module,
        encoder: Sequence[nn.Parameter],
        heads: Sequence[nn.Parameter],
        settings: Settings,
        steps: int,
    ) -> None:
        self.network, self.settings = network, settings
        self.optimiser = torch.optim.AdamW(
            [
                {"params": list(encoder), "lr": settings.rate},
                {"params": list(heads), "lr": settings.head_rate},
            ],
            weight_decay=0.01,
        )
        warm = max(1, round(WARM_UP * steps))
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimiser, lambda s: min((s + 1) / warm, max(0.0, (steps - s) / (steps - warm)))
        )
        self.average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(settings.average))

    def step(self, loss: Tensor) -> float:
        """Take one step down `loss` and return it."""
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.schedule.step()
        self.average.update_parameters(self.network)
        return loss.item()

    def autocast(self) -> torch.autocast:
        """Return the context that computes in 16 bits, where the settings say so."""
        return torch.autocast("cpu", torch.bfloat16, enabled=self.settings.bf16)

    _PARTS = ("network", "average", "optimiser", "schedule")

    def state(self) -> dict[str, Any]:
        """Return all that the next step depends on."""
        parts = {name: getattr(self, name).state_dict() for name in self._PARTS}
        return parts | {"rng": torch.get_rng_state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what ``state`` returned."""
        for name in self._PARTS:
            getattr(self, name).load_state_dict(state[name])
        torch.set_rng_state(state["rng"])


S = TypeVar("S", bound=Settings)
_HELP = {
    "rate": "of the encoder",
    "average": "decay of the averaged weights",
    "rows": "of a batch",
    "share": "of the groups of written claims to train on",
    "without": "leave out the files of written claims that match this regular expression",
    "bf16": "compute in 16 bits, where the processor has them",
    "placed": "of the claims whose place is known, the share that an epoch reads in it",
    "twins": "keep families in one batch",
    "agreement": "weight of the loss that puts agreeing claims near, contradicting ones far",
}


def read_settings(doc: str, defaults: S, out: Path) -> tuple[S, Path]:
    """Return the settings that the command line gives, and where to write."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, value in asdict(defaults).items():
        option = "--" + name.replace("_", "-")
        if isinstance(value, bool):
            boolean = argparse.BooleanOptionalAction
            parser.add_argument(option, action=boolean, default=value, help=_HELP.get(name))
        else:
            parser.add_argument(option, type=type(value), default=value, help=_HELP.get(name))
    parser.add_argument("--out", type=Path, default=out)
    given = vars(parser.parse_args())
    path: Path = given.pop("out")
    return type(defaults)(**given), path


def some(claims: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Return the claims that the settings train on: all, or a part for a learning curve."""
    if settings.without:
        claims = claims[~claims["file"].fillna("").str.contains(settings.without)]
    if settings.share < 1:
        groups = sorted(claims["group"].unique())
        drawn = np.random.default_rng(settings.random_state).permutation(len(groups))
        kept = {groups[i] for i in drawn[: round(settings.share * len(groups))]}
        claims = claims[claims["group"].isin(kept)]
    return claims.reset_index(drop=True)


def deterministic() -> None:
    """Let a run depend on its settings and data alone, on one machine with as many threads."""
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False
    torch.set_flush_denormal(True)


def state_of(out: Path) -> Path:
    """Return where the state of a run that writes `out` is kept until it has."""
    return out.with_suffix(".state.pt")


def data_hash(texts: Iterable[object]) -> str:
    """Return a hash of what a run trains on, in its order."""
    return sha256_text("\n".join(map(str, texts)))


def train(
    loop: Loop,
    out: Path,
    one_epoch: Callable[[int], float],
    report: Callable[[], Any],
    data: str,
) -> Any:
    """Train every epoch that is left, saving the state after each; return the last report.

    Raises
    ------
    SystemExit
        If the state beside `out` is of other settings or of other data, as their hash `data` says.
    """
    state_file, first = state_of(out), 0
    if state_file.exists():
        saved = torch.load(state_file, weights_only=True)
        for what, now in (("settings", loop.settings.fingerprint()), ("data", data)):
            if saved.get(what) != now:
                raise SystemExit(f"{state_file} is of other {what}; delete it, or write elsewhere.")
        loop.restore(saved["state"])
        first = saved["epoch"] + 1
    state_file.parent.mkdir(parents=True, exist_ok=True)
    for epoch in range(first, loop.settings.epochs):
        loss = one_epoch(epoch)
        print(epoch, round(loss, 3), json.dumps(report()), flush=True)
        state = {
            "epoch": epoch, "settings": loop.settings.fingerprint(), "data": data,
            "state": loop.state(),
        }  # fmt: skip
        torch.save(state, state_file.with_suffix(".part"))
        state_file.with_suffix(".part").replace(state_file)
    return report()


def kept_together(groups: Sequence[str], rows: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Return index batches of whole groups, at most `rows` unless one group has more."""
    members: dict[str, list[int]] = {}
    for i, group in enumerate(groups):
        members.setdefault(group, []).append(i)
    names, parts, part = list(members), [], list[int]()
    for k in rng.permutation(len(names)):
        more = members[names[k]]
        if part and len(part) + len(more) > rows:
            parts.append(np.array(part))
            part = []
        part += more
    return [*parts, np.array(part)] if part else parts


def batches(lengths: Sequence[int], rows: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Return index batches of near-equal length, in random order."""
    order = np.argsort(np.array(lengths) + rng.uniform(0, 40, len(lengths)), kind="stable")
    parts = [order[i : i + rows] for i in range(0, len(order), rows)]
    return [parts[i] for i in rng.permutation(len(parts))]
