"""What a long run tells about itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

Progress = Callable[[int, int], None]  # called with (done, total)


class Reporter(Protocol):
    """What a run tells about itself."""

    def stage(self, name: str, kept: bool) -> None:
        """Say that a stage begins, or is kept from an earlier run."""

    def step(self, name: str) -> None:
        """Say that a step of the stage begins ("" for what the stage itself counts)."""

    def progress(self, done: int, total: int) -> None:
        """Say how far the stage or step is."""

    def note(self, text: str) -> None:
        """Say what the user should know about the results."""


class Silent:
    """A reporter that says nothing."""

    def stage(self, name: str, kept: bool) -> None:
        """Ignore."""

    def step(self, name: str) -> None:
        """Ignore."""

    def progress(self, done: int, total: int) -> None:
        """Ignore."""

    def note(self, text: str) -> None:
        """Ignore."""


class Clock(Silent):
    """A reporter that notes when stages begin.

    Parameters
    ----------
    timer : callable
        ``time.process_time`` counts what this process worked, whatever else the machine does.
    """

    def __init__(self, timer: Callable[[], float] = time.perf_counter) -> None:
        self.timer = timer
        self.began: list[tuple[str, float]] = []

    def stage(self, name: str, kept: bool) -> None:  # noqa: ARG002
        """Note the time."""
        self.began.append((name, self.timer()))

    def seconds(self) -> dict[str, float]:
        """Return how long each stage took, the last until now."""
        times = [t for _, t in self.began] + [self.timer()]
        return {name: b - a for (name, a), b in zip(self.began, times[1:], strict=True)}
