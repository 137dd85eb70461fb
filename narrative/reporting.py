"""What a long run tells about itself."""

from __future__ import annotations

from typing import Protocol


class Reporter(Protocol):
    """What a run tells about itself."""

    def stage(self, name: str, kept: bool) -> None:
        """Say that a stage begins, or is kept from an earlier run."""

    def progress(self, done: int, total: int) -> None:
        """Say how far the stage is."""

    def note(self, text: str) -> None:
        """Say what the user should know about the results."""


class Silent:
    """A reporter that says nothing."""

    def stage(self, name: str, kept: bool) -> None:
        """Ignore."""

    def progress(self, done: int, total: int) -> None:
        """Ignore."""

    def note(self, text: str) -> None:
        """Ignore."""
