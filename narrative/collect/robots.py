"""What a host's robots.txt allows."""

from __future__ import annotations

from collections.abc import Callable
from urllib.robotparser import RobotFileParser

from narrative.collect.guard import Endpoint, PageError

MAX_BYTES = 512_000  # RFC 9309 asks for at least 500 KiB
_LONGEST = 60.0  # seconds; a longer Crawl-delay is taken for this


class Robots:
    """Reads each origin's robots.txt once.

    Parameters
    ----------
    agent : str
        The user agent; what stands before its first slash is looked for.
    fetch : callable
        From a URL to the file's bytes, through the same checks as any page.
    """

    def __init__(self, agent: str, fetch: Callable[[str], bytes]) -> None:
        self._agent, self._fetch = agent, fetch
        self._rules: dict[str, RobotFileParser] = {}
        self._unread: dict[str, str] = {}

    def check(self, endpoint: Endpoint) -> None:
        """Raise PageError if `endpoint` is not to be asked."""
        if not self._of(endpoint).can_fetch(self._agent, endpoint.url):
            raise PageError("refused", f"robots: {endpoint.origin}/robots.txt disallows it")

    def delay(self, endpoint: Endpoint) -> float:
        """Return the seconds between requests that a robots.txt already read asks for."""
        rules = self._rules.get(endpoint.origin)
        asked = rules.crawl_delay(self._agent) if rules is not None else None
        return min(float(asked or 0), _LONGEST)

    def _of(self, endpoint: Endpoint) -> RobotFileParser:
        origin = endpoint.origin
        if origin not in self._rules and origin not in self._unread:
            try:
                self._rules[origin] = self._read(endpoint)
            except PageError as error:
                # A host that is down is asked once, not before each of its pages.
                self._unread[origin] = error.reason
        if origin in self._unread:
            raise PageError(
                "failed", f"robots: {origin}/robots.txt not read ({self._unread[origin]})"
            )
        return self._rules[origin]

    def _read(self, endpoint: Endpoint) -> RobotFileParser:
        rules = RobotFileParser()
        try:
            lines = self._fetch(f"{endpoint.origin}/robots.txt").decode("utf-8-sig", "replace")
        except PageError as error:
            if error.http_status in (401, 403):
                lines = "User-agent: *\nDisallow: /"
            elif 400 <= error.http_status < 500 and error.http_status != 429:
                lines = ""
            else:
                raise  # RFC 9309: a file that cannot be reached now may forbid everything
        rules.parse(lines.splitlines())
        return rules
