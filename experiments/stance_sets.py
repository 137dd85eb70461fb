"""Public stance sets as (claim, proposition, stance) rows, read from ``NARRATIVE_DATA/stance``.

No text of them is committed. ``group`` is what a split must keep together (claim, topic, target);
``split`` is the set's own, or "" where it has none.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd

COLUMNS = ["claim", "proposition", "stance", "group", "split"]
Reader = Callable[[Path], pd.DataFrame]
CLIMATE = "Climate change is a serious concern."


def _rows(**columns: object) -> pd.DataFrame:
    return pd.DataFrame(columns)[COLUMNS].reset_index(drop=True)


def perspectrum(folder: Path) -> pd.DataFrame:
    """Perspectives that support or undermine a claim (Chen et al. 2019)."""
    pool = {
        p["pId"]: p["text"] for p in json.loads((folder / "perspective_pool_v1.0.json").read_text())
    }
    split = json.loads((folder / "dataset_split_v1.0.json").read_text())
    sides = {"SUPPORT": 1, "UNDERMINE": -1}
    rows = [
        (pool[pid], c["text"], sides[p["stance_label_3"]], c["cId"], split[str(c["cId"])])
        for c in json.loads((folder / "perspectrum_with_answers_v1.0.json").read_text())
        for p in c["perspectives"]
        if p["stance_label_3"] in sides
        for pid in p["pids"]
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def emergent(folder: Path) -> pd.DataFrame:
    """Headlines for, against or observing a rumoured claim (Ferreira & Vlachos 2016)."""
    t = pd.read_csv(folder / "url-versions-2015-06-14-clean.csv")
    stance = t["articleHeadlineStance"].map({"for": 1, "observing": 0, "against": -1})
    return _rows(
        claim=t["articleHeadline"], proposition=t["claimHeadline"], stance=stance,
        group=t["claimId"], split="",
    )  # fmt: skip


def ibm(folder: Path) -> pd.DataFrame:
    """Claims pro or con a motion (Bar-Haim et al. 2017)."""
    t = pd.read_csv(folder / "claims_clean.csv")
    t = t[t["claims.stance"].isin(["PRO", "CON"])]
    return _rows(
        claim=t["claims.claimCorrectedText"], proposition=t["topicText"],
        stance=t["claims.stance"].map({"PRO": 1, "CON": -1}), group=t["topicId"], split=t["split"],
    )  # fmt: skip


def gwsd(folder: Path) -> pd.DataFrame:
    """Opinion sentences on global warming (Luo, Card & Jurafsky 2020); the likeliest label."""
    t = pd.read_csv(folder / "GWSD_train.tsv", sep="\t", index_col=0)
    t = t.dropna(subset=["agree", "neutral", "disagree"])
    label = t[["disagree", "neutral", "agree"]].to_numpy().argmax(1) - 1
    return _rows(claim=t["sentence"], proposition=CLIMATE, stance=label, group=t["guid"], split="")


def ruw(folder: Path) -> pd.DataFrame:
    """Tweets on the war, stance towards Russia and towards Ukraine; ``group`` is the target."""
    sides = {"FAVOR": 1, "NONE": 0, "AGAINST": -1}
    parts = []
    for split in ("train", "val"):
        t = pd.read_csv(
            folder / f"raw_{split}_Russia_Ukraine.csv", encoding="cp1252", encoding_errors="replace"
        )
        for n in (1, 2):
            target = t[f"Target {n}"]
            stance = t[f"Stance {n}"].map(sides)
            parts.append(
                _rows(
                    claim=t["Tweet"], proposition=target, stance=stance, group=target, split=split
                )
            )
    both = pd.concat(parts, ignore_index=True)
    return both.dropna(subset=["claim", "stance"]).reset_index(drop=True)


def sick(folder: Path) -> pd.DataFrame:
    """Sentence pairs that entail, contradict or neither (Marelli et al. 2014), each a group."""
    parts = []
    for name, split in (("SICK_train.txt", "train"), ("SICK_test_annotated.txt", "test")):
        t = pd.read_csv(folder / name, sep="\t")
        stance = t["entailment_judgment"].map({"ENTAILMENT": 1, "NEUTRAL": 0, "CONTRADICTION": -1})
        parts.append(
            _rows(
                claim=t["sentence_A"], proposition=t["sentence_B"], stance=stance,
                group=t["pair_ID"], split=split,
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def argkp(folder: Path) -> pd.DataFrame:
    """Arguments for or against a motion, and key points that they hold or not."""
    parts = []
    for split in ("train", "dev"):
        t = pd.read_csv(folder / "kpm_data" / f"arguments_{split}.csv")
        parts.append(
            _rows(
                claim=t["argument"], proposition=t["topic"], stance=t["stance"], group=t["topic"],
                split=split,
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def argkp_key_points(folder: Path) -> pd.DataFrame:
    """Arguments and key points of the same side: the argument makes the point, or does not."""
    parts = []
    for split in ("train", "dev"):
        tables = (
            pd.read_csv(folder / "kpm_data" / f"{name}_{split}.csv")
            for name in ("labels", "arguments", "key_points")
        )
        labels, arguments, points = tables
        t = labels.merge(arguments, on="arg_id").merge(
            points[["key_point_id", "key_point"]], on="key_point_id"
        )
        parts.append(
            _rows(
                claim=t["argument"], proposition=t["key_point"], stance=t["label"],
                group=t["topic"], split=split,
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def med(folder: Path) -> pd.DataFrame:
    """Sentence pairs that entail or not by what a word's place allows (Yanaka et al. 2019)."""
    t = pd.read_csv(folder / "MED.tsv", sep="\t", quoting=csv.QUOTE_NONE)
    stance = (t["gold_label"] == "entailment").astype(int)
    return _rows(
        claim=t["sentence1"], proposition=t["sentence2"], stance=stance, group=t["pairID"],
        split="train",
    )  # fmt: skip


SETS: dict[str, tuple[str, Reader]] = {
    "Perspectrum": ("perspectrum", perspectrum),
    "Emergent": ("emergent", emergent),
    "IBM claim stance": ("ibm_claim_stance", ibm),
    "GWSD": ("gwsd", gwsd),
    "RUW": ("ruw", ruw),
    "SICK": ("sick2014", sick),
    "ArgKP": ("argkp2021", argkp),
    "ArgKP key points": ("argkp2021", argkp_key_points),
    "MED": ("med_monotonicity", med),
}


def folder_of(name: str) -> Path:
    """Return where a set should lie."""
    return Path(os.environ.get("NARRATIVE_DATA", "NARRATIVE_DATA")) / "stance" / SETS[name][0]


def read_set(name: str) -> pd.DataFrame:
    """Return a set by its name in ``SETS``.

    Raises
    ------
    SystemExit
        If it is not under ``NARRATIVE_DATA/stance``; says where it was looked for.
    """
    path = folder_of(name)
    if not path.is_dir():
        raise SystemExit(
            f"{name} is not at {path}; set NARRATIVE_DATA to the folder that holds stance/ "
            "(README: Data that do not ship)."
        )
    return SETS[name][1](path)
