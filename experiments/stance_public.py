"""Public stance sets: what each representation of a claim and a proposition tells of the side.

Every row but two is a logistic regression on one representation, fitted on a set's own training
part (or in five folds by claim or sentence, where it has none) and scored on what was kept apart:
so they differ in the representation alone. "majority" guesses, and "cross-encoder, as shipped"
fits nothing. The shipped weights saw the training part of Perspectrum and of ArgKP, three of whose
motions are IBM's, too, and nothing of the other sets. SICK's pairs share sentences, with each
other and with its training part: its interval takes them for independent and is too narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from common import figure
from scipy.sparse import spmatrix
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from stance_sets import folder_of, read_set

from narrative.agreement import accuracy, macro_f1
from narrative.encoder import (
    CachedEncoder,
    Encoder,
    Vectors,
    default_cache,
    embed,
)
from narrative.normalise import default_normaliser
from narrative.reporting import Progress
from narrative.stance import PairEncoder, stance_model
from narrative.stance.pairs import SEPARATOR

N_FOLDS = 5
CROSS = "cross-encoder"
Matrix = np.ndarray | spmatrix


def contradiction_f1(y: np.ndarray, p: np.ndarray) -> float:
    """Return F1 of the label -1."""
    both = np.sum((y == -1) & (p == -1))
    return float(2 * both / max(np.sum(y == -1) + np.sum(p == -1), 1))


@dataclass(frozen=True)
class Task:
    """A measurement on a set: train and test splits, "" for folds by group."""

    train: str
    test: str
    metric: str
    score: Callable[[np.ndarray, np.ndarray], float]
    group: str = ""  # only rows of this group


TASKS = {
    "Perspectrum": [Task("train", "test", "accuracy", accuracy)],
    "Emergent": [Task("", "", "accuracy", accuracy)],
    "IBM claim stance": [Task("train", "test", "accuracy", accuracy)],
    "GWSD": [Task("", "", "macro-F1", macro_f1)],
    "RUW": [
        Task("train", "val", "macro-F1", macro_f1, "Russia"),
        Task("train", "val", "macro-F1", macro_f1, "Ukraine"),
    ],
    "SICK": [Task("train", "test", "contradiction F1", contradiction_f1)],
}


def compared(t: pd.DataFrame, encode: Callable[[list[str]], np.ndarray]) -> np.ndarray:
    """Return both vectors, their product and their difference (Reimers & Gurevych 2019)."""
    texts = sorted(set(t["claim"]) | set(t["proposition"]))
    at = {text: i for i, text in enumerate(texts)}
    vectors = encode(texts)
    u, v = vectors[t["claim"].map(at)], vectors[t["proposition"].map(at)]
    root = np.sqrt(u.shape[1])  # features of about the same size
    return np.hstack([u * root, v * root, u * v * root**2, np.abs(u - v) * root])


def apart(t: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return each representation of claim and proposition read apart, row for row."""
    network: Encoder = stance_model().encoder
    normaliser = default_normaliser()

    def adapted(texts: list[str]) -> np.ndarray:
        return network.encode([normaliser(x) for x in texts])

    plain, own = compared(t, embed), compared(t, adapted)
    third = plain.shape[1] // 4
    cosine = plain[:, 2 * third : 3 * third].sum(axis=1, keepdims=True) / third
    return {
        "cosine": cosine,
        "frozen encoder": plain,
        "stance network": own,
        "frozen encoder + stance network": np.hstack([plain, own]),
    }


def representations(t: pd.DataFrame) -> dict[str, Matrix]:
    """Return each representation of a set's pairs, apart and read together, row for row."""
    out, together = apart(t), pair_vectors().encode(joined(t))
    beside = np.hstack([out["frozen encoder"], together])
    return {**out, CROSS: together, f"frozen encoder + {CROSS}": beside}


def joined(t: pd.DataFrame) -> list[str]:
    """Return each pair as the cross-encoder reads it."""
    normaliser = default_normaliser()
    pairs = zip(t["claim"], t["proposition"], strict=True)
    return [f"{normaliser(c)}{SEPARATOR}{normaliser(p)}" for c, p in pairs]


class _PairVectors:
    """What the head of the shipped cross-encoder reads, as an encoder that can be cached."""

    def __init__(self) -> None:
        self.inner = PairEncoder()
        self.fingerprint = f"vectors|{self.inner.fingerprint}"

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        return self.inner.vectors(texts, progress=progress)


@cache
def pair_vectors() -> Encoder:
    """Return the cross-encoder's vectors, through the cache."""
    return CachedEncoder(_PairVectors(), default_cache())


def as_shipped(t: pd.DataFrame) -> np.ndarray:
    """Return the cross-encoder's labels; where a set knows two sides, the likelier of them."""
    logits = PairEncoder().logits(pair_vectors().encode(joined(t)))
    if (t["stance"] == 0).any():
        return logits.argmax(axis=1) - 1
    return np.where(logits[:, 2] > logits[:, 0], 1, -1)


def folds(t: pd.DataFrame, task: Task) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return rows that train and rows that are scored: the set's own split, or folds by group."""
    if task.train:
        return [(np.flatnonzero(t["split"] == task.train), np.flatnonzero(t["split"] == task.test))]
    parts = GroupKFold(N_FOLDS).split(t, t["stance"], t["group"])
    return [(np.array(a), np.array(b)) for a, b in parts]


def measurements(names: Sequence[str] = tuple(TASKS)) -> Iterator[tuple[str, Task, pd.DataFrame]]:
    """Yield each measurement's name, task and rows."""
    for name in names:
        whole = read_set(name)
        for task in TASKS[name]:
            t = whole[whole["group"] == task.group] if task.group else whole
            if task.train:
                t = t[t["split"].isin([task.train, task.test])]
            yield f"{name} {task.group}".strip(), task, t.reset_index(drop=True)


def scored(
    name: str, task: Task, t: pd.DataFrame, rows: np.ndarray, system: str, p: np.ndarray
) -> dict[str, object]:
    """Return a system's figure with its interval by claim, topic or target group."""
    y = t["stance"].to_numpy(dtype=int)[rows]
    # Within one target, every tweet is a group of its own.
    groups = rows.tolist() if task.group else t["group"].to_numpy()[rows].tolist()
    return figure(
        "public sets",
        name,
        task.metric,
        system,
        lambda at: task.score(y[at], p[at]),
        groups,
        "pairs",
    )


def predictions(t: pd.DataFrame, task: Task) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the rows that are scored and every system's labels for them."""
    y, matrices, shipped = t["stance"].to_numpy(dtype=int), representations(t), as_shipped(t)
    parts = folds(t, task)
    rows = np.concatenate([b for _, b in parts])
    out: dict[str, list[np.ndarray]] = {}
    both = (t["claim"] + " | " + t["proposition"]).to_numpy(dtype=object)
    for train, test in parts:
        words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True).fit(both[train])
        fold = {k: (m[train], m[test]) for k, m in matrices.items()}
        fold["TF-IDF"] = (words.transform(both[train]), words.transform(both[test]))
        for name, (x, new) in fold.items():
            strength = 1.0 if name in ("TF-IDF", "cosine") else 0.01  # thousands of features
            model = LogisticRegression(C=strength, max_iter=1000).fit(x, y[train])
            out.setdefault(f"{name} + LR", []).append(model.predict(new))
        guess = DummyClassifier(strategy="most_frequent").fit(y[train], y[train])
        out.setdefault(f"{CROSS}, as shipped", []).append(shipped[test])
        out.setdefault("majority", []).append(guess.predict(y[test]))
    return rows, {name: np.concatenate(p) for name, p in out.items()}


def public_sets() -> list[dict[str, object]]:
    """Return every system's figure on every set."""
    out: list[dict[str, object]] = []
    for name, task, t in measurements():
        rows, labels = predictions(t, task)
        out += [scored(name, task, t, rows, system, p) for system, p in labels.items()]
    return out


def at_hand() -> bool:
    """Say whether the sets' folders are under ``NARRATIVE_DATA``."""
    return all(folder_of(name).is_dir() for name in TASKS)
