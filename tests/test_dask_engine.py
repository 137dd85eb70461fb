"""A study on a real cluster of worker processes, of which one is killed, slow, or fails."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_partitions import draw_few, write_many

import narrative.partitions.work as work
import narrative.stages as stages
from narrative.errors import InputError
from narrative.partitions import (
    EngineError,
    LocalEngine,
    Parts,
    Plan,
    engine_of,
    in_parts,
    plan_run,
)
from narrative.pipeline import run_study
from narrative.storage import write_table
from narrative.study import read_study

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")

from narrative.partitions.dask import DaskEngine  # noqa: E402


def _wait(marks: Path, n_done: int, seconds: float = 60) -> None:
    """Wait until so many partitions are done."""
    end = time.monotonic() + seconds
    while len(list(marks.glob("done-*"))) < n_done and time.monotonic() < end:
        time.sleep(0.05)


def measured(setup: Path, tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """Return lengths of texts, after what each text asks for: a plain function of a module."""
    documents = tables["documents"]
    for text in documents["text"]:
        order, _, once = str(text).partition(" ")
        first = not (setup / once).exists()
        if order == "kill" and first:
            (setup / once).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if order == "deadly":
            os.kill(os.getpid(), signal.SIGKILL)
        if order == "slow":
            _wait(setup, int(once))
        if order == "raise" or (order == "stumble" and first):
            (setup / once).touch()
            raise ValueError(f"cannot read {text!r}")
    (setup / f"done-{documents['doc_id'].iloc[0]}").touch()
    return {
        "added": documents[["doc_id"]].reset_index(drop=True),
        "lengths": documents["text"].str.len().to_numpy(np.int64),
    }


@contextmanager
def _two_workers() -> Iterator[Any]:
    """Yield a client of two worker processes, which import this module's functions."""
    here = str(Path(__file__).resolve().parent)
    path = os.pathsep.join([here, str(Path(here).parent), os.environ.get("PYTHONPATH", "")])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", path)
        # One death of its worker is an accident; what two die of is at fault.
        with (
            dask.config.set({"distributed.scheduler.allowed-failures": 1}),
            distributed.LocalCluster(
                n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1",
                dashboard_address=None, silence_logs=50,
            ) as made,
            distributed.Client(made) as client,
        ):  # fmt: skip
            yield client


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Return a client of two worker processes."""
    with _two_workers() as client:
        yield client


@pytest.fixture
def make_plan(tmp_path: Path, make_documents: Callable[..., pd.DataFrame]) -> Callable[..., Plan]:
    def make(orders: dict[int, str], n: int = 24, size: int = 4) -> Plan:
        texts = [orders.get(i, f"text {i}") for i in range(n)]
        table = make_documents(*texts)
        table = table.assign(doc_id=[f"d{i:02d}" for i in range(n)], text=texts)
        write_table(table, tmp_path / "documents.parquet")
        return plan_run(tmp_path, size)

    return make


def _made(plan: Plan, engine: Any, name: str, marks: Path) -> tuple[Parts, dict[str, bytes]]:
    marks.mkdir(exist_ok=True)
    parts = in_parts(
        Parts(plan.out / name, "k", plan.cuts), measured, marks, plan, stage="s", of_claims=False,
        engine=engine, progress=lambda done, total: None,
    )  # fmt: skip
    return parts, {p.name: p.read_bytes() for p in sorted(parts.folder.glob("*"))}


def test_a_worker_that_is_killed_loses_nothing(
    cluster: Any, make_plan: Any, tmp_path: Path
) -> None:
    plan = make_plan({9: "kill once"})
    with DaskEngine(client=cluster) as engine:
        parts, got = _made(plan, engine, "dask", tmp_path / "marks")
    assert (tmp_path / "marks" / "once").exists()
    assert parts.skipped == []
    assert got == _made(plan, LocalEngine(), "local", tmp_path / "marks")[1]


def test_a_slow_worker_does_not_hold_up_the_others(
    cluster: Any, make_plan: Any, tmp_path: Path
) -> None:
    plan, ended = make_plan({0: "slow 7"}, n=40), list[int]()
    with DaskEngine(client=cluster) as engine:
        (tmp_path / "marks").mkdir()
        parts = (plan.documents(c) for c in plan.cuts)
        for outcome in engine.results(measured, tmp_path / "marks", parts):
            assert outcome.error is None
            ended.append(outcome.partition.number)
    assert sorted(ended) == list(range(10))
    assert ended.index(0) >= 6  # of seven that were done before, one may still be on its way


def test_a_partition_that_raises_is_done_without_the_document_at_fault(
    cluster: Any, make_plan: Any, tmp_path: Path
) -> None:
    plan = make_plan({6: "raise 6", 21: "raise 21"})
    with DaskEngine(client=cluster, retries=1) as engine:
        parts, got = _made(plan, engine, "dask", tmp_path / "marks")
    assert [(s.doc_id, s.error) for s in parts.skipped] == [
        ("d06", "ValueError: cannot read 'raise 6'"),
        ("d21", "ValueError: cannot read 'raise 21'"),
    ]
    assert got == _made(plan, LocalEngine(), "local", tmp_path / "marks")[1]


def test_what_fails_once_is_tried_again(cluster: Any, make_plan: Any, tmp_path: Path) -> None:
    plan = make_plan({6: "stumble once"})
    with DaskEngine(client=cluster) as engine:
        assert _made(plan, engine, "dask", tmp_path / "marks")[0].skipped == []


def test_a_document_that_kills_every_worker_is_found_and_left_out(
    cluster: Any, make_plan: Any, tmp_path: Path
) -> None:
    plan = make_plan({2: "deadly"}, n=3, size=2)
    with DaskEngine(client=cluster) as engine:
        parts, _ = _made(plan, engine, "dask", tmp_path / "marks")
    assert [s.doc_id for s in parts.skipped] == ["d02"]
    assert parts.skipped[0].error.startswith("KilledWorker")


def test_workers_of_another_version_are_refused(
    cluster: Any, make_plan: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import narrative.partitions.dask as module

    monkeypatch.setattr(module, "code_hash", lambda: "another")
    plan = make_plan({})
    with (
        DaskEngine(client=cluster, retries=0) as engine,
        pytest.raises(EngineError, match=r"a worker is not of the version .*code is .* another"),
    ):
        _made(plan, engine, "dask", tmp_path / "marks")


def test_a_scheduler_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import narrative.partitions.dask as module

    monkeypatch.setattr(module, "_STARTING", 4)
    with (
        pytest.raises(
            EngineError, match=r"tcp://127\.0\.0\.1:9: no scheduler answers .* start one"
        ),
        DaskEngine("tcp://127.0.0.1:9"),
    ):
        pass


def test_a_scheduler_and_a_number_of_workers_exclude_each_other() -> None:
    with pytest.raises(InputError, match=r"--scheduler x and --workers 2: expected one"):
        DaskEngine("x", 2)


def test_an_engine_without_its_context_says_how_to_use_it() -> None:
    with pytest.raises(EngineError, match="is a context"):
        next(DaskEngine().results(measured, Path(), []))


# A whole study


class Fast(distributed.WorkerPlugin):
    """Lets workers use the tiny encoder and heads of the tests; one document kills the first."""

    def __init__(self, marks: Path) -> None:
        self.marks = marks

    def setup(self, worker: Any) -> None:
        import conftest

        import narrative.partitions.work as work
        import narrative.stance.certainty as certainty

        model = conftest.fast_model()
        for module in (work, certainty):
            module.stance_model = lambda *given: model  # type: ignore[attr-defined]
        plain, marks = work.claims_by_document, self.marks

        def fragile(documents: pd.DataFrame, *args: Any, **options: Any) -> Any:
            if "d3" in set(documents["doc_id"]) and not (marks / "killed").exists():
                (marks / "killed").touch()
                os.kill(os.getpid(), signal.SIGKILL)
            if "d5" in set(documents["doc_id"]):
                raise ValueError("cannot read this")
            return plain(documents, *args, **options)

        work.claims_by_document = fragile


def test_a_study_on_workers_has_the_tables_of_one_process(
    study_folder: Path, tmp_path: Path, fast_models: Any
) -> None:
    said = "The ministry said that the army was advancing. Anna Berg denied that it had come {}."
    rows = [f'd{i},Example Daily,2025-12-1{i},"{said.format(i)}"' for i in range(8)]
    table = "\n".join(["doc_id,outlet,published_at,text", *rows]) + "\n"
    (study_folder / "documents.csv").write_text(table, encoding="utf-8")
    path = study_folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('attribution = "auto"', 'attribution = "rules"'))
    with _two_workers() as client:  # its workers are changed
        client.register_plugin(Fast(tmp_path), name="fast")
        with DaskEngine(client=client, retries=0) as engine:
            manifest = run_study(
                read_study(study_folder), tmp_path / "dask", engine=engine, partition=2
            )
    assert (tmp_path / "killed").exists()
    assert [(s["stage"], s["doc_id"], s["row"]) for s in manifest["skipped"]] == [
        ("claims", "d5", "row 7")
    ]
    with pytest.MonkeyPatch.context() as patch:
        plain = work.claims_by_document

        def fails(documents: pd.DataFrame, *args: Any, **options: Any) -> Any:
            if "d5" in set(documents["doc_id"]):
                raise ValueError("cannot read this")
            return plain(documents, *args, **options)

        patch.setattr(work, "claims_by_document", fails)
        run_study(read_study(study_folder), tmp_path / "local", partition=3)
    _same_files(tmp_path / "local", tmp_path / "dask")


def _same_files(expected: Path, got: Path) -> None:
    files = sorted(p.relative_to(expected) for p in expected.rglob("*.*"))
    assert files
    for file in files:
        one, two = expected / file, got / file
        assert one.is_dir() or one.read_bytes() == two.read_bytes(), file


class Assigning(Fast):
    """One worker is killed while it assigns claims; the claims of one document cannot be."""

    def setup(self, worker: Any) -> None:
        import narrative.partitions.work as work

        super().setup(worker)
        plain, marks = work.assign_claims, self.marks

        def fragile(setup: Any, tables: dict[str, Any]) -> Any:
            found = set(tables["claims"]["doc_id"])
            if "m11" in found and not (marks / "assigning").exists():
                (marks / "assigning").touch()
                os.kill(os.getpid(), signal.SIGKILL)
            if "m20" in found:
                raise ValueError("cannot assign this")
            return plain(setup, tables)

        work.assign_claims = fragile


def test_claims_are_assigned_on_workers_as_in_one_process(
    study_folder: Path, tmp_path: Path, fast_models: Any
) -> None:
    write_many(study_folder)
    path = study_folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('attribution = "auto"', 'attribution = "rules"'))
    with pytest.MonkeyPatch.context() as patch:
        draw_few(patch)
        with _two_workers() as client:
            client.register_plugin(Assigning(tmp_path), name="assigning")
            with DaskEngine(client=client, retries=0) as engine:
                manifest = run_study(
                    read_study(study_folder), tmp_path / "dask", engine=engine, partition=4
                )
        assert (tmp_path / "assigning").exists()
        assert [(s["stage"], s["doc_id"]) for s in manifest["skipped"]] == [("framings", "m20")]
        plain = work.assign_claims

        def fails(setup: Any, tables: dict[str, Any]) -> Any:
            if "m20" in set(tables["claims"]["doc_id"]):
                raise ValueError("cannot assign this")
            return plain(setup, tables)

        patch.setattr(stages, "assign_claims", fails)
        run_study(read_study(study_folder), tmp_path / "local", partition=36)
    for file in sorted(
        p.relative_to(tmp_path / "local") for p in (tmp_path / "local").rglob("*.*")
    ):
        one, two = tmp_path / "local" / file, tmp_path / "dask" / file
        assert one.is_dir() or one.read_bytes() == two.read_bytes(), file


@pytest.mark.parametrize("by", ["address", "file"])
def test_a_scheduler_that_runs_is_named_by_its_address_or_its_file(
    cluster: Any, make_plan: Any, tmp_path: Path, by: str
) -> None:
    named = str(cluster.scheduler.address)
    if by == "file":
        # As `dask scheduler --scheduler-file` writes it: before there are workers, whose measures
        # of what they did (keys of several words) a client's copy of the file cannot hold.
        written = {"type": "Scheduler", "address": named, "services": {}, "workers": {}}
        named = str(tmp_path / "scheduler.json")
        Path(named).write_text(json.dumps(written), encoding="utf-8")
    plan = make_plan({}, n=4)
    with engine_of("dask", named) as engine:
        parts, got = _made(plan, engine, "dask", tmp_path / "marks")
    assert parts.skipped == []
    assert got == _made(plan, LocalEngine(), "local", tmp_path / "marks")[1]
    assert cluster.nthreads()  # the cluster is not ours to end


def test_a_scheduler_that_is_gone_ends_the_run_and_says_what_to_do(
    make_plan: Any, tmp_path: Path
) -> None:
    plan = make_plan({}, n=12, size=1)
    (tmp_path / "marks").mkdir()
    made = distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, host="127.0.0.1",
        dashboard_address=None, silence_logs=50,
    )  # fmt: skip
    with made, DaskEngine(made.scheduler_address) as engine:
        parts = (plan.documents(c) for c in plan.cuts)
        results = engine.results(time_taken, 0, parts)
        next(results)
        made.close()
        with pytest.raises(EngineError, match="run the same command again"):
            list(results)


def time_taken(setup: int, tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
    time.sleep(0.2)
    return {"added": tables["documents"]}
