"""A table as LaTeX."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from narrative.storage import write_text


def latex_table(table: pd.DataFrame, path: str | Path, *, caption: str, label: str) -> None:
    """Write a table as LaTeX (booktabs), floats with two digits and text escaped.

    Parameters
    ----------
    table : DataFrame
    path : path-like
    caption, label : str
    """
    text = table.to_latex(
        index=False, escape=True, float_format="%.2f", na_rep="--", caption=caption, label=label
    )
    write_text(text, Path(path))
