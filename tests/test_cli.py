from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import narrative.pipeline
from narrative.cli import cli, main
from narrative.codebook import read_codebook
from narrative.errors import StorageError, WeightsError
from narrative.pipeline import STAGES
from narrative.storage import read_table
from narrative.study import read_study

Capture = pytest.CaptureFixture[str]


def _call(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """Run the command in this process and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["narrative", *map(str, arguments)])
    try:
        main()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def _shell(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "narrative.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_names_the_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, option: str
) -> None:
    assert _call(monkeypatch, option) == 0
    out = capsys.readouterr().out
    for command in ("run", "init", "report", "sources", "framings"):
        assert f"\n  {command} " in out
    assert _call(monkeypatch, "run", option) == 0
    assert "--from STAGE" in capsys.readouterr().out


def test_version_is_that_of_the_package(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    assert _call(monkeypatch, "--version") == 0
    assert version("narrative") in capsys.readouterr().out


def test_help_loads_neither_torch_nor_pandas() -> None:
    code = (
        "import sys; sys.argv = ['narrative', '--help']\n"
        "from narrative.cli import main\n"
        "try:\n    main()\n"
        "finally:\n"
        "    heavy = {'torch', 'pandas', 'numpy', 'sklearn', 'scipy', 'pyarrow', 'matplotlib'}\n"
        "    print('LOADED', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert "Usage:" in done.stdout
    assert done.stdout.rstrip().endswith("LOADED []")


def test_an_error_is_one_message_on_stderr_without_a_traceback(tmp_path: Path) -> None:
    done = _shell("run", tmp_path / "none.toml", "--out", tmp_path / "out")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"Error: {tmp_path / 'none.toml'}: no such study file")
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fly"], "No such command 'fly'"),
        (["run"], "Missing argument 'STUDY'"),
        (["run", "study.toml"], "Missing option '--out'"),
        (["run", "study.toml", "--out", "x", "--fast"], "No such option"),
        (["figures", "nowhere", "--format", "jpg"], "'jpg' is not one of 'pdf', 'svg', 'png'"),
    ],
)
def test_a_wrong_call_exits_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, arguments: list[str], message: str
) -> None:
    assert _call(monkeypatch, *arguments) == 2
    got = capsys.readouterr()
    assert message in got.err
    assert got.out == ""


def test_init_writes_a_study_once(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path
) -> None:
    folder = tmp_path / "new"
    assert _call(monkeypatch, "init", folder) == 0
    assert f"narrative run {folder}/study.toml --out" in capsys.readouterr().out
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    assert _call(monkeypatch, "init", folder) == 1
    got = capsys.readouterr()
    assert got.err.startswith("Error: ")
    assert "already there; choose an empty folder" in got.err
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


def test_run_tells_each_stage_and_where_the_tables_are(
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
    tmp_path: Path,
    study_folder: Path,
    fast_models: Any,
) -> None:
    out = tmp_path / "out"
    assert _call(monkeypatch, "run", study_folder / "study.toml", "--out", out) == 0
    got = capsys.readouterr()
    assert got.out == f"Tables, numbers.json and manifest.json are in {out}.\n"
    for stage in STAGES:
        assert f"{stage}: running\n" in got.err
    assert _call(monkeypatch, "run", study_folder, "--out", out, "--from", "timeline") == 0
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if line.endswith("kept")] == [
        f"{stage}: unchanged, kept" for stage in STAGES[:4]
    ]


def test_an_unknown_stage_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path, study_folder: Path
) -> None:
    call = ("run", study_folder, "--out", tmp_path / "out", "--from", "stance")
    assert _call(monkeypatch, *call) == 1
    assert "Error: stage 'stance' is unknown; expected one of corpus" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (WeightsError("not the pinned weights"), 1, "Error: not the pinned weights\n"),
        (StorageError("no room"), 1, "Error: no room\n"),
        (
            MemoryError(),
            1,
            "Error: there is no more memory. What a run has finished is kept: give the same "
            "command where there is more, or a run fewer documents at a time (--partition 10).\n",
        ),
        (
            KeyboardInterrupt(),
            130,
            "Interrupted. Finished stages are kept; run the same command to go on.\n",
        ),
    ],
)
def test_how_a_run_ends_decides_the_exit_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
    tmp_path: Path,
    study_folder: Path,
    error: BaseException,
    code: int,
    message: str,
) -> None:
    def fails(*args: Any, **options: Any) -> None:
        raise error

    monkeypatch.setattr(narrative.pipeline, "run_study", fails)
    assert _call(monkeypatch, "run", study_folder, "--out", tmp_path / "out") == code
    got = capsys.readouterr()
    assert got.err.lstrip("\n") == message
    assert got.out == ""


def test_a_mistake_of_the_program_is_not_hidden(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, study_folder: Path
) -> None:
    def fails(*args: Any, **options: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(narrative.pipeline, "run_study", fails)
    with pytest.raises(ZeroDivisionError):
        _call(monkeypatch, "run", study_folder, "--out", tmp_path / "out")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--workers", "2"), "--workers is for --engine dask; got --engine local"),
        (("--scheduler", "tcp://x:1"), "--scheduler is for --engine dask; got --engine local"),
        (
            ("--engine", "dask", "--scheduler", "x", "--workers", "2"),
            "--scheduler x and --workers 2: expected one of the two",
        ),
    ],
)
def test_options_of_an_engine_that_do_not_fit_are_named(
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
    tmp_path: Path,
    study_folder: Path,
    options: tuple[str, ...],
    message: str,
) -> None:
    assert _call(monkeypatch, "run", study_folder, "--out", tmp_path / "out", *options) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_dask_that_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path, study_folder: Path
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert (
        _call(monkeypatch, "run", study_folder, "--out", tmp_path / "out", "--engine", "dask") == 1
    )
    assert "pip install 'narrative[dask]', or leave out --engine" in capsys.readouterr().err


def test_a_document_that_is_left_out_is_in_the_last_line(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path, study_folder: Path,
    fast_models: Any,
) -> None:  # fmt: skip
    import narrative.partitions.work as work

    rows = "a,Example Daily,2025-12-12,The ministry said that the bridge fell.\n"
    (study_folder / "documents.csv").write_text(
        f"doc_id,outlet,published_at,text\n{rows}b{rows[1:]}", encoding="utf-8"
    )
    plain = work.claims_by_document

    def fails(documents: Any, *args: Any, **options: Any) -> Any:
        if "b" in set(documents["doc_id"]):
            raise RuntimeError("unreadable")
        return plain(documents, *args, **options)

    monkeypatch.setattr(work, "claims_by_document", fails)
    call = ("run", study_folder, "--out", tmp_path / "out", "--partition", "2")
    assert _call(monkeypatch, *call) == 0
    got = capsys.readouterr()
    assert got.out.endswith("Documents left out: 1; manifest.json names them.\n")
    assert "Note: documents.csv, row 3: doc_id='b' was left out of claims (Runtime" in got.err


def test_a_report_of_no_run_says_what_to_run(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path
) -> None:
    assert _call(monkeypatch, "report", tmp_path) == 1
    got = capsys.readouterr()
    assert got.err.startswith("Error: ")
    assert "run the study first" in got.err
    assert list(tmp_path.iterdir()) == []


def _study_of_unlisted(folder: Path) -> None:
    (folder / "documents.csv").write_text(
        "doc_id,outlet,published_at,text\n"
        "a,Example Daily,2025-12-12,Oleksandr Brenko said that the bridge fell. TASS reported "
        "that the mill burned. Brenko said that the inn stood.\n",
        encoding="utf-8",
    )


def test_sources_prints_rows_that_can_be_appended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, study_folder: Path, fast_models: Any
) -> None:
    _study_of_unlisted(study_folder)
    out = tmp_path / "out"
    assert _call(monkeypatch, "run", study_folder, "--out", out) == 0
    got = CliRunner().invoke(cli, ["sources", str(study_folder), "--results", str(out)])
    assert got.exit_code == 0
    assert got.stdout == "oleksandr_brenko,Oleksandr Brenko,person,unknown,Brenko\n"
    assert got.stderr == ("2 × Oleksandr Brenko (a): Oleksandr Brenko said that the bridge fell.\n")
    of_folder = CliRunner().invoke(cli, ["sources", str(out), "--header"])
    assert of_folder.stdout == "source_id,name,kind,camp,aliases\n" + got.stdout
    with (study_folder / "sources.csv").open("a", encoding="utf-8") as handle:
        handle.write(got.stdout)
    assert "oleksandr_brenko" in set(read_study(study_folder).sources()["source_id"])
    assert _call(monkeypatch, "run", study_folder, "--out", study_folder / "results") == 0
    again = CliRunner().invoke(cli, ["sources", str(study_folder)])
    assert (again.stdout, again.stderr) == ("", "Every named speaker is listed.\n")


def test_sources_before_a_run_says_what_to_run(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, study_folder: Path
) -> None:
    assert _call(monkeypatch, "sources", study_folder) == 1
    got = capsys.readouterr()
    assert got.err.startswith(
        f"Error: {study_folder / 'results'}: no run there; run 'narrative run"
    )
    assert got.out == ""


@pytest.mark.parametrize(("shipped", "speaker"), [(True, "tass"), (False, "unknown")])
def test_the_shipped_sources_speak_if_the_study_lets_them(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    study_folder: Path,
    fast_models: Any,
    shipped: bool,
    speaker: str,
) -> None:
    _study_of_unlisted(study_folder)
    setting = study_folder / "study.toml"
    text = setting.read_text(encoding="utf-8")
    assert "shipped_sources = true" in text
    if not shipped:
        setting.write_text(text.replace("shipped_sources = true", "shipped_sources = false"))
    assert _call(monkeypatch, "run", study_folder, "--out", tmp_path) == 0
    sources = set(read_table(tmp_path / "sources.parquet")["source_id"])
    listed = {"example_daily", "example_ministry", "named_oleksandr_brenko", "unknown"}
    # Of the shipped sources only the one that speaks.
    assert sources == listed | {speaker}
    claims = read_table(tmp_path / "claims.parquet")
    (who,) = claims.loc[claims["text"].str.contains("the mill burned"), "source_id"]
    assert who == speaker


def test_discovered_framings_can_be_appended_to_the_codebook(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, study_folder: Path, fast_models: Any
) -> None:
    said = [f"Bridge number {w} burned" for w in ("one", "two", "three", "four", "five", "six")]
    lines = [f"d{i},Example Daily,2025-12-12,{text}.\n" for i, text in enumerate(said)]
    (study_folder / "documents.csv").write_text(
        "doc_id,outlet,published_at,text\n" + "".join(lines), encoding="utf-8"
    )
    assert _call(monkeypatch, "run", study_folder, "--out", study_folder / "results") == 0
    got = CliRunner().invoke(cli, ["framings", "suggest", str(study_folder), "--unstable"])
    assert got.exit_code == 0
    assert got.stderr == "1 framings discovered, 0 of them not stable.\n"
    with (study_folder / "codebook.toml").open("a", encoding="utf-8") as handle:
        handle.write(got.stdout)
    added = read_codebook(study_folder / "codebook.toml").framings[-1]
    assert added.proposition in said
    assert set(added.favor) < set(said)
    again = CliRunner().invoke(cli, ["framings", "suggest", str(study_folder), "--unstable"])
    assert again.stdout == ""  # it stands in the codebook now
    of_folder = CliRunner().invoke(
        cli, ["framings", "suggest", str(study_folder / "results"), "--unstable"]
    )
    assert of_folder.stdout == got.stdout


def test_suggesting_before_a_run_says_what_to_run(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, study_folder: Path
) -> None:
    assert _call(monkeypatch, "framings", "suggest", study_folder) == 1
    assert "no run there; run 'narrative run" in capsys.readouterr().err
