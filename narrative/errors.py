"""Errors that tell a user what was read, what was expected and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class NarrativeError(Exception):
    """Base class of every error that this package raises on purpose."""


class InputError(NarrativeError, ValueError):
    """Something in the user's files or arguments cannot be used as it is."""


class StudyError(InputError):
    """The study file or the codebook is incomplete or contradicts itself."""


class WeightsError(NarrativeError):
    """Model weights are missing or are not the pinned ones."""


class StorageError(NarrativeError, OSError):
    """A table could not be written or read as a whole."""


def perhaps(got: object, known: Iterable[object]) -> str:
    """Return a suggestion for a message: what of `known` is nearest to a word, "" if nothing is.

    Examples
    --------
    >>> perhaps("monthly", ["day", "week", "month"])
    ' (perhaps month?)'
    >>> perhaps("x", ["day"])
    ''
    """
    from difflib import get_close_matches

    folded = {str(k).casefold(): str(k) for k in known}
    word = str(got).strip().casefold()
    begun = [k for k in folded if min(len(k), len(word)) > 2 and word.startswith(k)]
    near = begun or get_close_matches(word, folded, n=1, cutoff=0.7)
    return f" (perhaps {folded[near[0]]}?)" if near else ""
