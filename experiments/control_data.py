"""Facts derived from public maps of control: what each assessed of each place, and when.

Writes ``seeds/assessments.csv`` from DeepState's daily polygons and VIINA's change points as they
lie under ``NARRATIVE_DATA`` (``war/control``); their titles, lags and biases stand in
``seeds/references.csv``. Run again only where these data change: the facts are committed.

    NARRATIVE_DATA=... python experiments/control_data.py
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
from common import SEEDS

from narrative.ledger import check_assessments, from_changes, from_shares, shipped_places
from narrative.ledger.record import HALF
from narrative.storage import write_text

NEAR = 0.01  # degrees between a place and a map's point of the same place
ROUNDED = 0.0005  # shares are given to three digits
VIINA_UNTIL = "2026-04-24"
VIINA = {"RU": "russian", "UA": "ukrainian", "LIBERATED": "ukrainian", "CONTESTED": "contested"}


def folder() -> Path:
    """Return where the maps of control lie."""
    path = Path(os.environ.get("NARRATIVE_DATA", "")) / "war" / "control"
    if not os.environ.get("NARRATIVE_DATA") or not path.is_dir():
        raise SystemExit(
            "Set NARRATIVE_DATA to the folder that holds war/control: shares of towns by day from "
            "github.com/cyterat/deepstate-map-data, change points from VIINA "
            "(github.com/zhukovyuri/VIINA). The facts derived from them are in seeds/."
        )
    return path


def nearest(place: pd.Series, lon: np.ndarray, lat: np.ndarray) -> int | None:
    """Return the position of the point at a place, None if none is near."""
    if not np.isfinite(place["lat"]) or not len(lon):
        return None
    off = np.hypot((lon - place["lon"]) * np.cos(np.radians(place["lat"])), lat - place["lat"])
    return int(off.argmin()) if off.min() <= NEAR else None


def deepstate(places: pd.DataFrame, data: Path) -> list[pd.DataFrame]:
    """Return shares of a disc of 2 km where given, else what the settlement's point lies in.

    A point in the occupied area bounds the share by a half, from below or above.
    """
    shares = pd.read_csv(data / "key_towns_daily_fraction.csv").set_index("date")
    at = np.array([c.split("@")[1].split(",") for c in shares.columns], dtype=float)
    points = pd.read_csv(data / "settlement_changes.csv")
    sites = points.drop_duplicates(["name", "lon", "lat"]).reset_index(drop=True)
    out = []
    for _, place in places.iterrows():
        name = str(place["place_id"])
        disc = nearest(place, at[:, 0], at[:, 1])
        if disc is not None:
            out.append(from_shares("deepstate", name, shares.iloc[:, disc], ROUNDED))
            continue
        site = nearest(place, sites["lon"].to_numpy(), sites["lat"].to_numpy())
        if site is None:
            continue
        mine = points.merge(sites.iloc[[site]][["name", "lon", "lat"]])
        states = mine.set_index("date_first_seen_in_state")["occupied"].sort_index()
        held = states.reindex(sorted({*states.index, *shares.index})).ffill().reindex(shares.index)
        middle = held.map({0: HALF / 2 - ROUNDED, 1: HALF * 1.5})  # less than half, or more
        out.append(from_shares("deepstate", name, middle, HALF / 2 - ROUNDED))
    return out


def viina(places: pd.DataFrame, data: Path) -> list[pd.DataFrame]:
    """Return what VIINA says of each place whose GeoNames number it has, or a point of it."""
    named = pd.read_csv(data / "viina_control_changes_named_subset.csv")
    sites = named.drop_duplicates("geonameid").reset_index(drop=True)
    lines = json.loads((data / "viina-timeline.json").read_text())
    out = []
    for _, place in places.iterrows():
        name = str(place["place_id"])
        number: str | None = str(place["geonameid"])
        if number not in lines:
            site = nearest(place, sites["lon"].to_numpy(), sites["lat"].to_numpy())
            number = None if site is None else str(sites["geonameid"].iloc[site])
        changes = [
            (f"{str(day)[:4]}-{str(day)[4:6]}-{str(day)[6:]}", VIINA[status])
            for day, status in lines.get(str(number), [])
        ]
        if changes:
            out.append(from_changes("viina", name, changes, VIINA_UNTIL))
    return out


def main() -> None:
    data, places = folder(), shipped_places()
    parts = [*deepstate(places, data), *viina(places, data)]
    table = check_assessments(pd.concat(parts, ignore_index=True))
    table[["low", "high"]] = table[["low", "high"]].round(4)
    write_text(table.to_csv(index=False, lineterminator="\n"), SEEDS / "assessments.csv")
    counts = table.groupby("reference").agg(
        places=("place_id", "nunique"), rows=("low", "size"), first=("first", "min"),
        last=("last", "max"),
    )  # fmt: skip
    print(counts.to_string())


if __name__ == "__main__":
    main()
