from __future__ import annotations

import json
from collections.abc import Callable

import pandas as pd
import pytest

from narrative.numbers import summarise
from narrative.schema import empty_table

MakeTable = Callable[..., pd.DataFrame]
Tables = dict[str, pd.DataFrame]


@pytest.fixture
def tables(make_documents: MakeTable, make_claims: MakeTable, sources: pd.DataFrame) -> Tables:
    claims = make_claims(
        {"source_id": "ministry", "voice": "quoted"},
        {"source_id": "ministry", "voice": "paraphrased", "date_flag": "after_publication"},
        {"source_id": "staff", "voice": "quoted", "date_flag": "x|after_publication"},
        {"source_id": "unknown", "date_flag": "other"},
        {},
        {},
    )
    ids = claims["claim_id"]
    framings = pd.DataFrame(
        {
            "framing_id": ["f", "discovered_00"],
            "origin": ["codebook", "discovered"],
            "n_claims": [3, 1],
        }
    )
    assignments = pd.DataFrame(
        {"claim_id": ids, "framing_id": ["f", "f", "f", "-1", "-1", "discovered_00"]}
    )
    stances = pd.DataFrame({"claim_id": ids, "framing_id": "f", "stance": [1, -1, -1, 0, 1, 0]})
    ledger = empty_table("ledger")
    ledger["reached_by"] = pd.Series(["", "2026-02-01", "", ""], dtype="string")
    ledger["exposed_at"] = pd.Series(["2025-12-12", "", "", ""], dtype="string")
    ledger["level"] = [0.5, 0.5, 0.5, 0.95]
    return {
        "documents": make_documents("One.", "Two.", "Two.", copy_groups=["d0", "d1", "d1"]),
        "claims": claims,
        "sources": sources,
        "framings": framings,
        "assignments": assignments,
        "stances": stances,
        "control": pd.DataFrame({"claim_id": list("abcd")}),
        "ledger": ledger,
    }


def test_numbers_are_the_counts_of_the_tables(tables: Tables) -> None:
    assert summarise(tables) == {
        "n_documents": 3,
        "n_copy_groups": 2,
        "n_claims": 6,
        "n_sources": 4,
        "claims_by_voice": {"author": 3, "paraphrased": 1, "quoted": 2},
        "claims_by_camp": {"russian": 2, "ukrainian": 1, "unknown": 1, "western": 2},
        "share_unknown_speaker": 0.1667,
        "share_by_origin": {"codebook": 0.5, "discovered": 0.1667},
        "share_without_framing": 0.3333,
        "dates_after_publication": 2,
        "claims_by_framing": {"f": 3, "discovered_00": 1},
        "stance_by_camp": {
            "f": {"russian": 0.0, "ukrainian": -1.0, "unknown": None, "western": 1.0}
        },
        "contest": {"f": None},  # four that take a side are too few
        "control_claims": 4,
        "ledger_claims": 3,
        "ledger_exposed": 1,
        "ledger_never_reached": 2,
    }


def test_numbers_are_json_without_nan(tables: Tables) -> None:
    text = json.dumps(summarise(tables), allow_nan=False)
    assert json.loads(text) == summarise(tables)


def test_an_empty_run_has_numbers(tables: Tables) -> None:
    empty = {n: t.iloc[:0] for n, t in tables.items()}
    got = summarise(empty)
    json.dumps(got, allow_nan=False)
    assert got["n_claims"] == got["control_claims"] == got["ledger_never_reached"] == 0
    assert got["share_unknown_speaker"] is got["share_without_framing"] is None
    assert got["stance_by_camp"] == got["contest"] == got["claims_by_voice"] == {}


@pytest.mark.parametrize("size", [1, 2, 4])
def test_numbers_of_pieces_are_those_of_the_whole(tables: Tables, size: int) -> None:
    about = ("claims", "assignments", "stances")
    claims = tables["claims"]
    pieces = []
    for at in range(0, len(claims), size):
        ids = claims["claim_id"].iloc[at : at + size]
        pieces.append(tuple(tables[n][tables[n]["claim_id"].isin(ids)] for n in about))
    rest = {n: t for n, t in tables.items() if n not in about}
    assert summarise(rest, pieces) == summarise(tables)
