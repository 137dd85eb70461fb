"""Find quotations in every quotation-mark style, running quotations and unclosed ones included."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DOUBLE_OPEN, _DOUBLE_CLOSE = '“„«"', '”“»"'
_SINGLE_OPEN, _SINGLE_CLOSE = "‘‚'", "’'"
_OWN_CLOSE = {"“": "”", "„": "“”", "«": "»", '"': '"', "‚": "‘’"}
_DECADE = re.compile(r"['‘]\d0s\b")
_PARAGRAPH = re.compile(r"[^\n]+(?:\n(?!\s*\n)[^\n]+)*")
_NEXT = re.compile(r"\s*(\S)")
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
    sure : bool
        True where a colon or a dash shows that even a few words are speech.
    turn : bool
        True where it opens a line of a dialogue.
    """

    start: int
    end: int
    inner_start: int
    inner_end: int
    closed: bool
    block: bool
    sure: bool = False
    turn: bool = False


def _opens(text: str, at: int, low: int) -> bool:
    before = text[at - 1] if at > low else " "
    after = text[at + 1] if at + 1 < len(text) else " "
    if not (before.isspace() or before in "([{—–-:“«\"‘'") or _DECADE.match(text, at):
        return False
    # French guillemets stand off from the words.
    return not after.isspace() or (text[at] == "«" and after != "\n")


def _closes(text: str, at: int, high: int) -> bool:
    before = text[at - 1] if at else " "
    after = text[at + 1] if at + 1 < high else " "
    return (not before.isspace() or text[at] == "»") and not after.isalnum()


def _closing(text: str, start: int, high: int) -> int | None:
    """Return the index of the mark that closes the quotation opened at `start`."""
    opened = text[start]
    if opened in _SINGLE_OPEN:
        return _closing_single(text, start, high, _OWN_CLOSE.get(opened, _SINGLE_CLOSE))
    end = _closing_double(text, start, high, _OWN_CLOSE[opened])
    # The mark of another style closes only where its own does not come.
    return end if end is not None else _closing_double(text, start, high, _DOUBLE_CLOSE)


def _closing_double(text: str, start: int, high: int, marks: str) -> int | None:
    depth = 0
    for m in _MARK.finditer(text, start + 1, high):
        at = m.start()
        if text[at] in marks and _closes(text, at, high):
            if not depth:
                return at
            depth -= 1
        elif text[at] == text[start] != '"' and _opens(text, at, start):
            depth += 1
    return None


def _closing_single(text: str, start: int, high: int, marks: str) -> int | None:
    candidates = []
    for m in _MARK.finditer(text, start + 1, high):
        at = m.start()
        if text[at] in marks and _closes(text, at, high):
            candidates.append(at)
            # A plural possessive (troops' positions) looks like a closing single mark: take it as
            # one only if punctuation or the paragraph's end makes it so, or no better mark comes.
            sure = text[at - 1] in ".,!?…;:" or at + 1 >= high or text[at + 1] in ".,;:!?)\n"
            if sure or not _plural(text, at):
                return at
        elif text[at] in _SINGLE_OPEN and _opens(text, at, start):
            # A second opening mark of the same kind: the first was never closed before it.
            break
    return candidates[0] if candidates else None


def _runs_on(text: str, start: int, end: int) -> bool:
    """Say whether the next paragraph opens with the mark at `start` (a running quotation)."""
    mark = _NEXT.match(text, end)
    return mark is not None and mark[1] == text[start] != "'"


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
    running or an unclosed block quotation). An opening mark in mid-paragraph that is never closed
    is quoted to the paragraph's end if the next paragraph opens with the same mark (a running
    quotation); otherwise it is left alone, because where it ends would be a guess.

    Examples
    --------
    >>> [(q.inner_start, q.inner_end) for q in find_quotations("He said: “It’s ours.”")]
    [(10, 20)]
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
            elif end is None and (first or _runs_on(text, start, body_end)):
                out.append(Quotation(start, body_end, start + 1, body_end, False, first))
                at = body_end
    return out
