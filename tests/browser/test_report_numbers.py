"""Numbers of the report that the page makes itself, against the package's functions."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from chromium import Tab

from narrative.battle import adoption, against_interest, first_adopters
from narrative.figures.shares import home_camps
from narrative.report import write_report
from narrative.resampling import ratio_intervals
from narrative.storage import read_table
from narrative.timeline import TimelineSettings, estimate_timeline

# Keeps every claim, but is a filter: the page then makes its own numbers.
EVERYTHING = "&voice=author&voice=quoted&voice=paraphrased&voice=mixed"
SOURCES = [("mod", "russian"), ("staff", "ukrainian"), ("isw", "western"), ("x", "unknown")]
VOICES = ("author", "quoted", "paraphrased", "mixed")
REPLICATES = 400  # as in bootstrap.js
N_DOCS, N_SMALL, N_COPIES = 60, 12, 16


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, write_run: Callable[..., None]) -> Path:
    """Return a run of 60 documents in two months: 12 of one outlet, and 16 copies of one report."""
    folder = tmp_path_factory.mktemp("numbers")
    rng = np.random.default_rng(3)
    documents, claims, stances, assigned = [], [], [], []
    for d in range(N_DOCS):
        outlet = "small" if d < N_SMALL else "large"
        copied = d >= N_DOCS - N_COPIES
        text = ""
        # Copies say the same; documents differ in how much they say and in what.
        of = np.random.default_rng(99) if copied else rng
        lean = of.beta(1, 1)
        for n in range(of.integers(2, 8)):
            source = SOURCES[int(of.integers(4))][0]
            said = f"sentence {n} of document {d} is said"
            start, name = len(text), f"d{d:02d}:{n:02d}"
            text += f"{said}. "
            claims.append(
                {"claim_id": name, "doc_id": f"d{d:02d}", "sent_index": n, "start": start}
                | {"end": start + len(said), "text": said, "voice": VOICES[int(of.integers(4))]}
                | {"source_id": source, "chain": f"{outlet}>{source}", "cue_stance": 0}
                | {"attribution_score": 0.5, "said_at": f"2025-{9 + d % 2:02d}-{n + 10}"}
                | {"said_precision": "day"}
            )
            for framing in "fg":
                side = int(of.choice([1, -1, 0], p=[0.8 * lean, 0.8 * (1 - lean), 0.2]))
                stances.append({"claim_id": name, "framing_id": framing, "stance": side})
            assigned.append({"claim_id": name, "framing_id": "f", "membership": 0.9})
        documents.append(
            {"doc_id": f"d{d:02d}", "outlet": outlet, "published_at": "2025-10-30", "lang": "en"}
            | {"published_precision": "day", "title": f"Document {d}", "text": text}
            | {"text_sha256": f"{d:064x}", "copy_group": "copied" if copied else f"d{d:02d}"}
        )
    tables: dict[str, list[dict[str, Any]]] = {
        "documents": documents, "claims": claims, "assignments": assigned,
        "stances": [s | {"p_against": 0.1, "p_none": 0.1, "p_favor": 0.8, "score": 0.1}
                    for s in stances],
        "certainty": [{"claim_id": c["claim_id"], "certainty": "na", "p_na": 1.0} for c in claims],
        "sources": [{"source_id": s, "name": s.upper(), "camp": c, "kind": "organisation"}
                    for s, c in SOURCES],
        "framings": [{"framing_id": f, "label": f"Framing {f}", "origin": "codebook",
                      "n_claims": 1, "proposition": f"It is {f}.", "certificate": "not measured"}
                     for f in "fg"],
        "events": [], "ledger": [], "timeline": [],
    }  # fmt: skip
    homes = {"homes": {"f": "russian", "g": "ukrainian"}}
    write_run(folder, tables, homes)
    used = ("claims", "assignments", "stances", "documents", "sources")
    timeline = estimate_timeline(*(read_table(folder / f"{n}.parquet") for n in used))
    write_run(folder, tables | {"timeline": timeline.to_dict("records")}, homes)
    return folder


@pytest.fixture(scope="module")
def report(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(run, path)
    return path


def tables_of(run: Path) -> dict[str, pd.DataFrame]:
    names = ("claims", "assignments", "stances", "documents", "sources")
    return {n: read_table(run / f"{n}.parquet") for n in names}


def opened(tab: Tab, report: Path, fragment: str, made_by: str) -> Any:
    page = tab.open(report, fragment)
    page.wait_for_selector(f"#view[data-intervals={made_by}]", timeout=5000)
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    return page


def rows_of(page: Any, caption: str) -> list[list[str]]:
    """Return the cells of the table whose caption begins so."""
    found = page.locator("#view table").filter(has=page.locator("caption", has_text=caption))
    return [r.locator("th, td").all_inner_texts() for r in found.locator("tbody tr").all()]


def limits(text: str) -> tuple[float, float] | None:
    """Return the limits of an interval as it is written: "−0.20 to +0.31", "12 to 40 %"."""
    if text in ("none", "–"):
        return None
    low, high = (float(v) for v in re.findall(r"[-+]?[\d.]+", text.replace("−", "-")))
    return low, high


def time_cells(page: Any) -> dict[tuple[str, str], tuple[float, float] | None]:
    rows = rows_of(page, "Stance towards")
    return {(r[0], r[1]): limits(r[3]) for r in rows}


def expected_cells(tables: dict[str, pd.DataFrame], **kwargs: Any) -> pd.DataFrame:
    settings = TimelineSettings(**kwargs)
    made = estimate_timeline(*tables.values(), settings=settings, random_state=5)
    mine = made[(made["level"] == "camp") & (made["framing_id"] == "f")]
    return mine.set_index(["source_id", "bin_start"])


def test_an_unfiltered_page_shows_the_intervals_of_the_run(
    tab: Tab, run: Path, report: Path
) -> None:
    page = opened(tab, report, "#view=time&toward=f", "run")
    expected = expected_cells(tables_of(run))
    cells = time_cells(page)
    assert len(cells) == 8
    for key, span in cells.items():
        wanted = (expected.loc[key, "stance_low"], expected.loc[key, "stance_high"])
        assert span == pytest.approx(wanted, abs=0.0051)  # two digits are shown
    assert "are the run’s: Jeffreys’" in page.inner_text("#view")


def test_a_filter_that_keeps_all_has_the_bootstrap_of_the_package(
    tab: Tab, run: Path, report: Path
) -> None:
    page = opened(tab, report, f"#view=time&toward=f{EVERYTHING}", "page")
    expected = expected_cells(tables_of(run), interval="bootstrap", n_boot=20_000)
    cells = time_cells(page)
    assert len(cells) == 8
    # A percentile p of R normal replicates has the error sqrt(p (1 - p) / R) / density: 0.134 of a
    # standard deviation for p = 0.025 and R = 400, and the interval is 3.92 deviations long. Four
    # such errors are allowed to each of sixteen limits, and what two digits leave out.
    error = np.sqrt(0.025 * 0.975 / REPLICATES) / 0.05845
    for key, span in cells.items():
        low, high = expected.loc[key, "stance_low"], expected.loc[key, "stance_high"]
        allowed = 4 * error * (high - low) / 3.92 + 0.005
        assert span is not None
        assert span == pytest.approx((low, high), abs=allowed)
    assert "made in this page: percentiles of 400 resamplings" in page.inner_text("#view")
    # The same page gives the same intervals.
    assert time_cells(opened(tab, report, f"#view=time&toward=f{EVERYTHING}", "page")) == cells


def test_copies_are_drawn_together(tab: Tab, run: Path, report: Path) -> None:
    """Were each copy a unit of its own, the interval of a cell full of copies would be shorter."""
    tables = tables_of(run)
    cells = time_cells(opened(tab, report, f"#view=time&toward=f{EVERYTHING}", "page"))
    apart = tables["documents"].assign(copy_group=tables["documents"]["doc_id"])
    alone = expected_cells(tables | {"documents": apart}, interval="bootstrap", n_boot=4000)
    together = expected_cells(tables, interval="bootstrap", n_boot=4000)
    width = {k: v[1] - v[0] for k, v in cells.items() if v}
    gain = (together["stance_high"] - together["stance_low"]) / (
        alone["stance_high"] - alone["stance_low"]
    )
    key = gain.idxmax()
    assert gain[key] > 1.2, "the corpus must tell the two apart"
    one = alone.loc[key, "stance_high"] - alone.loc[key, "stance_low"]
    assert width[key] > 1.1 * one


def test_fewer_documents_give_wider_intervals_and_two_give_none(tab: Tab, report: Path) -> None:
    everything = time_cells(opened(tab, report, f"#view=time&toward=f{EVERYTHING}", "page"))
    fewer = time_cells(opened(tab, report, "#view=time&toward=f&outlet=small", "page"))
    widths = [
        (fewer[k][1] - fewer[k][0], v[1] - v[0])
        for k, v in everything.items()
        if v and fewer.get(k)
    ]
    assert len(widths) >= 5
    # A fifth of the documents: about 2.2 times as wide; single cells can differ.
    assert np.median([a / b for a, b in widths]) > 1.4
    page = opened(tab, report, "#view=time&toward=f&outlet=small&from=2025-09-13", "page")
    rows = rows_of(page, "Stance towards")
    assert {int(r[4]) < 3 for r in rows} == {True, False}
    for row in rows:
        assert (row[3] == "none") == (int(row[4]) < 3)


def of_voice(tables: dict[str, pd.DataFrame], voice: str) -> dict[str, pd.DataFrame]:
    claims = tables["claims"]
    return tables | {"claims": claims[claims["voice"] == voice] if voice else claims}


@pytest.mark.parametrize(("fragment", "made_by", "voice"), [
    ("", "run", ""), (EVERYTHING, "page", ""), ("&voice=quoted", "page", "quoted"),
])  # fmt: skip
def test_adoption_is_what_the_package_counts(
    tab: Tab, run: Path, report: Path, fragment: str, made_by: str, voice: str
) -> None:
    page = opened(tab, report, f"#view=battle{fragment}", made_by)
    tables = of_voice(tables_of(run), voice)
    home = home_camps({"f": "russian", "g": "ukrainian"})
    used = [tables[n] for n in ("claims", "stances", "sources")]
    rows = rows_of(page, "Adoption")
    assert len(rows) == 4
    for label, counted in (("each claim", "raw"), ("copies once", "copies once")):
        found = adoption(*used, home, documents=tables["documents"], counted=counted)
        for expected in found.to_dict("records"):
            name = f"Framing {expected['framing_id']}"
            row = next(r for r in rows if r[0] == name and r[2] == label)
            assert float(row[3]) == pytest.approx(expected["n_favor"], abs=0.05)
            assert int(row[4]) == expected["n_docs"]
            assert float(row[5].rstrip(" %")) == pytest.approx(100 * expected["adoption"], abs=0.51)
            assert limits(row[6]) is not None
            if made_by == "run":
                wanted = [100 * expected[f"adoption_{e}"] for e in ("low", "high")]
                assert limits(row[6]) == pytest.approx(wanted, abs=0.51)
    first = first_adopters(*used, home)
    named = [
        (f"Framing {f}", d) for f, d in zip(first["framing_id"], first["said_at"], strict=True)
    ]
    assert [(r[0], r[1]) for r in rows_of(page, "First adopters")] == named


def test_shares_of_adoption_have_the_bootstrap_of_the_package(
    tab: Tab, run: Path, report: Path
) -> None:
    page = opened(tab, report, f"#view=battle{EVERYTHING}", "page")
    tables = tables_of(run)
    claims = tables["claims"].merge(tables["stances"], on="claim_id")
    claims["camp"] = claims["source_id"].map(dict(SOURCES))
    groups = tables["documents"].set_index("doc_id")["copy_group"]
    for framing, home in (("f", "russian"), ("g", "ukrainian")):
        mine = claims[(claims["framing_id"] == framing) & (claims["stance"] == 1)]
        mine = mine[mine["camp"] != "unknown"]
        by = (mine["camp"] != home).groupby(mine["doc_id"].map(groups)).agg(["sum", "size"])
        low, high = ratio_intervals(
            by["sum"].to_numpy(float)[:, None], by["size"].to_numpy(float)[:, None], n_boot=20_000
        )
        row = next(r for r in rows_of(page, "Adoption") if r[0] == f"Framing {framing}")
        allowed = 100 * 4 * 0.134 * (high[0] - low[0]) / 3.92 + 0.5
        assert limits(row[6]) == pytest.approx((100 * low[0], 100 * high[0]), abs=allowed)


def test_testimony_against_interest_leads_to_its_claims(tab: Tab, run: Path, report: Path) -> None:
    tables = tables_of(run)
    home = home_camps({"f": "russian", "g": "ukrainian"})
    used = [tables[n] for n in ("claims", "stances", "sources")]
    found = against_interest(*used, home, documents=tables["documents"]).set_index("source_id")
    for fragment, made_by in (("", "run"), (EVERYTHING, "page")):
        page = opened(tab, report, f"#view=battle{fragment}", made_by)
        rows = {r[0].lower(): r for r in rows_of(page, "Testimony")}
        assert set(rows) == set(found.index)  # no camp of the others has a framing
        for source, row in rows.items():
            assert int(row[2]) == found.loc[source, "n_sided"]
            share = 100 * found.loc[source, "against"]
            assert float(row[4].rstrip(" %")) == pytest.approx(share, abs=0.51)
    page.locator("a[aria-label='" + rows["mod"][4] + " claims: MOD, against its camp']").click()
    # Russian: against f, or for g.
    stance = tables["stances"].pivot_table("stance", "claim_id", "framing_id")
    mod = tables["claims"].loc[tables["claims"]["source_id"] == "mod", "claim_id"]
    against = ((stance["f"] == -1) | (stance["g"] == 1)).reindex(mod)
    assert page.inner_text("#count").startswith(f"{against.sum()} of ")
    assert "against its camp" in page.inner_text("#pick")


def test_without_homes_a_sentence_says_what_is_not_known(
    tab: Tab, run: Path, report_run: Path, tmp_path: Path, write_run: Callable[..., None]
) -> None:
    for name in run.iterdir():
        (tmp_path / name.name).write_bytes(name.read_bytes())
    write_run(tmp_path, {}, {"homes": {}})
    write_report(tmp_path, tmp_path / "r.html")
    page = tab.open(tmp_path / "r.html", "#view=battle")
    told = page.inner_text("#contest")
    assert "Not known: no framing of this run’s codebook names the camp" in told
    assert "First adopters" not in told
    assert rows_of(page, "Contest")


def test_paper_says_how_many_of_the_claims_it_has(tab: Tab, run: Path, report: Path) -> None:
    n = len(read_table(run / "claims.parquet"))
    assert n > 200
    page = tab.open(report, "#view=overview")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#printed > li").count() == 200
    assert page.inner_text("#printed-count") == f"200 of {n} claims are printed."
    # Paper cannot wait: what is asked for while the page still counts is made at once.
    tab.page.evaluate("dispatchEvent(new Event('afterprint'))")
    tab.page.evaluate("location.hash = '#view=battle&voice=quoted'")
    tab.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    told = tab.page.inner_text("#paper")
    assert "Counting the claims" not in told
    assert "made in this page" in told
