"""Seconds and peak memory of the ways to find framings, side by side.

    python benchmarks/framings.py [--repeat 3] [--texts 2000] [--groups 40]

Vectors drawn around centres (as many as groups) and texts of invented words that go with them; each
system runs twice in a process of its own, turn about: the first run loads and compiles what it
needs, the second is timed. Printed: median seconds of the repeats, their ratio to k-means (lowest
and highest), and the median peak memory of the whole process, beside one that only has the data.
"""

from __future__ import annotations

import argparse
import multiprocessing
import platform
import resource
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "experiments"))
from framing_peers import systems

LETTERS = "bcdfghklmnprstvz"
BASE, NOTHING = "k-means", "data alone"


def drawn(n: int, k: int) -> tuple[list[str], np.ndarray]:
    """Return texts and unit vectors of `k` groups."""
    rng = np.random.default_rng(0)
    group = rng.integers(0, k, n)
    centres = rng.standard_normal((k, 384))
    vectors = centres[group] + 1.5 * rng.standard_normal((n, 384))
    words = rng.integers(0, 30, (n, 12))
    texts = [
        " ".join(
            f"{LETTERS[g % 16]}o{LETTERS[g // 16]}a{LETTERS[w % 16]}{'ei'[w // 16]}" for w in row
        )
        for g, row in zip(group, words, strict=True)
    ]
    return texts, vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def measured(name: str, n: int, k: int, state: int) -> tuple[float, float]:
    """Return the seconds of a second run, and the peak memory of the process in MB."""
    texts, vectors = drawn(n, k)
    seconds = 0.0
    if name != NOTHING:
        run = systems()[name]
        run(texts, vectors, k, state)
        # BERTopic keeps its model of an array: other numbers, so that it is fitted again.
        other = vectors[::-1].copy()
        began = time.perf_counter()
        run(texts[::-1], other, k, state)
        seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return seconds, peak / (2**20 if sys.platform == "darwin" else 2**10)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--texts", type=int, default=2000)
    parser.add_argument("--groups", type=int, default=40)
    args = parser.parse_args()
    if not 1 <= args.groups <= len(LETTERS) ** 2:
        parser.error(f"--groups {args.groups}; expected 1 to {len(LETTERS) ** 2}.")
    names = [NOTHING, *systems()]
    context = multiprocessing.get_context("spawn")
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for state in range(args.repeat):
        for name in names:
            with context.Pool(1) as pool:
                taken[name].append(pool.apply(measured, (name, args.texts, args.groups, state)))
    print(f"{platform.processor() or platform.machine()}, {multiprocessing.cpu_count()} processors")
    print(f"{args.texts} texts, {args.groups} groups, {args.repeat} repeats")
    base = np.array([s for s, _ in taken[BASE]])
    for name, runs in taken.items():
        seconds, memory = np.array(runs).T
        ratio = seconds / base
        print(
            f"{name:28s} {np.median(seconds):8.2f} s, × {np.median(ratio):.1f} "
            f"[{ratio.min():.1f}, {ratio.max():.1f}] of {BASE}, {np.median(memory):7.0f} MB"
        )


if __name__ == "__main__":
    main()
