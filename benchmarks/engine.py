"""Rate of workers of Dask beside one process.

    python benchmarks/engine.py [--workers 2] [--repeat 3] [--documents 48] [--partition 8]
        [--threads]

Turn about: the claims of written documents (``training/documents``) found by this process on one
thread and by worker processes (with ``--threads`` by this process on more threads, too), in
partitions, with the models loaded before. Nothing is cached. Printed: documents a second; what the
workers reach of so many single processes, which would be 1 if handing out cost nothing and the
processors were free; median of the repeats, least and greatest. And the same by processor time,
which says what handing out costs where others use the processors, too.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from encoding import documents
from side_by_side import machine, times, turns

from narrative.partitions import Engine, LocalEngine, Partition
from narrative.partitions.dask import DaskEngine
from narrative.partitions.work import Extraction, find_claims
from narrative.schema import empty_table
from narrative.speakers import with_shipped


def partitions(n: int, size: int) -> list[Partition]:
    """Return documents in partitions."""
    table = documents(n)
    return [
        Partition(k, tuple(part["doc_id"]), {"documents": part.reset_index(drop=True)})
        for k, part in enumerate(table.iloc[at : at + size] for at in range(0, n, size))
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--documents", type=int, default=48)
    parser.add_argument("--partition", type=int, default=8)
    parser.add_argument("--threads", action="store_true", help="also one process on more threads")
    given = parser.parse_args()
    parts = partitions(given.documents, given.partition)
    setup = Extraction(with_shipped(empty_table("sources")), "auto", "")

    def by(engine: Engine, threads: int = 1) -> Callable[[], object]:
        def work() -> list[object]:
            torch.set_num_threads(threads)
            done = list(engine.results(find_claims, setup, parts))
            assert all(d.error is None for d in done)
            return [d.made for d in done]

        return work

    here = LocalEngine()
    spent: dict[str, Any] = {"here": [], "there": []}
    with DaskEngine(workers=given.workers) as engine:
        client = engine.client

        def processors() -> tuple[float, float]:
            return time.process_time(), sum(client.run(time.process_time).values())

        def counted(work: Callable[[], object]) -> Callable[[], object]:
            def both() -> None:
                before = processors()
                work()
                after = processors()
                spent["here"].append(after[0] - before[0])
                spent["there"].append(after[1] - before[1])

            return both

        one, many, workers = "one process", "one process, more threads", "workers"
        work = {one: by(here), workers: by(engine)}
        if given.threads:
            work[many] = by(here, given.workers)
        for _ in range(2):
            for step in work.values():
                step()  # each process loads its models
        work = {name: counted(step) for name, step in work.items()}
        taken = turns(work, given.repeat)
    spent = {name: np.array(of).reshape(given.repeat, -1) for name, of in spent.items()}
    print(machine())
    for name, seconds in taken.items():
        print(f"{name}: {given.documents / min(seconds):.2f} documents a second at best")
    print(f"{given.workers} workers over one process: {times(taken[one], taken[workers])}")
    print(f"of {given.workers} such processes: {times(taken[one] / given.workers, taken[workers])}")
    both = spent["here"] + spent["there"]
    print(f"of the same, by processor time: {times(both[:, 0], both[:, 1])}")
    if given.threads:
        print(f"over {many}: {times(taken[many], taken[workers])}")


if __name__ == "__main__":
    main()
