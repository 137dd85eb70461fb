"""The script that trains the stance network, on a handful of claims."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "experiments"))
import stance_data
import train_stance
from training_loop import read_settings, some

from narrative.adapter import load_adapter
from narrative.encoder import SentenceEncoder
from narrative.schema import CERTAINTIES

pytestmark = pytest.mark.model
ARGUMENTS = ["train_stance.py", "--epochs", "2", "--rows", "4", "--average", "0.5"]


def _claims(split: str, n: int) -> pd.DataFrame:
    rows = []
    for i in range(n):
        side = i % 3 - 1
        text = ("The town held.", "Rain fell.", "The town fell.")[i % 3] + f" Day {i} of {split}."
        codes = dict.fromkeys(stance_data.STANCE_COLUMNS, side)
        rows.append(
            {"input": text, "framing": train_stance.FRAMINGS[i % 8], "split": split, **codes,
             "certainty": CERTAINTIES[i % 7], "group": f"{split}{i // 3}"}
        )  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture
def train(monkeypatch: pytest.MonkeyPatch) -> Any:
    table = pd.concat([_claims("train", 12), _claims("dev", 9)], ignore_index=True)
    cut = _claims("dev", 6).drop(columns=stance_data.STANCE_COLUMNS[3:])
    monkeypatch.setattr(stance_data, "strangers", lambda: table.iloc[:0])
    for module in (stance_data, train_stance):
        monkeypatch.setattr(module, "training_claims", lambda: table)
        monkeypatch.setattr(module, "document_claims", lambda: cut)

    def run(out: Path, *more: str) -> None:
        monkeypatch.setattr(sys, "argv", [*ARGUMENTS, "--out", str(out), *more])
        train_stance.main()

    return run


def test_an_interrupted_training_ends_as_one_that_was_not(train: Any, resumes: Any) -> None:
    resumes(train, train_stance)


def test_what_is_written_loads_and_says_what_it_is(train: Any, tmp_path: Path) -> None:
    path = tmp_path / "own.safetensors"
    train(path)
    adapter = load_adapter(path)
    assert adapter.meta["propositions"] == stance_data.PROPOSITIONS
    assert adapter.meta["training"]["epochs"] == 2
    assert adapter.meta["training"]["n_claims"] == 12
    assert set(adapter.meta["temperatures"]) == set(adapter.meta["heads"])
    vectors = SentenceEncoder(adapter=adapter.merge, adapter_id="own").encode(["The town fell."])
    for head, labels in adapter.meta["heads"].items():
        assert adapter.probabilities(vectors, head).shape == (1, len(labels))
    json.dumps(adapter.meta)


def test_a_share_keeps_whole_groups(train: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [*ARGUMENTS, "--share", "0.5"])
    settings, _ = read_settings("", train_stance.DEFAULTS, train_stance.SHIPPED)
    kept = some(stance_data.written("train"), settings)
    assert kept["group"].nunique() == 2
    assert (kept.groupby("group").size() == 3).all()


def test_a_temperature_mends_what_is_too_sure() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 600)
    logits = rng.normal(size=(600, 3))
    logits[np.arange(600), y] += 1.0
    right = stance_data.temperature(logits, y)
    assert stance_data.temperature(5 * logits, y) == pytest.approx(5 * right, rel=0.05)
    unknown = np.where(np.arange(600) < 300, y, -1)
    assert stance_data.temperature(logits, unknown) == stance_data.temperature(
        logits[:300], y[:300]
    )
