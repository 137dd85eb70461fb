"""Collect pages into a folder that a study can read."""

from __future__ import annotations

import hashlib
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from narrative.collect.dates import choose_day
from narrative.collect.extract import Article, read_article
from narrative.collect.fetch import Fetcher, Page
from narrative.collect.guard import PageError, Resolve, system_resolve
from narrative.collect.lock import held
from narrative.collect.options import Options
from narrative.collect.parallel import in_turns
from narrative.collect.sources import Target, read_source
from narrative.collect.store import DONE, Row, Store, as_duplicate
from narrative.reporting import Progress
from narrative.storage import sha256_bytes


@dataclass(frozen=True)
class Summary:
    """What a collection came to: rows by status, as they are in the folder now."""

    listed: int
    repeated: int
    skipped: int
    statuses: dict[str, int]
    differing: int = 0

    def told(self, folder: Path) -> str:
        """Return the counts as a message."""
        bad = sum(n for status, n in self.statuses.items() if status not in DONE)
        lines = [
            f"{self.listed} pages listed, {self.skipped} of them there already"
            + (f"; {self.repeated} listed more than once" if self.repeated else "")
            + ".",
            f"{folder}/documents.csv: {self.statuses.get('document', 0)} documents.",
        ]
        if self.differing:
            lines.append(
                f"{folder}/collected.csv: {self.differing} pages whose date is more than a day "
                "from the feed's or sitemap's; see its column note."
            )
        if bad:
            lines.append(f"{folder}/problems.csv: {bad} pages that gave none, and why.")
        return "\n".join(lines)


def collect(
    source: str,
    folder: Path,
    options: Options | None = None,
    *,
    retry_failed: bool = False,
    limit: int = 0,
    progress: Progress | None = None,
    note: Callable[[str], None] | None = None,
    sleep: Callable[[float], None] = time.sleep,
    resolve: Resolve = system_resolve,
) -> Summary:
    """Collect the pages that `source` lists into `folder`.

    Parameters
    ----------
    source : str
        A CSV of addresses, a sitemap or a feed (see `narrative.collect.sources.read_source`).
    folder : Path
        Gets ``documents.csv``, ``collected.csv`` and ``problems.csv``; pages that have a row in
        ``collected.csv`` are not asked for again.
    options : Options, optional
        Pace and limits.
    retry_failed : bool
        Whether pages that gave no document are asked for again.
    limit : int
        Most pages to ask for in this run, 0 for all.
    progress : callable, optional
        Told how many pages of how many are done.
    note : callable, optional
        Told what a user should know and no page's row says, such as a robots.txt that was cut.
    sleep, resolve : callable
        How to wait, and how to look hosts up.

    Returns
    -------
    Summary
        Counts.

    Raises
    ------
    InputError
        If the source or what the folder holds cannot be used, or another run is at work in it.
    StorageError
        If the folder cannot be written to.
    """
    options = options or Options()
    fetcher = Fetcher(options, sleep=sleep, resolve=resolve)
    targets, repeated = read_source(
        source, lambda url: fetcher.listing(url).body, options.max_bytes, fetcher.notes.append
    )
    _tell(fetcher, note)
    with held(folder):
        store = Store(folder, {target.url: place for place, target in enumerate(targets)})
        if retry_failed:
            store.forget_failed()
        known = store.known()
        todo = [t for t in targets if t.url not in known]
        skipped = len(targets) - len(todo)
        todo = todo[:limit] if limit else todo
        pages = in_turns([t.url for t in todo], partial(_fetched, fetcher), options.hosts)
        try:
            for done, (number, got) in enumerate(pages, start=1):
                _keep(todo[number], got, store, options)
                _tell(fetcher, note)
                if progress is not None:
                    progress(done, len(todo))
        finally:
            store.settle()
            store.write_problems()
    statuses = Counter(row["status"] for row in store.rows)
    differing = sum("dates differ: " in row["note"] for row in store.rows)
    return Summary(len(targets), repeated, skipped, dict(sorted(statuses.items())), differing)


def _tell(fetcher: Fetcher, note: Callable[[str], None] | None) -> None:
    while note is not None and fetcher.notes:
        note(fetcher.notes.popleft())


def _fetched(fetcher: Fetcher, url: str) -> tuple[str, Page | PageError]:
    """Return when a page was asked for, and the page or why there is none."""
    asked = _now()
    try:
        return asked, fetcher.page(url)
    except PageError as error:
        return asked, error


def _keep(
    target: Target, got: tuple[str, Page | PageError], store: Store, options: Options
) -> None:
    asked, page = got
    row: Row = {"url": target.url, "fetched_at": asked}
    document: Row | None = None
    try:
        if isinstance(page, PageError):
            raise page
        row |= {
            "final_url": page.final_url,
            "http_status": "200",
            "bytes": str(len(page.body)),
            "sha256": sha256_bytes(page.body),
        }
        same = store.document_of(page.final_url, target.url)
        if same:
            row = as_duplicate(row, same)
        else:
            article = read_article(page, options.min_chars)
            document = _document(target, page, article, row)
    except PageError as error:
        status = str(error.http_status) if error.http_status else ""
        row |= {"status": error.status, "reason": error.reason, "http_status": status}
        row["final_url"] = error.final_url
    store.add(row, document)


def _document(target: Target, page: Page, article: Article, row: Row) -> Row:
    """Return the row for documents.csv, and fill in the page's `row`."""
    day = choose_day(
        target.published_at,
        (article.date, article.date_basis),
        (target.listed, target.listed_basis),
        article.date_note,
        article.lang,
    )
    title = article.title or target.title
    row |= {"title": title, "date": day.date, "date_basis": day.basis}
    row |= {"listed_date": day.listed, "listed_basis": target.listed_basis, "note": day.note}
    if not day.date:
        raise PageError(
            "unusable",
            "no_date: neither the page nor its address, nor a feed or sitemap, says when it was "
            "published" + (f" ({day.note})" if day.note else "") + "; write it into a column "
            "published_at of a CSV and use --retry-failed",
            http_status=200,
            final_url=page.final_url,
        )
    host = (urlsplit(page.final_url).hostname or "").removeprefix("www.")
    row |= {"status": "document", "doc_id": _doc_id(host, target.url), "reason": ""}
    return {
        "doc_id": row["doc_id"],
        "outlet": target.outlet or article.site or host,
        "published_at": day.date,
        "text": article.text,
        "author": article.author,
        "title": title,
        "url": page.final_url,
        "lang": article.lang,
    }


def _doc_id(host: str, url: str) -> str:
    """Return an id that a page keeps, in whatever order and folder it is collected."""
    name = re.sub(r"[^a-z0-9.]+", "-", host).strip("-.")
    return f"{name}-{hashlib.sha256(url.encode()).hexdigest()[:12]}"


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
