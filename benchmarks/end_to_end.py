"""Framings over time beside BERTopic's topics over time: seconds, peak memory, agreement.

    python benchmarks/end_to_end.py [--texts 20000] [--from-texts] [--repeat 3] [--only NAME ...]

Each system in a process of its own, turn about: groups, their terms and their shares by month, of
texts with a date. BERTopic (extra ``.[bench]``) by its own settings with ``topics_over_time``; ours
with terms, exemplars and intervals, the number of framings open or given, without the certificate
of stability, for which BERTopic has nothing. With --from-texts each encodes the texts as well, with
the same model (ours packed, BERTopic by sentence-transformers), and our intervals are those of
1,000 replicates of the documents. Texts are StackOverflow's titles (``NARRATIVE_DATA``; 20,000 in
20 groups), of more than 20,000 invented ones in 100 groups. Nothing is run beforehand: what
compiles or loads counts. Printed beside it: adjusted mutual information with the texts' groups.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from side_by_side import machine, peak, times

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "experiments"))

OURS, OPEN, PEER, NOTHING = "narrative", "narrative, number open", "BERTopic", "data alone"
MONTHS, SOURCES = 24, 5


def corpus(n: int, *, real: bool) -> tuple[list[str], np.ndarray, list[str]]:
    """Return texts, the groups that they have, and days."""
    if real:
        from framing_sets import read_groups

        table = read_groups("StackOverflow")
        if table is None:
            raise SystemExit("StackOverflow: not found; set NARRATIVE_DATA, or pass --invented.")
        table = table.head(n)
        texts, groups = table["text"].tolist(), pd.factorize(table["label"])[0]
    else:
        from framings import LETTERS

        rng = np.random.default_rng(0)
        groups, words = rng.integers(0, 100, n), rng.integers(0, 30, (n, 12))
        texts = [
            " ".join(
                f"{LETTERS[g % 16]}o{LETTERS[g // 16]}a{LETTERS[w % 16]}{'ei'[w // 16]}"
                for w in row
            )
            for g, row in zip(groups, words, strict=True)
        ]
    months = np.random.default_rng(1).integers(0, MONTHS, len(texts))
    days = [f"{2023 + m // 12}-{m % 12 + 1:02d}-01" for m in months.tolist()]
    return texts, groups, days


def around(groups: np.ndarray) -> np.ndarray:
    """Return unit vectors around a centre for each group."""
    rng = np.random.default_rng(2)
    centres = rng.standard_normal((groups.max() + 1, 384), dtype=np.float32)
    noise = rng.standard_normal((len(groups), 384), dtype=np.float32)
    rows = centres[groups] + np.float32(1.2) * noise
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def ours(texts: list[str], days: list[str], vectors: np.ndarray | None, k: int) -> np.ndarray:
    """Return framings, as many as `k` where it is not 0, after all that belongs to them."""
    from narrative.framings import FramingModel
    from narrative.naming import class_terms, distinctive_terms, exemplar_claims, term_counts
    from narrative.timeline import TimelineSettings, estimate_timeline

    from_texts = vectors is None
    if vectors is None:
        from narrative.encoder import PinnedEncoder

        vectors = PinnedEncoder().encode(texts)
    interval = "bootstrap" if from_texts else "clustered"
    model = FramingModel(k, min_similarity=-1) if k else FramingModel(min_cluster_size=10)
    labels = model.fit_predict(vectors)
    names = np.array([*(f"f{i:04d}" for i in range(len(model.cluster_centers_))), "-1"], object)
    framing = names[labels].tolist()
    ids = [f"c{i:08d}" for i in range(len(texts))]
    source = [f"s{i % SOURCES}" for i in range(len(texts))]
    claims = pd.DataFrame(
        {"claim_id": ids, "doc_id": ids, "source_id": source, "chain": source, "text": texts,
         "said_at": days, "said_precision": "day"}
    )  # fmt: skip
    counts = term_counts(texts, framing)
    distinctive_terms(texts, framing, counts=counts)
    class_terms(texts, framing, counts=counts)
    exemplar_claims(claims, vectors, framing)
    named = [f"s{i}" for i in range(SOURCES)]
    estimate_timeline(
        claims,
        pd.DataFrame({"claim_id": ids, "framing_id": framing}),
        pd.DataFrame({"claim_id": [], "framing_id": [], "stance": []}),
        pd.DataFrame({"doc_id": ids, "copy_group": ids}),
        pd.DataFrame({"source_id": named, "camp": "unknown"}),
        settings=TimelineSettings(freq="month", interval=interval, n_boot=1000),
    )
    return np.asarray(labels)


def peer(texts: list[str], days: list[str], vectors: np.ndarray | None) -> np.ndarray:
    """Return BERTopic's topics, after its topics over time."""
    from bertopic import BERTopic

    if vectors is None:
        from sentence_transformers import SentenceTransformer

        from narrative.encoder import weights_folder

        vectors = SentenceTransformer(str(weights_folder()), device="cpu").encode(texts)
    model = BERTopic()
    topics, _ = model.fit_transform(texts, vectors)
    model.topics_over_time(texts, days)
    return np.asarray(topics)


def measured(name: str, args: argparse.Namespace) -> tuple[float, float, float, int]:
    """Return seconds, peak memory in GiB, agreement with the groups there are, and the number."""
    texts, groups, days = corpus(args.texts, real=not args.invented)
    if args.from_texts:
        vectors = None
    elif args.vectors:
        vectors = np.load(args.vectors)
    elif args.invented:
        vectors = around(groups)
    else:
        from narrative.encoder import embed

        vectors = embed(texts)
    k = int(groups.max()) + 1
    began = time.perf_counter()
    if name == NOTHING:
        labels = groups
    elif name == PEER:
        labels = peer(texts, days, vectors)
    else:
        labels = ours(texts, days, vectors, k if name == OURS else 0)
    seconds, most = time.perf_counter() - began, peak()
    from sklearn.metrics import adjusted_mutual_info_score

    found = len(set(labels.tolist()) - {-1})
    return seconds, most, float(adjusted_mutual_info_score(groups, labels)), found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--texts", type=int, default=20_000)
    parser.add_argument("--invented", action="store_true", help="texts and vectors by chance")
    parser.add_argument("--from-texts", action="store_true")
    parser.add_argument("--vectors", help="a .npy file, in place of encoding them beforehand")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=[NOTHING, OURS, OPEN, PEER])
    args = parser.parse_args()
    if args.texts > 20_000:
        args.invented = True
    names = args.only or [NOTHING, OURS, OPEN, *([PEER] if find_spec("bertopic") else [])]
    context = multiprocessing.get_context("spawn")
    taken: dict[str, list[tuple[float, float, float, int]]] = {name: [] for name in names}
    print(machine(), flush=True)
    for _ in range(args.repeat):
        for name in names:
            with context.Pool(1) as pool:
                taken[name].append(pool.apply(measured, (name, args)))
            print(f"  {name}: {taken[name][-1]}", flush=True)
    for name, runs in taken.items():
        seconds, memory, ami, found = np.array(runs).T
        print(
            f"{name:24s} {np.median(seconds):7.1f} s [{seconds.min():.1f}, {seconds.max():.1f}], "
            f"peak {np.median(memory):.2f} GiB, AMI {np.median(ami):.3f} "
            f"[{ami.min():.3f}, {ami.max():.3f}], {int(np.median(found))} groups"
        )
        if PEER in taken and name in (OURS, OPEN):
            print(f"{'':24s} {PEER} took × {times(np.array(taken[PEER]).T[0], seconds)}")


if __name__ == "__main__":
    main()
