"""Write what a run's methods appendix says of error rates, from ``figures/scores.csv``.

It is kept in the package (``narrative/data/measured.csv``), where a user without this repository
has it, too. Not part of ``make reproduce``: the package's own data are not made again by a run.

    python experiments/measured.py            # writes it
    python experiments/measured.py --check    # says whether it is what the scores say
"""

from __future__ import annotations

import sys

import pandas as pd
from common import ROOT, SCORES

from narrative.storage import write_text

OUT = ROOT / "narrative" / "data" / "measured.csv"
COLUMNS = [
    "step", "measure", "framing_id", "system", "material", "value", "low", "high", "n", "unit",
]  # fmt: skip
_SEEDS = "seeds"
_HEADLINES = "headlines"
_STANCE = "stance macro-F1: "
# (experiment, split, metric) → (step, measure). A split "all" is of the whole hand coding.
_EXTRACTION = {
    "claim detection F1": ("claims", "found (F1)"),
    "speaker accuracy": ("speaker", "right, of matched claims"),
    "voice accuracy": ("voice", "right, of matched claims"),
    "cue stance accuracy": ("cue stance", "right, of matched claims"),
    "said_at accuracy": ("date of statement", "right, of matched claims"),
    "said_at accuracy where the gold has a day": ("date of statement", "right, where coded a day"),
}
_CONTROL = {
    ("e05", "all", "control claims: precision"): ("control", "precision"),
    ("e05", "all", "control claims: recall"): ("control", "recall"),
    ("control gold", "third test", "capture claims: precision"): ("control", "precision"),
    ("control gold", "third test", "capture claims: recall"): ("control", "recall"),
    ("control gold", "all coded", "capture claims: place resolved"): ("place", "resolved"),
    ("control gold", "all coded", "capture claims: place right, of those resolved"): (
        "place",
        "right, of those resolved",
    ),
}
_ORDER = (
    "claims", "speaker", "voice", "cue stance", "date of statement", "framing", "stance", "control",
    "place",
)  # fmt: skip
_TOLERATED = 0.01  # processors round differently, and a score moves by a claim or two


def measured() -> pd.DataFrame:
    """Return the figures that describe what a run uses, a row each."""
    scores = pd.read_csv(SCORES)
    rows = []
    for row in scores.to_dict("records"):
        metric, key = row["metric"], (row["experiment"], row["split"], row["metric"])
        framing = ""
        if key[:2] == ("e07", "all") and metric in _EXTRACTION:
            step, measure = _EXTRACTION[metric]
        elif key == ("e03", "all", "framing macro-F1"):
            step, measure = "framing", "macro-F1, on the coders' spans"
        elif key[:2] == ("e03", "all") and metric.startswith(_STANCE):
            step, measure = "stance", "macro-F1, on the coders' spans"
            framing = metric.removeprefix(_STANCE)
        elif key in _CONTROL:
            step, measure = _CONTROL[key]
        else:
            continue
        material = _HEADLINES if row["dataset"] == "headlines" else _SEEDS
        figures = [row[c] for c in ("value", "low", "high", "n", "unit")]
        rows.append((step, measure, framing, row["system"], material, *figures))
    table = pd.DataFrame(rows, columns=COLUMNS)
    ours = table[~table["system"].str.startswith(("second coder", "majority", "cosine"))]
    by = ours["step"].map(_ORDER.index).sort_values(kind="stable")
    return ours.loc[by.index].reset_index(drop=True)


def main() -> None:
    """Write or check the file."""
    now = measured()
    if "--check" not in sys.argv[1:]:
        write_text(now.to_csv(index=False, lineterminator="\n"), OUT)
        return
    kept = pd.read_csv(OUT, keep_default_na=False, na_values={"low": "", "high": ""})
    names, numbers = [*COLUMNS[:5], "n", "unit"], ["value", "low", "high"]
    same = (
        len(kept) == len(now)
        and (kept[names].astype(str).to_numpy() == now[names].astype(str).to_numpy()).all()
    )
    if not same or (kept[numbers].astype(float) - now[numbers]).abs().max().max() > _TOLERATED:
        raise SystemExit(f"{OUT} is not what figures/scores.csv says: run experiments/measured.py.")


if __name__ == "__main__":
    main()
