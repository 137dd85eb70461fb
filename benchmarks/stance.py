"""Speed of stance scoring beside the plain encoder.

    python benchmarks/stance.py [--repeat 3] [--claims 512]

Written claims, on the processor, turn about in one process and without a cache: claims per second
of the plain encoder, of the network's vectors, and of the whole scorer (network and structured
reading, all seven propositions at once), and pairs per second of the cross-encoder, with the ratio
to the plain encoder (median of the repeats, lowest and highest).
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

WRITTEN = Path(__file__).resolve().parent.parent / "training" / "stance" / "claims_wire.jsonl"


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    import torch

    from narrative.adapter import load_adapter
    from narrative.encoder import SentenceEncoder
    from narrative.stance import PairEncoder, PairModel, StanceModel, score_stance
    from narrative.stance.in_context import ClaimEncoder
    from narrative.stance.pairs import SEPARATOR
    from narrative.stance.structured import StructureEncoder, shipped_structured

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--claims", type=int, default=512)
    args = parser.parse_args()
    lines = WRITTEN.read_text(encoding="utf-8").splitlines()[: args.claims]
    texts = [str(json.loads(x)["text"]) for x in lines]
    adapter, plain = load_adapter(), SentenceEncoder()
    network = ClaimEncoder(adapter)
    reader = PairEncoder()
    pairs = PairModel(reader, plain)
    model = StanceModel(adapter, network, pairs, StructureEncoder(), shipped_structured())
    joined = [f"{t}{SEPARATOR}The army is losing the war." for t in texts]
    trained: dict[str, str] = adapter.meta["propositions"]
    framings = pd.DataFrame({"framing_id": list(trained), "proposition": list(trained.values())})
    claims = pd.DataFrame({"text": texts})
    work: dict[str, Callable[[], object]] = {
        "plain encoder": lambda: plain.encode(texts),
        "network's vectors": lambda: network.encode(texts),
        "stance, seven propositions": lambda: score_stance(claims, framings, model=model),
        "cross-encoder, pairs": lambda: reader.encode(joined),
    }
    for step in work.values():
        step()  # loads what it needs
    taken = np.array([[_seconds(step) for step in work.values()] for _ in range(args.repeat)])
    rates = len(texts) / taken
    print(f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads")
    print(f"{len(texts)} claims, {args.repeat} repeats")
    for i, name in enumerate(work):
        ratio = rates[:, i] / rates[:, 0]
        print(
            f"{name:27s}{np.median(rates[:, i]):8.1f} claims/s, ratio {np.median(ratio):.2f} "
            f"[{ratio.min():.2f}, {ratio.max():.2f}]"
        )


if __name__ == "__main__":
    main()
