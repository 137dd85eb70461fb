"""Speed of the reader beside the plain encoder, and the memory that a long document takes.

    python benchmarks/reading.py [--repeat 3] [--megabytes 5]

Both read the sentences of the seeds on the processor, turn about in one process: sentences per
second and their ratio (median of the repeats, lowest and highest). Then claims are extracted from
one document made of the seeds' paragraphs, in a process of its own, and its peak memory is printed.
"""

from __future__ import annotations

import argparse
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

SEEDS = Path(__file__).resolve().parent.parent / "seeds"


def texts() -> list[str]:
    from narrative.corpus import read_corpus

    return [str(t) for t in read_corpus(SEEDS / "documents.csv")["text"]]


def speed(repeat: int) -> None:
    import torch

    from narrative.encoder import SentenceEncoder
    from narrative.reader import shipped_reader
    from narrative.segmentation import split_sentences

    documents = texts()
    sentences = [t[a:b] for t in documents for a, b in split_sentences(t)]
    plain, reader = SentenceEncoder().load(), shipped_reader()
    plain.encode(sentences[:32], batch_size=32), reader.read(documents[:1])
    rates = []
    for _ in range(repeat):
        began = time.perf_counter()
        plain.encode(sentences, batch_size=32, show_progress_bar=False)
        middle = time.perf_counter()
        reader.read(documents)
        ended = time.perf_counter()
        rates.append((len(sentences) / (middle - began), len(sentences) / (ended - middle)))
    encoder, reading = np.array(rates).T
    ratio = reading / encoder
    print(f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads")
    print(f"{len(sentences)} sentences, {repeat} repeats")
    print(f"plain encoder  {np.median(encoder):7.1f} sentences/s")
    print(f"reader         {np.median(reading):7.1f} sentences/s")
    print(f"ratio          {np.median(ratio):7.2f} [{ratio.min():.2f}, {ratio.max():.2f}]")


def memory(megabytes: float) -> None:
    """Extract the claims of one long document and print what it took."""
    from narrative.claims import extract_claims
    from narrative.schema import check_table, empty_table

    body = "\n\n".join(texts()) + "\n\n"
    text = body * int(megabytes * 1_000_000 / len(body.encode()) + 1)
    row = {"doc_id": "long", "outlet": "x", "published_at": "2026-01-19", "lang": "en"}
    row |= {"text": text, "published_precision": "day"}
    columns = empty_table("documents").columns
    documents = check_table(
        pd.DataFrame([row]).reindex(columns=columns, fill_value=""), "documents"
    )
    began = time.perf_counter()
    claims = extract_claims(documents, empty_table("sources"))
    took = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2  # KiB on Linux
    print(
        f"one document of {len(text.encode()) / 1e6:.1f} MB: {len(claims)} claims in {took:.0f} s,"
    )
    print(f"peak memory of the process {peak:.2f} GiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--megabytes", type=float, default=5.0)
    parser.add_argument("--memory-only", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.memory_only:
        memory(args.megabytes)
        return
    speed(args.repeat)
    if args.megabytes:
        command = [sys.executable, __file__, "--memory-only", "--megabytes", str(args.megabytes)]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
