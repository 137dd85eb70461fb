from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from narrative.cli import cli
from narrative.encoder import default_cache
from narrative.forecast import Forecast, _drawn, _read, _sizes, forecast, table
from narrative.pipeline import STAGES, run_study
from narrative.stance import stance_model
from narrative.study import read_study
from narrative.template import write_template


@pytest.fixture
def study(tmp_path: Path) -> Path:
    write_template(tmp_path / "study")
    path = tmp_path / "study" / "documents.csv"
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    text = "Officials said on Monday that the bridge was closed. Residents denied it."
    more = [
        rows.iloc[0].to_dict() | {"doc_id": f"more{i}", "text": f"{text} {i}."} for i in range(4)
    ]
    pd.concat([rows, pd.DataFrame(more)]).to_csv(path, index=False)
    return tmp_path / "study" / "study.toml"


def test_the_sample_is_at_most_half_and_at_least_one() -> None:
    sizes = np.full(100, 1000)
    assert len(_drawn(sizes, 10_000)) == 10
    assert len(_drawn(sizes, 10**9)) == 50
    assert len(_drawn(np.array([5, 5]), 1000)) == 1
    assert len(_drawn(np.array([10**6]), 1000)) == 1
    assert len(set(_drawn(sizes, 50_000).tolist())) == 50


def test_sizes_are_of_texts_or_files(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x" * 70)
    rows = pd.DataFrame({"text": ["abc", ""], "path": ["", "a.txt"]})
    assert _sizes(rows, tmp_path).tolist() == [3, 70]
    assert _sizes(rows[["text"]], tmp_path).tolist() == [3, 0]


def test_a_forecast_is_written_in_units_that_fit() -> None:
    seconds = dict.fromkeys(STAGES, 1.0) | {"claims": 7300.0, "framings": 260_000.0}
    said = table(Forecast(10, 2_000_000, 9000, 2, seconds, 0.25, 3 * 2**30, 5 * 2**20))
    assert "10 documents, 2,000,000 characters, some 9,000 claims" in said
    assert "2.0 h" in said
    assert "3.0 d" in said
    assert "memory 3.0 GiB at most; tables and new vectors 5 MiB" in said
    assert "in the cache already: 25%" in said


def test_a_prefilter_makes_it_a_range() -> None:
    assert _read(0.1, 0.5) == pytest.approx(0.55)
    assert _read(3.0, 0.1) == 1.0
    seconds = dict.fromkeys(STAGES, 0.0) | {"corpus": 10.0, "claims": 100.0}
    said = table(Forecast(10, 1000, 90, 2, seconds, read=0.4))
    assert "at least 40% of the\ndocuments are read, in some 50.0 s;" in said
    assert "prefilter" not in table(Forecast(10, 1000, 90, 2, seconds))


@pytest.mark.model
def test_a_forecast_runs_some_documents_and_leaves_no_trace(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NARRATIVE_CACHE", str(tmp_path / "cache"))
    stance_model.cache_clear()
    with study.open("a", encoding="utf-8") as file:
        file.write("[prefilter]\nsample = 2\n")
    before = sorted(p.name for p in study.parent.rglob("*"))
    cold = forecast(read_study(study))
    assert set(cold.seconds) == set(STAGES)
    assert all(s >= 0 for s in cold.seconds.values())
    assert cold.hits == 0
    assert cold.read is not None
    assert 2 / 5 <= cold.read <= 1
    assert 0 < cold.sampled < cold.documents
    assert cold.claims > 0
    assert cold.memory > 2**26
    assert sorted(p.name for p in study.parent.rglob("*")) == before
    assert os.environ["NARRATIVE_CACHE"] == str(tmp_path / "cache")
    assert not default_cache().exists()
    run_study(read_study(study), tmp_path / "out")
    assert default_cache().exists()
    warm = CliRunner().invoke(cli, ["plan", str(study)])
    assert warm.exit_code == 0, warm.output
    assert "vectors in the cache already: 100%" in warm.output
    stance_model.cache_clear()


def test_what_is_no_study_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["plan", str(tmp_path / "none.toml")])
    assert done.exit_code != 0
    assert "none.toml: no such study file" in str(done.exception)
