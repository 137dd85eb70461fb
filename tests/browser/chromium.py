"""Debian's Chromium, headless, driven by Playwright, for the tests of this folder.

Skipped where there is no Chromium, unless ``NARRATIVE_BROWSER=required`` (as in CI) makes that an
error. ``CHROMIUM`` names another one than the first on the path.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = (
    os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
)
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}

if os.environ.get("NARRATIVE_BROWSER") != "required":
    pytest.importorskip("playwright", reason="Playwright is not installed (pip install -e .[dev])")
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine (Debian: chromium)", allow_module_level=True)


class Tab:
    """A page that was opened, and whatever it complained of or asked for."""

    def __init__(self, browser: Any, size: str = "desktop", **kwargs: Any) -> None:
        width, height = SIZES[size]
        self.context = browser.new_context(viewport={"width": width, "height": height}, **kwargs)
        self.context.set_default_timeout(10_000)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda m: self.complaints.append(f"{m.type}: {m.text}"))
        self.page.on("pageerror", lambda e: self.complaints.append(f"error: {e}"))
        self.page.on("dialog", lambda d: (self.complaints.append("dialog"), d.dismiss()))
        self.page.on("request", self._asked)

    def _asked(self, request: Any) -> None:
        if not request.is_navigation_request() or not request.url.startswith("file:"):
            self.complaints.append(f"request: {request.url[:80]}")

    def open(self, path: Path, fragment: str = "") -> Any:
        self.page.goto("about:blank")
        self.page.goto(path.as_uri() + fragment)
        self.page.wait_for_selector("html[data-ready=yes]", state="attached")
        return self.page


def counts(page: Any, wanted: str) -> None:
    """Wait until so many claims are listed (the page's policy forbids Playwright's own way)."""
    page.locator("#count", has_text=wanted).wait_for(timeout=3000)


def settled(page: Any) -> None:
    """Wait until the figure stands."""
    page.wait_for_selector("#view .figure svg, #view .note", state="attached")
    page.wait_for_timeout(60)
