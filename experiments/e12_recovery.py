"""Whether the estimators find what simulated corpora were made with.

Coverage of 95 percent intervals of prevalence, stance and adoption, at 5 to 1,000 documents, by the
shipped intervals and by resampling documents; of the share of claims in default; false alarms of
change points, lags and event effects where there is nothing, and how often they are found where
there is something. Each figure's interval is of the number of simulations (Wilson).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from common import record_scores, save
from scipy.stats import binomtest
from tqdm import tqdm

from narrative.ledger import open_credit
from narrative.resampling import clustered_intervals, ratio_intervals
from narrative.series import change_test, lead_lag, placebo_effect
from narrative.simulate import simulate_counts, simulate_credit, simulate_series

N_DOCS = (5, 20, 100, 1000)
N_SAMPLES, N_SERIES = 1000, 400
# Prevalence, stance, how unlike documents are, claims a document.
WORLDS = {
    "a common framing": (0.3, 0.2, 0.5, 20),
    "a rare framing": (0.03, 0.8, 0.5, 20),
    "one side, unlike documents": (0.3, -0.9, 1.0, 10),
}
SHIPPED, DRAWN = "shipped (Jeffreys, clustered)", "documents resampled"
ALPHA = 0.05


def share(hits: np.ndarray, **row: object) -> dict[str, object]:
    """Return a row with the share of simulations in which something came out."""
    n = len(hits)
    low, high = binomtest(int(hits.sum()), n).proportion_ci(method="wilson")
    shared = {"dataset": "simulated", "value": hits.mean(), "low": low, "high": high, "n": n}
    return shared | {"unit": "simulations"} | row


def coverage() -> list[dict[str, object]]:
    """Return how often intervals hold the truth, and how wide they are."""
    rows = []
    for world, (prevalence, stance, between, claims) in WORLDS.items():
        for n_docs in N_DOCS:
            drawn = simulate_counts(
                n_docs, N_SAMPLES, claims, (prevalence, stance, between), random_state=n_docs
            )
            for metric, top, bottom, truth, least in (
                ("prevalence", drawn["inside"], drawn["claims"], drawn["prevalence"], 0.0),
                ("stance", drawn["net"], drawn["inside"], drawn["stance"], -1.0),
                ("adoption", drawn["outside"], drawn["favor"], drawn["adoption"], 0.0),
            ):
                limits = {
                    SHIPPED: clustered_intervals(top, bottom, min_groups=3, span=(least, 1.0)),
                }
                if n_docs <= 100:  # beyond, the two are one
                    limits[DRAWN] = ratio_intervals(top, bottom, n_boot=300, min_groups=3)
                for system, (low, high) in limits.items():
                    given = np.isfinite(low)
                    held = ((low <= truth) & (truth <= high))[given]
                    if given.sum() < 50:
                        continue  # hardly a sample has three documents that speak
                    row = {"split": f"{world}, {n_docs} documents", "system": system}
                    rows.append(share(held, metric=f"coverage: {metric}", **row))
                    width = float((high - low)[given].mean())
                    rows.append(
                        {"dataset": "simulated", "metric": f"width: {metric}", "value": width,
                         "n": int(given.sum()), "unit": "simulations"} | row
                    )  # fmt: skip
    return rows


def credit() -> list[dict[str, object]]:
    """Return how often the interval of the share in default after 30 days holds the truth."""
    rows = []
    for n_claims in (20, 100, 1000):
        held = []
        for state in range(N_SERIES):
            claims, truth = simulate_credit(n_claims, horizon=30, random_state=state)
            _, low, high = open_credit(claims).at(30)
            held.append(low <= truth <= high)
        row = {"split": f"{n_claims} claims", "metric": "coverage: open credit", "system": SHIPPED}
        rows.append(share(np.array(held), **row))
    return rows


def found(test: Callable[[int], float], label: str) -> np.ndarray:
    """Return whether each simulated series gives a p-value of .05 or less."""
    states = tqdm(range(N_SERIES), desc=label, mininterval=10)
    return np.array([test(state) <= ALPHA for state in states])


def changes(n: int, memory: float, size: float) -> Callable[[int], float]:
    def test(state: int) -> float:
        series = simulate_series(n, memory, random_state=state)
        series += size * (np.arange(n) >= n // 2)
        return change_test(series, n_permutations=199, random_state=state)[1]

    return test


def lags(n: int, memory: float, size: float) -> Callable[[int], float]:
    def test(state: int) -> float:
        one, other = (simulate_series(n, memory, random_state=2 * state + k) for k in (0, 1))
        other = other + size * np.r_[np.zeros(2), one[:-2]]
        return lead_lag(one, other, max_lag=3, n_permutations=199, random_state=state)[2]

    return test


def events(n: int, memory: float, size: float) -> Callable[[int], float]:
    def test(state: int) -> float:
        series = simulate_series(n, memory, random_state=state)
        days = np.repeat(np.arange(n), 3).astype(float)
        own = np.random.default_rng(state).standard_normal(len(days))
        values = np.repeat(series, 3) + own + size * (days >= n // 2)
        return placebo_effect(values, days, n // 2, window=14)[1]

    return test


def alarms() -> list[dict[str, object]]:
    """Return false alarms (no effect) and power of the tests on series."""
    rows = []
    for name, test, sizes, lengths in (
        ("change of the mean", changes, (0.0, 0.75, 1.5, 3.0), (24, 52, 104)),
        ("lead and lag", lags, (0.0, 0.2, 0.4, 0.8), (24, 52, 104)),
        ("effect of an event", events, (0.0, 0.75, 1.5, 3.0), (104, 208)),
    ):
        for n in lengths:
            for memory in (0.0, 0.3, 0.6):
                for size in sizes:
                    hits = found(test(n, memory, size), f"{name}, {n}, {memory}, {size}")
                    split = f"{n} steps, memory {memory}, size {size}"
                    what = "false alarms" if size == 0 else "power"
                    rows.append(share(hits, split=split, metric=f"{what}: {name}", system="test"))
    return rows


def main() -> None:
    rows = coverage() + credit() + alarms()
    save(pd.DataFrame(rows), "e12_recovery")
    scores = record_scores("e12", rows)
    shown = scores[~scores["metric"].str.startswith("width")]
    print(shown[["split", "metric", "system", "value", "low", "high"]].to_string(index=False))


if __name__ == "__main__":
    main()
