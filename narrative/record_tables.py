"""The study's tables of places and of what was assessed, checked; every message names its row."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from narrative.corpus import parse_published
from narrative.errors import InputError, perhaps
from narrative.ledger.record import EVENTS
from narrative.schema import STATUSES, Row, check_table, row_names, rows_by_key


def check_places(table: pd.DataFrame, where: str = "places.csv") -> pd.DataFrame:
    """Return the checked ``places`` table.

    Raises
    ------
    InputError
        If a column is missing, an id repeats, an id or a name is empty, or names are parted by
        another sign than ``|``.
    """
    out = check_table(table, "places", where=where)
    for name, row in zip(row_names(table), table.to_dict("records"), strict=True):
        for column in ("place_id", "name"):
            _filled(row, column, f"{where}, {name}")
        _check_aliases(str(row.get("aliases", "")), f"{where}, {name}")
    return out


def check_events(
    table: pd.DataFrame,
    where: str = "events.csv",
    *,
    places: Collection[str] | None = None,
) -> pd.DataFrame:
    """Return the checked ``events`` table.

    Parameters
    ----------
    table : DataFrame
    where : str
        File that it was read from.
    places : collection of str, optional
        Ids of the study's places, None where it names no file of them. A claim can only be set
        against an event of one of them.

    Raises
    ------
    InputError
        If a column is missing, an id is empty or repeats, a date is none or not of the precision
        stated, a status is unknown, or an event is of a place that the study does not know.
    """
    out = check_table(table, "events", where=where)
    for name, row in zip(row_names(table), table.to_dict("records"), strict=True):
        try:
            _check_event(row, places)
        except InputError as error:
            raise InputError(f"{where}, {name}: {error}") from None
    return out


def check_references(table: pd.DataFrame, where: str = "references.csv") -> pd.DataFrame:
    """Return the checked ``references`` table: who assesses control, how late, how biased.

    Raises
    ------
    InputError
        If a column is missing, a name repeats or is that of the study's own events, or a lag is
        none or less than 0.
    """
    out = check_table(table, "references", where=where)
    names = rows_by_key(table, "references")
    for row in out.to_dict("records"):
        at = f"{where}, {names[(str(row['reference']),)]}"
        if not row["lag_days"] >= 0:
            raise InputError(
                f"{at}: reference {row['reference']!r} has lag_days={row['lag_days']}; expected 0 "
                "or more. Write the days by which it is late, 0 if by none."
            )
        if row["reference"] == EVENTS:
            raise InputError(
                f"{at}: {EVENTS!r} is the name of the study's own events; choose another."
            )
    return out


def _check_aliases(aliases: str, where: str) -> None:
    if ";" in aliases:
        raise InputError(
            f"{where}: aliases={aliases!r}; expected aliases parted by |. Write "
            f"{'|'.join(a.strip() for a in aliases.split(';'))}"
        )


def _filled(row: Row, column: str, where: str) -> None:
    if not str(row[column]).strip():
        raise InputError(
            f"{where}: {column} is empty; expected a value. Fill it in or remove the row."
        )


def _check_event(row: Row, places: Collection[str] | None) -> None:
    event, status, place = (str(row[c]) for c in ("event_id", "assessed_status", "place_id"))
    if not event.strip():
        raise InputError("event_id is empty; expected a value. Fill it in or remove the row.")
    if status not in ("", *STATUSES):
        raise InputError(
            f"event {event!r} has assessed_status={status!r}; expected one of "
            f"{', '.join(STATUSES)} or nothing{perhaps(status, STATUSES)}. Correct the cell."
        )
    try:
        date, precision = parse_published(str(row["date"]))
    except ValueError as error:
        raise InputError(f"event {event!r} has date={row['date']!r}: {error}.") from None
    # A season has no form of its own: its date is written as a year or a month.
    if row["precision"] not in ("", "season", precision):
        raise InputError(
            f"event {event!r} has precision={row['precision']!r}, but date={date!r} is of a "
            f"{precision}: expected the two to agree. Change one."
        )
    if status and not place:
        raise InputError(
            f"event {event!r} has assessed_status={status!r} and no place_id; expected the place "
            "that was assessed. Fill it in, or empty the status."
        )
    if places is not None and place and place not in places:
        raise InputError(
            f"event {event!r} has place_id={place!r}, which is not in the study's places"
            f"{perhaps(place, places)}; expected a place_id of that file. Correct the cell, or add "
            "a row with the names of the place."
        )
