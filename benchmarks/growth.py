"""How the cost of each stage grows with the corpus.

    python benchmarks/growth.py [--sizes 100 300 1000 3000] [--without 1000 10000 100000]

Runs of written documents of four claims, ids in no order, in a folder of Parquet files. First with
the networks, an empty cache each time: what grows with claims. Then of more documents without them:
claims are cut at sentences, vectors, stances and claims of control are made up, and all else is the
run's: reading and writing, copies, parts, the register of sources, the tables, timeline, ledger,
numbers. Nothing is discovered there (``benchmarks/clustering.py`` has that). Printed: seconds of
the processor that each stage took (waiting for the disk is not counted), and the exponent k of
seconds ~ n^k between two sizes; where a stage takes less than a second, fixed costs decide and none
is given.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from plan import ROOT
from side_by_side import machine, peak
from written import written

from narrative.partitions import LocalEngine, Outcome, Partition
from narrative.schema import CERTAINTIES, check_table

_FILE, _DIMS, _LEAST = 1000, 32, 1.0
_PLACES = ("kupiansk", "lyman", "pokrovsk")


def make_study(folder: Path, n: int, *, discover: bool) -> None:
    """Write a study of `n` documents in files of a thousand."""
    import shutil

    from narrative.template import write_template

    write_template(folder)
    shutil.copyfile(ROOT / "seeds" / "codebook.toml", folder / "codebook.toml")
    shutil.copyfile(ROOT / "seeds" / "places.csv", folder / "places.csv")
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8").replace("documents.csv", "documents")
    text = text.replace("discover = true", f"discover = {str(discover).lower()}")
    path.write_text(text, encoding="utf-8")
    (folder / "documents").mkdir()
    ids, texts = np.random.default_rng(1).permutation(n), written(n)
    for at in range(0, n, _FILE):
        part = ids[at : at + _FILE]
        table = pd.DataFrame(
            {"doc_id": [f"d{i:07d}" for i in part], "text": texts[at : at + _FILE],
             "outlet": [f"Outlet {i % 50}" for i in part],
             "published_at": [f"2025-{1 + i % 12:02d}-{1 + i % 28:02d}" for i in part]}
        )  # fmt: skip
        table.to_parquet(folder / "documents" / f"{at:09d}.parquet", index=False)


def _claims(documents: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a claim for each sentence, and the persons who said them."""
    rows, added = [], []
    for doc in documents.to_dict("records"):
        start = 0
        for k, sentence in enumerate(str(doc["text"]).split(". ")):
            first = sentence.split(" ", 2)[:2]
            person = first[0] not in ("The", "Residents", "Officials")
            source = "named_" + "_".join(first).lower() if person else "unknown"
            if person:
                added.append((doc["doc_id"], source, " ".join(first), "person", "unknown"))
            rows.append(
                {"claim_id": f"{doc['doc_id']}:{k:04d}", "doc_id": doc["doc_id"], "sent_index": k,
                 "start": start, "end": start + len(sentence), "text": sentence,
                 "voice": "paraphrased", "speaker_text": "", "source_id": source,
                 "chain": f"{doc['outlet']}>{source}".lower().replace(" ", "_"), "cue": "said",
                 "cue_stance": 0, "attribution_score": 0.5, "said_at": doc["published_at"],
                 "said_precision": "day", "about_start": "", "about_end": "", "date_flag": ""}
            )  # fmt: skip
            start += len(sentence) + 2
    from narrative.speakers import ADDED

    return check_table(pd.DataFrame(rows), "claims"), pd.DataFrame(
        added, columns=ADDED, dtype="string"
    )


def find_claims(setup: Any, tables: dict[str, pd.DataFrame]) -> dict[str, Any]:  # noqa: ARG001
    claims, added = _claims(tables["documents"])
    return {"claims": claims, "added": added}


def read_claims(setup: Any, tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
    claims = tables["claims"]
    rng = np.random.default_rng(len(claims))
    vectors = rng.standard_normal((len(claims), _DIMS)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return {
        "ids": claims[["claim_id"]],
        "vectors": vectors,
        "about": vectors,
        "membership": rng.dirichlet(np.ones(len(setup.codebook.framings) + 1), len(claims))[:, :-1],
    }


def score_claims(setup: Any, tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
    ids = tables["claims"]["claim_id"].astype(str).to_numpy()
    rng = np.random.default_rng(len(ids))
    asked = setup.framings.loc[setup.framings["proposition"] != "", "framing_id"]
    parts = []
    for framing in asked:
        p = rng.dirichlet(np.ones(3), len(ids)).round(6)
        parts.append(
            pd.DataFrame({"claim_id": ids, "framing_id": framing, "p_against": p[:, 0],
                          "p_none": p[:, 1], "p_favor": p[:, 2], "stance": p.argmax(axis=1) - 1,
                          "score": p[:, 2] - p[:, 0]})
        )  # fmt: skip
    p = rng.dirichlet(np.ones(len(CERTAINTIES)), len(ids)).round(6)
    columns = {f"p_{c}": p[:, k] for k, c in enumerate(CERTAINTIES)}
    likeliest = [CERTAINTIES[k] for k in p.argmax(axis=1)]
    certainty = pd.DataFrame({"claim_id": ids, "certainty": likeliest, **columns})
    return {
        "stances": check_table(pd.concat(parts), "stances"),
        "certainty": check_table(certainty, "certainty"),
    }


def find_control(setup: Any, tables: dict[str, pd.DataFrame]) -> dict[str, Any]:  # noqa: ARG001
    claims = tables["claims"].iloc[::4]
    at = np.arange(len(claims))
    table = claims[["claim_id", "said_at"]].assign(
        place_id=np.array(_PLACES)[at % 3], claimant=claims["source_id"], camp="unknown",
        claimed_status=np.array(["russian", "ukrainian"])[at % 2], extent="full", share="",
        certainty="said", by_context=False,
    )  # fmt: skip
    return {"control": check_table(table, "control")}


_MADE_UP = (find_claims, read_claims, score_claims, find_control)


class MadeUp(LocalEngine):
    """Makes up what the networks would find."""

    def results(self, work: Any, setup: Any, partitions: Iterable[Partition]) -> Iterator[Outcome]:
        """Yield what is made up of each partition."""
        # Assigning claims to framings is no network's.
        made_up = next((w for w in _MADE_UP if w.__name__ == work.__name__), work)
        yield from super().results(made_up, setup, partitions)


def measured(n: int, networks: bool) -> tuple[dict[str, float], float]:
    """Return the seconds of each stage for `n` documents, and peak memory in GiB."""
    with tempfile.TemporaryDirectory() as work:
        os.environ["NARRATIVE_CACHE"] = f"{work}/cache"
        from narrative.pipeline import run_study
        from narrative.reporting import Clock
        from narrative.study import read_study

        folder, clock = Path(work) / "study", Clock(time.process_time)
        make_study(folder, n, discover=False)
        if networks:  # loaded before they are timed
            make_study(folder.with_name("first"), 20, discover=False)
            run_study(read_study(folder.with_name("first")), Path(work) / "first_out")
        engine = None if networks else MadeUp()
        run_study(read_study(folder), Path(work) / "out", reporter=clock, engine=engine)
        return clock.seconds(), peak()


def show(title: str, sizes: list[int], *, networks: bool) -> None:
    """Print seconds and exponents of runs of several sizes."""
    context = multiprocessing.get_context("spawn")
    print(title)
    before: tuple[int, dict[str, float]] | None = None
    for n in sizes:
        with context.Pool(1) as pool:
            seconds, most = pool.apply(measured, (n, networks))
        print(f"  {n:9,} documents: " + ", ".join(f"{s} {t:.1f} s" for s, t in seconds.items())
              + f"; peak {most:.2f} GiB; load {os.getloadavg()[0]:.1f}", flush=True)  # fmt: skip
        if before is not None:
            m, then = before
            powers = {s: np.log(t / then[s]) / np.log(n / m) for s, t in seconds.items()}
            print(f"  {m:,} to {n:,}: " + ", ".join(
                f"{s} n^{k:.2f}" for s, k in powers.items() if min(seconds[s], then[s]) >= _LEAST
            ), flush=True)  # fmt: skip
        before = n, seconds


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="*", default=[100, 300, 1000, 3000])
    parser.add_argument("--without", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    args = parser.parse_args()
    print(machine(), flush=True)
    show("with the networks:", args.sizes, networks=True)
    show("without them:", args.without, networks=False)


if __name__ == "__main__":
    main()
