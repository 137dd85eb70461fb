from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import narrative.partitions.work as work
import narrative.pipeline as module
import narrative.stages as stages
from narrative.errors import InputError, StorageError
from narrative.pipeline import STAGES, run_study
from narrative.schema import TABLES, check_table
from narrative.stages import with_outlets
from narrative.stance import PairModel
from narrative.storage import read_table, sha256_file
from narrative.study import read_study

WRITTEN = sorted(set(TABLES) - {"places", "discarded"})  # with a prefilter alone
SAID = "“The army is advancing,” the ministry said on Saturday. Prices rose by a tenth."
DOCUMENTS = f"""\
doc_id,outlet,published_at,text,path
a,Example Daily,2025-11-21,"The ministry said on 20 November 2025 that Russian troops had captured \
Exampletown. Residents denied it. The town is quiet, and the army is advancing and taking its \
objectives.",
b,Example Daily,2025-12-13,,b.txt
c,Example Weekly,2025-12-14,"{SAID}",
d,Example Weekly,2025-12-14,"{SAID}",
"""
TEXT = (
    "On 12 December 2025 Ukrainian troops controlled Exampletown, the staff reported. "
    "The ministry said that the town had been liberated."
)
SOURCES = """\
source_id,name,kind,camp,aliases
example_daily,Example Daily,outlet,western,The Daily
example_ministry,Ministry of Defence,organisation,russian,the ministry|MoD
example_staff,General Staff,organisation,ukrainian,the staff
"""
EVENTS = """\
event_id,date,precision,label,place_id,assessed_status,kind,doc_id,sentence
e1,2025-12-12,day,Exposed,exampletown,ukrainian,control,b,
"""


class Watcher:
    """Notes which stages ran and which were kept."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.kept: list[str] = []
        self.told: list[tuple[int, int]] = []
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    def stage(self, name: str, kept: bool) -> None:
        (self.kept if kept else self.ran).append(name)

    def step(self, name: str) -> None:
        pass

    def progress(self, done: int, total: int) -> None:
        self.told.append((done, total))


def _run(folder: Path, out: Path, **options: Any) -> Watcher:
    watcher = Watcher()
    run_study(read_study(folder), out, reporter=watcher, **options)
    assert sorted([*watcher.ran, *watcher.kept]) == sorted(STAGES)
    return watcher


def _bytes(out: Path) -> dict[str, bytes]:
    return {
        p.relative_to(out).as_posix(): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()
    }


def _edit(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")


def _check_tables(out: Path) -> dict[str, pd.DataFrame]:
    """Check every table that a run promises, and that numbers lead back to sentences."""
    tables = {n: read_table(out / f"{n}.parquet") for n in WRITTEN}
    for name, table in tables.items():
        assert list(table.columns) == list(TABLES[name]), name
        pd.testing.assert_frame_equal(check_table(table, name), table, obj=name)
    texts = tables["documents"].set_index("doc_id")["text"]
    for claim in tables["claims"].itertuples():
        assert texts[claim.doc_id][claim.start : claim.end] == claim.text
    claims, framings = set(tables["claims"]["claim_id"]), set(tables["framings"]["framing_id"])
    assert set(tables["assignments"]["claim_id"]) == claims
    assert set(tables["assignments"]["framing_id"]) <= framings | {"-1"}
    assert set(tables["stances"]["claim_id"]) <= claims
    assert set(tables["stances"]["framing_id"]) <= framings
    assert set(tables["claims"]["source_id"]) <= set(tables["sources"]["source_id"])
    json.loads((out / "numbers.json").read_text(encoding="utf-8"))
    json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    return tables


@pytest.fixture
def study(study_folder: Path, fast_models: Any) -> Path:
    """Return a study of four documents (two of them copies) that fills every table."""
    for name, text in {
        "documents.csv": DOCUMENTS,
        "b.txt": TEXT,
        "sources.csv": SOURCES,
        "events.csv": EVENTS,
    }.items():
        (study_folder / name).write_text(text, encoding="utf-8")
    return study_folder


_DONE: dict[str, Path] = {}


@pytest.fixture
def done(study: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of a finished run of `study`, made once."""
    if "out" not in _DONE:
        out = tmp_path_factory.mktemp("done") / "out"
        run_study(read_study(study), out)
        _DONE["out"] = out
    return Path(shutil.copytree(_DONE["out"], tmp_path / "done"))


def test_the_study_of_init_runs_as_it_is(
    study_folder: Path, tmp_path: Path, fast_models: Any
) -> None:
    _run(study_folder, tmp_path / "out")
    tables = _check_tables(tmp_path / "out")
    assert len(tables["claims"]) > 0
    assert tables["documents"]["doc_id"].tolist() == ["example-1"]


def test_every_table_is_filled_and_leads_back_to_its_sentences(study: Path, tmp_path: Path) -> None:
    watcher = _run(study, tmp_path / "out")
    assert watcher.ran == list(STAGES)
    assert (4, 4) in watcher.told
    tables = _check_tables(tmp_path / "out")
    for name, table in tables.items():
        assert len(table) > 0, name
    assert tables["documents"]["copy_group"].tolist() == ["a", "b", "c", "c"]
    assert "Example Weekly" in set(tables["sources"]["source_id"])
    assert set(tables["ledger"]["place_id"]) == {"exampletown"}
    credit = tables["ledger"].set_index(["claimant", "said_at", "level"])
    assert credit.loc[("example_ministry", "2025-11-20", 0.5), "exposed_at"] == "2025-12-12"


def test_the_manifest_pins_what_the_results_depend_on(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    manifest = run_study(read_study(study), out)
    assert manifest == json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["inputs"]["sources"] == sha256_file(study / "sources.csv")
    assert set(manifest["tables"]) == set(WRITTEN)
    for name, digest in manifest["tables"].items():
        assert digest == sha256_file(out / f"{name}.parquet")
    assert manifest["numbers"] == sha256_file(out / "numbers.json")
    assert manifest["weights"]["encoder"] == "fake-1"
    framings = read_table(out / "framings.parquet").query("proposition != ''")["framing_id"]
    assert set(manifest["stance_methods"]) == set(framings)
    assert str(tmp_path) not in json.dumps(manifest)


def test_two_runs_into_two_folders_are_the_same_bytes(
    study: Path, done: Path, tmp_path: Path
) -> None:
    _run(study, tmp_path / "two")
    one = _bytes(done)
    assert {"numbers.json", "manifest.json", "claims.parquet", ".stages/ledger.json"} <= set(one)
    assert one == _bytes(tmp_path / "two")


def test_a_study_elsewhere_is_the_same_study(study: Path, done: Path, tmp_path: Path) -> None:
    study.rename(tmp_path / "moved")
    assert _run(tmp_path / "moved", done).ran == []


def test_a_second_run_keeps_every_stage(study: Path, done: Path, fast_models: Any) -> None:
    before = _bytes(done)
    fast_models.calls.clear()
    assert _run(study, done).ran == []
    assert fast_models.calls == []
    assert _bytes(done) == before


MODEL_STAGES = ["framings", "stances", "timeline"]


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("documents.csv", "Prices rose", "Rents rose", list(STAGES)),
        ("b.txt", "the town had", "the city had", list(STAGES)),
        ("study.toml", 'lang = "en"', 'lang = "de"', list(STAGES)),
        ("sources.csv", "|MoD", "|MoD|MinDef", list(STAGES[1:])),
        ("codebook.toml", "The assault was", "The attack was", MODEL_STAGES),
        ("places.csv", "Old Name", "Older Name", [*MODEL_STAGES, "ledger"]),
        ("events.csv", "2025-12-12", "2025-12-13", ["ledger"]),
        ("study.toml", 'freq = "month"', 'freq = "day"', ["timeline"]),
        ("study.toml", "min_docs = 3", "min_docs = 2", ["timeline"]),
        ("study.toml", "discover = true", "discover = false", MODEL_STAGES),
        ("study.toml", "random_state = 0", "random_state = 1", MODEL_STAGES),
        ("study.toml", 'title = "What', 'title = "That', []),
    ],
)
def test_a_change_reruns_what_depends_on_it_and_no_more(
    study: Path, done: Path, tmp_path: Path, name: str, old: str, new: str, expected: list[str]
) -> None:
    _edit(study, name, old, new)
    assert _run(study, done).ran == expected
    _run(study, tmp_path / "fresh")
    assert _bytes(done) == _bytes(tmp_path / "fresh")


def test_other_weights_rerun_what_the_models_make(
    study: Path, done: Path, fast_models: Any
) -> None:
    fast_models.fingerprint = "fake-2"
    assert _run(study, done).ran == MODEL_STAGES


def test_other_versions_rerun_everything(
    study: Path, done: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "versions", lambda: {"numpy": "next"})
    assert _run(study, done).ran == list(STAGES)


def test_changed_code_reruns_everything(
    study: Path, done: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "code_hash", lambda: "another")
    assert _run(study, done).ran == list(STAGES)


def test_files_that_no_document_names_change_nothing(study: Path, done: Path) -> None:
    out = done.rename(study / "results")  # inside the study, as 'narrative init' proposes
    (study / "notes.md").write_text("mine")
    (out / "report.html").write_text("<p>A report of this run.</p>")
    assert _run(study, out).ran == []


@pytest.mark.parametrize("stage", STAGES)
def test_from_recomputes_this_stage_and_those_after_it(study: Path, done: Path, stage: str) -> None:
    before = _bytes(done)
    watcher = _run(study, done, from_stage=stage)
    assert watcher.ran == list(STAGES[STAGES.index(stage) :])
    assert _bytes(done) == before


def test_an_unknown_stage_is_refused_before_anything_is_written(
    study: Path, tmp_path: Path
) -> None:
    with pytest.raises(
        InputError, match=r"stage 'stance' is unknown; expected one of corpus, claims, framings"
    ):
        run_study(read_study(study), tmp_path / "out", from_stage="stance")
    assert not (tmp_path / "out").exists()


# What a run that was cut short leaves


@pytest.mark.parametrize(
    ("function", "stage", "error"),
    [
        ("CorpusParts", "corpus", KeyboardInterrupt),
        ("claims_by_document", "claims", MemoryError),
        ("fit_pieces", "framings", KeyboardInterrupt),
        ("score_stance", "stances", MemoryError),
        ("sum_run", "timeline", KeyboardInterrupt),
        ("build_ledger", "ledger", MemoryError),
        ("summarise", None, KeyboardInterrupt),
    ],
)
def test_a_killed_run_goes_on_where_it_stopped(
    study: Path,
    done: Path,
    tmp_path: Path,
    function: str,
    stage: str | None,
    error: type[BaseException],
) -> None:
    def killed(*args: Any, **options: Any) -> None:
        raise error

    out = tmp_path / "out"
    with pytest.MonkeyPatch.context() as patch:
        place = next(m for m in (stages, module, work) if hasattr(m, function))
        patch.setattr(place, function, killed)
        with pytest.raises(error):
            run_study(read_study(study), out)
    assert not (out / "manifest.json").exists()
    watcher = _run(study, out)
    assert watcher.ran == ([] if stage is None else list(STAGES[STAGES.index(stage) :]))
    assert _bytes(out) == _bytes(done)


@pytest.mark.parametrize("broken", ["offsets", "sources", "framings", "ledger"])
def test_a_full_disk_half_way_through_a_stage_costs_that_stage(
    study: Path, done: Path, tmp_path: Path, broken: str
) -> None:
    write_whole = pd.DataFrame.to_parquet

    def full(self: pd.DataFrame, path: Path, **options: Any) -> None:
        write_whole(self, path, **options)
        if f".{broken}.parquet" in path.name:
            path.write_bytes(path.read_bytes()[:50])
            raise OSError(errno.ENOSPC, "No space left on device")

    out = tmp_path / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pd.DataFrame, "to_parquet", full)
        with pytest.raises(StorageError, match=rf"{broken}\.parquet: could not be written"):
            run_study(read_study(study), out)
    assert not (out / f"{broken}.parquet").exists()
    assert not list(out.rglob("*.part"))
    stage = {"offsets": "corpus", "sources": "claims"}
    first = STAGES.index(stage.get(broken, broken))
    assert _run(study, out).ran == list(STAGES[first:])
    assert _bytes(out) == _bytes(done)


def test_a_change_that_fails_leaves_no_stage_that_looks_finished(study: Path, done: Path) -> None:
    def fails(*given: Any, **options: Any) -> None:
        raise InputError("nobody speaks")

    before = _bytes(done)
    _edit(study, "sources.csv", "|MoD", "|M.o.D.")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "claims_by_document", fails)
        with pytest.raises(InputError, match="nobody speaks"):
            run_study(read_study(study), done)
    _edit(study, "sources.csv", "|M.o.D.", "|MoD")
    assert _run(study, done).ran == ["claims"]
    assert _bytes(done) == before


def test_every_faulty_file_is_named_before_the_first_stage(study: Path, tmp_path: Path) -> None:
    _edit(study, "sources.csv", ",russian,", ",martian,")
    (study / "codebook.toml").write_text("", encoding="utf-8")
    (study / "places.csv").write_text("place_id,name,aliases,lat\np,P,,north\n")
    out = tmp_path / "out"
    with pytest.raises(InputError) as caught:
        run_study(read_study(study), out)
    lines = str(caught.value).split("\n")
    assert [line.split(":")[0] for line in lines] == [
        "sources.csv, row 3",
        "codebook.toml",
        "places.csv, row 2, column 'lat'",
    ]
    assert not out.exists()


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0xFF
    path.write_bytes(data)


def _other(path: Path) -> None:
    read_table(path).iloc[:0].to_parquet(path)


@pytest.mark.parametrize("damage", [_cut, _flip, _other, Path.unlink], ids=lambda f: f.__name__)
@pytest.mark.parametrize(("table", "stage"), [("claims", "claims"), ("framings", "framings")])
def test_a_damaged_table_is_made_again(
    study: Path, done: Path, table: str, stage: str, damage: Callable[[Path], None]
) -> None:
    before = _bytes(done)
    damage(done / f"{table}.parquet")
    assert _run(study, done).ran == [stage]
    assert _bytes(done) == before


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"key": "x", "tables": []}', '{"tables": {}}']
)
def test_a_damaged_record_of_a_stage_is_no_record(study: Path, done: Path, text: str) -> None:
    before = _bytes(done)
    (done / ".stages" / "framings.json").write_text(text)
    assert _run(study, done).ran == ["framings"]
    assert _bytes(done) == before


def test_a_record_with_the_right_key_and_no_tables_is_no_record(study: Path, done: Path) -> None:
    record = done / ".stages" / "framings.json"
    stored = json.loads(record.read_text()) | {"tables": ["framings"]}
    record.write_text(json.dumps(stored))
    assert _run(study, done).ran == ["framings"]


# Small studies


def _documents(*texts: str, outlet: str = "Example Daily") -> str:
    rows = [f'd{i},{outlet},2025-12-12,"{text}"\n' for i, text in enumerate(texts)]
    return "doc_id,outlet,published_at,text\n" + "".join(rows)


@pytest.mark.parametrize(
    "documents",
    [
        _documents("The ministry said that its troops had entered the town."),
        _documents("Yes."),  # a document without a claim
        _documents("Yes.", "The army is advancing and taking its objectives."),
        _documents(*["The army is advancing and taking its objectives."] * 12),
        _documents("Армія наступає, заявило міністерство. Місто тримається."),
    ],
    ids=["one sentence", "no claim", "a claim in one of two", "all the same", "another language"],
)
def test_small_studies_work_to_the_end(study: Path, tmp_path: Path, documents: str) -> None:
    (study / "documents.csv").write_text(documents, encoding="utf-8")
    _run(study, tmp_path / "out")
    _check_tables(tmp_path / "out")


FILES = ("sources", "places", "events", "codebook")


@pytest.mark.parametrize("left_out", [*([f] for f in FILES), FILES], ids=lambda f: "+".join(f))
def test_a_study_without_a_file_works_to_the_end(
    study: Path, tmp_path: Path, left_out: tuple[str, ...]
) -> None:
    text = (study / "study.toml").read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if line.split(" = ")[0] not in left_out]
    (study / "study.toml").write_text("\n".join(kept), encoding="utf-8")
    for name in left_out:
        for path in study.glob(f"{name}.*"):
            path.unlink()
    _run(study, tmp_path / "out")
    tables = _check_tables(tmp_path / "out")
    assert tables["control"].empty == ("places" in left_out)
    assert tables["ledger"].empty == bool({"places", "events"} & set(left_out))
    assert tables["events"].empty == ("events" in left_out)
    assert tables["stances"].empty == ("codebook" in left_out)


def test_one_source_alone_works_to_the_end(study: Path, tmp_path: Path) -> None:
    texts = ["The army is advancing and taking its objectives. The town is quiet."] * 2
    (study / "documents.csv").write_text(_documents(*texts), encoding="utf-8")
    (study / "sources.csv").write_text(
        "source_id,name,kind,camp,aliases\nonly,Example Daily,outlet,western,\n"
    )
    _run(study, tmp_path / "out")
    tables = _check_tables(tmp_path / "out")
    assert set(tables["claims"]["source_id"]) == {"only"}
    assert set(tables["sources"]["source_id"]) == {"only", "unknown"}


def test_another_model_makes_the_framings_and_no_trained_head_is_used(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_encoder: Any
) -> None:
    made: list[tuple[str, str | None]] = []
    other = make_encoder("other", dims=48)

    def make(model: str, revision: str | None = None) -> Any:
        made.append((model, revision))
        return other

    monkeypatch.setattr(work, "sentence_encoder", make)
    _edit(study, "study.toml", "[framings]", '[encoder]\nmodel = "a/b"\nrevision = "c"\n[framings]')
    manifest = run_study(read_study(study), tmp_path / "out")
    assert set(made) == {("a/b", "c")}
    assert other.calls
    assert manifest["weights"]["encoder"] == "other"
    _check_tables(tmp_path / "out")


def test_a_larger_model_scores_stance_and_nothing_before_is_made_again(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_encoder: Any
) -> None:
    usual = stages.stance_model()
    reader = make_encoder("larger", dims=3)
    pairs = PairModel(reader, usual.pairs.plain, name="larger model: a/b", every=True)
    asked: list[tuple[str, ...]] = []

    def chosen(*given: str) -> Any:
        asked.append(given)
        return usual._replace(pairs=pairs) if given else usual

    for place in (stages, work):
        monkeypatch.setattr(place, "stance_model", chosen)
    _run(study, tmp_path / "out")
    before = read_table(tmp_path / "out" / "stances.parquet")
    assert set(asked) == {()}
    _edit(study, "study.toml", "[framings]", '[stance]\nmodel = "a/b"\nrevision = "c"\n[framings]')
    watcher = _run(study, tmp_path / "out")
    assert ("a/b", "c") in asked
    assert watcher.ran == ["stances", "timeline"]
    assert reader.calls
    assert not read_table(tmp_path / "out" / "stances.parquet").equals(before)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["weights"]["stance_pairs"] == "larger"
    assert manifest["study"]["stance"] == {"model": "a/b", "revision": "c"}
    _check_tables(tmp_path / "out")


def test_outlets_that_are_not_listed_become_sources(sources: pd.DataFrame) -> None:
    documents = pd.DataFrame({"outlet": ["The Gazette", "gazette", "Herald", "Herald"]})
    got = with_outlets(sources, documents).set_index("source_id")
    assert set(got.index) - set(sources["source_id"]) == {"Herald"}
    assert got.loc["Herald", ["name", "kind", "camp"]].tolist() == ["Herald", "outlet", "unknown"]


def test_an_outlet_with_an_article_is_the_listed_one(sources: pd.DataFrame) -> None:
    listed = sources.replace("The Gazette", "Gazette")
    got = with_outlets(listed, pd.DataFrame({"outlet": ["The Gazette", "the gazette"]}))
    assert set(got["source_id"]) == set(sources["source_id"])


# The real models


@pytest.mark.model
def test_the_study_of_init_runs_with_the_real_models_to_the_same_bytes(
    study_folder: Path, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        _run(study_folder, tmp_path / name)
    tables = _check_tables(tmp_path / "one")
    assert len(tables["stances"]) > 0
    assert _bytes(tmp_path / "one") == _bytes(tmp_path / "two")


def test_text_that_the_reader_does_not_know_is_told_of(
    study_folder: Path, tmp_path: Path, fast_models: Any
) -> None:
    for name, old, new in (
        ("study.toml", 'lang = "en"', 'lang = "fr"'),
        ("documents.csv", ",en\n", ",fr\n"),
    ):
        path = study_folder / name
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    watcher = _run(study_folder, tmp_path / "out")
    assert watcher.notes == [
        "Text in 'fr' is attributed by rules with the reporting verbs of 'en': the reader knows "
        "English only."
    ]
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["attribution"] == {"fr": {"method": "rules", "cues": "en"}}
