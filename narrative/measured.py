"""What the package measured of each step that a run took, with interval and n."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from io import StringIO
from typing import Any

import pandas as pd

from narrative.schema import Row
from narrative.stance import HEAD

HEAD_OF_ROWS = ("Step", "Measure", "Value", "n", "Material")
MATERIAL = (
    "with 95 percent intervals. Seeds: five documents on Kupiansk; headlines: of Russian state "
    "sources, 2022 to 2025."
)
_CROSS, _HEADS = "cross-encoder", "trained head"
_NEAR, _GUIDED = "nearness to codebook", "guided"


@cache
def shipped_measures() -> pd.DataFrame:
    """Return the package's own measurements, a row each.

    Returns
    -------
    DataFrame
        ``step, measure, framing_id, system, material, value, low, high, n, unit``: 95 percent
        intervals, over paragraphs, headlines or places as ``unit`` says; `framing_id` is "" but
        for stance. ``experiments/measured.py`` writes them from the experiments' scores.
    """
    text = files("narrative").joinpath("data", "measured.csv").read_text(encoding="utf-8")
    return pd.read_csv(StringIO(text), keep_default_na=False, na_values={"low": "", "high": ""})


def measured_rows(manifest: dict[str, Any], framings: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return the measurements of what a run used, as text.

    Parameters
    ----------
    manifest : dict
        The run's.
    framings : DataFrame
        The run's.

    Returns
    -------
    list of tuples of str
        A cell for each of ``HEAD_OF_ROWS``.
    """
    methods = manifest.get("stance_methods", {})
    heads = {f for f, how in methods.items() if how.startswith(HEAD)}
    readers = {str(how["method"]) for how in manifest.get("attribution", {}).values()}
    # One proposition of the user's own sends the assignment from the head to nearness.
    assigned = _GUIDED if len(heads) == len(methods) else _NEAR

    def used(row: Row) -> bool:
        system = row["system"]
        if row["step"] == "stance":
            head = row["framing_id"] in heads
            return (system == _HEADS and head) or (system == _CROSS and len(heads) < len(methods))
        if row["step"] == "framing":
            return bool(system == assigned)
        return row["step"] in ("control", "place") or system in readers

    labels = dict(zip(framings["framing_id"], framings["label"], strict=True))
    return [_cells(row, labels) for row in shipped_measures().to_dict("records") if used(row)]


def _cells(row: Row, labels: dict[str, str]) -> tuple[str, ...]:
    framing = str(row["framing_id"])
    what = f": {labels.get(framing, framing)}" if framing else ""
    interval: str = "" if pd.isna(row["low"]) else f" [{row['low']:.2f}, {row['high']:.2f}]"
    return (f"{row['step']}{what}", f"{row['measure']} ({row['system']})",
            f"{row['value']:.2f}{interval}", str(int(row["n"])), str(row["material"]))  # fmt: skip
