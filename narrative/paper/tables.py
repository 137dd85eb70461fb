"""The main tables of a run as LaTeX: who speaks, which framings, stance by camp, the ledger."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from narrative.ledger.record import HALF
from narrative.paper.latex import booktabs, text_column
from narrative.resampling import clustered_intervals, ratio_intervals
from narrative.schema import NO_FRAMING, UNKNOWN, Row
from narrative.timeline import TimelineSettings

Tables = dict[str, pd.DataFrame]
_NONE = "–"
_SPOKEN = 3  # sources named of a camp


def sources_by_camp(tables: Tables) -> str:
    """Return who speaks: claims, speakers and outlets by camp, and those with most claims."""
    claims, sources = tables["claims"], tables["sources"].set_index("source_id")
    mine = claims.assign(camp=claims["source_id"].map(sources["camp"]).fillna(UNKNOWN))
    rows = []
    for camp, part in mine.groupby("camp", sort=True):
        most = part["source_id"].value_counts().sort_index().sort_values(
            ascending=False, kind="stable"
        )  # fmt: skip
        named = [f"{sources['name'].get(s, s)} ({n})" for s, n in most.iloc[:_SPOKEN].items()]
        left = f", {len(most) - _SPOKEN} more" if len(most) > _SPOKEN else ""
        rows.append((str(camp).replace("_", "-"), len(most), part["doc_id"].nunique(), len(part),
                     f"{len(part) / len(mine):.2f}", ", ".join(named) + left))  # fmt: skip
    return booktabs(
        rows,
        ("Camp", "Sources", "Documents", "Claims", "Share", "Most claims"),
        f"lrrrr{text_column(0.4)}",
        caption=f"Sources by camp: {len(mine)} claims in {len(tables['documents'])} documents. "
        "Camps are those of the study's list of sources; unknown are speakers that nobody listed "
        "or the text does not name.",
        label="tab:narrative-sources",
        small=True,
    )


def framings_certified(tables: Tables) -> str:
    """Return the framings with their claims and, of discovered ones, how stable they are."""
    framings, assignments = tables["framings"], tables["assignments"]
    n = max(1, len(tables["claims"]))
    rows = []
    for row in framings.sort_values(["origin", "framing_id"]).to_dict("records"):
        low = "" if pd.isna(row["stability_low"]) else f" (low {row['stability_low']:.2f})"
        steady = _NONE if pd.isna(row["stability"]) else f"{row['stability']:.2f}{low}"
        rows.append((row["label"], row["origin"], int(row["n_claims"]),
                     f"{row['n_claims'] / n:.2f}", steady, row["certificate"]))  # fmt: skip
    none = int((assignments["framing_id"] == NO_FRAMING).sum())
    rows.append(("No framing", "", none, f"{none / n:.2f}", _NONE, ""))
    return booktabs(
        rows,
        ("Framing", "Origin", "Claims", "Share", "Stability", "Certificate"),
        f"{text_column(0.34)}lrrll",
        caption="Framings of the codebook and discovered. Stability is the mean Jaccard index of a "
        "framing found again in resamples of the corpus (low: its 2.5 percent quantile); it is "
        "measured for discovered framings only.",
        label="tab:narrative-framings",
        small=True,
    )


def camp_stances(tables: Tables, settings: TimelineSettings, random_state: int) -> pd.DataFrame:
    """Return the stance balance of each camp towards each framing, of the whole period.

    Returns
    -------
    DataFrame
        ``framing_id, camp, n_sided, n_docs, stance, low, high``: of claims that take a side, with
        the interval that the study's timeline asks for, over documents (copies once).
    """
    claims, sources, documents = (tables[n] for n in ("claims", "sources", "documents"))
    camp = claims["source_id"].map(dict(zip(sources["source_id"], sources["camp"], strict=True)))
    group = claims["doc_id"].map(documents.set_index("doc_id")["copy_group"])
    placed = claims[["claim_id"]].assign(camp=camp.fillna(UNKNOWN), group=group)
    sided = tables["stances"].loc[tables["stances"]["stance"] != 0]
    sided = sided[["claim_id", "framing_id", "stance"]].merge(placed, on="claim_id")
    rows = []
    for (framing, name), part in sided.groupby(["framing_id", "camp"], sort=True):
        by_group = part.groupby("group")["stance"].agg(["sum", "size"])
        sums = by_group.to_numpy(dtype=float)
        net, side = sums[:, :1], sums[:, 1:]
        if settings.interval == "bootstrap":
            low, high = ratio_intervals(
                net, side, names=by_group.index.tolist(), n_boot=settings.n_boot,
                level=settings.level, random_state=random_state, min_groups=settings.min_docs,
            )  # fmt: skip
        else:
            low, high = clustered_intervals(
                net, side, level=settings.level, min_groups=settings.min_docs, span=(-1.0, 1.0)
            )
        rows.append((framing, name, len(part), len(sums), float(net.sum() / side.sum()),
                     float(low[0]), float(high[0])))  # fmt: skip
    columns = ["framing_id", "camp", "n_sided", "n_docs", "stance", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def stance_by_camp(tables: Tables, settings: TimelineSettings, random_state: int) -> str:
    """Return the stance of each camp towards each framing, with intervals and n."""
    labels = dict(zip(tables["framings"]["framing_id"], tables["framings"]["label"], strict=True))
    found = camp_stances(tables, settings, random_state)
    rows, before = [], ""
    for row in found.to_dict("records"):
        label = str(labels.get(row["framing_id"], row["framing_id"]))
        limits = f"[{signed(row['low'])}, {signed(row['high'])}]"
        interval = _NONE if np.isnan(row["low"]) else limits
        rows.append(("" if label == before else label, str(row["camp"]).replace("_", "-"),
                     signed(row["stance"]), interval, row["n_sided"], row["n_docs"]))  # fmt: skip
        before = label
    return booktabs(
        rows,
        ("Framing", "Camp", "Stance", "Interval", "Claims", "Documents"),
        f"{text_column(0.34)}lrrrr",
        caption="Stance by camp: claims in favour less claims against, over both. "
        f"{100 * settings.level:g} percent intervals over documents where {settings.min_docs} or "
        "more speak; they do not cover the error of the model that scored the claims.",
        label="tab:narrative-stance",
        small=True,
    )


def ledger(tables: Tables) -> str:
    """Return claims of control against the record, at half of the place."""
    names = dict(zip(tables["sources"]["source_id"], tables["sources"]["name"], strict=True))
    half = tables["ledger"][tables["ledger"]["level"] == HALF]
    half = half.sort_values(["place_id", "said_at", "claimant", "reference"], kind="stable")
    rows = [_ledger_row(row, names) for row in half.to_dict("records")]
    return booktabs(
        rows,
        ("Place", "Claimant", "Claimed", "On", "Reference", "Held (%)", "Credit",
         "Exposed"),
        f"@{{}}{text_column(0.11)}{text_column(0.15)}{text_column(0.1)}l{text_column(0.1)}lll@{{}}",
        caption="Claims that a side holds a place, against each reference that assesses it. Held: "
        "share of the place that the reference gives the claimed holder on the day; credit: "
        "days until it gives half of it, open (≥) where it had not by its last day; exposed: first "
        "day on which it gives half at most.",
        label="tab:narrative-ledger",
        small=True,
    )  # fmt: skip


def _ledger_row(row: Row, names: dict[str, str]) -> tuple[object, ...]:
    claimed = f"{row['claimed_status']}{', part' if row['extent'] == 'part' else ''}"
    return (
        row["place_id"],
        names.get(str(row["claimant"]), row["claimant"]),
        claimed,
        row["said_at"],
        row["reference"],
        _bounds(100 * row["share_low"], 100 * row["share_high"]),
        _bounds(row["credit_low"], row["credit_high"]),
        row["exposed_at"] or _NONE,
    )


def _bounds(low: float, high: float) -> str:
    if math.isinf(high):
        return f"≥ {low:.0f}"
    return f"{low:.0f}" if round(low) == round(high) else f"{low:.0f}–{high:.0f}"


def signed(value: float) -> str:
    """Return a balance with its sign.

    Examples
    --------
    >>> signed(-0.456), signed(0.0)
    ('−0.46', '0.00')
    """
    text = f"{value:+.2f}"
    return "0.00" if float(text) == 0 else text.replace("-", "−")


def main_tables(tables: Tables, settings: TimelineSettings, random_state: int) -> dict[str, str]:
    """Return the LaTeX of each main table by the name of its file."""
    made: dict[str, Callable[[], Any]] = {
        "table_sources.tex": lambda: sources_by_camp(tables),
        "table_framings.tex": lambda: framings_certified(tables),
        "table_stance.tex": lambda: stance_by_camp(tables, settings, random_state),
        "table_ledger.tex": lambda: ledger(tables),
    }
    return {name: _NEEDS + make() for name, make in made.items()}


_NEEDS = (
    "% Made by narrative paper. Needs array, booktabs and longtable, and for names in Cyrillic\n"
    "% letters \\usepackage[T2A,T1]{fontenc}, or LuaLaTeX.\n"
)
