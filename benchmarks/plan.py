"""What ``narrative plan`` says beside what the run takes.

    NARRATIVE_DATA=… python benchmarks/plan.py [--only NAME ...] [--times 1]

Corpora of several sizes and kinds, each with the seeds' codebook, in a new folder and with an empty
cache: headlines and articles of other collections (``NARRATIVE_DATA``), and texts written here.
Forecast and run are processes of their own, one after the other. Printed: seconds of each stage,
said and taken; of all of them, with the time from the start of the process; peak memory of the
run's process; bytes of its folder and of the cache; and said over taken.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd
from side_by_side import machine, peak
from written import written

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "experiments"))
_SIZE = 2**20


def headlines(n: int) -> list[str]:
    """Return headlines of Russian state sources, from all their years."""
    from headlines import read_headlines

    table = read_headlines()
    if table is None:
        raise SystemExit("NARRATIVE_DATA holds no headlines; see the README.")
    return table["title"].drop_duplicates().iloc[:: len(table) // (2 * n)].head(n).tolist()


def articles(n: int) -> list[str]:
    """Return news articles of PolNeAR."""
    from polnear import read_polnear

    return [a.text for a in read_polnear("dev")][:n]


CORPORA = {
    "100 written": lambda: written(100),
    "400 written": lambda: written(400),
    "200 headlines": lambda: headlines(200),
    "1000 headlines": lambda: headlines(1000),
    "20 articles": lambda: articles(20),
    "60 articles": lambda: articles(60),
}


def make_study(folder: Path, texts: list[str]) -> None:
    """Write a study of texts with the seeds' codebook."""
    from narrative.template import write_template

    write_template(folder)
    shutil.copyfile(ROOT / "seeds" / "codebook.toml", folder / "codebook.toml")
    pd.DataFrame(
        {
            "doc_id": [f"d{i:06d}" for i in range(len(texts))],
            "outlet": [f"Outlet {i % 5}" for i in range(len(texts))],
            "published_at": [f"2025-{1 + i % 12:02d}-{1 + i % 28:02d}" for i in range(len(texts))],
            "text": texts,
        }
    ).to_csv(folder / "documents.csv", index=False)


def said(folder: Path, began: float) -> dict[str, Any]:
    """Return what is forecast."""
    os.environ["NARRATIVE_CACHE"] = str(folder / "cache")
    from narrative.forecast import forecast
    from narrative.study import read_study

    cost = forecast(read_study(folder))
    return {
        "seconds": cost.seconds,
        "claims": cost.claims,
        "memory": cost.memory / _SIZE,
        "disk": cost.disk / _SIZE,
        "took": time.time() - began,
    }


def taken(folder: Path, began: float) -> dict[str, Any]:
    """Return what the run takes."""
    os.environ["NARRATIVE_CACHE"] = str(folder / "cache")
    from narrative.pipeline import run_study
    from narrative.reporting import Clock
    from narrative.study import read_study

    clock, out = Clock(), folder / "results"
    run_study(read_study(folder), out, reporter=clock)
    files = [p for at in (out, folder / "cache") for p in at.rglob("*") if p.is_file()]
    numbers = json.loads((out / "numbers.json").read_text(encoding="utf-8"))
    return {
        "seconds": clock.seconds(),
        "claims": numbers["n_claims"],
        "memory": 1024 * peak(),
        "disk": sum(p.stat().st_size for p in files) / _SIZE,
        "took": time.time() - began,
    }


def line(name: str, of: float, over: float, unit: str) -> float:
    """Print one comparison and return its ratio."""
    ratio = of / over if over else float("nan")
    print(f"  {name:22s} said {of:9.1f} {unit:6s} taken {over:9.1f} {unit:6s} x {ratio:.2f}",
          flush=True)  # fmt: skip
    return ratio


def compare(name: str, texts: list[str]) -> dict[str, float]:
    """Print forecast and run of one corpus, and return the ratios of what is said of all of it."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "study"
        make_study(folder, texts)
        found = []
        for step in (said, taken):
            with context.Pool(1) as pool:
                found.append(pool.apply(step, (folder, time.time())))
    first, then = found
    load = os.getloadavg()[0]
    print(
        f"{name}: {sum(map(len, texts)):,} characters, {then['claims']} claims, said "
        f"{first['claims']}; the forecast took {first['took']:.0f} s; load {load:.1f}"
    )
    for stage, seconds in then["seconds"].items():
        line(stage, first["seconds"][stage], seconds, "s")
    of, over = (sum(f["seconds"].values()) for f in (first, then))
    out = {
        "time": line("all stages", of, over, "s"),
        "memory": line("peak memory", first["memory"], then["memory"], "MiB"),
        "disk": line("disk", first["disk"], then["disk"], "MiB"),
    }
    print(f"  {'process, from its start':22s} {then['took']:.1f} s")
    return out


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=list(CORPORA), default=list(CORPORA))
    args = parser.parse_args()
    print(machine(), flush=True)
    rows = pd.DataFrame({name: compare(name, CORPORA[name]()) for name in args.only}).T
    print("said / taken")
    print(rows.round(2).to_string())


if __name__ == "__main__":
    main()
