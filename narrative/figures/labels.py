"""Labels at the ends of lines, moved apart by adjustText where they would collide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

End = tuple[Any, float, str, str]  # x, y, text, colour
_ITERATIONS = 300  # a limit in time would give other places on a busy computer


def label_ends(ax: Axes, ends: Sequence[End], *, fontsize: float = 7) -> None:
    """Write a label to the right of the axes beside each line's end, in the line's colour.

    Labels move up and down only, so that each still stands at the height of its line or near it.
    """
    from adjustText import adjust_text

    right = ax.get_xlim()[1]
    texts = [
        ax.text(right, y, f" {text}", color=colour, fontsize=fontsize, va="center", ha="left")
        for _, y, text, colour in ends
    ]
    figure = ax.get_figure(root=True)
    assert figure is not None  # these axes were made with a figure
    figure.draw_without_rendering()  # the layout must stand before labels can be measured
    only: dict[str, str] = dict.fromkeys(("text", "static", "explode", "pull"), "y")
    adjust_text(
        texts, ax=ax, avoid_self=False, ensure_inside_axes=False, only_move=only,
        iter_lim=_ITERATIONS, min_arrow_len=1e9,
    )  # fmt: skip
