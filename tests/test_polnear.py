"""The reading of the public corpus and the scores of attribution, on a corpus of two sentences."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "experiments"))

import e07_attribution as e07
import polnear
import train_reader

from narrative.reader.labels import RELATIONS, TAGS

TEXT = "“It fell,” Koval said, “and burned.”\nReports of losses grew."
STANDOFF = """\
T1\tContent 0 10;23 36\t“It fell,” “and burned.”
T2\tSource 11 16\tKoval
T3\tCue 17 21\tsaid
T4\tAttribution 17 21\tsaid
E1\tAttribution:T4 Content:T1 Source:T2 Cue:T3
# a note of the coder
T5\tCue 37 47\tReports of
T6\tContent 48 53\tlosse
E2\tAttribution-no-source:T7 Cue:T5 Content:T6
E3\tAttribution:T8 Source:T2
"""
SENTENCES = [
    {
        "tok": [["Reports", "report", 37, 44, "NNS", "O"], ["of", "of", 45, 47, "IN", "O"],
                ["losses", "loss", 48, 54, "NNS", "O"], ["grew", "grow", 55, 59, "VBD", "O"]],
        "dep": [["nsubj", 4, 1], ["case", 3, 2], ["nmod", 1, 3], ["root", 0, 4]],
    }
]  # fmt: skip


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for kind, name, body in (
        ("text", "paper_one.txt", TEXT),
        ("attributions", "paper_one_a1.ann", STANDOFF),
        ("attributions", "paper_one_b2.ann", ""),  # a second coder, who is not read
    ):
        path = tmp_path / "polnear" / "dev" / kind / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body, encoding="utf-8")
    with gzip.open(tmp_path / "polnear" / "dev.compact.jsonl.gz", "wt") as out:
        chains = [[[1, 1, 2, 1, 1], [1, 3, 4, 3, 0]]]  # sentence, start, end, head, named
        parsed = {"id": "paper_one", "sents": SENTENCES, "coref": chains}
        out.write(json.dumps(parsed) + "\n")
    monkeypatch.setenv("NARRATIVE_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def article(corpus: Path) -> Any:
    (only,) = polnear.read_polnear("dev")
    return only


def _words(article: Any, spans: list[tuple[int, int]]) -> list[str]:
    starts, ends = article.pieces.starts, article.pieces.ends
    return [article.text[starts[a] : ends[b - 1]] for a, b in spans]


def test_attributions_lie_on_words(article: Any) -> None:
    first, second = article.attributions
    assert _words(article, first.source) == ["Koval"]
    assert _words(article, first.cue) == ["said"]
    assert _words(article, first.content) == ["“It fell,”", "“and burned.”"]
    assert second.source == []
    assert _words(article, second.content) == ["losses"]  # a word that its span cuts
    tagged = {TAGS[t] for t in article.tags[slice(*first.content[0])]}
    assert tagged == {"B-content", "I-content"}


def test_heads_and_relations_lie_on_words(article: Any) -> None:
    words = _words(article, [(i, i + 1) for i in range(len(article.pieces))])
    grew, reports, losses = (words.index(w) for w in ("grew", "Reports", "losses"))
    assert article.syntax.head[reports] == article.syntax.head[grew] == grew
    assert RELATIONS[article.syntax.rel[losses]] == "nmod"
    assert article.syntax.head[0] == -1  # a sentence that CoreNLP's file does not hold
    assert article.chain[reports] == article.chain[losses] == 0
    assert sorted(set(article.chain.tolist())) == [-1, 0]


def test_a_share_of_train_is_kept_apart(corpus: Path) -> None:
    (corpus / "polnear" / "dev").rename(corpus / "polnear" / "train")
    sizes = [len(list(polnear.read_polnear(split))) for split in ("train", "tune")]
    assert sorted(sizes) == [0, 1]


def test_a_missing_corpus_says_where_it_is_posted(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(polnear.MissingCorpus, match="no articles of the split 'test'"):
        list(polnear.read_polnear("test"))
    monkeypatch.setenv("NARRATIVE_DATA", "nowhere")
    with pytest.raises(
        polnear.MissingCorpus, match=r"posted at https://github\.com/networkdynamics"
    ):
        list(polnear.read_polnear("dev"))


def test_scores_of_attributions() -> None:
    gold = [
        {"source": ((0, 1),), "cue": ((1, 2),), "content": ((2, 8),)},
        {"source": (), "cue": ((9, 10),), "content": ((10, 12),)},
    ]
    found = [
        {"source": ((0, 1),), "cue": ((1, 2),), "content": ((3, 8),)},
        {"source": ((20, 21),), "cue": ((9, 10),), "content": ((10, 12),)},
        {"source": (), "cue": ((30, 31),), "content": ((31, 33),)},
    ]
    got = e07.counts(gold, found)  # (matched, found, coded)
    assert got["source exact F1"] == (1, 2, 1)
    assert got["content exact F1"] == (1, 3, 2)
    assert got["content overlap F1"] == (2, 3, 2)
    assert got["content token F1"] == (7, 9, 8)
    assert got["attribution exact F1"] == (0, 3, 2)
    # The second has a source that is not coded.
    assert got["attribution overlap F1"] == (1, 3, 2)
    (row, *_) = e07.scored([got, got], "dev", "x")
    assert (row["value"], row["n"]) == (pytest.approx(2 * 2 / (4 + 2)), 2)


@pytest.mark.model
def test_an_interrupted_training_ends_as_one_that_was_not(
    article: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = train_reader.Settings(
        epochs=2, random_state=3, rate=1e-4, head_rate=1e-3, rows=2, size=60, hidden=0.2,
        average=0.5, bf16=False, limit=0,
    )  # fmt: skip
    whole = train_reader.train([article], settings, tmp_path / "whole.state")

    def cut(articles: Any, settings: Any, run: Any) -> None:
        if run.epoch == 1:
            raise KeyboardInterrupt
        train_epoch(articles, settings, run)

    train_epoch = train_reader.train_epoch
    with monkeypatch.context() as patch:
        patch.setattr(train_reader, "train_epoch", cut)
        with pytest.raises(KeyboardInterrupt):
            train_reader.train([article], settings, tmp_path / "cut.state")
    continued = train_reader.train([article], settings, tmp_path / "cut.state")
    for name, value in whole.state_dict().items():
        assert torch.equal(value, continued.state_dict()[name]), name
