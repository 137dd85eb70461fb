"""A page to an article: text, title, date with its basis; or what stands in the article's place."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import htmldate
import trafilatura

from narrative.collect.decode import decode
from narrative.collect.fetch import Page
from narrative.collect.guard import PageError
from narrative.collect.markup import make_iso

SHORT = 1500  # characters below which an article may be the stub before a paywall
_CLOSED = re.compile(r'"isAccessibleForFree"\s*:\s*"?false', re.IGNORECASE)
_LANG = re.compile(r"([a-z]{2,3})(?:[-_]|$)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_SHOWN = "//title//text() | //body//text()[not(ancestor::script or ancestor::style)]"
_MAX_SHOWN = 200_000
_PROSE = 100  # characters from which a paragraph is no line of its own for author and date
_MONTH = re.compile(r"\s*\d{4}([-/.]\d{1,2})?\s*")
_OTHER_URLS = "//link[@rel='canonical'] | //meta[@name='og:url' or @property='og:url']"
_NO_PAGE = "<html><body><p></p></body></html>"


@dataclass(frozen=True)
class Article:
    """What was read off a page; `date_basis` is ``page``, ``url`` or ``none``.

    `date_note` has the words that the date was read from, or what was not taken for one.
    """

    text: str
    title: str
    author: str
    site: str
    lang: str
    date: str
    date_basis: str
    date_note: str


def read_article(page: Page, min_chars: int) -> Article:
    """Return the article of a page.

    Parameters
    ----------
    page : Page
        As it came.
    min_chars : int
        Fewest characters of an article.

    Raises
    ------
    PageError
        If no text is found, or what is found is the stub of a paywall, a request to accept cookies,
        a check for robots, or shorter than `min_chars`.
    """
    html = decode(page.body, page.content_type)
    try:
        return _read(html, page, min_chars)
    except PageError as error:
        error.http_status, error.final_url = 200, page.final_url
        raise
    except Exception as error:  # whatever a stranger's page makes a parser do, the next one counts
        raise PageError(
            "unusable",
            f"not_read: the page could not be taken apart ({type(error).__name__}: {error})",
            http_status=200,
            final_url=page.final_url,
        ) from error


def _read(html: str, page: Page, min_chars: int) -> Article:
    tree = trafilatura.load_html(html)
    if tree is None:
        raise PageError("unusable", "not_html: no markup in it")
    lang = _LANG.match(str(tree.get("lang") or ""))
    found: Any = trafilatura.bare_extraction(
        html,
        url=page.final_url,
        with_metadata=True,
        include_comments=False,
        include_tables=False,
        date_extraction_params={"extensive_search": False, "original_date": True},
    )
    text = _tidy(getattr(found, "text", ""))
    _check_article(text, html, tree, min_chars)
    code = lang[1].lower() if lang else ""
    date, basis, note = _date(tree, page.final_url, code)
    return Article(
        text=text,
        title=_line(found.title),
        author=_line(found.author),
        site=_line(found.sitename),
        lang=code,
        date=date,
        date_basis=basis,
        date_note=note,
    )


def _date(tree: Any, url: str, lang: str) -> tuple[str, str, str]:
    """Return the day of publication, what says so (markup or address), and a note."""
    _drop_what_misleads(tree)
    said = make_iso(tree, lang)
    date = _found_date(tree, url)
    if date and date == _found_date(_NO_PAGE, url) and date != _found_date(tree, None):
        return date, "url", said.not_taken()
    if date:
        return date, "page", said.words_for(date)
    return "", "none", said.not_taken()


def _drop_what_misleads(tree: Any) -> None:
    """Take out of the tree what htmldate would read a wrong day from."""
    # Addresses of the page say no more than its URL; days in the prose are those of events.
    drop = [
        *tree.xpath(_OTHER_URLS),
        *(p for p in tree.iter("p") if len(p.text_content()) > _PROSE),
    ]
    # A month without a day would be given today's.
    drop += [
        element
        for element in tree.xpath("//meta[@content] | //time[@datetime]")
        if _MONTH.fullmatch(element.get("content") or element.get("datetime") or "")
    ]
    for element in drop:
        if element.getparent() is not None:
            element.drop_tree()


def _found_date(page: Any, url: str | None) -> str:
    # No extensive search: it reads days out of any text.
    found = htmldate.find_date(
        page, url=url, extensive_search=False, original_date=True, deferred_url_extractor=True
    )
    return found or ""


def _check_article(text: str, html: str, tree: Any, min_chars: int) -> None:
    """Raise PageError if `text` is no article; a long text is one whatever the page says."""
    if len(text) >= SHORT:
        return
    size = f"{len(text)} characters of text"
    if _CLOSED.search(html):
        raise PageError("unusable", f"paywall: the page says it is not free; {size}")
    shown = " ".join(" ".join(tree.xpath(_SHOWN)).split())[:_MAX_SHOWN]
    hits = _hits("paywall", shown)
    if hits:
        raise PageError("unusable", f"paywall: {hits[0]!r}; {size}")
    for kind in ("cookie_wall", "challenge"):
        # Banners stand beside articles, too: it counts what came out as the article.
        within, anywhere = _hits(kind, text), _hits(kind, shown)
        if len(within) > 1 or (len(text) < min_chars and anywhere):
            raise PageError("unusable", f"{kind}: {(within or anywhere)[0]!r}; {size}")
    if len(text) < min_chars:
        raise PageError("unusable", f"too_short: {size}, expected {min_chars} (--min-chars)")


def _hits(kind: str, text: str) -> list[str]:
    """Return the first match of each pattern of `kind`."""
    return [m[0] for pattern in _walls()[kind] if (m := pattern.search(text))]


@cache
def _walls() -> dict[str, list[re.Pattern[str]]]:
    table = tomllib.loads((files("narrative") / "data/walls.toml").read_text(encoding="utf-8"))
    return {k: [re.compile(p, re.IGNORECASE) for p in v] for k, v in table.items()}


def _tidy(text: str | None) -> str:
    return _CONTROL.sub("", text or "").strip()


def _line(text: str | None) -> str:
    return " ".join(_tidy(text).split())
