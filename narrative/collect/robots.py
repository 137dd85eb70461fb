"""What a host's robots.txt allows (RFC 9309)."""

from __future__ import annotations

import threading
from collections.abc import Callable

from protego import Protego

from narrative.collect.guard import Endpoint, PageError

MAX_BYTES = 500 * 1024  # RFC 9309, 2.5: at least 500 KiB are read
_LONGEST = 60.0  # seconds; a longer Crawl-delay is taken for this

Fetch = Callable[[str], tuple[bytes, bool]]


class Robots:
    """Reads each origin's robots.txt once, whichever thread asks first.

    Parameters
    ----------
    agent : str
        The user agent; what stands before its first slash is looked for.
    fetch : callable
        From a URL to the file's bytes, through the same checks as any page, and whether that is all
        of it: from `MAX_BYTES` on it may be cut.
    note : callable
        Told of a file that was cut.
    """

    def __init__(self, agent: str, fetch: Fetch, note: Callable[[str], None]) -> None:
        self._agent, self._fetch, self._note = agent.partition("/")[0].strip(), fetch, note
        self._rules: dict[str, Protego] = {}
        self._unread: dict[str, str] = {}
        self._turns: dict[str, threading.Lock] = {}

    def check(self, endpoint: Endpoint) -> None:
        """Raise PageError if `endpoint` is not to be asked."""
        if not self._of(endpoint).can_fetch(endpoint.url, self._agent):
            raise PageError("refused", f"robots: {endpoint.origin}/robots.txt disallows it")

    def delay(self, endpoint: Endpoint) -> float:
        """Return the seconds between requests that a robots.txt already read asks for."""
        rules = self._rules.get(endpoint.origin)
        asked = rules.crawl_delay(self._agent) if rules is not None else None
        return min(asked or 0.0, _LONGEST)

    def _of(self, endpoint: Endpoint) -> Protego:
        origin = endpoint.origin
        with self._turns.setdefault(origin, threading.Lock()):
            if origin not in self._rules and origin not in self._unread:
                try:
                    self._rules[origin] = self._read(f"{origin}/robots.txt")
                except PageError as error:
                    # A host that is down is asked once, not before each of its pages.
                    self._unread[origin] = error.reason
        if origin in self._unread:
            raise PageError(
                "failed", f"robots: {origin}/robots.txt not read ({self._unread[origin]})"
            )
        return self._rules[origin]

    def _read(self, url: str) -> Protego:
        try:
            body, whole = self._fetch(url)
        except PageError as error:
            # RFC 9309, 2.3.1.3 and 2.3.1.4: a file that is not there forbids nothing, one that
            # cannot be reached now may forbid everything. 429 says "not now" of any file.
            if not 400 <= error.http_status < 500 or error.http_status == 429:
                raise
            body, whole = b"", True
        if not whole:
            self._note(f"{url}: only its first {MAX_BYTES:,} bytes are read (RFC 9309).")
            # Half a rule may forbid more than the whole: "/" is the beginning of every path.
            body = body[: max(body.rfind(b"\n"), body.rfind(b"\r")) + 1]
        return Protego.parse(body.decode("utf-8-sig", "replace"))
