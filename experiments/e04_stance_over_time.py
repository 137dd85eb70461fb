"""Stance per side and month towards the two main framings, with the hand coding beside it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from common import BLOCS, MAIN, figure, gold, record_scores, save, table

from narrative.timeline import TimelineSettings, estimate_timeline, time_bin


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
    claims, documents = table("claims"), table("documents")
    assignments, stances = table("assignments"), table("stances")
    sources = table("sources")
    sides = sources.assign(camp=sources["camp"].map(BLOCS).fillna("unknown"))
    settings = TimelineSettings(freq="month", n_boot=2000)
    timeline = estimate_timeline(claims, assignments, stances, documents, sides, settings=settings)
    parts = []
    scores: list[dict[str, object]] = []
    for framing in MAIN:
        mine = timeline[(timeline["framing_id"] == framing) & (timeline["level"] == "camp")].copy()
        mine = mine.rename(columns={"source_id": "side"})
        mine = mine[mine["side"].isin(set(BLOCS.values())) & (mine["bin_start"] >= "2025-09-01")]
        side_of = claims["source_id"].map(dict(zip(sides["source_id"], sides["camp"], strict=True)))
        sided = claims.assign(
            side=side_of,
            bin_start=[(time_bin(str(v), "month") or ("", ""))[0] for v in claims["said_at"]],
        )
        sided = sided.merge(
            stances[(stances["framing_id"] == framing) & (stances["stance"] != 0)], on="claim_id"
        )
        counts = (
            sided.groupby(["side", "bin_start"])
            .agg(n_sided=("claim_id", "size"), n_docs_sided=("doc_id", "nunique"))
            .reset_index()
        )
        mine = mine.merge(counts, on=["side", "bin_start"], how="left").merge(
            coded_balance(framing), on=["side", "bin_start"], how="left"
        )
        mine["n_docs"] = mine.pop("n_docs_sided")
        mine[["n_sided", "n_docs"]] = mine[["n_sided", "n_docs"]].fillna(0).astype(int)
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
