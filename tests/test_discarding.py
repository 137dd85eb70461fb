"""A run that discards unread what is not about the study."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import narrative.partitions.work as work
import narrative.prefilter as prefilter
from narrative.discarding import draw
from narrative.errors import StudyError
from narrative.partitions import LocalEngine, Outcome, Partition
from narrative.pipeline import run_study
from narrative.prefilter import fewest, misses_allowed, told
from narrative.storage import read_table
from narrative.study import read_study
from narrative.verify import verify_run

WAR = "The army is advancing and taking its objectives, {} said on Saturday."
REST = "The orchestra played a symphony in the old theatre, {} said on Saturday."
WHO = ("the ministry", "Oleksandr Brenko", "the staff", "Anna Berg", "residents")
SETTINGS = "[prefilter]\nsample = 30\nrecall = 0.5\nconfidence = 0.5\n"


class Watcher:
    def __init__(self) -> None:
        self.ran: list[str] = []
        self.notes: list[str] = []
        self.told: list[tuple[str, int, int]] = []
        self._step = ""

    def stage(self, name: str, kept: bool) -> None:
        if not kept:
            self.ran.append(name)

    def step(self, name: str) -> None:
        self._step = name

    def progress(self, done: int, total: int) -> None:
        if self.ran[-1] == "claims":
            self.told.append((self._step, done, total))

    def note(self, text: str) -> None:
        self.notes.append(text)


def _documents(n: int = 60) -> pd.DataFrame:
    """Return documents of which every third is about the study; no two are copies."""
    rows = []
    for i in range(n):
        text = (REST if i % 3 else WAR).format(WHO[i % 5])
        more = " ".join(f"w{i}x{k}" for k in range(12))
        rows.append((f"doc-{i}", "Example Daily", f"2025-12-{1 + i % 28:02d}", f"{text} {more}."))
    return pd.DataFrame(rows, columns=["doc_id", "outlet", "published_at", "text"])


@pytest.fixture
def study(study_folder: Path, fast_models: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a study with a prefilter on words alone, read by rules and the tiny encoder."""
    from sklearn.feature_extraction.text import HashingVectorizer

    words = HashingVectorizer(n_features=2**10, alternate_sign=False)
    monkeypatch.setattr(prefilter, "_features", lambda texts: words.transform(texts))
    _documents().to_csv(study_folder / "documents.csv", index=False)
    path = study_folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    assert 'attribution = "auto"' in text
    text = text.replace('attribution = "auto"', 'attribution = "rules"')
    assert "min_membership = 0.30" in text  # the tiny encoder tells the two kinds apart at more
    path.write_text(text.replace("min_membership = 0.30", "min_membership = 0.70") + SETTINGS)
    return study_folder


def _set(study: Path, old: str, new: str) -> None:
    path = study / "study.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def _run(study: Path, out: Path, **options: Any) -> tuple[dict[str, Any], Watcher]:
    watcher = Watcher()
    return run_study(read_study(study), out, reporter=watcher, **options), watcher


def _tables(out: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(out.glob("*.parquet"))}


def test_what_is_not_about_the_study_is_discarded_and_told(study: Path, tmp_path: Path) -> None:
    manifest, watcher = _run(study, tmp_path / "out")
    discarded = read_table(tmp_path / "out" / "discarded.parquet")
    claims = read_table(tmp_path / "out" / "claims.parquet")
    lost = set(discarded["doc_id"])
    assert lost
    assert not lost & set(claims["doc_id"])
    documents = read_table(tmp_path / "out" / "documents.parquet")
    assert len(documents) == 60
    drawn = draw(documents, 30)
    about = {d for d in documents["doc_id"] if int(d.split("-")[1]) % 3 == 0}
    assert not lost & about & drawn
    assert len(lost & about) <= 0.5 * len(about)
    assert len(lost - about) >= 0.5 * len(set(documents["doc_id"]) - about)
    assert set(discarded.loc[discarded["n_claims"].notna(), "doc_id"]) == lost & drawn
    assert set(discarded["n_claims"].dropna()) == {2.0}  # sentences
    said = manifest["prefilter"]
    assert said["sample"] == 30
    assert said["about"] == len(drawn & about)
    assert (said["discarded"], said["claims"]) == (len(lost), 2 * len(lost))
    assert (discarded["score"] < said["threshold"]).all()
    numbers = json.loads((tmp_path / "out" / "numbers.json").read_text(encoding="utf-8"))
    assert numbers["n_discarded"] == len(lost)
    assert numbers["n_discarded_unread"] == said["unread"] == len(lost - drawn)
    assert watcher.notes == [told(said)]
    assert f"{len(lost - drawn)} of 60 documents discarded unread" in watcher.notes[0]
    steps = {name: [t[1:] for t in watcher.told if t[0] == name] for name, *_ in watcher.told}
    assert list(steps) == ["sample", "scoring", ""]
    for told_of in steps.values():
        assert told_of == sorted(told_of)
        assert told_of[-1][0] == told_of[-1][1]
    assert steps[""][-1] == (60, 60)
    assert not (tmp_path / "out" / ".parts").exists()
    assert verify_run(tmp_path / "out", read_study(study)) == []


def test_the_rest_is_as_in_a_run_of_what_is_kept(study: Path, tmp_path: Path) -> None:
    _run(study, tmp_path / "out")
    lost = read_table(tmp_path / "out" / "discarded.parquet")["doc_id"].tolist()
    documents = _documents()
    documents[~documents["doc_id"].isin(lost)].to_csv(study / "documents.csv", index=False)
    _set(study, SETTINGS, "")
    _run(study, tmp_path / "kept")
    got, expected = _tables(tmp_path / "out"), _tables(tmp_path / "kept")
    assert set(got) - set(expected) == {"discarded.parquet"}
    for name in set(expected) - {"documents.parquet", "offsets.parquet"}:
        assert got[name] == expected[name], name


class _Elsewhere(LocalEngine):
    """Works on the last partition first, on copies as workers get them."""

    def results(self, work: Any, setup: Any, partitions: Iterable[Partition]) -> Iterator[Outcome]:
        setup = pickle.loads(pickle.dumps(setup))
        yield from super().results(work, setup, list(partitions)[::-1])


def test_tables_depend_on_neither_cut_nor_order_nor_engine(study: Path, tmp_path: Path) -> None:
    _run(study, tmp_path / "whole")
    _run(study, tmp_path / "cut", partition=4)
    _run(study, tmp_path / "elsewhere", partition=7, engine=_Elsewhere())
    _documents().iloc[::-1].to_csv(study / "documents.csv", index=False)
    _run(study, tmp_path / "turned", partition=13)
    for other in ("cut", "elsewhere", "turned"):
        assert _tables(tmp_path / other) == _tables(tmp_path / "whole"), other


def test_a_run_goes_on_where_it_stopped(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(study, tmp_path / "whole")
    plain, seen = work.claims_by_document, list[str]()
    stops = [10, 34]  # in the sample, and behind it

    def stopped(documents: pd.DataFrame, *args: Any, **options: Any) -> Any:
        if stops and len(seen) >= stops[0]:
            raise KeyboardInterrupt
        seen.extend(documents["doc_id"])
        return plain(documents, *args, **options)

    monkeypatch.setattr(work, "claims_by_document", stopped)
    while stops:
        with pytest.raises(KeyboardInterrupt):
            _run(study, tmp_path / "out", partition=4)
        del stops[0]
    _run(study, tmp_path / "out", partition=4)
    assert len(seen) == len(set(seen))  # none is read twice
    assert _tables(tmp_path / "out") == _tables(tmp_path / "whole")
    assert not (tmp_path / "out" / ".parts").exists()


def test_what_it_depends_on_is_run_again_and_nothing_else(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first, _ = _run(study, out)
    again, watcher = _run(study, out)
    assert watcher.ran == []
    assert again == first
    assert watcher.notes == [told(first["prefilter"])]
    _, watcher = _run(study, out, from_stage="framings")
    assert watcher.ran[0] == "framings"
    _set(study, "min_cluster_size = 5", "min_cluster_size = 6")
    assert _run(study, out)[1].ran[0] == "framings"
    for old, new in (
        ("recall = 0.5", "recall = 0.4"),
        ("sample = 30", "sample = 31"),
        ("min_membership = 0.70", "min_membership = 0.71"),
    ):
        _set(study, old, new)
        assert _run(study, out)[1].ran[0] == "claims", new


def test_without_the_section_nothing_is_different(study: Path, tmp_path: Path) -> None:
    _run(study, tmp_path / "out")
    _set(study, SETTINGS, "")
    manifest, watcher = _run(study, tmp_path / "out")
    assert not list((tmp_path / "out").rglob("discarded*"))
    assert "prefilter" not in manifest
    assert "prefilter" not in manifest["study"]
    assert not watcher.notes
    _run(study, tmp_path / "never")
    assert _tables(tmp_path / "out") == _tables(tmp_path / "never")
    _set(study, "framings]", "framings]\ntemperature = 0.06")
    assert _run(study, tmp_path / "out")[1].ran[0] == "framings"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("sample = 30", "sample = 60", "the sample of 60 holds every text"),
        ("sample = 30", "sample = 99", "the sample of 60 holds every text"),
        ("recall = 0.5", "recall = 0.99", "recall 0.99 with confidence 0.5 takes 69. Draw more"),
    ],
)
def test_a_sample_that_teaches_nothing_discards_nothing(
    study: Path, tmp_path: Path, old: str, new: str, said: str
) -> None:
    settings = SETTINGS.replace(old, new)
    _set(study, SETTINGS, settings)
    _, watcher = _run(study, tmp_path / "out")
    assert len(watcher.notes) == 1
    assert watcher.notes[0].startswith("None of 60 documents discarded: ")
    assert said in watcher.notes[0]
    assert read_table(tmp_path / "out" / "discarded.parquet").empty
    _set(study, settings, "")
    _run(study, tmp_path / "plain")
    plain = _tables(tmp_path / "plain")
    assert {n: _tables(tmp_path / "out")[n] for n in plain} == plain


def test_a_document_that_fails_in_the_sample_is_left_out_once(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = work.claims_by_document
    bad = next(iter(sorted(draw(_documents().assign(copy_group=lambda t: t["doc_id"]), 30))))

    def fails(table: pd.DataFrame, *args: Any, **options: Any) -> Any:
        if bad in set(table["doc_id"]):
            raise ValueError("bad")
        return plain(table, *args, **options)

    monkeypatch.setattr(work, "claims_by_document", fails)
    manifest, _ = _run(study, tmp_path / "out", partition=5)
    assert [(s["stage"], s["doc_id"]) for s in manifest["skipped"]] == [("claims", bad)]
    assert bad not in set(read_table(tmp_path / "out" / "discarded.parquet")["doc_id"])


def test_the_draw_is_of_texts_and_depends_on_ids_alone() -> None:
    ids = [f"d{i}" for i in range(50)]
    table = pd.DataFrame({"doc_id": ids, "copy_group": [ids[i - i % 2] for i in range(50)]})
    some = draw(table, 10)
    assert len(some) == 10
    assert some == draw(table.sample(frac=1, random_state=1), 10)
    assert all(int(d[1:]) % 2 == 0 for d in some)  # of copies, the first of each group
    assert some != draw(table, 10, random_state=1)
    assert some < draw(table, 11)
    assert len(draw(table, 99)) == 25


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("sample = -1", "prefilter.sample=-1; expected at least 0"),
        ("recall = 1.0", "prefilter.recall=1.0; expected between 0 and 1"),
        ("sample = '9'", "prefilter.sample='9'; expected a whole number"),
        ("share = 9", "unknown key prefilter.share"),
    ],
)
def test_settings_that_cannot_be_are_refused(study_folder: Path, line: str, said: str) -> None:
    path = study_folder / "study.toml"
    path.write_text(path.read_text(encoding="utf-8") + f"[prefilter]\n{line}\n")
    with pytest.raises(StudyError, match=said):
        read_study(study_folder)


def test_a_prefilter_needs_a_codebook(study: Path) -> None:
    _set(study, 'codebook = "codebook.toml"', "")
    with pytest.raises(StudyError, match=r"prefilter.sample=30, and no codebook .* \[files\]"):
        read_study(study)


def test_the_fewest_that_set_a_threshold_are_those_that_allow_no_miss() -> None:
    for recall, confidence in ((0.99, 0.9), (0.9, 0.9), (0.5, 0.5), (0.95, 0.99)):
        n = fewest(recall, confidence)
        assert misses_allowed(n, recall, confidence) == 0
        assert misses_allowed(n - 1, recall, confidence) is None


def test_report_and_methods_say_what_was_discarded(study: Path, tmp_path: Path) -> None:
    from narrative.paper import write_paper
    from narrative.report import write_report

    manifest, _ = _run(study, tmp_path / "out")
    write_report(tmp_path / "out", tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert told(manifest["prefilter"]) in page
    write_paper(tmp_path / "out", tmp_path / "paper")
    methods = (tmp_path / "paper" / "methods.md").read_text(encoding="utf-8")
    assert "documents discarded unread" in methods
    assert "NarrDiscardedUnread" in (tmp_path / "paper" / "numbers.tex").read_text()
