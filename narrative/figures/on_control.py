"""The standard figures of claims of control and what became of them, one function each."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from narrative import battle_plots, plots, record_plots
from narrative.figures import control
from narrative.figures.canvas import (
    date_axis,
    figure_of,
    file_part,
    legend_below,
    new_axes,
    shorten_ticks,
)
from narrative.figures.labels import label_ends
from narrative.figures.sheets import Found, RunTables, Sheet, TooLittle
from narrative.ledger import outstanding, shipped_places
from narrative.ledger.record import HALF, HOLDERS
from narrative.plots import as_day

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MIN_ON_PLACE = 5  # claims of control dated to a day, for a figure of a place
MIN_PLACES = 3  # places, for a figure of all of them
_MOST_ROWS = 20


def claim_record(run: RunTables) -> Found:
    """Claims of control of each place under what was assessed of it."""
    claims, sources = run.table("control"), run.table("sources")
    assessments = run.table("assessments")
    dated = claims[claims["said_at"].str.len() == 10]["place_id"].value_counts()
    places = sorted(str(p) for p in dated.index[dated >= MIN_ON_PLACE])
    if not places:
        why = f"no place with {MIN_ON_PLACE} claims of control dated to a day"
        return [TooLittle("claim_record", why)]
    out: Found = []
    for place in places:
        drawn = control.drawn_claims(claims, sources, place)
        first, last = _margins(drawn["said_at"])
        bands = control.record_bands(assessments, place, first, last)
        name, called = f"claim_record_{file_part(place)}", place_name(place)
        n = drawn["label"].nunique()
        kept = set(drawn["label"].value_counts().index[:_MOST_ROWS])
        drawn = drawn[drawn["label"].isin(kept)]
        whose = ", ".join(sorted(set(bands["reference"]))) or "nobody in these days"
        left = f" The {_MOST_ROWS} claimants with most claims of {n}." * (n > _MOST_ROWS)
        caption = (
            f"{called}: who claimed which control when ({len(drawn)} claims dated to a day, read "
            f"by rules) and what was assessed (by {whose}). Events are drawn until the next; each "
            f"reference has a lag and a bias of its own (table of references).{left}"
        )
        draw = partial(_record, drawn, bands, called, (first, last))
        out.append(Sheet(name, caption, draw))
    return out


def _margins(days: pd.Series) -> tuple[str, str]:
    """Return the days from shortly before the first to shortly after the last."""
    first, last = pd.Timestamp(days.min()), pd.Timestamp(days.max())
    margin = max((last - first) * 0.04, pd.Timedelta(days=5))
    return str((first - margin).date()), str((last + margin).date())


def _record(
    drawn: pd.DataFrame, bands: pd.DataFrame, title: str, span: tuple[str, str], width: float
) -> Figure:
    rows = drawn["label"].nunique() + max(1, bands["reference"].nunique())
    narrow = width < plots.DOUBLE
    ax = new_axes(width, (0.24 if narrow else 0.27) * rows + (1.9 if narrow else 1.5))
    days = (pd.Timestamp(span[1]) - pd.Timestamp(span[0])).days
    beside = days * (0.05 if narrow else 0.018)
    record_plots.plot_record(drawn, bands, ax=ax, beside=beside)
    old = ax.get_legend()
    assert old is not None  # plot_record draws one
    handles, labels = old.legend_handles, [t.get_text() for t in old.get_texts()]
    old.remove()
    legend_below(ax, handles, labels, columns=2 if narrow else 3)
    shorten_ticks(ax, 28 if narrow else 40)
    ax.set_title(title)
    # Claims of the last day stand beside each other, too.
    ax.set_xlim(as_day(span[0]), as_day(span[1]) + pd.Timedelta(days=beside))
    date_axis(ax, 4 if narrow else 8)
    return figure_of(ax)


def credit(run: RunTables) -> Found:
    """From the first claim of each place to when it was assessed, by reference and holder."""
    claims, assessments = run.table("control"), run.table("assessments")
    names = {p: place_name(p) for p in set(claims["place_id"])}
    out: Found = []
    for reference in sorted(set(assessments["reference"])):
        for holder in HOLDERS:
            table = control.towns(claims, assessments, reference, names, holder=holder)
            name = f"credit_{file_part(reference)}_{holder}"
            if len(table) < MIN_PLACES:
                why = f"fewer than {MIN_PLACES} places claimed whole whose share {reference} gives"
                out.append(TooLittle(name, why))
                continue
            side = plots.SIDE_OF[holder].removesuffix(" side")
            caption = (
                f"From the first claim of each place in whole as {side} to the days on which "
                f"{reference} assessed half and all of it so ({len(table)} places). Claims are "
                "read by rules; of claims before the reference's first day nothing is known."
            )
            out.append(Sheet(name, caption, partial(_credit, table)))
    return out or [TooLittle("credit", "no reference assesses a place")]


def _credit(table: pd.DataFrame, width: float) -> Figure:
    ax = new_axes(width, 0.22 * len(table) + 1.4)
    battle_plots.plot_credit(table, ax=ax)
    date_axis(ax, 4 if width < plots.DOUBLE else 8)
    handles, labels = ax.get_legend_handles_labels()
    legend_below(ax, handles, labels, columns=2 if width < plots.DOUBLE else 3)
    return figure_of(ax)


def outstanding_claims(run: RunTables) -> Found:
    """How many claimed places are not made good over time, a band for each reference."""
    ledger, assessments = run.table("ledger"), run.table("assessments")
    half = control.one_voice(control.covered(ledger, assessments))
    half = half[half["level"] == HALF]
    places = half.groupby("reference")["place_id"].nunique()
    kept = half[half["reference"].isin(places.index[places >= MIN_PLACES])]
    if kept.empty:
        why = f"no reference assesses {MIN_PLACES} claimed places on the day they were claimed"
        return [TooLittle("outstanding", why)]
    ends = assessments.groupby("reference")["last"].max()
    days = control.weeks(kept["said_at"].min(), max(ends[r] for r in set(kept["reference"])))
    table = outstanding(kept, days)
    # After a reference's last day it assesses nothing.
    table = table[table["day"] <= table["reference"].map(ends)]
    table = table.assign(label=table["reference"])
    caption = (
        "Places claimed in whole, by either side, and not made good (less than half assessed as "
        "held) on each day; a place and side count once, from the first claim. A band's edges: "
        "the least and the most that the days without an assessment leave open. Each reference "
        "ends on its last day."
    )

    def draw(width: float) -> Figure:
        ax = new_axes(width, 2.6)
        battle_plots.plot_outstanding(table, ax=ax)
        legend = ax.get_legend()
        if legend is not None:
            legend.remove()
        last = table.sort_values("day").groupby("label", sort=True).tail(1).sort_values("label")
        colours = battle_plots.REFERENCE_COLOURS
        label_ends(
            ax,
            [
                (r["day"], r["high"], r["label"], colours[i % len(colours)])
                for i, r in enumerate(last.to_dict("records"))
            ],
        )
        date_axis(ax, 4 if width < plots.DOUBLE else 8)
        return figure_of(ax)

    return [Sheet("outstanding", caption, draw)]


def open_credit(run: RunTables) -> Found:
    """How long claims of a place stay open, a curve for each reference."""
    ledger, assessments = run.table("ledger"), run.table("assessments")
    inside = control.covered(ledger, assessments)
    table = control.curves(control.one_voice(inside))
    table = table[table["late"].astype(bool) & (table["level"] == HALF)]
    if table.empty:
        why = f"no reference assesses {control.FEWEST} places that were claimed in whole"
        return [TooLittle("open_credit", why)]
    table = table.assign(label=table["reference"] + " (" + table["n"].astype(str) + ")")
    caption = (
        "Share of first claims of a whole place, by either side, that are not made good (half of "
        "it assessed as held) after so many days: Kaplan and Meier's estimate with 95 percent "
        "intervals, number of claims in brackets."
    )

    def draw(width: float) -> Figure:
        ax = new_axes(width, 2.6)
        battle_plots.plot_open_credit(table, ax=ax)
        return figure_of(ax)

    return [Sheet("open_credit", caption, draw)]


def place_name(place: str) -> str:
    """Return what a place is called: its name in the gazetteer, or its id in words."""
    shipped = shipped_places()
    found = shipped.loc[shipped["place_id"] == place, "name"]
    return str(found.iloc[0]) if len(found) else place.replace("_", " ").title()
