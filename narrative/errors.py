"""Errors that tell a user what was read, what was expected and what to do."""

from __future__ import annotations


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
