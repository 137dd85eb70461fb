"""What a command says of a folder that is no finished run, and what no command may overwrite."""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import narrative.pipeline
import narrative.stages
from narrative.cli import main
from narrative.corpus import read_corpus
from narrative.errors import InputError, StorageError
from narrative.pipeline import run_study
from narrative.run_folder import check_run
from narrative.storage import read_table, write_table
from narrative.study import read_study

COMMANDS = ("report", "figures", "paper", "cite", "verify")
Capture = pytest.CaptureFixture[str]


def _say(monkeypatch: pytest.MonkeyPatch, capsys: Capture, *arguments: object) -> tuple[int, str]:
    """Run the command in this process; return its exit code and all that it says."""
    capsys.readouterr()
    monkeypatch.setattr(sys, "argv", ["narrative", *map(str, arguments)])
    code = 0
    try:
        main()
    except SystemExit as stop:
        code = int(stop.code or 0)
    got = capsys.readouterr()
    return code, got.out + got.err


@pytest.fixture
def run(study_folder: Path, fast_models: Any) -> Path:
    out = study_folder / "results"
    run_study(read_study(study_folder), out)
    return out


def _options(command: str, folder: Path) -> list[object]:
    return ["--out", folder / "paper"] if command == "paper" else []


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_that_is_no_run_says_what_it_is(
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
    tmp_path: Path,
    study_folder: Path,
    command: str,
) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    for folder, message in (
        (
            tmp_path / "none",
            r"none: no such folder; .* Check the name, or run 'narrative run",
        ),
        (tmp_path / "file", r"file: is a file; expected the folder of a run"),
        (tmp_path / "empty", r"empty: no manifest\.json; .* or run the study first"),
        (study_folder, r"is a study; .*; run the study first: narrative run \S+/study --out"),
    ):
        options = _options(command, tmp_path)
        code, said = _say(monkeypatch, capsys, command, folder, *options)
        assert code == 1
        assert re.search(message, said), said
    assert not (tmp_path / "paper").exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_run_that_did_not_end_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
    study_folder: Path,
    run: Path,
    command: str,
) -> None:
    code, said = _say(monkeypatch, capsys, command, study_folder, *_options(command, run))
    assert code == 1
    assert f"is a study; expected the folder of a run; name its run, {run}." in said

    def cut(given: Any) -> Any:
        raise KeyboardInterrupt

    stage = narrative.stages.STAGES["stances"]
    monkeypatch.setitem(narrative.stages.STAGES, "stances", replace(stage, work=cut))
    again = ("run", study_folder, "--out", run, "--from", "claims")
    code, said = _say(monkeypatch, capsys, *again)
    assert (code, said.splitlines()[-1][:30]) == (130, "Interrupted. Finished stages a")
    # Claims are new and stances old: no page may be made of them.
    code, said = _say(monkeypatch, capsys, command, run, *_options(command, run))
    assert code == 1
    assert "no manifest.json: its run did not end. Run 'narrative run STUDY --out" in said
    monkeypatch.setitem(narrative.stages.STAGES, "stances", stage)
    assert _say(monkeypatch, capsys, "run", study_folder, "--out", run)[0] == 0
    assert _say(monkeypatch, capsys, "cite", run)[0] == 0


def test_an_error_before_the_first_table_leaves_the_run_as_it_was(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, study_folder: Path, run: Path
) -> None:
    (study_folder / "documents.csv").write_text("doc_id,outlet,published_at,text\na,M,soon,It.\n")
    assert _say(monkeypatch, capsys, "run", study_folder, "--out", run)[0] == 1
    check_run(run)


@pytest.mark.parametrize("command", [*COMMANDS[:-1], "sources"])
def test_a_table_that_no_run_wrote_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, run: Path, command: str
) -> None:
    claims = run / "claims.parquet"
    pd.DataFrame({"a": [1]}).to_parquet(claims)
    code, said = _say(monkeypatch, capsys, command, run, *_options(command, run))
    assert code == 1
    assert "claims.parquet: lacks column(s) claim_id, doc_id" in said
    assert "delete it and run again" in said
    claims.write_bytes(b"PAR1 no")
    said = _say(monkeypatch, capsys, command, run, *_options(command, run))[1]
    assert "claims.parquet: not a whole Parquet file" in said
    (run / "documents.parquet").unlink()
    shutil.copy(run / "sources.parquet", claims)
    assert "delete it" in _say(monkeypatch, capsys, command, run, *_options(command, run))[1]


def test_a_table_that_is_missing_is_made_anew_by_a_run(run: Path) -> None:
    (run / "timeline.parquet").unlink()
    with pytest.raises(StorageError, match=r"timeline\.parquet: missing; run 'narrative run STUDY"):
        check_run(run)
    (run / "manifest.json").write_text("{")
    with pytest.raises(StorageError, match=r"manifest\.json: not JSON .*; run again"):
        check_run(run)


def test_verify_fails_with_1_where_anything_differs(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, run: Path
) -> None:
    assert _say(monkeypatch, capsys, "verify", run)[0] == 0
    table = read_table(run / "claims.parquet")
    write_table(table.assign(text="Another."), run / "claims.parquet")
    code, said = _say(monkeypatch, capsys, "verify", run)
    assert code == 1
    assert re.search(
        r"Differences: \d+\. Bring the files back from a copy, or have them made", said
    )


def test_verify_tells_of_settings_that_changed_since(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, study_folder: Path, run: Path
) -> None:
    path = study_folder / "study.toml"
    path.write_text(path.read_text().replace('freq = "month"', 'freq = "week"'))
    code, said = _say(monkeypatch, capsys, "verify", run, "--study", study_folder)
    assert code == 1
    assert 'study.toml, timeline, freq: got "week", expected "month" (the run\'s)' in said


def test_verify_of_a_folder_without_a_paper_says_how_to_write_one(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, study_folder: Path, run: Path
) -> None:
    for paper in (study_folder, study_folder / "none"):
        code, said = _say(monkeypatch, capsys, "verify", run, "--paper", paper)
        assert code == 1
        assert "holds no numbers.tex; expected the folder that 'narrative paper' wrote" in said


def test_a_page_replaces_no_table(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, study_folder: Path, run: Path
) -> None:
    before = (study_folder / "documents.csv").read_bytes()
    target = study_folder / "documents.csv"
    code, said = _say(monkeypatch, capsys, "report", run, "--to", target)
    assert code == 1
    assert "is there already and is no .html file; nothing was written. Choose another" in said
    assert target.read_bytes() == before


def test_a_run_replaces_no_file_of_its_study(study_folder: Path, fast_models: Any) -> None:
    own = study_folder / "documents.parquet"
    pd.read_csv(study_folder / "documents.csv").to_parquet(own)
    before = own.read_bytes()
    path = study_folder / "study.toml"
    path.write_text(path.read_text().replace("documents.csv", "documents.parquet"))
    with pytest.raises(InputError, match=r"is a file of the study, and .*Choose another --out"):
        run_study(read_study(study_folder), study_folder)
    assert own.read_bytes() == before
    run_study(read_study(study_folder), study_folder / "results")


def test_where_nothing_can_be_written_nothing_is_computed(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, study_folder: Path, fast_models: Any
) -> None:
    (study_folder / "file").write_text("x")
    code, said = _say(
        monkeypatch, capsys, "run", study_folder, "--out", study_folder / "file" / "x"
    )
    assert code == 1
    assert "could not be written (Not a directory). Choose another --out" in said
    assert "running" not in said


def test_a_folder_with_blanks_in_its_name_is_quoted_in_what_to_run(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path
) -> None:
    folder = tmp_path / "Мої документи 2025"
    code, said = _say(monkeypatch, capsys, "init", folder)
    assert code == 0
    assert f"narrative run '{folder}/study.toml' --out '{folder}/results'" in said
    said = _say(monkeypatch, capsys, "sources", folder)[1]
    assert f"run 'narrative run '{folder}' --out '{folder}/results'' first" in said


def test_spellings_of_an_outlet_are_one(study_folder: Path, fast_models: Any) -> None:
    (study_folder / "documents.csv").write_text(
        "doc_id,outlet,published_at,text\n"
        "a,The Post,2025,The mill burned down on Friday.\n"
        "b,post,2025,The inn stood empty on Friday.\n"
        "c,POST,2025,The bridge fell on Friday.\n"
    )
    run_study(read_study(study_folder), study_folder / "results")
    claims = read_table(study_folder / "results" / "claims.parquet")
    assert set(claims["source_id"]) == {"POST"}
    assert set(claims["doc_id"]) == {"a", "b", "c"}


def test_a_run_without_a_claim_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, study_folder: Path, fast_models: Any
) -> None:
    (study_folder / "documents.csv").write_text("doc_id,outlet,published_at,text\na,M,2025,Hello\n")
    assert len(read_corpus(study_folder / "documents.csv")) == 1
    code, said = _say(monkeypatch, capsys, "run", study_folder, "--out", study_folder / "out")
    assert code == 0
    assert "Note: No claim was found (documents: 1). See what is kept of them" in said


def test_tags_in_texts_are_told_by_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, study_folder: Path, fast_models: Any
) -> None:
    (study_folder / "documents.csv").write_text(
        "doc_id,outlet,published_at,text\na,M,2025,<p>The mill burned.</p>\n"
    )
    said = _say(monkeypatch, capsys, "run", study_folder, "--out", study_folder / "out")[1]
    assert "Note: documents.csv, row 2: the text holds HTML tags, which are read as words" in said


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('[study]\nparser = "en_core_web_sm"', 'Write parser = "spacy:en_core_web_sm", or remove'),
        ('[encoder]\nmodel = "/no/model"', "encoder model '/no/model' could not be loaded"),
    ],
)
def test_a_model_that_is_not_there_says_what_to_name(
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
    study_folder: Path,
    fast_models: Any,
    line: str,
    message: str,
) -> None:
    (study_folder / "study.toml").write_text(line)
    code, said = _say(monkeypatch, capsys, "run", study_folder, "--out", study_folder / "out")
    assert code == 1
    assert message in said


def test_a_stage_that_is_misspelt_is_suggested(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, study_folder: Path
) -> None:
    said = _say(monkeypatch, capsys, "run", study_folder, "--out", "x", "--from", "stance")[1]
    assert "(perhaps stances?). Write its name behind --from." in said
