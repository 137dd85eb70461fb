"""The contest between camps: adoption, two-sidedness, testimony against interest."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from narrative.errors import InputError
from narrative.resampling import clustered_intervals
from narrative.schema import UNKNOWN
from narrative.stance import speaker_camps

Floats = npt.NDArray[np.float64]
MIN_DOCS = 3  # units that speak, below which there is no interval
COUNTED = ("raw", "copies once", "first publisher")


def claim_weights(claims: pd.DataFrame, documents: pd.DataFrame, counted: str = "raw") -> pd.Series:
    """Return what each claim counts, by ``claim_id``.

    Parameters
    ----------
    claims, documents : DataFrame
    counted : {"raw", "copies once", "first publisher"}
        Every claim as one; claims of a copy group's documents together as those of one document; or
        only those of the document that was published first (of a day, by ``doc_id``).

    Raises
    ------
    InputError
        If `counted` is something else.
    """
    if counted not in COUNTED:
        raise InputError(f"counted={counted!r}; expected one of {', '.join(COUNTED)}.")
    order = documents.sort_values(["published_at", "doc_id"], kind="stable")
    if counted == "copies once":
        spoken = order[order["doc_id"].isin(claims["doc_id"])]
        of_doc = 1 / spoken.groupby("copy_group")["doc_id"].transform("size")
        of_doc.index = pd.Index(spoken["doc_id"])
    else:
        first = ~order["copy_group"].duplicated()
        kept = first.to_numpy() if counted == "first publisher" else np.ones(len(order))
        of_doc = pd.Series(kept.astype(float), index=order["doc_id"].to_numpy())
    weights = claims["doc_id"].map(of_doc).astype(float)
    return pd.Series(weights.to_numpy(), index=claims["claim_id"].to_numpy())


def adoption(
    claims: pd.DataFrame,
    stances: pd.DataFrame,
    sources: pd.DataFrame,
    home: dict[str, set[str]],
    *,
    documents: pd.DataFrame | None = None,
    counted: str = "raw",
    min_claims: int = 10,
) -> pd.DataFrame:
    """Return which share of a framing's favourable claims comes from outside its camp.

    Parameters
    ----------
    claims, stances, sources : DataFrame
    home : dict of framing_id to set of camps
        The camps whose story it is; framings that are missing here are left out.
    documents : DataFrame, optional
        Gives ``copy_group``, so that copies of one report are one unit of the interval; without it
        every document is one.
    counted : str
        As in ``claim_weights``; anything but "raw" needs `documents`.
    min_claims : int
        Below this many favourable claims of known camp there is no number.

    Returns
    -------
    DataFrame
        ``framing_id, n_docs, n_favor, adoption, adoption_low, adoption_high``; adoption in [0, 1].
        ``n_favor`` is the sum of what the claims count, ``n_docs`` the units that count.

    Raises
    ------
    InputError
        If `counted` needs documents that are not given.
    """
    mine = _favourable(claims, stances, sources, documents, counted)
    rows = []
    for framing, camps in sorted(home.items()):
        part = mine[mine["framing_id"] == framing]
        units, at = np.unique(part["unit"].astype(str), return_inverse=True)
        outside = np.asarray(~part["camp"].isin(camps), dtype=np.float64)
        row: dict[str, object] = {
            "framing_id": framing,
            "n_docs": len(units),
            "n_favor": round(float(part["weight"].sum()), 6),
        }
        names = ("adoption", "adoption_low", "adoption_high")
        found = _share(outside, part["weight"].to_numpy(float), at, len(units), min_claims)
        row |= dict(zip(names, found, strict=True))
        rows.append(row)
    columns = ["framing_id", "n_docs", "n_favor", "adoption", "adoption_low", "adoption_high"]
    return pd.DataFrame(rows, columns=columns)


def first_adopters(
    claims: pd.DataFrame, stances: pd.DataFrame, sources: pd.DataFrame, home: dict[str, set[str]]
) -> pd.DataFrame:
    """Return the first favourable claim, dated to a day, of each source outside a framing's camp.

    Returns
    -------
    DataFrame
        ``framing_id, said_at, source_id, camp, outlet, claim_id``, earliest first.
    """
    mine = _favourable(claims, stances, sources, None, "raw")
    mine = mine[(mine["said_at"].str.len() == 10) & mine["framing_id"].isin(home)]
    pairs = zip(mine["camp"], mine["framing_id"], strict=True)
    outside = np.array([c not in home[f] for c, f in pairs], dtype=bool)
    mine = mine[outside].sort_values(["framing_id", "said_at", "claim_id"], kind="stable")
    mine = mine.assign(outlet=mine["chain"].str.split(">").str[0])
    columns = ["framing_id", "said_at", "source_id", "camp", "outlet", "claim_id"]
    return mine.drop_duplicates(["framing_id", "source_id"])[columns].reset_index(drop=True)


def against_interest(
    claims: pd.DataFrame,
    stances: pd.DataFrame,
    sources: pd.DataFrame,
    home: dict[str, set[str]],
    *,
    documents: pd.DataFrame | None = None,
    min_claims: int = 10,
) -> pd.DataFrame:
    """Return how often sources speak against what their camp would have believed.

    A camp is for the framings that are its own in `home`, and against those of other camps.

    Parameters
    ----------
    claims, stances, sources : DataFrame
    home : dict of framing_id to set of camps
    documents : DataFrame, optional
        As in ``adoption``.
    min_claims : int
        Fewest claims that take a side, for a share.

    Returns
    -------
    DataFrame
        ``source_id, camp, n_docs, n_sided, against, against_low, against_high``: the share, in
        [0, 1], of a source's claims that take a side against its camp's; sources of camps that
        have no framing of their own are left out.
    """
    table = _with_camps(claims, sources, documents)
    sided = stances[(stances["stance"] != 0) & stances["framing_id"].isin(home)]
    mine = sided[["claim_id", "framing_id", "stance"]].merge(table, on="claim_id")
    owners = {camp for camps in home.values() for camp in camps}
    mine = mine[mine["camp"].isin(owners)]
    own = [c in home[f] for c, f in zip(mine["camp"], mine["framing_id"], strict=True)]
    mine = mine.assign(against=mine["stance"] != np.where(own, 1, -1))
    rows = []
    for (source, camp), part in mine.groupby(["source_id", "camp"], sort=True):
        units, at = np.unique(part["unit"].astype(str), return_inverse=True)
        hits, ones = part["against"].to_numpy(float), np.ones(len(part))
        found = _share(hits, ones, at, len(units), min_claims)
        rows.append((source, camp, len(units), len(part), *found))
    columns = ["source_id", "camp", "n_docs", "n_sided", "against", "against_low", "against_high"]
    return pd.DataFrame(rows, columns=columns)


def _with_camps(
    claims: pd.DataFrame, sources: pd.DataFrame, documents: pd.DataFrame | None
) -> pd.DataFrame:
    """Return the claims with the camp of their speaker, and the unit that intervals draw."""
    unit = claims["doc_id"]
    if documents is not None:
        unit = unit.map(documents.set_index("doc_id")["copy_group"])
    return claims.assign(camp=speaker_camps(claims, sources), unit=unit)


def _favourable(
    claims: pd.DataFrame,
    stances: pd.DataFrame,
    sources: pd.DataFrame,
    documents: pd.DataFrame | None,
    counted: str,
) -> pd.DataFrame:
    """Return each favourable claim of known camp and framing, with what it counts."""
    weights = pd.Series(1.0, index=claims["claim_id"].to_numpy())
    if counted != "raw":
        if documents is None:
            raise InputError(f"counted={counted!r} needs the table of documents.")
        weights = claim_weights(claims, documents, counted)
    table = _with_camps(claims, sources, documents)
    table = table.assign(weight=weights.reindex(table["claim_id"]).to_numpy())
    favor = stances.loc[stances["stance"] == 1, ["claim_id", "framing_id"]]
    mine = favor.merge(table, on="claim_id")
    return mine[~mine["camp"].isin(["", UNKNOWN]) & (mine["weight"] > 0)]


def _share(
    hits: Floats, weight: Floats, at: npt.NDArray[np.intp], n: int, least: float
) -> tuple[float, float, float]:
    """Return a weighted share and its limits over the units, NaN where fewer than `least` count."""
    if weight.sum() < least or not len(weight):
        return float("nan"), float("nan"), float("nan")
    top = np.bincount(at, weights=hits * weight, minlength=n).astype(float)[:, None]
    bottom = np.bincount(at, weights=weight, minlength=n).astype(float)[:, None]
    low, high = clustered_intervals(top, bottom, min_groups=MIN_DOCS)
    return float(top.sum() / bottom.sum()), float(low[0]), float(high[0])


def contest(stances: pd.DataFrame, *, min_claims: int = 10) -> pd.DataFrame:
    """Return how two-sided each framing is.

    Returns
    -------
    DataFrame
        ``framing_id, n_favor, n_against, contest``, with contest = ``2 min(f, a) / (f + a)`` in
        [0, 1]: 0 where one side alone speaks, 1 where both speak equally often; NaN below
        `min_claims` claims that take a side.
    """
    rows = []
    for framing, part in stances.groupby("framing_id"):
        favor, against = int((part["stance"] == 1).sum()), int((part["stance"] == -1).sum())
        rows.append((framing, favor, against, contested(favor, against, min_claims=min_claims)))
    return pd.DataFrame(rows, columns=["framing_id", "n_favor", "n_against", "contest"])


def contested(favor: int, against: int, *, min_claims: int = 10) -> float:
    """Return how two-sided a framing of so many claims is, as ``contest`` does."""
    n = favor + against
    return 2 * min(favor, against) / n if n >= max(1, min_claims) else float("nan")
