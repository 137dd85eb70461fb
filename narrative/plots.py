"""Figures: ``plot_*(table, *, ax=None) -> Axes``. They read tables and compute nothing new.

Colours are Okabe and Ito's (2008), told apart by marker and line style too, so that a figure reads
in greyscale and with any colour vision.
"""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SINGLE, DOUBLE = 3.5, 7.2  # column widths in inches
_UPRIGHT = 130  # letters of the longest word, times columns, that fit a double column
STYLE: dict[str, Any] = {
    "font.size": 8,
    "font.family": "DejaVu Sans",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 8,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "lines.linewidth": 1.4,
    "lines.markersize": 5,
    "figure.constrained_layout.use": True,
    "pdf.fonttype": 42,
    "svg.hashsalt": "narrative",
    "savefig.dpi": 300,
}
# label -> colour, marker, line style; dark to light in greyscale
SIDES: dict[str, tuple[str, str, Any]] = {
    "Russian side": ("#D55E00", "s", "-"),
    "Ukrainian side": ("#0072B2", "o", "--"),
    "Western, independent, OSINT": ("#000000", "^", ":"),
}
# camp -> side; camps that are missing here (unknown) are drawn on no side
SIDE_OF: dict[str, str] = {
    "russian": "Russian side",
    "pro_russian": "Russian side",
    "ukrainian": "Ukrainian side",
    "pro_ukrainian": "Ukrainian side",
    "western": "Western, independent, OSINT",
    "independent": "Western, independent, OSINT",
    "osint": "Western, independent, OSINT",
}
VOICE_SHADES = {
    "author": "#333333",
    "quoted": "#0072B2",
    "paraphrased": "#56B4E9",
    "mixed": "#D9D9D9",
}
MIN_SIDED = 3


def _axes(ax: Axes | None, width: float, height: float) -> Axes:
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(width, height))[1]


def as_day(value: str) -> Any:
    """Return a day to draw at; untyped, because matplotlib takes dates but its stubs do not."""
    return pd.Timestamp(value)


def plot_voices(table: pd.DataFrame, *, ax: Axes | None = None, n_rows: int = 18) -> Axes:
    """Draw claims per speaker, stacked by voice.

    Parameters
    ----------
    table : DataFrame
        ``name, voice, n_claims``.
    ax : Axes, optional
    n_rows : int
        Speakers shown, most claims first; the rest is one row.
    """
    wide = table.pivot_table(
        index="name", columns="voice", values="n_claims", aggfunc="sum", fill_value=0
    )
    order = wide.sum(axis=1).sort_values(ascending=False, kind="stable")
    top = wide.loc[order.index[:n_rows]]
    rest = wide.loc[order.index[n_rows:]]
    if len(rest):
        top = pd.concat([top, rest.sum().to_frame(f"{len(rest)} further speakers").T])
    ax = _axes(ax, DOUBLE, 0.19 * len(top) + 0.9)
    left = pd.Series(0.0, index=top.index)
    for voice, colour in VOICE_SHADES.items():
        if voice in top:
            ax.barh(
                top.index,
                top[voice],
                left=left,
                color=colour,
                label=voice,
                edgecolor="white",
                linewidth=0.5,
            )
            left += top[voice]
    for y, total in enumerate(left):
        ax.text(total + left.max() * 0.008, y, f"{int(total)}", va="center", fontsize=7)
    ax.invert_yaxis()
    ax.set_xlabel("claims")
    ax.legend(loc="lower right", title="voice")
    return ax


def plot_share_matrix(table: pd.DataFrame, *, ax: Axes | None = None, across: bool = False) -> Axes:
    """Draw shares as a shaded matrix with the numbers in the cells.

    Parameters
    ----------
    table : DataFrame
        ``row, column, share`` (0 to 1) and ``n`` of the row, in the order to draw; where present,
        ``unstable`` (bool) of the column, whose label and numbers are then grey.
    ax : Axes, optional
    across : bool
        Draw rows as columns and columns as rows: long labels of many columns fit a narrow figure.
    """
    rows, columns = list(dict.fromkeys(table["row"])), list(dict.fromkeys(table["column"]))
    wide = table.pivot_table(index="row", columns="column", values="share").reindex(
        index=rows, columns=columns
    )
    n = table.groupby("row")["n"].first()
    grey = set(table.loc[table["unstable"], "column"]) if "unstable" in table else set()
    drawn = wide.T if across else wide
    ax = _axes(ax, DOUBLE, 0.32 * len(drawn) + 1.4)
    ax.imshow(drawn, cmap="Greys", vmin=0, vmax=max(0.6, float(wide.max().max())), aspect="auto")
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            value = wide.loc[row, column]
            if pd.notna(value):
                x, y = (i, j) if across else (j, i)
                shade = "#888888" if column in grey else "white" if value > 0.38 else "black"
                number: dict[str, Any] = {
                    "ha": "center",
                    "va": "center",
                    "fontsize": 7.5,
                    "color": shade,
                }
                ax.text(x, y, f"{100 * value:.0f}", **number)
    if across:
        _across_ticks(ax, columns, [f"{r} ({n[r]})" for r in rows])
    else:
        _matrix_ticks(ax, columns, [f"{r} (n = {n[r]})" for r in rows])
    for label, column in zip(
        ax.get_yticklabels() if across else ax.get_xticklabels(), columns, strict=True
    ):
        label.set_color("#888888" if column in grey else "black")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


def _matrix_ticks(ax: Axes, columns: list[str], rows: list[str]) -> None:
    # Upright labels run into each other where a word is wider than its column.
    word = max((len(w) for c in columns for w in str(c).split()), default=0)
    narrow = word * len(columns) > _UPRIGHT
    ax.set_xticks(
        range(len(columns)),
        [fill(c, 24 if narrow else 13, break_long_words=False) for c in columns],
        fontsize=6.6,
        rotation=30 if narrow else 0,
        ha="right" if narrow else "center",
        rotation_mode="anchor" if narrow else "default",
    )
    ax.set_yticks(range(len(rows)), rows)


def _across_ticks(ax: Axes, columns: list[str], rows: list[str]) -> None:
    ax.set_xticks(range(len(rows)), rows, rotation=40, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(columns)), [fill(c, 26) for c in columns], fontsize=6.6)


def plot_scores(table: pd.DataFrame, *, ax: Axes | None = None, xlabel: str = "macro-F1") -> Axes:
    """Draw one score a system with its interval, best system at the top as given.

    Parameters
    ----------
    table : DataFrame
        ``system, value, low, high`` and ``own`` (bool: ours, drawn filled), in the order to draw.
    ax : Axes, optional
    xlabel : str
    """
    ax = _axes(ax, SINGLE, 0.28 * len(table) + 0.8)
    for y, (_, row) in enumerate(table.iterrows()):
        if pd.notna(row["low"]):
            ax.plot([row["low"], row["high"]], [y, y], color="#555555", linewidth=1.2)
        face = "#000000" if row["own"] else "#FFFFFF"
        ax.plot(row["value"], y, "o", markerfacecolor=face, markeredgecolor="#000000")
        ax.annotate(
            f"{row['value']:.2f}",
            (row["value"], y),
            xytext=(0, 5),
            textcoords="offset points",
            ha="center",
            fontsize=6.5,
        )
    ax.set_yticks(range(len(table)), table["system"])
    ax.set_ylim(len(table) - 0.4, -0.7)
    ax.set_xlim(0, 1)
    ax.set_xlabel(xlabel)
    ax.grid(axis="x", color="#E5E5E5", linewidth=0.6)
    ax.set_axisbelow(True)
    return ax


def plot_stance_timeline(
    table: pd.DataFrame,
    events: pd.DataFrame,
    *,
    ax: Axes | None = None,
    event_labels: bool = True,
    counts: bool = True,
) -> Axes:
    """Draw stance over time, one line a side, with intervals, events and n.

    Parameters
    ----------
    table : DataFrame
        ``side`` (a key of ``SIDES``), ``bin_start, bin_end, stance, stance_low, stance_high,
        n_sided, n_docs`` and optional ``gold`` (hand-coded stance, drawn hollow). Cells with fewer
        than ``MIN_SIDED`` claims that take a side show their n and no point.
    events : DataFrame
        ``date`` (ISO day) and ``label``.
    ax : Axes, optional
    event_labels : bool
        Write the labels above the axes.
    counts : bool
        Write the claims (documents) of each cell below it.
    """
    ax = _axes(ax, DOUBLE, 2.6)
    first, last = pd.to_datetime(table["bin_start"]), pd.to_datetime(table["bin_end"])
    middle: pd.Series[Any] = first + (last - first) / 2
    apart = (last - first).min() / 6
    ax.axhline(0, color="#999999", linewidth=0.6, zorder=0)
    mark_events(ax, events, labels=event_labels)
    for number, (side, style) in enumerate(SIDES.items()):
        mine = table["side"] == side
        # Sides of one bin stand beside each other.
        when: pd.Series[Any] = middle[mine] + apart * (number - 1)
        _side_line(ax, when, table[mine], side, style)
        if counts:
            y = -1.24 - 0.15 * number
            _write_counts(ax, middle[mine], table[mine], "n_sided", y, style[0])
    ax.set_ylim(-1.2 - 0.15 * len(SIDES) if counts else -1.1, 1.5 if counts else 1.1)
    ax.set_yticks([-1, -0.5, 0, 0.5, 1], ["−1 against", "−0.5", "0", "+0.5", "+1 for"])
    return ax


def plot_prevalence_timeline(
    table: pd.DataFrame, *, ax: Axes | None = None, counts: bool = True
) -> Axes:
    """Draw which share of each side's claims is in a framing over time, with intervals and n.

    Parameters
    ----------
    table : DataFrame
        ``side`` (a key of ``SIDES``), ``bin_start, bin_end, prevalence, prevalence_low,
        prevalence_high, n_claims, n_docs`` of one framing. Cells with fewer than ``MIN_SIDED``
        claims show their n and no point.
    ax : Axes, optional
    counts : bool
        Write the claims (documents) of each cell below it.
    """
    ax = _axes(ax, DOUBLE, 2.6)
    first, last = pd.to_datetime(table["bin_start"]), pd.to_datetime(table["bin_end"])
    middle: pd.Series[Any] = first + (last - first) / 2
    apart = (last - first).min() / 6
    drawn = table[table["n_claims"] >= MIN_SIDED]
    top = max(0.1, float(drawn[["prevalence", "prevalence_high"]].max().max()))
    ax.axhline(0, color="#999999", linewidth=0.6, zorder=0)
    for number, (side, style) in enumerate(SIDES.items()):
        mine = table["side"] == side
        when: pd.Series[Any] = middle[mine] + apart * (number - 1)
        _side_line(ax, when, table[mine], side, style, value="prevalence", counted="n_claims")
        if counts:
            y = -top * (0.1 + 0.085 * number)
            _write_counts(ax, middle[mine], table[mine], "n_claims", y, style[0])
    ax.set_ylim(-top * (0.1 + 0.085 * len(SIDES) if counts else 0.05), top * 1.08)
    ticks = [t for t in ax.get_yticks() if 0 <= t <= top * 1.08]
    ax.set_yticks(ticks, [f"{100 * t:.0f} %" for t in ticks])
    return ax


def _write_counts(
    ax: Axes, when: pd.Series[Any], part: pd.DataFrame, counted: str, y: float, colour: str
) -> None:
    for x, (_, row) in zip(when, part.iterrows(), strict=True):
        label = f"{int(row[counted])} ({int(row['n_docs'])})" if row[counted] else ""
        ax.text(x, y, label, ha="center", va="center", fontsize=6.3, color=colour)


def mark_events(ax: Axes, events: pd.DataFrame, *, labels: bool) -> None:
    """Draw a line at each event's ``date``, with its ``label`` above the axes if wanted."""
    for _, event in events.iterrows():
        day = as_day(event["date"])
        ax.axvline(day, color="#AAAAAA", linewidth=0.7, zorder=0)
        if labels:
            ax.annotate(
                event["label"],
                (day, 1.0),
                xycoords=("data", "axes fraction"),
                xytext=(1, 3),
                textcoords="offset points",
                rotation=38,
                ha="left",
                va="bottom",
                fontsize=6.5,
            )


def _side_line(
    ax: Axes,
    when: pd.Series[Any],
    part: pd.DataFrame,
    side: str,
    style: tuple[str, str, Any],
    *,
    value: str = "stance",
    counted: str = "n_sided",
) -> None:
    """Draw one side: a line through its cells, intervals, and the hand coding hollow."""
    colour, marker, line = style
    shown = part[value].notna() & (part[counted] >= MIN_SIDED)
    # A line does not bridge a gap.
    run = (part["bin_start"] != part["bin_end"].shift(fill_value="")).astype(int).cumsum()
    for number in sorted(set(run)):
        at = shown & (run == number)
        ax.plot(when[at], part[value][at], linestyle=line, color=colour, alpha=0.75, zorder=2)
    for x, (_, row) in zip(when[shown], part[shown].iterrows(), strict=True):
        if pd.notna(row[f"{value}_low"]):
            interval = [row[f"{value}_low"], row[f"{value}_high"]]
            ax.plot([x, x], interval, color=colour, linewidth=1.0, zorder=2)
        ax.plot(x, row[value], marker, color=colour, zorder=3)
    if "gold" in part.columns:
        coded = part["gold"].notna()
        hollow: dict[str, Any] = {"markerfacecolor": "white", "markeredgecolor": colour}
        hollow |= {"markersize": 4, "linestyle": "", "zorder": 2.5}
        ax.plot(when[coded], part["gold"][coded], marker, **hollow)
    ax.plot([], [], marker=marker, linestyle=line, color=colour, label=side)


def plot_distributions(table: pd.DataFrame, *, ax: Axes | None = None, xlabel: str = "") -> Axes:
    """Draw every value of each group as a dot, with the median as a bar.

    Parameters
    ----------
    table : DataFrame
        ``group, value``, groups in the order to draw.
    ax : Axes, optional
    xlabel : str
    """
    import numpy as np

    groups = list(dict.fromkeys(table["group"]))
    ax = _axes(ax, SINGLE, 0.3 * len(groups) + 0.8)
    for y, group in enumerate(groups):
        values = np.sort(table.loc[table["group"] == group, "value"].dropna().to_numpy())
        spread = np.linspace(-0.16, 0.16, len(values)) if len(values) > 1 else np.zeros(len(values))
        ax.plot(
            values,
            y + spread,
            "o",
            markersize=3,
            markerfacecolor="none",
            markeredgecolor="#0072B2",
            markeredgewidth=0.7,
        )
        if len(values):
            ax.plot([np.median(values)] * 2, [y - 0.3, y + 0.3], color="#000000", linewidth=1.6)
            ax.annotate(
                f"{np.median(values):.2f}",
                (float(np.median(values)), y - 0.32),
                ha="center",
                va="bottom",
                fontsize=6.5,
            )
    ax.set_yticks(range(len(groups)), groups)
    ax.set_ylim(len(groups) - 0.4, -0.8)
    ax.set_xlabel(xlabel)
    ax.grid(axis="x", color="#E5E5E5", linewidth=0.6)
    ax.set_axisbelow(True)
    return ax
