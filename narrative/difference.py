"""What a check found to differ."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """What is not as it was written, or does not follow.

    Parameters
    ----------
    where : str
        File, and row and column where known.
    got, expected : str
        "" where not known.
    """

    where: str
    got: str = ""
    expected: str = ""

    def __str__(self) -> str:
        parts = [self.where]
        if self.got or self.expected:
            parts.append(f"got {self.got or 'nothing'}")
        if self.expected:
            parts.append(f"expected {self.expected}")
        return ": ".join((parts[0], ", ".join(parts[1:]))) if len(parts) > 1 else parts[0]
