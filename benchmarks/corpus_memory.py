"""Peak memory of the corpus stage for a corpus, and for one ten times as large.

    python benchmarks/corpus_memory.py [--documents 2000] [--words 900]

Documents of made-up words in no order of their ids, in a folder of Parquet files, each corpus in a
process of its own. Printed: megabytes of text, seconds, peak memory, and what the program takes
before it reads anything.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from side_by_side import machine, peak

_FILE = 1000  # documents


def write_documents(folder: Path, n: int, words: int) -> int:
    """Write documents and return how many characters their texts have."""
    rng = np.random.default_rng(0)
    vocabulary = np.array([f"word{i}" for i in range(5000)])
    folder.mkdir()
    ids = rng.permutation(n)
    size = 0
    for at in range(0, n, _FILE):
        texts = [" ".join(rng.choice(vocabulary, words)) for _ in ids[at : at + _FILE]]
        size += sum(map(len, texts))
        table = pd.DataFrame(
            {"doc_id": [f"d{i}" for i in ids[at : at + _FILE]], "outlet": "Daily",
             "published_at": "2025-12-12", "text": texts}
        )  # fmt: skip
        table.to_parquet(folder / f"{at:09d}.parquet", index=False)
    return size


def measure(folder: Path) -> None:
    """Read the documents of a folder and write both tables; print what that took."""
    from narrative.partitions.corpus import CorpusParts
    from narrative.reporting import Silent

    before, began = peak(), time.perf_counter()
    source = CorpusParts(folder / "documents", "en", folder / "parts", "key")
    read = source.read(Silent().progress)
    read.documents().write(folder / "documents.parquet")
    read.offsets().write(folder / "offsets.parquet")
    seconds = time.perf_counter() - began
    print(f"{seconds:.0f} s, peak {peak():.2f} GiB, of which {before:.2f} before it reads anything")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--words", type=int, default=900)
    parser.add_argument("--step", choices=["write", "measure"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step == "write":
        size = write_documents(given.folder / "documents", given.documents, given.words)
        print(f"{given.documents} documents, {size / 1e6:.0f} MB of text: ", end="")
        return
    if given.step == "measure":
        measure(given.folder)
        return
    # A process begins with the peak of the one that started it, so this one does nothing itself.
    for n in (given.documents, 10 * given.documents):
        with tempfile.TemporaryDirectory() as name:
            for step in ("write", "measure"):
                call = [sys.executable, __file__, "--step", step, "--folder", name]
                call += ["--documents", str(n), "--words", str(given.words)]
                subprocess.run(call, check=True)
    print(machine())


if __name__ == "__main__":
    main()
