"""Text of documents and studies as it can stand in a page, a figure or a table."""

from __future__ import annotations

import unicodedata


def plain(text: object) -> str:
    r"""Return text on one line, without characters that are not seen or turn the writing round.

    Examples
    --------
    >>> plain("two\n\nlines\u202e")
    'two lines'
    """
    spaced = " ".join(str(text).split())
    return "".join(c for c in spaced if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co"))
