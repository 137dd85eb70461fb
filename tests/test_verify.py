"""A run is as it was written, or what differs is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from narrative.cli import cli
from narrative.errors import StorageError
from narrative.pipeline import run_study
from narrative.storage import read_table, sha256_file, write_json, write_table
from narrative.study import read_study
from narrative.verify import verify_run


@pytest.fixture
def run(study_folder: Path, fast_models: object) -> Path:
    out = study_folder / "results"
    run_study(read_study(study_folder), out)
    return out


def change(run: Path, name: str, edit: Callable[[pd.DataFrame], None]) -> None:
    table = read_table(run / f"{name}.parquet")
    edit(table)
    write_table(table, run / f"{name}.parquet")


def test_a_run_that_nobody_touched_is_as_it_was(run: Path, study_folder: Path) -> None:
    assert verify_run(run, read_study(study_folder)) == []


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("stances", "score", 0.123),
        ("claims", "text", "Another text."),
        ("timeline", "n_claims", 99),
    ],
)
def test_one_changed_cell_is_named(run: Path, table: str, column: str, value: object) -> None:
    def edit(rows: pd.DataFrame) -> None:
        rows.loc[1, column] = value

    change(run, table, edit)
    told = [str(d) for d in verify_run(run)]
    assert any(
        f"{table}.parquet, row 1 (" in t and f"column {column}: got {value}" in t for t in told
    )
    named = [t for t in told if t.startswith(f"{table}.parquet, row")]
    assert all("row 1 (" in t and f"column {column}" in t for t in named)


def test_events_are_kept_and_their_assessments_follow_from_them(
    study_folder: Path, fast_models: object
) -> None:
    listed = study_folder / "events.csv"
    row = "e1,2025-12-12,day,Exposed,exampletown,ukrainian,control,,\n"
    listed.write_text(listed.read_text(encoding="utf-8") + row, encoding="utf-8")
    run = study_folder / "results"
    run_study(read_study(study_folder), run)
    assert verify_run(run) == []
    events = read_table(run / "events.parquet")
    pd.testing.assert_frame_equal(events, read_study(study_folder).events())

    def later(rows: pd.DataFrame) -> None:
        rows["date"] = "2026-01-31"

    change(run, "events", later)
    told = [str(d) for d in verify_run(run)]
    assert any(t.startswith("events.parquet, row 0 (") and "column date" in t for t in told)
    assert any(
        t.startswith("assessments.parquet, row") and "2026-01-31 (derived)" in t for t in told
    )


def test_a_changed_cell_of_a_derived_table_comes_with_what_it_should_be(run: Path) -> None:
    right = read_table(run / "timeline.parquet").loc[0, "prevalence"]

    def edit(rows: pd.DataFrame) -> None:
        rows.loc[0, "prevalence"] = right + 0.25

    change(run, "timeline", edit)
    assert any(f"expected {right} (derived)" in str(d) for d in verify_run(run))


def test_a_changed_number_is_named_with_its_value(run: Path) -> None:
    numbers = json.loads((run / "numbers.json").read_text())
    write_json(numbers | {"n_claims": 1}, run / "numbers.json")
    (found,) = verify_run(run)
    assert str(found) == f"numbers.json, n_claims: got 1, expected {numbers['n_claims']} (derived)"


def test_rows_taken_out_missing_and_rewritten_files_are_told(run: Path) -> None:
    claims = read_table(run / "certainty.parquet")
    write_table(claims.iloc[1:], run / "certainty.parquet")
    (found,) = verify_run(run)
    assert str(found) == f"certainty.parquet, rows: got {len(claims) - 1}, expected {len(claims)}"
    claims.to_parquet(run / "certainty.parquet", compression="gzip")
    (found,) = verify_run(run)
    assert str(found) == "certainty.parquet: written again, with the same values"
    (run / "certainty.parquet").unlink()
    assert [str(d) for d in verify_run(run)] == ["certainty.parquet: missing"]


def test_changed_inputs_are_told(run: Path, study_folder: Path) -> None:
    path = study_folder / "sources.csv"
    before = sha256_file(path)
    path.write_text(path.read_text() + "\nnew,New,person,western,\n")
    (found,) = verify_run(run, read_study(study_folder))
    assert str(found) == f"sources of the study: got {sha256_file(path)}, expected {before}"


def test_the_command_says_what_differs_and_fails(run: Path) -> None:
    good = CliRunner().invoke(cli, ["verify", str(run)])
    assert good.exit_code == 0
    assert "as they were written" in good.output

    def edit(rows: pd.DataFrame) -> None:
        rows.loc[0, "score"] = -0.5

    change(run, "stances", edit)
    bad = CliRunner().invoke(cli, ["verify", str(run)])
    assert bad.exit_code == 1
    assert "column score: got -0.5" in bad.output


def test_a_folder_that_is_no_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"no manifest\.json"):
        verify_run(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(StorageError, match="not JSON"):
        verify_run(tmp_path)
