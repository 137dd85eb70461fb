"""Which pages to collect: a table, a sitemap or a feed."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from narrative.collect.guard import PageError, normal_url
from narrative.collect.listing import read_listing
from narrative.corpus import parse_published
from narrative.errors import InputError
from narrative.rows import read_csv
from narrative.schema import row_names

MAX_SITEMAPS = 100
_MAX_LISTED = 20
_OPTIONAL = ("outlet", "published_at")

Get = Callable[[str], bytes]


@dataclass(frozen=True)
class Target:
    """A page to collect, and what is said of it.

    `outlet` and `published_at` are the user's; `title`, `listed` (a date as it stands there) and
    `listed_basis` those of the feed or sitemap.
    """

    url: str
    outlet: str = ""
    published_at: str = ""
    title: str = ""
    listed: str = ""
    listed_basis: str = ""


def read_source(
    source: str, get: Get, max_bytes: int, note: Callable[[str], None]
) -> tuple[list[Target], int]:
    """Return the pages that `source` lists, each once, and how often one was listed again.

    Parameters
    ----------
    source : str
        A .csv with a column ``url`` (and, if wanted, ``outlet`` and ``published_at``), or a sitemap
        or feed (RSS, Atom), as a file or as a web address.
    get : callable
        From a web address to the bytes there.
    max_bytes : int
        Largest sitemap, unpacked.
    note : callable
        Told of a sitemap or feed that is not well-formed.

    Raises
    ------
    InputError
        If there is no such source, or it is none of these, or a row of it is wrong.
    """
    if source.lower().startswith(("http://", "https://")):
        targets = _listed(_fetched(source, get), source, source, get, max_bytes, note)
    else:
        path, body = Path(source), _opened(source)
        if path.suffix.lower() == ".csv":
            if not body.strip():
                raise InputError(
                    f"{path.name}: empty file; expected a header row with a column 'url', and "
                    "below it an address in each row."
                )
            targets = read_table(path)
        else:
            targets = _listed(body, path.name, "", get, max_bytes, note)
    if not targets:
        raise InputError(
            f"{source}: lists no pages; expected at least one address. Write one into a row of its "
            "own, or see with a browser whether the sitemap or feed is empty."
        )
    distinct: dict[str, Target] = {}
    for target in targets:
        distinct.setdefault(target.url, target)
    return list(distinct.values()), len(targets) - len(distinct)


def _opened(source: str) -> bytes:
    try:
        return Path(source).read_bytes()
    except FileNotFoundError:
        got = "no such file"
    except (OSError, ValueError) as error:
        got = f"cannot be read ({getattr(error, 'strerror', None) or error})"
    raise InputError(
        f"{source}: {got}; expected a .csv with a column 'url', or a sitemap or feed as a file or "
        "as an address that begins with http:// or https://."
    )


def read_table(path: Path) -> list[Target]:
    """Read a CSV of addresses.

    Raises
    ------
    InputError
        Listing every wrong row with its column.
    """
    table = read_csv(path)
    if "url" not in table.columns:
        raise InputError(
            f"{path.name}: column missing: url; got {', '.join(map(str, table.columns))}. "
            "Name the column of addresses 'url'."
        )
    targets, problems = [], []
    for name, row in zip(row_names(table), table.to_dict("records"), strict=True):
        given = {c: str(row.get(c, "")).strip() for c in _OPTIONAL}
        try:
            if given["published_at"]:
                given["published_at"] = parse_published(given["published_at"])[0]
        except ValueError as error:
            problems.append(
                f"{path.name}, {name}: published_at={given['published_at']!r}: {error}."
            )
            continue
        try:
            targets.append(Target(normal_url(str(row["url"])), **given))
        except PageError as error:
            what = error.reason.partition(": ")[2]
            problems.append(f"{path.name}, {name}: url: {what}.")
    if problems:
        more = len(problems) - _MAX_LISTED
        tail = [f"... and {more} more."] if more > 0 else []
        raise InputError("\n".join(problems[:_MAX_LISTED] + tail))
    return targets


def _fetched(url: str, get: Get) -> bytes:
    try:
        return get(url)
    except PageError as error:
        raise InputError(
            f"{url}: not read ({error.reason}); expected a sitemap or feed there."
        ) from None


def _listed(
    body: bytes, name: str, base: str, get: Get, max_bytes: int, note: Callable[[str], None]
) -> list[Target]:
    """Return the pages of a sitemap or feed, and of the sitemaps that it lists."""
    targets: list[Target] = []
    waiting, seen = [(body, name, base)], {base}
    while waiting:
        content, where, at = waiting.pop(0)
        pages, sitemaps, fault = read_listing(_unpacked(content, where, max_bytes), where)
        if fault:
            count = len(pages) + len(sitemaps)
            told = f"{where}, {fault}; not well-formed XML"
            if not count:
                raise InputError(f"{told}: no address was read. Fetch it again, or mend it.")
            note(f"{told}: {count} addresses were read, those after the fault may be missing.")
        targets += [
            Target(_absolute(p.link, at), title=p.title, listed=p.date, listed_basis=p.basis)
            for p in pages
        ]
        for link in sitemaps:
            url = _absolute(link, at)
            if url in seen:
                continue
            if len(seen) > MAX_SITEMAPS:
                raise InputError(
                    f"{name}: lists more than {MAX_SITEMAPS} sitemaps; collect them one by one."
                )
            seen.add(url)
            waiting.append((_fetched(url, get), url, url))
    return targets


def _absolute(link: str, base: str) -> str:
    try:
        return normal_url(link, base)
    except PageError:
        return link.strip()  # reported as a page that was refused, with this address


def _unpacked(body: bytes, where: str, max_bytes: int) -> bytes:
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        # Bounded: a few kilobytes can unpack to gigabytes.
        with gzip.open(io.BytesIO(body)) as packed:
            plain = packed.read(max_bytes + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise InputError(
            f"{where}: not a whole gzip file ({error}); expected a sitemap, packed or not. Fetch "
            "it again, or unpack it."
        ) from None
    if len(plain) > max_bytes:
        raise InputError(
            f"{where}: unpacks to more than {max_bytes:,} bytes; raise --max-bytes to read it."
        )
    return plain
