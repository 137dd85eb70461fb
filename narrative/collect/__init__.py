"""Web pages to a study's documents: polite, resumable, and never into a private network unasked.

Nothing here is imported by the rest of the package; what it needs is the extra ``collect``.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from narrative.errors import InputError

__all__ = ["check_installed", "collect_pages"]

_NEEDS = (
    *("trafilatura", "htmldate", "urllib3", "certifi", "lxml", "idna", "charset_normalizer"),
    *("protego", "filelock"),
)


def check_installed() -> None:
    """Raise InputError, saying how to install it, if something that collecting needs is missing."""
    missing = [name for name in _NEEDS if find_spec(name) is None]
    if missing:
        raise InputError(
            f"collecting needs {', '.join(missing)}, not installed here; run "
            "pip install 'narrative[collect]' and try again."
        )


def collect_pages(source: str, folder: Path, **settings: Any) -> Any:
    """Collect the pages of `source` into `folder`; see `narrative.collect.run.collect`."""
    check_installed()
    from narrative.collect.run import collect

    return collect(source, folder, **settings)
