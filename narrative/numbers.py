"""The numbers of a run that a text may cite, derived from its tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from narrative.battle import contested
from narrative.ledger.record import HALF
from narrative.schema import NO_FRAMING, ORIGINS, UNKNOWN

Piece = tuple[pd.DataFrame, ...]


def summarise(
    tables: dict[str, pd.DataFrame], pieces: Iterable[Piece] | None = None
) -> dict[str, Any]:
    """Return counts, shares and stance balances of a run.

    Parameters
    ----------
    tables : dict of str to DataFrame
        Every table that ``run_study`` writes; ``discarded`` where the study has a prefilter.
    pieces : iterable of (claims, assignments, stances), optional
        These tables in pieces, each with the rows about its claims, where `tables` lacks them.

    Returns
    -------
    dict
        Nested, JSON-ready; shares and balances are rounded to four digits.
    """
    documents, framings = tables["documents"], tables["framings"]
    sources = tables["sources"]
    counts = _Counts(dict(zip(sources["source_id"], sources["camp"], strict=True)))
    if pieces is None:
        pieces = [(tables["claims"], tables["assignments"], tables["stances"])]
    for piece in pieces:
        counts.add(*piece)
    origins = dict(zip(framings["framing_id"], framings["origin"], strict=True))
    of = {o: [f for f, kind in origins.items() if kind == o] for o in ORIGINS}
    n, assigned = counts.voice.total(), counts.framing
    out: dict[str, Any] = {
        "n_documents": len(documents),
        "n_copy_groups": int(documents["copy_group"].nunique()),
        "n_claims": n,
        "n_sources": len(counts.source),
        "claims_by_voice": dict(sorted(counts.voice.items())),
        "claims_by_camp": dict(sorted(counts.by_camp().items())),
        "share_unknown_speaker": _share(counts.source[UNKNOWN], n),
        "share_by_origin": {
            o: _share(sum(assigned[i] for i in ids), assigned.total()) for o, ids in of.items()
        },
        "share_without_framing": _share(assigned[NO_FRAMING], assigned.total()),
        "dates_after_publication": counts.after_publication,
        "claims_by_framing": dict(
            zip(framings["framing_id"], map(int, framings["n_claims"]), strict=True)
        ),
        "stance_by_camp": counts.balances(),
        "contest": counts.contest(),
        "control_claims": len(tables["control"]),
        **_ledger(tables["ledger"]),
    }
    if "discarded" in tables:
        out["n_discarded"] = len(tables["discarded"])
        out["n_discarded_unread"] = int(tables["discarded"]["n_claims"].isna().sum())
    return out


class _Counts:
    """Counts of claims, added up over pieces of a run.

    Parameters
    ----------
    camp : dict
        Of each source.
    """

    def __init__(self, camp: dict[str, str]) -> None:
        self.camp = camp
        self.after_publication = 0
        self.voice, self.source, self.framing = Counter[str](), Counter[str](), Counter[str]()
        self.stance = Counter[tuple[str, str, int]]()  # of a framing, source and side

    def add(self, claims: pd.DataFrame, assignments: pd.DataFrame, stances: pd.DataFrame) -> None:
        """Count the rows of a piece."""
        self.voice.update(_rows_by(claims, ["voice"]))
        self.source.update(_rows_by(claims, ["source_id"]))
        self.framing.update(_rows_by(assignments, ["framing_id"]))
        flags = claims["date_flag"].str.contains("after_publication")
        self.after_publication += int(flags.sum())
        speakers = claims.set_index("claim_id")["source_id"]
        said = stances[["framing_id", "stance"]].assign(
            source=stances["claim_id"].map(speakers).fillna("")
        )
        self.stance.update(_rows_by(said, ["framing_id", "source", "stance"]))

    def by_camp(self) -> Counter[str]:
        """Return the claims of each camp's sources."""
        out = Counter[str]()
        for source, n in self.source.items():
            if source in self.camp:
                out[self.camp[source]] += n
        return out

    def balances(self) -> dict[str, dict[str, float | None]]:
        """Return the balance of those of a camp's claims that take a side, of each framing."""
        net, sided = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        for (framing, source, side), n in self.stance.items():
            if source in self.camp:
                net[framing, self.camp[source]] += side * n
                sided[framing, self.camp[source]] += abs(side) * n
        out: dict[str, dict[str, float | None]] = {}
        for at in sorted(sided):
            out.setdefault(at[0], {})[at[1]] = _share(net[at], sided[at])
        return out

    def contest(self) -> dict[str, float | None]:
        """Return how two-sided each framing is."""
        sides: dict[str, Counter[int]] = {}
        for (framing, _, side), n in self.stance.items():
            sides.setdefault(framing, Counter())[side] += n
        return {f: _number(contested(sides[f][1], sides[f][-1])) for f in sorted(sides)}


def _rows_by(table: pd.DataFrame, columns: Sequence[str]) -> dict[Any, int]:
    """Return how many rows have each value, or each tuple of values."""
    found = table.groupby(list(columns) if len(columns) > 1 else columns[0], sort=False).size()
    return {k: int(v) for k, v in found.items()}


def _ledger(ledger: pd.DataFrame) -> dict[str, object]:
    """Return how many claims were set against a reference, and how many half a place was reached.

    A claim counts once for each reference.
    """
    half = ledger[ledger["level"] == HALF]
    return {
        "ledger_claims": len(half),
        "ledger_never_reached": int((half["reached_by"] == "").sum()),
        "ledger_exposed": int((half["exposed_at"] != "").sum()),
    }


def _share(part: int, whole: int) -> float | None:
    return _number(part / whole) if whole else None


def _number(value: float) -> float | None:
    return None if pd.isna(value) else round(float(value), 4)
