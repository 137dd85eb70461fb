"""The standard figures over time: stance towards each framing, and its share of the claims."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import pandas as pd

from narrative import plots
from narrative.figures import stance
from narrative.figures.canvas import date_axis, figure_of, file_part, legend_below
from narrative.figures.events import draw_events, events_caption, shown_events, time_axes
from narrative.figures.sheets import Found, RunTables, Sheet, TooLittle
from narrative.plots import as_day
from narrative.schema import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BIN = {"day": "%-d %b\n%Y", "week": "from\n%-d %b", "month": "%b\n%Y", "year": "%Y"}
_COUNTED = {plots.DOUBLE: 14, plots.SINGLE: 5}  # bins whose n can be written below them


@dataclass(frozen=True)
class _Measure:
    """What a figure over time shows of a framing.

    Parameters
    ----------
    value, counted : str
        Columns of ``side_timeline``: the measure, and the claims that it is of.
    few : str
        What there is too little of where there is no figure.
    ylabel : str
    floor : float
        Below it stand numbers, and no rule of an event.
    plot : callable
    """

    value: str
    counted: str
    few: str
    ylabel: str
    floor: float
    plot: Callable[..., Axes]


def _plot_stance(table: pd.DataFrame, *, ax: Axes, counts: bool) -> Axes:
    nothing = pd.DataFrame({"date": [], "label": []})  # events stand above these axes
    plots.plot_stance_timeline(table, nothing, ax=ax, counts=counts)
    ax.set_ylim(top=1.15)
    return ax


_STANCE = _Measure(
    "stance", "n_sided", "claims of one side that are for or against", "stance balance",
    -1.1, _plot_stance,
)  # fmt: skip
_PREVALENCE = _Measure(
    "prevalence", "n_claims", "claims of one side", "of the side's claims",
    0.0, plots.plot_prevalence_timeline,
)  # fmt: skip


def stance_timeline(run: RunTables) -> Found:
    """Stance of each side over time, a figure for each framing of the codebook."""
    framings = run.table("framings")
    mine = framings[(framings["origin"] == "codebook") & (framings["proposition"] != "")]
    if mine.empty or run.table("stances").empty:
        return [TooLittle("stance_timeline", "no framing with a proposition")]
    return _over_time(run, "stance_timeline", mine, _STANCE, _stance_caption)


def prevalence_timeline(run: RunTables) -> Found:
    """Each framing's share of each side's claims over time; none of what is unstable."""
    framings = run.table("framings")
    mine = framings[(framings["certificate"] != "unstable") & (framings["n_claims"] > 0)]
    if mine.empty:
        return [TooLittle("prevalence_timeline", "no framing that has claims and is not unstable")]
    return _over_time(run, "prevalence_timeline", mine, _PREVALENCE, _prevalence_caption)


def _over_time(
    run: RunTables,
    family: str,
    framings: pd.DataFrame,
    measure: _Measure,
    caption: Callable[[RunTables, pd.DataFrame, Row], str],
) -> Found:
    """Return a sheet for each framing, or what it has too little of."""
    names = ("claims", "assignments", "stances", "documents", "sources")
    table = stance.side_timeline(
        {n: run.table(n) for n in names}, run.timeline, random_state=run.manifest["random_state"]
    )
    out: Found = []
    for row in framings.to_dict("records"):
        name = f"{family}_{file_part(str(row['framing_id']))}"
        mine = table[table["framing_id"] == row["framing_id"]]
        shown = stance.shown_span(mine, measure.value, measure.counted)
        if shown.empty:
            why = f"fewer than two bins ({run.timeline.freq}) with {plots.MIN_SIDED} {measure.few}"
            out.append(TooLittle(name, why))
            continue
        events = shown_events(run.table("events"), shown["bin_start"].min(), shown["bin_end"].max())
        told = caption(run, shown, row) + events_caption(events)
        draw = partial(_draw, shown, str(row["label"]), run.timeline.freq, events, measure)
        out.append(Sheet(name, told, draw))
    return out


def _intervals(run: RunTables, low: pd.Series[Any], n: str) -> str:
    settings = run.timeline
    if low.isna().all():
        return f"No interval: no cell has {settings.min_docs} documents."
    return (
        f"Bars: {100 * settings.level:g} percent intervals over documents, where at least "
        f"{settings.min_docs} {n}."
    )


def _stance_caption(run: RunTables, shown: pd.DataFrame, framing: Row) -> str:
    return (
        f"Stance towards “{framing['proposition']}” by side and {run.timeline.freq}: claims in "
        f"favour less claims against, over both ({int(shown['n_sided'].sum())} claims that take a "
        "side). Numbers below, where there is room: claims that take a side (documents, copies "
        f"counted once). No point of fewer than {plots.MIN_SIDED}. "
        f"{_intervals(run, shown['stance_low'], 'speak')} Neither covers the error of the model "
        "that scored the claims (manifest.json, model_error)."
    )


def _prevalence_caption(run: RunTables, shown: pd.DataFrame, framing: Row) -> str:
    inside = int((shown["prevalence"] * shown["n_claims"]).round().sum())
    return (
        f"Share of each side's claims that are in the framing “{framing['label']}”, by "
        f"{run.timeline.freq} ({inside} of {int(shown['n_claims'].sum())} claims). Numbers below, "
        "where there is room: all claims of the side (documents, copies counted once). No point "
        f"of fewer than {plots.MIN_SIDED}. {_intervals(run, shown['prevalence_low'], 'speak')} "
        "Claims assigned to the wrong framing are not in them (manifest.json, model_error)."
    )


def _draw(
    shown: pd.DataFrame,
    title: str,
    freq: str,
    events: pd.DataFrame,
    measure: _Measure,
    width: float,
) -> Figure:
    counts = shown["bin_start"].nunique() <= _COUNTED.get(width, 8)
    axes = time_axes(width, 2.9 if counts else 2.5, events)
    ax = axes.main
    drawn = shown if measure is _STANCE else shown.assign(n_docs=shown["n_docs_all"])
    measure.plot(drawn, ax=ax, counts=counts)
    ax.set_title(shorten(title, 44 if width < plots.DOUBLE else 90, placeholder=" …"))
    ax.set_ylabel(measure.ylabel)
    bins = shown[["bin_start", "bin_end"]].drop_duplicates().sort_values("bin_start")
    first, last = ([as_day(v) for v in bins[c]] for c in ("bin_start", "bin_end"))
    ax.set_xlim(first[0], last[-1])
    if counts:
        middle: list[Any] = [a + (b - a) / 2 for a, b in zip(first, last, strict=True)]
        ax.set_xticks(middle, [d.strftime(_BIN[freq]) for d in first])
    else:
        date_axis(ax, 5 if width < plots.DOUBLE else 10)
    handles, labels = ax.get_legend_handles_labels()
    have = set(shown.loc[shown[measure.counted] > 0, "side"])
    kept = [(h, v) for h, v in zip(handles, labels, strict=True) if v in have]
    legend_below(ax, *zip(*kept, strict=True), columns=3 if width > plots.SINGLE else 1)
    draw_events(axes, measure.floor)
    return figure_of(ax)
