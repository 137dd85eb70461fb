"""Find quotations in every quotation-mark style, running quotations and unclosed ones included."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DOUBLE_OPEN, _DOUBLE_CLOSE = '“„«"', '”“»"'
_SINGLE_OPEN, _SINGLE_CLOSE = "‘‚'", "’'"
_PARAGRAPH = re.compile(r"[^\n]+(?:\n(?!\s*\n)[^\n]+)*")
_MARK = re.compile(r"[“”„«»\"‘’‚']")


@dataclass(frozen=True)
class Quotation:
    """A quotation with its marks.

    Parameters
    ----------
    start, end : int
        Half-open span with the marks.
    inner_start, inner_end : int
        The quoted words alone.
    closed : bool
        False where the paragraph ended without a closing mark.
    block : bool
        True where nothing but the quotation stands in its paragraph.
    """

    start: int
    end: int
    inner_start: int
    inner_end: int
    closed: bool
    block: bool


def _opens(text: str, at: int, low: int) -> bool:
    before = text[at - 1] if at > low else " "
    after = text[at + 1] if at + 1 < len(text) else " "
    return (before.isspace() or before in "([{—–-:“«\"‘'") and not after.isspace()


def _closes(text: str, at: int, high: int) -> bool:
    before = text[at - 1] if at else " "
    after = text[at + 1] if at + 1 < high else " "
    return not before.isspace() and not after.isalnum()


def _closing(text: str, start: int, high: int) -> int | None:
    """Return the index of the mark that closes the quotation opened at `start`."""
    single = text[start] in _SINGLE_OPEN
    marks = _SINGLE_CLOSE if single else _DOUBLE_CLOSE
    candidates = []
    for m in _MARK.finditer(text, start + 1, high):
        at = m.start()
        if text[at] in marks and _closes(text, at, high):
            candidates.append(at)
            # A plural possessive (troops' positions) looks like a closing single mark: take it as
            # one only if punctuation or the paragraph's end makes it so, or no better mark comes.
            sure = text[at - 1] in ".,!?…;:" or at + 1 >= high or text[at + 1] in ".,;:!?)\n"
            if not single or sure or not _plural(text, at):
                return at
        elif (
            text[at] in (_SINGLE_OPEN if single else _DOUBLE_OPEN)
            and _opens(text, at, start)
            and single
        ):
            # A second opening mark of the same kind: the first was never closed before it.
            break
    return candidates[0] if candidates else None


def _plural(text: str, at: int) -> bool:
    return (
        text[at - 1] == "s"
        and at + 2 < len(text)
        and text[at + 1] == " "
        and text[at + 2].islower()
    )


def find_quotations(text: str) -> list[Quotation]:
    """Return the outermost quotations of `text` in order.

    A paragraph that begins with an opening mark and never closes it is quoted to its end (a
    running or an unclosed block quotation); an opening mark in mid-paragraph that is never closed
    is left alone, because where it ends would be a guess.

    Examples
    --------
    >>> [(q.inner_start, q.inner_end) for q in find_quotations("He said: “It’s ours.”")]
    [(10, 19)]
    """
    out: list[Quotation] = []
    for paragraph in _PARAGRAPH.finditer(text):
        low, high = paragraph.span()
        body_start = low + len(paragraph[0]) - len(paragraph[0].lstrip())
        body_end = low + len(paragraph[0].rstrip())
        at = low
        while at < high:
            m = _MARK.search(text, at, high)
            if m is None:
                break
            start = m.start()
            at = start + 1
            if text[start] not in _DOUBLE_OPEN + _SINGLE_OPEN or not _opens(text, start, low):
                continue
            end = _closing(text, start, body_end)
            first = start == body_start
            if end is not None and end > start + 1:
                tail = text[end + 1 : body_end].strip(" .,;")
                out.append(Quotation(start, end + 1, start + 1, end, True, first and not tail))
                at = end + 1
            elif first and end is None:
                out.append(Quotation(start, body_end, start + 1, body_end, False, True))
                at = body_end
    return out
