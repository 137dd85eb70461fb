"""The script that trains the stance network, on a handful of claims."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "experiments"))
import learning_curve
import stance_data
import train_stance
from training_loop import kept_together, read_settings, some

from narrative.adapter import load_adapter
from narrative.schema import CERTAINTIES
from narrative.stance.in_context import ClaimEncoder, in_place

pytestmark = pytest.mark.model
ARGUMENTS = ["train_stance.py", "--epochs", "2", "--rows", "4", "--average", "0.5", "--twins",
             "--agreement", "0.5"]  # fmt: skip


def _claims(split: str, n: int) -> pd.DataFrame:
    rows = []
    for i in range(n):
        side = i % 3 - 1
        text = ("The town held.", "Rain fell.", "The town fell.")[i % 3] + f" Day {i} of {split}."
        codes = dict.fromkeys(stance_data.STANCE_COLUMNS, side)
        rows.append(
            {
                "input": text,
                "placed": in_place("It rained.", text, ""),
                "framing": train_stance.FRAMINGS[i % 8],
                "certainty": CERTAINTIES[i % 7],
                "split": split,
                "group": f"{split}{i // 3}",
                "op": "base" if i < 6 else "",
                **codes,
            }
        )
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
    vectors = ClaimEncoder(adapter).encode(["The town fell."])
    for head, labels in adapter.meta["heads"].items():
        assert adapter.probabilities(vectors, head).shape == (1, len(labels))
    json.dumps(adapter.meta)


def test_a_share_keeps_whole_groups(train: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [*ARGUMENTS, "--share", "0.5"])
    settings, _ = read_settings("", train_stance.StanceSettings(), train_stance.SHIPPED)
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


def test_agreeing_claims_are_asked_to_be_near_and_contradicting_ones_far() -> None:
    against, none, favor, unknown = 0, 1, 2, -1
    codes = {
        train_stance.INEVITABLE: torch.tensor([favor, favor, against, none, none, favor]),
        train_stance.COUNTER: torch.tensor([against, against, favor, none, none, unknown]),
    }
    x, y = torch.eye(8)[0], torch.eye(8)[1]
    wanted = torch.stack([x, x, -x, y, -y, x])
    assert train_stance.disagreement(wanted, codes) < 1e-9
    # Claims without a side may be near or far; a claim that is not coded asks for nothing.
    moved = torch.stack([x, x, -x, y, y, y])
    assert train_stance.disagreement(moved, codes) < 1e-9
    for row, vector in ((1, -x), (2, x), (3, x)):
        worse = wanted.clone()
        worse[row] = vector
        assert train_stance.disagreement(worse, codes) > 0.1
    nothing = {k: v[3:5] for k, v in codes.items()}
    assert train_stance.disagreement(wanted[3:5], nothing) == 0


def test_families_stay_together_and_every_claim_is_read_once() -> None:
    claims = _claims("train", 30)
    settings = train_stance.StanceSettings(rows=4, twins=True)
    parts = train_stance.arranged(claims, [9] * 30, settings, np.random.default_rng(0))
    assert sorted(np.concatenate(parts).tolist()) == list(range(30))
    families = [set(p.tolist()) for p in parts if claims["op"].iloc[p[0]]]
    assert sorted(map(min, families)) == [0, 3]
    assert all(len(f) == 3 for f in families)
    apart = train_stance.StanceSettings(rows=4, twins=False)
    parts = train_stance.arranged(claims, [9] * 30, apart, np.random.default_rng(0))
    assert sorted(np.concatenate(parts).tolist()) == list(range(30))
    assert max(map(len, parts)) == 4
    in_family = claims["op"].ne("").to_numpy()
    assert any(0 < in_family[p].sum() < len(p) for p in parts)  # among others


def test_groups_fill_a_batch_and_a_large_one_has_its_own() -> None:
    parts = kept_together(list("aabbbcccccccd"), 5, np.random.default_rng(0))
    names = ["".join(sorted({"aabbbcccccccd"[i] for i in p})) for p in parts]
    assert sorted("".join(names)) == list("abcd")
    assert all(len(p) <= 5 for p, n in zip(parts, names, strict=True) if n != "c")
    assert kept_together([], 5, np.random.default_rng(0)) == []


def test_what_a_learning_curve_leaves_out_is_there() -> None:
    folder = Path(stance_data.TRAINING)
    files = [str(p.relative_to(folder).with_suffix("")) for p in folder.rglob("*.jsonl")]
    files += ["documents", "strangers"]
    settings = [
        replace(train_stance.StanceSettings(), **changed)
        for changed in learning_curve.VARIANTS.values()
    ]
    for s in settings:
        left_out = pd.Series(files).str.contains(s.without) if s.without else pd.Series([True])
        assert left_out.any()
        assert not (s.without and left_out.all())
    assert len({s.fingerprint() for s in settings}) == len(settings)


def test_claims_of_other_codes_or_order_are_other_data() -> None:
    claims = _claims("train", 6)
    other = claims.assign(**{train_stance.CODES[3]: 1 - claims[train_stance.CODES[3]]})
    hashes = {train_stance.claims_hash(c) for c in (claims, other, claims.iloc[::-1])}
    assert len(hashes) == 3
    assert train_stance.claims_hash(claims.copy()) in hashes
