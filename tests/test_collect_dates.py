"""Days that are not written as ISO dates, that feeds and sitemaps give, and that differ."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from collect_site import JSON_LD, LONG, Site, ok, page, serving

from narrative.collect.dates import read_day
from narrative.collect.extract import Article, read_article
from narrative.collect.fetch import Page
from narrative.collect.options import Options
from narrative.collect.run import Summary, collect

URL = "https://gazette.example/world/bridge"
TODAY = datetime.now(UTC).date()
AMBIGUOUS = ("03/04/2025", "3-4-2025", "12/11/2025 09:30 EET", "25.12.11", "03/04/25")


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(Site()) as running:
        yield running


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        ("12 November 2025 09:30 EET", "2025-11-12"),
        ("12 November 2025 23:30 EET", "2025-11-12"),  # as told there, not in UTC
        ("12.11.2025", "2025-11-12"),
        ("12.11.2025, 09:30", "2025-11-12"),
        ("2025.11.12", "2025-11-12"),
        ("2025/11/12 09:30", "2025-11-12"),
        ("20251112T0930", "2025-11-12"),
        ("2025-11-12T23:30:00-08:00", "2025-11-12"),
        ("Nov 12, 2025 at 9:30 PM", "2025-11-12"),
        ("Wed, 12 Nov 2025 00:10:00 +0200", "2025-11-12"),
        ("12 листопада 2025, 09:30", "2025-11-12"),
        ("12 ноября 2025", "2025-11-12"),
        ("25/12/2025", "2025-12-25"),  # there is one way to read these
        ("12/25/2025", "2025-12-25"),
        ("04/04/2025", "2025-04-04"),
        ((TODAY + timedelta(days=1)).isoformat(), (TODAY + timedelta(days=1)).isoformat()),
    ],
)
def test_a_day_is_read_however_it_is_written(raw: str, day: str) -> None:
    assert read_day(raw) == (day, "")


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        *((raw, "day or month first?") for raw in AMBIGUOUS),
        ("November 2025", "no day in it"),
        ("2025-11", "no day in it"),
        ("2025", "no day in it"),
        ("yesterday", "no day in it"),
        ("2 hours ago", "no day in it"),
        ("12 November", "no day in it"),
        ("", "no day in it"),
        ("31.02.2025", "no such day"),
        ("2025-13-01", "no such day"),
        ("1970-01-01T00:00:00Z", "before 1995 or yet to come"),
        ((TODAY + timedelta(days=3)).isoformat(), "before 1995 or yet to come"),
    ],
)
def test_a_day_is_not_guessed(raw: str, why: str) -> None:
    assert read_day(raw) == ("", why)


def test_the_page_s_own_language_is_read_too() -> None:
    assert read_day("12 de noviembre de 2025", "es") == ("2025-11-12", "")
    assert read_day("12 de noviembre de 2025") == ("", "no day in it")
    assert read_day("12 November 2025", "xx") == ("2025-11-12", "")


# Pages


def _json_ld(published: str, modified: str = "2025-12-24T10:00:00+02:00") -> str:
    return (
        '<script type="application/ld+json">{"@type": "NewsArticle", '
        f'"datePublished": "{published}", "dateModified": "{modified}"}}</script>'
    )


def _read(html: str, url: str = URL) -> Article:
    return read_article(Page(url, url, "text/html", html.encode()), 200)


@pytest.mark.parametrize(
    "raw",
    ["12 November 2025 09:30 EET", "12.11.2025", "12 ноября 2025",
     r"12 \u043b\u0438\u0441\u0442\u043e\u043f\u0430\u0434\u0430 2025"],
)  # fmt: skip
def test_json_ld_is_read_though_it_is_not_iso(raw: str) -> None:
    """And the day of the last change, which is ISO there, does not pass for it."""
    got = _read(page(head=_json_ld(raw)))
    assert (got.date, got.date_basis) == ("2025-11-12", "page")
    written = raw.encode().decode("unicode_escape") if "\\u" in raw else raw
    assert got.date_note == f"the page says {written!r}"


def test_what_is_iso_somewhere_needs_no_words() -> None:
    got = _read(page(f"<p><time>18 December 2025</time></p>{LONG}", head=JSON_LD))
    assert (got.date, got.date_basis, got.date_note) == ("2025-12-18", "page", "")


def test_months_in_ukrainian_are_read_in_the_markup() -> None:
    for html in (
        page(f"<p><time>12 листопада 2025, 09:30</time></p>{LONG}"),
        page(head='<meta property="article:published_time" content="12 листопада 2025">'),
    ):
        got = _read(html)
        assert (got.date, got.date_basis) == ("2025-11-12", "page")


def _places(raw: str) -> list[str]:
    return [
        page(head=_json_ld(raw)),
        page(head=f'<meta property="article:published_time" content="{raw}">'),
        page(f"<p><time datetime='{raw}'>then</time></p>{LONG}"),
        page(f"<p><time>{raw}</time></p>{LONG}"),
        page(f"<div class='date'>Published: {raw}</div>{LONG}"),
        page(f"<div class='date'><b>Published</b> {raw}</div>{LONG}"),
    ]


@pytest.mark.parametrize("raw", AMBIGUOUS)
@pytest.mark.parametrize("place", range(len(_places(""))))
def test_a_date_that_can_be_read_in_two_ways_is_reported_and_not_guessed(
    raw: str, place: int
) -> None:
    got = _read(_places(raw)[place])
    assert (got.date, got.date_basis) == ("", "none")
    assert got.date_note.startswith("date not taken: '")
    assert raw.split()[0] in got.date_note
    assert "(day or month first?)" in got.date_note
    got = _read(_places(raw)[place], f"{URL}/2025/11/12/x")
    assert (got.date, got.date_basis) == ("2025-11-12", "url")
    certain = _read(_places(raw)[place].replace("</head>", f"{JSON_LD}</head>"))
    assert (certain.date, certain.date_note) == ("2025-12-18", "")


# Feeds and sitemaps

RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"
xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>River Gazette</title><item>
<media:content><media:title>A picture</media:title></media:content><media:title>No</media:title>
<title>Told by the feed</title><link>{link}</link>{date}</item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>Told by the feed</title>
<link href="{link}"/>{date}</entry></feed>"""
SITEMAP = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>{link}</loc>{date}</url>
</urlset>"""
NEWS = """<news:news><news:publication><news:name>Gazette</news:name></news:publication>
<news:publication_date>2025-12-15T08:00:00Z</news:publication_date>
<news:title>Told by the feed</news:title></news:news><lastmod>2025-12-30</lastmod>"""
RFC_822 = "<pubDate>Mon, 15 Dec 2025 23:30:00 +0200</pubDate>"
LISTS = [
    (RSS, RFC_822, "feed"),
    (RSS, "<dc:date>2025-12-15T08:00:00Z</dc:date>", "feed"),
    (ATOM, "<updated>2025-12-30T08:00:00Z</updated><published>2025-12-15T08:00:00Z</published>",
     "feed"),
    (SITEMAP, NEWS, "sitemap"),
    (ATOM, "<updated>2025-12-15T08:00:00Z</updated>", "modified"),
    (SITEMAP, "<lastmod>2025-12-15</lastmod>", "modified"),
]  # fmt: skip


def _collected(
    site: Site, tmp_path: Path, html: str, *listed: str, path: str = "/bridge"
) -> tuple[dict[str, str], dict[str, str], Summary]:
    kind, date = listed[:2]
    (tmp_path / "list.xml").write_text(kind.format(link=site.add(path, html), date=date))
    options = Options(delay=0, allow_private=True)
    got = collect(str(tmp_path / "list.xml"), tmp_path / "out", options)
    tables = []
    for name in ("collected.csv", "documents.csv"):
        with (tmp_path / "out" / name).open(encoding="utf-8", newline="") as handle:
            tables.append((list(csv.DictReader(handle)) or [{}])[0])
    return tables[0], tables[1], got


@pytest.mark.parametrize("listed", LISTS)
def test_a_day_of_feed_or_sitemap_serves_where_the_page_says_none(
    site: Site, tmp_path: Path, listed: tuple[str, str, str]
) -> None:
    untitled = page().replace("<h2>Most read</h2>", "")
    for place in ("<h1>{}</h1>", 'property="og:title" content="{}"', "<title>{} | River Gazette<"):
        untitled = untitled.replace(place.format("Bridge closed again"), "<" * place.endswith("<"))
    row, document, _ = _collected(site, tmp_path, untitled, *listed)
    assert (row["date"], row["date_basis"]) == ("2025-12-15", listed[2])
    assert (row["listed_date"], row["listed_basis"], row["note"]) == ("2025-12-15", listed[2], "")
    assert document["published_at"] == "2025-12-15"
    if "<title>" in listed[0] or "news:title" in listed[1]:
        assert document["title"] == row["title"] == "Told by the feed"


@pytest.mark.parametrize("listed", LISTS)
def test_the_page_s_own_metadata_count_before_feed_and_sitemap(
    site: Site, tmp_path: Path, listed: tuple[str, str, str]
) -> None:
    """2025-12-18 on the page, 2025-12-15 in the list: three days."""
    row, document, got = _collected(site, tmp_path, page(head=JSON_LD), *listed)
    assert (row["date"], row["date_basis"], row["listed_date"]) == (
        "2025-12-18", "page", "2025-12-15",
    )  # fmt: skip
    assert row["note"] == f"dates differ: page 2025-12-18, {listed[2]} 2025-12-15"
    assert document["title"] == "Bridge closed again"
    assert got.differing == 1
    assert f"{tmp_path}/collected.csv: 1 pages whose date is more than a day" in got.told(tmp_path)


@pytest.mark.parametrize(
    ("listed", "basis", "note"),
    [
        (LISTS[0], "feed", "dates differ: url 2025-12-18, feed 2025-12-15"),
        (LISTS[3], "sitemap", "dates differ: url 2025-12-18, sitemap 2025-12-15"),
        (LISTS[5], "url", "dates differ: url 2025-12-18, modified 2025-12-15"),
    ],
)
def test_the_address_counts_after_the_feed_and_before_the_last_change(
    site: Site, tmp_path: Path, listed: tuple[str, str, str], basis: str, note: str
) -> None:
    row, _, _ = _collected(site, tmp_path, page(), *listed, path="/2025/12/18/bridge")
    assert (row["date_basis"], row["note"]) == (basis, note)


@pytest.mark.parametrize(
    ("kind", "date"),
    [
        (RSS, "<pubDate>Fri, 19 Dec 2025 00:30:00 GMT</pubDate>"),  # one day: the time zone
        (SITEMAP, "<lastmod>2026-03-01</lastmod>"),  # changed later, as pages are
        (SITEMAP, ""),
    ],
)
def test_what_is_no_contradiction_is_not_noted(
    site: Site, tmp_path: Path, kind: str, date: str
) -> None:
    row, _, got = _collected(site, tmp_path, page(head=JSON_LD), kind, date)
    assert (row["date"], row["note"], got.differing) == ("2025-12-18", "", 0)


def test_a_date_of_a_feed_that_cannot_be_read_is_kept_as_it_is(site: Site, tmp_path: Path) -> None:
    row, document, got = _collected(site, tmp_path, page(), RSS, "<pubDate>03/04/2025</pubDate>")
    assert got.statuses == {"unusable": 1}
    assert row["note"] == "feed date not taken: '03/04/2025' (day or month first?)"
    assert "published (feed date not taken: '03/04/2025' (day or month" in row["reason"]
    assert document == {}


def test_a_feed_may_be_read_from_its_address(site: Site, tmp_path: Path) -> None:
    link = site.add("/bridge", page())
    url = site.add("/feed", ok(RSS.format(link=link, date=RFC_822), "application/rss+xml"))
    collect(url, tmp_path / "out", Options(delay=0, allow_private=True))
    assert ",2025-12-15,feed," in (tmp_path / "out" / "collected.csv").read_text()
