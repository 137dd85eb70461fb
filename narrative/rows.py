"""CSV and JSONL tables as a user wrote them: text columns, and for each row what its file calls it.

A row's name is its label in the frame's index ("row 4", "row 4 (line 6)", "line 4"), so that it
survives filtering and sorting until a message needs it. A row is what a spreadsheet numbers: the
header and blank lines count, a text with line breaks is one row. Where an editor shows another
number, because such a text stands above, the line is named, too.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pandas as pd

from narrative.errors import InputError
from narrative.schema import ROW

_COMMAS = (
    "save the file as CSV with commas (a spreadsheet asks for the separator, or takes it from the "
    "system's region)"
)


def read_csv(path: Path) -> pd.DataFrame:
    """Read a CSV as text columns; ids such as 000 stay as they are written.

    Rows without a value, columns without a name and blanks around the names are left out.

    Returns
    -------
    DataFrame
        Its index names each row (the header is row 1).

    Raises
    ------
    InputError
        If the file is empty, its columns are not separated by commas, two have one name, a
        quotation mark lacks its pair, or a row has more values than the header; the row is named.
    """
    text = read_text(path)
    if not text.strip():
        raise InputError(
            f"{path.name}: empty file; expected a header row. 'narrative init DIR' writes an "
            "example of every file."
        )
    _check_separator(text, path.name)
    header: list[str] = []
    rows: list[list[str]] = []
    names: list[str] = []
    for name, values in _records(text, path.name):
        if not any(map(str.strip, values)):
            continue  # blank, or the empty rows that a spreadsheet saves below the last
        if not header:
            header = _header(values, f"{path.name}, {name}")
            continue
        if any(map(str.strip, values[len(header) :])):
            parted = " Aliases are parted by |." if "aliases" in header else ""
            raise InputError(
                f"{path.name}, {name}: got {len(values)} values, expected {len(header)} "
                f"({', '.join(header)}); put a text that holds a comma in quotation marks.{parted}"
            )
        rows.append([*values, *[""] * len(header)][: len(header)])
        names.append(name)
    table = pd.DataFrame(rows, columns=header, dtype="string")
    return named(table.loc[:, [c for c in header if c]], names)


def read_text(path: Path) -> str:
    """Read a UTF-8 file as it is, line ends included.

    Raises
    ------
    InputError
        If there is no such file, it cannot be opened, or it is not UTF-8; the byte is named.
    """
    try:
        data = path.read_bytes()
        return data.decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{path}: no such file; check the name and the folder.") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder; expected a file. Name a file in it.") from None
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror or error}); allow reading it, or copy it to "
            "where you may read."
        ) from None
    except UnicodeDecodeError as error:
        got = data[error.start : error.start + 1]
        raise InputError(
            f"{path.name}: byte {error.start} ({got!r}) is not UTF-8; save the file as UTF-8 and "
            f"read it again ({_other_encoding(data, error.start)})."
        ) from None


def named(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return rows with what each is called."""
    table.index = pd.Index(names, dtype="object", name=ROW)
    return table


def _check_separator(text: str, name: str) -> None:
    header = text.strip().splitlines()[0]
    if told := re.fullmatch(r'"?sep=(.)"?,*', header.strip()):
        raise InputError(
            f"{name}, row 1: got {told[0]!r}, which one spreadsheet alone understands; expected "
            "the names of the columns. Remove the line."
        )
    if "," not in header and (found := re.search(r"[;\t|]", header)):
        raise InputError(
            f"{name}, row 1: got columns separated by {found[0]!r}, expected commas; {_COMMAS}."
        )


def _header(values: list[str], where: str) -> list[str]:
    names = [v.strip() for v in values]
    twice = sorted({n for n in names if n and names.count(n) > 1})
    if twice:
        raise InputError(
            f"{where}: column {twice[0]!r} stands twice; expected each name once. Rename or remove "
            "one."
        )
    return names


def _records(text: str, name: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the rows of a CSV with what they are called, blank ones as well."""
    number, line = 0, 1
    with _fields_of_any_length(len(text)):
        reader = csv.reader(StringIO(text, newline=""), strict=True)
        try:
            for values in reader:
                number += 1
                yield _row_name(number, line), values
                line = reader.line_num + 1
        except csv.Error as error:
            raise InputError(f"{name}, {_row_name(number + 1, line)}: {_quotes(error)}") from None


def _row_name(number: int, line: int) -> str:
    return f"row {number}" + (f" (line {line})" if line != number else "")


def _quotes(error: csv.Error) -> str:
    """Say which quotation mark is wrong, and what to do."""
    if "end of data" in str(error):
        return (
            "got a quotation mark without its pair, expected one at both ends of a text; close it, "
            "and double those that stand inside."
        )
    return (
        "got text behind the quotation mark that closes a text, expected a comma or the end of the "
        'row; double the quotation marks that stand inside a text ("").'
    )


@contextmanager
def _fields_of_any_length(length: int) -> Iterator[None]:
    limit = csv.field_size_limit(length + 1)
    try:
        yield
    finally:
        csv.field_size_limit(limit)


def read_jsonl(path: Path) -> pd.DataFrame:
    """Read a JSON object a line as text columns; its index names each line.

    Raises
    ------
    InputError
        If a line is no object of single values, or there is none.
    """
    rows, names = [], []
    # Not splitlines(): JSON strings may hold U+2028 and its like as they are.
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise InputError(
                f"{path.name}, line {number}: not JSON ({error.msg}); expected one object a line. "
                "Mend the line."
            ) from None
        if not isinstance(row, dict):
            raise InputError(
                f"{path.name}, line {number}: got {type(row).__name__}, expected an object "
                '{"doc_id": …}; write one a line.'
            )
        for key, value in row.items():
            if isinstance(value, list | dict):
                raise InputError(
                    f"{path.name}, line {number}: {key}: expected text, got {type(value).__name__}"
                    "; write it as one string."
                )
        rows.append({k: v for k, v in row.items() if v is not None})
        names.append(f"line {number}")
    if not rows:
        raise InputError(f"{path.name}: no rows; expected at least one document. Add a line each.")
    return named(pd.DataFrame(rows, dtype="string").fillna(""), names)


def _other_encoding(data: bytes, at: int) -> str:
    """Say where a byte stands that is not UTF-8, and in which encoding it may be."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "line 1: it looks like UTF-16, which spreadsheets call Unicode text"
    line = data.count(b"\n", 0, at) + 1
    letters = {e: data[at : at + 1].decode(e, "replace") for e in ("cp1252", "cp1251")}
    return (
        f"line {line}: {letters['cp1252']!r} in Windows-1252, {letters['cp1251']!r} in Windows-1251"
    )
