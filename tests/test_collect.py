"""Collecting as a whole: sources, what stands in the folder, going on after an interruption."""

from __future__ import annotations

import csv
import gzip
import hashlib
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from collect_site import ARTICLE, COOKIE_WALL, JSON_LD, STUB, Reply, Site, moved, ok, page, serving

import narrative.collect
from narrative.cli import main
from narrative.collect import guard
from narrative.collect.guard import is_public
from narrative.collect.listing import read_listing
from narrative.collect.options import Options
from narrative.collect.run import Summary, collect
from narrative.collect.store import COLLECTED, DOCUMENTS, PROBLEMS
from narrative.corpus import read_corpus
from narrative.errors import InputError, StorageError

PACE: dict[str, Any] = {"delay": 0, "retries": 1, "timeout": 5}


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(Site()) as running:
        yield running


def _collect(source: str, out: Path, *, private: bool = True, **settings: Any) -> Summary:
    options = Options(allow_private=private, **PACE)
    return collect(source, out, options, sleep=lambda seconds: None, **settings)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _status(out: Path) -> dict[str, str]:
    """Path of each page to its status."""
    return {"/" + r["url"].split("/", 3)[3]: r["status"] for r in _rows(out / "collected.csv")}


def _articles(site: Site, count: int) -> list[str]:
    return [site.add(f"/{n}", page(title=f"Bridge {n}", head=JSON_LD)) for n in range(count)]


def test_pages_become_a_corpus_with_their_provenance(site: Site, tmp_path: Path) -> None:
    urls = [
        site.add("/plain", ARTICLE),
        site.add("/2025/12/17/x", page()),
        site.add("/undated", page(title="Ferry, «again»")),
    ]
    source = site.table(
        tmp_path / "urls.csv",
        *(f"{urls[0]},,", f"{urls[1]},The Ferry Post,", f"{urls[2]},,2025-12"),
        columns="url,outlet,published_at",
    )
    out = tmp_path / "study"
    got = _collect(source, out)
    assert got == Summary(listed=3, repeated=0, skipped=0, statuses={"document": 3})
    documents = read_corpus(out / "documents.csv").set_index("url").loc[urls]
    assert list(documents["published_at"]) == ["2025-12-18", "2025-12-17", "2025-12"]
    assert list(documents["published_precision"]) == ["day", "day", "month"]
    assert list(documents["outlet"]) == ["River Gazette", "The Ferry Post", "River Gazette"]
    assert list(documents["title"])[2] == "Ferry, «again»"
    assert documents["text"].str.count("Paragraph").eq(12).all()
    rows = _rows(out / "collected.csv")
    assert tuple(rows[0]) == COLLECTED
    assert tuple(_rows(out / "documents.csv")[0]) == DOCUMENTS
    assert [r["date_basis"] for r in rows] == ["page", "url", "given"]
    assert [r["doc_id"] for r in rows] == list(documents["doc_id"])
    assert rows[0]["sha256"] == hashlib.sha256(ARTICLE.encode()).hexdigest()
    assert rows[0]["bytes"] == str(len(ARTICLE.encode()))
    assert rows[0]["http_status"] == "200"
    assert time.strptime(rows[0]["fetched_at"], "%Y-%m-%dT%H:%M:%SZ")
    assert _rows(out / "problems.csv") == []


def test_what_gave_no_document_is_in_problems_with_a_reason(site: Site, tmp_path: Path) -> None:
    site.add("/robots.txt", ok("User-agent: *\nDisallow: /no\n", "text/plain"))
    pages = {
        "/paywall": STUB, "/cookies": COOKIE_WALL, "/gone": Reply(b"", 404),
        "/loop": moved("/loop"), "/pdf": ok("%PDF", "application/pdf"), "/no": ARTICLE,
        "/down": Reply(b"", 500), "/undated": page(), "/good": ARTICLE,
    }  # fmt: skip
    urls = [site.add(path, reply) for path, reply in pages.items()]
    out = tmp_path / "study"
    got = _collect(site.table(tmp_path / "urls.csv", *urls), out)
    assert got.statuses == {"document": 1, "failed": 3, "refused": 1, "unusable": 4}
    problems = _rows(out / "problems.csv")
    assert tuple(problems[0]) == PROBLEMS
    assert {r["url"].removeprefix(site.root): r["reason"].split(":")[0] for r in problems} == {
        "/paywall": "paywall", "/cookies": "cookie_wall", "/gone": "http_404",
        "/loop": "redirect_loop", "/pdf": "not_html", "/no": "robots",
        "/down": "http_500", "/undated": "no_date",
    }  # fmt: skip
    assert [r["http_status"] for r in problems][:3] == ["200", "200", "404"]
    undated = next(r for r in _rows(out / "collected.csv") if "undated" in r["url"])
    assert (undated["date_basis"], undated["title"]) == ("none", "Bridge closed again")
    assert "published_at" in undated["reason"]
    assert undated["sha256"]
    assert len(read_corpus(out / "documents.csv")) == 1


def test_a_private_address_is_not_asked_unless_told_to(site: Site, tmp_path: Path) -> None:
    source = site.table(tmp_path / "urls.csv", site.add("/a", ARTICLE))
    assert _collect(source, tmp_path / "a", private=False).statuses == {"refused": 1}
    assert not site.asked
    reason = _rows(tmp_path / "a" / "problems.csv")[0]["reason"]
    assert reason.startswith("private_address: 127.0.0.1 is 127.0.0.1")
    assert _collect(source, tmp_path / "b").statuses == {"document": 1}


def test_one_page_under_several_addresses_is_one_document(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", ARTICLE)
    other = site.add("/old", moved("/a"))
    shout = url.replace("http://", "HTTP://")
    source = site.table(tmp_path / "urls.csv", url, f"{url}#comments", shout, other)
    got = _collect(source, tmp_path / "out")
    assert (got.listed, got.repeated) == (2, 2)
    assert got.statuses == {"document": 1, "duplicate": 1}
    first, second = _rows(tmp_path / "out" / "collected.csv")
    assert second["reason"] == f"duplicate: the same page as {first['doc_id']}"
    assert site.asked["/a"] == 2
    assert _rows(tmp_path / "out" / "problems.csv") == []


# Going on


def test_what_is_collected_is_not_asked_for_again(site: Site, tmp_path: Path) -> None:
    urls = [*_articles(site, 3), site.add("/late", Reply(b"", 404), page(head=JSON_LD))]
    source, out = site.table(tmp_path / "urls.csv", *urls), tmp_path / "out"
    assert _collect(source, out, limit=2).statuses == {"document": 2}
    before = (out / "documents.csv").read_bytes()
    got = _collect(source, out)
    assert (got.skipped, got.statuses) == (2, {"document": 3, "failed": 1})
    assert (out / "documents.csv").read_bytes().startswith(before)
    assert _collect(source, out).skipped == 4
    assert [site.asked[f"/{n}"] for n in range(3)] == [1, 1, 1]
    assert site.asked["/late"] == 1
    assert _collect(source, out, retry_failed=True).statuses == {"document": 4}
    assert site.asked["/late"] == 2
    assert [site.asked[f"/{n}"] for n in range(3)] == [1, 1, 1]
    assert _rows(out / "problems.csv") == []
    assert len(read_corpus(out / "documents.csv")) == 4


def test_an_interruption_loses_the_page_in_flight_only(site: Site, tmp_path: Path) -> None:
    source, out = site.table(tmp_path / "urls.csv", *_articles(site, 4)), tmp_path / "out"

    def stop(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _collect(source, out, progress=stop)
    assert (out / "problems.csv").exists()
    assert len(read_corpus(out / "documents.csv")) == 2
    assert _collect(source, out).statuses == {"document": 4}
    assert [site.asked[f"/{n}"] for n in range(4)] == [1, 1, 1, 1]


def test_a_process_that_is_killed_leaves_a_folder_to_go_on_with(site: Site, tmp_path: Path) -> None:
    urls = [*_articles(site, 2), site.add("/slow", Reply(b"x", wait=60)), *_articles(site, 3)[2:]]
    source, out = site.table(tmp_path / "urls.csv", *urls), tmp_path / "out"
    running = subprocess.Popen(
        [sys.executable, "-m", "narrative.cli", "collect", source, "--out", str(out),
         "--delay", "0", "--allow-private"],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while not site.asked["/slow"] and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()
    assert _status(out) == {"/0": "document", "/1": "document"}
    site.add("/slow", page(title="Slow", head=JSON_LD))
    assert _collect(source, out).statuses == {"document": 4}
    assert (site.asked["/0"], site.asked["/1"], site.asked["/slow"]) == (1, 1, 2)


def test_two_runs_do_not_write_into_one_folder(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = site.table(tmp_path / "urls.csv", *_articles(site, 2)), tmp_path / "out"
    said: list[int] = []

    def second(done: int, total: int) -> None:
        said.append(_call(monkeypatch, source, "--out", out, "--delay", 0, "--allow-private"))

    assert _collect(source, out, progress=second).statuses == {"document": 2}
    assert said == [1, 1]
    assert capsys.readouterr().err.endswith(
        f"Error: {out}: another run is collecting into this folder now; wait until it has ended or "
        "stop it, then run the same command again, or choose another --out.\n"
    )
    assert [site.asked[f"/{n}"] for n in range(2)] == [1, 1]
    assert _collect(source, out).skipped == 2  # what stays of the lock stops nobody


@pytest.mark.parametrize("table", ["documents.csv", "collected.csv"])
def test_a_table_torn_at_any_byte_of_its_last_record_is_mended(
    site: Site, tmp_path: Path, table: str
) -> None:
    quoted = page(title='The "Old" Bridge, мост', head=JSON_LD)
    urls = [*_articles(site, 1), site.add("/last", quoted)]
    source, out = site.table(tmp_path / "urls.csv", *urls), tmp_path / "out"
    _collect(source, out, limit=1)
    first = {n: (out / n).read_bytes() for n in ("documents.csv", "collected.csv")}
    _collect(source, out)
    whole = {n: (out / n).read_bytes() for n in first}
    start, end = len(first[table]), len(whole[table])
    for cut in {*range(start, end, max(1, (end - start) // 12)), end - 2, end - 1}:
        for name in first:  # the page's row is written first: without it there is no document
            torn = whole[name][:cut] if name == table else whole[name]
            early = table == "collected.csv" and name == "documents.csv"
            (out / name).write_bytes(first[name] if early else torn)
        asked = site.asked["/last"]
        assert _collect(source, out).statuses == {"document": 2}, cut
        assert site.asked["/last"] == asked + 1
        assert (out / "documents.csv").read_bytes() == whole["documents.csv"], cut
        assert len(_rows(out / "collected.csv")) == 2


def test_a_document_that_the_user_takes_out_stays_out(site: Site, tmp_path: Path) -> None:
    source, out = site.table(tmp_path / "urls.csv", *_articles(site, 3)), tmp_path / "out"
    _collect(source, out)
    rows = _rows(out / "documents.csv")
    with (out / "documents.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, DOCUMENTS)
        writer.writeheader()
        writer.writerows(rows[1:])
    _collect(source, out)
    assert len(read_corpus(out / "documents.csv")) == 2
    assert site.asked["/0"] == 1


def test_a_folder_that_is_no_collection_is_left_as_it_is(site: Site, tmp_path: Path) -> None:
    source, out = site.table(tmp_path / "urls.csv", *_articles(site, 1)), tmp_path / "out"
    out.mkdir()
    (out / "documents.csv").write_text("doc_id,text\n1,mine\n")
    with pytest.raises(InputError, match=r"was not collected there \(no collected\.csv\)"):
        _collect(source, out)
    (out / "collected.csv").write_text(",".join(COLLECTED) + "\n")
    with pytest.raises(InputError, match=r"documents\.csv: got the columns doc_id, text; expected"):
        _collect(source, out)
    (out / "documents.csv").write_text(",".join(DOCUMENTS) + "\na,b\n")
    with pytest.raises(InputError, match=r"documents\.csv, row 2: got 2 cells, expected 8"):
        _collect(source, out)
    assert (out / "documents.csv").read_text().endswith("\na,b\n")
    assert not site.asked["/0"]


def test_a_folder_in_the_place_of_a_table_is_named(site: Site, tmp_path: Path) -> None:
    source, out = site.table(tmp_path / "urls.csv", *_articles(site, 1)), tmp_path / "out"
    (out / "collected.csv").mkdir(parents=True)
    with pytest.raises(
        StorageError, match=r"collected\.csv: cannot be read \(Is a directory\); exp"
    ):
        _collect(source, out)


def test_documents_that_are_gone_are_not_taken_for_collected(site: Site, tmp_path: Path) -> None:
    source, out = site.table(tmp_path / "urls.csv", *_articles(site, 1)), tmp_path / "out"
    _collect(source, out)
    (out / "documents.csv").unlink()
    with pytest.raises(InputError, match=r"documents\.csv is gone"):
        _collect(source, out)


# Sources

SITEMAP = "<?xml version='1.0' encoding='UTF-8'?>\n<urlset xmlns='http://www.sitemaps.org/schemas/\
sitemap/0.9' xmlns:image='http://www.google.com/schemas/sitemap-image/1.1'>{}</urlset>"
INDEX = "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{}</sitemapindex>"
RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>River Gazette</title>
<link>https://gazette.example/</link>
<item><title>One</title><link>{0}/0</link><guid>x</guid></item>
<item><title>Two</title><link><![CDATA[ {0}/1 ]]></link></item></channel></rss>"""
ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>x</title>
<link rel="self" href="{0}/feed"/><entry><title>One</title><link rel="edit" href="{0}/edit"/>
<link href="/0"/></entry><entry><link rel="alternate" href="{0}/1"/></entry></feed>"""


def _loc(*urls: str, tag: str = "url", more: str = "") -> str:
    return "".join(f"<{tag}><loc> {u} </loc>{more}</{tag}>" for u in urls)


def test_a_sitemap_of_sitemaps_is_read_packed_or_not(site: Site, tmp_path: Path) -> None:
    urls = _articles(site, 3)
    picture = f"<image:image><image:loc>{site.root}/p.jpg</image:loc></image:image>"
    first = site.add("/one.xml", ok(SITEMAP.format(_loc(*urls[:2], more=picture)), "text/xml"))
    packed = gzip.compress(SITEMAP.format(_loc(urls[2])).encode())
    second = site.add("/two.xml.gz", Reply(packed, headers={"Content-Type": "application/gzip"}))
    top = f"{site.root}/sitemap.xml"
    index = INDEX.format(_loc(first, second, top, tag="sitemap"))  # it lists itself
    site.add("/sitemap.xml", ok(index, "text/plain"))
    assert _collect(top, tmp_path / "a").statuses == {"document": 3}
    assert "/p.jpg" not in site.asked
    (tmp_path / "map.xml").write_text(SITEMAP.format(_loc(*urls)))
    assert _collect(str(tmp_path / "map.xml"), tmp_path / "b").statuses == {"document": 3}


@pytest.mark.parametrize("feed", [RSS, ATOM], ids=["rss", "atom"])
def test_a_feed_is_read_from_its_address(site: Site, tmp_path: Path, feed: str) -> None:
    _articles(site, 2)
    url = site.add("/feed", ok(feed.format(site.root), "application/xml"))
    assert _collect(url, tmp_path / "out").statuses == {"document": 2}
    assert _status(tmp_path / "out") == {"/0": "document", "/1": "document"}


def test_a_sitemap_reads_no_files_and_expands_no_entities(site: Site, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("http://secret.example/")
    declared = f'<!DOCTYPE urlset [<!ENTITY x SYSTEM "{tmp_path / "secret"}">]>'
    good = _articles(site, 1)[0]
    body = declared + SITEMAP.split("\n", 1)[1].format(_loc("&x;", good))
    (tmp_path / "map.xml").write_text(body)
    _collect(str(tmp_path / "map.xml"), tmp_path / "out")
    assert "secret.example" not in (tmp_path / "out" / "collected.csv").read_text()
    assert _status(tmp_path / "out") == {"/0": "document"}


def test_links_of_a_sitemap_that_are_no_web_addresses_are_reported(
    site: Site, tmp_path: Path
) -> None:
    (tmp_path / "map.xml").write_text(SITEMAP.format(_loc("file:///etc/passwd")))
    assert _collect(str(tmp_path / "map.xml"), tmp_path / "out").statuses == {"refused": 1}
    row = _rows(tmp_path / "out" / "problems.csv")[0]
    assert (row["url"], row["reason"].split(":")[0]) == ("file:///etc/passwd", "bad_url")


def test_a_sitemap_that_unpacks_to_too_much_is_refused(site: Site, tmp_path: Path) -> None:
    (tmp_path / "map.xml.gz").write_bytes(gzip.compress(b" " * 300_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(
            InputError, match=r"map\.xml\.gz: unpacks to more than 10,000,000 bytes"
        ):
            _collect(str(tmp_path / "map.xml.gz"), tmp_path / "out")
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()
    assert not (tmp_path / "out").exists()


LEVELS = "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10))
BOMB = f"<!DOCTYPE x [<!ENTITY a0 'http://bomb.example/{'a' * 50}'>{LEVELS}]>"
FEED = "<feed xmlns='http://www.w3.org/2005/Atom'>{}</feed>"


@pytest.mark.parametrize(
    "body",
    [
        BOMB + SITEMAP.split("\n", 1)[1].format(_loc("&a9;")),
        BOMB + FEED.format("<entry><link href='&a9;'/></entry>"),
        BOMB + FEED.format("<entry><title>&a9;</title><link href='http://x.example/'/></entry>"),
    ],
    ids=["text", "attribute", "title"],
)
def test_a_sitemap_that_unfolds_without_end_is_refused_or_read_without(
    tmp_path: Path, body: str
) -> None:
    """A kilobyte of entities that name each other ten times over stands for fifty gigabytes."""
    tracemalloc.start()
    start = time.monotonic()
    try:
        pages, sitemaps, fault = read_listing(body.encode(), "map.xml")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.monotonic() - start < 5
    assert peak < 20_000_000
    assert sitemaps == []
    assert not any("bomb" in f"{page.link}{page.title}" for page in pages)
    if not pages:
        (tmp_path / "map.xml").write_text(body)
        assert fault
        with pytest.raises(InputError, match=r"map\.xml, line 1: .*no address was read"):
            _collect(str(tmp_path / "map.xml"), tmp_path / "out")


@pytest.mark.parametrize("how", ['SYSTEM "{0}"', '[<!ENTITY % y SYSTEM "{0}"> %y;]'])
def test_a_document_type_from_elsewhere_is_not_read(tmp_path: Path, how: str) -> None:
    """Entities in attributes are put in by any parser that knows them."""
    (tmp_path / "x.dtd").write_text('<!ENTITY there "http://there.example/">')
    declared = f"<!DOCTYPE feed {how.format(tmp_path / 'x.dtd')}>"
    body = declared + FEED.format("<entry><link href='&there;'/></entry>")
    pages, _, _ = read_listing(body.encode(), "feed.xml")
    assert not any("there.example" in page.link for page in pages)
    within = "<!DOCTYPE feed [<!ENTITY there 'http://there.example/'>]>"  # that it could be seen
    body = within + FEED.format("<entry><link href='&there;'/></entry>")
    assert read_listing(body.encode(), "feed.xml")[0][0].link == "http://there.example/"


def test_a_sitemap_that_is_not_well_formed_is_read_and_told(site: Site, tmp_path: Path) -> None:
    whole = SITEMAP.format(_loc(*_articles(site, 2)))
    (tmp_path / "map.xml").write_text(whole[: whole.rindex("<loc>") - 3])
    notes: list[str] = []
    got = _collect(str(tmp_path / "map.xml"), tmp_path / "out", note=notes.append)
    assert got.statuses == {"document": 1}
    assert len(notes) == 1
    assert notes[0].startswith("map.xml, line 2: ")
    assert notes[0].endswith(": 1 addresses were read, those after the fault may be missing.")


def test_a_packed_sitemap_is_read_whole_or_not_at_all(site: Site, tmp_path: Path) -> None:
    body = SITEMAP.format(_loc(*_articles(site, 2))).encode()
    parts = gzip.compress(body[:200]) + gzip.compress(body[200:])  # as some servers append
    (tmp_path / "map.xml.gz").write_bytes(parts)
    assert _collect(str(tmp_path / "map.xml.gz"), tmp_path / "a").statuses == {"document": 2}
    for broken in (parts[:-9], parts[:40], b"\x1f\x8bjunk"):
        (tmp_path / "map.xml.gz").write_bytes(broken)
        with pytest.raises(InputError, match=r"map\.xml\.gz: not a whole gzip file \(.*Fetch it"):
            _collect(str(tmp_path / "map.xml.gz"), tmp_path / "b")


def test_a_sitemap_does_not_lead_into_a_private_network(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "is_public", lambda a: a == "127.0.0.1" or is_public(a))
    for n, inside in enumerate(("http://10.0.0.1/map.xml", "http://[::ffff:10.0.0.1]/map.xml")):
        for reply in (INDEX.format(_loc(inside, tag="sitemap")), moved(inside)):
            url = site.add(f"/map{n}.xml", reply)
            with pytest.raises(InputError, match=r"not read \(private_address: .*10\.0\.0\.1"):
                _collect(url, tmp_path / "out", private=False)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.csv", None, r"none\.csv: no such file; expected a \.csv with a column 'url'"),
        (".", None, r": cannot be read \(Is a directory\); expected a \.csv with"),
        ("x" * 300, None, r": cannot be read \(File name too long\); expected a \.csv"),
        ("a.csv", "", r"a\.csv: empty file; expected a header row with a column 'url'"),
        ("a.csv", "url\n", r"a\.csv: lists no pages"),
        ("a.csv", "link,outlet\nx,y\n", r"column missing: url; got link, outlet\. Name the"),
        ("a.csv", "url\nhttps://a.example/\nexample.org/x\n",
         r"a\.csv, row 3: url: got 'example\.org/x', expected http://… or https://…\."),
        ("a.csv", "url,published_at\nhttps://a.example/,18.12.2025\n",
         r"a\.csv, row 2: published_at='18\.12\.2025': expected an ISO date"),
        ("a.csv", "url,published_at\nhttps://a.example/,2025-02-30\n", r"row 2: published_at="),
        ("a.xml", "", r"a\.xml: begins with ''; expected a sitemap"),
        ("a.xml", "<html><body/></html>", r"a\.xml: begins with <html>; expected a sitemap"),
        ("a.txt", "https://a.example/\n", r"begins with 'https://a\.example/.*a \.csv with"),
        ("a.xml", "<urlset/>", r"a\.xml: lists no pages"),
    ],
)  # fmt: skip
def test_a_source_that_cannot_be_used_says_why(
    tmp_path: Path, name: str, content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=message):
        _collect(str(tmp_path / name), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_says_why(site: Site, tmp_path: Path) -> None:
    source = site.table(tmp_path / "urls.csv", *_articles(site, 1))
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match=r"file/out: cannot be written to \(Not a directory\)"):
        _collect(source, tmp_path / "file" / "out")
    assert not site.asked["/0"]


def test_a_sitemap_that_does_not_come_says_why(site: Site, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"/none\.xml: not read \(http_404\)"):
        _collect(f"{site.root}/none.xml", tmp_path / "out")
    with pytest.raises(InputError, match=r"not read \(private_address: "):
        _collect(f"{site.root}/none.xml", tmp_path / "out", private=False)


# The command


def _call(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["narrative", "collect", *map(str, arguments)])
    try:
        main()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def test_the_command_tells_what_it_got(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    urls = [*_articles(site, 2), f"{site.root}/gone", f"{site.root}/0"]
    source, out = site.table(tmp_path / "urls.csv", *urls), tmp_path / "out"
    call = (source, "--out", out, "--delay", 0, "--allow-private")
    assert _call(monkeypatch, *call) == 0
    got = capsys.readouterr()
    assert got.out.splitlines() == [
        "3 pages listed, 0 of them there already; 1 listed more than once.",
        f"{out}/documents.csv: 2 documents.",
        f"{out}/problems.csv: 1 pages that gave none, and why.",
    ]
    assert "collect: 3 of 3" in got.err
    assert _call(monkeypatch, *call) == 0
    assert capsys.readouterr().out.startswith("3 pages listed, 3 of them there already")
    assert _call(monkeypatch, source, "--out", out, "--delay", -1) == 1
    assert capsys.readouterr().err.endswith("Error: --delay=-1.0: expected 0 or more seconds.\n")


def test_an_interrupted_command_exits_with_130(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    source, out = site.table(tmp_path / "urls.csv", *_articles(site, 1)), tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr("narrative.collect.run.read_article", interrupt)
        assert _call(patch, source, "--out", out, "--delay", 0, "--allow-private") == 130
    assert "run the same command to go on" in capsys.readouterr().err
    assert _call(monkeypatch, source, "--out", out, "--delay", 0, "--allow-private") == 0
    assert len(_rows(out / "documents.csv")) == 1


def test_a_missing_package_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = narrative.collect.find_spec
    monkeypatch.setattr(
        narrative.collect, "find_spec", lambda name: None if name == "htmldate" else real(name)
    )
    assert _call(monkeypatch, "urls.csv", "--out", tmp_path / "out") == 1
    err = capsys.readouterr().err
    assert "collecting needs htmldate" in err
    assert "pip install 'narrative[collect]'" in err


def test_help_loads_nothing_that_collecting_needs() -> None:
    code = (
        "import sys; sys.argv = ['narrative', 'collect', '--help']\n"
        "from narrative.cli import main\n"
        "try:\n    main()\n"
        "finally:\n"
        "    heavy = {'trafilatura', 'htmldate', 'urllib3', 'lxml', 'pandas', 'numpy'}\n"
        "    print('LOADED', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert "--retry-failed" in done.stdout
    assert done.stdout.rstrip().endswith("LOADED []")
