"""What benchmarks share: turns about in one process, ratios of pairs, and the machine."""

from __future__ import annotations

import os
import platform
import resource
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np


def machine() -> str:
    """Return what ran this: processor, number of processors, threads of torch."""
    import torch

    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    named = [x.split(":", 1)[1].strip() for x in lines if x.startswith("model name")]
    name = named[0] if named else platform.processor() or platform.machine()
    threads = torch.get_num_threads()
    return f"{name}, {os.cpu_count()} processors, {threads} threads, torch {torch.__version__}"


def peak() -> float:
    """Return the peak memory of this process in GiB."""
    unit = 30 if sys.platform == "darwin" else 20
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**unit)


def turns(work: Mapping[str, Callable[[], object]], repeat: int) -> dict[str, np.ndarray]:
    """Return the seconds of each piece of work, `repeat` times, turn about."""
    taken: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(repeat):
        for name, step in work.items():
            began = time.perf_counter()
            step()
            taken[name].append(time.perf_counter() - began)
    return {name: np.array(seconds) for name, seconds in taken.items()}


def times(of: np.ndarray, over: np.ndarray) -> str:
    """Return how many times `over` `of` took: median of the pairs, least and greatest."""
    ratio = of / over
    return f"{np.median(ratio):.2f} [{ratio.min():.2f}, {ratio.max():.2f}]"
