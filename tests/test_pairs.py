"""The cross-encoder: its weights, its gate, and the script that trains it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import softmax

import narrative.stance.pairs as module
from narrative.deltas import pinned_bert
from narrative.encoder.packed import PackedBert
from narrative.errors import WeightsError
from narrative.stance.pair_network import (
    LowRank,
    PairNetwork,
    kept_head,
    merged_tensors,
    restored,
    trained_tensors,
)
from narrative.stance.pairs import SEPARATOR, Gate, PairEncoder, PairModel, either

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "experiments"))
import finetuned_pairs
import pair_data
import stance_data
import train_pairs

CLAIMS = ["The town held.", "The town fell, and then the long rain began.", "Prices rose."]


def _joined(proposition: str = "The town fell.") -> list[str]:
    return [f"{c}{SEPARATOR}{proposition}" for c in CLAIMS]


def test_a_low_rank_layer_starts_as_its_base_and_adds_a_product() -> None:
    torch.manual_seed(0)
    layer = LowRank(torch.nn.Linear(6, 4), 2)
    x = torch.randn(3, 6)
    torch.testing.assert_close(layer(x), layer.base(x))
    torch.nn.init.normal_(layer.up)
    changed = layer(x)
    assert not torch.allclose(changed, layer.base(x))
    expected = layer.base(x) + x @ (layer.up @ layer.down).T
    torch.testing.assert_close(changed, expected)


def test_either_takes_a_side_that_one_of_them_takes() -> None:
    nothing, sure = np.array([[0.0, 1.0, 0.0]]), np.array([[0.0, 0.1, 0.9]])
    np.testing.assert_allclose(either(nothing, sure), sure)
    a, b = softmax(np.random.default_rng(0).normal(size=(2, 5, 3)), axis=2)
    np.testing.assert_allclose(either(a, b), either(b, a))
    np.testing.assert_allclose(either(a, b).sum(axis=1), 1)
    np.testing.assert_allclose(either(a[:, ::-1], b[:, ::-1]), either(a, b)[:, ::-1])


def test_only_what_is_near_is_read(encoder: Any, make_model: Any) -> None:
    reader = make_model(encoder, {}).pairs.reader
    model = PairModel(reader, encoder, gate=Gate(cosine=0.3, outside=(0.1, 0.8, 0.1)))
    p = model.probabilities(CLAIMS, "The town fell.")
    assert len(reader.calls[-1]) == int(model.near(CLAIMS, ["The town fell."]).sum()) < len(CLAIMS)
    np.testing.assert_allclose(p[2], (0.1, 0.8, 0.1))
    model.probabilities([f"The town{SEPARATOR}held."], f"It{SEPARATOR}held.", "It fell.")
    assert all(
        t.count(SEPARATOR) == 1 for t in reader.calls[-1]
    )  # a mark in a text divides nothing
    closed = PairModel(reader, encoder, gate=Gate(cosine=2.0))
    n = len(reader.calls)
    assert (closed.probabilities(CLAIMS, "The town fell.")[:, 1] == 0.98).all()
    assert len(reader.calls) == n
    assert model.probabilities([], "The town fell.").shape == (0, 3)


@pytest.mark.model
def test_what_is_kept_of_a_network_gives_it_back() -> None:
    torch.manual_seed(0)
    network = PairNetwork(pinned_bert(), rank=4).eval()
    for name, parameter in network.named_parameters():
        if name.endswith(".up"):
            torch.nn.init.normal_(parameter, std=0.02)
    tokens = {"input_ids": torch.tensor([[101, 2000, 3000, 102]]),
              "attention_mask": torch.ones(1, 4, dtype=torch.long)}  # fmt: skip
    kept = trained_tensors(network)
    assert {v.dtype for k, v in kept.items() if k.endswith(".delta")} == {np.dtype(np.int8)}
    with torch.inference_mode():
        again = restored(pinned_bert(), 4, kept, "x.safetensors")
        torch.testing.assert_close(again(tokens), network(tokens), atol=2e-2, rtol=0)
        # What serves: the changes within the matrices, and the head apart.
        served = PackedBert(merged_tensors(kept, "x.safetensors")).means([[101, 2000, 3000, 102]])
        logits = kept_head(kept, "x.safetensors")(torch.from_numpy(served))
        torch.testing.assert_close(logits, again(tokens), atol=1e-4, rtol=0)
    name = next(k for k in kept if k.endswith(".delta"))
    with pytest.raises(WeightsError, match=r"x\.safetensors: .* has shape .*, expected"):
        restored(pinned_bert(), 4, kept | {name: kept[name][:, :1]}, "x.safetensors")
    with pytest.raises(WeightsError, match=r"x\.safetensors: .* has shape"):
        merged_tensors(kept | {name: kept[name][:, :1]}, "x.safetensors")
    del kept[name]
    with pytest.raises(WeightsError, match=r"x\.safetensors: no tensor .*; train it again"):
        restored(pinned_bert(), 4, kept, "x.safetensors")
    with pytest.raises(WeightsError, match=r"x\.safetensors: no tensor .*; train it again"):
        merged_tensors(kept, "x.safetensors")


@pytest.mark.model
def test_the_shipped_cross_encoder_is_pinned_and_blind_to_company(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader = PairEncoder()
    whole = reader.encode(_joined())
    assert whole.shape == (3, 3)
    for i, text in enumerate(_joined()):
        np.testing.assert_array_equal(reader.encode([text])[0], whole[i])
    assert reader.encode([]).shape == (0, 3)
    vectors = reader.vectors(_joined())
    assert vectors.shape == (3, 384)
    np.testing.assert_allclose(reader.logits(vectors), whole, atol=1e-4)
    long = f"{'The town held. ' * 200}{SEPARATOR}The town fell."
    assert np.isfinite(reader.encode([long])).all()
    monkeypatch.setattr(module, "SHIPPED_SHA256", "f" * 64)
    with pytest.raises(WeightsError, match=r"pairs\.safetensors: sha256 is .*, expected fff"):
        PairEncoder()


# The script that trains it


def test_pairs_of_a_family_agree_or_contradict_as_their_codes_say() -> None:
    ops = {"base": 1, "paraphrase": 1, "actor_swap": -1, "negation": 0, "stranger": 0}
    rows = [
        {"op": op, "input": op, "group": "f1"} | dict.fromkeys(pair_data.STANCE_COLUMNS, side)
        for op, side in ops.items()
    ]
    found = {
        (p.claim, p.proposition): p.stance for p in pair_data.between_claims(pd.DataFrame(rows))
    }
    assert found["base", "paraphrase"] == 1
    assert found["actor_swap", "base"] == -1
    assert ("negation", "base") not in found  # neither the same nor turned, by its codes
    assert not any("stranger" in pair for pair in found)


def test_sides_get_the_same_other_names_in_both_texts() -> None:
    reds, blues = ("the Reds", "Red", "the Reds"), ("the Blues", "Blue", "the Blues")
    pair = pair_data.Pair("Pro-Russian Russians beat Ukraine's men.", "Ukrainians fled Russia.", 1)
    assert pair_data.renamed(pair, reds, blues) == (
        "Pro-Red the Reds beat the Blues's men.", "the Blues fled the Reds.", 1
    )  # fmt: skip
    swapped = pair_data.renamed(pair, *pair_data.OWN_NAMES[::-1])
    assert swapped.claim == "Pro-Ukrainian Ukrainians beat Russia's men."
    assert pair_data.renamed(swapped, *pair_data.OWN_NAMES[::-1]) == pair


def _quartet() -> pd.DataFrame:
    row = {"first": "Russia won.", "same": "Moscow prevailed.", "turned": "Russia lost."}
    return pd.DataFrame([row | {"counter": "Kyiv prevailed.", "split": "train"}])


def test_wordings_of_a_quartet_agree_and_contradict_the_others() -> None:
    found = pair_data.within_quartets(_quartet())
    assert len(set(found)) == len(found) == 12  # each two of four, either way round
    stances = {(p.claim, p.proposition): p.stance for p in found}
    assert stances["Russia won.", "Russia prevailed."] == 1  # normalised
    assert stances["Ukraine prevailed.", "Russia lost."] == 1
    assert stances["Russia lost.", "Russia won."] == stances["Russia won.", "Russia lost."] == -1
    assert sorted(stances.values()) == [-1] * 8 + [1] * 4


def test_what_was_written_later_trains_only() -> None:
    table = stance_data.other_contests()
    later = table["kind"].isin(stance_data.LATER)
    assert set(table.loc[later, "kind"]) == set(stance_data.LATER)
    assert set(table.loc[later, "split"]) == {"train", "apart"}
    assert set(table.loc[~later, "split"]) == {"train", "dev", "test"}
    assert not set(stance_data.strangers()["text"]) & set(table.loc[later, "claim"])


def test_names_for_sides_have_three_forms_each_and_are_told_apart() -> None:
    names = pair_data.side_names()
    assert len(names) >= 50
    assert all(len(n) == 3 and all(n) for n in names)
    for form in (0, 1):
        assert len({n[form] for n in names}) == len(names)
    assert not set(pair_data.OWN_NAMES) & set(names)


def test_contests_that_are_tested_train_nothing() -> None:
    apart = stance_data.kept_apart()
    contests, quartets = stance_data.other_contests(), stance_data.quartets()
    assert set(apart["topics"]) <= set(contests["group"])
    assert set(apart["quartets"]) <= set(quartets["story"])
    assert set(contests.loc[contests["group"].isin(apart["topics"]), "split"]) == {"apart"}
    assert set(quartets.loc[quartets["story"].isin(apart["quartets"]), "split"]) == {"apart"}
    shared = quartets.groupby("group")["split"].nunique()
    assert shared.max() == 1
    by_story = quartets[~quartets["story"].isin(stance_data.PROPOSITIONS)]
    assert by_story.groupby(["file", "story"])["split"].nunique().max() == 1


def test_strangers_share_neither_war_nor_motion(train: Any) -> None:
    sampler, rng = pair_data.Sampler(_claims(12)), np.random.default_rng(0)
    kinds = ("claims", "families", "narratives", "ArgKP", "ArgKP key points", "MED")
    parts = {k: [pair_data.Pair(f"claim of {k}", f"on {k}", 1)] for k in kinds}
    found = sampler._strangers(parts, 300, rng)
    assert len(found) == 300
    assert {p.stance for p in found} == {0}
    for kin in ({"claims", "families", "narratives"}, {"ArgKP", "ArgKP key points"}):
        texts = {f"claim of {k}" for k in kin}, {f"on {k}" for k in kin}
        assert not any(p.claim in texts[0] and p.proposition in texts[1] for p in found)


def test_only_pairs_that_both_name_a_side_are_renamed(train: Any) -> None:
    sampler, rng = pair_data.Sampler(_claims(3)), np.random.default_rng(0)
    apart = pair_data.Pair("The town fell.", "Russia is winning.", 1)
    both = pair_data.Pair("Ukraine fled.", "Russia is winning.", 1)
    assert {sampler._renamed(apart, rng) for _ in range(50)} == {apart}
    found = [sampler._renamed(both, rng) for _ in range(300)]
    assert 0.3 < np.mean([p == both for p in found]) < 0.5  # RENAMED of them are not
    assert pair_data.Pair("Russia fled.", "Ukraine is winning.", 1) in found
    assert {p.stance for p in found} == {1}
    assert all("Moscow" not in t for v in sampler.words.values() for k in v for t in v[k])


def _claims(n: int) -> pd.DataFrame:
    rows = [
        {"input": f"The town {('held', 'waits', 'fell')[i % 3]}. Day {i}.", "op": "",
         "file": "f", "group": f"g{i}"} | dict.fromkeys(pair_data.STANCE_COLUMNS, i % 3 - 1)
        for i in range(n)
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture
def train(monkeypatch: pytest.MonkeyPatch) -> Any:
    pairs = [
        pair_data.Pair(c, "The town fell.", s) for c, s in zip(CLAIMS, (-1, 1, 0), strict=True)
    ]
    contests = pd.DataFrame(
        {
            "claim": CLAIMS,
            "proposition": "It fell.",
            "stance": [-1, 1, 0],
            "split": "train",
            "kind": "plain",
        }
    )
    monkeypatch.setattr(train_pairs, "written", lambda split: _claims(12))
    monkeypatch.setattr(pair_data, "other_contests", lambda: contests)
    monkeypatch.setattr(pair_data, "open_pairs", lambda: {"MED": pairs})
    monkeypatch.setattr(pair_data, "quartets", _quartet)
    monkeypatch.setattr(train_pairs, "dev_pairs", lambda: {train_pairs.CONTESTS: pairs})

    def run(out: Path, *more: str) -> None:
        given = ["train_pairs.py", "--epochs", "2", "--rows", "4", "--out", str(out), *more]
        monkeypatch.setattr(sys, "argv", given)
        train_pairs.main()

    return run


@pytest.mark.model
def test_an_interrupted_training_of_pairs_ends_as_one_that_was_not(
    train: Any, resumes: Any
) -> None:
    reader = PairEncoder(resumes(train, train_pairs))
    assert reader.encode(_joined()).shape == (3, 3)
    assert reader.fingerprint != PairEncoder().fingerprint


@pytest.mark.model
def test_training_goes_on_from_the_shipped_pairs_and_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(finetuned_pairs, "FOLDER", tmp_path)
    claims = [f"The town {verb} on day {i}." for i in range(8) for verb in ("fell", "held")]
    t = pd.DataFrame({"claim": claims, "proposition": "The town was taken.", "stance": [1, -1] * 8})
    train, test = np.arange(12), np.arange(12, 16)
    settings = finetuned_pairs.Tuning(epochs=6, rows=4, average=0.5)
    found = finetuned_pairs.labels(t, train, test, settings)
    # The set knows two sides only, and twelve pairs are enough to tell these apart.
    assert found.tolist() == [1, -1, 1, -1]
    monkeypatch.setattr(finetuned_pairs, "Tuner", None)
    assert finetuned_pairs.labels(t, train, test, settings).tolist() == found.tolist()
    with pytest.raises(TypeError):
        finetuned_pairs.labels(t, train, test, finetuned_pairs.Tuning(epochs=1))
