"""Ask politely: a host one page at a time, robots.txt first, redirects checked hop by hop."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from narrative.collect.client import Accept, Answer, ask
from narrative.collect.guard import (
    Endpoint,
    PageError,
    Resolve,
    check_url,
    normal_url,
    system_resolve,
)
from narrative.collect.options import Options
from narrative.collect.robots import MAX_BYTES, Robots

MAX_REDIRECTS = 5
_MOVED = (301, 302, 303, 307, 308)
_AGAIN = (429, 500, 502, 503, 504)
_LONGEST = 120.0  # seconds to wait for a host that says when to come again
_HTML = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True)
class Page:
    """A page that came whole."""

    url: str
    final_url: str
    content_type: str
    body: bytes
    whole: bool = True


def _is_html(kind: str) -> bool:
    # No Content-Type at all: whether it is a page shows when it is read.
    return not kind or kind.split(";")[0].strip().lower() in _HTML


def _is_anything(_kind: str) -> bool:
    return True


class Fetcher:
    """Gets pages and lists of pages, from several threads if wanted.

    Parameters
    ----------
    options : Options
        Pace and limits.
    sleep : callable
        Waits for so many seconds.
    resolve : callable
        Looks a host up.
    """

    def __init__(
        self,
        options: Options,
        *,
        sleep: Callable[[float], None] = time.sleep,
        resolve: Resolve = system_resolve,
    ) -> None:
        self._options, self._sleep, self._resolve = options, sleep, resolve
        self.notes: deque[str] = deque()  # what a user should know and no page's row says
        self._robots = Robots(options.agent, self._robots_file, self.notes.append)
        self._next: dict[str, float] = {}
        # A redirect may lead to a host that another thread is asking.
        self._turns: dict[str, threading.Lock] = {}

    def page(self, url: str) -> Page:
        """Return the HTML page at `url`.

        Raises
        ------
        PageError
            If it may not be asked for, did not come, or is not HTML.
        """
        return self._follow(url, self._options, _is_html)

    def listing(self, url: str) -> Page:
        """Return the sitemap or feed at `url`, whatever type it is sent as."""
        return self._follow(url, self._options, _is_anything)

    def _robots_file(self, url: str) -> tuple[bytes, bool]:
        limits = replace(self._options, max_bytes=MAX_BYTES)
        got = self._follow(url, limits, _is_anything, for_robots=True)
        return got.body, got.whole

    def _follow(
        self, url: str, options: Options, accept: Accept, *, for_robots: bool = False
    ) -> Page:
        asked, seen = normal_url(url), set[str]()
        at = asked
        try:
            for _hop in range(MAX_REDIRECTS + 1):
                if at in seen:
                    raise PageError("failed", f"redirect_loop: back at {at}")
                seen.add(at)
                # Every hop is looked up and checked anew: a public page may point anywhere.
                endpoint = check_url(at, resolve=self._resolve, allow_private=options.allow_private)
                at = endpoint.url
                if not for_robots:
                    self._robots.check(endpoint)
                answer = self._persist(endpoint, options, accept, cut=for_robots)
                if answer.status == 200:
                    return Page(asked, at, answer.content_type, answer.body, answer.whole)
                at = _next_hop(answer, at)
        except PageError as error:
            error.final_url = error.final_url or at
            raise
        raise PageError(
            "failed", f"redirects: more than {MAX_REDIRECTS}, last to {at}", final_url=at
        )

    def _persist(
        self, endpoint: Endpoint, options: Options, accept: Accept, *, cut: bool
    ) -> Answer:
        """Ask until there is an answer that another try would not change."""
        with self._turns.setdefault(endpoint.host, threading.Lock()):
            return self._tries(endpoint, options, accept, cut)

    def _tries(self, endpoint: Endpoint, options: Options, accept: Accept, cut: bool) -> Answer:
        for tried in range(options.retries + 1):
            last = tried == options.retries
            self._wait(endpoint)
            try:
                answer = ask(endpoint, options, accept, cut=cut)
            except PageError as error:
                if last or not error.again:
                    raise
                pause = 2.0**tried
            else:
                if answer.status not in _AGAIN:
                    return answer
                asked = _retry_after(answer)
                if last or (asked or 0.0) > _LONGEST:
                    raise _gave_up(answer, asked)
                pause = 2.0**tried if asked is None else asked
            self._sleep(pause)
        raise AssertionError("the last try returns or raises")

    def _wait(self, endpoint: Endpoint) -> None:
        delay = max(self._options.delay, self._robots.delay(endpoint))
        now = time.monotonic()
        due = self._next.get(endpoint.host, now)
        if due > now:
            self._sleep(due - now)
        self._next[endpoint.host] = max(due, now) + delay


def _next_hop(answer: Answer, at: str) -> str:
    location = answer.headers.get("location", "")
    if answer.status not in _MOVED or not location:
        reason = f"http_{answer.status}"
        if answer.status == 402:
            reason = "paywall: HTTP 402, payment required"
        raise PageError("failed", reason, http_status=answer.status)
    # Headers are read as Latin-1, and servers write UTF-8 into them.
    with suppress(UnicodeError):
        location = location.encode("latin-1").decode("utf-8")
    try:
        return normal_url(location, at)
    except PageError as error:
        error.http_status = answer.status
        raise


def _retry_after(answer: Answer) -> float | None:
    value = answer.headers.get("retry-after", "")
    if not value:
        return None
    try:
        return Retry().parse_retry_after(value)
    except InvalidHeader:
        return None


def _gave_up(answer: Answer, asked: float | None) -> PageError:
    when = f", which asks to come again in {asked:.0f} s" if asked else ""
    return PageError(
        "failed",
        f"http_{answer.status}: still so at the last try{when}; --retry-failed tries again",
        http_status=answer.status,
    )
