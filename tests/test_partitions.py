"""A run in parts: the same tables however it is cut, resumed by part, without the bad document."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import narrative.partitions.work as work
import narrative.stages as stages
from narrative.errors import InputError, StorageError, WeightsError
from narrative.framings import FramingModel, FramingSettings, discovery, model
from narrative.partitions import (
    LocalEngine,
    Outcome,
    Partition,
    Parts,
    Plan,
    in_parts,
    plan_run,
)
from narrative.pipeline import run_study
from narrative.row_pieces import row_pieces
from narrative.schema import empty_table
from narrative.storage import read_table, write_table
from narrative.stored import StoredTable, Streamed
from narrative.study import read_study

TEXTS = {
    # Ids that sort otherwise than their claims do, and one that holds a colon.
    "doc-1": "The ministry said that Russian troops had captured Exampletown. All is quiet.",
    "doc-10": "Oleksandr Brenko said that the army was advancing. Brenko said that all was lost.",
    "doc-2": "Oleksandr Brenko denied that the town had fallen. The staff said that it had not.",
    "doc-2:0": "The army is advancing and taking its objectives, the ministry said on Saturday.",
    "doc-3": "Yes.",  # no claim
    "doc-4": "Residents said that the bridge stood. The army is advancing, the ministry said.",
    "doc-5": "The Russian officer said that Exampletown was taken. Anna Berg doubted that.",
}


class Watcher:
    def __init__(self) -> None:
        self.told: dict[str, list[tuple[int, int]]] = {}
        self.notes: list[str] = []
        self._stage = ""

    def stage(self, name: str, kept: bool) -> None:
        self._stage = name

    def step(self, name: str) -> None:
        self._step = name

    def progress(self, done: int, total: int) -> None:
        self.told.setdefault(self._stage, []).append((done, total))

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture
def study(study_folder: Path, fast_models: Any) -> Path:
    """Return a study of seven short documents, read by rules and the tiny encoder."""
    rows = [f'{k},Example Daily,2025-12-1{i},"{t}"' for i, (k, t) in enumerate(TEXTS.items())]
    table = "\n".join(["doc_id,outlet,published_at,text", *rows]) + "\n"
    (study_folder / "documents.csv").write_text(table, encoding="utf-8")
    path = study_folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    assert 'attribution = "auto"' in text
    path.write_text(text.replace('attribution = "auto"', 'attribution = "rules"'))
    return study_folder


def _bytes(out: Path) -> dict[str, bytes]:
    return {
        p.relative_to(out).as_posix(): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()
    }


def _run(study: Path, out: Path, **options: Any) -> Watcher:
    watcher = Watcher()
    run_study(read_study(study), out, reporter=watcher, **options)
    return watcher


@pytest.mark.parametrize("partition", [1, 2, 5])
def test_tables_are_the_same_however_the_documents_are_cut(
    study: Path, tmp_path: Path, partition: int
) -> None:
    _run(study, tmp_path / "whole")
    watcher = _run(study, tmp_path / "cut", partition=partition)
    assert _bytes(tmp_path / "cut") == _bytes(tmp_path / "whole")
    assert len(watcher.told["claims"]) == -(-7 // partition)
    assert watcher.told["stances"][-1] == (7, 7)
    sources = read_table(tmp_path / "cut" / "sources.parquet")["source_id"].tolist()
    assert "named_oleksandr_brenko" in sources
    assert len(read_table(tmp_path / "cut" / "control.parquet"))


def test_an_interrupted_run_goes_on_at_the_part_where_it_stopped(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(study, tmp_path / "whole")
    plain, seen = work.claims_by_document, list[str]()

    def stopped(documents: pd.DataFrame, *args: Any, **options: Any) -> Any:
        seen.extend(documents["doc_id"])
        if len(seen) == 3:
            raise KeyboardInterrupt
        return plain(documents, *args, **options)

    out = tmp_path / "out"
    monkeypatch.setattr(work, "claims_by_document", stopped)
    with pytest.raises(KeyboardInterrupt):
        _run(study, out, partition=1)
    assert len(list((out / ".parts" / "claims").glob("*.json"))) == 2
    done = seen[:2]
    watcher = _run(study, out, partition=1)
    assert watcher.told["claims"][0] == (2, 7)
    assert not set(done) & set(seen[3:])
    assert len(seen) == 3 + 5
    assert _bytes(out) == _bytes(tmp_path / "whole")


def test_parts_of_another_cut_are_not_taken(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(work, "with_place", _raises(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            _run(study, out, partition=1)
    stale = out / ".parts" / "framings" / "000000-0123456789abcdef.vectors.npy"
    stale.parent.mkdir(parents=True, exist_ok=True)
    stale.write_bytes(b"x")
    _run(study, out, partition=3)
    _run(study, tmp_path / "whole")
    assert _bytes(out) == _bytes(tmp_path / "whole")


def _raises(error: BaseException) -> Callable[..., Any]:
    def fails(*args: Any, **options: Any) -> Any:
        raise error

    return fails


def _faulty(
    monkeypatch: pytest.MonkeyPatch, name: str, doc_id: str, error: Exception
) -> list[list[str]]:
    """Let a function of the work fail wherever a document is among its rows."""
    plain, calls = getattr(work, name), list[list[str]]()

    def fails(table: pd.DataFrame, *args: Any, **options: Any) -> Any:
        calls.append(sorted(set(table["doc_id"])))
        if doc_id in calls[-1]:
            raise error
        return plain(table, *args, **options)

    monkeypatch.setattr(work, name, fails)
    return calls


def test_a_bad_document_is_left_out_and_reported_with_its_row(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    _faulty(monkeypatch, "claims_by_document", "doc-2", ZeroDivisionError("no\nsuch\x07 thing"))
    watcher = _run(study, out)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    skipped = {
        "stage": "claims",
        "doc_id": "doc-2",
        "error": "ZeroDivisionError: no such thing",
        "row": "row 4",
    }
    assert manifest["skipped"] == [skipped]
    assert watcher.notes == [
        "documents.csv, row 4: doc_id='doc-2' was left out of claims (ZeroDivisionError: no such "
        "thing). Mend or remove it, or try again with --from claims."
    ]
    claims = read_table(out / "claims.parquet")
    assert set(claims["doc_id"]) == set(TEXTS) - {"doc-2", "doc-3"}
    assert "doc-2" in set(read_table(out / "documents.parquet")["doc_id"])


def test_what_was_left_out_is_told_again_and_tried_again_when_asked(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast_models: Any
) -> None:
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        _faulty(patch, "claims_by_document", "doc-2", ZeroDivisionError("x"))
        first = _run(study, out)
    assert _run(study, out).notes == first.notes != []
    _run(study, out, from_stage="claims")
    _run(study, tmp_path / "whole")
    assert _bytes(out) == _bytes(tmp_path / "whole")


@pytest.mark.parametrize(
    ("name", "stage"), [("with_place", "framings"), ("score_stance", "stances")]
)
def test_claims_of_a_document_left_out_later_have_no_framing_or_no_stance(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, stage: str
) -> None:
    out = tmp_path / "out"
    if name == "with_place":  # of two stages: fail in the first alone
        plain, calls = work.with_place, list[str]()

        def fails(claims: pd.DataFrame, documents: pd.DataFrame) -> Any:
            calls.extend(claims["doc_id"])
            if "doc-4" in set(claims["doc_id"]) and not (out / "framings.parquet").exists():
                raise ValueError("bad")
            return plain(claims, documents)

        monkeypatch.setattr(work, name, fails)
    else:
        _faulty(monkeypatch, name, "doc-4", ValueError("bad"))
    _run(study, out, partition=3)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert [(s["stage"], s["doc_id"]) for s in manifest["skipped"]] == [(stage, "doc-4")]
    claims = read_table(out / "claims.parquet")
    lost = set(claims.loc[claims["doc_id"] == "doc-4", "claim_id"])
    assert lost
    assignments = read_table(out / "assignments.parquet").set_index("claim_id")
    assert set(assignments.index) == set(claims["claim_id"])
    if stage == "framings":
        assert set(assignments.loc[sorted(lost), "framing_id"]) == {"-1"}
        assert assignments.loc[sorted(lost), "membership"].isna().all()
    else:
        stances = read_table(out / "stances.parquet")
        assert set(stances["claim_id"]) == set(claims["claim_id"]) - lost


def test_where_every_document_fails_the_run_does(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(work, "claims_by_document", _raises(ZeroDivisionError("first")))
        with pytest.raises(ZeroDivisionError, match="first"):
            _run(study, tmp_path / "out", partition=2)
    _run(study, tmp_path / "out", partition=2)
    _run(study, tmp_path / "whole")
    assert _bytes(tmp_path / "out") == _bytes(tmp_path / "whole")


def test_missing_weights_are_no_documents_fault(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = _faulty(monkeypatch, "claims_by_document", "doc-2", WeightsError("none here"))
    with pytest.raises(WeightsError, match="none here"):
        _run(study, tmp_path / "out", partition=1)
    assert calls.count(["doc-2"]) == 1


def test_a_partition_is_one_document_or_more(study: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"partition=0: expected one document or more"):
        _run(study, tmp_path / "out", partition=0)


def test_a_warning_for_every_part_is_told_once(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setattr(work, "_TOLD", set())
    path = study / "codebook.toml"
    text = path.read_text(encoding="utf-8")
    old = "The army is advancing and taking its objectives."
    assert old in text
    path.write_text(text.replace(old, "The army moves on."), encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        _run(study, tmp_path / "out", partition=2)
    told = [r for r in caplog.records if "no trained head" in r.getMessage()]
    assert len(told) == 1


# Framings: found in draws, assigned part by part

TOPICS = (
    "the old northern bridge over the river had burned down",
    "fishing boats had left the eastern harbour before dawn",
    "bread prices in the covered market had risen again",
    "pupils of the village school were taught in cellars",
    "trains to the southern station ran late for days",
)


def write_many(study: Path, n: int = 36) -> None:
    """Let a study have many claims that its codebook leaves over."""
    rng = np.random.default_rng(4)
    rows = []
    for i in range(n):
        said = [f"{TOPICS[k]} by {rng.integers(40)} o'clock" for k in rng.integers(0, 5, 3)]
        text = f"The ministry said that {said[0]}. Anna Berg denied that {said[1]}. "
        text += f"The staff said that {said[2]}. The army is advancing, the ministry said."
        rows.append(f'm{i:02d},Example Daily,2025-12-1{i % 9},"{text}"')
    table = "\n".join(["doc_id,outlet,published_at,text", *rows]) + "\n"
    (study / "documents.csv").write_text(table, encoding="utf-8")


@pytest.fixture
def many(study: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a study of which more is left over than is joined, kept to number it, or certified."""
    write_many(study)
    draw_few(monkeypatch)
    return study


def draw_few(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(model, "REFINED", 40)
    patch.setattr(discovery, "CERTIFIED", 45)
    patch.setattr(
        FramingSettings,
        "model",
        lambda self, state=0: FramingModel(max_exact=30, random_state=state),
    )


def _discovered(out: Path) -> pd.DataFrame:
    framings = read_table(out / "framings.parquet")
    return framings[framings["origin"] == "discovered"]


def test_framings_of_draws_are_the_same_however_the_documents_are_cut(
    many: Path, tmp_path: Path
) -> None:
    _run(many, tmp_path / "whole")
    found = _discovered(tmp_path / "whole")
    assert len(found) >= 3
    assert set(found["stability_over"]) == {"groups of copies"}
    claims = read_table(tmp_path / "whole" / "claims.parquet", ["claim_id"])
    assert found["n_claims"].sum() > 45
    assert len(read_table(tmp_path / "whole" / "assignments.parquet")) == len(claims)
    for partition in (1, 5, 7):
        out = tmp_path / str(partition)
        _run(many, out, partition=partition)
        assert _bytes(out) == _bytes(tmp_path / "whole")


@pytest.mark.parametrize(
    ("old", "new"),
    [('codebook = "codebook.toml"\n', ""), ("discover = true", "discover = false")],
    ids=["no codebook", "no discovery"],
)
def test_a_study_without_a_codebook_or_without_discovery_is_cut_as_well(
    many: Path, tmp_path: Path, old: str, new: str
) -> None:
    path = many / "study.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    for partition in (7, 100):
        _run(many, tmp_path / str(partition), partition=partition)
    assert _bytes(tmp_path / "7") == _bytes(tmp_path / "100")
    origins = read_table(tmp_path / "7" / "framings.parquet")["origin"]
    assert set(origins) == {"codebook" if new else "discovered"}


def test_a_document_whose_claims_cannot_be_assigned_is_left_out_alone(
    many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(setup: Any, tables: dict[str, Any]) -> Any:
        if "m07" in set(tables["claims"]["doc_id"]):
            raise ValueError("bad")
        return work.assign_claims(setup, tables)

    _run(many, tmp_path / "whole")
    monkeypatch.setattr(stages, "assign_claims", fails)
    out = tmp_path / "out"
    _run(many, out, partition=5)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert [(s["stage"], s["doc_id"], s["row"]) for s in manifest["skipped"]] == [
        ("framings", "m07", "row 9")
    ]
    table = read_table(out / "assignments.parquet").set_index("claim_id")
    gone = table.index.str.startswith("m07:")
    assert gone.sum() >= 3
    assert set(table.loc[gone, "framing_id"]) == {"-1"}
    assert table.loc[gone, "membership"].isna().all()
    whole = read_table(tmp_path / "whole" / "assignments.parquet").set_index("claim_id")
    # Framings may have changed their numbers, not their claims.
    both = pd.crosstab(table.loc[~gone, "framing_id"], whole.loc[~gone, "framing_id"])
    assert ((both > 0).sum(axis=0) == 1).all()
    assert ((both > 0).sum(axis=1) == 1).all()
    assert _discovered(out)["n_claims"].sum() < _discovered(tmp_path / "whole")["n_claims"].sum()


def test_a_run_interrupted_while_claims_are_assigned_goes_on_there(
    many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(many, tmp_path / "whole")
    seen, read = list[str](), list[str]()
    plain = work.with_place

    def watched(claims: pd.DataFrame, documents: pd.DataFrame) -> Any:
        read.extend(claims["doc_id"].unique())
        return plain(claims, documents)

    def stopped(setup: Any, tables: dict[str, Any]) -> Any:
        if len(seen) == 20:
            seen.append("")
            raise KeyboardInterrupt
        seen.extend(tables["claims"]["doc_id"].unique())
        return work.assign_claims(setup, tables)

    out = tmp_path / "out"
    monkeypatch.setattr(stages, "assign_claims", stopped)
    monkeypatch.setattr(work, "with_place", watched)
    with pytest.raises(KeyboardInterrupt):
        _run(many, out, partition=5)
    assert len(read) == 36
    assert len(list((out / ".parts" / "framings" / "assigned").glob("*.json"))) == 4
    monkeypatch.setattr(work, "with_place", plain)
    _run(many, out, partition=5)
    assert sorted(s for s in seen if s) == sorted(set(read))  # each once
    assert _bytes(out) == _bytes(tmp_path / "whole")


# The parts themselves


def _counted(setup: int, tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """Return arrays and tables of documents; a text that is "bad" raises, of two or more it may."""
    documents = tables["documents"]
    if "bad" in set(documents["text"]):
        raise ValueError("bad text")
    return {
        "added": documents[["doc_id"]],
        "lengths": documents["text"].str.len().to_numpy(np.int64) * setup,
    }


@pytest.fixture
def plan(tmp_path: Path, make_documents: Callable[..., pd.DataFrame]) -> Plan:
    texts = [f"text number {i}" for i in range(40)]
    texts[17] = texts[23] = "bad"
    table = make_documents(*texts)
    table = table.assign(doc_id=[f"d{i:02d}" for i in range(40)], text=texts)
    write_table(table, tmp_path / "documents.parquet")
    return plan_run(tmp_path, 10)


def _in_parts(plan: Plan, engine: Any = None, key: str = "k") -> Parts:
    return in_parts(
        Parts(plan.out / ".parts" / "s", key, plan.cuts), _counted, 2, plan, stage="s",
        of_claims=False, engine=engine or LocalEngine(), progress=lambda done, total: None,
    )  # fmt: skip


def test_a_faulty_part_is_halved_until_the_document_is_found(plan: Plan) -> None:
    parts = _in_parts(plan)
    assert [(s.doc_id, s.error) for s in parts.skipped] == [
        ("d17", "ValueError: bad text"),
        ("d23", "ValueError: bad text"),
    ]
    kept = pd.concat(parts.tables("added"))["doc_id"].tolist()
    assert sorted(kept) == sorted({f"d{i:02d}" for i in range(40)} - {"d17", "d23"})


class Backwards:
    """An engine that ends last what it began first, as workers may."""

    def results(self, run: Any, setup: Any, partitions: Any) -> Iterator[Outcome]:
        yield from reversed(list(LocalEngine().results(run, setup, partitions)))


def test_parts_that_end_in_another_order_are_the_same_parts(plan: Plan) -> None:
    def files() -> dict[str, bytes]:
        return {p.name: p.read_bytes() for p in (plan.out / ".parts" / "s").glob("*")}

    _in_parts(plan)
    first = files()
    Parts(plan.out / ".parts" / "s", "k").delete()
    assert not (plan.out / ".parts").exists()
    parts = _in_parts(plan, Backwards())
    assert files() == first
    assert len(list(parts.tables("added"))) == 4


def test_a_part_that_was_damaged_is_named_and_made_again(plan: Plan) -> None:
    parts = _in_parts(plan)
    path = next(p for p in sorted(parts.folder.glob("*.parquet")))
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(
        StorageError, match=r"a part is damaged .*; run again: it alone is made anew"
    ):
        list(parts.tables("added"))
    again = _in_parts(plan)
    assert len(pd.concat(again.tables("added"))) == 38


def test_more_failures_than_not_are_no_documents_fault(plan: Plan) -> None:
    def worse(setup: int, tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
        if set(tables["documents"]["doc_id"]) - {"d00", "d01"}:
            raise ValueError("nothing works")
        return _counted(setup, tables)

    with pytest.raises(ValueError, match="nothing works"):
        in_parts(
            Parts(plan.out / ".parts" / "s", "k", plan.cuts), worse, 2, plan, stage="s",
            of_claims=False, engine=LocalEngine(), progress=lambda done, total: None,
        )  # fmt: skip


def test_a_part_that_is_too_large_is_done_in_halves(plan: Plan) -> None:
    def small(setup: int, tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
        if len(tables["documents"]) > 3:
            raise MemoryError
        return _counted(setup, tables)

    parts = in_parts(
        Parts(plan.out / ".parts" / "s", "k", plan.cuts), small, 2, plan, stage="s",
        of_claims=False, engine=LocalEngine(), progress=lambda done, total: None,
    )  # fmt: skip
    assert [s.doc_id for s in parts.skipped] == ["d17", "d23"]


# Tables in pieces


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_table_in_pieces_has_the_bytes_of_the_whole(
    tmp_path: Path, make_documents: Callable[..., pd.DataFrame], size: int
) -> None:
    whole = make_documents(*[f"text {i}" for i in range(600)])
    whole["doc_id"] = [f"d{i:03d}" for i in range(600)]
    write_table(whole, tmp_path / "one" / "documents.parquet")
    pieces = [whole.iloc[at : at + size] for at in range(0, 600, size)]
    Streamed("documents", lambda: pieces).write(tmp_path / "two" / "documents.parquet")
    one, two = (tmp_path / f / "documents.parquet" for f in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    stored = StoredTable(two)
    at = [599, 0, 256, 255, 3]
    pd.testing.assert_frame_equal(stored.take(at), whole.iloc[at].reset_index(drop=True))
    pd.testing.assert_frame_equal(pd.concat(stored.groups(), ignore_index=True), whole)


def test_pieces_that_overlap_are_sorted(tmp_path: Path, make_claims: Any) -> None:
    one, two = make_claims({"claim_id": "b"}), make_claims({"claim_id": "a"})
    Streamed("claims", lambda: [one, two]).write(tmp_path / "claims.parquet")
    assert read_table(tmp_path / "claims.parquet")["claim_id"].tolist() == ["a", "b"]


def test_no_pieces_are_the_empty_table(tmp_path: Path) -> None:
    path = tmp_path / "claims.parquet"
    Streamed("claims", list).write(path)
    pd.testing.assert_frame_equal(read_table(path), empty_table("claims"))
    stored = StoredTable(path)
    assert len(stored) == 0
    assert stored.take([]).columns.tolist() == list(empty_table("claims").columns)
    assert [len(g) for g in stored.groups()] in ([0], [])


def test_a_stored_table_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"x\.parquet: no such table"):
        StoredTable(tmp_path / "x.parquet")
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    with pytest.raises(StorageError, match=r"not a whole Parquet file"):
        StoredTable(tmp_path / "x.parquet")


def test_documents_are_cut_in_the_order_of_their_claims(
    tmp_path: Path, make_documents: Callable[..., pd.DataFrame]
) -> None:
    table = make_documents("a", "b", "c", "d")
    table["doc_id"] = ["a", "a1", "a:0", "b"]
    write_table(table, tmp_path / "documents.parquet")
    plan = plan_run(tmp_path, 3)
    assert [c.doc_ids for c in plan.cuts] == [("a1", "a", "a:0"), ("b",)]
    assert plan.documents(plan.cuts[0]).tables["documents"]["text"].tolist() == ["b", "a", "c"]
    assert isinstance(plan.documents(plan.cuts[1]), Partition)
    assert plan.n_documents == 4


def test_groups_of_long_rows_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "documents.parquet"
    texts = [f"{i:05d}" * 10 for i in range(2560)]
    write_table(pd.DataFrame({"text": texts}), path)
    stored = StoredTable(path)
    assert stored.take(range(0, 2560, 256))["text"].tolist() == texts[::256]
    assert len(stored._groups) == 8
    monkeypatch.setattr("narrative.stored._BYTES", 1000)
    stored = StoredTable(path)
    assert stored.take(range(0, 2560, 256))["text"].tolist() == texts[::256]
    assert len(stored._groups) == 2


@pytest.mark.parametrize("where", ["StoredTable", "read_table", "row_pieces"])
def test_want_of_memory_is_no_damaged_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def full(*args: Any, **options: Any) -> None:
        raise pa.ArrowMemoryError("malloc of size 9 failed")

    path = tmp_path / "documents.parquet"
    write_table(pd.DataFrame({"text": ["a"]}), path)
    stored = StoredTable(path)
    for name in ("read_row_group", "iter_batches"):
        monkeypatch.setattr(pq.ParquetFile, name, full)
    monkeypatch.setattr(pd, "read_parquet", full)
    read: dict[str, Callable[[], object]] = {
        "StoredTable": lambda: stored.take([0]),
        "read_table": lambda: read_table(path),
        "row_pieces": lambda: list(row_pieces(path)),
    }
    with pytest.raises(MemoryError):
        read[where]()
