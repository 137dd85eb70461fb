"""Documents that a run could not work on: which, where they stand, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

from narrative.errors import NarrativeError
from narrative.one_line import plain
from narrative.row_pieces import row_pieces
from narrative.study import Study

_LONGEST = 300


@dataclass(frozen=True)
class Skipped:
    """A document that a stage could not work on.

    Parameters
    ----------
    stage, doc_id : str
    error : str
        The exception's kind and what it said, on one line.
    row : str
        What the documents file calls its row, "" where that is not known.
    """

    stage: str
    doc_id: str
    error: str
    row: str = ""

    def told(self, file: str) -> str:
        """Return it as a message."""
        where = f"{file}, {self.row}" if self.row else file
        return (
            f"{where}: doc_id={self.doc_id!r} was left out of {self.stage} ({self.error}). Mend or "
            f"remove it, or try again with --from {self.stage}."
        )

    def record(self) -> dict[str, str]:
        """Return it for a JSON file."""
        return asdict(self)


def said(error: BaseException) -> str:
    """Return what an exception says, on one line."""
    return plain(f"{type(error).__name__}: {error}")[:_LONGEST]


def with_rows(skipped: Iterable[Skipped], study: Study) -> list[Skipped]:
    """Return skipped documents with the rows at which the study's file has them."""
    found, path = list(skipped), study.path("documents")
    if not found or path is None:
        return found
    wanted, at = {s.doc_id for s in found}, dict[str, str]()
    try:
        for rows in row_pieces(path, ["doc_id"]):
            ids = rows["doc_id"].str.strip()
            at |= {str(d): str(name) for name, d in ids[ids.isin(list(wanted))].items()}
    except (NarrativeError, KeyError):
        return found  # the file has changed meanwhile; ids are known all the same
    return [replace(s, row=at.get(s.doc_id, "")) for s in found]
