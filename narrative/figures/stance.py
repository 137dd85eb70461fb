"""Stance and prevalence by side and time: tables of a run to the table of a figure."""

from __future__ import annotations

from typing import Any

import pandas as pd

from narrative.plots import MIN_SIDED, SIDE_OF
from narrative.schema import UNKNOWN
from narrative.timeline import TimelineSettings, estimate_timeline, time_bin

MIN_TIMES = 2  # bins with a point, below which there is nothing to follow


def side_timeline(
    tables: dict[str, pd.DataFrame], settings: TimelineSettings, *, random_state: int = 0
) -> pd.DataFrame:
    """Return prevalence and stance of every framing by side and bin.

    Parameters
    ----------
    tables : dict of str to DataFrame
        ``claims, assignments, stances, documents, sources``.
    settings : TimelineSettings
    random_state : int

    Returns
    -------
    DataFrame
        As ``estimate_timeline`` gives it for camps, with ``side`` in place of ``source_id``, and of
        the claims that take a side ``n_sided`` and the number of their documents (copies counted
        once), ``n_docs``; ``n_docs_all`` is the documents of all claims.
    """
    claims, sources = tables["claims"], tables["sources"]
    sides = sources.assign(camp=sources["camp"].map(SIDE_OF).fillna(UNKNOWN))
    timeline = estimate_timeline(
        claims, tables["assignments"], tables["stances"], tables["documents"], sides,
        settings=settings, random_state=random_state,
    )  # fmt: skip
    mine = timeline[timeline["level"] == "camp"].rename(columns={"source_id": "side"})
    mine = mine[mine["side"].isin(set(SIDE_OF.values()))]
    keys = ["side", "framing_id", "bin_start"]
    group = dict(zip(tables["documents"]["doc_id"], tables["documents"]["copy_group"], strict=True))
    placed = claims.assign(unit=claims["doc_id"].map(group))
    counts = _sided(placed, tables["stances"], sides, settings.freq)
    out = mine.merge(counts, on=keys, how="left")
    out["n_docs_all"] = out["n_docs"]
    out["n_docs"] = out.pop("n_docs_sided").fillna(0).astype(int)
    return out.assign(n_sided=out["n_sided"].fillna(0).astype(int))


def _sided(
    claims: pd.DataFrame, stances: pd.DataFrame, sides: pd.DataFrame, freq: str
) -> pd.DataFrame:
    """Return how many claims take a side, and in how many units, by side, framing and bin."""
    side_of = dict(zip(sides["source_id"], sides["camp"], strict=True))
    placed = claims[["claim_id", "unit"]].assign(
        side=claims["source_id"].map(side_of),
        bin_start=[(time_bin(str(v), freq) or ("", ""))[0] for v in claims["said_at"]],
    )
    taken = stances.loc[stances["stance"] != 0, ["claim_id", "framing_id"]]
    sided = placed.merge(taken, on="claim_id").groupby(["side", "framing_id", "bin_start"])
    counts: Any = sided.agg(n_sided=("claim_id", "size"), n_docs_sided=("unit", "nunique"))
    return pd.DataFrame(counts.reset_index())


def shown_span(
    table: pd.DataFrame, value: str = "stance", counted: str = "n_sided"
) -> pd.DataFrame:
    """Return the rows from the first to the last bin of which a point is drawn.

    Claims that a document dates long before or after the others would leave the figure empty.
    """
    full = table[(table[counted] >= MIN_SIDED) & table[value].notna()]
    if full["bin_start"].nunique() < MIN_TIMES:
        return table.iloc[:0]
    first, last = full["bin_start"].min(), full["bin_start"].max()
    return table[table["bin_start"].between(first, last)]
