"""Seconds and memory of the timeline over a large corpus.

    python benchmarks/timeline.py [--claims 1000000] [--interval bootstrap]

A corpus drawn at random: by default 1,000,000 claims of 50 sources in 10,000 documents and 100
weeks, 12 framings of which a claim takes a side in one of five, and 1,000 replicates. Printed:
seconds, and the peak memory of the process with and without the estimate.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd
from side_by_side import machine, peak

FRAMINGS = [f"framing_{i:02d}" for i in range(12)]
CAMPS = ["russian", "ukrainian", "western", "independent", "unknown"]


def corpus(n: int, n_docs: int, n_sources: int, n_weeks: int) -> tuple[pd.DataFrame, ...]:
    """Return claims, assignments, stances, documents and sources."""
    rng = np.random.default_rng(0)
    doc = np.sort(rng.integers(0, n_docs, n))
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 7 * n_weeks, n_docs), "D")
    names = np.array([f"s{i:03d}" for i in range(n_sources)])
    # A document has the claims of a few sources.
    spoken = rng.integers(0, n_sources, (n_docs, 4))
    source = names[spoken[doc, rng.integers(0, 4, n)]]
    outlet = names[rng.integers(0, n_sources, n_docs)]
    ids = np.char.mod("c%08d", np.arange(n))
    claims = pd.DataFrame(
        {
            "claim_id": ids,
            "doc_id": np.char.mod("d%06d", doc),
            "source_id": source,
            "chain": np.char.add(np.char.add(outlet[doc], ">"), source),
            "said_at": days.strftime("%Y-%m-%d").to_numpy()[doc],
            "said_precision": "day",
        }
    )
    framing = rng.integers(0, len(FRAMINGS) + 1, n)
    assignments = pd.DataFrame(
        {"claim_id": ids, "framing_id": np.array([*FRAMINGS, "-1"])[framing]}
    )
    side = rng.choice([-1, 0, 1], (len(FRAMINGS), n), p=[0.1, 0.8, 0.1])
    stances = pd.DataFrame(
        {
            "claim_id": np.tile(ids, len(FRAMINGS)),
            "framing_id": np.repeat(FRAMINGS, n),
            "stance": side.ravel(),
        }
    )
    docs = np.char.mod("d%06d", np.arange(n_docs))
    documents = pd.DataFrame({"doc_id": docs, "copy_group": docs})
    camps = np.array(CAMPS)[np.arange(n_sources) % len(CAMPS)]
    return (
        claims,
        assignments,
        stances,
        documents,
        pd.DataFrame({"source_id": names, "camp": camps}),
    )


def main() -> None:
    from narrative.timeline import INTERVALS, TimelineSettings, estimate_timeline

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=1_000_000)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--interval", choices=INTERVALS, default="bootstrap")
    args = parser.parse_args()
    tables = corpus(args.claims, args.documents, 50, 100)
    before = peak()
    settings = TimelineSettings(freq="week", interval=args.interval, n_boot=1000)
    began = time.perf_counter()
    out = estimate_timeline(*tables, settings=settings)
    took = time.perf_counter() - began
    print(machine())
    print(f"{args.claims} claims, {args.documents} documents, {args.interval}: {len(out)} cells, "
          f"{int(out['stance_low'].notna().sum())} with an interval of stance")  # fmt: skip
    print(f"{took:.1f} s; peak memory {peak():.2f} GiB, {before:.2f} before the estimate")


if __name__ == "__main__":
    main()
