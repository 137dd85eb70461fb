"""Joint sources: "X and Y said" is X's, and its mention keeps both."""

from __future__ import annotations

import re
from typing import Final

from narrative.speakers.index import SpeakerIndex
from narrative.speakers.introductions import title_start
from narrative.speakers.names import camp_of

AND: Final = re.compile(r",?\s+(?:and|together with|along with|as well as)\s+$")
_COMMA = re.compile(r",\s+$")
_LAST_WORD = re.compile(r"[\w’'-]+$")
_BEFORE_SUBJECT = re.compile(
    r"(?:[,;:—–(\u2592]|\b(?:but|that|while|whereas|when|as|both))\s*$", re.IGNORECASE
)


def joint_start(index: SpeakerIndex, text: str, start: int, subject: int) -> tuple[int, int] | None:
    """Return where the first of the sources joined to a subject begins, if there are any.

    Parameters
    ----------
    index : SpeakerIndex
    text : str
    start : int
        Where the sentence begins.
    subject : int
        Where the subject begins, with its titles.

    Returns
    -------
    tuple of int, or None
        Where the first source begins with its titles, and without them. What stands before must
        end there: in "X met Y and Z said" Y is no subject.
    """
    found, joined = None, AND.search(text, start, subject)
    while joined is not None:
        before = _one_before(index, text, start, joined.start())
        if before is None:
            break
        found = before
        joined = _COMMA.search(text, start, found[0])
    return found


def _one_before(index: SpeakerIndex, text: str, start: int, end: int) -> tuple[int, int] | None:
    side = _LAST_WORD.search(text, start, end)
    names = index.find(text, start, end)
    if names and names[-1][1] == end:
        first = names[-1][0]
    elif side is not None and camp_of(side[0]):  # "Russian and Ukrainian officials"
        first = side.start()
    else:
        return None
    low = start + title_start(text[start:first])
    lead = text[start:low]
    return (low, first) if not lead.strip() or _BEFORE_SUBJECT.search(lead) else None


def joint_end(text: str, first_end: int, second: tuple[int, int]) -> int:
    """Return where a mention ends whose first name ends at `first_end`: with "and Y", if joined."""
    gap = text[first_end : second[0]]
    return second[1] if AND.fullmatch(gap[: title_start(gap)]) else first_end
