"""Text and tables as LaTeX: whatever documents or a study hold is text, never a command."""

from __future__ import annotations

from collections.abc import Sequence

from narrative.one_line import plain

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    # After \\ a bracket or star would be read as its argument.
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
    "−": r"\ensuremath{-}",
    "≥": r"\ensuremath{\geq}",
    "∞": r"\ensuremath{\infty}",
    "…": r"\ldots{}",
}
_LONG = 30  # rows, from which a table runs over pages


def escape(text: object) -> str:
    r"""Return text that LaTeX prints as it is.

    Examples
    --------
    >>> escape(r"100 % of \input{x}_1")
    '100 \\% of \\textbackslash{}input\\{x\\}\\_1'
    """
    return "".join(_SPECIAL.get(c, c) for c in plain(text))


def text_column(width: float) -> str:
    r"""Return a column of ragged text, its width as a share of the line; needs ``array``."""
    return rf">{{\raggedright\arraybackslash}}p{{{width:.2f}\linewidth}}"


def _cell(value: object) -> str:
    """Return a cell in which a line may break after an underscore: ids are long."""
    return escape(value).replace(r"\_", r"\_\allowbreak{}")


def booktabs(
    rows: Sequence[Sequence[object]],
    head: Sequence[str],
    columns: str,
    *,
    caption: str,
    label: str,
    small: bool = False,
) -> str:
    """Return a table with the rules of booktabs; it runs over pages where it is long.

    Parameters
    ----------
    rows : sequence of sequences
        Cells, escaped here.
    head : sequence of str
        Escaped here.
    columns : str
        Of ``tabular``, such as ``lrr``; written as given.
    caption, label : str
        The caption is escaped; the label is ours.
    small : bool
        Set small and close, for many columns.
    """
    lines = [" & ".join(map(_cell, row)) + r" \\" for row in rows]
    title = " & ".join(escape(h) for h in head) + r" \\"
    named = rf"\caption{{{escape(caption)}}}\label{{{label}}}"
    size = [r"\footnotesize\setlength{\tabcolsep}{3pt}"] if small else []
    if len(rows) > _LONG:
        begin = [rf"\begin{{longtable}}{{{columns}}}", rf"{named} \\", r"\toprule", title,
                 r"\midrule", r"\endfirsthead", r"\toprule", title, r"\midrule", r"\endhead",
                 r"\bottomrule", r"\endlastfoot"]  # fmt: skip
        return "\n".join(
            [r"\begingroup", *size, *begin, *lines, r"\end{longtable}", r"\endgroup", ""]
        )
    begin = [r"\begin{table}[htbp]", r"\centering", named, *size,
             rf"\begin{{tabular}}{{{columns}}}", r"\toprule", title, r"\midrule"]  # fmt: skip
    end = [r"\bottomrule", r"\end{tabular}", r"\end{table}", ""]
    return "\n".join([*begin, *lines, *end])
