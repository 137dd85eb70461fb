"""What was made of each partition, kept on disk until its stage is done.

A part is written whole or not at all, under a name that holds a hash of what it was made from: an
interrupted run goes on at the partition where it stopped. A partition that fails is halved until
the documents at fault are alone; these are left out, with the reason, and the rest is kept.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from narrative.errors import NarrativeError, StorageError, WeightsError
from narrative.partitions.engine import Engine, Made, Partition, Work
from narrative.partitions.plan import Cut, Plan, some
from narrative.partitions.skipped import Skipped, said
from narrative.reporting import Progress
from narrative.schema import TABLES, check_table
from narrative.storage import read_table, sha256_json, write_atomic, write_json, write_table

PARTS = ".parts"  # of a run that is not done
IDS = "ids"  # what names the rows of a part's arrays
_FEW = 20  # documents: of so many at least, more than half may not fail


class EngineError(NarrativeError):
    """The workers cannot be reached, or are no copies of this program."""


# Not a document's fault: the next one would fail as well.
_FATAL = (WeightsError, StorageError, EngineError)


@dataclass
class Parts:
    """The parts of a stage.

    Parameters
    ----------
    folder : Path
    key : str
        Of the stage: all that its results depend on.
    cuts : sequence of Cut
    skipped : list of Skipped
        Documents that were left out.
    """

    folder: Path
    key: str
    cuts: Sequence[Cut] = ()
    skipped: list[Skipped] = field(default_factory=list)

    def _base(self, cut: Cut) -> str:
        return f"{cut.number:06d}-{sha256_json([self.key, cut.doc_ids])[:16]}"

    def _record(self, cut: Cut) -> Path:
        return self.folder / f"{self._base(cut)}.json"

    def _file(self, cut: Cut, name: str) -> Path:
        # An array's file is told by its ending; which of the two it is, the record says.
        return self.folder / f"{self._base(cut)}.{name}"

    def begin(self) -> list[Cut]:
        """Delete the parts of other keys and return the cuts that are still to be worked on."""
        bases = {self._base(c) for c in self.cuts}
        for path in self.folder.glob("*.*") if self.folder.is_dir() else ():
            if path.name.split(".", 1)[0] not in bases:
                path.unlink()
        todo = []
        for cut in self.cuts:
            record = self._read(cut)
            if record is None:
                todo.append(cut)
            else:
                self.skipped += [Skipped(**s) for s in record["skipped"]]
        return todo

    def _read(self, cut: Cut) -> dict[str, Any] | None:
        try:
            record: dict[str, Any] = json.loads(self._record(cut).read_text(encoding="utf-8"))
            whole = all(self._file(cut, name).is_file() for name in record["files"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return record if whole else None

    def write(self, cut: Cut, made: Made, skipped: Sequence[Skipped]) -> None:
        """Keep what was made of a cut; its record comes last."""
        files = []
        for name, value in made.items():
            array = isinstance(value, np.ndarray)
            files.append(f"{name}.{'npy' if array else 'parquet'}")
            path = self._file(cut, files[-1])
            if isinstance(value, pd.DataFrame):
                value.attrs = {}
                write_table(value, path)
            else:
                write_atomic(path, partial(_save, value))
        write_json({"files": files, "skipped": [s.record() for s in skipped]}, self._record(cut))
        self.skipped += skipped

    def left(self, cut: Cut) -> set[str]:
        """Return the documents of a cut that were left out."""
        mine = set(cut.doc_ids)
        return {s.doc_id for s in self.skipped if s.doc_id in mine}

    def has(self, cut: Cut) -> bool:
        """Return whether a cut is done."""
        return self._read(cut) is not None

    def path(self, cut: Cut, name: str) -> Path:
        """Return the file of a table of a cut."""
        return self._file(cut, f"{name}.parquet")

    def table(self, cut: Cut, name: str) -> pd.DataFrame:
        """Return a table of a cut."""
        read: pd.DataFrame = self._whole(cut, partial(read_table, self.path(cut, name)))
        return read

    def tables(self, name: str) -> Iterator[pd.DataFrame]:
        """Yield a table of each part that has it, in the order of the cuts."""
        for cut in self.cuts:
            if self.path(cut, name).is_file():
                yield self.table(cut, name)

    def rows(self, cut: Cut, name: str) -> npt.NDArray[Any] | None:
        """Return an array of a cut, as a file that is read as needed; None where it has none."""
        if not self._file(cut, f"{name}.npy").is_file():
            return None
        read: npt.NDArray[Any] = self._whole(cut, partial(self._mapped, cut, name))
        return read

    def stacked(self, name: str) -> npt.NDArray[Any]:
        """Return an array of all parts, one after the other, as a file that is read as needed."""
        parts = [self._whole(c, partial(self._mapped, c, name)) for c in self.cuts]
        shape = (sum(map(len, parts)), *parts[0].shape[1:])
        if not shape[0]:
            return np.asarray(parts[0])
        into = self.folder / f"{name}.npy"
        out = np.lib.format.open_memmap(into, mode="w+", dtype=parts[0].dtype, shape=shape)
        at = 0
        for part in parts:
            out[at : at + len(part)] = part
            at += len(part)
        return np.asarray(out)

    def _mapped(self, cut: Cut, name: str) -> npt.NDArray[Any]:
        path = self._file(cut, f"{name}.npy")
        try:
            return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
        except ValueError:  # an empty array cannot be mapped
            return np.asarray(np.load(path, allow_pickle=False))

    def _whole(self, cut: Cut, read: Callable[[], Any]) -> Any:
        """Return what `read` reads; a part that is damaged is made again by the next run."""
        try:
            return read()
        except (StorageError, OSError, ValueError) as error:
            self._record(cut).unlink(missing_ok=True)
            raise StorageError(
                f"{self.folder}: a part is damaged ({error}); run again: it alone is made anew."
            ) from error

    def forget(self, cuts: Sequence[Cut]) -> None:
        """Delete the records of cuts, so that the next run works on them again."""
        for cut in cuts:
            self._record(cut).unlink(missing_ok=True)

    def delete(self) -> None:
        """Delete all parts of the stage, and the folder of parts where it is empty then."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.folder.parent.is_dir() and not any(self.folder.parent.iterdir()):
            self.folder.parent.rmdir()


def _save(array: npt.NDArray[Any], path: Path) -> None:
    with path.open("wb") as handle:
        np.save(handle, array, allow_pickle=False)


def in_parts(
    parts: Parts,
    work: Work,
    setup: Any,
    plan: Plan,
    *,
    stage: str,
    of_claims: bool,
    engine: Engine,
    progress: Progress,
    load: Callable[[Cut], Partition] | None = None,
) -> Parts:
    """Work on every partition of a plan that is not done, and keep what is made of each.

    Parameters
    ----------
    parts : Parts
        Where it is kept.
    work, setup
        As ``Engine.results`` takes them.
    plan : Plan
    stage : str
    of_claims : bool
        Whether the work is on claims: a document without one has nothing to fail on.
    engine : Engine
    progress : callable
        Called with (done, total) documents.
    load : callable, optional
        From a cut to what is worked on, where that is more than documents or claims.

    Returns
    -------
    Parts
        The same, complete; ``skipped`` says which documents are not in them.

    Raises
    ------
    Exception
        The first failure, where every document fails, or more than half of many.
    WeightsError, StorageError, EngineError
        At once: the fault is no document's.
    """
    load = load or (plan.claims if of_claims else plan.documents)
    todo = parts.begin()
    by_number = {c.number: c for c in todo}
    total = plan.n_documents
    done = total - sum(len(c.doc_ids) for c in todo)
    if done:
        progress(done, total)
    watch = _Watch(stage, engine, work, setup, "claims" if of_claims else "documents")
    try:
        for outcome in engine.results(work, setup, (load(c) for c in todo)):
            cut, found = by_number[outcome.partition.number], outcome.made
            skipped: list[Skipped] = []
            if found is None:
                assert outcome.error is not None
                found, skipped = watch.halved(load(cut), outcome.error)
            else:
                watch.worked += len(watch.within(outcome.partition))
            watch.check()
            parts.write(cut, found, skipped)
            done += len(cut.doc_ids)
            progress(done, total)
        watch.check(last=True)
        parts.skipped.sort(key=lambda s: s.doc_id)  # whichever part was done first
    except Exception:
        faulty = {s.doc_id for s in parts.skipped}
        parts.forget([c for c in parts.cuts if faulty & set(c.doc_ids)])
        raise
    return parts


@dataclass
class _Watch:
    """Finds the documents at fault in partitions that failed, and counts them."""

    stage: str
    engine: Engine
    work: Work
    setup: Any
    table: str
    worked: int = 0
    failed: int = 0
    first: Exception | None = None

    def within(self, partition: Partition) -> set[str]:
        """Return the documents of a partition that there is something to do for."""
        return set(partition.tables[self.table]["doc_id"].unique())

    def halved(self, partition: Partition, error: Exception) -> tuple[Made, list[Skipped]]:
        """Return what is made of a partition without the documents at fault, and these."""
        if isinstance(error, _FATAL):
            raise error
        self.first = self.first or error
        made: list[Made] = []
        skipped: list[Skipped] = []
        queue = _halves(partition)
        while queue:
            again: list[Partition] = []
            for outcome in self.engine.results(self.work, self.setup, queue):
                mine = outcome.partition
                if outcome.made is not None:
                    made.append(outcome.made)
                    self.worked += len(self.within(mine))
                elif isinstance(outcome.error, _FATAL):
                    raise outcome.error
                elif len(mine.doc_ids) > 1:
                    again += _halves(mine)
                else:
                    assert outcome.error is not None
                    skipped.append(Skipped(self.stage, mine.doc_ids[0], said(outcome.error)))
                    self.failed += 1
            queue = again
        order = {d: i for i, d in enumerate(partition.doc_ids)}
        return _joined(made), sorted(skipped, key=lambda s: order[s.doc_id])

    def check(self, *, last: bool = False) -> None:
        """Raise the first failure if it was not documents that were at fault."""
        many = self.failed >= _FEW and self.failed > self.worked
        if self.first is not None and (many or (last and not self.worked and self.failed)):
            raise self.first


def _halves(partition: Partition) -> list[Partition]:
    ids = partition.doc_ids
    if len(ids) < 2:
        return [partition]
    middle = len(ids) // 2
    return [some(partition, ids[:middle]), some(partition, ids[middle:])]


def _joined(made: Sequence[Made]) -> Made:
    """Return what was made of pieces of a partition as if it had been made at once."""
    out: Made = {}
    for name in made[0] if made else ():
        values = [m[name] for m in made]
        frames = [v for v in values if isinstance(v, pd.DataFrame)]
        if frames:
            whole = pd.concat(frames, ignore_index=True)
            out[name] = check_table(whole, name) if name in TABLES else whole
        else:
            out[name] = np.concatenate([v for v in values if isinstance(v, np.ndarray)])
    ids = out.get(IDS)
    if isinstance(ids, pd.DataFrame):  # arrays follow the order of the claims
        order = ids["claim_id"].astype(str).argsort(kind="stable").to_numpy()
        for name, value in out.items():
            if isinstance(value, np.ndarray):
                out[name] = value[order]
        out[IDS] = ids.iloc[order].reset_index(drop=True)
    return out
