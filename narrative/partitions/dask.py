"""Partitions on the workers of a Dask cluster: one on this machine, or any that a scheduler runs.

Partitions and what is made of them travel by value: workers need no folder of the run, and what
is on disk is written here alone, so that a worker that is killed leaves nothing half done. Workers
need the same version of this package; its weights come with it.
"""

from __future__ import annotations

import ctypes
import os
import threading
import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, suppress
from functools import cache
from itertools import count, islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from narrative.errors import InputError
from narrative.partitions.engine import Made, Outcome, Partition, Work
from narrative.partitions.parts import EngineError
from narrative.provenance import code_hash, versions

RETRIES = 2
_AHEAD = 2  # partitions that wait at each worker, so that none is idle between two
_STARTING = 120  # seconds that the first worker of a scheduler may take to come
_FEW = 1  # workers at least, to count what waits while they start again
# Of mallopt (malloc.h), and the largest that the C library raises its own threshold to.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _KEPT = -1, -3, 32 * 2**20
# Vectors of a large partition are more than Dask expects to be sent.
_BY_VALUE = {"distributed.admin.large-graph-warning-threshold": "1TB"}
_BUSY = threading.Lock()
_NUMBERS = count()


class DaskEngine:
    """Works on partitions on the workers of a ``dask.distributed`` cluster.

    A context: workers of its own end with it.

    Parameters
    ----------
    scheduler : str
        Address of a scheduler (``tcp://host:8786``) or the path of a scheduler file, which
        ``dask-jobqueue`` and the command ``dask scheduler`` write; "" starts processes here.
    workers : int
        Processes to start where no scheduler is given; 0 for one a processor.
    retries : int
        How often a partition that failed is tried again as it is.
    client : distributed.Client, optional
        In place of `scheduler`; it is not closed.

    Raises
    ------
    InputError
        If Dask is not installed, or a scheduler and a number of workers are given.
    EngineError
        If the scheduler cannot be reached, or no worker comes.
    """

    def __init__(
        self,
        scheduler: str = "",
        workers: int = 0,
        *,
        retries: int = RETRIES,
        client: Any = None,
    ) -> None:
        check_installed()
        if scheduler and workers:
            raise InputError(
                f"--scheduler {scheduler} and --workers {workers}: expected one of the two. A "
                "scheduler knows its workers: start as many as you want there, and leave out "
                "--workers."
            )
        self.scheduler, self.workers, self.retries = scheduler, workers, retries
        self._client, self._open = client, ExitStack()

    def __enter__(self) -> Self:
        if self._client is None:
            self._client = self._open.enter_context(self._connected())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    @property
    def client(self) -> Any:
        """The ``distributed.Client``, within the context."""
        return self._client

    def _connected(self) -> Any:
        from distributed import Client

        if not self.scheduler:
            try:
                return Client(self._open.enter_context(_local_cluster(self.workers)))
            except RuntimeError as error:
                raise EngineError(
                    f"worker processes could not be started ({error}); in a script of your own, "
                    "begin below 'if __name__ == \"__main__\":', else each process begins, too."
                ) from error
        file = Path(self.scheduler)
        where = {"scheduler_file": str(file)} if file.is_file() else {"address": self.scheduler}
        try:
            client = Client(**where, timeout=f"{_STARTING // 4}s")
        except (OSError, ValueError, TimeoutError) as error:
            raise EngineError(
                f"{self.scheduler}: no scheduler answers ({error}); start one (dask scheduler, or "
                "that of your cluster) and name its address or its file."
            ) from error
        try:
            client.wait_for_workers(1, timeout=_STARTING)
        except TimeoutError:
            client.close()
            raise EngineError(
                f"{self.scheduler}: the scheduler has no worker after {_STARTING} seconds; start "
                "some ('dask worker ADDRESS', or the jobs of your cluster) and run again."
            ) from None
        return client

    def results(self, work: Work, setup: Any, partitions: Iterable[Partition]) -> Iterator[Outcome]:
        """Yield what becomes of each partition, as it is done.

        Raises
        ------
        EngineError
            If the connection to the scheduler is lost, or a worker has another version.
        """
        import dask
        from distributed import as_completed

        client, of = self._client, {}
        if client is None:
            raise EngineError("DaskEngine is a context; write 'with DaskEngine() as engine:'.")
        # A task, not data that was sent: it can be made again where its worker is gone.
        given = client.submit(_given, setup, (code_hash(), versions()), pure=False)
        waiting = iter(partitions)

        def begun(n: int) -> list[Any]:
            """Submit the next partitions."""
            futures = []
            for partition in islice(waiting, n):
                with dask.config.set(_BY_VALUE):
                    future = client.submit(
                        _worked, work, given, partition.tables, pure=False, retries=self.retries,
                        key=f"narrative-{work.__name__}-{partition.number:06d}-{next(_NUMBERS)}",
                    )  # fmt: skip
                of[future.key] = partition
                futures.append(future)
            return futures

        try:
            completed = as_completed(begun(self._room()))
            for future in completed:
                partition = of.pop(future.key)
                outcome = _outcome(future, partition)
                future.release()
                for more in begun(max(0, self._room() - len(of))):
                    completed.add(more)
                yield outcome
        except OSError as error:
            raise EngineError(
                f"the connection to Dask's scheduler was lost ({error}); run the same command "
                "again: finished partitions are kept."
            ) from error

    def _room(self) -> int:
        """Return how many partitions may be under way."""
        return _AHEAD * max(_FEW, len(self._client.nthreads()))


def _outcome(future: Any, partition: Partition) -> Outcome:
    """Return what became of a partition."""
    try:
        return Outcome(partition, future.result())
    except CancelledError as error:  # of the scheduler, not a failure of the work
        raise EngineError(
            f"the scheduler gave up a partition ({error}); run the same command again: finished "
            "partitions are kept."
        ) from error
    except OSError:
        if future.status != "error":
            raise
        return Outcome(partition, None, future.exception())
    except Exception as error:
        return Outcome(partition, None, error)


def check_installed() -> None:
    """Raise an InputError if Dask is not there."""
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise InputError(
            f"--engine dask needs Dask, which is not installed ({error}): "
            "pip install 'narrative[dask]', or leave out --engine."
        ) from None


def _local_cluster(workers: int) -> Any:
    """Return a cluster of processes on this machine."""
    from distributed import LocalCluster

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    n = workers or max(1, cores or 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a port that is taken, a missing dashboard
        return LocalCluster(
            n_workers=n,
            threads_per_worker=max(1, (cores or 1) // n),
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            silence_logs=40,
        )


def _given(setup: Any, made_by: tuple[str, dict[str, str]]) -> tuple[Any, Any]:
    """Return the same, on a worker."""
    return setup, made_by


def _worked(work: Work, given: tuple[Any, Any], tables: Any) -> Made:
    """Do the work on a worker: one partition at a time, on all its threads."""
    setup, made_by = given
    with _BUSY:
        _check_same(made_by)
        _use_threads()
        return work(setup, tables)


def _check_same(made_by: tuple[str, dict[str, str]]) -> None:
    """Raise an EngineError if this worker would make other tables."""
    here = {"narrative's code": code_hash()} | versions()
    there = {"narrative's code": made_by[0]} | made_by[1]
    unlike = [f"{k} is {here.get(k)}, there {v}" for k, v in there.items() if here.get(k) != v]
    if unlike:
        raise EngineError(
            f"a worker is not of the version that runs the study: {'; '.join(unlike)}. Install the "
            "same on both, and run again."
        )


@cache
def _keep_memory() -> None:
    """Let the C library keep freed memory for the next product, as it does in a plain process.

    Dask starts workers with MALLOC_TRIM_THRESHOLD_ at 64 KiB, so that every large array is asked of
    the system anew: a third more processor time for the networks (``benchmarks/engine.py``).
    """
    with suppress(OSError, AttributeError):  # another C library has no such call
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(_MMAP_THRESHOLD, _KEPT)
        libc.mallopt(_TRIM_THRESHOLD, 2 * _KEPT)


def _use_threads() -> None:
    """Let torch use as many threads as the worker has, so that workers do not get in their way."""
    import torch
    from distributed import get_worker

    _keep_memory()
    threads = int(get_worker().state.nthreads)
    if torch.get_num_threads() != threads:
        torch.set_num_threads(threads)
