r"""Every number of a run as a LaTeX macro, so that a text cites none by hand.

The name is ``Narr`` and the number's path in ``numbers.json``, each word with a capital and digits
spelled: ``n_claims`` is ``\NarrClaims`` (a leading "n" goes), ``stance_by_camp``, ``advance``,
``pro_russian`` is ``\NarrStanceByCampAdvanceProRussian``, and ``claims_by_framing``,
``discovered_00`` is ``\NarrClaimsByFramingDiscoveredZeroZero``. What is written is the number as it
is in the file, so that ``$\NarrX$`` and siunitx's ``\num{\NarrX}`` both take it; a number that a
run does not give (null) is ``\NarrMissing``, a dash.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from narrative.errors import InputError
from narrative.one_line import plain

_DIGITS = ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
_HEAD = r"""% Numbers of the run, from numbers.json (narrative paper). Do not edit: run it again.
% $\NarrX$ or \num{\NarrX} prints one; \NarrMissing stands where the run gives none.
\providecommand{\NarrMissing}{\mbox{--}}
"""


def macro_name(path: tuple[str, ...]) -> str:
    """Return the macro's name, without backslash, of a number's path in ``numbers.json``.

    Raises
    ------
    InputError
        If a part of the path has neither letters nor digits.

    Examples
    --------
    >>> macro_name(("n_claims",)), macro_name(("claims_by_framing", "discovered_01"))
    ('NarrClaims', 'NarrClaimsByFramingDiscoveredZeroOne')
    """
    from anyascii import anyascii

    name = "Narr"
    for depth, part in enumerate(path):
        words = re.findall(r"[A-Za-z]+|[0-9]", anyascii(part))
        if depth == 0 and len(words) > 1 and words[0] == "n":
            words = words[1:]
        if not words:
            raise InputError(
                f"numbers.json, {', '.join(path)}: {part!r} has no letter or digit to name a "
                "macro by; rename it in the study."
            )
        name += "".join(_DIGITS[int(w)] if w.isdigit() else w[0].upper() + w[1:] for w in words)
    return name


def macros(numbers: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Return by macro name the number as text, and its path in words.

    Raises
    ------
    InputError
        If two numbers would have one name.
    """
    out: dict[str, tuple[str, str]] = {}
    for path, value in _leaves(numbers, ()):
        name, where = macro_name(path), ", ".join(path)
        if name in out or name == "NarrMissing":
            other = out[name][1] if name in out else "what stands for no number"
            raise InputError(
                f"numbers.json: {where!r} and {other!r} would both be \\{name}; rename one of "
                "the two ids in the study."
            )
        out[name] = (r"\NarrMissing" if value is None else json.dumps(value), where)
    return out


def numbers_tex(numbers: dict[str, Any]) -> str:
    """Return ``numbers.tex``: one macro a number, with its path as a comment."""
    lines = [
        rf"\newcommand{{\{name}}}{{{value}}} % {plain(where)}"
        for name, (value, where) in macros(numbers).items()
    ]
    return _HEAD + "\n".join(lines) + "\n"


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict):
        for key in sorted(value):
            yield from _leaves(value[key], (*path, str(key)))
    elif isinstance(value, bool) or not isinstance(value, int | float | None):
        raise InputError(
            f"numbers.json, {', '.join(path)}: got {value!r}; expected a number or null."
        )
    else:
        yield path, value
