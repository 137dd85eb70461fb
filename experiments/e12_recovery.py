"""Whether the estimators find what simulated corpora were made with.

Coverage of 95 percent intervals of prevalence, stance and adoption, at 5 to 1,000 documents, by the
shipped intervals and by resampling documents; of prevalence where documents are copied and where
claims are assigned wrongly; of the share of claims in default; false alarms of change points, lags
and event effects where there is nothing, and how often they are found where there is something;
whether the estimate of what changes after an exposure is right. Each figure's interval is of the
number of simulations (Wilson; of means, normal).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from common import record_scores, save
from scipy.stats import binomtest
from tqdm import tqdm

from narrative.label_error import ErrorRates, corrected_prevalence
from narrative.ledger import open_credit
from narrative.resampling import clustered_intervals, ratio_intervals
from narrative.series import change_test, lead_lag, placebo_effect
from narrative.simulate import (
    Copying,
    Exposure,
    Truth,
    simulate_copies,
    simulate_counts,
    simulate_credit,
    simulate_series,
    simulate_weeks,
)

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
COPIES = {
    "any document": Copying(0.3),
    "rather those in the framing, which lose a fifth of it": Copying(0.3, lean=1.0, lost=0.2),
}
SENSITIVITY, SPECIFICITY, N_CODED = 0.8, 0.95, (50, 200)  # coded claims inside, and as many outside
WEEKS, EXPOSED, WINDOW = 104, 52, 8
EXPOSURES = ((0.0, float("inf")), (-0.2, float("inf")), (-0.4, float("inf")), (-0.4, 4.0))


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


def mean_of(values: np.ndarray, **row: object) -> dict[str, object]:
    """Return a row with the mean over simulations."""
    mean, n = float(values.mean()), len(values)
    half = 1.96 * float(values.std(ddof=1)) / np.sqrt(n)
    shared = {"dataset": "simulated", "value": mean, "low": mean - half, "high": mean + half}
    return shared | {"n": n, "unit": "simulations"} | row


def grouped(counts: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return the sums of each sample (column) over groups of documents."""
    n_samples = group.shape[1]
    flat = (group * n_samples + np.arange(n_samples)).ravel()
    sums = np.bincount(flat, weights=counts.ravel(), minlength=(group.max() + 1) * n_samples)
    return sums.reshape(-1, n_samples)


def copies() -> list[dict[str, object]]:
    """Return coverage of prevalence where three of ten documents are copies, by how they count."""
    rows = []
    for copied, copying in COPIES.items():
        for n_docs in (20, 100, 1000):
            counts, truth = simulate_copies(
                n_docs, N_SAMPLES, 20, Truth(), copying, random_state=n_docs
            )
            inside, claims, group = counts["inside"], counts["claims"], counts["group"]
            tops, bottoms = grouped(inside, group), grouped(claims, group)
            size = grouped(np.ones(claims.shape), group)
            n_first = len(size)
            for system, counted, top, bottom in (
                ("raw, by document", "raw", inside, claims),
                ("raw, by copy group (shipped)", "raw", tops, bottoms),
                ("copies once, by copy group", "copies once", tops / size, bottoms / size),
                ("first publisher", "first publisher", inside[:n_first], claims[:n_first]),
            ):
                low, high = clustered_intervals(top, bottom, min_groups=3)
                row = {"split": f"copied: {copied}, {n_docs} documents", "system": system}
                for of in dict.fromkeys((counted, "first publisher")):
                    held = (low <= truth[of]) & (truth[of] <= high)
                    rows.append(share(held, metric=f"copying: coverage, {of}", **row))
                error = top.sum(axis=0) / bottom.sum(axis=0) - truth["first publisher"]
                metric = "copying: difference from first publisher"
                rows.append(mean_of(error, metric=metric, **row))
    return rows


def label_errors() -> list[dict[str, object]]:
    """Return coverage of prevalence of claims as assigned, and corrected for error."""
    rows = []
    rng = np.random.default_rng(0)
    for world in ("a common framing", "a rare framing"):
        prevalence, stance, between, claims = WORLDS[world]
        for n_docs in (20, 100, 1000):
            drawn = simulate_counts(
                n_docs, N_SAMPLES, claims, (prevalence, stance, between), random_state=n_docs
            )
            true, total = (np.asarray(drawn[c], dtype=int) for c in ("inside", "claims"))
            inside = rng.binomial(true, SENSITIVITY) + rng.binomial(total - true, 1 - SPECIFICITY)
            top, bottom = inside.astype(float), total.astype(float)
            found = {"as assigned": clustered_intervals(top, bottom, min_groups=3)}
            found["corrected, rates known"] = corrected_prevalence(
                top, bottom, ErrorRates(SENSITIVITY, SPECIFICITY), min_groups=3
            )[1:]
            for n in N_CODED:
                found[f"corrected, {n} + {n} claims coded"] = corrected(top, bottom, n, rng)
            for system, (low, high) in found.items():
                held = (low <= drawn["prevalence"]) & (drawn["prevalence"] <= high)
                row = {"split": f"{world}, {n_docs} documents", "system": system}
                rows.append(share(held, metric="label error: coverage", **row))
                widths = (high - low)[np.isfinite(low)]  # labels may not go with the rates
                rows.append(mean_of(widths, metric="label error: width", **row))
    return rows


def corrected(
    top: np.ndarray, bottom: np.ndarray, n: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return corrected limits, with rates that each sample (column) has from coded claims."""
    limits = []
    for k in range(top.shape[1]):
        hits, spared = rng.binomial(n, [SENSITIVITY, SPECIFICITY]) / n
        rates = ErrorRates(hits, spared, n, n)
        found = corrected_prevalence(top[:, [k]], bottom[:, [k]], rates, min_groups=3)
        limits.append([limit[0] for limit in found[1:]])
    low, high = np.array(limits).T
    return low, high


def exposures() -> list[dict[str, object]]:
    """Return how right the change of stance after an exposure is, and how often it is found."""
    rows = []
    for memory in (0.0, 0.6):
        for effect, half_life in EXPOSURES:
            exposure = Exposure(EXPOSED, effect, half_life)
            states = tqdm(range(N_SERIES), desc=f"exposure, {memory}, {effect}", mininterval=10)
            found = [exposed(memory, exposure, state) for state in states]
            split = f"{WEEKS} weeks, memory {memory}, drop {-effect + 0.0}"
            split += "" if np.isinf(half_life) else f", half-life {half_life:.0f} weeks"
            for system in found[0]:
                values = np.array([f[system] for f in found])
                row = {"split": split, "system": system}
                what = "power" if effect else "false alarms"
                hits = values[:, 1] <= ALPHA
                rows.append(share(hits, metric=f"exposure: {what}", **row))
                bias = values[:, 0] - values[:, 2]
                rows.append(mean_of(bias, metric="exposure: bias of the difference", **row))
                if effect:
                    less = values[:, 0] - effect
                    metric = "exposure: difference less the first drop"
                    rows.append(mean_of(less, metric=metric, **row))
    return rows


def exposed(memory: float, exposure: Exposure, state: int) -> dict[str, tuple[float, float, float]]:
    """Return a difference, its p-value and what it estimates, of one source's weeks, by test."""
    weeks = simulate_weeks(
        WEEKS, 30, truth=Truth(), memory=memory, exposure=exposure, random_state=state
    )
    said = weeks["inside"].to_numpy() > 0  # a week without a claim has no stance
    at = np.flatnonzero(said).astype(float)
    values = ((weeks["favor"] - weeks["against"]) / weeks["inside"].where(said)).to_numpy()[said]
    mean = weeks["stance"].to_numpy()[said]
    near, after = np.abs(at - EXPOSED + 0.5) < WINDOW, at >= EXPOSED
    close = mean[near & after].mean() - mean[near & ~after].mean()
    placebo = placebo_effect(values, at, EXPOSED, window=WINDOW)
    return {f"placebo weeks, {WINDOW} weeks each side": (*placebo[:2], close)}


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
    rows = coverage() + copies() + label_errors() + credit() + alarms() + exposures()
    save(pd.DataFrame(rows), "e12_recovery")
    scores = record_scores("e12", rows)
    shown = scores[~scores["metric"].str.startswith("width")]
    print(shown[["split", "metric", "system", "value", "low", "high"]].to_string(index=False))


if __name__ == "__main__":
    main()
