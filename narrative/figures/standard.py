"""The standard figures of who says what, one function each.

A function takes the run and gives sheets to draw, or says what there is too little of. What stands
in a caption is all that the figure needs to be read: n, what an interval is, what was left out.
"""

from __future__ import annotations

from functools import partial
from textwrap import fill
from typing import TYPE_CHECKING

import pandas as pd

from narrative import battle_plots, plots
from narrative.figures import shares
from narrative.figures.canvas import figure_of, legend_below, new_axes, shorten_ticks
from narrative.figures.sheets import Found, RunTables, Sheet, TooLittle

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_COLUMNS = 8  # framings whose labels fit below a matrix


def claims_by_voice(run: RunTables) -> Found:
    """Who is credited with the claims, and in which voice."""
    table = shares.voices(run.table("claims"), run.table("sources"))
    if table["source_id"].nunique() < 2:
        return [TooLittle("claims_by_voice", "fewer than two speakers")]

    def draw(width: float) -> Figure:
        rows = min(18, table["name"].nunique()) + 1
        ax = new_axes(width, 0.19 * rows + 1.1)
        plots.plot_voices(table, ax=ax)
        handles, labels = ax.get_legend_handles_labels()
        drawn = ax.get_legend()
        assert drawn is not None  # inside it, where the last bar can be long
        drawn.remove()
        legend_below(ax, handles, labels, columns=4)
        shorten_ticks(ax, 30 if width < plots.DOUBLE else 60)
        return figure_of(ax)

    n, speakers = int(table["n_claims"].sum()), table["source_id"].nunique()
    caption = (
        f"Claims by speaker and voice: {n} claims of {speakers} speakers. Author is the document's "
        "own voice; mixed has words of both. Speakers are as the rules and the reader found them."
    )
    return [Sheet("claims_by_voice", caption, draw)]


def framings_by_camp(run: RunTables) -> Found:
    """Which share of each camp's claims is in which framing."""
    names = ("claims", "assignments", "framings", "sources")
    table = shares.camp_shares(*(run.table(n) for n in names))
    table["row"] = table["row"].str.replace("_", "-")
    if table["column"].nunique() < 2:
        return [TooLittle("framings_by_camp", "no claims, or no framing")]

    def draw(width: float) -> Figure:
        across = width < plots.DOUBLE or table["column"].nunique() > _MOST_COLUMNS
        lines = table["column" if across else "row"].nunique()
        ax = new_axes(width, (0.27 if across else 0.32) * lines + 1.4)
        plots.plot_share_matrix(table, ax=ax, across=across)
        return figure_of(ax)

    grey = " Grey: framings that another sample of the claims would not give." * bool(
        table["unstable"].any()
    )
    caption = (
        "Percent of each camp's claims that are in a framing. Number of the camp's claims in "
        f"brackets.{grey}"
    )
    return [Sheet("framings_by_camp", caption, draw)]


def adoption(run: RunTables) -> Found:
    """Who speaks in favour of each framing, and which share comes from outside its camp."""
    framings = run.table("framings")
    homes = {f: c for f, c in run.homes.items() if f in set(framings["framing_id"])}
    if not homes:
        return [TooLittle("adoption", "no framing of the codebook names a camp whose story it is")]
    claims, stances, sources = (run.table(n) for n in ("claims", "stances", "sources"))
    home = shares.home_camps(homes)
    table = shares.adopted(claims, stances, sources, run.table("documents"), home)
    if table["adoption"].isna().all():
        why = f"no framing with {shares.MIN_CLAIMS} favourable claims of a known camp"
        return [TooLittle("adoption", why)]
    labels = dict(zip(framings["framing_id"], framings["label"], strict=True))
    table = table.assign(label=[fill(labels[f], 24) for f in table["framing_id"]])
    order = {f: (homes[f], labels[f]) for f in homes}
    table = table.sort_values("framing_id", key=lambda f: f.map(order), kind="stable")
    caption = (
        "Claims in favour of each framing by the side of the speaker. Right: the share from "
        "outside the camp whose story it is, of claims of known camp, and its 95 percent interval "
        f"over documents where three speak; no share of fewer than {shares.MIN_CLAIMS} claims."
    )
    return [Sheet("adoption", caption, partial(_adoption, table))]


def _adoption(table: pd.DataFrame, width: float) -> Figure:
    ax = new_axes(width, 0.42 * table["label"].nunique() + 1.1)
    battle_plots.plot_adoption(table, ax=ax)
    handles, labels = ax.get_legend_handles_labels()
    legend_below(ax, handles, labels, columns=4 if width > plots.SINGLE else 2)
    return figure_of(ax)
