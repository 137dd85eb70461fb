"""What the cheap first pass saves, and what it loses, on real text.

    NARRATIVE_DATA=… python experiments/prefilter.py

English headlines of Russian state sources (2022 to 2025), alone and with as many of AG News, which
is about other things. Of each corpus 4,000 texts drawn at random are read by the networks and teach
the filter; 8,000 others are filtered and, to see what was lost, read, too. A text is about the
study if the seeds' codebook takes it, as in a run. Not part of ``make reproduce``: its figures stay
in ``figures/scores.csv``.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
from common import SEEDS, record_scores
from framing_sets import read_groups
from headlines import read_headlines
from scipy.stats import binomtest

from narrative.codebook import read_codebook
from narrative.framings import FramingSettings, guided_membership
from narrative.normalise import default_normaliser
from narrative.prefilter import fit_prefilter
from narrative.stance import stance_model

TAUGHT, SEEN = 4_000, 8_000


def about(texts: list[str]) -> tuple[np.ndarray, float]:
    """Return whether the codebook takes each text, and the seconds that reading took."""
    normaliser, model = default_normaliser(), stance_model()
    began = time.perf_counter()
    vectors = model.encoder.encode([normaliser(t) for t in texts])
    membership = guided_membership(
        vectors, read_codebook(SEEDS / "codebook.toml"), model.encoder, normaliser,
        adapter=model.adapter,
    )  # fmt: skip
    found = membership.max(axis=1) >= FramingSettings().min_membership
    return np.asarray(found), time.perf_counter() - began


def measured(name: str, texts: list[str]) -> list[dict[str, object]]:
    """Return recall and what was discarded, of texts that taught nothing."""
    order = np.random.default_rng(0).permutation(len(texts))[: TAUGHT + SEEN]
    drawn = [texts[i] for i in order]
    flags, read = about(drawn)
    taught, seen = drawn[:TAUGHT], drawn[TAUGHT:]
    filtered = fit_prefilter(taught, flags[:TAUGHT])
    began = time.perf_counter()
    kept = filtered.keep(seen)
    took = time.perf_counter() - began
    mine = flags[TAUGHT:]
    print(f"{name}: {mine.mean():.2f} about the study; {len(drawn) / read:.0f} read a second, "
          f"{len(seen) / took:.0f} filtered a second")  # fmt: skip
    shared = {"dataset": "headlines", "split": name, "system": "prefilter"}
    rows = []
    for metric, hits, n, unit in (
        ("recall", int((kept & mine).sum()), int(mine.sum()), "texts about the study"),
        ("discarded", int((~kept).sum()), len(seen), "texts"),
        (
            "discarded, of those not about it",
            int((~kept & ~mine).sum()),
            int((~mine).sum()),
            "texts",
        ),
    ):
        low, high = binomtest(hits, n).proportion_ci(method="wilson")
        rows.append(shared | {"metric": metric, "value": hits / n, "low": low, "high": high,
                              "n": n, "unit": unit})  # fmt: skip
    return rows


def main() -> None:
    headlines, news = read_headlines(), read_groups("AG News")
    if headlines is None or news is None:
        raise SystemExit("NARRATIVE_DATA holds no headlines and AG News; see the README.")
    state = headlines["title"].drop_duplicates().tolist()
    other = news["text"].drop_duplicates().tolist()
    half = min(len(state), len(other), 20_000)
    mixed = state[:: len(state) // half][:half] + other[:half]
    rows = measured("state headlines", state) + measured("state headlines and AG News", mixed)
    print(pd.DataFrame(rows).to_string())
    record_scores("prefilter", rows)


if __name__ == "__main__":
    main()
