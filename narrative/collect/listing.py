"""Sitemaps and feeds: the pages that they list, and what they say of each."""

from __future__ import annotations

from typing import Any, NamedTuple

from lxml import etree

from narrative.errors import InputError

_DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"


class Listed(NamedTuple):
    """A page of a sitemap or feed.

    `date` is as it stands there; `basis` is ``feed`` or ``sitemap`` for the day of publication,
    ``modified`` for the last change.
    """

    link: str
    title: str = ""
    date: str = ""
    basis: str = ""


def read_listing(body: bytes, where: str) -> tuple[list[Listed], list[str], str]:
    """Return the pages and the further sitemaps that a sitemap or feed lists, and what ails it.

    Parameters
    ----------
    body : bytes
        The file, unpacked.
    where : str
        Its name, for messages.

    Returns
    -------
    (list of Listed, list of str, str)
        Pages, addresses of sitemaps, and where the file is not well-formed, "" if it is: what comes
        after may be lost.

    Raises
    ------
    InputError
        If it is neither a sitemap nor a feed.
    """
    # No entities, no DTD, no network: a sitemap is a stranger's file.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False
    )
    try:
        root = etree.fromstring(body.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    kind = etree.QName(root).localname.lower() if root is not None else ""
    fault = _fault(parser)
    if kind == "sitemapindex":
        return [], [t for e in root.iterfind("{*}sitemap") if (t := _text(e, "loc"))], fault
    if kind in _READERS:
        path, read = _READERS[kind]
        return [p for e in root.iterfind(path) if (p := read(e)).link], [], fault
    got = f"<{kind}>" if kind else repr(body[:30].decode("utf-8", "replace"))
    raise InputError(
        f"{where}: begins with {got}; expected a sitemap (<urlset>, <sitemapindex>) or a feed "
        "(<rss>, <feed>). Addresses in a table go into a .csv with a column 'url'."
    )


def _fault(parser: Any) -> str:
    for entry in parser.error_log.filter_from_errors():
        return f"line {entry.line}: {entry.message.strip()}"
    return ""


def _text(element: Any, name: str) -> str:
    """Return the text of a child in the element's own vocabulary: a picture has a title, too."""
    space = etree.QName(element).namespace
    found = element.findtext(f"{{{space}}}{name}" if space else name)
    return " ".join((found or "").split())


def _of_sitemap(url: Any) -> Listed:
    news = url.find("{*}news")
    if news is not None and (day := _text(news, "publication_date")):
        return Listed(_text(url, "loc"), _text(news, "title"), day, "sitemap")
    title = _text(news, "title") if news is not None else ""
    return Listed(_text(url, "loc"), title, day := _text(url, "lastmod"), "modified" if day else "")


def _of_rss(item: Any) -> Listed:
    day = _text(item, "pubDate") or (item.findtext(f"{_DUBLIN_CORE}date") or "").strip()
    return Listed(_text(item, "link"), _text(item, "title"), day, "feed" if day else "")


def _of_atom(entry: Any) -> Listed:
    # RFC 4287: a link without rel is an alternate; "self" and "edit" are not the page.
    links = [e.get("href") for e in entry.iterfind("{*}link") if _is_page(e)]
    link, title = (links[0] if links else ""), _text(entry, "title")
    if day := _text(entry, "published"):
        return Listed(link, title, day, "feed")
    return Listed(link, title, day := _text(entry, "updated"), "modified" if day else "")


def _is_page(link: Any) -> bool:
    return bool(link.get("href")) and link.get("rel", "alternate") == "alternate"


_READERS = {
    "urlset": ("{*}url", _of_sitemap),
    "rss": (".//{*}item", _of_rss),
    "rdf": (".//{*}item", _of_rss),
    "feed": ("{*}entry", _of_atom),
}
