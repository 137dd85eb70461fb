"""Speech set off by dashes, as Ukrainian and Russian print it.

The words of the author stand between dashes inside the quotation marks («П, — а, — п»), and a line
of a dialogue has a dash and no marks at all ("— П, — а. — П.").
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace

from narrative.quotations import Quotation

Span = tuple[int, int]

_DASH = r"[ \t\u00a0]*[—–-][ \t\u00a0]+"
_INSERTED = re.compile(
    rf"(?P<close>[,!?…»”“])(?={_DASH})(?P<words>{_DASH}[^—–\n«»“”„]{{3,120}}?)"
    rf"(?:(?P<resumed>[,.:]{_DASH})|(?=[.:](?:\s|$)|\n|$))"
)
_LINE = re.compile(r"^[ \t\u00a0]*[—–][ \t\u00a0]+(?=\S)(?P<speech>[^\n]+)", re.MULTILINE)
_AFTER = re.compile(rf"[,.!?…]?{_DASH}")
_RESUMES = re.compile(rf"[\s,.:]*{_DASH}")
_BEGINS = re.compile(_DASH)
_MAX_BEFORE_VERB = 2


def with_dashes(text: str, quotations: list[Quotation], verb: re.Pattern[str]) -> list[Quotation]:
    """Return quotations without the words of the author inside them, and lines of dialogue.

    A line with a dash counts as dialogue only where it, or a line with a dash next to it, says who
    speaks: a list has dashes too.

    Parameters
    ----------
    text : str
    quotations : list of Quotation
        As ``find_quotations`` returns them.
    verb : pattern
        Any form of a reporting verb.

    Returns
    -------
    list of Quotation
        In order, not overlapping; ``sure`` where a dash and a verb follow or a colon stands before.
    """
    lines = list(_dialogue(text, verb))
    starts = [q.start for q in lines]
    out = list(lines)
    for q in quotations:
        at = bisect_right(starts, q.start)
        inside = at and q.start < lines[at - 1].end
        if inside or (at < len(lines) and lines[at].start < q.end):
            continue
        out += _divided(text, q, verb)
    return sorted(out, key=lambda q: q.start)


def begins_with_a_speaker(text: str, start: int, end: int, verb: re.Pattern[str]) -> bool:
    """Say whether a span is "— сказав X", what follows a quotation."""
    dash = _BEGINS.match(text, start, end)
    return dash is not None and _says(text[dash.end() : end], verb)


def after_dash(text: str, start: int, end: int) -> int:
    """Return where speech resumes after ". —" at the start of a span, or the start."""
    lead = _RESUMES.match(text, start, end)
    return lead.end() if lead else start


def _says(words: str, verb: re.Pattern[str]) -> bool:
    """Say whether a reporting verb is among the first words."""
    found = verb.search(words)
    return found is not None and len(words[: found.start()].split()) <= _MAX_BEFORE_VERB


def _divided(text: str, q: Quotation, verb: re.Pattern[str]) -> Iterator[Quotation]:
    after = _AFTER.match(text, q.end)
    led = (
        text[: q.start].rstrip().endswith(":")
        and len(text[q.inner_start : q.inner_end].split()) > 1
    )
    sure = q.closed and (led or (after is not None and _says(text[after.end() :][:120], verb)))
    pieces = list(_speech(text, q.inner_start, q.inner_end, verb, resumed=True))
    if len(pieces) == 1:
        yield replace(q, sure=sure)
        return
    for number, (a, b) in enumerate(pieces):
        first, last = number == 0, number == len(pieces) - 1
        yield Quotation(
            q.start if first else a, q.end if last else b, a, b, q.closed or not last, False, True
        )


def _dialogue(text: str, verb: re.Pattern[str]) -> Iterator[Quotation]:
    run: list[list[Span]] = []
    end = 0
    for m in _LINE.finditer(text):
        if text[end : m.start()].strip():
            yield from _turns(text, run)
            run = []
        run.append(list(_speech(text, m.start("speech"), m.end("speech"), verb, resumed=False)))
        end = m.end()
    yield from _turns(text, run)


def _turns(text: str, run: list[list[Span]]) -> Iterator[Quotation]:
    ends = [text.find("\n", pieces[-1][1]) for pieces in run]
    said = any(
        len(pieces) > 1 or text[pieces[-1][1] : end if end >= 0 else None].strip(" .!?…")
        for pieces, end in zip(run, ends, strict=True)
    )
    for pieces in run if said else []:
        for number, (a, b) in enumerate(pieces):
            yield Quotation(a, b, a, b, True, False, True, number == 0)


def _speech(
    text: str, start: int, end: int, verb: re.Pattern[str], *, resumed: bool
) -> Iterator[Span]:
    """Yield the stretches of speech in a span, without what the author says between them.

    Parameters
    ----------
    resumed : bool
        Whether the author's words count only where speech follows them, as inside marks.
    """
    at = start
    for m in _INSERTED.finditer(text, start, end):
        if (resumed and not m["resumed"]) or not _says(m["words"].lstrip(" \t\u00a0—–-"), verb):
            continue
        yield at, m.end("close")
        if not m["resumed"]:
            return
        at = m.end()
    yield at, end
