"""What a row is called: as a spreadsheet numbers it, and as an editor does where that differs."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from narrative.corpus import read_corpus
from narrative.errors import InputError
from narrative.row_pieces import read_rows
from narrative.rows import read_csv, read_text
from narrative.schema import row_names

HEADER = "doc_id,outlet,published_at,text\n"


def _csv(folder: Path, body: str, name: str = "documents.csv") -> Path:
    path = folder / name
    path.write_bytes(body.encode())
    return path


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("x\n1\n2\n", ["row 2", "row 3"]),
        ("x\n\n1\n\n\n2\n", ["row 3", "row 6"]),  # blank lines are rows of a spreadsheet
        ("\nx\n1\n", ["row 3"]),
        ('x\n"a\nb"\n2\n', ["row 2", "row 3 (line 4)"]),
        ('x\r\n"a\r\n\r\nb"\r\n\r\n2\r\n', ["row 2", "row 4 (line 6)"]),
        ('"x\ny"\n1\n', ["row 2 (line 3)"]),
        ("x,y\n1,2\n,\n,,,\n3,4\n", ["row 2", "row 5"]),  # empty rows that spreadsheets save
        ("x\n1", ["row 2"]),
        ("x\r1\r2", ["row 2", "row 3"]),
    ],
)
def test_rows_are_called_as_a_spreadsheet_numbers_them(
    tmp_path: Path, body: str, names: list[str]
) -> None:
    assert row_names(read_csv(_csv(tmp_path, body))) == names


def test_a_wrong_document_below_blank_lines_is_named_by_its_own_row(tmp_path: Path) -> None:
    body = HEADER + (
        '\n\na,Mail,2025,Yes.\n\nb,Mail,soon,"It\nfell."\nc,Mail,later,No.\na,Mail,2025,Yes.\n'
    )
    with pytest.raises(InputError) as caught:
        read_corpus(_csv(tmp_path, body))
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("documents.csv, row 6: published_at='soon'")
    assert lines[1].startswith("documents.csv, row 7 (line 8): published_at='later'")
    assert lines[2].startswith("documents.csv, row 8 (line 9): doc_id='a' also stands in row 4:")


def test_a_json_line_is_named_by_its_line_and_a_parquet_row_from_one(tmp_path: Path) -> None:
    good = '{"doc_id": "a", "outlet": "M", "published_at": "2025", "text": "It fell."}\n'
    path = _csv(tmp_path, good + "\n" + good.replace("2025", "soon"), "d.jsonl")
    with pytest.raises(InputError, match=r"^d\.jsonl, line 3: published_at='soon'"):
        read_corpus(path)
    rows = pd.DataFrame([{"doc_id": "a", "outlet": "M", "published_at": "soon", "text": "No."}])
    rows.to_parquet(tmp_path / "d.parquet")
    with pytest.raises(InputError, match=r"^d\.parquet, row 1: published_at='soon'"):
        read_corpus(tmp_path / "d.parquet")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            HEADER + 'a,M,2025,"He said "the quay is open" on Friday."\n',
            "documents.csv, row 2: got text behind the quotation mark that closes a text, expected "
            "a comma or the end of the row; double the quotation marks that stand inside a text",
        ),
        (
            HEADER + '\na,M,2025,"He said so.\nb,M,2025,No.\n',
            "documents.csv, row 3: got a quotation mark without its pair",
        ),
        (
            HEADER.replace("text", "text,text") + "a,M,2025,One.,Two.\n",
            "documents.csv, row 1: column 'text' stands twice; expected each name once. Rename",
        ),
        (
            "sep=,\n" + HEADER + "a,M,2025,One.\n",
            "documents.csv, row 1: got 'sep=,', which one spreadsheet alone understands; expected "
            "the names of the columns. Remove the line.",
        ),
        ("sep=;\na;b\n", "documents.csv, row 1: got 'sep=;', which one"),
        (
            "source_id,aliases\nx,the union,the dockers\n",
            "row 2: got 3 values, expected 2 (source_id, aliases); put a text that holds a comma "
            "in quotation marks. Aliases are parted by |.",
        ),
    ],
)
def test_what_would_be_lost_is_refused(tmp_path: Path, body: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        read_csv(_csv(tmp_path, body))


def test_what_holds_nothing_is_left_out(tmp_path: Path) -> None:
    body = (
        ",doc_id, outlet,published_at ,text,,\n0,a,M,2025,It fell.,,\n1,b,M,2025,No.,,,,\n,,,,,,\n"
    )
    table = read_rows(_csv(tmp_path, body))
    assert list(table.columns) == ["doc_id", "outlet", "published_at", "text"]
    assert table["text"].tolist() == ["It fell.", "No."]
    assert read_corpus(tmp_path / "documents.csv")["doc_id"].tolist() == ["a", "b"]


def test_a_text_of_any_length_is_read_whole(tmp_path: Path) -> None:
    text = "It fell, he said.\n" * 12_000
    table = read_csv(_csv(tmp_path, HEADER + f'a,M,2025,"{text}"\nb,M,2025,No.\n'))
    assert table["text"].iloc[0] == text
    assert row_names(table)[1] == "row 3 (line 12003)"


def test_a_file_that_may_not_be_read_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    path = _csv(tmp_path, HEADER)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refuses)
        with pytest.raises(
            InputError, match=r"cannot be read \(Permission denied\); allow reading"
        ):
            read_text(path)
    with pytest.raises(InputError, match="is a folder; expected a file"):
        read_text(tmp_path)
