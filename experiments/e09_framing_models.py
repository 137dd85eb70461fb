"""Ways to find framings beside each other: groups coded by people, pairs, and the codebook.

All that take vectors take the same ones: the pinned encoder's, of actor-normalised text on the war
sets, and there once more those that a run groups, with stance scores. On the seeds these hold what
heads trained on the very framings say: that measures the heads. Our settings were chosen on the
sets of ``framing_sets.CHOSEN_ON`` and on written documents, BERTopic's and NMF's are their own; the
number of coded groups is given to those that ask for one. Labels are held fixed: intervals are of
the sample of texts and of the random states, not of grouping another sample.

Not part of ``make reproduce``: it needs the public sets (``NARRATIVE_DATA``) and BERTopic
(``pip install -e '.[bench]'``). Figures of sets that are not at hand, or not among ``--sets``, stay
as they are; without BERTopic, or with fewer states, nothing is recorded. With ``--systems`` only
those are measured again, beside ours, and the figures of the others stay. Seconds and memory are
printed by ``benchmarks/framings.py``.

    NARRATIVE_DATA=... python experiments/e09_framing_models.py [--states 20] [--sets NAME ...]
        [--systems NAME ...]
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
from common import SEEDS, gold, record_scores, save, table
from framing_guided import guided_rows
from framing_peers import HAS_BERTOPIC, OURS, ours, systems
from framing_sets import SETS, read_groups
from scipy.optimize import linear_sum_assignment
from scipy.stats import binomtest
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score, v_measure_score
from stance_data import TRAINING
from tqdm import tqdm
from validity import texts

from narrative.agreement import paragraph_groups
from narrative.codebook import read_codebook
from narrative.encoder import embed
from narrative.framings import FramingSettings, discovery_vectors
from narrative.framings.model import NOISE
from narrative.naming import distinctive_terms
from narrative.normalise import build_normaliser, default_normaliser
from narrative.stance import stance_model
from narrative.stance.in_context import claim_inputs
from narrative.study import read_study

Rows = list[dict[str, object]]
Encode = Callable[[pd.DataFrame], np.ndarray]
SEEDS_GOLD, PAIRS = "seeds gold", "written pairs"
N_HALVES, FEW_UNITS, N_SCORED = 50, 10, 5
N_STATES, N_FEW, MANY = 20, 5, 200  # of topic sets fewer states; NMF of so many runs once
AWARE = "stance scores"  # beside the topic: what a run groups
WAR = (SEEDS_GOLD, "war statements", "EUvsDisinfo")


def matched_accuracy(y: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of texts in the group that their cluster is matched to, one to one.

    What is left as noise is matched to nothing.
    """
    kept = labels != NOISE
    if not kept.any():
        return 0.0
    counts = pd.crosstab(y[kept], labels[kept]).to_numpy()
    rows, columns = linear_sum_assignment(-counts)
    return float(counts[rows, columns].sum() / len(y))


SHARES = ("accuracy, matched", "left as noise", "V-measure")
METRICS: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "AMI": adjusted_mutual_info_score,
    "ARI": adjusted_rand_score,
    "V-measure": v_measure_score,
    "accuracy, matched": matched_accuracy,
    "left as noise": lambda _, labels: float((labels == NOISE).mean()),
}


def seeds_groups() -> pd.DataFrame:
    """Return the coded claims of the seeds, also in their place, by framing and paragraph."""
    coded = gold()
    normaliser = build_normaliser(table("sources"), read_study(SEEDS).places())
    return pd.DataFrame(
        {
            "raw": coded["text"],
            "text": normaliser.many(coded["text"], coded["camp"]),
            "placed": claim_inputs(coded, coded["camp"], normaliser),
            "label": coded["framing"],
            "unit": paragraph_groups(coded, texts()),
        }
    )


def groups_of(name: str) -> pd.DataFrame | None:
    """Return a set's texts as they are (``raw``), normalised and in their place, with groups."""
    if name == SEEDS_GOLD:
        return seeds_groups()
    out = read_groups(name)
    if out is None:
        return None
    normaliser = default_normaliser()
    normal = out["text"] if SETS[name].topics else [normaliser(t) for t in out["text"]]
    return out.assign(raw=out["text"], text=normal, placed=normal)


def halves(units: np.ndarray) -> tuple[list[np.ndarray], str]:
    """Return masks of the rows of random halves of the units, and what was drawn.

    Drawing a text twice would add a pair that always agrees. The spread of a statistic between
    halves is its standard error: a half differs from the whole as the whole from its population
    (Politis, Romano and Wolf 1999, chapter 2). Texts are drawn where there are few units.
    """
    names, at = np.unique(units, return_inverse=True)
    few = len(names) < FEW_UNITS
    drawn_of = f"texts of {len(names)} debates" if few else "units"
    if few or len(names) == len(units):
        names, at = np.arange(len(units)), np.arange(len(units))
        drawn_of = drawn_of if few else "texts"
    rng = np.random.default_rng(0)
    drawn = (rng.permutation(len(names))[: len(names) // 2] for _ in range(N_HALVES))
    return [np.isin(at, kept) for kept in drawn], drawn_of


def interval(values: list[float], by_half: list[float], least: float = -1) -> dict[str, float]:
    """Return the mean of a statistic over states, and 95 % limits: of the sample and the states.

    `by_half` are its means over states on halves of the sample; `least` is what it can be at least.
    """
    value, error = float(np.mean(values)), float(np.std(by_half))
    if len(values) > 1:
        error = float(np.hypot(error, np.std(values, ddof=1) / len(values) ** 0.5))
    low, high = max(value - 1.96 * error, least), min(value + 1.96 * error, 1)
    return {"value": value, "low": low, "high": high}


def scored(name: str, groups: pd.DataFrame, found: dict[str, list[np.ndarray]]) -> Rows:
    """Return the rows of a set: each system's mean over states, and what it lacks to ours."""
    y = groups["label"].to_numpy(str)
    parts, drawn = halves(groups["unit"].to_numpy(str))
    out: Rows = []
    ami: dict[str, tuple[list[float], list[float]]] = {}
    for system, runs in found.items():
        shared = {"dataset": name, "split": "all", "system": system, "n": len(y)}
        unit = f"texts, runs: {len(runs)}; interval by {drawn}; noise is one cluster"
        # Where nothing is drawn all runs are the same: they are scored once.
        same = all(np.array_equal(runs[0], r) for r in runs[1:])
        distinct = runs[:1] if same else runs
        for metric, score in METRICS.items():
            values = [score(y, r) for r in distinct]
            by_half = [np.mean([score(y[p], r[p]) for r in distinct[:N_SCORED]]) for p in parts]
            least = 0 if metric in SHARES else -1
            limits = interval(values, by_half, least)
            out.append(shared | {"metric": metric, "unit": unit} | limits)
            if metric == "AMI":
                ami[system] = values, by_half
        first = OURS + (f", {AWARE}" if system.endswith(AWARE) else "")
        if system != first:
            ahead = [float(np.mean(ami[first][0])) - value for value in ami[system][0]]
            by_half = [a - b for a, b in zip(ami[first][1], ami[system][1], strict=True)]
            row = {"metric": "AMI of ours, less this one's", "unit": unit}
            out.append(shared | row | interval(ahead, by_half))
        if len(runs) > 1:
            between = [adjusted_mutual_info_score(a, b) for a, b in pairwise(runs)]
            row = {"metric": "AMI between runs", "value": float(np.mean(between)), "n": len(runs)}
            limits = {"low": min(between), "high": max(between)}
            out.append(
                shared | row | limits | {"unit": "runs, each with the next; lowest, highest"}
            )
        n = float(np.mean([len(set(r.tolist()) - {NOISE}) for r in runs]))
        out.append(shared | {"metric": "clusters", "value": n, "unit": f"{len(set(y))} coded"})
    return out


def seed_words() -> list[list[str]]:
    """Return the most distinctive words of each framing of the codebook, to guide BERTopic."""
    framings, normaliser = read_codebook(SEEDS / "codebook.toml").framings, default_normaliser()
    sentences = [normaliser(t) for f in framings for t in f.texts]
    labels = [f.framing_id for f in framings for _ in f.texts]
    terms = distinctive_terms(sentences, labels)
    return [terms[f.framing_id] for f in framings]


def representations() -> dict[str, Encode]:
    """Return what can be clustered, from a table of ``raw, text, placed``."""
    model, weight = stance_model(), FramingSettings().stance_weight
    codebook = read_codebook(SEEDS / "codebook.toml")

    def topic(groups: pd.DataFrame) -> np.ndarray:
        return embed(groups["text"].tolist())

    def stance(groups: pd.DataFrame) -> np.ndarray:
        return model.encoder.encode(groups["placed"].tolist())

    def joined(groups: pd.DataFrame) -> np.ndarray:
        return discovery_vectors(topic(groups), stance(groups), model.adapter, codebook, weight)

    return {
        "raw text": lambda g: embed(g["raw"].tolist()),
        "normalised text": topic,
        "stance network": stance,
        AWARE: joined,
    }


def grouped(
    name: str,
    groups: pd.DataFrame,
    kind: str,
    encode: Encode,
    n_states: int,
    asked: Sequence[str] = (),
) -> dict[str, list[np.ndarray]]:
    """Return the labels of each system in each random state, all of the same vectors."""
    # What counts words reads what the vectors are of.
    given = groups["text" if name in WAR else "raw"].tolist()
    k, topics = groups["label"].nunique(), name in SETS and SETS[name].topics
    vectors = encode(groups)
    vectors.setflags(write=False)  # a system that writes into them would spoil them for the next

    def as_shared(words: list[str]) -> np.ndarray:
        return encode(pd.DataFrame(dict.fromkeys(("raw", "text", "placed"), words)))

    out = {}
    for system, group in systems(seed_words() if name == SEEDS_GOLD else None, as_shared).items():
        if kind == AWARE and system == "NMF":
            continue  # takes no vectors
        if asked and system not in (OURS, *asked):
            continue
        most = 1 if system == "NMF" and k > MANY else N_FEW if topics else n_states
        shown = tqdm(range(min(n_states, most)), desc=f"{name}, {system}", mininterval=10)
        label = f"{system}, {AWARE}" if kind == AWARE else system
        out[label] = [group(given, vectors, k, state) for state in shown]
    return out


def runs_of(
    name: str, groups: pd.DataFrame, n_states: int, asked: Sequence[str]
) -> dict[str, list[np.ndarray]]:
    """Return the labels of each system: of the encoder's vectors, on war sets of a run's, too."""
    kinds, k = representations(), groups["label"].nunique()
    plain = "normalised text" if name in WAR else "raw text"
    out = grouped(name, groups, plain, kinds[plain], n_states, asked)
    if name in WAR:
        out |= grouped(name, groups, AWARE, kinds[AWARE], n_states, asked)
        for kind in ("raw text", "stance network"):
            out[f"{OURS}, {kind}"] = [ours([], kinds[kind](groups), k, 0)]
    return out


def pair_rows() -> Rows:
    """Return the shares of written pairs that land together or apart, in one clustering of all.

    By default settings but for the smallest group: two claims. A pair with a claim in no framing is
    neither together nor apart. Labels drawn at random get .5 of both in the mean.
    """
    pairs = pd.read_csv(
        TRAINING / "held_out" / "pairs.tsv", sep="\t", dtype="string", quoting=csv.QUOTE_NONE
    )
    same = (pairs["kind"] == "same").to_numpy()
    raw = [*pairs["first"], *pairs["second"]]
    normal = [*map(default_normaliser(), raw)]
    claims = pd.DataFrame({"raw": raw, "text": normal, "placed": normal})
    settings = replace(FramingSettings(), min_cluster_size=2)
    out: Rows = []
    for kind, encode in representations().items():
        first, second = np.split(settings.model().fit_predict(encode(claims)), 2)
        held = (first != NOISE) & (second != NOISE)
        hits = np.where(same, first == second, first != second) & held
        for metric, at in (("same together", same), ("opposite apart", ~same)):
            n = int(at.sum())
            low, high = binomtest(int(hits[at].sum()), n).proportion_ci(method="wilson")
            out.append(
                {"dataset": PAIRS, "split": "all", "metric": metric, "n": n, "unit": "pairs",
                 "system": kind, "value": hits[at].mean(), "low": low, "high": high}
            )  # fmt: skip
    return out


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--states", type=int, default=N_STATES)
    parser.add_argument("--sets", nargs="*", choices=[SEEDS_GOLD, *SETS])
    parser.add_argument("--systems", nargs="*", choices=list(systems()), default=[])
    args = parser.parse_args()
    names = [SEEDS_GOLD, *SETS]
    chosen = names if args.sets is None else args.sets
    rows = pair_rows() + (guided_rows() if SEEDS_GOLD in chosen else [])
    missing = []
    for name in chosen:
        groups = groups_of(name)
        if groups is None:
            missing.append(name)
            continue
        rows += scored(name, groups, runs_of(name, groups, args.states, args.systems))
        save(pd.DataFrame(rows), "e09_scores")
    if missing:
        print(f"Not under NARRATIVE_DATA: {', '.join(missing)}; their figures stay.")
    if args.states == N_STATES and args.systems:
        record_scores("e09", rows, alone=False)
    elif HAS_BERTOPIC and args.states == N_STATES:
        measured = {str(row["dataset"]) for row in rows if row["split"] == "all"}
        record_scores("e09", rows, keep=[n for n in names if n not in measured])
    else:
        print("Nothing is recorded: that takes BERTopic and all states.")
    shown = pd.DataFrame(rows)
    shown = shown[shown["metric"].isin(["AMI", "left as noise"])]
    wide = shown.pivot_table(index="system", columns=["metric", "dataset"], values="value")
    print(wide.round(2).to_string())


if __name__ == "__main__":
    main()
