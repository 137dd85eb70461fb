"""The folder of a collection: documents.csv, collected.csv and problems.csv, whole at any moment.

Rows are appended as pages come and written through to the disk, the page's row in collected.csv
first and its document after it; at the end they are put in the order of the list. A process killed
at any point leaves at most a torn last line, or a last row without its document; both are dropped
when the folder is opened, and the page is fetched again.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from narrative.errors import InputError, StorageError
from narrative.storage import write_text

Row = dict[str, str]

DOCUMENTS = ("doc_id", "outlet", "published_at", "text", "author", "title", "url", "lang")
COLLECTED = (
    *("url", "final_url", "status", "http_status", "doc_id", "bytes", "sha256", "fetched_at"),
    *("title", "date", "date_basis", "listed_date", "listed_basis", "note", "reason"),
)
PROBLEMS = ("url", "final_url", "status", "http_status", "reason")
DONE = ("document", "duplicate")  # what --retry-failed leaves alone
_MAX_CELL = 1 << 30
_ADVICE = "mend it, or choose another --out."


class Store:
    """A collection on disk.

    Parameters
    ----------
    folder : Path
        Where it is, or will be.
    order : mapping, optional
        From an address to its place in the list that is collected.

    Raises
    ------
    InputError
        If the folder holds tables that are not a collection's; nothing is changed.
    """

    def __init__(self, folder: Path, order: Mapping[str, int] | None = None) -> None:
        self.folder, self._order = folder, order or {}
        if self._documents.exists() and not self._collected.exists():
            raise InputError(
                f"{folder}: holds a documents.csv that was not collected there (no "
                "collected.csv); choose another --out."
            )
        self.rows: list[Row] = []
        self._load()
        self._before = self.known()

    def _load(self) -> list[Row]:
        """Read what is on the disk, less what was torn, and return the documents."""
        self.rows = _opened(self._collected, COLLECTED)
        if not self._documents.exists() and any(r["status"] == "document" for r in self.rows):
            raise InputError(
                f"{self.folder}: documents.csv is gone, but collected.csv counts its pages as "
                "collected; put it back, or delete collected.csv to fetch them again."
            )
        documents = _opened(self._documents, DOCUMENTS)
        # A user may take documents out; only the very last can have been lost on the way.
        last = self.rows[-1] if self.rows else {}
        if last.get("status") == "document" and last["doc_id"] not in {
            row["doc_id"] for row in documents
        }:
            self._keep(lambda row: row is not last)
        self._final = {r["final_url"]: r for r in self.rows if r["status"] == "document"}
        return documents

    @property
    def _documents(self) -> Path:
        return self.folder / "documents.csv"

    @property
    def _collected(self) -> Path:
        return self.folder / "collected.csv"

    def forget_failed(self) -> None:
        """Take out the rows of pages that gave no document, so that they are tried again."""
        self._keep(lambda row: row["status"] in DONE)
        self._before = self.known()

    def known(self) -> set[str]:
        """Return the addresses that have a row."""
        return {row["url"] for row in self.rows}

    def document_of(self, final_url: str, url: str) -> str:
        """Return the id of the document that the page at `url` would only repeat, or "".

        It comes from the same `final_url`, and was there before this run or is earlier in the list:
        which of two is there first within a run is chance.
        """
        row = self._final.get(final_url)
        if row is None:
            return ""
        later = row["url"] not in self._before and self._at(row["url"]) > self._at(url)
        return "" if later else row["doc_id"]

    def add(self, row: Row, document: Row | None = None) -> None:
        """Append a page's row, and its document if it gave one."""
        row = {column: row.get(column, "") for column in COLLECTED}
        _append(self._collected, COLLECTED, row)
        if document is not None:
            _append(self._documents, DOCUMENTS, document)
            self._final[row["final_url"]] = row
        self.rows.append(row)

    def settle(self) -> None:
        """Make the tables what they were had the pages of this run come in the order of the list.

        Rows that are not in the list stay before the others.
        """
        documents = self._load()  # an interruption may have come between the disk and self.rows
        kept = {
            row["final_url"]: row["doc_id"]
            for row in self.rows
            if row["status"] == "document" and row["url"] in self._before
        }
        rows = []
        for row in sorted(self.rows, key=lambda row: self._at(row["url"])):
            same = "" if row["url"] in self._before else kept.get(row["final_url"], "")
            # A page that came, whatever became of it: one that did not come repeats nothing.
            rows.append(as_duplicate(row, same) if same and row["sha256"] else row)
            if row["status"] == "document":
                kept.setdefault(row["final_url"], row["doc_id"])
        gone = {r["doc_id"] for r in self.rows} - {r["doc_id"] for r in rows}
        place = {row["doc_id"]: self._at(row["url"]) for row in rows}
        ordered = sorted(
            (d for d in documents if d["doc_id"] not in gone),
            key=lambda d: place.get(d["doc_id"], -1),
        )
        if ordered != documents:
            write_text(_as_csv(DOCUMENTS, ordered), self._documents)
        if rows != self.rows:
            write_text(_as_csv(COLLECTED, rows), self._collected)
            self.rows = rows

    def _at(self, url: str) -> int:
        return self._order.get(url, -1)

    def write_problems(self) -> int:
        """Write problems.csv and return how many pages are in it."""
        bad = [row for row in self.rows if row["status"] not in DONE]
        write_text(_as_csv(PROBLEMS, bad), self.folder / "problems.csv")
        return len(bad)

    def _keep(self, wanted: Callable[[Row], bool]) -> None:
        kept = [row for row in self.rows if wanted(row)]
        if len(kept) < len(self.rows):
            write_text(_as_csv(COLLECTED, kept), self._collected)
            self.rows = kept


def as_duplicate(row: Row, doc_id: str) -> Row:
    """Return the row of a page that led to one which is document `doc_id` already."""
    of_page = ("url", "final_url", "http_status", "bytes", "sha256", "fetched_at")
    return {
        **dict.fromkeys(COLLECTED, ""),
        **{column: row[column] for column in of_page},
        "status": "duplicate",
        "reason": f"duplicate: the same page as {doc_id}",
    }


def _opened(path: Path, columns: tuple[str, ...]) -> list[Row]:
    """Return the rows of a table, made if it is not there; a torn last line is cut off."""
    if not path.exists():
        write_text(_as_csv(columns, []), path)
        return []
    try:
        body = path.read_bytes()
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be read ({error.strerror or error}); expected a table of an earlier "
            f"run; {_ADVICE}"
        ) from error
    whole = body[: _whole(body)]
    try:
        text = whole.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start} is not UTF-8; {_ADVICE}") from None
    before = csv.field_size_limit(_MAX_CELL)
    try:
        header, *cells = list(csv.reader(io.StringIO(text, newline=""))) or [[]]
    except csv.Error as error:
        raise InputError(f"{path}: not a well-formed CSV ({error}); {_ADVICE}") from None
    finally:
        csv.field_size_limit(before)
    if tuple(header) != columns:
        raise InputError(
            f"{path}: got the columns {', '.join(header) or '(none)'}; expected "
            f"{', '.join(columns)}; {_ADVICE}"
        )
    for number, row in enumerate(cells, start=2):
        if len(row) != len(columns):
            raise InputError(
                f"{path}, row {number}: got {len(row)} cells, expected {len(columns)}; {_ADVICE}"
            )
    if len(whole) < len(body):
        write_text(text, path)
    return [dict(zip(columns, row, strict=True)) for row in cells]


def _whole(body: bytes) -> int:
    """Return where the last whole record of a CSV ends.

    A line end inside quotes is part of a cell. Quotes inside a cell are doubled, so that a record
    is whole where the quotes so far are even in number.
    """
    end, at, even = 0, 0, True
    for line in io.BytesIO(body):
        at += len(line)
        even ^= bool(line.count(b'"') % 2)
        if even and line.endswith(b"\n"):
            end = at
    return end


def _append(path: Path, columns: tuple[str, ...], row: Row) -> None:
    line = _as_csv(columns, [row], header=False).encode("utf-8", "replace")
    try:
        with path.open("ab") as handle:
            handle.write(line)
            handle.flush()
            os.fsync(handle.fileno())
    except OSError as error:
        raise StorageError(
            f"{path}: could not be written ({error.strerror or error}). Free space, then run the "
            "same command again: what was collected is kept."
        ) from error


def _as_csv(columns: tuple[str, ...], rows: Iterable[Row], *, header: bool = True) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
