from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from narrative.errors import StorageError
from narrative.report import latex_table, write_report
from narrative.report.build import NONE_DAY, _days
from narrative.report.pack import codes, pack, text_shards, unshard, utf16
from narrative.report.page import library
from narrative.storage import read_table


class Page(HTMLParser):
    """What stands in the page: elements, addresses, and the text outside of scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.outside: list[str | None] = []
        self.shards: dict[str, str] = {}
        self.text = ""
        self.policy = ""
        self._in: list[str] = []
        self._shard = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        known = dict(attrs)
        self._shard = str(known.get("id", "")) if tag == "script" else ""
        self._in.append(tag)
        if known.get("http-equiv") == "Content-Security-Policy":
            self.policy = str(known["content"])
        for name, value in attrs:
            if name in ("src", "href", "srcset", "action") and not str(value).startswith("#"):
                self.outside.append(value)
            assert not name.startswith("on")

    def handle_endtag(self, tag: str) -> None:
        self._shard = ""
        while self._in and self._in.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._shard.startswith("shard-"):
            self.shards[self._shard.removeprefix("shard-")] = data
        elif not self._in or self._in[-1] not in ("script", "style"):
            self.text += data


def written(run: Path, path: Path, **kwargs: bool) -> tuple[str, Page]:
    write_report(run, path, **kwargs)
    html = path.read_text(encoding="utf-8")
    page = Page()
    page.feed(html)
    return html, page


@pytest.fixture(scope="module")
def page(report_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Page:
    return written(report_run, tmp_path_factory.mktemp("page") / "r.html")[1]


def opened(page: Page) -> tuple[dict[str, Any], dict[str, np.ndarray], list[str], list[str]]:
    meta = json.loads(unshard(page.shards["meta"]))
    raw = unshard(page.shards["columns"])
    kinds = {"Uint8Array": "u1", "Uint16Array": "<u2", "Uint32Array": "<u4"}
    kinds |= {"Int8Array": "i1", "Int16Array": "<i2", "Int32Array": "<i4"}
    columns = {
        h["name"]: np.frombuffer(raw, kinds[h["type"]], h["length"], h["at"])
        for h in meta["columns"]
    }
    texts = [
        text
        for n in range(meta["text_shards"])
        for text in json.loads(unshard(page.shards[f"text{n}"]))
    ]
    return meta, columns, json.loads(unshard(page.shards["ids"])), texts


def test_every_claim_is_found_in_its_document_again(report_run: Path, page: Page) -> None:
    meta, columns, ids, texts = opened(page)
    claims = read_table(report_run / "claims.parquet")
    assert ids == list(claims["claim_id"])
    for n, row in enumerate(claims.to_dict("records")):
        # JavaScript counts in UTF-16, the tables in code points.
        units = texts[columns["doc"][n]].encode("utf-16-le")
        assert units[2 * columns["at"][n] : 2 * columns["to"][n]].decode("utf-16-le") == row["text"]
        assert (columns["start"][n], columns["end"][n]) == (row["start"], row["end"])
        assert columns["sent_at"][n] <= columns["at"][n]
        assert columns["sent_to"][n] >= columns["to"][n]
        assert meta["strings"]["said_at"][columns["said_at"][n]] == row["said_at"]
        assert meta["sources"]["source_id"][columns["speaker"][n]] == row["source_id"]
        assert meta["voices"][columns["voice"][n]] == row["voice"]


def test_scores_and_their_error_go_along(report_run: Path, page: Page) -> None:
    meta, columns, ids, _ = opened(page)
    stances = read_table(report_run / "stances.parquet").set_index(["framing_id", "claim_id"])
    for n, framing in enumerate(meta["framings"]):
        if framing["scored"]:
            mine = stances.loc[framing["id"]].loc[ids]
            np.testing.assert_array_equal(columns[f"side{n}"], mine["stance"])
            np.testing.assert_allclose(columns[f"favor{n}"] / 1e4, mine["p_favor"], atol=1e-4)
    by_id = {f["id"]: f for f in meta["framings"]}
    assert by_id["f"]["error"] == [["macro-F1, written claims: f", 0.8]]
    assert by_id["g"]["error"] == []  # another method scored it
    assert not by_id["discovered_00"]["scored"]
    assert meta["certainties"][columns["certainty"][0]] == "will_inevitably"
    assert meta["ledger"][0]["open"]
    assert meta["ledger"][0]["credit_high"] is None


def test_events_go_along_without_the_sentences_they_rest_on(page: Page) -> None:
    meta = opened(page)[0]
    assert [(e["date"], e["start"], e["end"]) for e in meta["events"]] == [
        ("2025-10-15", "2025-10-15", "2025-10-16"),
        ("2025-11", "2025-11-01", "2025-12-01"),
        ("2031-11-01", "2031-11-01", "2031-11-02"),
    ]
    assert "They said that number1 fell" not in json.dumps(meta)


def test_the_page_holds_nothing_of_the_corpus_as_markup(page: Page) -> None:
    assert not {"img", "iframe", "object", "embed", "link", "base"} & set(page.tags)
    assert page.outside == []
    assert page.tags.count("script") == len(page.shards) + 2
    assert "number1" not in page.text  # texts are in the payload alone
    assert "{{ 7*7 }}" in page.text  # of a label, as text
    assert "\u202e" not in page.text
    assert "\\u202e" in page.text


def test_the_policy_allows_our_scripts_by_hash_and_no_network(page: Page) -> None:
    rules = dict(r.strip().split(" ", 1) for r in page.policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert set(rules) == {"default-src", "script-src", "style-src", "base-uri", "form-action"}
    for rule in ("script-src", "style-src"):
        assert re.fullmatch(r"('sha256-[A-Za-z0-9+/]{43}=' ?)+", rules[rule])


def test_the_overview_is_read_without_script(page: Page) -> None:
    assert "noscript" in page.tags
    for words in ("Advance", "+0.50 (6)", "not by 2026-01-01", "macro-F1, written claims: f"):
        assert words in page.text


def test_two_reports_of_one_run_are_the_same_bytes(report_run: Path, tmp_path: Path) -> None:
    first = written(report_run, tmp_path / "a.html")[0]
    library.cache_clear()
    assert written(report_run, tmp_path / "b.html")[0] == first


def test_without_text_no_text_is_left(report_run: Path, tmp_path: Path) -> None:
    html, page = written(report_run, tmp_path / "r.html", with_text=False)
    meta, columns, ids, texts = opened(page)
    assert texts == []
    everything = html + "".join(unshard(s).decode("utf-8", "replace") for s in page.shards.values())
    for words in ("number1", "nobody saw", "fell on day", "Смайлики", "They said", '"They"'):
        assert words not in everything
    assert ids[0] == "d1:00"
    assert (columns["end"] > columns["start"]).all()
    assert meta["documents"]["text_sha256"] == ["ab" * 32] * 3
    assert "left out" in page.text


def test_missing_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no such table"):
        write_report(tmp_path, tmp_path / "r.html")


def test_incomplete_run_is_an_error(report_run: Path, tmp_path: Path) -> None:
    for path in report_run.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "numbers.json").write_text("{", encoding="utf-8")
    with pytest.raises(StorageError, match="not complete"):
        write_report(tmp_path, tmp_path / "r.html")


@pytest.mark.parametrize(
    ("value", "precision", "days"),
    [
        ("1970-01-02", "day", (1, 1)),
        ("1970-02", "month", (31, 58)),
        ("1970-12", "season", (334, 423)),
        ("1970", "year", (0, 364)),
        ("", "unknown", (NONE_DAY, NONE_DAY)),
        ("soon", "unknown", (NONE_DAY, NONE_DAY)),
    ],
)
def test_a_date_is_all_the_days_that_it_may_mean(
    value: str, precision: str, days: tuple[int, int]
) -> None:
    assert _days(value, precision) == days


def test_columns_begin_where_typed_arrays_may() -> None:
    header, data = pack({"a": np.arange(3, dtype="u1"), "b": np.arange(5, dtype="f4")})
    assert [h["at"] for h in header] == [0, 8]
    assert len(data) % 8 == 0
    assert np.frombuffer(data, "<f4", 5, 8).tolist() == [0, 1, 2, 3, 4]


def test_codes_grow_with_the_number_of_words() -> None:
    assert codes([])[0] == []
    assert codes(str(n) for n in range(255))[1].dtype == np.uint8
    assert codes(str(n) for n in range(256))[1].dtype == np.uint16


def test_texts_are_cut_into_shards_between_documents() -> None:
    shards = text_shards(["a" * 3_000_000, "b" * 3_000_000, "c\ud800"])
    assert [len(json.loads(s)) for s in shards] == [1, 2]
    assert text_shards([]) == []


def test_offsets_in_utf16_count_astral_letters_twice() -> None:
    text = "a\U0001f600é\U00010400z"
    offsets = np.arange(len(text) + 1)
    expected = [len(text[:n].encode("utf-16-le")) // 2 for n in offsets]
    assert utf16(text, offsets).tolist() == expected


def test_latex_is_escaped_and_booktabs(tmp_path: Path) -> None:
    latex_table(
        pd.DataFrame({"a_b": ["50 %"], "x": [0.123]}), tmp_path / "t.tex", caption="c", label="l"
    )
    text = (tmp_path / "t.tex").read_text(encoding="utf-8")
    assert r"\toprule" in text
    assert r"50 \%" in text
    assert "0.12" in text
