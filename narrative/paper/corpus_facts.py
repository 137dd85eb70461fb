"""What a corpus holds, in numbers and words."""

from __future__ import annotations

import pandas as pd


def span(documents: pd.DataFrame) -> str:
    """Return from when to when documents were published, as precisely as is known."""
    days = documents["published_at"].astype(str)
    first, last = days.min(), days.max()
    return f"in {first}" if first == last else f"from {first} to {last}"


def by_outlet(documents: pd.DataFrame, sources: pd.DataFrame) -> list[tuple[str, int, str, str]]:
    """Return each outlet's name, number of documents, first and last day of publication."""
    names = dict(zip(sources["source_id"], sources["name"], strict=True))
    rows = []
    for outlet, part in documents.groupby("outlet", sort=True):
        days = part["published_at"].astype(str)
        rows.append((names.get(str(outlet), str(outlet)), len(part), days.min(), days.max()))
    return rows


def counted(values: pd.Series) -> str:
    """Return how often each value stands, in words.

    Examples
    --------
    >>> counted(pd.Series(["en", "uk", "en"]))
    'en 2, uk 1'
    """
    return ", ".join(f"{k} {n}" for k, n in values.value_counts().sort_index().items())
