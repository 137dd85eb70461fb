from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from narrative.battle import adoption, against_interest, claim_weights, contest, first_adopters
from narrative.errors import InputError
from narrative.schema import empty_table


def _stances(*sides: int, framing: str = "f") -> pd.DataFrame:
    ids = [f"c{i:03d}" for i in range(len(sides))]
    return pd.DataFrame({"claim_id": ids, "framing_id": framing, "stance": sides})


@pytest.fixture
def spoken(make_claims: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    speakers = ["ministry"] * 6 + ["gazette"] * 3 + ["staff"] * 3 + ["unknown"] * 4
    return make_claims(*({"source_id": s, "doc_id": f"d{i % 5}"} for i, s in enumerate(speakers)))


def test_adoption_is_the_share_from_outside_the_home_camps(
    spoken: pd.DataFrame, sources: pd.DataFrame
) -> None:
    # In favour: 5 of the ministry's six, 2 of the gazette's three, all 3 of the staff's, 4 unknown.
    stances = _stances(1, 1, 1, 1, 1, -1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1)
    home = {"f": {"russian", "pro_russian"}}
    got = adoption(spoken, stances, sources, home).iloc[0]
    assert (got["n_favor"], got["n_docs"]) == (10, 5)
    assert got["adoption"] == 0.5
    assert 0 <= got["adoption_low"] < 0.5 < got["adoption_high"] <= 1
    wider = adoption(spoken, stances, sources, {"f": {"russian", "ukrainian"}}).iloc[0]
    assert wider["adoption"] == 0.2


def test_few_claims_give_no_adoption(spoken: pd.DataFrame, sources: pd.DataFrame) -> None:
    stances = _stances(*[1] * 16)
    got = adoption(spoken, stances, sources, {"f": {"russian"}, "none": {"russian"}}, min_claims=13)
    assert got["framing_id"].tolist() == ["f", "none"]
    assert got["n_favor"].tolist() == [12, 0]
    assert got["n_docs"].tolist() == [5, 0]
    assert got[["adoption", "adoption_low", "adoption_high"]].isna().to_numpy().all()


def test_no_home_camps_give_an_empty_table_with_its_columns(
    spoken: pd.DataFrame, sources: pd.DataFrame
) -> None:
    got = adoption(spoken, _stances(1), sources, {})
    assert got.empty
    assert list(got.columns) == [
        "framing_id",
        "n_docs",
        "n_favor",
        "adoption",
        "adoption_low",
        "adoption_high",
    ]


def test_copies_count_once_in_adoption(
    make_claims: Callable[..., pd.DataFrame], sources: pd.DataFrame
) -> None:
    def interval(n_copies: int) -> tuple[float, float, int]:
        rows = [
            {"source_id": s, "doc_id": f"d{i:02d}-{k}"}
            for k in range(n_copies)
            for i, s in enumerate(["ministry", "gazette"] * 6)
        ]
        documents = pd.DataFrame({"doc_id": [str(r["doc_id"]) for r in rows]})
        documents["copy_group"] = documents["doc_id"].str[:3]
        stances = _stances(*[1] * len(rows))
        home = {"f": {"russian"}}
        got = adoption(make_claims(*rows), stances, sources, home, documents=documents).iloc[0]
        return got["adoption_low"], got["adoption_high"], got["n_docs"]

    assert interval(9) == interval(1)
    assert interval(1)[2] == 12


@pytest.mark.parametrize(
    ("favor", "against", "expected"),
    [(10, 0, 0.0), (0, 10, 0.0), (5, 5, 1.0), (9, 3, 0.5), (3, 9, 0.5), (5, 4, np.nan)],
)
def test_contest_is_twice_the_smaller_side(favor: int, against: int, expected: float) -> None:
    got = contest(_stances(*[1] * favor, *[-1] * against, *[0] * 20)).iloc[0]
    assert (got["n_favor"], got["n_against"]) == (favor, against)
    assert got["contest"] == pytest.approx(expected, nan_ok=True)


def test_contest_keeps_framings_apart_and_never_divides_by_zero() -> None:
    both = pd.concat([_stances(1, -1), _stances(0, 0, framing="g")])
    got = contest(both, min_claims=0).set_index("framing_id")["contest"]
    assert got["f"] == 1.0
    assert np.isnan(got["g"])
    assert contest(empty_table("stances")).empty


def test_copies_count_as_one_document_or_as_their_first(
    make_documents: Callable[..., pd.DataFrame], make_claims: Callable[..., pd.DataFrame]
) -> None:
    documents = make_documents("a", "b", "c", copy_groups=["d0", "d0", "d2"])
    documents["published_at"] = ["2025-12-13", "2025-12-12", "2025-12-12"]
    claims = make_claims({"doc_id": "d0"}, {"doc_id": "d1"}, {"doc_id": "d1"}, {"doc_id": "d2"})
    weights = {c: claim_weights(claims, documents, c).tolist() for c in ("raw", "copies once")}
    assert weights == {"raw": [1, 1, 1, 1], "copies once": [0.5, 0.5, 0.5, 1]}
    assert claim_weights(claims, documents, "first publisher").tolist() == [0, 1, 1, 1]
    with pytest.raises(InputError, match=r"counted='all'; expected one of raw, copies once"):
        claim_weights(claims, documents, "all")


def test_a_copied_claim_adopts_once(
    spoken: pd.DataFrame, sources: pd.DataFrame, make_documents: Callable[..., pd.DataFrame]
) -> None:
    documents = make_documents(*"abcde", copy_groups=["d0", "d0", "d0", "d3", "d4"])
    stances = _stances(*[1] * 16)
    once = adoption(
        spoken, stances, sources, {"f": {"russian"}}, documents=documents, counted="copies once",
        min_claims=1,
    ).iloc[0]  # fmt: skip
    assert once["n_docs"] == 3
    assert once["n_favor"] < 12
    with pytest.raises(InputError, match="needs the table of documents"):
        adoption(spoken, stances, sources, {"f": {"russian"}}, counted="copies once")


def test_the_first_claim_of_each_source_outside_the_camp(
    spoken: pd.DataFrame, sources: pd.DataFrame
) -> None:
    claims = spoken.assign(
        said_at=[f"2025-12-{30 - i:02d}" for i in range(len(spoken))], chain=spoken["source_id"]
    )
    got = first_adopters(claims, _stances(*[1] * 16), sources, {"f": {"russian"}})
    assert got["source_id"].tolist() == ["staff", "gazette"]
    assert got["said_at"].tolist() == ["2025-12-19", "2025-12-22"]
    assert first_adopters(claims, _stances(*[-1] * 16), sources, {"f": {"russian"}}).empty


def test_who_speaks_against_the_own_camp(spoken: pd.DataFrame, sources: pd.DataFrame) -> None:
    home = {"f": {"russian"}, "g": {"ukrainian"}}
    stances = pd.concat(
        [_stances(*[1, -1, -1, 1, 1, 1], *[1] * 10), _stances(*[-1] * 16, framing="g")]
    )
    got = against_interest(spoken, stances, sources, home, min_claims=6).set_index("source_id")
    assert set(got.index) == {"ministry", "staff"}  # the gazette's camp has no story of its own
    assert got.loc["ministry", "against"] == pytest.approx(2 / 12)
    assert got.loc["staff", ["n_sided", "against"]].tolist() == [6, 1]
    assert got.loc["ministry", "against_low"] < 2 / 12 < got.loc["ministry", "against_high"]
    few = against_interest(spoken, stances, sources, home, min_claims=13)
    assert few["against"].isna().all()
