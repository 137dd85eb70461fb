"""Tables of a run to one self-contained HTML page, and to LaTeX tables."""

from narrative.report.latex import latex_table
from narrative.report.page import write_report

__all__ = ["latex_table", "write_report"]
