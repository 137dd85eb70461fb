"""News items that name their source in a line of its own, and claims headed by a name.

Ukrainian news sites write "Source: General Staff", then "Details:" and "Quote:". What stands under
the line, and the summary right above it, is the source's as long as no other is named.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from narrative.segmentation import Span

_SOURCE: Final = re.compile(
    r"^(?:Sources?|Джерел[оа]|Источники?):[ \t]*(?P<who>[^\n;]+?)"
    r"(?=[ \t]*(?:;|,|[ \t](?:on|in|via|у|в|на)[ \t]|$))[^\n]*$",
    re.MULTILINE,
)
_LABEL: Final = re.compile(
    r"^(?:Details|Quote|In detail|What they said|Деталі|Дослівно|Пряма мова|Цитата|Подробности|"
    r"Дословно|Прямая речь):\s*",
    re.MULTILINE,
)
_END: Final = re.compile(
    r"^(?:Background|Reminder|Why (?:this|it) matters|What happened before|Передісторія|Нагадаємо|"
    r"Що передувало|Предыстория|Напомним)[^\n]{0,20}:",
    re.MULTILINE,
)
_NAMED: Final = re.compile(r"(?P<who>[A-ZА-ЯІЇЄҐ][^\n:,.;?!▒]{1,60}):[ \t]+(?=[A-ZА-ЯІЇЄҐ\d])")


@dataclass(frozen=True)
class SourceBlock:
    """A line that names a source, and what it is the source of.

    Parameters
    ----------
    line : Span
        The line itself, which claims nothing.
    who : Span
        The words that name the source.
    start, end : int
        From the summary above the line to where a background begins.
    """

    line: Span
    who: Span
    start: int
    end: int


def source_blocks(text: str) -> list[SourceBlock]:
    """Return the source lines of a document, in order.

    A line without "Details:" or "Quote:" under it is a credit or a note, not the source of an item.
    """
    lines = list(_SOURCE.finditer(text))
    out: list[SourceBlock] = []
    for i, m in enumerate(lines):
        after = lines[i + 1].start() if i + 1 < len(lines) else len(text)
        if _LABEL.search(text, m.end(), after) is None:
            continue
        end = _END.search(text, m.end(), after)
        above = text[: m.start()].rstrip()
        summary = above.rfind("\n") + 1
        # A title or a byline ends without a mark; the summary is a sentence.
        start = summary if above.endswith((".", "!", "”", '"')) else m.start()
        out.append(SourceBlock(m.span(), m.span("who"), start, end.start() if end else after))
    return out


def past_label(text: str, start: int, end: int) -> int:
    """Return where what a line says begins: after "Details:" or "Quote:"."""
    m = _LABEL.match(text, start, end)
    return m.end() if m else start


def heading_name(text: str, start: int, end: int) -> Span | None:
    """Return the words before the colon of a line "Name: what it says", if it is one.

    Whether they name anybody is for the caller to find out.
    """
    m = _NAMED.match(text, start, end) if start == 0 or text[start - 1] == "\n" else None
    return m.span("who") if m else None
