"""Claims of control over Kupiansk beside the record of events, and the ledger of the seeds."""

from __future__ import annotations

import pandas as pd
from common import BLOCS, SEEDS, gold, record_scores, save, table

from narrative.agreement import match_spans
from narrative.figures.control import by_first_claim, drawn_claims
from narrative.ledger.record import HALF
from narrative.study import read_study

PLACE, END = "kupiansk", "2026-01-20"


def record_bands(events: pd.DataFrame) -> pd.DataFrame:
    """Return the assessed status of the place as bands from one event to the next."""
    mine = events[(events["place_id"] == PLACE) & (events["assessed_status"] != "")].sort_values(
        "date"
    )
    starts = [f"{d}-01" if len(d) == 7 else d for d in mine["date"]]
    return pd.DataFrame(
        {"start": starts, "end": [*starts[1:], END], "status": mine["assessed_status"]}
    )


def coded_claims(names: dict[str, str]) -> pd.DataFrame:
    """Return the hand-coded claims of control over the place, dated to a day."""
    coded = gold()
    places = read_study(SEEDS).places().set_index("place_id")
    spellings = [places.loc[PLACE, "name"], *str(places.loc[PLACE, "aliases"]).split("|")]
    here = coded[coded["control_place"].isin(spellings) & (coded["said_at"].str.len() == 10)]
    return pd.DataFrame(
        {
            "claim_id": here["gold_id"],
            "place_id": PLACE,
            "claimant": here["source_id"],
            "camp": here["camp"],
            "claimed_status": here["control_status"],
            "share": here["control_share"],
            "said_at": here["said_at"],
            "label": here["source_id"].map(names),
            "side": here["camp"].map(BLOCS).fillna("unknown"),
            "text": here["text"],
            "coded": True,
        }
    )


def main() -> None:
    control, ledger, sources = table("control"), table("ledger"), table("sources")
    events = read_study(SEEDS).events()
    names = dict(zip(sources["source_id"], sources["name"], strict=True))
    texts = dict(zip(table("claims")["claim_id"], table("claims")["text"], strict=True))
    here = drawn_claims(control, sources, PLACE)
    here = here[here["said_at"] >= "2025-09-01"]
    here.insert(here.columns.get_loc("coded"), "text", here["claim_id"].map(texts))
    drawn = pd.concat([here, coded_claims(names)], ignore_index=True)
    save(by_first_claim(drawn), "e05_claims")
    save(record_bands(events), "e05_record")
    save(ledger, "e05_ledger")
    half = ledger[ledger["level"] == HALF]
    print(half.drop(columns=["claim_ids", "level"]).to_string(index=False))
    coded, found = gold(), table("claims")
    pairs = match_spans(coded, found)
    a = coded.loc[pairs["first"]].reset_index(drop=True)
    b = (
        found.loc[pairs["second"], ["claim_id"]]
        .reset_index(drop=True)
        .merge(control[["claim_id", "claimed_status"]], on="claim_id", how="left")
    )
    said, got = a["control_status"].to_numpy(), b["claimed_status"].fillna("").to_numpy()
    right = int(((said == got) & (said != "")).sum())
    precision, recall = (
        right / max(1, int((got != "").sum())),
        right / max(1, int((said != "").sum())),
    )
    scores = [
        {
            "dataset": "seeds gold",
            "split": "all",
            "metric": f"control claims: {m}",
            "system": "rules",
            "value": v,
            "n": n,
            "unit": "matched claims",
        }
        for m, v, n in (
            ("precision", precision, int((got != "").sum())),
            ("recall", recall, int((said != "").sum())),
        )
    ]
    scores += [
        {
            "dataset": "seeds",
            "split": "all",
            "metric": m,
            "system": "narrative",
            "value": v,
            "n": len(half),
            "unit": "claims of holding a place whose events are assessed",
        }
        for m, v in (
            ("ledger claims", len(half)),
            ("never assessed at half the place", int((half["reached_by"] == "").sum())),
            ("exposed", int((half["exposed_at"] != "").sum())),
        )
    ]
    print(record_scores("e05", scores)[["metric", "value", "n"]].to_string(index=False))


if __name__ == "__main__":
    main()
