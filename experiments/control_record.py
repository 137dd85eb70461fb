"""Claims of control in headlines of Russian state sources, as facts beside what was assessed.

Reads the headlines under ``NARRATIVE_DATA`` by the package's rules and writes
``seeds/control_record.csv``: place, claimed status, extent, claimant, outlet, day and address of
each claim whose place the shipped gazetteer has, and when each reference first assessed half of the
place and all of it. No headline is kept. ``e11_ledger`` reruns from this table.

    NARRATIVE_DATA=... python experiments/control_record.py
"""

from __future__ import annotations

import pandas as pd
from common import SEEDS
from headlines import headline_claims, read_headlines

from narrative.ledger import Gazetteer, build_ledger, shipped_places
from narrative.storage import write_text
from narrative.study import read_study

KEPT = ["claim_id", "place_id", "claimed_status", "extent", "share", "certainty", "claimant",
        "outlet", "said_at", "url"]  # fmt: skip


def control_table(claims: pd.DataFrame) -> pd.DataFrame:
    """Return the ``control`` table of headline claims."""
    return claims.assign(
        camp="russian", by_context=False, share=claims["share"].fillna("").astype("string")
    )


def main() -> None:
    headlines = read_headlines()
    if headlines is None:
        raise SystemExit(
            "Set NARRATIVE_DATA to the folder that holds war/ru_state_media (headlines gathered in "
            "github.com/lobsterbush/kremlin-speeches). The facts are in seeds/control_record.csv."
        )
    claims = headline_claims(headlines, Gazetteer(shipped_places()))
    known = claims[claims["place_id"] != ""].rename(columns={"source": "outlet"})
    known = known.drop_duplicates(["url", "said_at", "place_id", "claimed_status", "claimant"])
    known = known.sort_values(["said_at", "place_id", "outlet", "url"], kind="stable")
    known["claim_id"] = [f"h{i:05d}" for i in range(len(known))]
    study = read_study(SEEDS)
    ledger = build_ledger(control_table(known), study.assessments(), study.references())
    wide = ledger.assign(claim_id=ledger["claim_ids"].str.split("|")).explode("claim_id")
    wide["column"] = wide["reference"] + "_reached_" + (100 * wide["level"]).astype(int).astype(str)
    wide["when"] = wide["reached_by"].where(
        wide["reached_by"] != "", "not by " + wide["reached_after"]
    )
    dates = wide.pivot_table(index="claim_id", columns="column", values="when", aggfunc="first")
    out = known[KEPT].merge(dates, left_on="claim_id", right_index=True, how="left").fillna("")
    write_text(out.to_csv(index=False, lineterminator="\n"), SEEDS / "control_record.csv")
    print(
        f"{len(headlines)} headlines, {len(claims)} claims of control, {len(known)} of known places"
    )
    print(pd.crosstab(out["outlet"], out["claimed_status"]).to_string())


if __name__ == "__main__":
    main()
