"""Documents read piece by piece: the same tables; rows that are none are named or left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import narrative.partitions.corpus as module
import narrative.row_pieces
from narrative.corpus import read_corpus
from narrative.errors import InputError
from narrative.partitions.corpus import CorpusParts, CorpusTables
from narrative.pipeline import run_study
from narrative.provenance import input_hashes
from narrative.row_pieces import count_rows, read_rows, row_pieces
from narrative.study import read_study

SAID = "The ministry said on Saturday that number {} of the bridges had fallen into the river."


def _rows(n: int) -> pd.DataFrame:
    texts = [
        SAID.format(i) + f"  \n\n\n5 min read\n\nNobody saw bridge {i} fall." for i in range(n)
    ]
    texts[n // 2] = texts[0]  # a copy, far from it
    return pd.DataFrame(
        {
            "doc_id": [f"d{(7 * i) % n}" for i in range(n)],  # in no order
            "outlet": "Example Daily",
            "published_at": "2025-12-12",
            "text": texts,
        },
        dtype="string",
    )


def _folder(path: Path, table: pd.DataFrame, size: int) -> Path:
    for number, at in enumerate(range(0, len(table), size)):
        file = path / f"year={number}" / "part.parquet"
        file.parent.mkdir(parents=True)
        table.iloc[at : at + size].to_parquet(file, index=False)
    return path


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pieces and what is put in order at a time be small."""
    plain = narrative.row_pieces.row_pieces
    monkeypatch.setattr(module, "row_pieces", lambda path, **given: plain(path, size=4, **given))
    monkeypatch.setattr(module, "_FEWEST", 300)


def _read(path: Path, folder: Path, **options: Any) -> CorpusTables:
    told: list[tuple[int, int]] = []
    found = CorpusParts(path, "en", folder, "k", **options).read(lambda *given: told.append(given))
    if told:
        assert told[-1][0] == told[-1][1]
    return found


def test_pieces_give_the_tables_of_the_whole(tmp_path: Path, small: None) -> None:
    rows = _rows(23)
    rows.to_csv(tmp_path / "documents.csv", index=False)
    whole = read_corpus(tmp_path / "documents.csv")
    assert whole["copy_group"].duplicated().sum() == 1
    offsets = pd.DataFrame(whole.attrs.pop("offsets"))
    whole.attrs = {}
    for name in ("documents.csv", "folder"):
        path = tmp_path / name
        if name == "folder":
            _folder(path, rows, 9)
        found = _read(path, tmp_path / f"parts of {name}")
        assert len(list(found.documents().pieces())) > 5
        pd.testing.assert_frame_equal(found.documents().whole(), whole)
        got = found.offsets().whole()
        pd.testing.assert_frame_equal(got, offsets.astype(got.dtypes.to_dict()))
        assert found.skipped == []


def test_a_folder_of_parquet_is_a_study_like_its_csv(
    study_folder: Path, tmp_path: Path, fast_models: Any
) -> None:
    rows = _rows(6)
    rows.to_csv(study_folder / "documents.csv", index=False)
    run_study(read_study(study_folder), tmp_path / "one")
    _folder(study_folder / "documents", rows, 4)
    path = study_folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('documents = "documents.csv"', 'documents = "documents"'))
    study = read_study(study_folder)
    run_study(study, tmp_path / "two")
    one, two = (
        json.loads((tmp_path / f / "manifest.json").read_text())["tables"] for f in ("one", "two")
    )
    assert one == two
    before = input_hashes(study)["documents"]
    _folder(study_folder / "documents" / "more", rows.assign(doc_id="x").iloc[:1], 1)
    assert input_hashes(study)["documents"] != before


def _faulty() -> pd.DataFrame:
    rows = _rows(9)
    rows.loc[1, "doc_id"] = rows.loc[7, "doc_id"]
    rows.loc[2, "published_at"] = "soon"
    rows.loc[5, "text"] = " "
    return rows


def test_every_row_that_is_no_document_is_named_in_order(tmp_path: Path, small: None) -> None:
    path = _folder(tmp_path / "documents", _faulty(), 5)
    with pytest.raises(InputError) as caught:
        _read(path, tmp_path / "parts")
    assert [line.split(": ")[0] for line in str(caught.value).split("\n")] == [
        "documents, year=0/part.parquet, row 3",
        "documents, year=1/part.parquet, row 1",
        "documents, year=1/part.parquet, row 3",
    ]
    assert "also stands in year=0/part.parquet, row 2: expected ids" in str(caught.value)


def test_rows_that_are_no_document_can_be_left_out(tmp_path: Path, small: None) -> None:
    rows = _faulty()
    found = _read(_folder(tmp_path / "documents", rows, 5), tmp_path / "parts", skip=True)
    kept = sorted(rows["doc_id"].drop(index=[2, 5, 7]))
    assert found.documents().whole()["doc_id"].tolist() == kept
    assert set(found.offsets().whole()["doc_id"]) <= set(kept)
    assert [(s.doc_id, s.row) for s in found.skipped] == [
        (rows.loc[2, "doc_id"], "year=0/part.parquet, row 3"),
        (rows.loc[5, "doc_id"], "year=1/part.parquet, row 1"),
        (rows.loc[7, "doc_id"], "year=1/part.parquet, row 3"),
    ]


def test_a_run_leaves_rows_out_only_when_asked(
    study_folder: Path, tmp_path: Path, fast_models: Any
) -> None:
    _faulty().to_csv(study_folder / "documents.csv", index=False)
    study = read_study(study_folder)
    with pytest.raises(InputError, match=r"documents\.csv, row 4"):
        run_study(study, tmp_path / "out")
    manifest = run_study(study, tmp_path / "out", skip_rows=True)
    assert [s["stage"] for s in manifest["skipped"]] == ["corpus"] * 3
    with pytest.raises(InputError, match=r"documents\.csv, row 4"):
        run_study(study, tmp_path / "out")


def test_a_table_of_which_every_row_is_faulty_is_refused(tmp_path: Path) -> None:
    path = _folder(tmp_path / "documents", _rows(3).assign(published_at="soon"), 2)
    with pytest.raises(InputError, match="published_at='soon'"):
        _read(path, tmp_path / "parts", skip=True)


def test_pieces_that_were_read_are_not_read_again(
    tmp_path: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _folder(tmp_path / "documents", _rows(12), 12)
    plain, calls = module.read_documents, list[int]()

    def stopped(rows: pd.DataFrame, *args: Any) -> Any:
        calls.append(len(rows))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return plain(rows, *args)

    monkeypatch.setattr(module, "read_documents", stopped)
    with pytest.raises(KeyboardInterrupt):
        _read(path, tmp_path / "parts")
    _read(path, tmp_path / "parts")
    assert calls == [4, 4, 4, 4]


def test_files_of_a_folder_have_the_same_columns(tmp_path: Path) -> None:
    _folder(tmp_path / "documents", _rows(4), 4)
    _folder(tmp_path / "documents" / "z", _rows(4).assign(extra="x"), 4)
    with pytest.raises(InputError, match=r"z/year=0/part\.parquet: got the columns .*extra; expec"):
        list(row_pieces(tmp_path / "documents"))


def test_rows_of_a_folder_are_named_by_their_file(tmp_path: Path) -> None:
    path = _folder(tmp_path / "documents", _rows(3), 2)
    assert count_rows(path) == 3
    assert read_rows(path).index.tolist() == [
        "year=0/part.parquet, row 1",
        "year=0/part.parquet, row 2",
        "year=1/part.parquet, row 1",
    ]
    assert [list(p.columns) for p in row_pieces(path, ["doc_id", "none"])] == [["doc_id"]] * 2


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_piece_has_fewer_rows_where_texts_are_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    lengths = [3, 3, 50, 3, 3, 3, 9, 3]
    texts = pd.Series(["é" * (n // 2) + "x" * (n % 2) for n in lengths])
    rows = pd.DataFrame({"text": texts, "outlet": pd.Categorical(list("aabbccdd"))})
    path = tmp_path / f"documents.{kind}"
    if kind == "csv":
        rows.assign(outlet="").to_csv(path, index=False)
    else:
        rows.to_parquet(path, index=False)
    monkeypatch.setattr(narrative.row_pieces, "CHARACTERS", 10)
    monkeypatch.setattr(narrative.row_pieces, "_BATCH", 3)
    pieces = list(row_pieces(path, size=3))
    assert [len(p) for p in pieces] == [2, 1, 3, 1, 1]
    pd.testing.assert_frame_equal(pd.concat(pieces), read_rows(path), check_index_type=False)
    if kind == "parquet":
        assert "".join(read_rows(path)["outlet"]) == "aabbccdd"


def test_a_piece_counts_the_files_that_its_rows_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(4):
        (tmp_path / f"{n}.txt").write_text(f"Officials said on day {n} that it rained.")
    rows = _rows(5).drop(columns="text").assign(path=["0.txt", "1.txt", "no.txt", "2.txt", "3.txt"])
    rows.to_csv(tmp_path / "documents.csv", index=False)
    monkeypatch.setattr(narrative.row_pieces, "CHARACTERS", 100)
    found = _read(tmp_path / "documents.csv", tmp_path / "parts", skip=True)
    assert [len(found.parts.table(c, "names")) for c in found.parts.cuts] == [1, 1, 1, 1]
    assert len(found.skipped) == 1
