"""Claims of control under the assessed record; like ``plots``, it computes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from narrative.plots import DOUBLE, as_day

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STATUS_STYLE: dict[str, tuple[str, str, str, str]] = {
    # status -> label, colour, hatch, marker
    "russian": ("Russian control", "#D55E00", "", "s"),
    "encircled_by_russia": ("encircled by Russia", "#E8A87C", "//", "D"),
    "contested": ("contested", "#999999", "", "X"),
    "encircled_by_ukraine": ("Russian group encircled", "#7FB4D9", "\\\\", "v"),
    "ukrainian": ("Ukrainian control", "#0072B2", "", "o"),
}
# What a map or a list of points says of a place is a share.
RECORD_STYLE: dict[str, tuple[str, str, str, str]] = STATUS_STYLE | {
    "mostly_russian": ("half or more Russian", "#E8A87C", "", "s"),
    "mostly_ukrainian": ("half or more Ukrainian", "#7FB4D9", "", "o"),
}


def plot_record(
    claims: pd.DataFrame, record: pd.DataFrame, *, ax: Axes | None = None, beside: float = 2.2
) -> Axes:
    """Draw claims of control under a band of the assessed status.

    Parameters
    ----------
    claims : DataFrame
        ``label`` (a row each, in the order to draw), ``claimed_status, said_at`` (ISO day) and
        ``coded`` (bool: coded by hand, drawn hollow and a little lower).
    record : DataFrame
        ``start, end`` (ISO days) and ``status`` of the assessed record, in order; where there are
        several, ``reference`` says whose, and each has a band.
    ax : Axes, optional
    beside : float
        Days between claims of one row and day, which stand side by side.
    """
    order = list(dict.fromkeys(claims["label"]))
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.subplots(figsize=(DOUBLE, 0.27 * len(order) + 1.8))[1]
    whose = record["reference"] if "reference" in record else pd.Series("events", record.index)
    bands = list(dict.fromkeys(whose))
    at = {name: i - len(bands) - 0.2 for i, name in enumerate(bands)}
    for name, (_, row) in zip(whose, record.iterrows(), strict=True):
        _, colour, hatch, _ = RECORD_STYLE[row["status"]]
        start, end = as_day(row["start"]), as_day(row["end"])
        ax.barh(
            at[name], end - start, left=start, height=0.7, color=colour, hatch=hatch,
            edgecolor="white", linewidth=0.5,
        )  # fmt: skip
    kinds = claims.drop_duplicates(["label", "said_at", "coded", "claimed_status"])
    steps = kinds.groupby(["label", "said_at", "coded"]).cumcount()
    for (_, row), step in zip(kinds.iterrows(), steps, strict=True):
        _, colour, _, marker = STATUS_STYLE[row["claimed_status"]]
        y = order.index(row["label"]) + (0.17 if row["coded"] else -0.17)
        face = "white" if row["coded"] else colour
        ax.plot(
            as_day(row["said_at"]) + pd.Timedelta(days=beside * step), y, marker,
            markerfacecolor=face, markeredgewidth=0.9,
            markeredgecolor=colour if row["coded"] else "#222222",
        )  # fmt: skip
    ax.set_yticks([*at.values(), *range(len(order))], [*(f"assessed ({b})" for b in bands), *order])
    ax.set_ylim(len(order) - 0.4, -len(bands) - 0.9)
    ax.grid(axis="y", color="#EEEEEE", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.legend(
        handles=_record_handles(claims, record),
        loc="upper center",
        bbox_to_anchor=(0.4, -0.1),
        ncols=3,
    )
    return ax


def _record_handles(claims: pd.DataFrame, record: pd.DataFrame) -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = []
    for status, (label, colour, _, marker) in STATUS_STYLE.items():
        if status in set(claims["claimed_status"]):
            look: dict[str, Any] = {"color": colour, "markeredgecolor": "#222222", "linestyle": ""}
            handles.append(Line2D([], [], marker=marker, label=f"claimed: {label}", **look))
    hollow: dict[str, Any] = {"markerfacecolor": "white", "markeredgecolor": "#444444"}
    if claims["coded"].any():
        handles.append(
            Line2D([], [], marker="o", linestyle="", label="hollow: coded by hand", **hollow)
        )
    for status, (label, colour, hatch, _) in RECORD_STYLE.items():
        if status in set(record["status"]):
            patch = Patch(
                facecolor=colour, hatch=hatch, edgecolor="white", label=f"assessed: {label}"
            )
            handles.append(patch)
    return handles
