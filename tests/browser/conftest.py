"""One Chromium for the tests of a module, and a tab that must not complain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from chromium import CHROMIUM
    from playwright.sync_api import sync_playwright

    assert CHROMIUM, "NARRATIVE_BROWSER=required, but there is no Chromium"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def tab(browser: Any) -> Iterator[Any]:
    from chromium import Tab

    made = Tab(browser)
    yield made
    made.context.close()
    assert [c for c in made.complaints if c != "request: about:blank"] == []
