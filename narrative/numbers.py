"""The numbers of a run that a text may cite, derived from its tables."""

from __future__ import annotations

from typing import Any

import pandas as pd

from narrative.battle import contest
from narrative.ledger.record import HALF
from narrative.schema import NO_FRAMING, ORIGINS, UNKNOWN


def summarise(tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """Return counts, shares and stance balances of a run.

    Parameters
    ----------
    tables : dict of str to DataFrame
        Every table that ``run_study`` writes; ``discarded`` where the study has a prefilter.

    Returns
    -------
    dict
        Nested, JSON-ready; shares and balances are rounded to four digits.
    """
    claims, documents = tables["claims"], tables["documents"]
    assignments, stances = tables["assignments"], tables["stances"]
    framings, sources = tables["framings"], tables["sources"]
    camp = claims["source_id"].map(dict(zip(sources["source_id"], sources["camp"], strict=True)))
    origins = dict(zip(framings["framing_id"], framings["origin"], strict=True))
    of = {o: [f for f, kind in origins.items() if kind == o] for o in ORIGINS}
    sides = contest(stances)
    out: dict[str, Any] = {
        "n_documents": len(documents),
        "n_copy_groups": int(documents["copy_group"].nunique()),
        "n_claims": len(claims),
        "n_sources": int(claims["source_id"].nunique()),
        "claims_by_voice": _counts(claims["voice"]),
        "claims_by_camp": _counts(camp),
        "share_unknown_speaker": _share(claims["source_id"] == UNKNOWN),
        "share_by_origin": {
            o: _share(assignments["framing_id"].isin(ids)) for o, ids in of.items()
        },
        "share_without_framing": _share(assignments["framing_id"] == NO_FRAMING),
        "dates_after_publication": int(claims["date_flag"].str.contains("after_publication").sum()),
        "claims_by_framing": dict(
            zip(framings["framing_id"], map(int, framings["n_claims"]), strict=True)
        ),
        "stance_by_camp": _balances(stances, dict(zip(claims["claim_id"], camp, strict=True))),
        "contest": dict(zip(sides["framing_id"], map(_number, sides["contest"]), strict=True)),
        "control_claims": len(tables["control"]),
        **_ledger(tables["ledger"]),
    }
    if "discarded" in tables:
        out["n_discarded"] = len(tables["discarded"])
        out["n_discarded_unread"] = int(tables["discarded"]["n_claims"].isna().sum())
    return out


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


def _counts(values: pd.Series) -> dict[str, int]:
    return {str(k): int(v) for k, v in values.value_counts().sort_index().items()}


def _share(mask: pd.Series) -> float | None:
    return _number(float(mask.mean())) if len(mask) else None


def _number(value: float) -> float | None:
    return None if pd.isna(value) else round(float(value), 4)


def _balances(stances: pd.DataFrame, camp: dict[str, str]) -> dict[str, dict[str, float | None]]:
    out: dict[str, dict[str, float | None]] = {}
    rows = stances.assign(camp=stances["claim_id"].map(camp))
    for (framing, name), part in rows.groupby(["framing_id", "camp"]):
        side, net = int(part["stance"].abs().sum()), int(part["stance"].sum())
        out.setdefault(str(framing), {})[str(name)] = _number(net / side) if side else None
    return out
