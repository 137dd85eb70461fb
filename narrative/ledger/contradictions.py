"""Claims that cannot both hold: of who has a place, and of how much or how many."""

from __future__ import annotations

import re

import pandas as pd

from narrative.ledger.record import HOLDERS, day_number

_NUMBER = r"(?P<number>\d{1,3}(?:[ ,]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
_UNITS = {
    "km2": r"(?:square (?:kilomet(?:er|re)s?|km)|sq\.? ?km|km2|km²)",
    "soldiers": r"(?:\w+ ){0,2}?(?:soldiers|troops|servicemen|fighters|personnel)",
    "settlements": r"(?:\w+ ){0,2}?(?:settlements|villages|communities|localities)",
}
_PATTERNS = {
    unit: re.compile(rf"(?<![\w.,-]){_NUMBER}\+?(?:\s|-){words}\b", re.IGNORECASE)
    for unit, words in _UNITS.items()
}
_SIDE = ["place_id", "claimant", "camp", "claimed_status", "said_at", "claim_id"]


def contradicting_claims(control: pd.DataFrame, *, within_days: int = 3) -> pd.DataFrame:
    """Return pairs of claims that give one place to both sides at about the same time.

    Parameters
    ----------
    control : DataFrame
        The ``control`` table. Used are claims, dated to a day and not denied, that a side holds a
        place in whole.
    within_days : int
        Days between the two at most.

    Returns
    -------
    DataFrame
        ``place_id``, then ``claimant, camp, said_at, claim_id`` of the claim for Russia and, with
        the suffix ``_other``, of that for Ukraine; ``days`` from the first named to the other. Of a
        claimant's claims of a day one stands for all.
    """
    used = control[
        (control["said_at"].str.len() == 10)
        & control["claimed_status"].isin(HOLDERS)
        & (control["extent"] == "full")
        & (control["certainty"] != "denied")
    ][_SIDE].drop_duplicates(["place_id", "claimant", "claimed_status", "said_at"])
    used = used.assign(day=[day_number(d) for d in used["said_at"]])
    one, other = (used[used["claimed_status"] == s].drop(columns="claimed_status") for s in HOLDERS)
    pairs = one.merge(other, on="place_id", suffixes=("", "_other"))
    pairs["days"] = (pairs["day_other"] - pairs["day"]).astype(int)
    pairs = pairs[pairs["days"].abs() <= within_days].drop(columns=["day", "day_other"])
    keys = ["place_id", "said_at", "said_at_other", "claim_id", "claim_id_other"]
    return pairs.sort_values(keys).reset_index(drop=True)


def quantities(claims: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers of square kilometres, soldiers and settlements in claims.

    Parameters
    ----------
    claims : DataFrame
        The ``claims`` table.

    Returns
    -------
    DataFrame
        ``claim_id, doc_id, claimant, said_at, unit, value``, one row a number.

    Examples
    --------
    >>> claim = {"claim_id": "c", "doc_id": "d", "source_id": "s", "said_at": "2025-12-17"}
    >>> quantities(pd.DataFrame([claim | {"text": "took 6,000 square kilometres"}]))["value"].item()
    6000.0
    """
    rows = []
    for claim in claims.to_dict("records"):
        shared = {
            "claim_id": claim["claim_id"],
            "doc_id": claim["doc_id"],
            "claimant": claim["source_id"],
            "said_at": claim["said_at"],
        }
        for unit, pattern in _PATTERNS.items():
            for match in pattern.finditer(str(claim["text"])):
                value = float(re.sub(r"[ ,]", "", match["number"]))
                rows.append(shared | {"unit": unit, "value": value})
    columns = ["claim_id", "doc_id", "claimant", "said_at", "unit", "value"]
    return pd.DataFrame(rows, columns=columns)


def contradicting_numbers(
    numbers: pd.DataFrame,
    *,
    within_claims: pd.Series | None = None,
    ratio: float = 1.1,
    most: float = 3.0,
) -> pd.DataFrame:
    """Return pairs of numbers of one unit that different claimants give in the same context.

    Whether two numbers are of one thing is for the reader to say: what stands in one document (or
    one group of `within_claims`) may be of one thing.

    Parameters
    ----------
    numbers : DataFrame
        From ``quantities``.
    within_claims : Series, optional
        Group of each row of `numbers`, for example a place; by default the document.
    ratio, most : float
        The larger over the smaller at least and at most, above 1: what is further apart is taken to
        be of different things.

    Returns
    -------
    DataFrame
        ``group, unit, claimant, value, claim_id`` and the same of the other, the larger first.
    """
    group = numbers["doc_id"] if within_claims is None else within_claims
    table = numbers.assign(group=group.to_numpy())
    table = table[["group", "unit", "claimant", "value", "claim_id"]]
    pairs = table.merge(table, on=["group", "unit"], suffixes=("", "_other"))
    apart = pairs["value"].between(ratio * pairs["value_other"], most * pairs["value_other"])
    kept = pairs[apart & (pairs["claimant"] != pairs["claimant_other"])]
    keys = ["group", "unit", "claim_id", "claim_id_other"]
    return kept.sort_values(keys).reset_index(drop=True)
