"""Speed of the encoders beside plain sentence-transformers.

    python benchmarks/encoding.py [--repeat 5] [--documents 40] [--news] [--sentences 5000]

In one process, turn about, tokenisation included and without a cache but where it is named: the
claims of written documents (``training/documents``; with --news of articles of PolNeAR, which are
longer), embedded by plain sentence-transformers at batch 32 and by the package; again from the
cache; then all that a claim goes through: its documents read for attributions (the network and its
decoding; and the whole extraction, rules included), its stance towards seven propositions, and its
vector. Printed as multiples of what the plain encoder takes for the same claims: median of the
repeats, least and greatest. With --sentences, that many distinct sentences of PolNeAR instead, for
the encoders alone.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from side_by_side import machine, times, turns

WRITTEN = Path(__file__).resolve().parent.parent / "training" / "documents"
BASE = "plain sentence-transformers, batch 32"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "experiments"))


def news(n: int) -> list[tuple[str, str]]:
    """Return names and texts of articles of PolNeAR."""
    from polnear import MissingCorpus, read_polnear

    try:
        return [(a.name, a.text) for _, a in zip(range(n), read_polnear("dev"), strict=False)]
    except MissingCorpus as error:
        raise SystemExit(str(error)) from error


def documents(n: int, *, of_news: bool = False) -> pd.DataFrame:
    """Return written documents, or articles."""
    from narrative.schema import check_table, empty_table

    if of_news:
        found = news(n)
    else:
        found = [
            (path.stem, json.loads(path.read_text(encoding="utf-8"))["text"])
            for path in sorted(WRITTEN.glob("*.json"))[:n]
        ]
    rows = [
        {"doc_id": name, "outlet": "an outlet", "text": text, "published_at": "2024-01-01",
         "published_precision": "day", "lang": "en", "copy_group": name}
        for name, text in found
    ]  # fmt: skip
    columns = empty_table("documents").columns
    return check_table(pd.DataFrame(rows).reindex(columns=columns, fill_value=""), "documents")


def sentences(n: int) -> list[str]:
    """Return distinct sentences of articles, in their order."""
    from narrative.segmentation import split_sentences

    found: dict[str, None] = {}
    for _, text in news(10_000):
        found |= dict.fromkeys(" ".join(text[a:b].split()) for a, b in split_sentences(text))
        if len(found) >= n:
            break
    return list(found)[:n]


def pieces(texts: list[str]) -> float:
    """Return the mean number of word pieces."""
    from narrative.encoder import pinned_tokenizer

    return float(np.mean([len(e.ids) for e in pinned_tokenizer().encode_batch(texts)]))


def encoders(texts: list[str], repeat: int) -> None:
    """Print the rate of the encoders alone."""
    from narrative.encoder import PinnedEncoder, SentenceEncoder

    plain, ours = SentenceEncoder().load(), PinnedEncoder()
    work: dict[str, Callable[[], object]] = {
        BASE: lambda: plain.encode(texts, batch_size=32, normalize_embeddings=True),
        "embedding": lambda: ours.encode(texts),
    }
    for encode in (plain.encode, ours.encode):
        encode(texts[:64])
    taken = turns(work, repeat)
    print(machine())
    print(f"{len(texts)} sentences of {pieces(texts):.1f} word pieces; {repeat} repeats")
    for name, seconds in taken.items():
        rate = len(texts) / np.median(seconds)
        print(f"{name:45s}{rate:9.0f} texts/s  {times(taken[BASE], seconds)} x the plain rate")


def main() -> None:
    from narrative.adapter import load_adapter
    from narrative.claims import extract_claims
    from narrative.encoder import (
        CachedEncoder,
        PinnedEncoder,
        SentenceEncoder,
    )
    from narrative.reader import shipped_reader
    from narrative.schema import empty_table
    from narrative.stance import PairEncoder, PairModel, StanceModel, score_stance
    from narrative.stance.in_context import ClaimEncoder, with_place
    from narrative.stance.structured import StructureEncoder, shipped_structured

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--documents", type=int, default=40)
    parser.add_argument("--news", action="store_true", help="articles of PolNeAR (NARRATIVE_DATA)")
    parser.add_argument("--sentences", type=int, default=0)
    args = parser.parse_args()
    if args.sentences:
        encoders(sentences(args.sentences), args.repeat)
        return
    read = documents(args.documents, of_news=args.news)
    claims = with_place(extract_claims(read, empty_table("sources")), read)
    texts = claims["text"].tolist()
    plain, ours, reader = SentenceEncoder().load(), PinnedEncoder(), shipped_reader()
    adapter = load_adapter()
    model = StanceModel(
        adapter, ClaimEncoder(adapter), PairModel(PairEncoder(), ours), StructureEncoder(),
        shipped_structured(),
    )  # fmt: skip
    trained: dict[str, str] = adapter.meta["propositions"]
    framings = pd.DataFrame({"framing_id": list(trained), "proposition": list(trained.values())})
    with tempfile.TemporaryDirectory() as folder:
        cached = CachedEncoder(ours, Path(folder) / "v.sqlite")
        cached.encode(texts)
        work: dict[str, Callable[[], object]] = {
            BASE: lambda: plain.encode(texts, batch_size=32, normalize_embeddings=True),
            "embedding": lambda: ours.encode(texts),
            "embedding, from the cache": lambda: cached.encode(texts),
            "attribution, network and decoding": lambda: reader.read(read["text"].tolist()),
            "attribution, whole extraction": lambda: extract_claims(read, empty_table("sources")),
            "stance, seven propositions": lambda: score_stance(claims, framings, model=model),
        }
        for step in work.values():
            step()  # loads what it needs
        taken = turns(work, args.repeat)
    close = np.abs(plain.encode(texts, normalize_embeddings=True) - ours.encode(texts)).max()
    steps = ("embedding", "attribution, network and decoding", "stance, seven propositions")
    together = np.sum([taken[n] for n in steps], axis=0)
    taken["embedding, attribution (network) and stance"] = together
    print(machine())
    print(f"{len(texts)} claims of {pieces(texts):.1f} word pieces in {len(read)} documents; "
          f"{args.repeat} repeats; vectors differ by {close:.1e} at most")  # fmt: skip
    for name, seconds in taken.items():
        rate = len(texts) / np.median(seconds)
        print(f"{name:45s}{rate:9.0f} claims/s  {times(seconds, taken[BASE])} x the plain time, "
              f"{times(taken[BASE], seconds)} x its rate")  # fmt: skip
    each = np.median(taken["embedding, attribution (network) and stance"]) / len(texts)
    print(f"a billion claims like these: {each * 1e9 / 86_400:.0f} days of this machine")


if __name__ == "__main__":
    main()
