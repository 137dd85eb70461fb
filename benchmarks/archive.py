"""Peak memory of whole runs over an archive and over one ten times as large, under a hard limit.

    python benchmarks/archive.py [--documents 6000] [--characters 40000] [--limit 200]

Documents in a folder of Parquet files: every tenth is one of forty short reports, the others hold
no claim, but a word of --characters letters each, as pages do that hold pictures as data. They are
read, cleaned, compared, kept and searched as any text, at little cost, so that an archive can be
large: seconds say nothing of real text, for which see ``encoding.py``, nor does memory of many
claims, for which see ``streaming.py``. Attribution is by rules.

Each archive is run in a process of its own, which first runs one of a hundred documents, so that
all models are loaded. From then on it may take --limit MiB beyond what it has (RLIMIT_DATA: its own
memory, without files that are mapped), or else it ends with an error. Printed: text, the run's
tables, claims, seconds, and peak memory (resident, mapped files with it) before and after.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from side_by_side import machine, peak

_FILE, _REPORTS = 1000, 10  # documents of a file, every so many a report
SAID = (
    "The {0} said on Thursday that its troops had entered the {1}. Residents of the {1} denied it. "
    "“The {1} is ours,” a spokesman for the {0} said."
)
# Allocators that reserve nothing beforehand, or the limit would leave out what they have reserved.
_PLAIN = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "131072",
}
BODIES = ("ministry", "General Staff", "governor", "president", "police")
PLACES = ("town", "village", "city", "suburb", "harbour", "station", "factory", "airport")


def write_documents(folder: Path, n: int, characters: int) -> None:
    rng = np.random.default_rng(0)
    letters = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz", np.uint8)
    folder.mkdir()
    for at in range(0, n, _FILE):
        of = range(at, min(n, at + _FILE))
        texts = [
            letters[rng.integers(0, 26, characters)].tobytes().decode()
            if i % _REPORTS
            else SAID.format(BODIES[i // 10 % len(BODIES)], PLACES[i // 10 % len(PLACES)])
            for i in of
        ]
        days = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 365, len(of)), "D")
        table = pd.DataFrame(
            {
                "doc_id": [f"d{i:07d}" for i in of],
                "outlet": [f"Daily {i % 20}" for i in of],
                "published_at": days.strftime("%Y-%m-%d"),
                "text": texts,
            }
        )
        table.to_parquet(folder / f"{at:09d}.parquet", index=False, row_group_size=100)


def write_study(folder: Path, n: int, characters: int) -> Path:
    """Write the example study with other documents, and return its file."""
    from narrative.template import write_template

    write_template(folder)
    write_documents(folder / "documents", n, characters)
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    text = text.replace('"documents.csv"', '"documents"').replace('= "auto"', '= "rules"')
    path.write_text(text, encoding="utf-8")
    return path


def data() -> int:
    """Return the bytes that RLIMIT_DATA counts."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmData"):
            return int(line.split()[1]) * 1024
    raise SystemExit("no VmData in /proc/self/status: Linux alone has it.")


def measure(folder: Path, limit: int) -> None:
    """Run the small study, then the archive under the limit; print what that took."""
    from narrative.pipeline import run_study
    from narrative.study import read_study

    run_study(read_study(folder / "small" / "study.toml"), folder / "few")
    before = peak()
    allowed = data() + limit * 2**20
    resource.setrlimit(resource.RLIMIT_DATA, (allowed, allowed))
    began = time.perf_counter()
    run_study(read_study(folder / "study" / "study.toml"), folder / "out")
    took = time.perf_counter() - began
    size = sum(f.stat().st_size for f in (folder / "out").glob("*.parquet"))
    claims = len(pd.read_parquet(folder / "out" / "claims.parquet", columns=["claim_id"]))
    print(
        f"tables {size / 2**20:,.0f} MiB, {claims:,} claims: {took:.0f} s, peak {peak():.2f} GiB, "
        f"{before:.2f} before; limit: {limit} MiB more than the program and its models have"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--documents", type=int, default=6000)
    parser.add_argument("--characters", type=int, default=40_000)
    parser.add_argument("--limit", type=int, default=200, help="MiB")
    parser.add_argument("--step", choices=["write", "measure"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.step == "write":
        write_study(args.folder / "small", 100, 100)
        write_study(args.folder / "study", args.documents, args.characters)
        reports = -(-args.documents // _REPORTS)
        text = (args.documents - reports) * args.characters
        print(f"{args.documents:,} documents, {text / 2**20:,.0f} MiB of text, ", end="")
        return
    if args.step == "measure":
        measure(args.folder, args.limit)
        return
    # A process begins with the peak of the one that started it, so this one does nothing itself.
    for n in (args.documents, 10 * args.documents):
        with tempfile.TemporaryDirectory() as name:
            for step in ("write", "measure"):
                call = [sys.executable, __file__, "--step", step, "--folder", name]
                call += ["--documents", str(n), "--characters", str(args.characters)]
                call += ["--limit", str(args.limit)]
                env = os.environ | _PLAIN | {"NARRATIVE_CACHE": f"{name}/cache"}
                subprocess.run(call, check=True, env=env)
    print(machine())


if __name__ == "__main__":
    main()
