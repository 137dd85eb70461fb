"""A text of sections, written as Markdown or as LaTeX; all of it is escaped for either."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from narrative.one_line import plain
from narrative.paper.latex import booktabs, escape, text_column

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~])")
TO_FILL = "TO BE FILLED IN"
_SHORT = 20  # letters that a column of a line holds
_LETTER, _GAP = 0.0125, 0.018  # of the line: a letter, the space around a column (set small)


@dataclass(frozen=True)
class Grid:
    """A small table within a section.

    Parameters
    ----------
    head : sequence of str
    rows : sequence of sequences
    caption, label : str
        Used in LaTeX.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[object]]
    caption: str
    label: str


@dataclass(frozen=True)
class Cited:
    """A sentence that ends in works of the bibliography."""

    text: str
    keys: tuple[str, ...]


Block = str | Cited | list[str] | Grid


@dataclass
class Section:
    """A heading and what stands under it."""

    title: str
    blocks: list[Block] = field(default_factory=list)


def markdown(title: str, sections: Sequence[Section], short: dict[str, str]) -> str:
    """Return sections as Markdown; `short` says how a cited work is named in running text."""
    out = [f"# {_md(title)}", ""]
    for section in sections:
        out += [f"## {_md(section.title)}", ""]
        for block in section.blocks:
            out += [*_md_block(block, short), ""]
    return "\n".join(out).rstrip() + "\n"


def latex(title: str, sections: Sequence[Section]) -> str:
    """Return sections as LaTeX, to be read in with ``input`` in an article."""
    out = [
        "% Made by narrative paper. Needs array, booktabs and longtable; cites references.bib.",
        rf"\section{{{escape(title)}}}",
        "",
    ]
    for section in sections:
        out += [rf"\subsection{{{escape(section.title)}}}", ""]
        for block in section.blocks:
            out += [_tex_block(block), ""]
    return "\n".join(out).rstrip() + "\n"


def _md(text: object) -> str:
    return _MARKDOWN.sub(r"\\\1", plain(text)).replace("&", "&amp;")


def _md_block(block: Block, short: dict[str, str]) -> list[str]:
    if isinstance(block, Cited):
        return [f"{_md(block.text)} ({_md('; '.join(short[k] for k in block.keys))})."]
    if isinstance(block, Grid):
        lines = [block.head, ["---"] * len(block.head)]
        rows = ["| " + " | ".join(map(str, line)) + " |" for line in lines]
        return rows + ["| " + " | ".join(_md(c) for c in row) + " |" for row in block.rows]
    if isinstance(block, list):
        return [f"- {_md(item)}" for item in block]
    return [_md(block)]


def _tex_block(block: Block) -> str:
    if isinstance(block, Cited):
        return rf"{escape(block.text)}~\cite{{{','.join(block.keys)}}}."
    if isinstance(block, Grid):
        return booktabs(
            block.rows, block.head, _columns(block), caption=block.caption, label=block.label,
            small=True,
        )  # fmt: skip
    if isinstance(block, list):
        items = "\n".join(rf"\item {escape(item)}" for item in block)
        return f"\\begin{{itemize}}\n{items}\n\\end{{itemize}}"
    return escape(block)


def _columns(grid: Grid) -> str:
    """Return the columns of a grid: those with long cells share the width that others leave."""
    lines = [grid.head, *grid.rows]
    widest = [max(len(plain(r[i])) for r in lines) for i in range(len(grid.head))]
    long = [n for n in widest if n > _SHORT]
    left = 1 - _GAP * len(widest) - _LETTER * sum(n for n in widest if n <= _SHORT)
    # By the root: a long cell can be set in many lines, a column of one word cannot.
    shares = {n: left * n**0.5 / sum(m**0.5 for m in long) for n in long}
    return "".join(text_column(shares[n]) if n in shares else "l" for n in widest)
