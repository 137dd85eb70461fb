"""Bytes of memory that a claim takes in the stages that add up what all claims say.

    python benchmarks/claim_memory.py

Each stage in a process of its own, on tables of two sizes that another process wrote: what its peak
grows by, over the claims between the two. The timeline with one proposition and with nine (default
interval, ten claims a document); framings, in pieces of 10,000, of claims that the codebook takes,
and of claims that it leaves over (with two replicates of the certificate). Vectors are mapped
files, as in a run: what of them is in memory is counted, 1,536 bytes a claim at most.
"""

from __future__ import annotations

import multiprocessing
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from side_by_side import machine, peak
from timeline import corpus

_TABLES = ("claims", "assignments", "stances", "documents", "sources")
_SIZES, _LEFT, _PIECE = (100_000, 300_000), (100_000, 300_000), 10_000


def write(folder: Path, n: int, propositions: int) -> None:
    """Write the tables of `n` claims, and vectors of them."""
    folder.mkdir()
    made = dict(zip(_TABLES, corpus(n, n // 10, 50, 100), strict=True))
    asked = made["stances"]["framing_id"] < f"framing_{propositions:02d}"
    made["stances"] = made["stances"][asked]
    for name, table in made.items():
        table.to_parquet(folder / f"{name}.parquet", row_group_size=65_536)
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((n, 384), dtype=np.float32)
    centres = 3 * rng.standard_normal((40, 384), dtype=np.float32)
    vectors[: n // 2] += centres[np.arange(n // 2) % 40]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    np.save(folder / "vectors.npy", vectors)


def timeline(folder: Path) -> float:
    """Return what the timeline takes at its peak, in bytes."""
    from narrative.timeline import TimelineSettings, sum_run

    before = peak()
    sum_run(folder, freq="week").estimate(TimelineSettings(freq="week"))
    return 2**30 * (peak() - before)


def framings(folder: Path, left: bool) -> float:
    """Return what finding framings takes at its peak, in bytes, mapped vectors included."""
    from narrative.codebook import read_codebook
    from narrative.framings import Assigner, FramingSettings, Piece, Results, fit_pieces
    from narrative.stored import StoredTable

    book = read_codebook(Path(__file__).resolve().parent.parent / "seeds" / "codebook.toml")
    before = peak()
    stored = StoredTable(folder / "claims.parquet", ["claim_id", "doc_id", "source_id"])

    def pieces() -> Iterator[Piece]:
        vectors = np.load(folder / "vectors.npy", mmap_mode="r")
        for start in range(0, len(stored), _PIECE):
            at = np.arange(start, min(len(stored), start + _PIECE))
            claims = stored.take(at)
            text = claims["claim_id"].str.replace("c", "the army captured a town of number ")
            membership = np.zeros((len(at), len(book.framings)))
            membership[np.arange(len(at)), at % len(book.framings)] = not left
            rows = vectors[at[0] : at[-1] + 1]
            yield Piece(claims.assign(sent_index=0, text=text), rows, rows, membership)

    def assign(assigner: Assigner) -> Results:
        def found() -> Iterator[Any]:
            for p in pieces():
                yield assigner(p.claims["text"].tolist(), p.about, p.membership)

        # A run reads terms from files; here they are counted again.
        codes, best = zip(*((f.codes, f.best) for f in found()), strict=True)
        return Results(lambda: iter(codes), lambda: iter(best), lambda: (f.terms for f in found()))

    fit_pieces(pieces, assign, book, settings=FramingSettings(n_boot=2))
    return 2**30 * (peak() - before)


def taken(folder: Path) -> float:
    """Return what ``framings`` does where the codebook takes every claim."""
    return framings(folder, left=False)


def left(folder: Path) -> float:
    """Return what ``framings`` does where it takes none."""
    return framings(folder, left=True)


def slope(step: Callable[[Path], float], propositions: int, sizes: tuple[int, int]) -> float:
    """Return the bytes that one more claim takes."""
    context, found = multiprocessing.get_context("spawn"), []
    with tempfile.TemporaryDirectory() as work:
        for n in sizes:
            folder = Path(work) / str(n)
            with context.Pool(1) as pool:
                pool.apply(write, (folder, n, propositions))
            with context.Pool(1) as pool:
                found.append(pool.apply(step, (folder,)))
    return float((found[1] - found[0]) / (sizes[1] - sizes[0]))


def main() -> None:
    print(machine(), flush=True)
    rows = {}
    for name, step, propositions, sizes in (
        ("timeline, one proposition", timeline, 1, _SIZES),
        ("timeline, nine propositions", timeline, 9, _SIZES),
        ("framings, taken by the codebook", taken, 0, _SIZES),
        ("framings, left over", left, 0, _LEFT),
    ):
        rows[name] = slope(step, propositions, sizes)
        print(f"{name}: {rows[name]:,.0f} bytes a claim, from {sizes[0]:,} to {sizes[1]:,}",
              flush=True)  # fmt: skip
    each = (rows["timeline, nine propositions"] - rows["timeline, one proposition"]) / 8
    print(f"timeline, each proposition: {each:,.0f} bytes a claim")


if __name__ == "__main__":
    main()
