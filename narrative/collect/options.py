"""How to ask: pace, patience and limits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.metadata import version

from narrative.errors import InputError

MEGABYTE = 1_000_000


@cache
def default_agent() -> str:
    """Return the name that pages and robots.txt are asked under."""
    return f"narrative-collect/{version('narrative')}"


@dataclass(frozen=True)
class Options:
    """Settings of a collection.

    Parameters
    ----------
    delay : float
        Seconds between two requests to one host; a robots.txt can ask for more.
    timeout : float
        Seconds of silence after which a request is given up; a whole page may take five times that.
    max_bytes : int
        Largest page, unpacked.
    retries : int
        Further tries after status 429, 500, 502, 503 or 504, a timeout or a broken connection.
    min_chars : int
        Fewest characters of an article.
    allow_private : bool
        Whether hosts on private addresses may be asked.
    user_agent : str
        Name to ask under; its first part is what robots.txt knows it by.
    hosts : int
        Most hosts that are asked at one time, each for one page.
    """

    delay: float = 1.0
    timeout: float = 30.0
    max_bytes: int = 10 * MEGABYTE
    retries: int = 3
    min_chars: int = 200
    allow_private: bool = False
    user_agent: str = ""
    hosts: int = 4

    def __post_init__(self) -> None:
        rules = (
            (self.delay >= 0, "delay", self.delay, "0 or more seconds"),
            (self.timeout > 0, "timeout", self.timeout, "more than 0 seconds"),
            (self.max_bytes > 0, "max-bytes", self.max_bytes, "1 or more"),
            (self.retries >= 0, "retries", self.retries, "0 or more"),
            (self.hosts > 0, "hosts", self.hosts, "1 or more"),
            (self.min_chars > 0, "min-chars", self.min_chars, "1 or more"),
            (
                self.user_agent.isascii() and (self.user_agent + "x").isprintable(),
                "user-agent",
                self.user_agent,
                "printable ASCII, e.g. 'my-project/1.0 (mail@example.org)'",
            ),
        )
        for holds, name, got, expected in rules:
            if not holds:
                raise InputError(f"--{name}={got!r}: expected {expected}.")

    @property
    def agent(self) -> str:
        """Return the name to ask under."""
        return self.user_agent or default_agent()
