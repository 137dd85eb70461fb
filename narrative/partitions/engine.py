"""What works on partitions: this process, or workers elsewhere (``narrative.partitions.dask``)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

Made = dict[str, pd.DataFrame | npt.NDArray[np.generic]]


class Partition(NamedTuple):
    """Documents that are worked on together, with their rows.

    Parameters
    ----------
    number : int
    doc_ids : tuple of str
    tables : dict of str to DataFrame
        ``documents``, and ``claims`` where the work is about them.
    """

    number: int
    doc_ids: tuple[str, ...]
    tables: dict[str, pd.DataFrame]


Work = Callable[[Any, dict[str, pd.DataFrame]], Made]


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


class LocalEngine:
    """Works on one partition after the other, in this process."""

    def results(self, work: Work, setup: Any, partitions: Iterable[Partition]) -> Iterator[Outcome]:
        """Yield what becomes of each partition, in their order."""
        for partition in partitions:
            try:
                yield Outcome(partition, work(setup, partition.tables))
            except Exception as error:
                yield Outcome(partition, None, error)
