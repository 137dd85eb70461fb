"""How well sides are read out of headlines for the battle, against hand coding.

``seeds/battle/coding.csv`` has the codes of 180 claims of ``ruwa`` and 100 headlines of ``state``,
by the sha256 of their text: for (1), against (-1) or neither (0) for each framing. A claim counts
for a framing where the run has it in the framing and its stance is so (``battle_data.py``).
Nothing was chosen on these codes but that rule, the stricter of the two printed. Needs the runs of
``battle_data.py``; not part of ``make reproduce``, its figures stay in ``figures/scores.csv``.

    NARRATIVE_DATA=... python experiments/battle_gold.py
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from battle_data import CORPORA, FACTS
from common import HOME, RESULTS, figure, record_scores
from control_gold import key, ratio

from narrative.storage import read_table

# "R", inevitability, is not scored: it was coded as how the war as a whole must end, and the scorer
# learned the seeds' wider rule (any Russian success in the contested fight).
CODES = {c: f for c, f in zip(("R", "A", "C", "H", "P"), HOME, strict=True) if c != "R"}
RULES = ("in the framing", "any claim")


def read_sides(corpus: str) -> pd.DataFrame:
    """Return a run's stances, with the key of their text and whether it is in the framing."""
    run = RESULTS / "battle" / corpus / "run"
    claims, stances, assigned = (
        read_table(run / f"{n}.parquet") for n in ("claims", "stances", "assignments")
    )
    claims = claims.drop_duplicates("text").assign(headline=lambda t: t["text"].map(key))
    table = stances.merge(claims[["claim_id", "headline"]], on="claim_id")
    inside = assigned[["claim_id", "framing_id"]].assign(inside=True)
    table = table.merge(inside, on=["claim_id", "framing_id"], how="left")
    return table.assign(inside=table["inside"].fillna(False).astype(bool))


def rows_of(corpus: str, coded: pd.DataFrame) -> list[dict[str, object]]:
    """Return precision and recall of claims for and against each framing."""
    read = [read_sides(c) for c in coded["corpus"].unique()]
    sides = pd.concat(read).drop_duplicates(["headline", "framing_id"])
    sides = sides.set_index(["headline", "framing_id"])
    rows = []
    for code, framing in CODES.items():
        at = [(k, framing) for k in coded["headline"]]
        found = sides.reindex(at)
        for rule in RULES:
            kept = found["inside"].fillna(False).to_numpy(bool) | (rule == "any claim")
            got = np.where(kept, found["stance"].fillna(0).to_numpy(int), 0)
            want = coded[code].to_numpy(int)
            for name, side in (("for", 1), ("against", -1)):
                hit = ((got == side) & (want == side)).astype(float)
                for metric, of in (("precision", got == side), ("recall", want == side)):
                    below = of.astype(float)
                    if not below.sum():
                        continue
                    rows.append(
                        figure(
                            corpus, "coded", f"{metric}, {name}: {framing}", rule,
                            ratio(hit, below, np.ones(len(coded))), list(coded["headline"]),
                            "claims", counts=below,
                        )
                    )  # fmt: skip
    return rows


def main() -> None:
    coding = pd.read_csv(FACTS / "coding.csv")
    rows = []
    for corpus in CORPORA:
        rows += rows_of(corpus, coding[coding["corpus"] == corpus])
    rows += rows_of("both", coding)
    scores = record_scores("battle gold", rows)
    print(scores[["dataset", "metric", "system", "value", "low", "high", "n"]].to_string())


if __name__ == "__main__":
    main()
