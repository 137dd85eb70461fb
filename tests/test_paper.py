"""What a paper takes from a run: escaped, citable, and checked against the run."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from pybtex.database import parse_string
from pylatexenc.latexwalker import LatexWalker

from narrative.cli import cli
from narrative.errors import InputError, StorageError
from narrative.figures.sheets import RunTables
from narrative.measured import measured_rows, shipped_measures
from narrative.numbers import summarise
from narrative.paper import bibtex, check_paper, cited, write_paper
from narrative.paper.bibliography import read_citation, short_names, uses, works
from narrative.paper.blocks import TO_FILL, Cited, Grid, Section, latex, markdown
from narrative.paper.latex import booktabs, escape
from narrative.paper.macros import macro_name, macros, numbers_tex
from narrative.paper.tables import camp_stances, signed
from narrative.pipeline import run_study
from narrative.schema import TABLES, check_table, empty_table
from narrative.storage import read_table, write_json, write_table
from narrative.timeline import TimelineSettings

NASTY = r"\input{/etc/passwd} & 50% of $x_1$ #1 ~ ^ {a} [b] <i> | `c` * ‮evil"
ROOT = Path(__file__).resolve().parents[1]
# Comments stand on lines of their own, or behind a macro.
_COMMENT = re.compile(r"(?m)^%.*$|(?<=^\\newcommand)(\{\\\w+\}\{[^{}]*\}) %.*$")
_COLUMNS = re.compile(r"\\begin\{(tabular|longtable)\}\{(?:[^{}]|\{[^{}]*\})*\}")
_NAMES = re.compile(r"\\(begin|end|label)\{[^{}]*\}|~\\cite\{[^{}]*\}")


def uncommented(tex: str) -> str:
    return _COMMENT.sub(lambda m: m[1] or "", tex)


def unescaped(tex: str) -> str:
    """Return what is left of a LaTeX text when commands and what was escaped are taken out."""
    tex = _NAMES.sub("", _COLUMNS.sub("", uncommented(tex)))
    return re.sub(r"\\[a-zA-Z]+|\\[^a-zA-Z]", "", tex)


def assert_sound(tex: str) -> None:
    """Check that LaTeX can be read, its braces balance and no special character stands bare."""
    LatexWalker(tex, tolerant_parsing=False).get_latex_nodes()
    depth = 0
    for char in re.sub(r"\\.", "", uncommented(tex), flags=re.S):
        depth += {"{": 1, "}": -1}.get(char, 0)
        assert depth >= 0
    assert depth == 0
    left = unescaped(tex)
    assert not set("$#^_~%") & set(left), left
    assert "\u202e" not in tex
    assert tex.count(r"\begin{") == tex.count(r"\end{")
    # An ampersand divides cells, in rows and nowhere else; rows of a table have as many.
    for table in re.findall(r"\\toprule(.*?)\\end\{(?:tabular|longtable)\}", tex, flags=re.S):
        rows = [line for line in table[0:].splitlines() if line.endswith(r" \\")]
        assert len({re.sub(r"\\.", "", row).count("&") for row in rows}) == 1
    outside = re.sub(r"\\begin\{(tabular|longtable)\}.*?\\end\{\1\}", "", tex, flags=re.S)
    assert "&" not in unescaped(outside)


def tables() -> dict[str, pd.DataFrame]:
    """Return tables of a run whose every text is out to break LaTeX."""
    rows = [
        {"claim_id": f"c{i}", "doc_id": f"d{i % 4}", "sent_index": i, "start": 0, "end": 1,
         "text": NASTY, "voice": "author", "source_id": "s&1" if i % 2 else "s2",
         "chain": "paper", "cue_stance": 0, "attribution_score": 1.0, "said_at": "2025-03-01",
         "said_precision": "day"} for i in range(16)
    ]  # fmt: skip
    claims = pd.DataFrame(rows).reindex(columns=list(TABLES["claims"]))
    documents = pd.DataFrame(
        [{"doc_id": f"d{i}", "outlet": "paper", "published_at": f"2025-03-0{i + 1}", "lang": "en",
          "published_precision": "day", "text": "one two", "copy_group": f"d{1 if i == 3 else i}"}
         for i in range(4)]
    ).reindex(columns=list(TABLES["documents"]))  # fmt: skip
    sources = [("s&1", NASTY, "person", "russian", ""), ("s2", "B", "person", "western", "")]
    framings = empty_table("framings").reindex([0, 1])
    framings = framings.assign(
        framing_id=["advance", "x_00"], label=[NASTY, "found"], proposition=["They advance.", ""],
        origin=["codebook", "discovered"], n_claims=[10, 3], stability=[None, 0.5],
        stability_low=[None, 0.1], certificate=["not measured", "unstable"],
    )  # fmt: skip
    stances = [{"claim_id": f"c{i}", "framing_id": "advance", "stance": 1 if i % 4 else -1,
                "p_against": 0.1, "p_none": 0.1, "p_favor": 0.8, "score": 0.1}
               for i in range(16)]  # fmt: skip
    assigned = [{"claim_id": f"c{i}", "framing_id": "advance" if i < 10 else "-1",
                 "membership": 0.5} for i in range(16)]  # fmt: skip
    ledger = {
        "place_id": "town_1", "claimant": "s&1", "camp": "russian", "claimed_status": "russian",
        "extent": "part", "said_at": "2025-03-01", "claim_ids": "c0", "reference": "map_1",
        "level": 0.5, "share_low": 0.1, "share_high": 0.2, "reached_after": "2025-04-01",
        "reached_by": "", "credit_low": 31.0, "credit_high": float("inf"), "exposed_at": "",
        "repeats_after_exposure": 0, "retracted_at": "",
    }  # fmt: skip
    control = {"claim_id": "c0", "place_id": "town_1", "claimant": "s&1", "camp": "russian",
               "claimed_status": "russian", "extent": "part", "share": "", "certainty": "said",
               "said_at": "2025-03-01", "by_context": False}  # fmt: skip
    reference = {"reference": "map_1", "title": NASTY, "lag_days": 1.0, "until": "", "bias": NASTY,
                 "citation": "Maps & Co. 100%", "url": "https://x.org/a_b#c%20{d}"}  # fmt: skip
    made = {
        "claims": claims, "documents": documents, "framings": framings,
        "sources": pd.DataFrame(sources, columns=list(TABLES["sources"])),
        "stances": pd.DataFrame(stances), "assignments": pd.DataFrame(assigned),
        "ledger": pd.DataFrame([ledger]), "control": pd.DataFrame([control]),
        "references": pd.DataFrame([reference]),
    }  # fmt: skip
    filled = {n: made.get(n, empty_table(n)) for n in TABLES if n not in ("places", "events")}
    return {n: check_table(t, n) for n, t in filled.items()}


MANIFEST: dict[str, Any] = {
    "study": {
        "name": "study_1", "title": NASTY, "shipped_sources": True, "lang": "en",
        "encoder": {"model": "all-MiniLM-L6-v2", "revision": ""},
        "framings": {"min_membership": 0.3, "discover": True, "distance_threshold": 0.6,
                     "min_cluster_size": 5, "n_boot": 50},
        "stance": {"model": "", "revision": ""},
        "timeline": {"freq": "month"},
    },
    "random_state": 0, "parser": "",
    "weights": {"adapter": "aa11", "encoder": "bb22", "stance_pairs": "cc33"},
    "attribution": {"en": {"method": "rules", "cues": "en"}},
    "stance_methods": {"advance": "trained head: advance"},
    "model_error": {"macro-F1, written claims: advance": 0.71, "macro-F1: other": 0.1},
    "packages": {"narrative": "9.9.9"}, "inputs": {"documents": "dd44"}, "code": "ee55",
    "tables": {},
}  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    made = tables()
    for name, table in made.items():
        write_table(table, folder / f"{name}.parquet")
    write_json(MANIFEST, folder / "manifest.json")
    write_json(summarise(made), folder / "numbers.json")
    return folder


@pytest.fixture
def paper(run: Path, tmp_path: Path) -> Path:
    write_paper(run, tmp_path / "paper")
    return tmp_path / "paper"


def told(run: Path, paper: Path) -> list[str]:
    return [str(d) for d in check_paper(run, paper)]


def test_all_latex_is_sound_whatever_the_study_says(paper: Path) -> None:
    for path in sorted(paper.glob("*.tex")):
        assert_sound(path.read_text())
    assert r"\textbackslash{}input\{/etc/passwd\}" in (paper / "table_sources.tex").read_text()
    assert r"\section{Methods: \textbackslash{}input" in (paper / "methods.tex").read_text()


@pytest.mark.parametrize("bad", [r"\begin{tabular}{l} a_b \end{tabular}", "{a", "5 % x}{"])
def test_the_check_itself_fails_on_bad_latex(bad: str) -> None:
    with pytest.raises(Exception):  # noqa: B017 - whichever of its checks
        assert_sound(bad)


def test_rows_cannot_start_with_an_argument_of_the_line_before() -> None:
    made = booktabs([["[1in]", "*"]], ["a", "b"], "ll", caption="c", label="l")
    assert "\n{[}1in{]} & {*} \\\\\n" in made
    long = booktabs([["a"]] * 31, ["a"], "l", caption="c", label="l")
    assert_sound(long)
    assert r"\begin{longtable}" in long
    assert escape("one\n\ntwo") == "one two"


def test_tables_say_what_the_run_holds(paper: Path) -> None:
    sources = (paper / "table_sources.tex").read_text()
    assert "western & 1 & 2 & 8 & 0.50 & B (8)" in sources
    framings = (paper / "table_framings.tex").read_text()
    assert "found & discovered & 3 & 0.19 & 0.50 (low 0.10) & unstable" in framings
    assert "No framing &  & 6 & 0.38" in framings
    ledger = (paper / "table_ledger.tex").read_text()
    assert (
        r"russian, part & 2025-03-01 & map\_\allowbreak{}1 & 10–20 & \ensuremath{\geq} 31 & –"
        in ledger
    )


def measures(run: Path, **manifest: Any) -> set[tuple[str, str]]:
    """Return step and system of what the methods of a run with this manifest report."""
    write_json(MANIFEST | manifest, run / "manifest.json")
    found = RunTables(run)
    rows = measured_rows(found.manifest, found.table("framings"))
    return {(row[0], row[1].rsplit("(", 1)[1].rstrip(")")) for row in rows}


def test_methods_report_the_error_of_what_the_run_used_alone(run: Path) -> None:
    shipped = "ukrainian_counteroffensive"
    head = {shipped: f"trained head: {shipped}"}
    heads = measures(run, stance_methods=head)
    assert {("framing", "guided"), ("claims", "rules"), ("place", "rules")} <= heads
    assert {(step, how) for step, how in heads if step.startswith("stance")} == {
        (f"stance: {shipped}", "trained head")
    }
    reader = {"en": {"method": "reader and rules", "cues": "en"}}
    own = measures(run, stance_methods=head | {"own": "cross-encoder"}, attribution=reader)
    assert ("framing", "nearness to codebook") in own
    assert ("framing", "guided") not in own
    assert ("claims", "reader and rules") in own
    assert ("claims", "rules") not in own
    assert {how for step, how in own if step == f"stance: {shipped}"} == {
        "trained head", "cross-encoder"
    }  # fmt: skip


def test_what_was_measured_has_its_n_and_lies_within_its_interval() -> None:
    table = shipped_measures()
    assert (table["n"] > 0).all()
    given = table.dropna(subset=["low"])
    assert len(given) > 20
    assert ((given["low"] <= given["value"]) & (given["value"] <= given["high"])).all()


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX here")
def test_the_kit_compiles_and_keeps_to_the_line(paper: Path) -> None:
    inputs = [rf"\input{{{p.stem}}}" for p in sorted(paper.glob("*.tex")) if p.stem != "numbers"]
    lines = [r"\documentclass{article}", r"\usepackage[T1]{fontenc}",
             r"\usepackage{array,booktabs,longtable}", r"\input{numbers}", r"\begin{document}",
             r"$\NarrClaims$", *inputs, r"\end{document}"]  # fmt: skip
    (paper / "main.tex").write_text("\n".join(lines), encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "main"],
        cwd=paper, capture_output=True, check=False,
    )  # fmt: skip
    log = (paper / "main.log").read_text(encoding="utf-8", errors="replace")
    assert done.returncode == 0, log[-2000:]
    beyond = [float(pt) for pt in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]
    # The hostile title is one word without a break, of more than a column; a table that does not
    # fit is as many points wide of the line as a column has.
    assert not [pt for pt in beyond if pt > 30], log


def test_stance_by_camp_counts_copies_once_and_gives_intervals() -> None:
    found = camp_stances(tables(), TimelineSettings(min_docs=2), 0).set_index("camp")
    # One camp speaks in d1 and its copy d3, the other in d0 and d2.
    assert found["n_docs"].to_dict() == {"russian": 1, "western": 2}
    assert pd.isna(found.loc["russian", "low"])
    assert found.loc["russian", "stance"] == 1.0
    assert found.loc["western", "stance"] == 0.0
    assert found.loc["western", "low"] < 0 < found.loc["western", "high"]
    assert camp_stances(tables(), TimelineSettings(min_docs=3), 0)["low"].isna().all()
    assert [signed(v) for v in (-0.004, -0.456, 1)] == ["0.00", "−0.46", "+1.00"]


def test_every_number_has_a_macro_with_a_name_of_letters(run: Path, paper: Path) -> None:
    numbers = json.loads((run / "numbers.json").read_text())
    text = (paper / "numbers.tex").read_text()
    found = dict(re.findall(r"\\newcommand\{\\(\w+)\}\{([^{}]*)\} %", text))
    assert found == {name: value for name, (value, _) in macros(numbers).items()}
    assert all(re.fullmatch(r"Narr[A-Za-z]+", n) for n in found)
    assert found["NarrClaims"] == "16"
    assert found["NarrClaimsByFramingXZeroZero"] == "3"
    assert found["NarrStanceByCampAdvanceRussian"] == "1.0"
    assert found["NarrShareWithoutFraming"] == "0.375"

    def leaves(value: Any) -> int:
        return sum(map(leaves, value.values())) if isinstance(value, dict) else 1

    assert len(found) == leaves(numbers)


def test_numbers_that_would_be_one_macro_are_an_error(run: Path, tmp_path: Path) -> None:
    assert macro_name(("claims_by_camp", "pro_russian")) == "NarrClaimsByCampProRussian"
    assert macro_name(("x", "Наступ 2")) == "NarrXNastupTwo"
    with pytest.raises(InputError, match=r"'x, a_b' and 'x, a-b' would both be \\NarrXAB"):
        macros({"x": {"a-b": 1, "a_b": 2}})
    with pytest.raises(InputError, match=r"'n_claims' and 'claims'"):
        macros({"claims": 1, "n_claims": 2})
    with pytest.raises(InputError, match="no letter or digit"):
        macros({"x": {"!": 1}})
    with pytest.raises(InputError, match="what stands for no number"):
        macros({"missing": 1})
    with pytest.raises(InputError, match="expected a number"):
        macros({"x": "text"})
    write_json({"a b": 1, "a_b": 2}, run / "numbers.json")
    with pytest.raises(InputError, match="would both be"):
        write_paper(run, tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_number_that_is_not_given_is_a_dash() -> None:
    text = numbers_tex({"contest": {"a": None}, "b": -0.5})
    assert r"\newcommand{\NarrContestA}{\NarrMissing}" in text
    assert r"\newcommand{\NarrB}{-0.5}" in text
    assert_sound(text)


def test_methods_answer_the_checklist_from_the_manifest(paper: Path) -> None:
    text = (paper / "methods.md").read_text()
    heads = re.findall(r"(?m)^## (.*)$", text)
    for topic in ("Corpus", "Unit", "Preprocessing", "Models", "Validation", "Uncertainty",
                  "Limits", "Reproduction"):  # fmt: skip
        assert any(h.startswith(topic) for h in heads)
    assert "4 documents of 1 outlets, published from 2025-03-01 to 2025-03-04" in text
    assert "3 groups of copies" in text
    assert "| claims | found (F1) (rules) |" in text
    assert "macro-F1: other" not in text  # a head that scored nothing here
    assert "| weights: adapter | aa11 |" in text
    assert "PolNeAR" not in text  # rules alone attributed
    assert text.count(TO_FILL) == 3
    assert "<i>" not in text
    assert "Sokal and Michener 1958" in text
    assert r"~\cite{sokal1958upgma}" in (paper / "methods.tex").read_text()
    assert "Korn and Graubard" not in text  # the timeline is empty: no interval was made


def test_works_that_methods_cite_are_in_the_bibliography(paper: Path) -> None:
    named = re.findall(r"\\cite\{([^{}]*)\}", (paper / "methods.tex").read_text())
    entries = parse_string((paper / "references.bib").read_text(), "bibtex").entries
    assert {k for keys in named for k in keys.split(",")} <= set(entries)


def test_the_datasheet_counts_and_leaves_questions_open(paper: Path) -> None:
    text = (paper / "datasheet.md").read_text()
    heads = re.findall(r"(?m)^## (.*)$", text)
    assert heads == ["Motivation", "Composition", "Collection process",
                     "Preprocessing, cleaning, labelling", "Uses", "Distribution",
                     "Maintenance"]  # fmt: skip
    assert "4 of them, 8 words" in text
    assert "1 documents are near-duplicates" in text
    assert "| paper | 4 | 2025-03-01 | 2025-03-04 |" in text
    assert TO_FILL in text


def test_bibtex_has_the_package_its_models_references_and_methods_used(run: Path) -> None:
    entries = cited(RunTables(run))
    parsed = parse_string(bibtex(entries), "bibtex").entries
    assert list(parsed) == list(entries)
    assert parsed["narrative"].fields["version"] == "9.9.9"
    assert "aa11" in parsed["model_stance"].fields["note"]
    assert "korn1998interval" not in parsed  # the timeline is empty: no interval was made
    assert "newell2018polnear" not in parsed
    assert {"broder1997resemblance", "sokal1958upgma", "hennig2007stability"} <= set(parsed)
    reference = parsed["ref_map_1"]
    assert reference.fields["note"] == r"Maps \& Co. 100\%"
    assert reference.fields["url"] == "https://x.org/a_b#c%20%7Bd%7D"
    assert r"\textbackslash{}input" in reference.fields["title"]


def test_only_methods_of_the_run_are_cited(run: Path) -> None:
    assert uses(RunTables(run)) == {"copies", "encoder", "minilm", "terms", "discovery",
                                    "stability"}  # fmt: skip
    other = json.loads(json.dumps(MANIFEST))
    other["stance_methods"] = {"advance": "cross-encoder"}
    other["attribution"]["en"]["method"] = "reader and rules"
    other["parser"] = "spacy:x"
    other["study"]["timeline"]["interval"] = "bootstrap"
    write_json(other, run / "manifest.json")
    line = {"level": "camp", "source_id": "russian", "framing_id": "advance", "n_docs": 1,
            "bin_start": "2025-03-01", "bin_end": "2025-04-01", "n_claims": 1}  # fmt: skip
    columns = list(TABLES["timeline"])
    table = check_table(pd.DataFrame([line]).reindex(columns=columns), "timeline")
    write_table(table, run / "timeline.parquet")
    write_table(read_table(run / "framings.parquet").iloc[:1], run / "framings.parquet")
    write_json({"figures": {"open_credit": {}}}, run / "figures/figures.json")
    found = uses(RunTables(run))
    assert {"reader", "spacy", "cross-encoder", "bootstrap", "survival"} <= found
    assert not {"discovery", "stability", "clustered", "pelt"} & found
    entries = cited(RunTables(run), ["pelt"])
    assert {"kaplan1958nonparametric", "killick2012pelt", "truong2020ruptures"} <= set(entries)
    assert "model_pairs" in entries
    assert not {"korn1998interval", "sokal1958upgma", "haugh1976checking"} & set(entries)
    with pytest.raises(InputError, match="'astrology' is in no bibliography"):
        cited(RunTables(run), ["astrology"])


def test_the_bibliography_is_whole() -> None:
    needed = {"article": {"journal"}, "inproceedings": {"booktitle"}, "misc": set()}
    for key, work in works().items():
        assert {"use", "short", "type", "author", "title", "year"} <= set(work), key
        assert needed[work["type"]] <= set(work), key
        assert work["year"] in key
        assert work["year"] in work["short"]
        assert re.fullmatch(r"10\.\d{4,}/\S+", work.get("doi", "10.1000/x")), key
    parse_string(bibtex(works()), "bibtex")


def test_the_citation_file_is_that_of_the_repository_and_of_the_schema() -> None:
    shipped = ROOT / "narrative/data/CITATION.cff"
    assert shipped.read_bytes() == (ROOT / "CITATION.cff").read_bytes()
    cff = read_citation()
    # Required and allowed by the Citation File Format 1.2.0.
    assert cff["cff-version"] == "1.2.0"
    assert cff["type"] in ("software", "dataset")
    known = {"cff-version", "message", "type", "title", "version", "license", "authors", "keywords",
             "references", "abstract", "commit", "contact", "date-released", "doi", "identifiers",
             "license-url", "preferred-citation", "repository", "repository-artifact",
             "repository-code", "url"}  # fmt: skip
    assert set(cff) <= known
    for work in (cff, *cff["references"]):
        assert work["title"]
        assert work["authors"]
        assert all("name" in a or "family-names" in a for a in work["authors"])


def test_an_untouched_paper_follows_from_the_run(run: Path, paper: Path) -> None:
    assert told(run, paper) == []


def test_a_changed_macro_is_named_with_its_value(run: Path, paper: Path) -> None:
    path = paper / "numbers.tex"
    text = path.read_text()
    path.write_text(
        text.replace(r"{\NarrClaims}{16}", r"{\NarrClaims}{61}") + "\\newcommand{\\x}{1}\n"
    )
    assert told(run, paper) == [
        r"paper/numbers.tex, \NarrClaims: got 61, expected 16 (derived)",
        r"paper/numbers.tex, \x: got 1, expected no such macro (derived)",
    ]
    path.write_text(text + "a line\n")
    assert told(run, paper) == ["paper/numbers.tex: a line that was not written: got a line"]
    path.write_text(text.replace("% $", "% or $"))
    assert told(run, paper) == ["paper/numbers.tex: other comments or order than were written"]


def test_changed_tables_and_runs_are_named(run: Path, paper: Path) -> None:
    path = paper / "table_sources.tex"
    path.write_text(path.read_text().replace("& 8 & 0.50 & B (8)", "& 9 & 0.50 & B (8)"))
    (found,) = told(run, paper)
    assert re.match(r"paper/table_sources.tex, line \d+: got western & 1 & 2 & 9", found)
    (paper / "table_ledger.tex").unlink()
    assert "paper/table_ledger.tex: missing" in told(run, paper)
    write_paper(run, paper)
    assert told(run, paper) == []
    write_json({"n_claims": 17}, run / "numbers.json")
    assert r"paper/numbers.tex, \NarrClaims: got 16, expected 17 (derived)" in told(run, paper)


def test_what_was_edited_by_hand_is_left(run: Path, paper: Path) -> None:
    edited = (paper / "datasheet.md").read_text().replace(TO_FILL, "Answered")
    (paper / "datasheet.md").write_text(edited)
    written, left = write_paper(run, paper)
    assert left == ["datasheet.md"]
    assert "datasheet.md" not in written
    assert write_paper(run, paper)[1] == ["datasheet.md"]
    assert (paper / "datasheet.md").read_text() == edited
    assert told(run, paper) == []


def test_the_same_run_gives_the_same_bytes(run: Path, paper: Path, tmp_path: Path) -> None:
    write_paper(run, tmp_path / "again")
    for path in paper.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_commands_write_print_and_check(
    study_folder: Path, fast_models: object, tmp_path: Path
) -> None:
    from narrative.study import read_study

    out, kit = tmp_path / "out", tmp_path / "kit"
    run_study(read_study(study_folder), out)
    got = CliRunner().invoke(cli, ["paper", str(out), "--out", str(kit), "--also", "pelt"])
    assert got.exit_code == 0, got.output
    assert got.stdout.startswith("numbers.tex, table_sources.tex")
    for path in sorted(kit.glob("*.tex")):
        assert_sound(path.read_text())
    (kit / "methods.md").write_text("mine")
    again = CliRunner().invoke(cli, ["paper", str(out), "--out", str(kit)])
    assert "methods.md was edited, and left as it is" in again.stderr
    printed = CliRunner().invoke(cli, ["cite", str(out)]).stdout
    entries = parse_string(printed, "bibtex").entries
    assert "narrative" in entries
    assert "killick2012pelt" not in entries
    assert "killick2012pelt" in (kit / "references.bib").read_text() or "pelt" not in printed
    good = CliRunner().invoke(cli, ["verify", str(out), "--paper", str(kit)])
    assert good.exit_code == 0, good.output
    (kit / "table_stance.tex").write_text("")
    bad = CliRunner().invoke(cli, ["verify", str(out), "--paper", str(kit)])
    assert bad.exit_code == 1
    assert "kit/table_stance.tex, line 1: got nothing" in bad.stdout


def test_a_run_without_numbers_says_so(run: Path, tmp_path: Path) -> None:
    (run / "numbers.json").unlink()
    with pytest.raises(StorageError, match=r"numbers\.json: cannot be read"):
        write_paper(run, tmp_path / "x")


def test_blocks_are_the_same_text_in_both_forms() -> None:
    grid = Grid(("a", "b"), [("1|2", "x_y")], "caption", "tab:x")
    sections = [
        Section("T_1", ["A & b", ["one", "[two]"], Cited("Said", ("korn1998interval",)), grid])
    ]
    assert_sound(latex("T", sections))
    text = markdown("T", sections, short_names())
    assert r"| 1\|2 | x\_y |" in text
    assert "Said (Korn and Graubard 1998)." in text
    assert r"- \[two\]" in text
