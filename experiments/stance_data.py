"""The written claims and pairs under ``training/`` as tables, and how they are split.

Nothing of the seeds or their gold is read here. What ``training/held_out`` holds is never trained
on; it measures (``e08``).
"""

from __future__ import annotations

import csv
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from narrative.normalise import default_normaliser
from narrative.schema import CAMPS, CERTAINTIES
from narrative.stance.in_context import claim_inputs, place

TRAINING = Path(__file__).resolve().parent.parent / "training"
PROPOSITIONS = {
    "russian_victory_inevitable": "Russia's victory is inevitable; Ukraine had better accept it.",
    "russian_advance": "Russian forces are advancing and taking their objectives.",
    "ukrainian_counteroffensive": "Ukraine's counteroffensive is succeeding and retaking ground.",
    "ukrainian_resistance_holds": "Ukrainian forces are holding their ground.",
    "premature_or_false_russian_claim": "Russian claims of success are premature or false.",
    "losses_attrition": "The losses are heavy and unsustainable.",
    "negotiation_territorial_concession": "Ukraine should trade territory for peace.",
}
INEVITABLE, COUNTER = "russian_victory_inevitable", "ukrainian_counteroffensive"
FRAMINGS = [*PROPOSITIONS, "other"]
CODERS = ("first", "second")
# Topics written after the contests had been split, and after the shipped weights were trained.
LATER = ("topics_battles", "topics_sieges", "topics_quarrels", "topics_debates")
STANCE_COLUMNS = [f"stance_{k}" for k in PROPOSITIONS]


def bucket(group: str, n: int) -> int:
    """Return a number below `n` that depends on the group's name alone."""
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % n


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _claims(path: Path) -> pd.DataFrame:
    rows = []
    for number, row in enumerate(_lines(path)):
        # Neighbouring lines of a file can share an invented event: ten of them are one group.
        part = row.get("family", row.get("report", number // 10))
        stances = [np.nan if s is None else s for s in row["s"]]  # None: the coders differ
        codes = dict(zip(STANCE_COLUMNS, stances, strict=True))
        rows.append(
            {
                "text": row["text"],
                "camp": row["speaker_camp"],
                "framing": row["framing"],
                "certainty": row["certainty"],
                "op": row.get("op", ""),
                "before": row.get("before", ""),
                "after": row.get("after", ""),
                "file": str(path.relative_to(TRAINING).with_suffix("")),
                "group": f"{path.parent.name}/{path.stem}/{part}",
                **codes,
            }
        )
    return pd.DataFrame(rows)


def _normalised(table: pd.DataFrame) -> pd.DataFrame:
    """Add ``input`` and ``placed``: the claim as the scorer reads it, alone and in its place.

    The camp enters only there.
    """
    camps = table["camp"].where(table["camp"].isin(CAMPS), "")
    normaliser = default_normaliser()
    alone = normaliser.many(table["text"], camps)
    return table.assign(input=alone, placed=claim_inputs(table, camps, normaliser))


@cache
def training_claims() -> pd.DataFrame:
    """Return every claim that may train: text, camp, framing, certainty, seven stances, group.

    ``split`` is "dev" for a twentieth of the groups, "train" for the others.
    """
    paths = [
        p
        for p in sorted(TRAINING.rglob("*.jsonl"))
        if p.name != "pairs.jsonl" and p.parent.name != "held_out"
    ]
    table = pd.concat([_claims(p) for p in paths], ignore_index=True)
    table = table.drop_duplicates(["text", "before", "after"]).reset_index(drop=True)
    unknown = set(table["certainty"]) - {*CERTAINTIES, ""}  # "": the coders differ
    assert not unknown, unknown
    dev = table["group"].map(lambda g: bucket(g, 20)) == 0
    return _normalised(table).assign(split=dev.map({True: "dev", False: "train"}))


@cache
def other_contests() -> pd.DataFrame:
    """Return the written pairs on other contests: claim, proposition, stance, group, kind, split.

    ``split`` is by group: "test" for a fifth of them, "dev" for a tenth, "train" for the others
    and for all that were written ``LATER``, so that the test stays what it was; of these "apart",
    which no model sees, for contests that the test or dev part has too.
    """
    rows = [row for path in sorted(TRAINING.rglob("pairs.jsonl")) for row in _lines(path)]
    rows += [
        row | {"kind": path.stem}
        for path in sorted(TRAINING.rglob("topics_*.txt"))
        for row in _topics(path)
    ]
    table = pd.DataFrame(rows)[["claim", "proposition", "stance", "group", "kind"]]
    place = table["group"].map(lambda g: bucket(g, 10)).mask(table["kind"].isin(LATER), 9)
    split = place.map(lambda n: "test" if n < 2 else "dev" if n < 3 else "train")
    return table.assign(split=split.mask(table["group"].isin(kept_apart()["topics"]), "apart"))


@cache
def kept_apart() -> dict[str, list[str]]:
    """Return the later topics and quartets' stories whose contest is tested on other claims."""
    out: dict[str, list[str]] = json.loads((TRAINING / "kept_apart.json").read_text("utf-8"))
    return out


def quartets() -> pd.DataFrame:
    """Return an assertion (``first``, ``same``) and its opposite (``turned``, ``counter``) a row.

    Further columns ``file, group, split``: "dev" for a twentieth of the groups, "apart" for stories
    whose contest is tested on other claims, "train" for the others.
    """
    names = ["number", "story", "first", "same", "turned", "counter"]
    parts = []
    for path in sorted((TRAINING / "quartets").glob("*.tsv")):
        table = pd.read_csv(path, sep="\t", names=names, dtype=str, quoting=csv.QUOTE_NONE)
        # A contest is one group; of what is about this war, four neighbouring lines.
        lines = pd.Series((table.index // 4).astype(str), table.index)
        group = f"quartets/{path.stem}/" + table["story"].where(
            ~table["story"].isin(PROPOSITIONS), lines
        )
        parts.append(table.assign(file=f"quartets/{path.stem}", group=group))
    table = pd.concat(parts, ignore_index=True)
    split = table["group"].map(lambda g: "dev" if bucket(g, 20) == 0 else "train")
    return table.assign(split=split.mask(table["story"].isin(kept_apart()["quartets"]), "apart"))


def _topics(path: Path) -> list[dict[str, Any]]:
    """Read topics: their propositions, and claims with a code for each of them."""
    rows: list[dict[str, Any]] = []
    group, propositions = "", []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("=== "):
            group, propositions = line[4:].strip(), []
        elif line.startswith("P "):
            propositions.append(line[2:].strip())
        elif line.strip():
            codes, claim = line.split("\t")
            for proposition, code in zip(propositions, codes.split(","), strict=True):
                if code != "?":  # the coders differ
                    row = {"claim": claim, "proposition": proposition, "stance": int(code)}
                    rows.append(row | {"group": group})
    return rows


def strangers() -> pd.DataFrame:
    """Return the claims on other contests as claims that take no side in this war.

    What is written on narratives of this very war is left out: some of it does. So is what was
    written ``LATER``: the shipped network has not seen it.
    """
    pairs = other_contests()
    pairs = pairs[~pairs["kind"].isin(("topics_narratives", *LATER)) & (pairs["split"] != "test")]
    table = pairs.drop_duplicates("claim").rename(columns={"claim": "text"})
    given = {
        "before": "",
        "after": "",
        "camp": "",
        "framing": "other",
        "certainty": "",
        "op": "",
        "file": "strangers",
    }
    columns = ["text", "group", "split"]
    return _normalised(table[columns].assign(**given, **dict.fromkeys(STANCE_COLUMNS, 0)))


@cache
def held_out_families() -> pd.DataFrame:
    """Return the families of behavioural tests, which train nothing."""
    return _normalised(_claims(TRAINING / "held_out" / "families.jsonl"))


def span_of(text: str, claim: dict[str, Any]) -> tuple[int, int]:
    """Return where a written document has a claim: the ``nth`` occurrence of its ``quote``."""
    start = -1
    for _ in range(int(claim.get("nth", 0)) + 1):
        start = text.index(claim["quote"], start + 1)
    return start, start + len(claim["quote"])


def document_claims() -> pd.DataFrame:
    """Return the claims of the written documents on whose two stances both coders agree.

    Columns ``text, before, after, camp, group, framing, certainty`` (the first coder's, like
    ``framing``), ``certainty_agreed, split, input, placed`` and the two main stances. Some
    documents train; the claims of the others ("dev") are where settings are chosen.
    """
    codes = pd.read_csv(TRAINING / "documents" / "stance.csv")
    by_coder = {c: t.set_index(["document", "claim"]) for c, t in codes.groupby("coder")}
    rows = []
    for path in sorted((TRAINING / "documents").glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        for number, claim in enumerate(document["claims"]):
            first, second = (by_coder[c].loc[(document["name"], number)] for c in CODERS)
            if any(first[k] != second[k] for k in ("inevitable", "counteroffensive")):
                continue
            before, after = place(document["text"], *span_of(document["text"], claim))
            rows.append(
                {
                    "text": claim["quote"],
                    "before": before,
                    "after": after,
                    "camp": claim["camp"],
                    "file": "documents",
                    "group": document["name"],
                    "framing": first["framing"],
                    "certainty": first["certainty"],
                    "certainty_agreed": first["certainty"] == second["certainty"],
                    STANCE_COLUMNS[0]: int(first["inevitable"]),
                    STANCE_COLUMNS[2]: int(first["counteroffensive"]),
                }
            )
    table = pd.DataFrame(rows)
    split = table["group"].map(lambda g: "dev" if bucket(g, 2) else "train")
    return _normalised(table.assign(split=split))


def written(split: str) -> pd.DataFrame:
    """Return the written claims, those of documents and strangers of one split, "train" or "dev".

    What every model that learns is fitted on, so that they differ in the model alone. Claims of
    documents are coded for the two main propositions only: the other five are NaN.
    """
    parts = [training_claims(), document_claims(), strangers()]
    table = pd.concat(parts, ignore_index=True)
    return table[table["split"] == split].reset_index(drop=True)


def temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature that minimises the negative log-likelihood (Guo et al. 2017)."""
    logits, labels = logits[labels >= 0], labels[labels >= 0]
    grid = np.exp(np.linspace(np.log(0.25), np.log(8), 120))
    z = logits[None].astype(np.float64) / grid[:, None, None]
    z = z - z.max(axis=2, keepdims=True)
    loglik = np.take_along_axis(z, labels[None, :, None], 2)[..., 0] - np.log(np.exp(z).sum(2))
    return float(grid[loglik.mean(1).argmax()])
