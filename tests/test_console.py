"""What is told of a long run."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from narrative.console import Console


def test_steps_of_a_stage_are_counted_apart(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console()
    console.stage("claims", kept=False)
    console.step("sample")
    for done in range(21):
        console.progress(done, 20)
    console.step("")
    console.progress(50, 100)
    console.progress(50, 100)
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == ["claims: running", "claims, sample: 0 of 20"]
    assert lines[-2:] == ["claims, sample: 20 of 20", "claims: 50 of 100"]
    assert len(lines) == 1 + 11 + 1


def test_a_bar_is_that_of_its_step(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    console = Console()
    console.stage("framings", kept=False)
    bars: list[Any] = []
    for step, total in (("", 3), ("certificate, replicates", 2)):
        console.step(step)
        for done in range(total + 1):
            console.progress(done, total)
            bars.append((console._bar.desc, console._bar.n, console._bar.total))
    console.close()
    assert bars[3] == ("framings", 3, 3)
    assert bars[-1] == ("framings, certificate, replicates", 2, 2)
    assert console._bar is None
