"""Charsets, text, dates with their basis, and what stands in an article's place."""

from __future__ import annotations

import time

import pytest
from collect_site import (
    ARTICLE,
    CHALLENGE,
    COOKIE_WALL,
    HTML,
    JSON_LD,
    LONG,
    RUSSIAN,
    SENTENCE,
    STUB,
    STUB_BY_MARKUP,
    page,
)

from narrative.collect.decode import decode
from narrative.collect.extract import Article, read_article
from narrative.collect.fetch import Page
from narrative.collect.guard import PageError

URL = "https://gazette.example/world/bridge"


def _read(html: str | bytes, *, url: str = URL, kind: str = HTML, least: int = 200) -> Article:
    body = html.encode() if isinstance(html, str) else html
    return read_article(Page(url, url, kind, body), least)


def _reason(html: str, least: int = 200) -> str:
    with pytest.raises(PageError) as caught:
        _read(html, least=least)
    assert caught.value.status == "unusable"
    assert caught.value.http_status == 200
    return caught.value.reason


@pytest.mark.parametrize("declared", ["utf-8", "windows-1251", "iso-8859-1"])
@pytest.mark.parametrize("real", ["utf-8", "windows-1251"])
def test_the_bytes_say_the_charset_whatever_is_declared(real: str, declared: str) -> None:
    html = page(RUSSIAN, lang="ru", charset=declared)
    got = decode(html.encode(real), f"text/html; charset={declared}")
    assert got == html


@pytest.mark.parametrize("real", ["koi8-r", "windows-1250", "windows-1252", "shift_jis"])
def test_a_declared_charset_is_believed_where_the_bytes_are_not_utf_8(real: str) -> None:
    words = {
        "koi8-r": "Мост",
        "windows-1250": "źle ťažko",
        "windows-1252": "déjà",
        "shift_jis": "橋",
    }
    html = page(f"<p>{words[real]}</p>", charset=real)
    assert decode(html.encode(real), "text/html") == html
    assert decode(html.encode(real), f"text/html; charset={real}") == html


def test_one_broken_letter_leaves_a_page_in_utf_8() -> None:
    body = page(RUSSIAN).encode() + "<p>Мос".encode()[:-1]
    got = decode(body, "text/html; charset=windows-1251")
    assert "Жители переправляются" in got
    assert got.count("\ufffd") == 1


def test_byte_order_marks_and_unknown_names_are_read() -> None:
    assert decode("мост".encode("utf-16"), "text/html; charset=utf-8") == "мост"
    assert decode(b"\xef\xbb\xbfbridge") == "bridge"
    assert decode("мост".encode("cp1251"), "text/html; charset=klingon") != ""


def test_an_article_gives_text_title_author_outlet_and_language() -> None:
    got = _read(ARTICLE)
    assert got.text.count("Paragraph") == 12
    for around in ("Most read", "Copyright", "cookies", "Subscribe", "dataLayer"):
        assert around not in got.text
    assert (got.title, got.author, got.site) == (
        "Bridge closed again",
        "Ada Ferryman",
        "River Gazette",
    )
    assert got.lang == "en"
    assert _read(page(RUSSIAN, lang="ru-RU")).lang == "ru"


def test_a_page_in_a_misdeclared_charset_gives_its_text() -> None:
    got = _read(page(RUSSIAN, title="Мост закрыт").encode("windows-1251"))
    assert got.title == "Мост закрыт"
    assert "Жители переправляются на пароме" in got.text


@pytest.mark.parametrize(
    ("head", "url", "expected"),
    [
        (JSON_LD, URL, ("2025-12-18", "page")),  # published, not modified
        ('<meta property="article:published_time" content="2025-12-17T23:10:00Z">', URL,
         ("2025-12-17", "page")),
        (JSON_LD, "https://gazette.example/2025/12/17/bridge", ("2025-12-18", "page")),
        (JSON_LD, "https://gazette.example/2025/12/18/bridge", ("2025-12-18", "page")),
        ("", "https://gazette.example/2025/12/17/bridge", ("2025-12-17", "url")),
        ('<link rel="canonical" href="https://gazette.example/2025/11/01/old">', URL, ("", "none")),
        # The same address once more is no second witness.
        ('<link rel="canonical" href="https://gazette.example/2025/12/17/bridge">',
         "https://gazette.example/2025/12/17/bridge?x", ("2025-12-17", "url")),
        ("", URL, ("", "none")),
    ],
)  # fmt: skip
def test_a_date_comes_with_its_basis(head: str, url: str, expected: tuple[str, str]) -> None:
    got = _read(page(head=head), url=url)
    assert (got.date, got.date_basis) == expected


@pytest.mark.parametrize("day", ["3 March 2021", "2021-03-03", "<time>3 March 2021</time>"])
def test_a_day_named_in_the_prose_is_no_day_of_publication(day: str) -> None:
    prose = f"<p>{SENTENCE}It was first closed on {day}, as the engineers recall.</p>"
    got = _read(page(prose + LONG))
    assert (got.date, got.date_basis) == ("", "none")
    assert "It was first closed on" in got.text
    got = _read(page(f"<p><time>18 December 2025</time></p>{prose}{LONG}"))
    assert (got.date, got.date_basis) == ("2025-12-18", "page")


@pytest.mark.parametrize("month", ["2025", "2025-12", "2025/12"])
def test_a_month_is_not_given_a_day(month: str) -> None:
    head = f'<meta property="article:published_time" content="{month}">'
    got = _read(page(f"<p><time datetime='{month}'>that month</time></p>{LONG}", head=head))
    assert (got.date, got.date_basis) == ("", "none")


def test_a_paywall_stub_is_told_by_its_words_and_by_its_markup() -> None:
    assert _reason(STUB).startswith("paywall: 'Subscribe now to continue'; ")
    assert _reason(STUB_BY_MARKUP).startswith("paywall: the page says it is not free")
    russian = page(f"<p>{SENTENCE * 4}</p><p>Полный текст доступен только подписчикам.</p>")
    assert _reason(russian).startswith("paywall: ")
    ukrainian = page(f"<p>{SENTENCE * 4}</p><p>Матеріал лише для передплатників.</p>")
    assert _reason(ukrainian).startswith("paywall: ")


def test_a_whole_article_is_kept_whatever_the_page_says_of_subscriptions() -> None:
    closed = JSON_LD.replace('"headline"', '"isAccessibleForFree": "False", "headline"')
    got = _read(page(LONG + "<p>Subscribe now to continue reading.</p>", head=closed))
    assert got.text.count("Paragraph") == 12


def test_a_cookie_wall_and_a_check_for_robots_are_no_articles() -> None:
    assert _reason(COOKIE_WALL).startswith("cookie_wall: 'store and access infor")
    assert _reason(CHALLENGE).startswith("challenge: 'Enable JavaScript")


def test_a_short_article_beside_a_cookie_banner_is_an_article() -> None:
    got = _read(page(f"<p>{SENTENCE}The ferry runs.</p><p>{SENTENCE}Fares rise.</p>" * 2))
    assert 200 < len(got.text) < 1500


def test_too_little_text_is_said_with_the_limit() -> None:
    short = page(f"<p>{SENTENCE}</p>").replace("We value your privacy. ", "")
    short = short.replace("<button>Accept all cookies</button>", "")
    assert _reason(short).startswith("too_short: ")
    assert "expected 200 (--min-chars)" in _reason(short)
    assert _read(short, least=50).text


@pytest.mark.parametrize("body", ["", "   ", "no markup at all", "<html></html>", "\x00\x01\x02"])
def test_a_page_without_a_page_in_it_is_a_problem_and_no_crash(body: str) -> None:
    assert _reason(body).split(":")[0] in ("not_html", "too_short")


def test_a_parser_that_fails_costs_one_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr("narrative.collect.extract.trafilatura.bare_extraction", fail)
    assert _reason(ARTICLE).startswith("not_read: the page could not be taken apart (RecursionErr")


def test_five_megabytes_of_page_are_read_in_seconds() -> None:
    filler = "<script>var state = '" + "x" * 3_000_000 + "';</script>"
    related = "".join(
        f"<li><a href='/{n}'>Ferry fares rise again {n}</a></li>" for n in range(40_000)
    )
    html = page(head=JSON_LD + filler).replace("<ul><li><a href='/a'>", "<ul><li>")
    html = html.replace("</ul></aside>", related + "</ul></aside>")
    assert len(html) > 5_000_000
    start = time.monotonic()
    got = _read(html)
    assert time.monotonic() - start < 30
    assert got.text.count("Paragraph") == 12
    assert got.date == "2025-12-18"
