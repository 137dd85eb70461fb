"""Stance per side and month towards the two main framings, with the hand coding beside it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from common import BLOCS, MAIN, figure, gold, record_scores, save, table

from narrative.figures.stance import side_timeline
from narrative.timeline import TimelineSettings, time_bin


def coded_balance(framing: str) -> pd.DataFrame:
    """Return the same balance from the hand coding, by side and month."""
    coded = gold()
    coded["side"] = coded["camp"].map(BLOCS)
    bins = [time_bin(str(v), "month") for v in coded["said_at"]]
    coded["bin_start"] = [b[0] if b else None for b in bins]
    sided = coded[(coded[f"stance_{framing}"] != 0)].dropna(subset=["side", "bin_start"])
    return (
        sided.groupby(["side", "bin_start"])[f"stance_{framing}"]
        .agg(gold="mean", n_gold="size")
        .reset_index()
    )


def main() -> None:
    claims, stances, sources = table("claims"), table("stances"), table("sources")
    used = ("claims", "assignments", "stances", "documents", "sources")
    settings = TimelineSettings(freq="month", n_boot=2000)
    timeline = side_timeline({n: table(n) for n in used}, settings)
    parts = []
    scores: list[dict[str, object]] = []
    for framing in MAIN:
        mine = timeline[(timeline["framing_id"] == framing)]
        mine = mine[mine["bin_start"] >= "2025-09-01"]
        mine = mine.merge(coded_balance(framing), on=["side", "bin_start"], how="left")
        parts.append(mine)
        both = mine.dropna(subset=["stance", "gold"])
        model, hand = both["stance"].to_numpy(), both["gold"].to_numpy()
        for metric, value in (
            ("mean gap to the hand-coded balance", np.abs(model - hand)),
            ("share of balances on the other side of zero than by hand", model * hand < 0),
        ):
            scores.append(
                figure(
                    "seeds", "all", f"{metric}: {framing}", "narrative",
                    lambda at, value=value: float(value[at].mean()),
                    list(range(len(both))), "cells of side and month",
                )
            )  # fmt: skip
    out = pd.concat(parts, ignore_index=True)
    save(out, "e04_timeline")
    speakers = []
    names = dict(zip(sources["source_id"], sources["name"], strict=True))
    camp = dict(zip(sources["source_id"], sources["camp"], strict=True))
    rows = claims.merge(stances[stances["framing_id"].isin(MAIN)], on="claim_id")
    for (source, framing), part in rows.groupby(["source_id", "framing_id"]):
        taken = part[part["stance"] != 0]
        speakers.append(
            {
                "source_id": source,
                "name": names[source],
                "camp": camp[source],
                "framing_id": framing,
                "n_claims": len(part),
                "n_sided": len(taken),
                "stance": taken["stance"].mean() if len(taken) >= 3 else np.nan,
            }
        )
    save(pd.DataFrame(speakers).round(4), "e04_speakers")
    shown = [
        "framing_id",
        "side",
        "bin_start",
        "n_claims",
        "n_sided",
        "n_docs",
        "stance",
        "stance_low",
        "stance_high",
        "gold",
        "n_gold",
    ]
    print(out[shown].round(2).to_string(index=False))
    print(
        record_scores("e04", scores)[["metric", "value", "low", "high", "n"]].to_string(index=False)
    )


if __name__ == "__main__":
    main()
