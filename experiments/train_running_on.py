"""Train what decides whether a sentence without a cue goes on with the source before it.

Reads the documents written and coded for the purpose (``training/documents``), runs the attribution
over them with the coded answer in place of the decision, and fits a logistic regression on what
``narrative.running_on.features`` sees. Figures are printed with each document left out in turn.

    python experiments/train_running_on.py [--documents FOLDER]
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from common import ROOT
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.pipeline import make_pipeline
from stance_data import span_of

from narrative.lexicon import load_cues
from narrative.reader import Reading, shipped_reader
from narrative.resampling import group_bootstrap
from narrative.running_on import Before, features
from narrative.segmentation import Span
from narrative.speakers import SpeakerIndex, check_sources, with_shipped
from narrative.storage import write_text
from narrative.tagged import TaggedAttributor

OUT = ROOT / "narrative" / "data" / "running_on_en.json"
STRENGTH = 0.3  # inverse of the penalty


@dataclass
class Coded:
    """Answers from a document's coding, and keeps what it was asked."""

    claims: list[
        tuple[int, int, bool]
    ]  # start, end, whether it is somebody else's than the author's
    asked: list[tuple[dict[str, float], bool]] = field(default_factory=list)

    def __call__(self, text: str, sentence: Span, before: Before, reading: Reading) -> float:
        sizes = {True: 0, False: 0}
        for start, end, others in self.claims:
            sizes[others] += max(0, min(end, sentence[1]) - max(start, sentence[0]))
        if not sum(sizes.values()):
            return 0.0
        answer = sizes[True] > sizes[False]
        self.asked.append((features(text, sentence, before, reading), answer))
        return float(answer)


def read_documents(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(p.read_text(encoding="utf-8")) for p in sorted(folder.glob("*.json"))]


def claim_spans(document: dict[str, Any]) -> list[tuple[int, int, bool]]:
    text = document["text"]
    return [(*span_of(text, c), c["voice"] != "author") for c in document["claims"]]


def listed(folder: Path) -> pd.DataFrame:
    """Return the invented sources of the documents, and the shipped ones."""
    sources = pd.read_csv(folder / "sources.csv", dtype="string", keep_default_na=False)
    return with_shipped(check_sources(sources))


def questions(
    documents: list[dict[str, Any]], sources: pd.DataFrame
) -> tuple[list[dict[str, float]], list[bool], list[int]]:
    """Return features, answers and documents of all sentences that the decision is asked about."""
    rows, answers, groups = [], [], []
    for number, document in enumerate(documents):
        text = document["text"]
        coded = Coded(claim_spans(document))
        (reading,) = shipped_reader().read([text])
        index, cues = SpeakerIndex(sources), load_cues("en")
        list(TaggedAttributor(text, index, cues, "en", reading, coded).run())
        rows += [f for f, _ in coded.asked]
        answers += [a for _, a in coded.asked]
        groups += [number] * len(coded.asked)
    return rows, answers, groups


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=Path, default=ROOT / "training" / "documents")
    parser.add_argument("--strength", type=float, default=STRENGTH)
    args = parser.parse_args()
    documents = read_documents(args.documents)
    rows, answers, groups = questions(documents, listed(args.documents))
    y = np.array(answers)
    model = make_pipeline(
        DictVectorizer(), LogisticRegression(C=args.strength, fit_intercept=False, max_iter=1000)
    )
    p = cross_val_predict(
        model, rows, y, groups=groups, cv=LeaveOneGroupOut(), method="predict_proba"
    )[:, 1]
    print(f"{len(y)} sentences of {len(documents)} documents, {y.mean():.2f} go on")
    for name, score in (
        ("AUC", roc_auc_score),
        ("accuracy", lambda a, b: np.mean(a == (b >= 0.5))),
        ("F1", lambda a, b: f1_score(a, b >= 0.5)),
    ):
        low, high = group_bootstrap(groups, lambda at, score=score: score(y[at], p[at]))
        print(f"{name}, documents left out: {score(y, p):.3f} [{low:.3f}, {high:.3f}]")
    model.fit(rows, y)
    weights = dict(zip(model[0].get_feature_names_out(), model[1].coef_[0], strict=True))
    kept = {str(k): round(float(v), 3) for k, v in sorted(weights.items())}
    about = {
        "made_by": "experiments/train_running_on.py", "sentences": len(y),
        "documents": len(documents), "weights": kept,
    }  # fmt: skip
    write_text(json.dumps(about, indent=1, sort_keys=True) + "\n", OUT)
    print(OUT.relative_to(ROOT))


if __name__ == "__main__":
    main()
