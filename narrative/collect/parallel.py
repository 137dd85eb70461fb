"""Several hosts at once, each of them one page after the other."""

from __future__ import annotations

import heapq
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")


def host_of(url: str) -> str:
    """Return the host that `url` names, "" if it names none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def in_turns(urls: Sequence[str], fetch: Callable[[str], T], hosts: int) -> Iterator[tuple[int, T]]:
    """Fetch every page, and yield its number and what `fetch` made of it as they come.

    Parameters
    ----------
    urls : sequence of str
        The pages; those of one host are fetched in this order, one at a time.
    fetch : callable
        Gets a page; it runs beside others. What it raises is raised here.
    hosts : int
        Most pages fetched at one time. With 1, pages come in their order.

    Notes
    -----
    No page is begun while the caller works on the one before. Threads are daemons: an interrupted
    program does not wait for those that are still waiting for a host.
    """
    turns: dict[str, deque[int]] = {}
    for number, url in enumerate(urls):
        turns.setdefault(host_of(url), deque()).append(number)
    idle = [(numbers[0], host) for host, numbers in turns.items()]
    heapq.heapify(idle)
    done: queue.SimpleQueue[tuple[str, int, T | None, BaseException | None]] = queue.SimpleQueue()

    def work(host: str, number: int) -> None:
        try:
            done.put((host, number, fetch(urls[number]), None))
        except BaseException as error:  # raised again where it is seen
            done.put((host, number, None, error))

    running = 0
    while idle or running:
        while idle and running < hosts:
            _, host = heapq.heappop(idle)
            threading.Thread(target=work, args=(host, turns[host].popleft()), daemon=True).start()
            running += 1
        host, number, got, error = done.get()
        running -= 1
        if error is not None:
            raise error
        if turns[host]:
            heapq.heappush(idle, (turns[host][0], host))
        yield number, got  # type: ignore[misc]  # None only where fetch returns it
