"""Who speaks, about what, and for whose story: tables of a run to tables of figures."""

from __future__ import annotations

import pandas as pd

from narrative.battle import adoption
from narrative.plots import SIDE_OF
from narrative.schema import NO_FRAMING, UNKNOWN
from narrative.stance import speaker_camps

MIN_CLAIMS = 10  # favourable claims, below which no share is given


def of_source(sources: pd.DataFrame, column: str) -> dict[str, str]:
    """Return one column of the sources by their id."""
    return dict(zip(sources["source_id"], sources[column], strict=True))


def voices(claims: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """Return the number of claims of each source in each voice.

    Returns
    -------
    DataFrame
        ``source_id, name, camp, voice, n_claims``.
    """
    names, camps = of_source(sources, "name"), of_source(sources, "camp")
    mine = claims.assign(name=claims["source_id"].map(names), camp=claims["source_id"].map(camps))
    counts = mine.groupby(["source_id", "name", "camp", "voice"]).size()
    return counts.rename("n_claims").reset_index()


def camp_shares(
    claims: pd.DataFrame,
    assignments: pd.DataFrame,
    framings: pd.DataFrame,
    sources: pd.DataFrame,
) -> pd.DataFrame:
    """Return which share of each camp's claims is in each framing, and in none.

    Returns
    -------
    DataFrame
        ``row`` (camp), ``column`` (label of the framing), ``share, n, unstable``, in the order to
        draw.
    """
    rows = claims.merge(assignments, on="claim_id")
    rows["camp"] = rows["source_id"].map(of_source(sources, "camp"))
    order = [*framings.sort_values(["origin", "framing_id"])["framing_id"], NO_FRAMING]
    labels = {
        **dict(zip(framings["framing_id"], framings["label"], strict=True)),
        NO_FRAMING: "No framing",
    }
    unstable = set(framings.loc[framings["certificate"] == "unstable", "framing_id"])
    shares = []
    for camp, part in rows.groupby("camp"):
        counts = part["framing_id"].value_counts()
        shares += [
            {
                "row": camp,
                "column": labels[f],
                "share": counts.get(f, 0) / len(part),
                "n": len(part),
                "unstable": f in unstable,
            }
            for f in order
        ]
    return pd.DataFrame(shares, columns=["row", "column", "share", "n", "unstable"])


def home_camps(homes: dict[str, str]) -> dict[str, set[str]]:
    """Return the camps whose story each framing is: the one that is named and those of its side.

    Examples
    --------
    >>> sorted(home_camps({"advance": "russian"})["advance"])
    ['pro_russian', 'russian']
    """
    return {
        framing: {camp} | {c for c, side in SIDE_OF.items() if side == SIDE_OF.get(camp)}
        for framing, camp in homes.items()
    }


def favour_by_side(
    claims: pd.DataFrame,
    stances: pd.DataFrame,
    sources: pd.DataFrame,
    home: dict[str, set[str]],
) -> pd.DataFrame:
    """Return the favourable claims of each framing by side: ``framing_id, side, n_claims``."""
    camp = dict(zip(claims["claim_id"], speaker_camps(claims, sources), strict=True))
    favor = stances[(stances["stance"] == 1) & stances["framing_id"].isin(home)]
    side = favor["claim_id"].map(camp).map(SIDE_OF).fillna(UNKNOWN)
    counts = favor.assign(side=side).groupby(["framing_id", "side"]).size()
    return counts.rename("n_claims").reset_index()


def adopted(
    claims: pd.DataFrame,
    stances: pd.DataFrame,
    sources: pd.DataFrame,
    documents: pd.DataFrame,
    home: dict[str, set[str]],
) -> pd.DataFrame:
    """Return ``favour_by_side`` with each framing's adoption and its interval over documents."""
    found = adoption(
        claims, stances, sources, home, documents=documents, min_claims=MIN_CLAIMS
    ).drop(columns=["n_docs", "n_favor"])
    return favour_by_side(claims, stances, sources, home).merge(found, on="framing_id")
