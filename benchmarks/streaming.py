"""Seconds and peak memory of framings, terms and timeline over more claims than memory holds.

    python benchmarks/streaming.py [--claims 10000000] [--documents 100000]
    python benchmarks/streaming.py --claims 1000000 --folder /tmp/vectors [--dtype float16]

Claims come in blocks of 50,000, each with a vector of 384 numbers around one of a hundred centres,
a text of eight words, most of them its group's, the others another's (up to 27 million terms of
groups; fewer with --common, which take less memory), and a document. Framings are found in one pass
over the vectors. In another one every claim is assigned, its terms are counted, and it is added to
the sums from which the timeline is estimated: 50 sources, 100 weeks, 1,000 replicates of the
documents, of which every twentieth is a copy of one in the first half of the corpus. One in five
claims takes a side, on its own framing.

Vectors are drawn as they are read, both times the same; with --folder they are written to Parquet
first, as lists of float32 or float16, and both passes read them from there. Printed: seconds of
each step, those of drawing or reading apart, the peak memory of the process so far, and how well
framings agree with the centres (adjusted mutual information of every hundredth claim).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from clustering import CENTRES, DIMS, drawn
from framings import LETTERS
from side_by_side import machine, peak
from timeline import CAMPS

from narrative.framings import FramingModel
from narrative.naming import class_terms
from narrative.timeline import TimelineSettings, TimelineSums

SOURCES, WEEKS, WORDS = 50, 100, 30
EVERY = 100  # claims, for the agreement
Block = tuple[np.ndarray, np.ndarray]
T = TypeVar("T")


class Clock:
    """Seconds of steps; those of a step within another are not that one's."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._within = [0.0]

    @contextmanager
    def of(self, step: str) -> Iterator[None]:
        """Count what is done meanwhile as a step."""
        self._within.append(0.0)
        began = time.perf_counter()
        yield
        took = time.perf_counter() - began
        self.seconds[step] += took - self._within.pop()
        self._within[-1] += took

    def through(self, step: str, items: Iterable[T]) -> Iterator[T]:
        """Yield items; making them is the step."""
        source = iter(items)
        while True:
            with self.of(step):
                item = next(source, None)
            if item is None:
                return
            yield item

    def tell(self, step: str) -> None:
        """Print the seconds of a step."""
        took = self.seconds[step]
        print(f"  {step:9s} {took:8.1f} s, peak memory {peak():.2f} GiB", flush=True)


class Corpus:
    """Documents and sources drawn at random, and the claims of any block.

    Parameters
    ----------
    n, n_docs : int
        Claims and documents; those of a document follow each other.
    common : bool
        Whether words that are not of a text's group are common to all, or else another group's.
    """

    def __init__(self, n: int, n_docs: int, *, common: bool) -> None:
        self.common = common
        rng = np.random.default_rng(1)
        self.n, self.n_docs = n, n_docs
        days = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 7 * WEEKS, n_docs), "D")
        self.said = days.strftime("%Y-%m-%d").to_numpy()
        self.names = np.array([f"s{i:03d}" for i in range(SOURCES)], dtype=object)
        self.outlet = self.names[rng.integers(0, SOURCES, n_docs)]
        self.spoken = rng.integers(0, SOURCES, (n_docs, 4))
        self.ids = np.array([f"d{i:07d}" for i in range(n_docs)], dtype=object)
        of, half = np.arange(n_docs), n_docs // 2
        first = np.where((of >= half) & (of % 10 == 0), of - half, of)
        self.documents = pd.DataFrame({"doc_id": self.ids, "copy_group": self.ids[first]})
        camps = np.array(CAMPS)[np.arange(SOURCES) % len(CAMPS)]
        self.sources = pd.DataFrame({"source_id": self.names, "camp": camps})
        self.words = np.array(
            [
                [f"{LETTERS[g % 16]}o{LETTERS[g // 16]}a{LETTERS[w % 16]}{'ei'[w // 16]}"
                 for w in range(WORDS)]
                for g in range(CENTRES + 1)  # the last are common words
            ],
            dtype=object,
        )  # fmt: skip

    def claims(self, first: int, around: np.ndarray) -> pd.DataFrame:
        """Return the claims of a block, with their texts and the side that each takes."""
        n = len(around)
        rng = np.random.default_rng([2, first])
        at = np.arange(first, first + n)
        doc = at * self.n_docs // self.n
        source = self.names[self.spoken[doc, rng.integers(0, 4, n)]]
        other = np.full((n, 1), CENTRES) if self.common else rng.integers(0, CENTRES, (n, 1))
        group = np.where(rng.random((n, 8)) < 0.8, around[:, None], other)
        words = self.words[group, rng.integers(0, WORDS, (n, 8))]
        return pd.DataFrame(
            {
                "claim_id": [f"c{i:09d}" for i in at.tolist()],
                "doc_id": self.ids[doc],
                "source_id": source,
                "chain": self.outlet[doc] + ">" + source,
                "said_at": self.said[doc],
                "said_precision": "day",
                "text": [" ".join(row) for row in words.tolist()],
                "stance": rng.choice([-1, 0, 1], n, p=[0.1, 0.8, 0.1]),
            }
        )


def write(folder: Path, n: int, dtype: str) -> int:
    """Write the vectors as Parquet, a block a file, and return their bytes."""
    folder.mkdir(parents=True)
    size = 0
    for number, (rows, around) in enumerate(drawn(n)):
        flat = pa.array(rows.astype(dtype).ravel())
        table = pa.table({"vector": pa.FixedSizeListArray.from_arrays(flat, DIMS), "group": around})
        path = folder / f"{number:06d}.parquet"
        pq.write_table(table, path, compression="none", use_dictionary=False)
        size += path.stat().st_size
    return size


def read(folder: Path) -> Iterator[Block]:
    for path in sorted(folder.glob("*.parquet")):
        table = pq.read_table(path)
        flat = table["vector"].combine_chunks().flatten().to_numpy()
        yield flat.reshape(-1, DIMS).astype(np.float32, copy=False), table["group"].to_numpy()


def passed(
    blocks: Iterable[Block],
    model: FramingModel,
    corpus: Corpus,
    sums: TimelineSums,
    clock: Clock,
    found: list[np.ndarray],
) -> Iterator[tuple[list[str], np.ndarray]]:
    """Assign the claims of each block and add them to the sums; yield their texts and labels."""
    names, first = named(model), 0
    for rows, around in blocks:
        with clock.of("assigned"):
            (labels,) = model.predict_blocks([rows])
        with clock.of("claims"):
            claims = corpus.claims(first, around)
            about = claims[["claim_id", "stance"]].assign(framing_id=names[labels])
        with clock.of("sums"):
            sums.add(claims, about, about[labels >= 0])
        first += len(rows)
        found.append(np.stack([labels[::EVERY], around[::EVERY]]))
        yield claims["text"].tolist(), labels


def named(model: FramingModel) -> np.ndarray:
    """Return the id of each framing, and as the last of none."""
    return np.array([*(f"f{i:04d}" for i in range(len(model.cluster_centers_))), "-1"], object)


def best_terms(
    pieces: Iterable[tuple[list[str], np.ndarray]], names: np.ndarray, n: int
) -> dict[str, list[str]]:
    """Return the terms of each framing, of texts that come in pieces."""
    from narrative.terms import merged_counts, term_table

    of = {i: names[i] for i in range(-1, len(names) - 1)}
    with tempfile.TemporaryDirectory() as name:  # they are read twice: a run keeps them, too
        for number, (texts, labels) in enumerate(pieces):
            term_table(texts, labels).to_parquet(Path(name) / f"{number:06d}.parquet")
        files = sorted(Path(name).iterdir())
        counts = merged_counts(lambda: map(pd.read_parquet, files), of, n)
    return class_terms([], [], n_terms=3, counts=counts)


def main() -> None:
    args = arguments()
    print(machine())
    clock, came = Clock(), "drawn as they are read"
    if args.folder:
        with clock.of("writing"):
            size = write(args.folder, args.claims, args.dtype)
        came = f"{args.dtype} read from Parquet, {size / 2**30:.1f} GiB"

    def blocks() -> Iterator[Block]:
        return clock.through("vectors", read(args.folder) if args.folder else drawn(args.claims))

    corpus = Corpus(args.claims, args.documents, common=args.common)
    sums = TimelineSums(corpus.documents, corpus.sources, freq="week")
    print(f"{args.claims:,} claims, vectors of {DIMS} {came}, {args.documents:,} documents: "
          f"peak memory {peak():.2f} GiB before")  # fmt: skip
    with clock.of("framings"):
        model = FramingModel(args.given or None).fit_blocks(rows for rows, _ in blocks())
    clock.tell("framings")
    found: list[np.ndarray] = []
    with clock.of("terms"):
        pieces = passed(blocks(), model, corpus, sums, clock, found)
        terms = best_terms(pieces, named(model), args.claims)
    for step in ("assigned", "terms", "sums"):
        clock.tell(step)
    settings = TimelineSettings(freq="week", interval="bootstrap", n_boot=1000)
    with clock.of("timeline"):
        timeline = sums.estimate(settings)
    clock.tell("timeline")
    print(f"beside them {clock.seconds['vectors']:.0f} s for the vectors, twice, and "
          f"{clock.seconds['claims']:.0f} s to draw the rest")  # fmt: skip
    tell(np.concatenate(found, axis=1), timeline, terms)


def tell(found: np.ndarray, timeline: pd.DataFrame, terms: dict[str, list[str]]) -> None:
    """Print what was found."""
    from sklearn.metrics import adjusted_mutual_info_score

    ami = adjusted_mutual_info_score(found[1], found[0])
    print(
        f"{len(terms) - 1} framings, AMI {ami:.3f} (n {found.shape[1]:,}), "
        f"the largest one's terms: {', '.join(terms['f0000'])}\n"
        f"{len(timeline):,} rows, {int(timeline['prevalence_low'].notna().sum()):,} with an "
        f"interval of prevalence, {int(timeline['stance_low'].notna().sum()):,} of stance"
    )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--claims", type=int, default=10_000_000)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--given", type=int, default=100, help="framings; 0: as many as there are")
    parser.add_argument("--common", action="store_true", help="texts with fewer distinct terms")
    parser.add_argument("--folder", type=Path, help="where vectors are written; must not be there")
    parser.add_argument("--dtype", choices=["float16", "float32"], default="float16")
    return parser.parse_args()


if __name__ == "__main__":
    main()
