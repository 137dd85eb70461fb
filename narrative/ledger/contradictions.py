"""Claims that cannot both hold: of who has a place, and of how much or how many."""

from __future__ import annotations

import pandas as pd

from narrative.ledger.record import HOLDERS, day_number

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


def contradicting_numbers(
    numbers: pd.DataFrame,
    *,
    within_claims: pd.Series | None = None,
    ratio: float = 1.1,
    most: float = 3.0,
) -> pd.DataFrame:
    """Return pairs of numbers of one unit and side that claimants give in the same context.

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
        ``group, unit, whose, claimant, said_at, value, claim_id`` and the last four of the other,
        the larger first.
    """
    group = numbers["doc_id"] if within_claims is None else within_claims
    table = numbers.assign(group=group.to_numpy())
    table = table[["group", "unit", "whose", "claimant", "said_at", "value", "claim_id"]]
    pairs = table.merge(table, on=["group", "unit", "whose"], suffixes=("", "_other"))
    apart = pairs["value"].between(ratio * pairs["value_other"], most * pairs["value_other"])
    kept = pairs[apart & (pairs["claimant"] != pairs["claimant_other"])]
    keys = ["group", "unit", "claim_id", "claim_id_other"]
    return kept.sort_values(keys).reset_index(drop=True)
