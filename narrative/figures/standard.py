"""The standard figures of who says what, one function each.

A function takes the run and gives sheets to draw, or says what there is too little of. What stands
in a caption is all that the figure needs to be read: n, what an interval is, what was left out.
"""

from __future__ import annotations

from functools import partial
from textwrap import fill, shorten
from typing import TYPE_CHECKING, Any

import pandas as pd

from narrative import battle_plots, plots
from narrative.figures import shares, stance
from narrative.figures.canvas import (
    date_axis,
    figure_of,
    file_part,
    legend_below,
    new_axes,
    shorten_ticks,
)
from narrative.figures.sheets import Found, RunTables, Sheet, TooLittle
from narrative.plots import as_day

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_COLUMNS = 8  # framings whose labels fit below a matrix
_BIN = {"day": "%-d %b\n%Y", "week": "from\n%-d %b", "month": "%b\n%Y", "year": "%Y"}
_COUNTED = {plots.DOUBLE: 14, plots.SINGLE: 5}  # bins whose n can be written below them


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


def stance_timeline(run: RunTables) -> Found:
    """Stance of each side over time, a figure for each framing of the codebook."""
    framings = run.table("framings")
    stances = run.table("stances")
    mine = framings[(framings["origin"] == "codebook") & (framings["proposition"] != "")]
    if mine.empty or stances.empty:
        return [TooLittle("stance_timeline", "no framing with a proposition")]
    names = ("claims", "assignments", "stances", "documents", "sources")
    table = stance.side_timeline(
        {n: run.table(n) for n in names}, run.timeline, random_state=run.manifest["random_state"]
    )
    out: Found = []
    for row in mine.to_dict("records"):
        name = f"stance_timeline_{file_part(str(row['framing_id']))}"
        shown = stance.shown_span(table[table["framing_id"] == row["framing_id"]])
        if shown.empty:
            why = (
                f"fewer than two bins ({run.timeline.freq}) with {plots.MIN_SIDED} claims of one "
                "side that are for or against"
            )
            out.append(TooLittle(name, why))
            continue
        title, about = str(row["label"]), str(row["proposition"])
        out.append(
            Sheet(
                name,
                _stance_caption(run, shown, about),
                partial(_stance, shown, title, run.timeline.freq),
            )
        )
    return out


def _stance_caption(run: RunTables, shown: pd.DataFrame, about: str) -> str:
    settings = run.timeline
    have = int(shown["stance_low"].notna().sum())
    intervals = (
        f"Bars: {100 * settings.level:g} percent intervals over documents, where at least "
        f"{settings.min_docs} speak."
        if have
        else f"No interval: no cell has {settings.min_docs} documents."
    )
    return (
        f"Stance towards “{about}” by side and {settings.freq}: claims in favour less claims "
        f"against, over both ({int(shown['n_sided'].sum())} claims that take a side). Numbers "
        "below, where there is room: claims that take a side (documents). No point of fewer than "
        f"{plots.MIN_SIDED}. {intervals} Neither covers the error of the model that scored the "
        "claims (manifest.json, model_error)."
    )


def _stance(shown: pd.DataFrame, title: str, freq: str, width: float) -> Figure:
    counts = shown["bin_start"].nunique() <= _COUNTED.get(width, 8)
    ax = new_axes(width, 2.9 if counts else 2.5)
    nothing = pd.DataFrame({"date": [], "label": []})
    plots.plot_stance_timeline(shown, nothing, ax=ax, counts=counts)
    ax.set_title(shorten(title, 44 if width < plots.DOUBLE else 90, placeholder=" …"))
    ax.set_ylabel("stance balance")
    ax.set_ylim(top=1.15)  # no events are marked above
    bins = shown[["bin_start", "bin_end"]].drop_duplicates().sort_values("bin_start")
    first, last = ([as_day(v) for v in bins[c]] for c in ("bin_start", "bin_end"))
    ax.set_xlim(first[0], last[-1])
    if counts:
        middle: list[Any] = [a + (b - a) / 2 for a, b in zip(first, last, strict=True)]
        ax.set_xticks(middle, [d.strftime(_BIN[freq]) for d in first])
    else:
        date_axis(ax, 5 if width < plots.DOUBLE else 10)
    handles, labels = ax.get_legend_handles_labels()
    have = set(shown.loc[shown["n_sided"] > 0, "side"])
    kept = [(h, v) for h, v in zip(handles, labels, strict=True) if v in have]
    legend_below(ax, *zip(*kept, strict=True), columns=3 if width > plots.SINGLE else 1)
    return figure_of(ax)


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
