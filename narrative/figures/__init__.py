"""The standard figures of a run, drawn from its tables alone."""

from narrative.figures.check import redrawn
from narrative.figures.files import FIGURES, FORMATS, LISTING, WIDTHS, draw_figures

__all__ = ["FIGURES", "FORMATS", "LISTING", "WIDTHS", "draw_figures", "redrawn"]
