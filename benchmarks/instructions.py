"""Counts of the instructions of small fixed runs: what grows is slower, whatever the clock says.

    python benchmarks/instructions.py            # counts and prints, beside what is kept
    python benchmarks/instructions.py --check    # fails where a run takes a fifth more than is kept
    python benchmarks/instructions.py --write    # keeps today's counts

Valgrind runs each case twice, with the work done once and three times; half the difference is one
time without start-up and what is loaded once. Its processor is the same everywhere (no AVX-512), so
that counts depend on versions of packages only, which are kept beside them. The networks are
counted in multiplications (torch's counter of FLOP), where Valgrind would take minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np

KEPT = Path(__file__).resolve().parent / "instructions.json"
WRITTEN = Path(__file__).resolve().parent.parent / "training" / "documents"
MORE = 0.2  # by which a count can grow
PACKAGES = ("numpy", "pandas", "scipy", "scikit-learn", "torch")


def _timeline() -> Callable[[], object]:
    from timeline import corpus

    from narrative.timeline import TimelineSettings, estimate_timeline

    tables = corpus(4_000, 200, 12, 20)
    settings = TimelineSettings(freq="week", interval="bootstrap", n_boot=100)
    return lambda: estimate_timeline(*tables, settings=settings)


def _framings() -> Callable[[], object]:
    from narrative.framings import FramingModel

    rng = np.random.default_rng(0)
    centres = rng.standard_normal((12, 64))
    vectors = centres[rng.integers(0, 12, 1500)] + rng.standard_normal((1500, 64))
    return lambda: FramingModel().fit(vectors)


def _claims() -> Callable[[], object]:
    from encoding import documents

    from narrative.claims import extract_claims
    from narrative.schema import empty_table

    read = documents(2)
    return lambda: extract_claims(read, empty_table("sources"), attribution="rules")


def _control() -> Callable[[], object]:
    from encoding import documents

    from narrative.claims import extract_claims
    from narrative.ledger import control_claims
    from narrative.schema import empty_table

    read = documents(3)
    claims = extract_claims(read, empty_table("sources"), attribution="rules")
    sources, places = empty_table("sources"), empty_table("places")
    return lambda: control_claims(claims, read, sources, places)


def _json(path: Path) -> dict[str, str]:
    read: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return read


CASES: dict[str, Callable[[], Callable[[], object]]] = {
    "claims, by rules": _claims,
    "control, by rules": _control,
    "framings of 1,500 vectors": _framings,
    "timeline, 4,000 claims": _timeline,
}


def counted(case: str) -> int:
    """Return the instructions of a case."""
    return (_instructions(case, 3) - _instructions(case, 1)) // 2


def _instructions(case: str, times: int) -> int:
    own = {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [
        "valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null",
        sys.executable, __file__, "--run", case, "--times", str(times),
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=os.environ | own
        )
    except FileNotFoundError:
        raise SystemExit("valgrind is not installed; install it (apt install valgrind).") from None
    found = re.search(r"I\s+refs:\s+([\d,]+)", done.stderr)
    if done.returncode or found is None:
        raise SystemExit(f"{case}: valgrind failed:\n{done.stderr[-2000:]}")
    return int(found[1].replace(",", ""))


def multiplications() -> dict[str, int]:
    """Return the FLOP of the networks on the sentences of a written document."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    import narrative.encoder.packed as packed
    from narrative.encoder import PinnedEncoder
    from narrative.reader import Reader

    packed.has_onednn = lambda: False  # the counter knows torch's own products
    text = _json(sorted(WRITTEN.glob("*.json"))[0])["text"]
    sentences = [s for s in text.split(". ") if s] * 8
    out = {}
    encoder, reader = PinnedEncoder(), Reader()
    work: dict[str, Callable[[], object]] = {
        "FLOP of embedding": lambda: encoder.encode(sentences),
        "FLOP of reading": lambda: reader.read([text]),
    }
    for name, step in work.items():
        with torch.inference_mode(), FlopCounterMode(display=False) as counter:
            step()
        out[name] = int(counter.get_total_flops())
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--run", choices=CASES, help=argparse.SUPPRESS)
    parser.add_argument("--times", type=int, default=1, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.run:
        work = CASES[args.run]()
        for _ in range(args.times):
            work()
        return
    now = multiplications() | {case: counted(case) for case in CASES}
    versions = {p: version(p) for p in PACKAGES}
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.is_file() else {}
    slower = []
    for name, count in now.items():
        before = kept.get("counts", {}).get(name)
        grown = f"{count / before - 1:+.1%}" if before else "new"
        print(f"{name:28s}{count:16,d}  {grown}")
        if before and count > before * (1 + MORE):
            slower.append(name)
    other = {p: v for p, v in versions.items() if kept.get("versions", {}).get(p) != v}
    if other and kept:
        print(
            "kept with other versions:", ", ".join(f"{p} {kept['versions'].get(p)}" for p in other)
        )
    if args.write:
        made = {"counts": now, "versions": versions}
        KEPT.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    if args.check and (slower or not kept):
        raise SystemExit(
            f"{', '.join(slower) or 'nothing kept'}: more than {MORE:.0%} above what is kept. Find "
            "what grew, or keep the new counts (--write) and say why."
        )


if __name__ == "__main__":
    main()
