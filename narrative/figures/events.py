"""The study's dated events above a time axis: labels where they fit, else numbers and a key.

Labels stand in rows above the axes, each at its rule. adjustText, which moves the labels of lines,
is not used here: it cannot turn a label to the other side of its rule, and leaves labels that begin
on one line where they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import pandas as pd

from narrative.plots import DOUBLE, as_day
from narrative.timeline import time_bin

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_LABELS = 8  # events whose labels are written beside their rules
MOST_NUMBERS = 20  # events that a key can list; of more there are rules alone
_ROW = 0.125  # inches between rows of labels or lines of the key
_DATE = 0.72  # inches for a date in the key
_GAP = 4  # rows that the rules reach down, to below the upper edge of the main axes
_RULE = "#9A9A9A"
_BAND = "#EFEFEF"
_FREQ = {4: "year", 7: "month", 10: "day"}


def shown_events(events: pd.DataFrame, first: str, last: str) -> pd.DataFrame:
    """Return the events of a stretch of time in their order.

    Parameters
    ----------
    events : DataFrame
        The ``events`` table of a run.
    first, last : str
        ISO days, half-open.

    Returns
    -------
    DataFrame
        ``label, date, start, end, place_id``; start and end are half-open days of the stretch on
        which the event may have been. A season is written as its first month and is no month: it
        is left out.

    Examples
    --------
    >>> made = {"date": ["2025-11", "2026-02-01"], "label": ["b", "a"], "precision": ["month", ""]}
    >>> found = shown_events(pd.DataFrame(made), "2025-10-01", "2026-02-01")
    >>> found[["label", "start", "end"]].to_numpy().tolist()
    [['b', '2025-11-01', '2025-12-01']]
    """
    rows = []
    for event in events.to_dict("records"):
        day = str(event["date"])
        span = time_bin(day, _FREQ[len(day)]) if len(day) in _FREQ else None
        if span and event["precision"] != "season" and span[0] < last and span[1] > first:
            when = (max(span[0], first), min(span[1], last))
            rows.append((str(event["label"]), day, *when, str(event.get("place_id", ""))))
    out = pd.DataFrame(rows, columns=["label", "date", "start", "end", "place_id"])
    return out.sort_values(["start", "end", "label"], kind="stable").reset_index(drop=True)


def events_caption(events: pd.DataFrame) -> str:
    """Return the sentences of a caption that say what the marked events are."""
    if events.empty:
        return ""
    known = "" if (events["date"].str.len() == 10).all() else ", a band where no day is known"
    unnamed = "" if len(events) <= MOST_NUMBERS else ", too many to be named here"
    rules = "line: a dated event" if len(events) == 1 else "lines: dated events"
    return f" Grey {rules} of the study ({len(events)}{known}{unnamed}); none explains a change."


@dataclass(frozen=True)
class TimeAxes:
    """Axes of a figure over time, and those that name the events.

    Parameters
    ----------
    main : Axes
        To draw on.
    above, key : Axes or None
        For the labels or numbers of the events, and what the numbers mean.
    events : DataFrame
        As ``shown_events`` gives them.
    """

    main: Axes
    above: Axes | None
    key: Axes | None
    events: pd.DataFrame


def time_axes(width: float, height: float, events: pd.DataFrame) -> TimeAxes:
    """Return the axes of a new figure whose main axes are about `height` inches high."""
    import matplotlib.pyplot as plt

    if events.empty or len(events) > MOST_NUMBERS:
        return TimeAxes(plt.subplots(figsize=(width, height))[1], None, None, events)
    labelled = _labelled(events, width)
    lines = 0 if labelled else -(-len(events) // _columns(width))
    heights = [_ROW, height, lines * _ROW][: 2 if labelled else 3]
    _, axes = plt.subplots(len(heights), 1, figsize=(width, sum(heights)),
                                height_ratios=heights)  # fmt: skip
    for ax in (axes[0], *axes[2:]):
        ax.axis("off")
    return TimeAxes(axes[1], axes[0], None if labelled else axes[2], events)


def draw_events(axes: TimeAxes, floor: float) -> None:
    """Draw the events above `floor`; the limits and labels of the main axes must stand."""
    bottom, top = axes.main.get_ylim()
    least = (floor - bottom) / (top - bottom)  # numbers stand below
    for event in axes.events.to_dict("records"):
        if len(event["date"]) < 10:
            band: dict[str, Any] = {"color": _BAND, "zorder": -1, "linewidth": 0}
            axes.main.axvspan(as_day(event["start"]), as_day(event["end"]), ymin=least, **band)
        else:
            rule: dict[str, Any] = {"color": _RULE, "linewidth": 0.6, "zorder": 0}
            axes.main.axvline(as_day(event["start"]), ymin=least, **rule)
    if axes.above is None:
        return
    title = axes.main.get_title(loc="left")
    axes.main.set_title("")
    axes.above.set_title(title)
    axes.above.set_xlim(axes.main.get_xlim())
    if axes.key is not None:
        _write_key(axes.key, axes.events)
    _write_above(axes, numbered=axes.key is not None)


def _labelled(events: pd.DataFrame, width: float) -> bool:
    return len(events) <= MOST_LABELS and width >= DOUBLE


def _columns(width: float) -> int:
    return 2 if width >= DOUBLE else 1


def _write_key(ax: Axes, events: pd.DataFrame) -> None:
    """List what the numbers mean, by columns."""
    figure = _figure(ax)
    columns = _columns(figure.get_figwidth())
    lines = -(-len(events) // columns)
    ax.set_ylim(lines, 0)
    ax.set_xlim(0, columns)
    figure.draw_without_rendering()  # the layout must stand before inches can be given
    dates = _DATE * columns / (ax.get_window_extent().width / figure.dpi)
    for n, event in enumerate(events.to_dict("records")):
        x, y = n // lines, n % lines + 0.5
        style: dict[str, Any] = {"fontsize": 6.2, "va": "center", "in_layout": False}
        ax.text(x + 0.04, y, str(n + 1), ha="right", **style)
        ax.text(x + 0.06, y, _written(event["date"]), **style)
        label = shorten(event["label"], 44 if columns > 1 else 36, placeholder=" …")
        ax.text(x + 0.06 + dates, y, label, **style)


def _written(date: str) -> str:
    form = {10: "%-d %b %Y", 7: "%b %Y"}.get(len(date), "%Y")
    return str(pd.Timestamp(date).strftime(form))


def _write_above(axes: TimeAxes, *, numbered: bool) -> None:
    """Write labels or numbers in as many rows as they need, and make room for the rows."""
    ax = axes.above
    assert ax is not None  # the caller looked
    figure = _figure(ax)
    figure.draw_without_rendering()  # the layout must stand before labels can be measured
    spans, texts = [], []
    right = float(ax.get_window_extent().x1)
    for n, event in enumerate(axes.events.to_dict("records")):
        at = as_day(event["start"])
        label = str(n + 1) if numbered else shorten(event["label"], 44, placeholder=" …")
        text = ax.text(at, 0, label, fontsize=6.2, va="bottom", ha="center" if numbered else "left")
        box = text.get_window_extent()
        if not numbered and box.x1 > right:
            text.set_horizontalalignment("right")
            box = text.get_window_extent()
        texts.append(text)
        spans.append((box.x0 - 2, box.x1 + 2))
    rows = label_rows(spans, from_left=numbered)
    ax.set_ylim(0, max(rows) + 1)
    for text, row, event in zip(texts, rows, axes.events.to_dict("records"), strict=True):
        text.set_y(row + 0.1)
        if len(event["date"]) == 10:
            rule: dict[str, Any] = {"color": _RULE, "linewidth": 0.6, "zorder": 0}
            rule |= {"clip_on": False, "in_layout": False}
            ax.plot([as_day(event["start"])] * 2, [-_GAP, row], **rule)
        white: dict[str, Any] = {"facecolor": "white", "edgecolor": "none", "pad": 0.4}
        text.set_bbox(white)
    grid: Any = ax.get_gridspec()
    heights = [_ROW * (max(rows) + 1), *grid.get_height_ratios()[1:]]
    grid.set_height_ratios(heights)
    figure.set_figheight(sum(heights))


def label_rows(spans: list[tuple[float, float]], *, from_left: bool = False) -> list[int]:
    """Return the lowest row of each label in which it touches none that is placed before it.

    Labels are placed from the right, so that one that begins earlier stands above those that it
    reaches over, and their rules end below it.

    Parameters
    ----------
    spans : list of (float, float)
        Where each label begins and ends, in the order of the events.
    from_left : bool
        Place them from the left: for labels that are centred at their rules.

    Examples
    --------
    >>> label_rows([(0, 10), (5, 15), (11, 12)])
    [2, 1, 0]
    """
    rows: dict[int, int] = {}
    order = range(len(spans)) if from_left else reversed(range(len(spans)))
    for i in order:
        near = [j for j in rows if spans[j][0] < spans[i][1] and spans[i][0] < spans[j][1]]
        taken = {rows[j] for j in near}
        least = 0 if from_left else max(taken, default=-1) + 1
        rows[i] = next(r for r in range(least, len(spans)) if r not in taken)
    return [rows[i] for i in range(len(spans))]


def _figure(ax: Axes) -> Figure:
    figure = ax.get_figure(root=True)
    assert figure is not None  # made above
    return figure
