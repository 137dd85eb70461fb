from __future__ import annotations

from html.parser import HTMLParser

import pandas as pd
import pytest

from narrative.codebook import without_claims
from narrative.errors import StorageError
from narrative.report import latex_table, write_report
from narrative.schema import TABLES, empty_table
from narrative.storage import write_json, write_table

HOSTILE = '<script>alert(1)</script> "><img src=x onerror=alert(2)> \u202eevil\u202c {{ 7*7 }}'


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.ids, self.links, self.outside = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            elif name == "href":
                self.links.append(value)
            if name in ("src", "href", "srcset", "action") and not str(value).startswith(
                ("#", "data:")
            ):
                self.outside.append(value)
            assert not name.startswith("on")


@pytest.fixture
def run(tmp_path):
    text = f"The town fell. {HOSTILE} It held."
    tables = {n: empty_table(n) for n in TABLES}
    tables["documents"].loc[0] = [
        "d",
        HOSTILE,
        "",
        "2025-12-18",
        "day",
        "en",
        HOSTILE,
        "",
        text,
        "0",
        "d",
    ]
    claim = text[15:-9]
    said = ["author", "", "s", "s", "", 0, 1.0, "2025-12-18", "day", "", "", ""]
    tables["claims"].loc[0] = ["d:1", "d", 0, 15, 15 + len(claim), claim, *said]
    tables["sources"].loc[0] = ["s", HOSTILE, "outlet", "unknown", ""]
    row = {"framing_id": "f", "label": HOSTILE, "proposition": "P.", "counter": "", "n_claims": 1}
    row |= {"terms": "a|b", "exemplar_claim_ids": "d:1"}
    tables["framings"] = without_claims(pd.DataFrame([row]), "codebook")
    tables["assignments"].loc[0] = ["d:1", "f", 0.9]
    tables["stances"].loc[0] = ["d:1", "f", 0.1, 0.1, 0.8, 1, 0.7]
    tables["certainty"].loc[0] = ["d:1", "will_inevitably", *[0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]]
    for name, table in tables.items():
        write_table(table.astype(TABLES[name]), tmp_path / f"{name}.parquet")
    write_json(
        {
            "study": {"title": HOSTILE, "name": "n"},
            "model_error": {"macro-F1": 0.5},
            "stance_methods": {"f": "trained head: f"},
        },
        tmp_path / "manifest.json",
    )
    numbers = {
        "n_documents": 1,
        "n_copy_groups": 1,
        "n_claims": 1,
        "n_sources": 1,
        "stance_by_camp": {"f": {"unknown": 1.0}},
    }
    write_json(numbers, tmp_path / "numbers.json")
    return tmp_path


def test_report_says_how_certain_the_claimed_event_is(run):
    write_report(run, run / "r.html")
    html = (run / "r.html").read_text(encoding="utf-8")
    assert "<td>will inevitably</td>" in html
    assert "(will inevitably)" in html  # beside the claim in its document, too
    assert "<td>trained head: f</td>" in html


def test_report_is_one_page_without_script_or_network(run):
    write_report(run, run / "r.html")
    html = (run / "r.html").read_text(encoding="utf-8")
    page = Page()
    page.feed(html)
    assert not {"script", "img", "iframe", "object", "form"} & set(page.tags)
    assert page.outside == []
    assert "{{ 7*7 }}" in html
    assert "\u202e" not in html
    assert "\\u202e" in html


def test_every_claim_links_to_its_sentence(run):
    write_report(run, run / "r.html")
    page = Page()
    page.feed((run / "r.html").read_text(encoding="utf-8"))
    anchors = [link[1:] for link in page.links if link.startswith("#c") and link[2:].isdigit()]
    assert anchors
    assert set(anchors) <= set(page.ids)
    assert "mark" in page.tags


def test_missing_run_is_an_error(tmp_path):
    with pytest.raises(StorageError, match="no such table"):
        write_report(tmp_path, tmp_path / "r.html")


def test_incomplete_run_is_an_error(run):
    (run / "numbers.json").write_text("{", encoding="utf-8")
    with pytest.raises(StorageError, match="not complete"):
        write_report(run, run / "r.html")


def test_latex_is_escaped_and_booktabs(tmp_path):
    latex_table(
        pd.DataFrame({"a_b": ["50 %"], "x": [0.123]}), tmp_path / "t.tex", caption="c", label="l"
    )
    text = (tmp_path / "t.tex").read_text(encoding="utf-8")
    assert r"\toprule" in text
    assert r"50 \%" in text
    assert "0.12" in text
