"""What works on partitions: this process, or workers elsewhere (``narrative.partitions.dask``)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from narrative.errors import InputError, perhaps

Made = dict[str, pd.DataFrame | npt.NDArray[np.generic]]


class Partition(NamedTuple):
    """Documents that are worked on together, with their rows.

    Parameters
    ----------
    number : int
    doc_ids : tuple of str
    tables : dict of str to DataFrame or ndarray
        ``documents`` and, where the work is about them, ``claims``; arrays have a row a claim.
    """

    number: int
    doc_ids: tuple[str, ...]
    tables: dict[str, Any]


Work = Callable[[Any, dict[str, Any]], Made]


class Outcome(NamedTuple):
    """What became of a partition: what was made of it, or why nothing was."""

    partition: Partition
    made: Made | None
    error: Exception | None = None


class Engine(Protocol):
    """Works on partitions in any order, each by itself."""

    def results(self, work: Work, setup: Any, partitions: Iterable[Partition]) -> Iterator[Outcome]:
        """Yield what becomes of each partition, as it is done.

        Parameters
        ----------
        work : callable
            A function of a module, from `setup` and a partition's tables to tables and arrays.
        setup : object
            What is the same for all partitions; it can be pickled.
        partitions : iterable of Partition
            Read as there is room: not all of them are in memory at a time.

        Notes
        -----
        A failure of `work` is an outcome, never raised; what is raised ends the run.
        """


def engine_of(
    engine: str = "local", scheduler: str = "", workers: int | None = None
) -> AbstractContextManager[Engine]:
    """Return the engine that a command names, as a context.

    Parameters
    ----------
    engine : {"local", "dask"}
    scheduler, workers
        As ``DaskEngine`` takes them.

    Raises
    ------
    InputError
        If the engine is unknown, what it needs is not installed, or the rest is another's.
    """
    if engine == "dask":
        from narrative.partitions.dask import DaskEngine

        return DaskEngine(scheduler, workers or 0)
    if engine != "local":
        raise InputError(
            f"engine={engine!r}: expected local or dask{perhaps(engine, ('local', 'dask'))}. Write "
            "one of the two."
        )
    if scheduler or workers:
        given = "--scheduler" if scheduler else "--workers"
        raise InputError(
            f"{given} is for --engine dask; got --engine local. Write --engine dask, or leave "
            f"{given} out."
        )
    return nullcontext(LocalEngine())


class LocalEngine:
    """Works on one partition after the other, in this process."""

    def results(self, work: Work, setup: Any, partitions: Iterable[Partition]) -> Iterator[Outcome]:
        """Yield what becomes of each partition, in their order."""
        for partition in partitions:
            try:
                yield Outcome(partition, work(setup, partition.tables))
            except Exception as error:
                yield Outcome(partition, None, error)
