"""What the figures of a run share: axes, legend, dates, names of files."""

from __future__ import annotations

import re
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from narrative.plots import DOUBLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def file_part(name: str) -> str:
    """Return a name that every file system takes and no path can hide in.

    Examples
    --------
    >>> file_part("../Städte & more")
    'stadte_more'
    """
    from anyascii import anyascii

    return re.sub(r"[^a-z0-9]+", "_", anyascii(name).casefold()).strip("_") or "unnamed"


def new_axes(width: float, height: float) -> Axes:
    """Return the one axes of a new figure of a size in inches."""
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(width, height))[1]


def figure_of(ax: Axes) -> Figure:
    """Return the figure that axes are on."""
    figure = ax.get_figure(root=True)
    assert figure is not None  # made above
    return figure


def legend_below(ax: Axes, handles: Any, labels: Any, *, columns: int) -> None:
    """Draw the legend of a figure's one axes below it, small where the figure is narrow."""
    figure = figure_of(ax)
    small: dict[str, Any] = {}
    if figure.get_figwidth() < DOUBLE:
        small = {"fontsize": 6.2, "handlelength": 1.4, "columnspacing": 0.8, "handletextpad": 0.5}
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, **small)


def shorten_ticks(ax: Axes, most: int) -> None:
    """Cut the labels of rows that would leave no room for what is drawn."""
    ticks = [shorten(t.get_text(), most, placeholder=" …") for t in ax.get_yticklabels()]
    ax.set_yticks(ax.get_yticks(), ticks)


def date_axis(ax: Axes, most: int = 8) -> None:
    """Write dates short, a few of them."""
    import matplotlib.dates as mdates

    locator = mdates.AutoDateLocator(minticks=3, maxticks=most)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    formatter = mdates.ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_formatter(formatter)
