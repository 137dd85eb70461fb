"""Read a table of dated documents into the ``documents`` table."""

from __future__ import annotations

import csv
import json
import re
import warnings
from collections.abc import Iterable
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd

from narrative.cleaning import Segment, clean
from narrative.errors import InputError
from narrative.schema import Row, check_table
from narrative.storage import DAMAGED, sha256_text

REQUIRED = ("doc_id", "outlet", "published_at")
_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:[T ]\d{2}:\d{2}.*)?$", re.ASCII)
_PAGES = (".html", ".htm", ".xhtml")
_MAX_LISTED = 20
_BATCH = 10_000  # shingles hashed at once, which bounds the memory of a long document


def parse_published(value: str) -> tuple[str, str]:
    """Return an ISO date and its precision.

    Parameters
    ----------
    value : str
        ``2025-12-18``, ``2025-12`` or ``2025``; a time of day is dropped.

    Returns
    -------
    (str, str)
        The date cut to its precision, and ``day``, ``month`` or ``year``.

    Raises
    ------
    ValueError
        If `value` is not such a date or the day does not exist.

    Examples
    --------
    >>> parse_published("2025-12")
    ('2025-12', 'month')
    """
    match = _ISO.fullmatch(value.strip())
    if not match:
        raise ValueError(
            "expected an ISO date (2025-12-12), month (2025-12) or year (2025); write it so"
        )
    year, month, day = match.groups()
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError as error:
        raise ValueError(f"{error}; expected a date that exists; correct it") from None
    if day:
        return f"{year}-{month}-{day}", "day"
    return (f"{year}-{month}", "month") if month else (year, "year")


def read_corpus(
    path: str | Path, *, root: str | Path | None = None, lang: str = "en"
) -> pd.DataFrame:
    """Read documents from a CSV, JSONL or Parquet file.

    Parameters
    ----------
    path : path-like
        A file with ``doc_id, outlet, published_at`` and ``text`` or ``path`` (a .txt or .html file
        under `root`); optional ``author, title, url, lang``.
    root : path-like, optional
        Folder that `path` entries are relative to and must stay in; by default the file's folder.
    lang : str
        Language code for rows that name none.

    Returns
    -------
    DataFrame
        The ``documents`` table: cleaned text (what every offset counts in), its sha256, and
        ``copy_group`` (near-duplicates share one, Jaccard of 5-word shingles >= 0.8).

    Raises
    ------
    InputError
        Listing every problem found with its file, row and column; nothing is half read.

    Notes
    -----
    ``result.attrs["offsets"]`` holds the ``offsets`` table that maps clean text to raw text.
    """
    path = Path(path)
    rows = read_rows(path)
    missing = [c for c in REQUIRED if c not in rows.columns]
    if "text" not in rows.columns and "path" not in rows.columns:
        missing.append("text (or path)")
    if missing:
        raise InputError(
            f"{path.name}: column(s) missing: {', '.join(missing)}; "
            f"got {', '.join(map(str, rows.columns)) or 'none'}; expected {', '.join(REQUIRED)} "
            "and text or path. Rename a column or add it; 'narrative init DIR' writes an example."
        )
    if rows.empty:
        raise InputError(
            f"{path.name}: no rows below the header; expected at least one document. Add a row a "
            "document."
        )
    base = Path(root) if root is not None else path.parent
    problems: list[str] = []
    documents, offsets = [], []
    seen: dict[str, int] = {}
    for number, row in enumerate(rows.to_dict("records"), start=2):
        try:
            document, segments = _read_row(row, base, lang)
            first = seen.setdefault(document["doc_id"], number)
            if first != number:
                raise InputError(
                    f"doc_id={document['doc_id']!r} also stands in row {first}: expected ids that "
                    "differ; rename one."
                )
        except InputError as error:
            problems.append(f"{path.name}, row {number}: {error}")
            continue
        documents.append(document)
        offsets += [(document["doc_id"], *s) for s in segments]
    if problems:
        more = len(problems) - _MAX_LISTED
        tail = [f"... and {more} more."] if more > 0 else []
        raise InputError("\n".join(problems[:_MAX_LISTED] + tail))
    table = pd.DataFrame(documents)
    table["copy_group"] = copy_groups(dict(zip(table["doc_id"], table["text"], strict=True)))
    table = check_table(table, "documents")
    table.attrs["offsets"] = check_table(
        pd.DataFrame(offsets, columns=["doc_id", "clean_start", "raw_start", "length"]), "offsets"
    ).to_dict("list")
    return table


def copy_groups(texts: dict[str, str], *, threshold: float = 0.8, n_perm: int = 128) -> list[str]:
    """Return for each document the id of its group of near-duplicates.

    Parameters
    ----------
    texts : dict of str to str
        Text by doc_id.
    threshold : float
        Estimated Jaccard similarity of 5-word shingles in (0, 1] from which two texts are copies.
    n_perm : int
        MinHash permutations (Broder 1997); the standard error of the estimate is about
        ``1 / sqrt(n_perm)``.

    Returns
    -------
    list of str
        The smallest doc_id of each document's group, in the order of `texts`.
    """
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=threshold, num_perm=n_perm)
    parent = {doc_id: doc_id for doc_id in texts}

    def find(doc_id: str) -> str:
        while parent[doc_id] != doc_id:
            parent[doc_id] = parent[parent[doc_id]]
            doc_id = parent[doc_id]
        return doc_id

    sketches: dict[str, MinHash] = {}
    for doc_id, text in sorted(texts.items()):
        words = re.findall(r"\w+", text.casefold())
        sketch = MinHash(num_perm=n_perm, seed=1)
        shingles = {" ".join(words[i : i + 5]) for i in range(max(1, len(words) - 4))}
        encoded = [s.encode() for s in sorted(shingles)]
        for at in range(0, len(encoded), _BATCH):
            sketch.update_batch(encoded[at : at + _BATCH])
        sketches[doc_id] = sketch
        if not words:
            continue
        for other in sorted(index.query(sketch)):
            if sketch.jaccard(sketches[other]) >= threshold:
                a, b = sorted((find(doc_id), find(other)))
                parent[b] = a
        index.insert(doc_id, sketch)
    return [find(doc_id) for doc_id in texts]


def read_rows(path: Path) -> pd.DataFrame:
    """Read a documents table as text columns, without checking what stands in them."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected a .csv, .jsonl or .parquet table.")
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        try:
            return pd.read_parquet(path).astype("string").fillna("")
        except DAMAGED as error:
            raise InputError(
                f"{path.name}: not readable as Parquet ({error}); write the file again."
            ) from None
    if suffix == ".jsonl":
        return pd.DataFrame(_json_rows(path), dtype="string").fillna("")
    if suffix == ".csv":
        return read_csv(path)
    raise InputError(
        f"{path.name}: got '{suffix}', expected .csv, .jsonl or .parquet. Save the table as CSV in "
        "UTF-8."
    )


def read_csv(path: Path) -> pd.DataFrame:
    """Read a CSV as text columns; ids such as 000 stay as they are written.

    Raises
    ------
    InputError
        If the file is empty, its columns are not separated by commas, or a row does not have as
        many values as the header; the row is named (the header is row 1).
    """
    text = read_text(path)
    if not text.strip():
        raise InputError(
            f"{path.name}: empty file; expected a header row. 'narrative init DIR' writes an "
            "example of every file."
        )
    header = text.strip().splitlines()[0]
    if "," not in header and (found := re.search(r"[;\t|]", header)):
        raise InputError(
            f"{path.name}, row 1: got columns separated by {found[0]!r}, expected commas; save the "
            "file as CSV with commas."
        )
    try:
        # index_col: else a stray comma in every row shifts the columns unseen.
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                StringIO(text), dtype="string", keep_default_na=False, index_col=False
            ).fillna("")
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise InputError(f"{path.name}{_broken_row(text, str(error).strip())}") from None


def _broken_row(text: str, otherwise: str) -> str:
    """Say which row of a CSV does not fit its header, and what to do; else, what pandas says."""
    limit = csv.field_size_limit(len(text) + 1)
    number, header = 0, list[str]()
    try:
        for row in csv.reader(StringIO(text, newline=""), strict=True):
            number += bool(row)
            header = header or row
            if len(row) > len(header):
                return (
                    f", row {number}: got {len(row)} values, expected {len(header)} "
                    f"({', '.join(header)}); put a text that holds a comma in quotation marks."
                )
    except csv.Error:
        return (
            f", row {number + 1}: got a quotation mark without its pair, expected one at both ends "
            "of a text; close it, and double those that stand inside."
        )
    finally:
        csv.field_size_limit(limit)
    return f": not a well-formed CSV ({otherwise}); save the file again as CSV with commas."


def _json_rows(path: Path) -> Iterable[dict[str, Any]]:
    rows = []
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
    if not rows:
        raise InputError(f"{path.name}: no rows; expected at least one document. Add a line each.")
    return rows


def read_text(path: Path) -> str:
    """Read a UTF-8 file as it is, line ends included.

    Raises
    ------
    InputError
        If there is no such file or it is not UTF-8; the byte is named.
    """
    try:
        data = path.read_bytes()
        return data.decode("utf-8-sig")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise InputError(f"{path}: no such file; check the name and the folder.") from None
    except UnicodeDecodeError as error:
        got = data[error.start : error.start + 1]
        raise InputError(
            f"{path.name}: byte {error.start} ({got!r}) is not UTF-8; save the file as UTF-8 and "
            f"read it again ({_other_encoding(data, error.start)})."
        ) from None


def _other_encoding(data: bytes, at: int) -> str:
    """Say where a byte stands that is not UTF-8, and in which encoding it may be."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "line 1: it looks like UTF-16, which spreadsheets call Unicode text"
    line = data.count(b"\n", 0, at) + 1
    letters = {e: data[at : at + 1].decode(e, "replace") for e in ("cp1252", "cp1251")}
    return (
        f"line {line}: {letters['cp1252']!r} in Windows-1252, {letters['cp1251']!r} in Windows-1251"
    )


def _read_row(row: Row, base: Path, lang: str) -> tuple[dict[str, str], list[Segment]]:
    for column in REQUIRED:
        if not str(row[column]).strip():
            raise InputError(f"{column} is empty; expected a value. Fill it in or remove the row.")
    try:
        published, precision = parse_published(str(row["published_at"]))
    except ValueError as error:
        raise InputError(f"published_at={row['published_at']!r}: {error}.") from None
    stated = str(row.get("published_precision", "") or precision)
    if stated != precision:
        raise InputError(
            f"published_precision={stated!r} but published_at={published!r} has precision "
            f"'{precision}': expected the two to agree. Change one."
        )
    raw, where = _row_text(row, base)
    text, segments = clean(raw)
    if not text.strip():
        raise InputError(f"{where}: no text left after cleaning; remove the row or mend its text.")
    fields = {
        k: str(row.get(k, "") or "").strip() for k in ("doc_id", "outlet", "author", "title", "url")
    }
    return {
        **fields,
        "published_at": published,
        "published_precision": precision,
        "lang": str(row.get("lang", "") or lang),
        "text": text,
        "text_sha256": sha256_text(text),
    }, segments


def _row_text(row: Row, base: Path) -> tuple[str, str]:
    text, name = str(row.get("text", "") or ""), str(row.get("path", "") or "").strip()
    if text.strip():
        return text, "text"
    if not name:
        raise InputError(
            "text and path are both empty; expected one of them. Fill one in or remove the row."
        )
    full = (base / name).resolve()
    if not full.is_relative_to(base.resolve()):
        raise InputError(f"path={name!r} lies outside the study folder; copy the file into it.")
    suffix = full.suffix.lower()
    if suffix not in (*_PAGES, ".txt", ".md", ".text"):
        raise InputError(
            f"path={name!r}: got '{full.suffix}', expected .txt, .md or .html. Save its text so."
        )
    if not full.is_file():
        raise InputError(
            f"path={name!r}: {full}: no such file; check the name and the folder: a path begins in "
            f"{base}."
        )
    raw = read_text(full)
    if suffix in _PAGES:
        import trafilatura

        raw = trafilatura.extract(raw, include_comments=False, include_tables=False) or ""
    return raw, f"path={name!r}"
