"""What a command tells of a long run while it goes on."""

from __future__ import annotations

import sys
from typing import Any

import click


class Console:
    """A reporter to the terminal: a bar on one, plain lines elsewhere."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._stage = self._name = ""
        self._tenth = -1

    def stage(self, name: str, kept: bool) -> None:
        """Say that a stage begins, or is kept from an earlier run."""
        click.echo(f"{name}: {'unchanged, kept' if kept else 'running'}", err=True)
        self._stage = name
        self.step("")

    def step(self, name: str) -> None:
        """Begin to count anew, under the name of the stage and of this step."""
        self.close()
        self._name = f"{self._stage}, {name}" if name else self._stage
        self._tenth = -1

    def progress(self, done: int, total: int) -> None:
        """Say how far the stage or step is."""
        if sys.stderr.isatty():
            if self._bar is None:
                from tqdm import tqdm

                self._bar = tqdm(total=total, desc=self._name, leave=False)
            self._bar.update(done - self._bar.n)
        elif total and done * 10 // total > self._tenth:
            self._tenth = done * 10 // total
            click.echo(f"{self._name}: {done} of {total}", err=True)

    def note(self, text: str) -> None:
        """Say what the user should know about the results."""
        self.close()
        click.echo(f"Note: {text}", err=True)

    def close(self) -> None:
        """Take the bar off the terminal."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
