"""Sentences without a cue: which go on with the source before them."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from narrative import running_on
from narrative.claims import extract_claims
from narrative.errors import WeightsError
from narrative.reader import Reading
from narrative.reader.labels import POS, RELATIONS
from narrative.reader.pieces import split_words
from narrative.running_on import Before, RunningOn, features, shipped_running_on
from narrative.speakers import check_sources

BEFORE = Before(
    content=(0, 0), mention="the brigade", cue="according to", kind="organisation", quoted=False,
    ran_on=0, own=0, paragraphs=0, opened=True, backward=False,
)  # fmt: skip
SOURCES = check_sources(
    pd.DataFrame(
        [
            ("courier", "The Courier", "outlet", "western", "Courier"),
            ("koval", "Anna Koval", "person", "ukrainian", "Koval"),
        ],
        columns=["source_id", "name", "kind", "camp", "aliases"],
    )
)


def _reading(text: str, tags: str, subject: int = -1) -> Reading:
    """Return a reading with these parts of speech; every word hangs on itself."""
    words = split_words(text)
    rel = np.full(len(words), RELATIONS.index("dep"))
    rel[subject] = RELATIONS.index("nsubj")
    pos = np.array([POS.index(t) for t in tags.split()])
    assert len(pos) == len(words)
    return Reading(words.starts, words.ends, [], pos, np.arange(len(words)), rel, [], {})


def _features(text: str, tags: str, subject: int = -1, **before: Any) -> dict[str, float]:
    stands = Before(**(vars(BEFORE) | before))
    return features(text, (0, len(text)), stands, _reading(text, tags, subject))


def test_the_order_of_the_features_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0}
    decide = RunningOn({"a": 1e16, "b": 1.0, "c": -1e16, "d": 0.5})
    scores = set()
    for order in permutations(found):
        monkeypatch.setattr(
            running_on, "features", lambda *_, order=order: {k: found[k] for k in order}
        )
        scores.add(decide("It fell.", (0, 8), BEFORE, _reading("It fell .", "PRP VBD .")))
    assert len(scores) == 1


def test_tense_subject_and_place() -> None:
    found = _features("They had left the mill .", "PRP VBD VBN DT NN .", 0, ran_on=1)
    assert {"tense: past", "tense: pluperfect", "subject: pronoun they"} <= set(found)
    assert found["place: ran on"] == pytest.approx(1 / 3)
    assert found["place: 0 paragraphs on"] == found["source: organisation"] == 1
    found = _features("The brigade lies north .", "DT NN VBZ RB .", 1, paragraphs=5, own=1)
    assert {"tense: present", "subject: the source itself", "words: background"} <= set(found)
    assert found["place: 2 paragraphs on"] == found["place: own, other paragraph"] == 1
    assert "place: ran on" not in found


def test_shared_words_count_by_their_beginning() -> None:
    text = "villages fell . The village burns ."
    words = split_words(text)
    tags = [POS.index(t) for t in ("NNS", "VBD", ".", "DT", "NN", "VBZ", ".")]
    rel = np.full(len(words), RELATIONS.index("dep"))
    reading = Reading(words.starts, words.ends, [], np.array(tags), np.arange(7), rel, [], {})
    stands = Before(**(vars(BEFORE) | {"content": (0, 13)}))
    assert features(text, (16, len(text)), stands, reading)["shared words"] == 0.5


def test_an_unknown_feature_counts_nothing() -> None:
    reading = _reading("It fell .", "PRP VBD .", 0)
    assert RunningOn({"no such": 9.0})("It fell .", (0, 9), BEFORE, reading) == 0.5
    assert RunningOn({"tense: past": 9.0})("It fell .", (0, 9), BEFORE, reading) > 0.99


def test_a_broken_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "running_on_en.json").write_text(json.dumps({"weights": [1]}))
    monkeypatch.setattr(running_on, "files", lambda _: tmp_path)
    shipped_running_on.cache_clear()
    try:
        with pytest.raises(WeightsError, match="not the weights of running on"):
            shipped_running_on()
    finally:
        shipped_running_on.cache_clear()


def _said(text: str) -> dict[str, tuple[str, str]]:
    documents = pd.DataFrame(
        {"doc_id": ["000"], "outlet": "The Courier", "author": "", "lang": "en"}
        | {"published_at": "2025-12-18", "text": text}
    )
    claims = extract_claims(documents, SOURCES)
    rows = zip(claims["text"], claims["source_id"], claims["voice"], strict=True)
    return {t: (s, v) for t, s, v in rows}


@pytest.mark.model
def test_a_report_runs_on() -> None:
    said = _said(
        "According to Koval, the assault began before dawn. The first group had crossed the river "
        "in the fog and had lost most of its men. They could not be brought back."
    )
    assert said["They could not be brought back"] == ("koval", "paraphrased")
    assert {s for s, _ in said.values()} == {"koval"}


@pytest.mark.model
def test_background_is_the_authors() -> None:
    said = _said(
        "Koval said that the bridge had fallen.\n\nThe Courier could not independently verify the "
        "statement. The town lies 40 kilometres from the border and had a population of 9,000 "
        "before the war."
    )
    town = next(v for t, v in said.items() if t.startswith("The town lies"))
    assert town == ("courier", "author")


@pytest.mark.model
@pytest.mark.parametrize("cue", ["did not say that", "never said that", "declined to say whether"])
def test_nothing_runs_on_from_what_was_not_said(cue: str) -> None:
    said = _said(
        f"Koval {cue} the assault had begun. The first group had crossed the river in the fog and "
        "had lost most of its men. They could not be brought back."
    )
    assert said["They could not be brought back"] == ("courier", "author")
