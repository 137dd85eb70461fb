"""What a billion claims would take on a cluster, reckoned from what the other benchmarks printed.

    python benchmarks/billion.py [--nodes 25] [--processors 64]

No run of this size was made. ``benchmarks/printed`` says how many days of the machine that is named
there a billion claims of news take to read (encoder, attribution, stance), what workers of Dask
lose, what the process that starts a run takes a million claims (its stages without the networks,
one after the other), how many bytes a claim takes there while it counts, and how many on disk with
the cache (articles). The corpus is run in as many parts as there are nodes, each on one, and the
sums of the parts are merged (``sum_run``).
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

PRINTED = Path(__file__).resolve().parent / "printed"
MILLION, BILLION, DAY, HOUR, GIB = 10**6, 10**9, 86_400, 3600, 2**30


def found(name: str, pattern: str) -> list[tuple[str, ...]]:
    """Return what a pattern finds in what a benchmark printed."""
    text = (PRINTED / f"{name}.txt").read_text(encoding="utf-8")
    matches = [m.groups() for m in re.finditer(pattern, text)]
    if not matches:
        raise SystemExit(f"{name}.txt: nothing like {pattern!r}; print that benchmark again.")
    return matches


def number(text: str) -> int:
    """Return a number that was printed with commas."""
    return int(text.replace(",", ""))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nodes", type=int, default=25)
    parser.add_argument("--processors", type=int, default=64, help="of a node")
    args = parser.parse_args()
    machine, here = found("encoding", r"\n(.*), (\d+) processors, \d+ threads")[-1]
    days = float(found("encoding", r"a billion claims like these: (\d+) days")[-1][0])
    kept = float(found("engine", r"over one process, more threads: ([\d.]+)")[0][0])
    # Of the largest run, four claims a document: all its stages.
    documents, stages = found("growth", r"([\d,]+) documents: (corpus.*); peak")[-1]
    seconds = sum(float(s) for s in re.findall(r"([\d.]+) s\b", stages))
    alone = seconds * MILLION / (4 * number(documents))
    room = max(number(b) for (b,) in found("claim_memory", r": ([\d,]+) bytes a claim,"))
    sizes = r"([\d,]+) claims, said(?s:.*?)disk +said.*taken +([\d.]+) MiB"
    claims, size = found("plan", sizes)[-1]
    disk = float(size) * 2**20 / number(claims)

    each = BILLION / args.nodes
    work = days * DAY * int(here) / BILLION  # seconds of one processor a claim
    reading = each * work / args.processors / kept / HOUR
    starting = each / MILLION * alone / HOUR
    print(f"from: {machine}, {here} processors")
    print(f"a claim: {work * 1000:.1f} ms of a processor to read, {disk:,.0f} bytes on disk")
    print(f"the process that starts a run: {alone:.0f} s a million claims, {room:,} bytes a claim")
    print(f"one such machine: {days + BILLION / MILLION * alone / DAY:.0f} days")
    print(
        f"{args.nodes} nodes of {args.processors} such processors, {each / MILLION:.0f} million "
        f"claims each, workers at {kept:.2f}:\n  {reading + starting:.1f} hours (reading "
        f"{reading:.1f}, the process that starts {starting:.1f}), memory {each * room / GIB:.0f} "
        f"GiB, disk {each * disk / GIB:.0f} GiB a node"
    )
    most = reading * args.processors / starting
    print(f"of more than {most:.0f} processors a node, that process takes longer than reading")


if __name__ == "__main__":
    main()
