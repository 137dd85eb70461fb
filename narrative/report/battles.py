"""The contest of camps in the payload of a page: what ``narrative.battle`` gives, by place.

The page has the same counts for claims that its filters narrow (``battle.js``); what stands here is
the run's, with the run's intervals.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from narrative.battle import MIN_DOCS, adoption, against_interest, first_adopters
from narrative.figures.shares import MIN_CLAIMS, home_camps
from narrative.resampling import clustered_intervals

Tables = dict[str, pd.DataFrame]
Row = dict[str, Any]


def battle_of(tables: Tables, homes: dict[str, str], at: dict[str, int], places: Row) -> Row:
    """Return adoption, first adopters, testimony against interest and contest of a run.

    Parameters
    ----------
    tables : dict of DataFrame
    homes : dict of framing_id to camp
        The camp whose story each framing is (of the manifest).
    at : dict of claim_id to int
        Place of each claim in the payload.
    places : dict of framing_id to int
        Place of each framing in the payload.
    """
    claims, stances = tables["claims"], tables["stances"]
    documents, sources = tables["documents"], tables["sources"]
    scored = set(stances["framing_id"])
    home = home_camps({f: c for f, c in homes.items() if f in places and f in scored})
    adopted = {
        kind: adoption(
            claims, stances, sources, home, documents=documents, counted=counted,
            min_claims=MIN_CLAIMS,
        )
        for kind, counted in (("raw", "raw"), ("once", "copies once"))
    }  # fmt: skip
    first = first_adopters(claims, stances, sources, home)
    interest = against_interest(
        claims, stances, sources, home, documents=documents, min_claims=MIN_CLAIMS
    )
    return {
        "home": {f: sorted(camps) for f, camps in sorted(home.items())},
        "min_claims": MIN_CLAIMS,
        "min_docs": MIN_DOCS,
        "adoption": {
            kind: [_adoption_row(row, places) for row in table.to_dict("records")]
            for kind, table in adopted.items()
        },
        "first": [
            [places[f], at[c]] for f, c in zip(first["framing_id"], first["claim_id"], strict=True)
        ],
        "interest": [
            {"source": row["source_id"], "docs": int(row["n_docs"]), "n": int(row["n_sided"])}
            | _share(row, "against")
            for row in interest.to_dict("records")
        ],
        "favour": _favour(tables, places),
    }


def _adoption_row(row: Any, places: Row) -> Row:
    counted = {"docs": int(row["n_docs"]), "n": round(float(row["n_favor"]), 4)}
    return {"framing": places[row["framing_id"]]} | counted | _share(row, "adoption")


def _share(row: Any, name: str) -> Row:
    values = {"value": row[name], "low": row[f"{name}_low"], "high": row[f"{name}_high"]}
    return {k: None if math.isnan(v) else round(float(v), 6) for k, v in values.items()}


def _favour(tables: Tables, places: Row) -> list[Row]:
    """Return which share of the claims that take a side is in favour, for each framing."""
    group = tables["documents"].set_index("doc_id")["copy_group"]
    units = tables["claims"].set_index("claim_id")["doc_id"].map(group)
    sided = tables["stances"][tables["stances"]["stance"] != 0]
    out = []
    for framing, part in sided.groupby("framing_id"):
        if framing not in places:
            continue
        favor = (part["stance"] == 1).astype(float)
        unit = units.reindex(part["claim_id"]).to_numpy()
        sums: Any = favor.groupby(unit, sort=True).agg(["sum", "size"])
        top, bottom = (sums[c].to_numpy(np.float64)[:, None] for c in ("sum", "size"))
        low, high = clustered_intervals(top, bottom, min_groups=MIN_DOCS)
        row = {"share": favor.mean(), "share_low": float(low[0]), "share_high": float(high[0])}
        counted = {"docs": len(sums), "n": len(part), "n_for": int(favor.sum())}
        out.append({"framing": places[str(framing)]} | counted | _share(row, "share"))
    return out
