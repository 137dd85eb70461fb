"""Documents read piece by piece, so that their texts are never all in memory.

Each piece of the documents file becomes a part: cleaned documents, offsets, and sketches for
copies. Then ids, sketches and the place of each document decide groups and order, and the tables
are written in order, a bounded number of texts at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from narrative.copies import PERMUTATIONS, THRESHOLD, Sketches, named_groups, sketch
from narrative.corpus import OFFSETS, check_rows, listed, read_documents, tags_note, twice
from narrative.errors import InputError
from narrative.partitions.ordered import PLACE, in_blocks
from narrative.partitions.parts import Parts
from narrative.partitions.plan import Cut
from narrative.partitions.skipped import Skipped
from narrative.reporting import Progress
from narrative.row_pieces import Weights, characters, count_rows, row_pieces
from narrative.schema import TABLES, check_table
from narrative.stored import Streamed

# Characters of texts that are put in order at a time: the fewest that take no more than so many
# files, each of which is opened as often as there are, or the most there may be.
_FEWEST, _FILES, _MOST = 4_000_000, 500, 32_000_000
_TEXTS = [c for c in TABLES["documents"] if c != "copy_group"]


@dataclass
class CorpusParts:
    """What was read of a documents file, in parts.

    Parameters
    ----------
    path : Path
        The file, or a folder of Parquet files.
    lang : str
        For rows that name none.
    folder : Path
        Of the parts.
    key : str
        Of the stage.
    skip : bool
        Whether rows that are no document are left out; else they end the run.
    """

    path: Path
    lang: str
    folder: Path
    key: str
    skip: bool = False

    def read(self, progress: Progress) -> CorpusTables:
        """Read every piece that is not read yet, and return what the tables are made from.

        Raises
        ------
        InputError
            Listing every problem with its row, unless rows are to be left out.
        """
        cuts: list[Cut] = []
        parts = Parts(self.folder, self.key, cuts)
        tagged: list[str] = []
        faulty: list[Faulty] = []
        done, total = 0, count_rows(self.path)
        base = self.path.parent
        for number, rows in enumerate(row_pieces(self.path, weigh=partial(_weights, base))):
            if not number:
                check_rows(rows, self.path.name)
            cut = Cut(number, (f"{len(rows)} rows from {done}",), ())
            cuts.append(cut)
            if not parts.has(cut):
                self._keep(parts, cut, rows, done)
            for kind, *note in parts.table(cut, "notes").itertuples(index=False, name=None):
                row, doc_id, said = map(str, note)
                if kind == "tagged":
                    tagged.append(row)
                else:
                    at = rows.index.tolist().index(row)
                    date = str(rows["published_at"].iloc[at])
                    faulty.append(Faulty(done + at, row, doc_id, said, date))
            done += len(rows)
            if total:
                progress(done, total)
        found = CorpusTables(self, parts, tagged)
        found.leave_out(faulty)
        return found

    def _keep(self, parts: Parts, cut: Cut, rows: pd.DataFrame, first: int) -> None:
        """Read one piece, whose first row stands at `first`, and keep what it holds."""
        read = read_documents(rows, self.path.parent, self.lang)
        sketches = [sketch(d["text"]) for d in read.documents]
        nothing = np.zeros(PERMUTATIONS, dtype=np.uint32)
        ids = dict(zip(rows.index, rows["doc_id"], strict=True))
        place = {str(name): n for n, name in enumerate(rows.index)}
        offsets = [
            (at, read.documents[at]["doc_id"], *s)
            for at, segments in enumerate(read.segments)
            for s in segments
        ]
        notes = [("tagged", n, "", "") for n in read.tagged]
        notes += [("fault", n, str(ids[n]).strip(), said) for n, said in read.problems]
        parts.write(
            cut,
            {
                "documents": pd.DataFrame(read.documents, columns=_TEXTS, dtype="string"),
                "offsets": pd.DataFrame(offsets, columns=["at", *OFFSETS]),
                "names": pd.DataFrame(
                    {
                        "doc_id": [d["doc_id"] for d in read.documents],
                        "row": read.names,
                        "place": [str(first + place[n]) for n in read.names],
                        "length": [str(len(d["text"])) for d in read.documents],
                        "wordless": ["1" if s is None else "" for s in sketches],
                    },
                    dtype="string",
                ),
                "notes": pd.DataFrame(
                    notes, columns=["kind", "row", "doc_id", "said"], dtype="string"
                ),
                "sketches": np.array(
                    [nothing if s is None else s for s in sketches], dtype=np.uint32
                ).reshape(-1, PERMUTATIONS),
            },
            [],
        )


def _weights(base: Path, rows: pa.RecordBatch) -> Weights:
    """Return the characters of each row, with those of the file that it names."""
    total = characters(rows)
    if "path" in rows.schema.names:
        for i, name in enumerate(rows.column("path").to_pylist()):
            with suppress(OSError, ValueError):  # told where it is read
                total[i] += (base / str(name or "")).stat().st_size if name else 0
    return total


class Faulty(NamedTuple):
    """A row that is no document: its place and name in the file, its id, and what is wrong."""

    at: int
    row: str
    doc_id: str
    said: str
    date: str = ""


class CorpusTables:
    """The tables of a corpus that was read in parts.

    Parameters
    ----------
    source : CorpusParts
    parts : Parts
    tagged : list of str
        Rows whose text holds HTML tags.
    """

    def __init__(self, source: CorpusParts, parts: Parts, tagged: list[str]) -> None:
        self.source, self.parts, self.tagged = source, parts, tagged
        self.skipped: list[Skipped] = []
        names = [parts.table(cut, "names") for cut in parts.cuts]
        self._names = pd.concat(names, ignore_index=True)
        self._starts = np.cumsum([0, *map(len, names)])
        self._kept = np.ones(len(self._names), dtype=bool)

    def leave_out(self, faulty: list[Faulty]) -> None:
        """Leave out rows that are no document, and the later ones of those that share an id."""
        ids, rows = self._names["doc_id"].tolist(), self._names["row"].tolist()
        places = self._names["place"].astype("int64").tolist()
        first: dict[str, str] = {}
        tagged = set(self.tagged)
        for i, (doc_id, row) in enumerate(zip(ids, rows, strict=True)):
            if first.setdefault(doc_id, row) != row:
                faulty.append(Faulty(places[i], row, doc_id, twice(doc_id, first[doc_id])))
                self._kept[i] = False
                tagged.discard(row)
        if not faulty:
            return
        faulty.sort()
        lines = [f"{self.source.path.name}, {f.row}: {f.said}" for f in faulty]
        if not self.source.skip or not self._kept.any():
            raise InputError("\n".join(listed(lines, pd.Series([f.date for f in faulty]))))
        self.skipped = [Skipped("corpus", f.doc_id, f.said, f.row) for f in faulty]
        self.tagged = [t for t in self.tagged if t in tagged]

    def notes(self) -> list[str]:
        """Return what is kept but looks wrong."""
        return [tags_note(self.source.path.name, self.tagged)] if self.tagged else []

    def documents(self) -> Streamed:
        """Return the ``documents`` table."""
        groups = self._groups()

        def pieces() -> Iterator[pd.DataFrame]:
            for texts in self._ordered("documents"):
                mine = [groups[i] for i in texts[PLACE]]
                yield check_table(texts.assign(copy_group=mine), "documents")

        return Streamed("documents", pieces)

    def offsets(self) -> Streamed:
        """Return the ``offsets`` table."""

        def pieces() -> Iterator[pd.DataFrame]:
            for rows in self._ordered("offsets"):
                yield check_table(rows, "offsets")

        return Streamed("offsets", pieces)

    def _groups(self) -> list[str]:
        """Return the group of copies of each document."""
        ids = self._names["doc_id"].tolist()
        rows = np.flatnonzero(self._kept)
        sketches: Sketches = self.parts.stacked("sketches")
        wordless = (self._names["wordless"] == "1").to_numpy(dtype=bool)
        found = named_groups([ids[i] for i in rows], sketches, wordless[rows], THRESHOLD, rows=rows)
        out = list(ids)
        for i, group in zip(rows, found, strict=True):
            out[i] = group
        return out

    @cached_property
    def _at_a_time(self) -> int:
        """Characters of texts that are put in order at a time."""
        total = int(self._names["length"].astype("int64").sum())
        return min(max(_FEWEST, total // _FILES), _MOST)

    def _in_order(self) -> Iterator[npt.NDArray[np.intp]]:
        """Yield documents in the order of their ids, so many that their texts fit into memory."""
        ids = self._names["doc_id"].tolist()
        lengths = self._names["length"].astype("int64").to_numpy()
        kept = np.flatnonzero(self._kept).tolist()
        order = np.array(sorted(kept, key=lambda i: ids[i]), dtype=np.intp)
        which = np.cumsum(lengths[order]) // self._at_a_time
        yield from np.split(order, np.flatnonzero(np.diff(which)) + 1)

    def _ordered(self, name: str) -> Iterator[pd.DataFrame]:
        """Yield the rows of a table in the order of their documents' ids, with their places."""

        def parts() -> Iterator[pd.DataFrame]:
            for cut, start in zip(self.parts.cuts, self._starts[:-1], strict=True):
                rows = self.parts.table(cut, name)
                yield rows.assign(**{PLACE: start + rows.get("at", np.arange(len(rows)))})

        lengths = self._names["length"].astype("int64").to_numpy()

        def full(held: Sequence[pd.DataFrame]) -> bool:
            mine = sum(lengths[h[PLACE].unique()].sum() for h in held)
            return bool(mine > self._at_a_time)

        folder = self.parts.folder / f"ordered.{name}"
        yield from in_blocks(parts(), list(self._in_order()), folder, full=full)
