"""A state or its capital that stands for one of its bodies: "Moscow said", beside its ministry."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

from narrative.credited import Attribution
from narrative.speakers import NOBODY, Speaker
from narrative.speakers.bodies import is_state

_REACH = 3  # sentences
_BODY = re.compile(r"\b(?:ministry|staff|mod|army|armed forces|command)\b", re.IGNORECASE)


def settle_metonyms(found: Sequence[Attribution]) -> list[Attribution]:
    """Return attributions in which a bare state is the body of it that speaks beside it.

    "Russia said it had taken the town" is its ministry's claim where the ministry is credited
    within three sentences; where none is, the government's, as listed.

    Parameters
    ----------
    found : sequence of Attribution
        All of one document, in order of ``sent_index``.
    """
    at = [a.sent_index for a in found]
    out: list[Attribution] = []
    for a in found:
        if a.speaker is None or not is_state(a.mention.strip()):
            out.append(a)
            continue
        low, high = bisect_left(at, a.sent_index - _REACH), bisect_right(at, a.sent_index + _REACH)
        near = [b for b in found[low:high] if _is_body_of(b.speaker, a.speaker)]
        body = min(near, key=lambda b: abs(b.sent_index - a.sent_index), default=None)
        out.append(a if body is None else replace(a, speaker=body.speaker))
    return out


def _is_body_of(body: Speaker | None, state: Speaker) -> bool:
    if body is None or body is NOBODY or body.kind != "organisation":
        return False
    return body is not state and body.camp == state.camp and _BODY.search(body.name) is not None
