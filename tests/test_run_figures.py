"""Standard figures of a run: the same bytes for the same tables, and what differs is named."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from narrative.cli import cli
from narrative.errors import InputError, StorageError
from narrative.figures import FIGURES, draw_figures, redrawn
from narrative.figures.canvas import file_part
from narrative.figures.control import FEWEST, curves, one_voice, record_bands, towns
from narrative.figures.events import label_rows
from narrative.figures.sheets import RunTables
from narrative.figures.stance import shown_span, side_timeline
from narrative.ledger import build_ledger
from narrative.schema import check_table, empty_table
from narrative.storage import read_table, sha256_file, write_json, write_table
from narrative.timeline import TimelineSettings
from narrative.verify import verify_run

PLACES = ("alpha", "beta", "gamma", "delta")
SOURCES = [
    ("ministry", "Ministry $x^{$ <b>", "organisation", "russian", ""),
    ("staff", "General Staff", "organisation", "ukrainian", ""),
    ("paper", "Paper", "outlet", "western", ""),
]


def claim(number: int, source: str, month: int) -> dict[str, Any]:
    text = f"Claim {number}."
    return {
        "claim_id": f"c{number:03d}", "doc_id": f"d{number % 4}", "sent_index": number,
        "start": 0, "end": len(text), "text": text, "voice": ("quoted", "author")[number % 2],
        "speaker_text": "", "source_id": source, "chain": "paper", "cue": "", "cue_stance": 0,
        "attribution_score": 1.0, "said_at": f"2025-{month:02d}-10", "said_precision": "day",
        "about_start": "", "about_end": "", "date_flag": "",
    }  # fmt: skip


def event(name: str, date: str, label: str) -> dict[str, Any]:
    precision = {10: "day", 7: "month", 4: "year"}[len(date)]
    return {"event_id": name, "date": date, "precision": precision, "label": label, "place_id": "",
            "assessed_status": "", "kind": "action", "doc_id": "", "sentence": ""}  # fmt: skip


def control_rows() -> list[dict[str, Any]]:
    rows = [
        {"claim_id": f"k{i}", "place_id": place, "claimant": "ministry", "camp": "russian",
         "claimed_status": "russian", "extent": "full", "share": "", "certainty": "said",
         "said_at": f"2025-0{i + 3}-05", "by_context": False}
        for i, place in enumerate(PLACES)
    ]  # fmt: skip
    more = [rows[0] | {"claim_id": f"m{i}", "said_at": f"2025-04-0{i + 1}"} for i in range(4)]
    other = {"claimant": "staff", "camp": "ukrainian", "claimed_status": "ukrainian"}
    return [*rows, *more, rows[0] | other | {"claim_id": "n", "said_at": "2025-04-09"}]


def run_tables() -> dict[str, pd.DataFrame]:
    """Return the tables of a run that has enough for every figure but the curves."""
    made = [claim(i, SOURCES[i % 3][0], 3 + i % 4) for i in range(72)]
    claims = check_table(pd.DataFrame(made), "claims")
    ids = claims["claim_id"].tolist()
    documents = pd.DataFrame(
        [{"doc_id": f"d{i}", "outlet": "paper", "author": "", "published_at": "2025-06-01",
          "published_precision": "day", "lang": "en", "title": "", "url": "", "text": "x",
          "text_sha256": "", "copy_group": f"d{i}"} for i in range(4)]
    )  # fmt: skip
    framings = empty_table("framings").reindex([0, 1])
    framings = framings.assign(
        framing_id=["advance", "holds"], label=["Advance & more", "It holds"], origin="codebook",
        proposition=["They advance.", "They hold."], n_claims=[36, 36], certificate="not measured",
    )  # fmt: skip
    stances = [
        {"claim_id": c, "framing_id": "advance", "p_against": 0.1, "p_none": 0.1, "p_favor": 0.8,
         "stance": 1 if i % 3 == 0 else -1 if i % 3 == 1 else i % 2, "score": 0.5}
        for i, c in enumerate(ids)
    ]  # fmt: skip
    assigned = [{"claim_id": c, "framing_id": ("advance", "holds")[i % 2], "membership": 0.9}
                for i, c in enumerate(ids)]  # fmt: skip
    assessed = [
        {"reference": "map", "place_id": p, "first": f, "last": t, "low": low, "high": low + 0.01}
        for i, p in enumerate(PLACES)
        for f, t, low in (
            ("2025-01-01", f"2025-0{i + 4}-10", 0.0), (f"2025-0{i + 4}-11", "2025-12-01", 0.97),
        )
    ]  # fmt: skip
    references = pd.DataFrame([{"reference": "map", "title": "A map", "lag_days": 1.0, "until": "",
                                "bias": "", "citation": "", "url": ""}])  # fmt: skip
    control = check_table(pd.DataFrame(control_rows()), "control")
    assessments = check_table(pd.DataFrame(assessed), "assessments")
    columns = ["source_id", "name", "kind", "camp", "aliases"]
    tables = {
        "claims": claims,
        "events": pd.DataFrame(
            [
                event("e1", "2025-03-15", "It begins"),
                event("e2", "2025-04", "A month of it"),
                event("e3", "2025-07-01", "Long after"),
                event("e4", "2025", "A year of it"),
            ]
        ),
        "documents": documents,
        "framings": framings,
        "stances": pd.DataFrame(stances),
        "assignments": pd.DataFrame(assigned),
        "sources": pd.DataFrame(SOURCES, columns=columns),
        "control": control,
        "assessments": assessments,
        "references": references,
        "ledger": build_ledger(control, assessments, references),
    }
    return {n: check_table(t, n) for n, t in tables.items()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run's folder with its figures as SVG, to be copied before it is changed."""
    folder = tmp_path_factory.mktemp("run")
    for name, table in run_tables().items():
        write_table(table, folder / f"{name}.parquet")
    study = {"name": "test", "title": "A test & more", "timeline": {"freq": "month"}}
    manifest = {"study": study, "random_state": 0, "homes": {"advance": "russian"}}
    write_json(manifest, folder / "manifest.json")
    draw_figures(folder, formats=["svg"])
    return folder


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "run"))


def edit(run: Path, name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    write_table(change(read_table(run / f"{name}.parquet")), run / f"{name}.parquet")


def told(run: Path) -> list[str]:
    return [str(d) for d in redrawn(run, run / "figures")]


def test_every_figure_is_drawn_or_said_to_have_too_little(made: Path) -> None:
    listing = json.loads((made / "figures/figures.json").read_text())
    named = [*listing["figures"], *listing["too_little"]]
    assert all(any(n.startswith(family) for n in named) for family in FIGURES)
    assert {"claims_by_voice", "framings_by_camp", "adoption", "outstanding",
            "claim_record_alpha", "credit_map_russian", "stance_timeline_advance",
            "prevalence_timeline_advance", "prevalence_timeline_holds",
            } == set(listing["figures"])  # fmt: skip
    assert f"{FEWEST} places" in listing["too_little"]["open_credit"]
    assert "fewer than two bins" in listing["too_little"]["stance_timeline_holds"]
    for name, figure in listing["figures"].items():
        assert figure["files"] == {f"{name}.svg": sha256_file(made / "figures" / f"{name}.svg")}
        for table, hashed in figure["tables"].items():
            assert hashed == sha256_file(made / f"{table}.parquet")
    assert set(listing["figures"]["framings_by_camp"]["tables"]) == {
        "claims", "assignments", "framings", "sources"
    }  # fmt: skip


def test_the_same_tables_give_the_same_bytes(made: Path, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        draw_figures(
            made, tmp_path / folder, formats=["pdf", "svg", "png"], width="single",
            only=["outstanding", "claim_record", "prevalence_timeline_holds"],
        )  # fmt: skip
    names = sorted(p.name for p in (tmp_path / "one").iterdir())
    assert len(names) == 3 * 3 + 2
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_fonts_are_embedded_and_no_date_is_written(made: Path, tmp_path: Path) -> None:
    draw_figures(made, tmp_path, formats=["pdf", "svg"], only=["claims_by_voice"])
    pdf = (tmp_path / "claims_by_voice.pdf").read_bytes()
    assert b"/FontFile2" in pdf  # TrueType, embedded
    assert b"/Type3" not in pdf
    assert b"CreationDate" not in pdf
    svg = (tmp_path / "claims_by_voice.svg").read_text()
    assert "<dc:date>" not in svg


@pytest.mark.parametrize(("width", "inches"), [("single", 3.5), ("double", 7.2)])
def test_figures_have_the_width_of_the_column(
    made: Path, tmp_path: Path, width: str, inches: float
) -> None:
    draw_figures(made, tmp_path, formats=["svg"], width=width, only=["adoption"])
    found = re.search(r'<svg [^>]*width="([\d.]+)pt"', (tmp_path / "adoption.svg").read_text())
    assert found is not None
    assert float(found[1]) == pytest.approx(72 * inches)


def test_untouched_figures_follow_from_their_tables(run: Path) -> None:
    assert told(run) == []


def test_a_changed_figure_file_is_named(run: Path) -> None:
    path = run / "figures/adoption.svg"
    path.write_text(path.read_text() + "<!-- better -->")
    (found,) = told(run)
    assert found.startswith("figures/adoption.svg: another file than was drawn: got ")


def test_a_figure_that_no_longer_follows_is_named_with_its_table(run: Path) -> None:
    def swap(stances: pd.DataFrame) -> pd.DataFrame:
        return stances.assign(stance=-stances["stance"])

    edit(run, "stances", swap)
    found = told(run)
    assert any(f.startswith("figures/adoption.svg: ") for f in found)
    assert any(f.startswith("figures/stance_timeline_advance.svg: no longer") for f in found)
    assert any("figures.json, adoption, table stances: got" in f for f in found)
    assert not any("framings_by_camp" in f for f in found)


def test_missing_figures_changed_captions_and_pages_are_named(run: Path) -> None:
    (run / "figures/adoption.svg").unlink()
    assert told(run) == ["figures/adoption.svg: missing"]
    path = run / "figures/figures.json"
    listing = json.loads(path.read_text())
    listing["figures"]["outstanding"]["caption"] = "All went well."
    write_json(listing, path)
    (run / "figures/gallery.html").write_text("<p>nothing</p>")
    found = told(run)
    assert any("outstanding, caption: got All went well." in f for f in found)
    assert any("gallery.html" in f for f in found)
    path.write_text("{}")
    with pytest.raises(StorageError, match="draw them again"):
        redrawn(run, run / "figures")


def test_a_figure_whose_data_went_away_says_so(run: Path) -> None:
    edit(run, "control", lambda t: t[t["place_id"] != "alpha"])
    assert any("claim_record_alpha.svg: the tables have too little" in f for f in told(run))


def test_verify_of_a_run_reads_its_figures(
    study_folder: Path, fast_models: object, tmp_path: Path
) -> None:
    from narrative.pipeline import run_study
    from narrative.study import read_study

    out = tmp_path / "out"
    run_study(read_study(study_folder), out)
    draw_figures(out, formats=["svg"])
    assert verify_run(out) == []
    (out / "figures/gallery.html").write_text("")
    (found,) = verify_run(out)
    assert "gallery.html" in str(found)


def test_only_draws_what_is_asked_for_and_unknown_names_are_errors(
    made: Path, tmp_path: Path
) -> None:
    listing = draw_figures(made, tmp_path, formats=["svg"], only=["claim_record_alpha"])
    assert list(listing["figures"]) == ["claim_record_alpha"]
    with pytest.raises(InputError, match="figure 'pie' is unknown; expected one of claims_by"):
        draw_figures(made, tmp_path, only=["pie"])
    with pytest.raises(InputError, match="figure 'claim_record_omega' is unknown"):
        draw_figures(made, tmp_path, only=["claim_record_omega"])
    with pytest.raises(InputError, match="format 'gif'"):
        draw_figures(made, tmp_path, formats=["gif"])
    with pytest.raises(InputError, match="width 'wide'"):
        draw_figures(made, tmp_path, width="wide")


def test_no_text_of_a_study_names_a_file_outside_or_twice(run: Path) -> None:
    assert file_part("../../etc/passwd") == "etc_passwd"
    assert file_part("Куп’янськ") == "kup_yans_k"

    def rename(control: pd.DataFrame) -> pd.DataFrame:
        return control.assign(place_id=control["place_id"].replace("alpha", "../alpha"))

    edit(run, "control", rename)
    listing = draw_figures(run, formats=["svg"], only=["claim_record"])
    assert list(listing["figures"]) == ["claim_record_alpha"]
    more = pd.DataFrame(control_rows())
    edit(run, "control", lambda t: pd.concat([t, more.assign(claim_id="x" + more["claim_id"])]))
    with pytest.raises(InputError, match="would be called 'claim_record_alpha'"):
        draw_figures(run, formats=["svg"], only=["claim_record"])


def test_the_gallery_is_static_and_escapes_what_it_is_told(made: Path) -> None:
    page = (made / "figures/gallery.html").read_text()
    assert "<script" not in page
    assert "A test &amp; more" in page
    assert 'src="adoption.svg"' in page
    assert "http" not in page.replace("http-equiv", "")
    assert "Not drawn, for want of data" in page


def test_the_command_draws_and_tells(run: Path) -> None:
    arguments = ["figures", str(run), "--format", "svg", "--only", "open_credit", "--only",
                 "claims_by_voice", "--out", str(run / "drawn")]  # fmt: skip
    got = CliRunner().invoke(cli, arguments)
    assert got.exit_code == 0
    assert got.stdout == f"1 figures are in {run / 'drawn'}.\n"
    assert "Note: open_credit not drawn: no reference assesses" in got.stderr
    assert (run / "drawn/claims_by_voice.svg").is_file()


def test_a_folder_without_a_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"no manifest\.json of a run"):
        RunTables(tmp_path)


def test_sides_pool_their_camps_and_count_claims_that_take_a_side() -> None:
    tables = run_tables()
    found = side_timeline(tables, TimelineSettings())
    mine = found[(found["framing_id"] == "advance") & (found["side"] == "Russian side")]
    sided = tables["stances"].merge(tables["claims"], on="claim_id")
    sided = sided[(sided["stance"] != 0) & (sided["source_id"] == "ministry")]
    assert mine["n_sided"].sum() == len(sided)
    assert set(found["side"]) == {
        "Russian side", "Ukrainian side", "Western, independent, OSINT"
    }  # fmt: skip
    shown = shown_span(mine.assign(n_sided=[3, 1, 4, 2]))
    assert list(shown["bin_start"]) == ["2025-03-01", "2025-04-01", "2025-05-01"]
    assert shown_span(mine.assign(n_sided=[3, 1, 1, 1])).empty


TIMELINES = ("stance_timeline_advance", "prevalence_timeline_holds")


@pytest.mark.parametrize("name", TIMELINES)
def test_events_of_the_time_that_is_drawn_are_marked_and_named(made: Path, name: str) -> None:
    svg = (made / f"figures/{name}.svg").read_text()
    assert "<!-- It begins -->" in svg  # how matplotlib notes the text that it draws as paths
    assert "<!-- A month of it -->" in svg
    assert "Long after" not in svg  # the last bin ends with June
    listing = json.loads((made / "figures/figures.json").read_text())["figures"][name]
    assert "Grey lines: dated events of the study (3, a band where" in listing["caption"]
    assert "events" in listing["tables"]


@pytest.mark.parametrize(
    ("n", "width", "named", "numbered"),
    [(8, "double", True, False), (9, "double", True, True), (8, "single", True, True),
     (20, "single", True, True), (21, "double", False, False)],
)  # fmt: skip
def test_many_events_are_numbered_and_too_many_only_marked(
    run: Path, tmp_path: Path, n: int, width: str, named: bool, numbered: bool
) -> None:
    days = [event(f"e{i:02d}", f"2025-03-{i + 1:02d}", f"Event no {i}") for i in range(n)]
    edit(run, "events", lambda t: check_table(pd.DataFrame(days), "events"))
    listing = draw_figures(run, tmp_path, formats=["svg"], only=[TIMELINES[0]], width=width)
    svg = (tmp_path / f"{TIMELINES[0]}.svg").read_text()
    assert ("<!-- Event no 0 -->" in svg) == named
    assert ("<!-- 1 Mar 2025 -->" in svg) == numbered
    assert (f"<!-- {n} -->" in svg) == numbered
    caption = listing["figures"][TIMELINES[0]]["caption"]
    assert f"({n}" in caption
    assert ("too many to be named" in caption) != named


def test_labels_of_one_row_do_not_touch_and_rules_end_below_what_they_meet() -> None:
    spans = [(0.0, 50.0), (3.0, 20.0), (4.0, 60.0), (40.0, 45.0), (70.0, 80.0)]
    rows = label_rows(spans)
    for i, (a, b) in enumerate(spans):
        for j, (c, d) in enumerate(spans[i + 1 :], i + 1):
            if c < b and a < d:
                assert rows[i] > rows[j]
    assert rows[-1] == 0
    assert max(label_rows(spans, from_left=True)) == 2  # at most three meet


def test_a_figure_without_events_has_no_room_for_them(run: Path, tmp_path: Path) -> None:
    edit(run, "events", lambda t: t.iloc[:0])
    listing = draw_figures(run, tmp_path, formats=["svg"], only=TIMELINES)
    assert "Grey" not in listing["figures"][TIMELINES[0]]["caption"]
    heights = [re.search(r'height="([\d.]+)pt"', (folder / f"{TIMELINES[0]}.svg").read_text())
               for folder in (tmp_path, run / "figures")]  # fmt: skip
    without, with_events = (float(h[1]) for h in heights if h)
    assert without < with_events


def test_prevalence_counts_all_claims_of_a_side_and_copies_once() -> None:
    tables = run_tables()
    tables["documents"]["copy_group"] = ["d0", "d0", "d2", "d3"]
    found = side_timeline(tables, TimelineSettings())
    mine = found[(found["framing_id"] == "holds") & (found["side"] == "Russian side")]
    claims = tables["claims"].assign(month=tables["claims"]["said_at"].str[:7])
    claims = claims[claims["source_id"] == "ministry"].merge(tables["assignments"], on="claim_id")
    units = claims["doc_id"].replace("d1", "d0")
    for row in mine.to_dict("records"):
        month = claims["month"] == row["bin_start"][:7]
        assert row["n_claims"] == month.sum()
        assert row["prevalence"] == pytest.approx((claims["framing_id"][month] == "holds").mean())
        assert row["n_docs_all"] == units[month].nunique()


def test_bands_of_events_last_until_the_next_and_others_for_their_days() -> None:
    rows = [
        ("events", "a", "2025-03-01", "2025-03-01", 0.0, 0.5),
        ("events", "a", "2025-03-10", "2025-03-10", 0.95, 1.0),
        ("map", "a", "2025-01-01", "2025-03-05", 0.0, 0.04),
        ("map", "a", "2025-03-08", "2025-03-09", 0.6, 0.7),
        ("map", "b", "2025-03-08", "2025-03-09", 0.6, 0.7),
    ]
    columns = ["reference", "place_id", "first", "last", "low", "high"]
    table = pd.DataFrame(rows, columns=columns)
    found = record_bands(table, "a", "2025-02-20", "2025-03-20")
    assert found.to_numpy().tolist() == [
        ["events", "2025-03-01", "2025-03-10", "encircled_by_ukraine"],
        ["events", "2025-03-10", "2025-03-20", "russian"],
        ["map", "2025-02-20", "2025-03-06", "ukrainian"],
        ["map", "2025-03-08", "2025-03-10", "mostly_russian"],
    ]


def test_towns_and_first_claims_are_of_the_holder_that_is_asked_for() -> None:
    tables = run_tables()
    found = towns(tables["control"], tables["assessments"], "map", {"alpha": "Alpha"})
    assert found["name"].tolist() == ["Alpha", "beta", "gamma", "delta"]
    assert found["full_at"].tolist()[0] == "2025-04-11"
    other = towns(tables["control"], tables["assessments"], "map", {}, holder="ukrainian")
    assert other.empty  # it was held on the first day assessed
    first = one_voice(tables["ledger"], ("russian",))
    assert len(first[first["level"] == 0.5]) == len(PLACES)
    assert curves(first).empty


def test_figures_by_another_version_say_so(run: Path) -> None:
    path = run / "figures/figures.json"
    listing = json.loads(path.read_text())
    listing["drawn_by"]["matplotlib"] = "0.1"
    listing["figures"]["adoption"]["files"]["adoption.svg"] = "0" * 64
    write_json(listing, path)
    assert any(
        "no longer what its tables give (drawn by matplotlib 0.1, here" in f for f in told(run)
    )
