from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from narrative.errors import InputError
from narrative.schema import TABLES, check_table
from narrative.simulate import Truth, simulate_corpus
from narrative.timeline import TimelineSettings, estimate_timeline, time_bin

Tables = dict[str, pd.DataFrame]
NAMES = ("claims", "assignments", "stances", "documents", "sources")


def _estimate(tables: Tables, **settings: Any) -> pd.DataFrame:
    return estimate_timeline(
        *(tables[n] for n in NAMES), settings=TimelineSettings(**({"n_boot": 200} | settings))
    )


@pytest.fixture
def tables(make_claims: Callable[..., pd.DataFrame], sources: pd.DataFrame) -> Tables:
    """Return 300 claims of 24 documents (every fourth a copy of its neighbour) in three months."""
    rng = np.random.default_rng(11)
    speakers = ["gazette", "ministry", "staff", "unknown"]
    documents = pd.DataFrame({"doc_id": [f"d{i:02d}" for i in range(24)]})
    documents["copy_group"] = [f"d{i - 1:02d}" if i % 4 == 1 else f"d{i:02d}" for i in range(24)]
    rows = []
    for _ in range(300):
        doc, speaker = int(rng.integers(24)), str(rng.choice(speakers))
        rows.append(
            {
                "doc_id": f"d{doc:02d}",
                "source_id": speaker,
                "chain": f"{rng.choice(['gazette', 'herald'])}>{speaker}",
                "said_at": str(rng.choice(["2025-11-30", "2025-12", "2025-12-31", "2026-01-01"])),
            }
        )
    claims = make_claims(*rows)
    ids = claims["claim_id"]
    assignments = pd.DataFrame(
        {"claim_id": ids, "framing_id": rng.choice(["f", "g", "-1"], len(ids)), "membership": 0.5}
    )
    parts = []
    for framing in ("f", "h"):  # h has stances but no claims; g has claims but no stances
        side = rng.choice([-1, 0, 1], len(ids))
        parts.append(pd.DataFrame({"claim_id": ids, "framing_id": framing, "stance": side}))
    stances = pd.concat(parts, ignore_index=True)
    return {
        "claims": claims,
        "assignments": assignments,
        "stances": stances,
        "documents": documents,
        "sources": sources,
    }


@pytest.mark.parametrize(
    ("value", "freq", "expected"),
    [
        ("2025-12-18", "day", ("2025-12-18", "2025-12-19")),
        ("2025-12-31", "day", ("2025-12-31", "2026-01-01")),
        ("2025-12-18", "week", ("2025-12-15", "2025-12-22")),
        ("2025-12-15", "week", ("2025-12-15", "2025-12-22")),
        ("2026-01-01", "week", ("2025-12-29", "2026-01-05")),
        ("2025-12-18", "month", ("2025-12-01", "2026-01-01")),
        ("2024-02-29", "month", ("2024-02-01", "2024-03-01")),
        ("2025-12", "month", ("2025-12-01", "2026-01-01")),
        ("2025-12-18", "year", ("2025-01-01", "2026-01-01")),
        ("2025", "year", ("2025-01-01", "2026-01-01")),
        ("2025-12", "day", None),
        ("2025-12", "week", None),
        ("2025", "month", None),
        ("", "year", None),
    ],
)
def test_bins_are_half_open_and_need_their_precision(
    value: str, freq: str, expected: tuple[str, str] | None
) -> None:
    assert time_bin(value, freq) == expected


def test_prevalence_and_stance_are_what_plain_pandas_counts(tables: Tables) -> None:
    got = _estimate(tables)
    assert list(got.columns) == list(TABLES["timeline"])
    camp = tables["sources"].set_index("source_id")["camp"]
    claims = tables["claims"].merge(tables["documents"], on="doc_id")
    claims["month"] = claims["said_at"].str[:7]
    claims["camp"] = claims["source_id"].map(camp)
    claims["outlet"] = claims["chain"].str.partition(">")[0]
    claims["speaker"] = claims["source_id"]
    checked = 0
    for level in ("speaker", "outlet", "camp"):
        for (source, month), cell in claims.groupby([level, "month"]):
            for framing in ("f", "g", "h"):
                row = got[
                    (got["level"] == level)
                    & (got["source_id"] == source)
                    & (got["framing_id"] == framing)
                    & (got["bin_start"] == f"{month}-01")
                ]
                assert len(row) == 1
                row = row.iloc[0]
                assert row["n_claims"] == len(cell)
                assert row["n_docs"] == cell["copy_group"].nunique()
                inside = cell.merge(tables["assignments"], on="claim_id")["framing_id"] == framing
                assert row["prevalence"] == pytest.approx(inside.mean(), abs=1e-6)
                said = tables["stances"].query("framing_id == @framing")
                side = cell.merge(said, on="claim_id")["stance"]
                n = (side != 0).sum()
                if n:
                    balance = ((side == 1).sum() - (side == -1).sum()) / n
                    assert row["stance"] == pytest.approx(balance, abs=1e-6)
                else:
                    assert np.isnan(row["stance"])
                checked += 1
    assert checked == len(got)


def test_intervals_lie_around_the_estimates(tables: Tables) -> None:
    got = _estimate(tables, n_boot=1000).dropna(subset=["prevalence_low", "stance_low"])
    got = got[got["framing_id"] == "f"]
    assert len(got) > 20
    for name in ("prevalence", "stance"):
        assert (got[f"{name}_low"] <= got[name] + 1e-9).all()
        assert (got[name] <= got[f"{name}_high"] + 1e-9).all()
        assert (got[f"{name}_low"] < got[f"{name}_high"]).mean() > 0.9
    assert got["prevalence_low"].min() >= 0
    assert got["prevalence_high"].max() <= 1
    assert got["stance_low"].min() >= -1
    assert got["stance_high"].max() <= 1


def test_a_wider_level_gives_wider_intervals(tables: Tables) -> None:
    narrow, wide = _estimate(tables, level=0.5), _estimate(tables, level=0.99)
    width = [t["prevalence_high"] - t["prevalence_low"] for t in (narrow, wide)]
    assert (width[0].dropna() <= width[1].dropna()).all()
    assert width[0].mean() < 0.7 * width[1].mean()


def test_the_same_state_gives_the_same_table_in_any_order(tables: Tables) -> None:
    first = _estimate(tables)
    mixed = {n: t.sample(frac=1, random_state=4) for n, t in tables.items()}
    pd.testing.assert_frame_equal(first, _estimate(mixed))
    drawn = TimelineSettings(n_boot=200, interval="bootstrap")
    first = estimate_timeline(*(tables[n] for n in NAMES), settings=drawn)
    other = estimate_timeline(*(tables[n] for n in NAMES), settings=drawn, random_state=1)
    assert not first["prevalence_low"].equals(other["prevalence_low"])


def test_one_document_has_an_estimate_and_no_interval(tables: Tables) -> None:
    tables["claims"] = check_table(tables["claims"].query("doc_id == 'd02'"), "claims")
    got = _estimate(tables)
    assert (got["n_docs"] == 1).all()
    assert got["prevalence"].notna().all()
    intervals = got[["prevalence_low", "prevalence_high", "stance_low", "stance_high"]]
    assert intervals.isna().to_numpy().all()


def test_copies_count_as_one_document(tables: Tables) -> None:
    both = tables["claims"].query("doc_id in ['d00', 'd01']")  # one copy group
    assert both["doc_id"].nunique() == 2
    got = _estimate(tables | {"claims": both})
    assert (got["n_docs"] == 1).all()
    assert got["prevalence_low"].isna().all()


def test_copying_every_document_narrows_no_interval() -> None:
    once = simulate_corpus(12, claims_per_doc=6, random_state=3)
    thrice: Tables = {"sources": once["sources"]}
    for name in ("claims", "assignments", "stances", "documents"):
        parts = []
        for k in range(3):
            part = once[name].copy()
            for column in {"claim_id", "doc_id"} & set(part.columns):
                part[column] = part[column] + f"-{k}"
            parts.append(part)
        thrice[name] = pd.concat(parts, ignore_index=True)
    pd.testing.assert_frame_equal(
        _estimate(once).drop(columns="n_claims"), _estimate(thrice).drop(columns="n_claims")
    )


def test_claims_without_a_fitting_date_are_left_out_and_counted(
    make_claims: Callable[..., pd.DataFrame], tables: Tables
) -> None:
    claims = make_claims(
        {"said_at": "2025-12-12"},
        {"said_at": "2025-12", "said_precision": "month"},
        {"said_at": "2025", "said_precision": "year"},
        {"said_at": "2025-09", "said_precision": "season"},  # autumn is no month
        {"said_at": "", "said_precision": "unknown"},
    )
    tables |= {"claims": claims, "documents": pd.DataFrame({"doc_id": ["d0"], "copy_group": "d0"})}
    expected = {"day": (1, 4), "week": (1, 4), "month": (2, 3), "year": (4, 1)}
    for freq, (kept, left) in expected.items():
        got = _estimate(tables, freq=freq)
        assert got.attrs["undated"] == left
        speaker = got[(got["level"] == "speaker") & (got["framing_id"] == "f")]
        assert speaker["n_claims"].sum() == kept


@pytest.mark.parametrize("missing", ["claims", "all framings"])
def test_nothing_to_count_gives_an_empty_table(tables: Tables, missing: str) -> None:
    if missing == "claims":
        tables["claims"] = tables["claims"].iloc[:0]
    else:
        tables["assignments"] = tables["assignments"].assign(framing_id="-1")
        tables["stances"] = tables["stances"].iloc[:0]
    got = _estimate(tables)
    assert got.empty
    assert list(got.columns) == list(TABLES["timeline"])


def test_an_unknown_frequency_is_refused(tables: Tables) -> None:
    with pytest.raises(InputError, match=r"freq='hour'; expected one of day, week, month, year"):
        _estimate(tables, freq="hour")
    with pytest.raises(InputError, match=r"interval='wald'; expected one of clustered, bootstrap"):
        _estimate(tables, interval="wald")


# What the intervals promise


def test_95_percent_intervals_cover_the_truth_of_simulated_corpora() -> None:
    covered = {"prevalence": 0, "stance": 0}
    for state in range(200):
        tables = simulate_corpus(40, claims_per_doc=10, random_state=state)
        got = _estimate(tables, n_boot=300)
        row = got[got["level"] == "camp"].iloc[0]
        for name in covered:
            truth = float(tables["truth"][name].iloc[0])
            covered[name] += bool(row[f"{name}_low"] <= truth <= row[f"{name}_high"])
    assert 176 <= covered["prevalence"] <= 198
    assert 176 <= covered["stance"] <= 198


def test_intervals_widen_where_claims_of_a_document_are_alike() -> None:
    widths = []
    for between in (0.0, 2.0):
        tables = simulate_corpus(
            60, claims_per_doc=20, truth=Truth(0.5, 0.0, between), random_state=0
        )
        row = _estimate(tables).iloc[0]
        widths.append(row["prevalence_high"] - row["prevalence_low"])
    binomial = 2 * 1.96 * np.sqrt(0.25 / 1200)
    assert widths[0] == pytest.approx(binomial, rel=0.3)
    assert widths[1] > 2 * binomial
