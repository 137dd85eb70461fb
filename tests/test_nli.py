"""A larger model of the user's choice, here one with eight dimensions made on the spot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from narrative.errors import InputError, WeightsError
from narrative.stance import NLIEncoder, score_stance, stance_model
from narrative.stance.pairs import SEPARATOR

pytestmark = pytest.mark.model
THREE = {0: "entailment", 1: "neutral", 2: "contradiction"}
TWO = {0: "not_entailment", 1: "entailment"}
WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    *("the", "town", "army", "fell", "held", "rain", "took", "has", ".", "!"),
    *"abcde",
]
CLAIMS = pd.DataFrame({"text": ["The town fell.", "The army held the town!", "Rain.", "A b c d e"]})
FRAMINGS = pd.DataFrame(
    {
        "framing_id": ["fell", "held"],
        "proposition": ["The town fell.", "The army held."],
        "counter": ["The town held.", "The army fell."],
    }
)


@pytest.fixture
def save(tmp_path: Path) -> Callable[[dict[int, str]], Path]:
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    def made(labels: dict[int, str]) -> Path:
        folder = tmp_path / f"tiny{len(labels)}"
        folder.mkdir()
        (folder / "vocab.txt").write_text("\n".join(WORDS))
        BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
        torch.manual_seed(0)
        config = BertConfig(
            vocab_size=len(WORDS), hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
            intermediate_size=16, num_labels=len(labels), id2label=labels,
            label2id={v: k for k, v in labels.items()}, initializer_range=2.0,
        )  # fmt: skip
        BertForSequenceClassification(config).save_pretrained(folder)
        return folder

    return made


def _direct(folder: Path, claim: str, proposition: str) -> np.ndarray:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokens = AutoTokenizer.from_pretrained(folder)(claim, proposition, return_tensors="pt")
    with torch.inference_mode():
        logits = AutoModelForSequenceClassification.from_pretrained(folder).eval()(**tokens).logits
    return np.asarray(logits[0].numpy())


def test_its_labels_become_sides_whatever_their_order(save: Any) -> None:
    folder = save(THREE)
    found = NLIEncoder(str(folder)).encode(
        [f"{c}{SEPARATOR}The town fell." for c in CLAIMS["text"]]
    )
    for row, claim in zip(found, CLAIMS["text"], strict=True):
        np.testing.assert_allclose(
            row, _direct(folder, claim, "The town fell.")[[2, 1, 0]], atol=1e-4
        )
    assert np.ptp(found, axis=0).min() > 0.01  # the tiny model does tell claims apart


def test_a_model_by_name_scores_every_framing(save: Any) -> None:
    folder = save(THREE)
    table = score_stance(CLAIMS, FRAMINGS, model=stance_model(str(folder)))
    assert set(table.attrs["method"].values()) == {f"larger model: {folder}"}
    p = table[["p_against", "p_none", "p_favor"]].to_numpy()
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=3e-6)
    alone = score_stance(CLAIMS.iloc[:1], FRAMINGS, model=stance_model(str(folder)))
    assert alone["p_favor"].iloc[0] == table["p_favor"].iloc[0]  # the same in any company


def test_the_counter_is_the_other_side(save: Any) -> None:
    model = stance_model(str(save(THREE)))
    turned = FRAMINGS.rename(columns={"proposition": "counter", "counter": "proposition"})
    there = score_stance(CLAIMS, FRAMINGS, model=model)
    back = score_stance(CLAIMS, turned, model=model)
    np.testing.assert_allclose(there["p_favor"], back["p_against"], atol=2e-6)


def test_a_model_that_knows_entailment_alone_reads_the_counter_too(save: Any) -> None:
    folder = save(TWO)
    table = score_stance(CLAIMS, FRAMINGS.iloc[:1], model=stance_model(str(folder)))

    def entails(claim: str, text: str) -> float:
        z = np.exp(_direct(folder, claim, text))
        return float(z[1] / z.sum())

    for claim, (_, row) in zip(CLAIMS["text"], table.iterrows(), strict=True):
        e, d = entails(claim, "The town fell."), entails(claim, "The town held.")
        whole = e + d + (1 - e) * (1 - d)
        np.testing.assert_allclose(
            row[["p_against", "p_none", "p_favor"]].to_numpy(dtype=float),
            np.array([d, (1 - e) * (1 - d), e]) / whole,
            atol=1e-4,
        )
    with pytest.raises(InputError, match=r"tells entailment only.*'fell' needs a counter"):
        score_stance(
            CLAIMS, FRAMINGS[["framing_id", "proposition"]], model=stance_model(str(folder))
        )


def test_a_model_of_another_kind_is_refused(save: Any, tmp_path: Path) -> None:
    folder = save({0: "positive", 1: "negative"})
    with pytest.raises(WeightsError, match="labels negative, positive; expected entailment"):
        NLIEncoder(str(folder)).encode([f"a{SEPARATOR}b"])
    with pytest.raises(WeightsError, match=r"could not be loaded .*give the folder"):
        NLIEncoder(str(tmp_path / "nothing")).encode([f"a{SEPARATOR}b"])


def test_its_hash_follows_its_weights(save: Any) -> None:
    folder = save(THREE)
    before = NLIEncoder(str(folder)).fingerprint
    assert NLIEncoder(str(folder)).fingerprint == before
    (folder / "notes.txt").write_text("changed")
    assert NLIEncoder(str(folder)).fingerprint != before
    assert NLIEncoder("some/name", revision="a").fingerprint != NLIEncoder("some/name").fingerprint
