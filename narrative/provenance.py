"""What made a run's tables: code, packages, input files; and whether a stage's still stand."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path

from narrative.errors import InputError
from narrative.row_pieces import parquet_files, row_pieces
from narrative.storage import sha256_file, sha256_json
from narrative.study import Study

PACKAGES = (
    "numpy",
    "pandas",
    "pyarrow",
    "scikit-learn",
    "scipy",
    "sentence-transformers",
    "sentencex",
    "torch",
    "dateparser",
    "datasketch",
)


@cache
def code_hash() -> str:
    """Return a hash of this package's code and lexicons, which results depend on."""
    folder = Path(__file__).parent
    paths = [p for p in sorted(folder.rglob("*")) if p.suffix in (".py", ".toml", ".csv", ".json")]
    return sha256_json({p.relative_to(folder).as_posix(): sha256_file(p) for p in paths})


def kept_tables(record: Path, key: str, out: Path) -> dict[str, str] | None:
    """Return a finished stage's tables if nothing that made them has changed."""
    try:
        stored = json.loads(record.read_text(encoding="utf-8"))
        tables: dict[str, str] = stored["tables"]
        same = stored["key"] == key and all(
            sha256_file(out / f"{n}.parquet") == h for n, h in tables.items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return tables if same else None


def versions() -> dict[str, str]:
    """Return the versions of this package and of those that results depend on."""
    return {p: version(p) for p in ("narrative", *PACKAGES)}


def input_hashes(study: Study) -> dict[str, str]:
    """Return the sha256 of every file of a study, and one of all texts, under "texts".

    Raises
    ------
    InputError
        If one of them cannot be read.
    """
    names = [n for n in asdict(study.files) if study.path(n) is not None]
    hashes = {n: _hash(p) for n in names if (p := study.path(n)) is not None and p.is_file()}
    # The texts that the documents table points to are inputs as much as the table itself.
    documents = study.path("documents")
    texts: set[str] = set()
    for rows in row_pieces(documents, ["path"]) if documents is not None else ():
        texts |= {str(v).strip() for v in rows.get("path", ()) if str(v).strip()}
    if documents is not None and documents.is_dir():
        files = {p.relative_to(documents).as_posix(): _hash(p) for p in parquet_files(documents)}
        hashes["documents"] = sha256_json(files)
    hashes["texts"] = sha256_json(
        {t: _hash(p) for t in sorted(texts) if (p := study.root / t).is_file()}
    )
    return hashes


def _hash(path: Path) -> str:
    """Return the sha256 of a user's file."""
    try:
        return sha256_file(path)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror or error}); allow reading it, or copy it to "
            "where you may read."
        ) from None
