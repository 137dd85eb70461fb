from __future__ import annotations

from pathlib import Path

import pytest

from narrative.corpus import read_corpus
from narrative.errors import InputError
from narrative.study import Files, read_study
from narrative.template import write_template


def test_the_template_reads_whole(tmp_path: Path) -> None:
    write_template(tmp_path / "new" / "study")
    study = read_study(tmp_path / "new" / "study")
    assert study.files == Files(
        "documents.csv", "sources.csv", "places.csv", "events.csv", "codebook.toml"
    )
    documents = read_corpus(study.root / "documents.csv")
    assert documents["doc_id"].tolist() == ["example-1"]
    assert set(study.sources()["source_id"]) == {"example_daily", "example_ministry"}
    assert study.places()["place_id"].tolist() == ["exampletown"]
    assert study.events().empty
    book = study.codebook()
    assert book is not None
    assert [f.framing_id for f in book.framings] == ["advance"]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "codebook.toml").write_text("mine")
    with pytest.raises(InputError, match=r"codebook\.toml already there; choose an empty folder"):
        write_template(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["codebook.toml"]
    assert (tmp_path / "codebook.toml").read_text() == "mine"


def test_a_second_time_names_every_file(tmp_path: Path) -> None:
    write_template(tmp_path)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    with pytest.raises(InputError, match=r"study\.toml, documents\.csv, .*codebook\.toml already"):
        write_template(tmp_path)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_other_files_are_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("mine")
    write_template(tmp_path)
    assert (tmp_path / "study.toml").is_file()
