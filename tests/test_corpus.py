from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from narrative.cleaning import to_raw
from narrative.corpus import copy_groups, parse_published, read_corpus, read_csv, read_text
from narrative.errors import InputError
from narrative.schema import TABLES
from narrative.storage import sha256_text

HEADER = "doc_id,outlet,published_at,text\n"
ROW = {"doc_id": "000", "outlet": "The Courier", "published_at": "2025-12-12", "text": "It fell."}
STORY = (
    "The column crossed the river before dawn and took the mill. The mayor left at noon with two "
    "carts of flour, and the council met in the cellar of the school. By evening the bells were "
    "silent, the ferry had been sunk and the last train stood without an engine at the old station."
)
OTHER = (
    "Apples were dear this year, said the grocer, because frost came late and bees were few. The "
    "market square was full all the same, and a band played on the steps of the town hall until "
    "rain drove everyone under the arcades, where a child had lost a red glove."
)


def _csv(folder: Path, body: str, name: str = "documents.csv") -> Path:
    path = folder / name
    path.write_text(body, encoding="utf-8")
    return path


def _jsonl(folder: Path, *rows: dict[str, Any]) -> Path:
    lines = [json.dumps(r, ensure_ascii=False) for r in rows]
    return _csv(folder, "\n".join(lines) + "\n", "documents.jsonl")


@pytest.mark.parametrize(
    ("value", "published"),
    [
        ("2025-12-18", ("2025-12-18", "day")),
        ("2025-12", ("2025-12", "month")),
        ("2025", ("2025", "year")),
        (" 2025-12-18 ", ("2025-12-18", "day")),
        ("2025-12-18T09:30:00Z", ("2025-12-18", "day")),
        ("2025-12-18 09:30", ("2025-12-18", "day")),
        ("2024-02-29", ("2024-02-29", "day")),
    ],
)
def test_published_at_is_cut_to_its_precision(value: str, published: tuple[str, str]) -> None:
    assert parse_published(value) == published


@pytest.mark.parametrize(
    "value", ["12 Dec", "", "18-12-2025", "2025-12-18x", "2025/12/18", "2025-1-1", "٢٠٢٥"]
)
def test_what_is_not_an_iso_date_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"expected an ISO date \(2025-12-12\), month \(2025-12\)"):
        parse_published(value)


@pytest.mark.parametrize("value", ["2025-02-30", "2025-13-01", "2025-13", "0000", "2025-02-29"])
def test_a_date_that_does_not_exist_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="expected a date that exists"):
        parse_published(value)


def test_a_csv_becomes_the_documents_table(tmp_path: Path) -> None:
    path = _csv(
        tmp_path,
        "doc_id,outlet,published_at,text,author,title,url,lang,mood\n"
        '000,The Courier,2025-12-12,"It fell, he said.",A. Painter,Fall,https://e.example,fr,glad\n'
        '001,The Courier,2025-12,"A line\nand another.",,,,,\n'
        "002,The Courier,2025,It stood.,,,,,\n",
    )
    table = read_corpus(path, lang="uk")
    assert list(table.columns) == list(TABLES["documents"])
    assert table["doc_id"].tolist() == ["000", "001", "002"]
    assert table["published_at"].tolist() == ["2025-12-12", "2025-12", "2025"]
    assert table["published_precision"].tolist() == ["day", "month", "year"]
    assert table["text"].tolist() == ["It fell, he said.", "A line\nand another.", "It stood."]
    assert table["lang"].tolist() == ["fr", "uk", "uk"]
    assert table["author"].tolist() == ["A. Painter", "", ""]
    assert table["title"].tolist() == ["Fall", "", ""]
    assert table["url"].tolist() == ["https://e.example", "", ""]
    assert table["text_sha256"].tolist() == [sha256_text(t) for t in table["text"]]


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_every_format_gives_the_same_table(tmp_path: Path, suffix: str) -> None:
    rows = [ROW, {**ROW, "doc_id": "007", "text": OTHER, "author": "A. Painter"}]
    expected = read_corpus(_jsonl(tmp_path, *rows))
    path = tmp_path / f"again.{suffix}"
    frame = pd.DataFrame(rows)
    if suffix == "csv":
        frame.to_csv(path, index=False)
    elif suffix == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_parquet(path)
    got = read_corpus(path)
    pd.testing.assert_frame_equal(got, expected)
    assert got["doc_id"].tolist() == ["000", "007"]
    assert got.attrs == expected.attrs


def test_values_that_look_like_missing_ones_stay(tmp_path: Path) -> None:
    table = read_corpus(_csv(tmp_path, HEADER + "NA,null,2025-12-12,None of it fell.\n"))
    assert table[["doc_id", "outlet"]].to_numpy().tolist() == [["NA", "null"]]


def test_a_line_separator_inside_a_json_string_is_text(tmp_path: Path) -> None:
    text = "One line.\u2028Another\u0085and a third."
    assert read_corpus(_jsonl(tmp_path, {**ROW, "text": text}))["text"].tolist() == [text]


def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_a_table(tmp_path: Path) -> None:
    path, body = tmp_path / "documents.csv", HEADER + "000,The Courier,2025-12-12,It fell.\n"
    path.write_bytes(("\ufeff" + body).encode())
    assert read_corpus(path)["text"].tolist() == ["It fell."]
    path.write_bytes(body.replace("\n", "\r\n").encode())
    assert read_corpus(path)["text"].tolist() == ["It fell."]


def test_text_files_are_read_from_the_study_folder(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    raw = "5 min\r\nIt [fell](#) at noon.\r\n"
    (tmp_path / "texts" / "a.txt").write_bytes(raw.encode())
    table = read_corpus(
        _csv(tmp_path, "doc_id,outlet,published_at,path\na,The Courier,2025-12-12,texts/a.txt\n")
    )
    text = table.loc[0, "text"]
    assert text == "\nIt fell at noon.\n"
    offsets = pd.DataFrame(table.attrs["offsets"])
    assert set(offsets["doc_id"]) == {"a"}
    segments = list(
        zip(offsets["clean_start"], offsets["raw_start"], offsets["length"], strict=True)
    )
    for word in ("It", "fell", "noon"):
        start = text.index(word)
        span = to_raw(segments, start, start + len(word))
        assert span is not None
        assert raw[slice(*span)] == word


def test_root_says_where_paths_begin(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.md").write_text("It fell at noon.", encoding="utf-8")
    (tmp_path / "tables").mkdir()
    path = _csv(
        tmp_path / "tables",
        "doc_id,outlet,published_at,path\na,The Courier,2025-12-12,a.md\n",
    )
    assert read_corpus(path, root=tmp_path / "texts")["text"].tolist() == ["It fell at noon."]
    with pytest.raises(InputError, match=r"a\.md: no such file"):
        read_corpus(path)


def test_the_article_is_taken_from_an_html_page(tmp_path: Path) -> None:
    paragraphs = "".join(f"<p>{p}</p>" for p in (STORY, OTHER))
    (tmp_path / "a.html").write_text(
        "<html><head><title>News</title></head><body><nav><a href='/'>Start page</a></nav>"
        f"<article><h1>The mill is lost</h1>{paragraphs}</article>"
        "<footer>All rights reserved by The Courier</footer></body></html>",
        encoding="utf-8",
    )
    table = read_corpus(
        _csv(tmp_path, "doc_id,outlet,published_at,path\na,The Courier,2025-12-12,a.html\n")
    )
    text = table.loc[0, "text"]
    assert STORY in text
    assert OTHER in text
    assert "Start page" not in text
    assert "<p>" not in text


def test_text_comes_before_path(tmp_path: Path) -> None:
    body = "doc_id,outlet,published_at,text,path\na,The Courier,2025,It fell.,none.txt\n"
    assert read_corpus(_csv(tmp_path, body))["text"].tolist() == ["It fell."]


def _row_error(folder: Path, columns: str, row: str) -> str:
    with pytest.raises(InputError) as caught:
        read_corpus(_csv(folder, f"{columns}\n{row}\n"))
    return str(caught.value)


COLUMNS = "doc_id,outlet,published_at,text"
FULL = "doc_id,outlet,published_at,text,path,published_precision"


@pytest.mark.parametrize(
    ("columns", "row", "message"),
    [
        (
            COLUMNS,
            "a,The Courier,12 Dec,It fell.",
            "documents.csv, row 2: published_at='12 Dec': expected an ISO date (2025-12-12), month "
            "(2025-12) or year (2025); write it so.",
        ),
        (
            COLUMNS,
            "a,The Courier,2025-02-30,It fell.",
            "documents.csv, row 2: published_at='2025-02-30': day is out of range for month; "
            "expected a date that exists; correct it.",
        ),
        (COLUMNS, "a,The Courier,,It fell.", "row 2: published_at is empty; expected a value."),
        (COLUMNS, " ,The Courier,2025,It fell.", "row 2: doc_id is empty; expected a value."),
        (COLUMNS, "a,,2025,It fell.", "row 2: outlet is empty; expected a value."),
        (COLUMNS, "a|b,M,2025,It fell.", "row 2: doc_id='a|b': expected it without |, which parts"),
        (COLUMNS, "a,M > N,2025,It fell.", "row 2: outlet='M > N': expected it without >, which"),
        (
            COLUMNS,
            'a,The Courier,2025," "',
            "row 2: text and path are both empty; expected one of them.",
        ),
        (
            COLUMNS,
            "a,The Courier,2025",
            "row 2: text and path are both empty; expected one of them.",
        ),
        (
            COLUMNS,
            "a,The Courier,2025,5 min",
            "row 2: text: no text left after cleaning; remove the row or mend its text.",
        ),
        (
            FULL,
            "a,The Courier,2025-12,It fell.,,day",
            "row 2: published_precision='day' but published_at='2025-12' has precision 'month': "
            "expected the two to agree.",
        ),
        (
            FULL,
            "a,The Courier,2025,,../x.txt,",
            "row 2: path='../x.txt' lies outside the study folder; copy the file into it.",
        ),
        (
            FULL,
            "a,The Courier,2025,,/etc/hosts,",
            "path='/etc/hosts' lies outside the study folder",
        ),
        (FULL, "a,The Courier,2025,,a/../../x.txt,", "lies outside the study folder"),
        (FULL, "a,The Courier,2025,,none.txt,", "none.txt: no such file; check the name"),
        (FULL, "a,The Courier,2025,,.,", "row 2: path='.': got '', expected .txt, .md or .html."),
        (
            FULL,
            "a,The Courier,2025,,documents.csv,",
            "row 2: path='documents.csv': got '.csv', expected .txt, .md or .html.",
        ),
    ],
)
def test_a_row_that_cannot_be_used_is_named(
    tmp_path: Path, columns: str, row: str, message: str
) -> None:
    assert message in _row_error(tmp_path, columns, row)


def test_a_link_out_of_the_study_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("It fell.", encoding="utf-8")
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "a.txt").symlink_to(tmp_path / "secret.txt")
    path = _csv(folder, "doc_id,outlet,published_at,path\na,The Courier,2025,a.txt\n")
    with pytest.raises(InputError, match=r"path='a.txt' lies outside the study folder"):
        read_corpus(path)


def test_a_folder_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "texts.txt").mkdir()
    path = _csv(tmp_path, "doc_id,outlet,published_at,path\na,The Courier,2025,texts.txt\n")
    with pytest.raises(InputError, match=r"row 2: .*texts\.txt: no such file"):
        read_corpus(path)


def test_a_file_that_is_not_utf8_is_named_with_its_byte(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("Caf\u00e9 fell.".encode("latin-1"))
    path = _csv(tmp_path, "doc_id,outlet,published_at,path\na,The Courier,2025,a.txt\n")
    with pytest.raises(
        InputError,
        match=r"documents\.csv, row 2: a\.txt: byte 3 \(b'\\xe9'\) is not UTF-8; save the file",
    ):
        read_corpus(path)
    table = tmp_path / "latin.csv"
    table.write_bytes((HEADER + "a,Caf\u00e9,2025,It fell.\n").encode("latin-1"))
    with pytest.raises(
        InputError,
        match=r"latin\.csv: byte 37 .* is not UTF-8; save .*\(line 2: 'é' in Windows-1252",
    ):
        read_corpus(table)
    table.write_bytes((HEADER + "a,Cafe,2025,It fell.\n").encode("utf-16"))
    with pytest.raises(InputError, match=r"latin\.csv: byte 0 .*save .*it looks like UTF-16"):
        read_corpus(table)


def test_a_path_to_no_file_says_where_it_was_looked_for(tmp_path: Path) -> None:
    path = _csv(tmp_path, "doc_id,outlet,published_at,path\na,The Courier,2025,pages/a.html\n")
    with pytest.raises(InputError) as caught:
        read_corpus(path)
    assert str(caught.value) == (
        f"documents.csv, row 2: path='pages/a.html': {tmp_path / 'pages' / 'a.html'}: no such file"
        f"; check the name and the folder: a path begins in {tmp_path}."
    )


def test_a_page_without_an_article_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<html><body></body></html>", encoding="utf-8")
    path = _csv(tmp_path, "doc_id,outlet,published_at,path\na,The Courier,2025,a.html\n")
    with pytest.raises(InputError, match=r"row 2: path='a.html': no text left after cleaning"):
        read_corpus(path)


def test_a_repeated_doc_id_is_named_with_both_rows(tmp_path: Path) -> None:
    body = (
        HEADER + "a,The Courier,2025,It fell.\nb,The Courier,2025,It stood.\na,The Post,2024,No.\n"
    )
    with pytest.raises(
        InputError, match=r"documents\.csv, row 4: doc_id='a' also stands in row 2: expected ids"
    ):
        read_corpus(_csv(tmp_path, body))


def test_all_bad_rows_are_listed_at_once(tmp_path: Path) -> None:
    body = HEADER + (
        "a,The Courier,12 Dec,It fell.\n"
        "b,The Courier,2025,It stood.\n"
        "c,The Courier,2025-02-30,It fell.\n"
        "b,The Courier,2025,\n"
        "b,The Courier,2025,It fell again.\n"
    )
    with pytest.raises(InputError) as caught:
        read_corpus(_csv(tmp_path, body))
    lines = str(caught.value).split("\n")
    assert [re.match(r"documents\.csv, row (\d+): (\S+)", x).groups() for x in lines] == [
        ("2", "published_at='12"),
        ("4", "published_at='2025-02-30':"),
        ("5", "text"),
        ("6", "doc_id='b'"),
    ]


def test_a_long_list_of_bad_rows_is_cut_and_counted(tmp_path: Path) -> None:
    body = HEADER + "".join(f"d{i},The Courier,soon,It fell.\n" for i in range(25))
    with pytest.raises(InputError) as caught:
        read_corpus(_csv(tmp_path, body))
    lines = str(caught.value).split("\n")
    assert len(lines) == 21
    assert lines[-1] == "... and 5 more."


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = _csv(tmp_path, "doc_id,source,text\na,The Courier,It fell.\n")
    with pytest.raises(
        InputError,
        match=r"documents\.csv: column\(s\) missing: outlet, published_at; got doc_id, source, text"
        r"; expected doc_id, outlet, published_at and text or path\. Rename a column or add it",
    ):
        read_corpus(path)
    path = _csv(tmp_path, "doc_id,outlet,published_at\na,The Courier,2025\n")
    with pytest.raises(InputError, match=r"column\(s\) missing: text \(or path\)"):
        read_corpus(path)


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("documents.csv", "", r"documents\.csv: empty file; expected a header row"),
        ("documents.csv", "\n\n", r"documents\.csv: empty file; expected a header row"),
        ("documents.csv", HEADER, r"documents\.csv: no rows below the header; expected at"),
        ("documents.jsonl", "", r"documents\.jsonl: no rows; expected at least one document"),
        (
            "documents.csv",
            HEADER + 'a,b,2025,It fell.\na,The Courier,2025,"It',
            r"documents\.csv, row 3: got a quotation mark without its pair.*; close it",
        ),
        (
            "documents.csv",
            HEADER + "a,b,2025,It fell,then\n",
            r"row 2: got 5 values, expected 4 \(doc_id, outlet, published_at, text\); put a text",
        ),
        (
            "documents.csv",
            HEADER + 'a,b,2025,"It\n\nfell."\n\na,b,2025,It,then\n',
            r"documents\.csv, row 4 \(line 6\): got 5 values, expected 4",
        ),
        (
            "documents.csv",
            HEADER + f'a,b,2025,"{"It fell. " * 20_000}"\na,b,2025,It,then\n',
            r"documents\.csv, row 3: got 5 values, expected 4",
        ),
        (
            "documents.csv",
            HEADER.replace(",", ";") + "a;b;2025;It fell, he said.\n",
            r"documents\.csv, row 1: got columns separated by ';', expected commas; save the file",
        ),
        ("documents.parquet", "no table", r"documents\.parquet: not readable as Parquet"),
        ("documents.xlsx", "a", r"documents\.xlsx: got '\.xlsx', expected \.csv, \.jsonl or"),
        ("documents", "a", r"documents: got '', expected \.csv, \.jsonl or \.parquet"),
        (
            "documents.jsonl",
            json.dumps(ROW) + "\n\n{'doc_id': 1}\n",
            r"documents\.jsonl, line 3: not JSON \(Expecting property name",
        ),
        (
            "documents.jsonl",
            "[1, 2]\n",
            r"line 1: got list, expected an object .*; write one a line",
        ),
        (
            "documents.jsonl",
            json.dumps({**ROW, "text": ["It fell."]}) + "\n",
            r"documents\.jsonl, line 1: text: expected text, got list",
        ),
    ],
)
def test_a_table_that_cannot_be_read_is_named(
    tmp_path: Path, name: str, body: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_corpus(_csv(tmp_path, body, name))


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no such file; expected a \.csv, \.jsonl or"):
        read_corpus(tmp_path / "none.csv")
    with pytest.raises(InputError, match=r"no \.parquet file in the folder; expected one or more"):
        read_corpus(tmp_path)
    with pytest.raises(InputError, match=r"none\.csv: no such file; check the name"):
        read_csv(tmp_path / "none.csv")
    with pytest.raises(InputError, match=r"none\.txt: no such file; check the name"):
        read_text(tmp_path / "none.txt")


def test_near_duplicates_share_a_group_and_other_texts_do_not() -> None:
    # A changed last word breaks one of about fifty shingles of five words.
    texts = {
        "b": STORY,
        "a": STORY.replace("old station", "old yard"),
        "c": OTHER,
        "d": STORY.upper(),
        "e": STORY + " The Courier.",
        "f": OTHER + " " + STORY,
    }
    groups = dict(zip(texts, copy_groups(texts), strict=True))
    assert groups == {"a": "a", "b": "a", "d": "a", "e": "a", "c": "c", "f": "f"}


def test_groups_do_not_depend_on_the_order_of_documents() -> None:
    texts = {"c": STORY, "b": OTHER, "a": STORY + " End.", "d": OTHER + " End."}
    backwards = dict(reversed(texts.items()))
    assert dict(zip(texts, copy_groups(texts), strict=True)) == dict(
        zip(backwards, copy_groups(backwards), strict=True)
    )


@pytest.mark.parametrize(
    "texts", [{}, {"a": "Fell."}, {"a": "…"}, {"a": "It fell.", "b": "It stood."}]
)
def test_short_texts_are_their_own_group(texts: dict[str, str]) -> None:
    assert copy_groups(texts) == list(texts)


def test_texts_without_a_word_are_not_copies_of_each_other() -> None:
    assert copy_groups({"a": "🙂", "b": "…"}) == ["a", "b"]


def test_the_corpus_carries_its_copy_groups(tmp_path: Path) -> None:
    rows = [{**ROW, "doc_id": i, "text": t} for i, t in (("1", STORY), ("2", OTHER), ("0", STORY))]
    table = read_corpus(_jsonl(tmp_path, *rows))
    assert table["doc_id"].tolist() == ["0", "1", "2"]
    assert table["copy_group"].tolist() == ["0", "0", "2"]


@pytest.mark.parametrize("text", ["NaN", " nan ", "None", "NULL", "#N/A", "#NAME?", "<NA>"])
def test_a_text_that_is_a_missing_value_is_refused(tmp_path: Path, text: str) -> None:
    message = _row_error(tmp_path, COLUMNS, f"a,The Courier,2025,{text}")
    assert "row 2: text=" in message
    assert "is what programs write where a value is missing; expected a text. Fill it" in message


@pytest.mark.parametrize("value", ["0225-10-02", "2925-10-02", "1025"])
def test_a_year_that_is_a_slip_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"is not in 1400 to 2100; expected a date that exists"):
        parse_published(value)


def test_the_day_is_the_one_that_is_written_whatever_its_zone() -> None:
    assert parse_published("2025-12-18T23:30:00-05:00") == ("2025-12-18", "day")
    assert parse_published("2025-12-18 00:30:00+09:00") == ("2025-12-18", "day")


def test_many_dates_in_another_order_get_one_remedy(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_corpus(_csv(tmp_path, HEADER + "".join(f"d{i},C,12/11/2025,No.\n" for i in range(30))))
    lines = str(caught.value).splitlines()
    assert lines[-2] == "... and 10 more."
    assert lines[-1].startswith("Dates: in a spreadsheet give the whole column the format YYYY-MM")
    assert "Dates: " not in _row_error(tmp_path, COLUMNS, "a,The Courier,12/11/2025,No.")


def test_columns_by_other_names_are_recognised_in_the_message(tmp_path: Path) -> None:
    path = _csv(tmp_path, "ID,Source,Date,Content\na,The Courier,2025,It fell.\n")
    with pytest.raises(
        InputError,
        match=r"Rename a column or add it \(ID is perhaps doc_id, Source is perhaps outlet, "
        r"Date is perhaps published_at, Content is perhaps text \(or path\)\);",
    ):
        read_corpus(path)


def test_tags_in_a_text_are_kept_and_noted(tmp_path: Path) -> None:
    body = HEADER + "a,C,2025,No <tag> 3 < 4 > 2.\n\nb,C,2025,<p>It fell.</p>\nc,C,2025,A<br/>b\n"
    table = read_corpus(_csv(tmp_path, body))
    assert table["text"].tolist()[1] == "<p>It fell.</p>"
    (note,) = table.attrs["notes"]
    assert note.startswith("documents.csv, row 4 and 1 more: the text holds HTML tags")
    assert read_corpus(_csv(tmp_path, HEADER + "a,C,2025,No.\n")).attrs["notes"] == []


@pytest.mark.parametrize(
    ("lang", "write"),
    [("English", "en"), ("en-GB", "en"), ("EN", "en"), ("ua", "uk"), ("klingon", "the code")],
)
def test_a_language_that_is_no_code_is_refused(tmp_path: Path, lang: str, write: str) -> None:
    message = _row_error(tmp_path, COLUMNS + ",lang", f"a,The Courier,2025,It fell.,{lang}")
    assert f"row 2: lang={lang!r}: expected a code of two or three small letters" in message
    assert message.endswith(f"write {write}.")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("https://a.example/x.html", "is an address; expected a file in the study folder. 'narr"),
        ("texts\\a.txt", "and its folders are parted by /."),
    ],
)
def test_what_is_no_path_of_this_folder_says_what_to_write(
    tmp_path: Path, name: str, message: str
) -> None:
    assert message in _row_error(tmp_path, FULL, f"a,The Courier,2025,,{name},")
