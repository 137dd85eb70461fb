"""Figures of adoption and of claims against the record; like ``plots``, they compute nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from narrative.plots import DOUBLE, SIDES, mark_events

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CLAIMED, ASSESSED, OPEN = "#D55E00", "#000000", "#999999"
REFERENCE_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")


def plot_credit(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw from the first claim of each place to the days on which it was assessed as held.

    Parameters
    ----------
    table : DataFrame
        ``name`` (a row each, drawn from top to bottom), ``said_at`` of the first claim of the
        whole place, ``half_at`` and ``full_at`` (ISO day on which half and all of it was first
        assessed, "" for never), ``until`` (the last day assessed) and ``part_at`` (of the first
        claim of a part, "" for none).
    ax : Axes, optional
    """
    import matplotlib.pyplot as plt

    if ax is None:
        ax = plt.subplots(figsize=(DOUBLE, 0.22 * len(table) + 0.9))[1]
    rows = table.reset_index(drop=True)
    said, half, full, until, part = (
        pd.to_datetime(rows[c].replace("", None)) for c in
        ("said_at", "half_at", "full_at", "until", "part_at")
    )  # fmt: skip
    for y in rows.index:
        never = pd.isna(full[y])
        end = until[y] if never else full[y]
        ax.plot(
            [said[y], end], [y, y], color=OPEN if never else CLAIMED, linewidth=1.6,
            linestyle=(0, (1, 1.2)) if never else "-", zorder=1, solid_capstyle="butt",
        )  # fmt: skip
        if never:
            ax.plot(end, y, marker=">", color=OPEN, markersize=5, zorder=2)
    kinds = (
        (part, "D", "white", CLAIMED, 4, "a part claimed"),
        (said, "s", CLAIMED, CLAIMED, 5, "all of it claimed"),
        (half, "|", ASSESSED, ASSESSED, 8, "half assessed as held"),
        (full, "o", ASSESSED, ASSESSED, 5, "all assessed as held"),
    )
    for days, marker, face, edge, size, label in kinds:
        held = days.notna()
        ax.plot(
            days[held], rows.index[held], linestyle="", marker=marker, markerfacecolor=face,
            markeredgecolor=edge, markersize=size, label=label, zorder=3,
        )  # fmt: skip
    if (~full.notna()).any():
        ax.plot(
            [], [], color=OPEN, linestyle=(0, (1, 1.2)), marker=">", markersize=5,
            label="not assessed so by the last day",
        )  # fmt: skip
    ax.set_yticks(rows.index, rows["name"])
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.grid(axis="x", color="#E5E5E5", linewidth=0.6)
    ax.tick_params(axis="y", length=0)
    return ax


def plot_adoption(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw who speaks in favour of each framing, and which share comes from outside its camp.

    Parameters
    ----------
    table : DataFrame
        ``label`` (a row each, from top to bottom), ``side`` (of ``plots.SIDES``, or another for
        the rest), ``n_claims``; and of each label ``adoption, adoption_low, adoption_high``, NaN
        where too few claims speak.
    ax : Axes, optional
    """
    import matplotlib.pyplot as plt

    labels = list(dict.fromkeys(table["label"]))
    if ax is None:
        ax = plt.subplots(figsize=(DOUBLE, 0.42 * len(labels) + 0.9))[1]
    counts = table.pivot_table(index="label", columns="side", values="n_claims", aggfunc="sum")
    counts = counts.reindex(labels).fillna(0)
    total, left = counts.sum(axis=1), np.zeros(len(labels))
    named = [s for s in SIDES if s in counts] + sorted({str(s) for s in counts} - set(SIDES))
    for side in named:
        width = (counts[side] / total.where(total > 0, 1)).to_numpy()
        colour = SIDES[side][0] if side in SIDES else "#BBBBBB"
        ax.barh(labels, width, left=left, color=colour, edgecolor="white", height=0.55, label=side)
        left += width
    given = {row["label"]: row for row in table.drop_duplicates("label").to_dict("records")}
    for y, label in enumerate(labels):
        share, low, high = (given[label][f"adoption{c}"] for c in ("", "_low", "_high"))
        n = f"{int(total.iloc[y])} claims"
        told = "too few" if pd.isna(share) else f"{share:.0%}"
        if pd.notna(low):
            told += f" [{low:.0%}, {high:.0%}]"
        ax.text(1.015, y, f"{told}\n{n}", va="center", fontsize=7, transform=ax.transData)
    ax.text(1.015, -0.75, "from outside its camp", fontsize=7, va="center", fontweight="bold")
    ax.set_xlim(0, 1)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.set_xlabel("share of the claims in favour")
    ax.xaxis.set_major_formatter(lambda v, _: f"{v:.0%}")
    return ax


def plot_outstanding(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw how many claimed places are not made good on each day, a band for each reference.

    Parameters
    ----------
    table : DataFrame
        ``label`` (of the reference), ``day``, ``low, high``: from ``outstanding``.
    ax : Axes, optional
    """
    import matplotlib.pyplot as plt

    if ax is None:
        ax = plt.subplots(figsize=(DOUBLE, 2.6))[1]
    styles = ("-", "--", ":", "-.")
    for number, (label, part) in enumerate(table.groupby("label", sort=True)):
        colour = REFERENCE_COLOURS[number % len(REFERENCE_COLOURS)]
        days = pd.to_datetime(part["day"])
        ax.fill_between(
            days, part["low"], part["high"], step="post", color=colour, alpha=0.25, linewidth=0
        )
        ax.step(
            days, part["high"], where="post", color=colour, linestyle=styles[number % 4],
            label=str(label),
        )  # fmt: skip
    ax.set_ylim(0, float(np.ceil(1.08 * max(table["high"].max(), 1))))
    ax.set_ylabel("claimed places not made good")
    ax.grid(axis="y", color="#E5E5E5", linewidth=0.6)
    ax.legend(loc="upper left")
    return ax


def plot_open_credit(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw which share of claims is not made good after so many days, with intervals.

    Parameters
    ----------
    table : DataFrame
        ``label, days, open_share, low, high``: curves from ``open_credit``.
    ax : Axes, optional
    """
    import matplotlib.pyplot as plt

    if ax is None:
        ax = plt.subplots(figsize=(DOUBLE / 2, 2.6))[1]
    styles = ("-", "--", ":", "-.")
    for number, (label, part) in enumerate(table.groupby("label", sort=False)):
        colour = REFERENCE_COLOURS[number % len(REFERENCE_COLOURS)]
        ax.step(
            part["days"], part["open_share"], where="post", color=colour,
            linestyle=styles[number % 4], label=str(label),
        )  # fmt: skip
        ax.fill_between(
            part["days"], part["low"], part["high"], step="post", color=colour, alpha=0.15,
            linewidth=0,
        )  # fmt: skip
    ax.set_ylim(0, 1.02)
    ax.set_xlim(left=0)
    ax.set_xlabel("days since the claim")
    ax.set_ylabel("share not made good")
    ax.grid(color="#E5E5E5", linewidth=0.6)
    ax.legend(loc="upper right")
    return ax


def plot_around_events(
    table: pd.DataFrame,
    events: pd.DataFrame,
    styles: dict[str, tuple[str, str, str]],
    *,
    value: str = "stance",
    ax: Axes | None = None,
    event_labels: bool = True,
) -> Axes:
    """Draw a value over time, a line with its interval for each who, and dated events.

    Parameters
    ----------
    table : DataFrame
        ``who, week`` (ISO day) and of `value` its column, and those with ``_low`` and ``_high``;
        NaN, where too few claims speak, leaves a gap.
    events : DataFrame
        ``date`` (ISO day) and ``label``.
    styles : dict of str to (colour, marker, line style)
        Who is drawn, in this order.
    value : str
    ax : Axes, optional
    event_labels : bool
        Write the labels above the axes.
    """
    import matplotlib.pyplot as plt

    if ax is None:
        ax = plt.subplots(figsize=(DOUBLE, 2.4))[1]
    mark_events(ax, events, labels=event_labels)
    for who, (colour, marker, line) in styles.items():
        part = table[table["who"] == who].sort_values("week")
        middle = pd.to_datetime(part["week"]) + pd.Timedelta(days=3)
        ax.fill_between(
            middle, part[f"{value}_low"], part[f"{value}_high"], color=colour, alpha=0.15,
            linewidth=0,
        )  # fmt: skip
        ax.plot(
            middle, part[value], color=colour, marker=marker, linestyle=line, markersize=3,
            linewidth=1.1, label=who,
        )  # fmt: skip
    ax.grid(axis="y", color="#E5E5E5", linewidth=0.6)
    return ax
