"""Read a table of dated documents into the ``documents`` table."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from narrative.cleaning import Segment, clean
from narrative.copies import PERMUTATIONS, THRESHOLD, named_groups, sketch
from narrative.errors import InputError
from narrative.language import check_code
from narrative.row_pieces import read_rows
from narrative.rows import read_csv, read_text
from narrative.schema import Row, check_table, row_names
from narrative.storage import sha256_text

__all__ = ["copy_groups", "parse_published", "read_corpus", "read_csv", "read_rows", "read_text"]

REQUIRED = ("doc_id", "outlet", "published_at")
_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:[T ]\d{2}:\d{2}.*)?$", re.ASCII)
_PAGES = (".html", ".htm", ".xhtml")
_MAX_LISTED = 20
_YEARS = range(1400, 2101)  # beyond them a year is a slip of the keyboard
# What programs write into a cell that has no value; a text is never this alone.
_NO_TEXT = {"nan", "none", "null", "na", "n/a", "#n/a", "#name?", "#value!", "#ref!", "<na>"}
_TAGS = re.compile(r"</?(?:p|br|div|span|a|b|i|em|strong|h[1-6]|img|ul|ol|li|table|td)\b[^<>]*>")
_OTHER_ORDER = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{5}")
# Names that such columns often have elsewhere, for suggestions only.
_ALSO_CALLED = {
    "doc_id": ("id", "document_id", "article_id", "docid", "uid", "key"),
    "outlet": ("source", "publisher", "newspaper", "media", "channel", "site", "domain"),
    "published_at": ("date", "published", "publication_date", "pub_date", "datetime", "day"),
    "text (or path)": ("content", "body", "article", "full_text", "fulltext", "file", "filename"),
}


def parse_published(value: str) -> tuple[str, str]:
    """Return an ISO date and its precision.

    Parameters
    ----------
    value : str
        ``2025-12-18``, ``2025-12`` or ``2025``; a time of day is dropped, and with it its zone:
        the day is the one that is written.

    Returns
    -------
    (str, str)
        The date cut to its precision, and ``day``, ``month`` or ``year``.

    Raises
    ------
    ValueError
        If `value` is not such a date, the day does not exist, or the year is beyond 1400 to 2100.

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
        if int(year) not in _YEARS:
            raise ValueError(f"year {year} is not in {_YEARS[0]} to {_YEARS[-1]}")
        date(int(year), int(month or 1), int(day or 1))
    except ValueError as error:
        raise ValueError(f"{error}; expected a date that exists; correct it") from None
    if day:
        return f"{year}-{month}-{day}", "day"
    return (f"{year}-{month}", "month") if month else (year, "year")


def read_corpus(
    path: str | Path, *, root: str | Path | None = None, lang: str = "en"
) -> pd.DataFrame:
    """Read documents from a CSV, JSONL or Parquet file, or from a folder of Parquet files.

    Parameters
    ----------
    path : path-like
        A table with ``doc_id, outlet, published_at`` and ``text`` or ``path`` (a .txt or .html file
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
    ``result.attrs["offsets"]`` holds the ``offsets`` table that maps clean text to raw text,
    ``result.attrs["notes"]`` what is kept but looks wrong.
    """
    path = Path(path)
    rows = read_rows(path)
    check_rows(rows, path.name)
    base = Path(root) if root is not None else path.parent
    read = read_documents(rows, base, lang)
    problems, seen = dict(read.problems), dict[str, str]()
    for name, document in zip(read.names, read.documents, strict=True):
        first = seen.setdefault(document["doc_id"], name)
        if first != name:
            problems[name] = twice(document["doc_id"], first)
    if problems:
        lines = [f"{path.name}, {n}: {problems[n]}" for n in row_names(rows) if n in problems]
        raise InputError("\n".join(listed(lines, rows["published_at"])))
    table = pd.DataFrame(read.documents)
    table["copy_group"] = copy_groups(dict(zip(table["doc_id"], table["text"], strict=True)))
    table = check_table(table, "documents")
    offsets = [
        (d["doc_id"], *s) for d, of in zip(read.documents, read.segments, strict=True) for s in of
    ]
    table.attrs["offsets"] = check_table(pd.DataFrame(offsets, columns=OFFSETS), "offsets").to_dict(
        "list"
    )
    table.attrs["notes"] = [tags_note(path.name, read.tagged)] if read.tagged else []
    return table


OFFSETS = ["doc_id", "clean_start", "raw_start", "length"]


class Read(NamedTuple):
    """What was read of some rows of a table of documents.

    Parameters
    ----------
    names : list of str
        What the file calls the row of each document.
    documents : list of dict
        Without ``copy_group``.
    segments : list of list of Segment
        Where runs of each document's clean text come from.
    problems : list of (str, str)
        Rows that are no document, and why.
    tagged : list of str
        Rows whose text holds HTML tags.
    """

    names: list[str]
    documents: list[dict[str, str]]
    segments: list[list[Segment]]
    problems: list[tuple[str, str]]
    tagged: list[str]


def read_documents(rows: pd.DataFrame, base: Path, lang: str) -> Read:
    """Read rows of a table of documents, each for itself.

    Parameters
    ----------
    rows : DataFrame
        From ``read_rows`` or ``row_pieces``.
    base : Path
        Folder that `path` entries are relative to.
    lang : str
        For rows that name none.
    """
    read = Read([], [], [], [], [])
    for name, row in zip(row_names(rows), rows.to_dict("records"), strict=True):
        try:
            document, segments = _read_row(row, base, lang)
        except InputError as error:
            read.problems.append((name, str(error)))
            continue
        if _TAGS.search(document["text"]):
            read.tagged.append(name)
        read.names.append(name)
        read.documents.append(document)
        read.segments.append(segments)
    return read


def twice(doc_id: str, first: str) -> str:
    """Say that an id stands in two rows."""
    return f"doc_id={doc_id!r} also stands in {first}: expected ids that differ; rename one."


def check_rows(rows: pd.DataFrame, name: str) -> None:
    """Raise an InputError if a table of documents lacks a column, or rows."""
    _check_columns(rows, name)
    if rows.empty:
        raise InputError(
            f"{name}: no rows below the header; expected at least one document. Add a row a "
            "document."
        )


def _check_columns(rows: pd.DataFrame, name: str) -> None:
    missing = [c for c in REQUIRED if c not in rows.columns]
    if "text" not in rows.columns and "path" not in rows.columns:
        missing.append("text (or path)")
    if not missing:
        return
    given = {str(c).casefold().replace(" ", "_"): str(c) for c in rows.columns}
    alike = [
        f"{given[g]} is perhaps {c}"
        for c in missing
        for g in given
        if g in (c, *_ALSO_CALLED[c]) and given[g] != c
    ]
    hint = f" ({', '.join(alike)})" if alike else ""
    raise InputError(
        f"{name}: column(s) missing: {', '.join(missing)}; "
        f"got {', '.join(map(str, rows.columns)) or 'none'}; expected {', '.join(REQUIRED)} "
        f"and text or path. Rename a column or add it{hint}; 'narrative init DIR' writes an "
        "example."
    )


def listed(problems: list[str], dates: pd.Series) -> list[str]:
    """Return the first problems, how many more there are, and what mends dates all at once."""
    more = len(problems) - _MAX_LISTED
    tail = [f"... and {more} more."] if more > 0 else []
    elsewhere = [d for d in dates if not _ISO.fullmatch(d.strip()) and _OTHER_ORDER.match(d)]
    if len(elsewhere) > 1:
        tail.append(
            "Dates: in a spreadsheet give the whole column the format YYYY-MM-DD and save as CSV "
            "again."
        )
    return problems[:_MAX_LISTED] + tail


def tags_note(name: str, rows: list[str]) -> str:
    """Say which rows hold HTML tags."""
    return (
        f"{name}, {rows[0]}{f' and {len(rows) - 1} more' if len(rows) > 1 else ''}: the text holds "
        "HTML tags, which are read as words. Save each page as .html and name it in a column path "
        "instead, or take the tags out."
    )


def copy_groups(
    texts: dict[str, str], *, threshold: float = THRESHOLD, n_perm: int = PERMUTATIONS
) -> list[str]:
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
    found = [sketch(text, n_perm) for text in texts.values()]
    wordless = np.array([s is None for s in found], dtype=bool)
    nothing = np.zeros(n_perm, dtype=np.uint32)
    sketches = np.array([nothing if s is None else s for s in found]).reshape(-1, n_perm)
    return named_groups(list(texts), sketches, wordless, threshold)


def _read_row(row: Row, base: Path, lang: str) -> tuple[dict[str, str], list[Segment]]:
    for column in REQUIRED:
        if not str(row[column]).strip():
            raise InputError(f"{column} is empty; expected a value. Fill it in or remove the row.")
    # What parts ids in a list, and an outlet from whom it quotes.
    for column, sign in (("doc_id", "|"), ("outlet", ">")):
        if sign in str(row[column]):
            raise InputError(
                f"{column}={row[column]!r}: expected it without {sign}, which parts several in the "
                "tables. Write another sign."
            )
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
        "lang": check_code(str(row.get("lang", "") or lang).strip()),
        "text": text,
        "text_sha256": sha256_text(text),
    }, segments


def _row_text(row: Row, base: Path) -> tuple[str, str]:
    text, name = str(row.get("text", "") or ""), str(row.get("path", "") or "").strip()
    if text.strip().casefold() in _NO_TEXT:
        raise InputError(
            f"text={text!r} is what programs write where a value is missing; expected a text. Fill "
            "it in or remove the row."
        )
    if text.strip():
        return text, "text"
    if not name:
        raise InputError(
            "text and path are both empty; expected one of them. Fill one in or remove the row."
        )
    if re.match(r"\w+://", name):
        raise InputError(
            f"path={name!r} is an address; expected a file in the study folder. 'narrative "
            "collect' fetches pages and writes their texts."
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
        backslash = ", and its folders are parted by /" if "\\" in name else ""
        raise InputError(
            f"path={name!r}: {full}: no such file; check the name and the folder: a path begins in "
            f"{base}{backslash}."
        )
    raw = read_text(full)
    if suffix in _PAGES:
        import trafilatura

        raw = trafilatura.extract(raw, include_comments=False, include_tables=False) or ""
    return raw, f"path={name!r}"
