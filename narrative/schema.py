"""Column names, dtypes and label sets of every table, and the check that enforces them.

The tables are described in ``docs/architecture.md``. Dates are ISO strings of the stated
precision (``2025-12``, ``2025-12-18``): a month is not the first day of that month.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Final

import pandas as pd

from narrative.errors import InputError, perhaps

CAMPS: Final = (
    "russian",
    "pro_russian",
    "ukrainian",
    "pro_ukrainian",
    "western",
    "independent",
    "osint",
)
UNKNOWN: Final = "unknown"
KINDS: Final = ("person", "organisation", "outlet", "unnamed")
ATTRIBUTION = ("auto", "rules")  # the reader where it knows the language, or rules alone
VOICES: Final = ("author", "quoted", "paraphrased", "mixed")
PRECISIONS: Final = ("day", "month", "season", "year", UNKNOWN)
ORIGINS: Final = ("codebook", "discovered")
CERTIFICATES: Final = ("stable", "doubtful", "unstable", "not measured")
STATUSES: Final = (
    "russian",
    "ukrainian",
    "contested",
    "encircled_by_russia",
    "encircled_by_ukraine",
)
EXTENTS: Final = ("full", "part", "")  # "" for what is not a matter of holding
CONTROL_CERTAINTIES: Final = ("said", "hedged", "denied")
LEVELS: Final = ("speaker", "outlet", "camp")
STANCES: Final = (-1, 0, 1)
CERTAINTIES: Final = (
    "has_happened",
    "is_happening",
    "about_to",
    "will_inevitably",
    "may",
    "did_not",
    "na",
)
NO_FRAMING: Final = "-1"

# What ``DataFrame.to_dict("records")`` gives.
Row = Mapping[Hashable, Any]
ROW: Final = "row"  # name of an index that holds what a file calls each row

_S, _I, _F, _B = "string", "int64", "float64", "bool"

TABLES: Final[dict[str, dict[str, str]]] = {
    "documents": {
        "doc_id": _S,
        "outlet": _S,
        "author": _S,
        "published_at": _S,
        "published_precision": _S,
        "lang": _S,
        "title": _S,
        "url": _S,
        "text": _S,
        "text_sha256": _S,
        "copy_group": _S,
    },
    "offsets": {"doc_id": _S, "clean_start": _I, "raw_start": _I, "length": _I},
    "discarded": {"doc_id": _S, "score": _F, "n_claims": _F},
    "claims": {
        "claim_id": _S,
        "doc_id": _S,
        "sent_index": _I,
        "start": _I,
        "end": _I,
        "text": _S,
        "voice": _S,
        "speaker_text": _S,
        "source_id": _S,
        "chain": _S,
        "cue": _S,
        "cue_stance": _I,
        "attribution_score": _F,
        "said_at": _S,
        "said_precision": _S,
        "about_start": _S,
        "about_end": _S,
        "date_flag": _S,
    },
    "sources": {"source_id": _S, "name": _S, "kind": _S, "camp": _S, "aliases": _S},
    "framings": {
        "framing_id": _S,
        "label": _S,
        "origin": _S,
        "proposition": _S,
        "counter": _S,
        "n_claims": _I,
        "terms": _S,
        "class_terms": _S,
        "exemplar_claim_ids": _S,
        "parent": _S,
        "nearest": _S,
        "nearest_similarity": _F,
        "stability": _F,
        "stability_low": _F,
        "stability_over": _S,
        "certificate": _S,
    },
    "assignments": {"claim_id": _S, "framing_id": _S, "membership": _F},
    "stances": {
        "claim_id": _S,
        "framing_id": _S,
        "p_against": _F,
        "p_none": _F,
        "p_favor": _F,
        "stance": _I,
        "score": _F,
    },
    "certainty": {"claim_id": _S, "certainty": _S, **{f"p_{c}": _F for c in CERTAINTIES}},
    "timeline": {
        "level": _S,
        "source_id": _S,
        "framing_id": _S,
        "bin_start": _S,
        "bin_end": _S,
        "n_docs": _I,
        "n_claims": _I,
        "prevalence": _F,
        "prevalence_low": _F,
        "prevalence_high": _F,
        "stance": _F,
        "stance_low": _F,
        "stance_high": _F,
    },
    "control": {
        "claim_id": _S,
        "place_id": _S,
        "claimant": _S,
        "camp": _S,
        "claimed_status": _S,
        "extent": _S,
        "share": _S,
        "certainty": _S,
        "said_at": _S,
        "by_context": _B,
    },
    "references": {
        "reference": _S,
        "title": _S,
        "lag_days": _F,
        "until": _S,
        "bias": _S,
        "citation": _S,
        "url": _S,
    },
    "assessments": {
        "reference": _S,
        "place_id": _S,
        "first": _S,
        "last": _S,
        "low": _F,
        "high": _F,
    },
    "ledger": {
        "place_id": _S,
        "claimant": _S,
        "camp": _S,
        "claimed_status": _S,
        "extent": _S,
        "said_at": _S,
        "claim_ids": _S,
        "reference": _S,
        "level": _F,
        "share_low": _F,
        "share_high": _F,
        "reached_after": _S,
        "reached_by": _S,
        "credit_low": _F,
        "credit_high": _F,
        "exposed_at": _S,
        "repeats_after_exposure": _I,
        "retracted_at": _S,
    },
    "places": {
        "place_id": _S,
        "name": _S,
        "aliases": _S,
        "former": _S,
        "region": _S,
        "district": _S,
        "lat": _F,
        "lon": _F,
        "population": _F,
        "front": _B,
        "geonameid": _S,
    },
    "events": {
        "event_id": _S,
        "date": _S,
        "precision": _S,
        "label": _S,
        "place_id": _S,
        "assessed_status": _S,
        "kind": _S,
        "doc_id": _S,
        "sentence": _S,
    },
}

KEYS: Final[dict[str, tuple[str, ...]]] = {
    "documents": ("doc_id",),
    "offsets": ("doc_id", "clean_start"),
    "discarded": ("doc_id",),
    "claims": ("claim_id",),
    "sources": ("source_id",),
    "framings": ("framing_id",),
    "assignments": ("claim_id", "framing_id"),
    "stances": ("claim_id", "framing_id"),
    "certainty": ("claim_id",),
    "timeline": ("level", "source_id", "framing_id", "bin_start"),
    "control": ("claim_id", "place_id", "claimed_status"),
    "references": ("reference",),
    "assessments": ("reference", "place_id", "first"),
    "ledger": (
        "place_id",
        "claimant",
        "claimed_status",
        "extent",
        "said_at",
        "reference",
        "level",
    ),
    "places": ("place_id",),
    "events": ("event_id",),
}

# Columns that a table may lack, and what stands in them then.
_OPTIONAL: Final[dict[str, dict[str, str | float | bool]]] = {
    "places": {
        "former": "",
        "region": "",
        "district": "",
        "lat": float("nan"),
        "lon": float("nan"),
        "population": float("nan"),
        "front": False,
        "geonameid": "",
    },
}

_LABELS: Final[dict[str, dict[str, tuple[object, ...]]]] = {
    "documents": {"published_precision": PRECISIONS},
    "claims": {"voice": VOICES, "cue_stance": STANCES, "said_precision": (*PRECISIONS, "")},
    "sources": {"kind": KINDS, "camp": (*CAMPS, UNKNOWN)},
    "framings": {"origin": ORIGINS, "certificate": CERTIFICATES},
    "stances": {"stance": STANCES},
    "certainty": {"certainty": CERTAINTIES},
    "timeline": {"level": LEVELS},
    "control": {
        "claimed_status": STATUSES,
        "extent": EXTENTS,
        "certainty": CONTROL_CERTAINTIES,
    },
    "ledger": {"claimed_status": STATUSES, "extent": EXTENTS},
}


def empty_table(name: str) -> pd.DataFrame:
    """Return table `name` with its columns and dtypes and no rows.

    Examples
    --------
    >>> list(empty_table("assignments").columns)
    ['claim_id', 'framing_id', 'membership']
    """
    return pd.DataFrame({c: pd.Series(dtype=t) for c, t in TABLES[name].items()})


_PLAIN: Final = {_S: "text", _I: "a whole number", _F: "a number", _B: "True or False"}


def row_names(table: pd.DataFrame) -> list[str]:
    """Return what messages call each row: as its file does, where ``read_csv`` has kept it.

    Rows of any other table count as in a spreadsheet whose header is row 1.

    Examples
    --------
    >>> row_names(pd.DataFrame({"a": [1, 2]}))
    ['row 2', 'row 3']
    """
    if table.index.name == ROW:
        return [str(name) for name in table.index]
    return [f"row {position + 2}" for position in range(len(table))]


def rows_by_key(table: pd.DataFrame, name: str) -> dict[tuple[str, ...], str]:
    """Return what messages call the row of each key of a table that is yet to be sorted."""
    keys = table[list(KEYS[name])].astype("string").fillna("")
    return dict(zip(keys.itertuples(index=False, name=None), row_names(table), strict=True))


def _at(name: str, where: str, row: str = "") -> str:
    """Say in which table or file, and in which of its rows, something stands."""
    return (where or f"table '{name}'") + (f", {row}" if row else "")


def _first_unfit(values: pd.Series, dtype: str) -> int | None:
    """Return the position of the first value that cannot be cast to `dtype`."""
    for position, value in enumerate(values):
        try:
            pd.Series([value]).astype(pd.api.types.pandas_dtype(dtype))
        except (TypeError, ValueError):
            return position
    return None


def check_table(table: pd.DataFrame, name: str, *, where: str = "") -> pd.DataFrame:
    """Return `table` with the columns, order, dtypes and labels of table `name`.

    Parameters
    ----------
    table : DataFrame
        Rows to check; further columns are dropped.
    name : str
        One of ``TABLES``.
    where : str
        File that the rows were read from, if any: messages then name it, and rows as
        ``row_names`` does.

    Returns
    -------
    DataFrame
        A copy, sorted by the table's key columns, with a fresh index.

    Raises
    ------
    InputError
        If a column is missing, a key is repeated, a value cannot be cast or a label is unknown.
    """
    columns, optional = TABLES[name], _OPTIONAL.get(name, {})
    missing = [c for c in columns if c not in table.columns and c not in optional]
    if missing:
        raise InputError(
            f"{_at(name, where)} lacks column(s) {', '.join(missing)}; "
            f"got {', '.join(map(str, table.columns)) or 'no columns'}; "
            f"expected {', '.join(c for c in columns if c not in optional)}"
            f"{'. Add the column(s) to the header row' if where else ''}."
        )
    filled = table.assign(**{c: v for c, v in optional.items() if c not in table.columns})
    out = filled[list(columns)].reset_index(drop=True)

    def row(position: int) -> str:
        return row_names(table)[position] if where else f"row {table.index[position]}"

    for column, dtype in columns.items():
        if dtype == _S:
            out[column] = out[column].astype("string").fillna("")
        elif dtype == _F and not pd.api.types.is_numeric_dtype(out[column]):
            out[column] = out[column].replace("", None)  # an empty cell of a CSV file
        try:
            if dtype == _I and pd.api.types.is_float_dtype(out[column]) and (out[column] % 1).any():
                raise ValueError("got a fraction")
            out[column] = out[column].astype(pd.api.types.pandas_dtype(dtype))
        except (TypeError, ValueError) as error:
            unfit = _first_unfit(out[column], dtype) if where else None
            at = _at(name, where) if unfit is None else _at(name, where, row(unfit))
            got = str(error) if unfit is None else f"got {out[column].iloc[unfit]!r}"
            raise InputError(
                f"{at}, column '{column}': {got}; expected {dtype}"
                f"{f' ({_PLAIN[dtype]}). Correct the cell' if where else ''}."
            ) from None
    keys = list(KEYS[name])
    twice = out[out.duplicated(keys)]
    if len(twice):
        got = ", ".join(f"{k}={twice.iloc[0][k]!r}" for k in keys)
        at = _at(name, where, row(int(twice.index[0])) if where else "")
        raise InputError(
            f"{at}: {got} stands more than once; expected one row a key"
            f"{'. Rename one or remove the row' if where else ''}."
        )
    for column, allowed in _LABELS.get(name, {}).items():
        strange = out[~out[column].isin(list(allowed))]
        if len(strange):
            got = strange.iloc[0][column]
            raise InputError(
                f"{_at(name, where, row(int(strange.index[0])))}: {column}={got!r}; "
                f"expected one of {', '.join(map(str, allowed))}"
                f"{perhaps(got, allowed)}{'. Correct the cell' if where else ''}."
            )
    return out.sort_values(keys, kind="stable").reset_index(drop=True)
