from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pandas as pd
import pytest

from narrative.adapter import SHIPPED, SHIPPED_SHA256, load_adapter
from narrative.cleaning import clean
from narrative.codebook import read_codebook
from narrative.corpus import read_corpus
from narrative.schema import CAMPS, CERTAINTIES, STATUSES, UNKNOWN, VOICES
from narrative.storage import sha256_file, sha256_text
from narrative.study import read_study

SEEDS = Path(__file__).resolve().parents[1] / "seeds"
GOLD = sorted((SEEDS / "gold").glob("*.csv"))
FRAMINGS = [f.framing_id for f in read_codebook(SEEDS / "codebook.toml").framings]


def _raw(doc_id: str) -> str:
    return (SEEDS / f"{doc_id}.txt").read_bytes().decode("utf-8")


def _table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


@pytest.fixture(params=GOLD, ids=lambda p: p.stem)
def gold(request: pytest.FixtureRequest) -> pd.DataFrame:
    return _table(request.param)


@pytest.fixture(scope="module")
def source_ids() -> set[str]:
    return set(read_study(SEEDS).sources()["source_id"])


def test_there_are_two_codings() -> None:
    assert [p.stem for p in GOLD] == ["claims", "claims_second"]


def test_every_gold_row_is_its_text_as_received(gold: pd.DataFrame) -> None:
    assert len(gold) > 0
    texts = {doc_id: _raw(doc_id) for doc_id in gold["doc_id"].unique()}
    for row in gold.itertuples():
        start, end = int(row.start), int(row.end)
        assert 0 <= start < end <= len(texts[row.doc_id])
        assert texts[row.doc_id][start:end] == row.text, row.gold_id


def test_gold_ids_and_spans_are_unique(gold: pd.DataFrame) -> None:
    assert gold["gold_id"].is_unique
    assert not gold.duplicated(["doc_id", "start", "end"]).any()


def test_gold_labels_are_those_of_the_coding_rules(
    gold: pd.DataFrame,
) -> None:
    allowed: dict[str, set[str]] = {
        "camp": {*CAMPS, UNKNOWN},
        "voice": set(VOICES),
        "cue_stance": {"-1", "0", "1"},
        "framing": {*FRAMINGS, "other"},
        "control_status": {"", *STATUSES},
        "certainty": set(CERTAINTIES),
    }
    for column, labels in allowed.items():
        assert set(gold[column]) <= labels, column
    stances = [c for c in gold.columns if c.startswith("stance_")]
    assert [c.removeprefix("stance_") for c in stances] == FRAMINGS
    for column in stances:
        assert set(gold[column]) <= {"-1", "0", "1"}, column


def test_gold_sources_are_listed_or_unknown(gold: pd.DataFrame, source_ids: set[str]) -> None:
    known = {*source_ids, UNKNOWN}
    assert set(gold["source_id"]) <= known
    for row in gold.itertuples():
        assert set(row.chain.split(">")) <= known, row.gold_id
        assert row.source_id in row.chain.split(">"), row.gold_id


def test_gold_camps_are_those_of_their_sources(gold: pd.DataFrame) -> None:
    camp = read_study(SEEDS).sources().set_index("source_id")["camp"].to_dict()
    for row in gold.itertuples():
        assert row.camp == camp.get(row.source_id, UNKNOWN), row.gold_id


def test_gold_dates_are_dates(gold: pd.DataFrame) -> None:
    for column in ("said_at", "about_start", "about_end"):
        shape = gold[column].str.fullmatch(r"(?:\d{4}(?:-\d{2}(?:-\d{2})?)?)?")
        assert shape.all(), gold.loc[~shape, ["gold_id", column]].to_dict("records")


def test_gold_control_always_has_a_place(gold: pd.DataFrame) -> None:
    assert (gold["control_status"] != "").sum() > 0
    assert not ((gold["control_status"] != "") & (gold["control_place"] == "")).any()


def test_the_documents_read(source_ids: set[str]) -> None:
    documents = read_corpus(SEEDS / "documents.csv")
    assert len(documents) == 5
    assert set(documents["outlet"]) <= source_ids
    assert (documents["published_precision"] == "day").all()
    assert documents["copy_group"].is_unique
    listed = _table(SEEDS / "documents.csv").set_index("doc_id")
    for row in documents.itertuples():
        text = _raw(str(row.doc_id)).removeprefix("\ufeff")
        assert row.text == clean(text)[0]
        assert row.text_sha256 == sha256_text(str(row.text))
        assert row.published_at == listed.loc[row.doc_id, "published_at"]


def test_the_study_and_all_its_tables_read() -> None:
    study = read_study(SEEDS)
    for table in (study.sources(), study.places(), study.events()):
        assert len(table) > 0
    book = study.codebook()
    assert book is not None
    assert {f.camp for f in book.framings} <= {*CAMPS, ""}


def test_every_event_quotes_its_document() -> None:
    events = _table(SEEDS / "events.csv")
    places = {*read_study(SEEDS).places()["place_id"], ""}
    assert len(events) > 0
    for row in events.itertuples():
        assert row.sentence.strip()
        assert row.sentence in _raw(row.doc_id), row.event_id
        assert row.place_id in places
        assert {4: "year", 7: "month", 10: "day"}[len(row.date)] == row.precision


def test_the_codebook_takes_no_exemplar_from_the_documents() -> None:
    texts = " ".join(_raw(p.stem) for p in sorted(SEEDS.glob("*.txt")))
    for framing in read_codebook(SEEDS / "codebook.toml").framings:
        assert framing.favor
        assert framing.against
        for sentence in framing.texts:
            assert sentence not in texts


def test_the_shipped_adapter_knows_the_codebooks_propositions() -> None:
    adapter = load_adapter()
    book = read_codebook(SEEDS / "codebook.toml")
    assert adapter.meta["propositions"] == {f.framing_id: f.proposition for f in book.framings}
    heads = adapter.meta["heads"]
    assert set(FRAMINGS) <= set(heads["framing"])
    for framing in FRAMINGS:
        assert heads[framing] == ["against", "none", "favor"]
        assert adapter.tensors[f"head.{framing}.weight"].shape == (3, 384)


def test_the_shipped_adapter_is_the_pinned_file() -> None:
    path = Path(str(files("narrative") / "weights" / SHIPPED))
    assert sha256_file(path) == SHIPPED_SHA256
