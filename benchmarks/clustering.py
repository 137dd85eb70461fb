"""Seconds and peak memory of finding framings in many vectors, and how they grow.

    python benchmarks/clustering.py [--sizes 10000 100000 1000000] [--given 0 100] [--repeat 2]
    python benchmarks/clustering.py --stream 10000000 [--folder /tmp]
    python benchmarks/clustering.py --certificate [--sizes 100000 1000000] [--n-boot 50]

Vectors of 384 single-precision numbers around a hundred centres, each size in a process of its own.
Printed for the number of framings open (0) and given: seconds of ``fit`` and of ``predict`` over
all of them, the peak memory of the process and what it had with the vectors alone, and the exponent
of the growth in seconds between sizes. With --stream, vectors are written to a file first, and read
from it in blocks twice: to draw the rows that framings are found in, and to assign each of them.
With --certificate, vectors are made anew in blocks whenever they are read, five of a document, and
printed are seconds to fit, to assign and to certify with so many replicates.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from side_by_side import machine, peak

DIMS, CENTRES, BLOCK = 384, 100, 50_000


def drawn(n: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield blocks of unit vectors around the centres, and which centre each is around."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((CENTRES, DIMS), dtype=np.float32)
    for start in range(0, n, BLOCK):
        rows = rng.standard_normal((min(BLOCK, n - start), DIMS), dtype=np.float32)
        rows *= np.float32(1.2)
        around = rng.integers(0, CENTRES, len(rows))
        rows += centres[around]
        yield rows / np.linalg.norm(rows, axis=1, keepdims=True), around


def whole(n: int, given: int) -> tuple[float, float, float, float, int]:
    """Return seconds to fit and to predict, peak memory before and after, and the framings."""
    from narrative.framings import FramingModel

    vectors = np.empty((n, DIMS), np.float32)
    for number, (rows, _) in enumerate(drawn(n)):
        vectors[number * BLOCK : number * BLOCK + len(rows)] = rows
    before, began = peak(), time.perf_counter()
    model = FramingModel(given or None).fit(vectors)
    fitted = time.perf_counter()
    labels = model.predict(vectors)
    done = time.perf_counter()
    assert (labels == model.labels_).all()
    return fitted - began, done - fitted, before, peak(), len(model.cluster_centers_)


def written(n: int, path: Path) -> None:
    with path.open("wb") as file:
        for rows, _ in drawn(n):
            rows.tofile(file)


def read(path: Path) -> Iterator[np.ndarray]:
    with path.open("rb") as file:
        while len(rows := np.fromfile(file, np.float32, BLOCK * DIMS)):
            yield rows.reshape(-1, DIMS)


def streamed(path: Path, given: int) -> tuple[float, float, float, float, int]:
    """Return what ``whole`` does, of blocks read from a file."""
    from narrative.framings import FramingModel

    before, began = peak(), time.perf_counter()
    model = FramingModel(given or None).fit_blocks(read(path))
    fitted = time.perf_counter()
    counts = np.zeros(len(model.cluster_centers_) + 1, np.int64)
    for labels in model.predict_blocks(read(path)):
        counts += np.bincount(labels + 1, minlength=len(counts))
    done = time.perf_counter()
    return fitted - began, done - fitted, before, peak(), len(model.cluster_centers_)


def certified(n: int, n_boot: int) -> tuple[float, float, float, float, int]:
    """Return seconds to fit, assign and certify in blocks, peak memory, and the framings."""
    from narrative.framings import Assigner, FramingModel, Piece, Results, discovery

    def pieces() -> Iterator[Piece]:
        first = 0
        for rows, _ in drawn(n):
            documents = [f"d{i // 5}" for i in range(first, first + len(rows))]
            yield Piece(pd.DataFrame({"doc_id": documents, "sent_index": 0}), rows, rows, None)
            first += len(rows)

    began = time.perf_counter()
    model = FramingModel(min_cluster_size=5).fit_blocks(rows for rows, _ in drawn(n))
    fitted = time.perf_counter()
    codes = list(model.predict_blocks(rows for rows, _ in drawn(n)))
    assigned = time.perf_counter()
    assigner = Assigner(0, 0.0, model.cluster_centers_, model.min_similarity)
    discovery.certified(
        pieces, Results(lambda: iter(codes), lambda: iter(()), lambda: iter(())), assigner, model,
        encoders={}, n_boot=n_boot,
    )  # fmt: skip
    done = time.perf_counter()
    return fitted - began, assigned - fitted, done - assigned, peak(), len(model.cluster_centers_)


def print_certificates(sizes: list[int], n_boot: int) -> None:
    context = multiprocessing.get_context("spawn")
    for n in sizes:
        with context.Pool(1) as pool:
            fit, assign, certify, most, found = pool.apply(certified, (n, n_boot))
        print(
            f"{n:>10,} vectors, certificate of {n_boot} replicates: fit {fit:.1f} s, assign "
            f"{assign:.1f} s, certify {certify:.1f} s, peak {most:.2f} GiB, {found} framings",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--given", type=int, nargs="+", default=[0, 100])
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--stream", type=int, help="vectors in a file")
    parser.add_argument("--folder", help="where the file is for a while (1,536 bytes a vector)")
    parser.add_argument("--certificate", action="store_true", help="how long a certificate takes")
    parser.add_argument("--n-boot", type=int, default=50)
    args = parser.parse_args()
    print(machine())
    if args.certificate:
        print_certificates(args.sizes, args.n_boot)
        return
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        path = Path(folder) / "vectors.f32"
        if args.stream:
            written(args.stream, path)
        for given in args.given:
            medians = {}
            for n in [args.stream] if args.stream else args.sizes:
                runs = []
                for _ in range(args.repeat):
                    with context.Pool(1) as pool:
                        work = (streamed, (path, given)) if args.stream else (whole, (n, given))
                        runs.append(pool.apply(*work))
                fit, predict, before, after, found = np.array(runs).T
                medians[n] = np.median(fit + predict)
                print(
                    f"{n:>10,} vectors, {given or 'open':>5}: fit {np.median(fit):6.1f} s "
                    f"[{fit.min():.1f}, {fit.max():.1f}], predict {np.median(predict):6.1f} s "
                    f"[{predict.min():.1f}, {predict.max():.1f}], peak {after.max():.2f} GiB "
                    f"({before.max():.2f} before), {int(found[0])} framings",
                    flush=True,
                )
            sizes = list(medians)
            for few, many in pairwise(sizes):
                exponent = np.log(medians[many] / medians[few]) / np.log(many / few)
                print(f"           {few:,} to {many:,}: n^{exponent:.2f}")


if __name__ == "__main__":
    main()
