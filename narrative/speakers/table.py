"""The ``sources`` table: the study's own, the shipped one, and both together."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import as_file, files

import pandas as pd

from narrative.errors import InputError, perhaps
from narrative.schema import CAMPS, UNKNOWN, Row, check_table, row_names
from narrative.speakers.names import normalise_mention

COLUMNS = ["source_id", "name", "kind", "camp", "aliases"]


def check_sources(table: pd.DataFrame, where: str = "sources.csv") -> pd.DataFrame:
    """Return the checked ``sources`` table.

    Raises
    ------
    InputError
        If a column is missing, an id repeats, a camp or kind is unknown, aliases are not parted by
        ``|``, or two sources share one; the row is named (the header is row 1).
    """
    missing = [c for c in ("source_id", "name", "kind", "camp") if c not in table.columns]
    if missing:
        raise InputError(
            f"{where}: column '{missing[0]}' is missing; got {', '.join(table.columns)}; expected "
            f"{', '.join(COLUMNS)}. Add it to the header row."
        )
    names = row_names(table)
    given = table.assign(aliases=table.get("aliases", ""))
    for row, entry in zip(names, given.fillna("").to_dict("records"), strict=True):
        try:
            _check_entry(entry)
        except InputError as error:
            raise InputError(f"{where}, {row}: {error}") from None
    rows = {str(i): row for i, row in zip(given["source_id"], names, strict=True)}
    table = check_table(given, "sources", where=where)
    owner: dict[str, str] = {}
    for source_id, name, listed in zip(
        table["source_id"], table["name"], table["aliases"], strict=True
    ):
        for alias in aliases_of(name, listed):
            key = normalise_mention(alias)
            if owner.setdefault(key, source_id) != source_id:
                raise InputError(
                    f"{where}, {rows[source_id]}: alias {alias!r} belongs to both {owner[key]!r} "
                    f"and {source_id!r} (see {rows[owner[key]]}, too); expected each alias once. "
                    "Remove it from one."
                )
    return table


def _check_entry(entry: Row) -> None:
    """Raise an InputError, without the row's name, if one source cannot be used."""
    for column in ("source_id", "name"):
        if not str(entry[column]).strip():
            raise InputError(f"{column} is empty; expected a value. Fill it in or remove the row.")
    if ">" in str(entry["source_id"]):
        raise InputError(
            f"source_id={entry['source_id']!r}; expected an id without >, which parts an outlet "
            "from whom it quotes. Write another sign."
        )
    allowed = (*CAMPS, UNKNOWN)
    if entry["camp"] not in allowed:
        raise InputError(
            f"camp={entry['camp']!r}; expected one of {', '.join(allowed)}"
            f"{perhaps(entry['camp'], allowed)}. Camps are those of this war: write unknown for "
            "any other."
        )
    if ";" in str(entry["aliases"]):
        raise InputError(
            f"aliases={entry['aliases']!r}; expected aliases parted by |. Write "
            f"{'|'.join(a.strip() for a in str(entry['aliases']).split(';'))}"
        )


def slug(name: str) -> str:
    """Return a name as part of an id: lower case, its words joined by underscores."""
    return re.sub(r"\W+", "_", name.casefold()).strip("_")


def aliases_of(name: str, aliases: str) -> list[str]:
    """Return the name and aliases of a source, the name first."""
    return [a.strip() for a in (name, *aliases.split("|")) if a.strip()]


@cache
def _shipped() -> pd.DataFrame:
    with as_file(files("narrative") / "data/sources.csv") as path:
        table = pd.read_csv(path, dtype="string", keep_default_na=False)
    return check_sources(table, "shipped sources.csv")


def shipped_sources() -> pd.DataFrame:
    """Return the shipped ``sources`` table: publicly known sources of 2022 to 2026."""
    return _shipped().copy()


def with_shipped(sources: pd.DataFrame) -> pd.DataFrame:
    """Return a study's sources and, after them in rank, the shipped ones.

    The study's rows win. A shipped row is left out where the study has its id or its name, under
    whatever id; of the others, aliases that the study gives to a source of its own are dropped.

    Parameters
    ----------
    sources : DataFrame
        A checked ``sources`` table; it may be empty.

    Returns
    -------
    DataFrame
        A checked ``sources`` table.
    """
    taken: set[str] = set()
    for source_id, name, listed in zip(
        sources["source_id"], sources["name"], sources["aliases"], strict=True
    ):
        taken |= {normalise_mention(a) for a in (str(source_id), *aliases_of(name, listed))}
    rows = []
    for row in shipped_sources().to_dict("records"):
        if {normalise_mention(str(row[c])) for c in ("source_id", "name")} & taken:
            continue
        free = [a for a in aliases_of("", row["aliases"]) if normalise_mention(a) not in taken]
        rows.append(row | {"aliases": "|".join(free)})
    extra = pd.DataFrame(rows, columns=COLUMNS, dtype="string")
    return check_sources(pd.concat([sources[COLUMNS], extra], ignore_index=True))


def used_sources(table: pd.DataFrame, claims: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `table` that the study lists or that a claim came from or through.

    Parameters
    ----------
    table : DataFrame
        The ``sources`` table with shipped and added rows.
    claims : DataFrame
        The ``claims`` table; ``source_id`` and ``chain`` are read.
    listed : DataFrame
        The study's own sources, all of which are kept.

    Returns
    -------
    DataFrame
        A checked ``sources`` table. ``unknown`` is always kept.
    """
    used = {*listed["source_id"], *claims["source_id"], UNKNOWN}
    for chain in claims["chain"]:
        used.update(str(chain).split(">"))
    return check_table(table[table["source_id"].isin(used)], "sources")
