from __future__ import annotations

import pickle
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrative import storage
from narrative.errors import InputError
from narrative.resampling import clustered_intervals, ratio_intervals
from narrative.storage import write_table
from narrative.stored import StoredTable, aligned
from narrative.tally import Numbers, Tally, distinct, paired, parted
from narrative.timeline import TimelineSettings, TimelineSums, estimate_timeline, sum_run

Tables = dict[str, pd.DataFrame]
NAMES = ("claims", "assignments", "stances", "documents", "sources")
N = 90


@pytest.fixture(scope="module")
def tables() -> Tables:
    """Return 90 claims of 12 documents; the last four are copies of the first four."""
    rng = np.random.default_rng(5)
    doc = np.sort(rng.integers(0, 12, N))
    speaker = rng.choice(["gazette", "ministry", "staff", "stranger"], N)
    ids = pd.Series([f"c{i:03d}" for i in range(N)], dtype="string")
    claims = pd.DataFrame(
        {
            "claim_id": ids,
            "doc_id": [f"d{i:02d}" for i in doc],
            "source_id": speaker,
            "chain": [
                f"{'herald' if d % 3 else 'gazette'}>{s}" for d, s in zip(doc, speaker, strict=True)
            ],
            "said_at": rng.choice(["2025-11-30", "2025-12", "2025-12-31", "2025", ""], N),
            "said_precision": rng.choice(["day", "day", "season"], N),
        }
    )
    assignments = pd.DataFrame({"claim_id": ids, "framing_id": rng.choice(["f", "g", "-1"], N)})
    stances = pd.DataFrame(
        {
            "claim_id": ids.repeat(2).reset_index(drop=True),
            "framing_id": ["f", "h"] * N,
            "stance": rng.choice([-1, 0, 1], 2 * N),
        }
    )
    docs = [f"d{i:02d}" for i in range(12)]
    documents = pd.DataFrame({"doc_id": docs, "copy_group": docs[:8] + docs[:4]})
    sources = pd.DataFrame(
        {"source_id": ["gazette", "ministry", "staff"], "camp": ["western", "russian", "russian"]}
    )
    return dict(zip(NAMES, (claims, assignments, stances, documents, sources), strict=True))


def _whole(tables: Tables, how: TimelineSettings) -> pd.DataFrame:
    return estimate_timeline(*(tables[n] for n in NAMES), settings=how)


def _sums(tables: Tables, at: Any, freq: str = "month") -> TimelineSums:
    """Return the sums of the claims at these positions, with the rows about them."""
    claims = tables["claims"].iloc[at]
    about = [tables[n][tables[n]["claim_id"].isin(claims["claim_id"])] for n in NAMES[1:3]]
    sums = TimelineSums(tables["documents"], tables["sources"], freq=freq)
    return sums.add(claims, *about)


def _same(got: pd.DataFrame, expected: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(got, expected, check_exact=True)
    assert got.attrs["undated"] == expected.attrs["undated"]


# Cut and merged


@settings(max_examples=30, deadline=None)
@given(
    cut=st.lists(st.integers(0, 4), min_size=N, max_size=N),
    order=st.permutations(range(5)),
    freq=st.sampled_from(["day", "week", "month", "year"]),
    interval=st.sampled_from(["clustered", "bootstrap"]),
)
def test_any_cut_merged_in_any_order_is_the_whole(
    tables: Tables, cut: list[int], order: list[int], freq: str, interval: str
) -> None:
    how = TimelineSettings(freq=freq, interval=interval, n_boot=40, min_docs=2)
    parts = [_sums(tables, np.flatnonzero(np.array(cut) == k), freq) for k in order]
    merged = parts[0].merge(parts[1].merge(parts[2])).merge(parts[3]).merge(parts[4])
    _same(merged.estimate(how), _whole(tables, how))


def test_pieces_added_are_pieces_merged(tables: Tables) -> None:
    sums = TimelineSums(tables["documents"], tables["sources"])
    for at in (range(50, N), range(0), range(50)):
        sums.add(tables["claims"].iloc[list(at)], tables["assignments"], tables["stances"])
    _same(sums.estimate(), _whole(tables, TimelineSettings()))
    _same(pickle.loads(pickle.dumps(sums)).estimate(), sums.estimate())


def test_parts_need_only_their_own_documents_and_sources(tables: Tables) -> None:
    parts = []
    for docs in (tables["documents"].iloc[:6], tables["documents"].iloc[6:]):
        claims = tables["claims"][tables["claims"]["doc_id"].isin(docs["doc_id"])]
        known = tables["sources"][tables["sources"]["source_id"].isin(claims["source_id"])]
        sums = TimelineSums(docs, known).add(claims, tables["assignments"], tables["stances"])
        parts.append(sums)
    _same(parts[1].merge(parts[0]).estimate(), _whole(tables, TimelineSettings()))


def test_sums_are_only_merged_and_estimated_by_one_frequency(tables: Tables) -> None:
    sums = _sums(tables, range(10))
    with pytest.raises(InputError, match="sums by week cannot be added to sums by month"):
        sums.merge(_sums(tables, range(10), "week"))
    with pytest.raises(InputError, match=r"freq='year'; the sums are by month"):
        sums.estimate(TimelineSettings(freq="year"))
    with pytest.raises(InputError, match=r"interval='wald'; expected one of clustered, bootstrap"):
        sums.estimate(TimelineSettings(interval="wald"))
    with pytest.raises(InputError, match=r"freq='hour'; expected one of day, week, month, year"):
        TimelineSums(tables["documents"], tables["sources"], freq="hour")


# What is counted


@pytest.mark.parametrize("interval", ["clustered", "bootstrap"])
def test_intervals_are_those_of_groups_however_a_group_is_cut(
    tables: Tables, interval: str
) -> None:
    how = TimelineSettings(interval=interval, n_boot=200, min_docs=2)
    # Copies of the first documents are in the second piece.
    half = [_sums(tables, np.flatnonzero(tables["claims"]["doc_id"] < "d06")),
            _sums(tables, np.flatnonzero(tables["claims"]["doc_id"] >= "d06"))]  # fmt: skip
    got = half[0].merge(half[1]).estimate(how, random_state=3)
    claims = tables["claims"].merge(tables["documents"], on="doc_id")
    claims = claims[(claims["said_precision"] == "day") & (claims["said_at"].str[:7] == "2025-12")]
    inside = claims.merge(tables["assignments"], on="claim_id")["framing_id"] == "f"
    said = claims.merge(tables["stances"].query("framing_id == 'f'"), on="claim_id")["stance"]
    outlet = claims["chain"].str.partition(">")[0]
    for name, top, bottom, span in (
        ("prevalence", inside, pd.Series(1, index=inside.index), (0.0, 1.0)),
        ("stance", said, said.abs(), (-1.0, 1.0)),
    ):
        table = pd.DataFrame(
            {"group": claims["copy_group"].to_numpy(), "outlet": outlet.to_numpy(),
             "top": top.to_numpy(float), "bottom": bottom.to_numpy(float)}
        ).pivot_table(index="group", columns="outlet", aggfunc="sum", fill_value=0)  # fmt: skip
        dense = table["top"].to_numpy(float), table["bottom"].to_numpy(float)
        if interval == "clustered":
            low, high = clustered_intervals(*dense, min_groups=2, span=span)
        else:
            low, high = ratio_intervals(
                *dense, names=list(table.index), n_boot=200, random_state=3, min_groups=2
            )
        for i, source in enumerate(table["top"].columns):
            row = got.query(
                "level == 'outlet' and source_id == @source and framing_id == 'f' "
                "and bin_start == '2025-12-01'"
            ).iloc[0]
            assert row[f"{name}_low"] == pytest.approx(low[i], abs=1e-6)
            assert row[f"{name}_high"] == pytest.approx(high[i], abs=1e-6)
            assert row["n_docs"] == claims["copy_group"][outlet == source].nunique()


def test_rows_may_stand_in_any_order_and_be_about_other_claims(tables: Tables) -> None:
    other = pd.DataFrame({"claim_id": ["z"], "framing_id": ["f"], "stance": [1]})
    mixed = {n: t.sample(frac=1, random_state=1) for n, t in tables.items()}
    for name in ("assignments", "stances"):
        mixed[name] = pd.concat([other, mixed[name]], ignore_index=True)[list(tables[name])]
    _same(_whole(mixed, TimelineSettings()), _whole(tables, TimelineSettings()))


def test_claims_without_assignment_or_stance_count_as_claims(tables: Tables) -> None:
    some = tables | {n: tables[n].iloc[:40] for n in ("assignments", "stances")}
    got, whole = (_whole(t, TimelineSettings(freq="year")) for t in (some, tables))
    keys = ["level", "source_id", "bin_start"]
    counts = [t[t["framing_id"] == "f"].set_index(keys)["n_claims"] for t in (got, whole)]
    pd.testing.assert_series_equal(*counts)
    assert (got["prevalence"] * got["n_claims"]).sum() < (
        whole["prevalence"] * whole["n_claims"]
    ).sum()


def test_no_claims_are_an_empty_table(tables: Tables) -> None:
    sums = TimelineSums(tables["documents"], tables["sources"])
    assert sums.estimate().empty
    sums.merge(_sums(tables, []))
    assert sums.estimate().empty
    assert sums.estimate().attrs["undated"] == 0
    _same(sums.merge(_sums(tables, range(N))).estimate(), _whole(tables, TimelineSettings()))


# Read from a run's folder


@pytest.fixture
def folder(tables: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the tables, in groups of a few rows; two documents have no stances."""
    monkeypatch.setattr(storage, "_GROUP", 7)
    left_out = tables["claims"]["claim_id"][tables["claims"]["doc_id"].isin(["d03", "d11"])]
    for name, table in tables.items():
        kept = table[~table["claim_id"].isin(left_out)] if name == "stances" else table
        write_table(kept.reset_index(drop=True), tmp_path / f"{name}.parquet")
    return tmp_path


def test_a_run_is_summed_a_group_of_rows_at_a_time(folder: Path) -> None:
    read = {n: pd.read_parquet(folder / f"{n}.parquet") for n in NAMES}
    how = TimelineSettings(freq="week")
    _same(sum_run(folder, freq="week").estimate(how), _whole(read, how))


def test_rows_about_a_groups_claims_come_with_it(folder: Path) -> None:
    stored = [StoredTable(folder / f"{n}.parquet") for n in NAMES[:3]]
    pieces = list(aligned(*stored))
    assert [len(claims) for claims, *_ in pieces] == [7] * 12 + [6]
    for claims, assignments, stances in pieces:
        assert assignments["claim_id"].tolist() == claims["claim_id"].tolist()
        assert set(stances["claim_id"]) <= set(claims["claim_id"])
    together = pd.concat([stances for *_, stances in pieces], ignore_index=True)
    pd.testing.assert_frame_equal(together, pd.read_parquet(folder / "stances.parquet"))


# Tallies


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.tuples(st.integers(0, 2**31 - 1), st.integers(0, 3)), max_size=30)))
def test_a_tally_is_what_a_counter_counts(parts: list[list[tuple[int, int]]]) -> None:
    tally, expected = Tally(), Counter[int]()
    for part in parts:
        high, low = (np.array([p[i] for p in part], np.int64) for i in (0, 1))
        keys = paired(high, low)
        assert [a.tolist() for a in parted(keys)] == [high.tolist(), low.tolist()]
        tally.add(keys, low + 1)
        for key, n in zip(keys.tolist(), (low + 1).tolist(), strict=True):
            expected[key] += n
    keys, counts = tally.rows()
    assert dict(zip(keys.tolist(), counts.tolist(), strict=True)) == expected
    assert keys.tolist() == sorted(expected)


@pytest.mark.parametrize("n", [10, 10_000])  # by a table of all, by sorting
def test_distinct_values_are_counted(n: int) -> None:
    found, counts = distinct(np.array([7, 2, 7, 0]), n)
    assert found.tolist() == [0, 2, 7]
    assert counts.tolist() == [1, 1, 2]


def test_numbers_are_given_in_the_order_of_coming() -> None:
    numbers = Numbers()
    assert numbers.of([("a", 1), ("b", 1), ("a", 1)]).tolist() == [0, 1, 0]
    assert numbers.of([]).tolist() == []
    assert numbers.of([("c", 1), ("b", 1)]).tolist() == [2, 1]
    assert len(numbers) == 3
