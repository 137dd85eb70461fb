"""Several hosts at once: manners, the same tables in whatever order pages come, and going on."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from collect_site import JSON_LD, Reply, Site, moved, ok, page, serving

from narrative.collect import client, run, store
from narrative.collect.options import Options
from narrative.collect.parallel import in_turns
from narrative.collect.run import Summary, collect
from narrative.collect.store import Store

TABLES = ("documents.csv", "collected.csv", "problems.csv")


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(Site()) as running:
        yield running


@pytest.fixture(autouse=True)
def _one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_now", lambda: "2026-01-01T00:00:00Z")


def _collect(source: str, out: Path, hosts: int, **settings: Any) -> Summary:
    options = Options(delay=0, retries=0, timeout=5, allow_private=True, hosts=hosts)
    return collect(source, out, options, resolve=lambda host, port: ["127.0.0.1"], **settings)


def _at(site: Site, host: str, path: str) -> str:
    return site.root.replace("127.0.0.1", f"{host}.example") + path


def _bytes(out: Path) -> list[str]:
    return [(out / name).read_text() for name in TABLES]


def _list(site: Site, tmp_path: Path, *, doubled: bool = True) -> str:
    """Pages of four hosts, two missing, two undated; if `doubled`, four lead to two others."""
    urls = []
    for number in range(24):
        host = "abcd"[number * 7 % 4]
        path = f"/{number}"
        reply: Reply | str = page(title=f"Bridge {number}", head=JSON_LD)
        if number % 6 == 5:
            reply = Reply(b"", 404) if number % 4 == 1 else page(title=f"Undated {number}")
        elif doubled and number % 5 == 1:
            reply = moved(_at(site, "ab"[number % 2], f"/shared{number % 2}"))
        site.add(path, reply)
        urls.append(_at(site, host, path))
    for number in range(2):
        site.add(f"/shared{number}", page(title=f"Shared {number}", head=JSON_LD))
    return site.table(tmp_path / "urls.csv", *urls)


def _shuffled(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Let every answer take its own time."""
    rng, real, lock = random.Random(seed), client.ask, threading.Lock()

    def late(*arguments: Any, **more: Any) -> Any:
        with lock:
            pause = rng.choice([0, 0.002, 0.02])
        time.sleep(pause)
        return real(*arguments, **more)

    monkeypatch.setattr("narrative.collect.fetch.ask", late)


def test_hosts_are_asked_at_the_same_time(site: Site, tmp_path: Path) -> None:
    together = threading.Barrier(3, timeout=20)

    def wait(path: str) -> None:
        if path != "/robots.txt":
            together.wait()  # nobody goes on before all three have come

    site.on_ask = wait
    urls = [_at(site, host, f"/{host}") for host in "abc"]
    for host in "abc":
        site.add(f"/{host}", page(title=host, head=JSON_LD))
    source = site.table(tmp_path / "urls.csv", *urls)
    assert _collect(source, tmp_path / "out", hosts=3).statuses == {"document": 3}


def test_a_host_is_asked_for_one_page_at_a_time(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a page of another host leads to it."""
    real, lock = client.ask, threading.Lock()
    active: Counter[str] = Counter()
    peaks: Counter[str] = Counter()
    most = 0

    def counted(endpoint: Any, *arguments: Any, **more: Any) -> Any:
        nonlocal most
        with lock:
            active[endpoint.host] += 1
            peaks[endpoint.host] = max(peaks[endpoint.host], active[endpoint.host])
            most = max(most, active.total())
        try:
            time.sleep(0.005)
            return real(endpoint, *arguments, **more)
        finally:
            with lock:
                active[endpoint.host] -= 1

    monkeypatch.setattr("narrative.collect.fetch.ask", counted)
    _collect(_list(site, tmp_path), tmp_path / "out", hosts=3)
    assert peaks == dict.fromkeys([f"{h}.example" for h in "abcd"], 1)
    assert most == 3
    assert site.asked["/robots.txt"] == 4


@pytest.mark.parametrize("seed", range(4))
def test_the_tables_are_the_same_in_whatever_order_pages_come(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    source = _list(site, tmp_path)
    one = _collect(source, tmp_path / "one", hosts=1)
    assert one.statuses == {"document": 18, "duplicate": 2, "failed": 2, "unusable": 2}
    _shuffled(monkeypatch, seed)
    assert _collect(source, tmp_path / "many", hosts=4) == one
    assert _bytes(tmp_path / "many") == _bytes(tmp_path / "one")


def test_of_two_addresses_of_a_page_the_first_listed_has_the_document(
    site: Site, tmp_path: Path
) -> None:
    """Though its host is slower, and though the other alone gives none, for want of a date."""
    for name, rows in {
        "dated": ("{0},", "{1},", "{2},"),
        "undated": ("{0},2025-12-18", "{1},", "{2},"),
    }.items():
        first, *others = (_at(site, host, f"/{name}-{host}") for host in "abc")
        for host in "abc":
            site.add(f"/{name}-{host}", moved(_at(site, "d", f"/{name}")))
        site.add(f"/{name}", page(head=JSON_LD if name == "dated" else ""))
        source = site.table(
            tmp_path / "urls.csv",
            *(row.format(first, *others) for row in rows),
            columns="url,published_at",
        )
        one = _collect(source, tmp_path / f"{name}-1", hosts=1)
        assert one.statuses == {"document": 1, "duplicate": 2}
        site.on_ask = lambda path: time.sleep(0.2 if path.endswith("-a") else 0)
        assert _collect(source, tmp_path / f"{name}-4", hosts=4) == one
        site.on_ask = lambda path: None
        assert _bytes(tmp_path / f"{name}-4") == _bytes(tmp_path / f"{name}-1")


@pytest.mark.parametrize("killed", [False, True])
def test_a_run_that_is_stopped_goes_on_to_the_same_tables(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    source, out = _list(site, tmp_path, doubled=False), tmp_path / "many"
    one = _collect(source, tmp_path / "one", hosts=1)
    before = dict(site.asked)
    _shuffled(monkeypatch, 7)

    def stop(done: int, total: int) -> None:
        if done == 9:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if killed:  # then nobody puts anything in order
            patch.setattr(Store, "settle", lambda self: None)
        with pytest.raises(KeyboardInterrupt):
            _collect(source, out, hosts=4, progress=stop)
    assert (out / "collected.csv").read_text().count("\n") == 10
    got = _collect(source, out, hosts=4)
    assert (got.statuses, got.skipped) == (one.statuses, 9)
    assert _bytes(out) == _bytes(tmp_path / "one")
    again = Counter(site.asked) - Counter(before)
    assert sum(n - 1 for path, n in again.items() if path != "/robots.txt") <= 3  # in flight


@pytest.mark.parametrize("table", ["collected", "documents"])
def test_an_interruption_between_the_tables_loses_and_doubles_nothing(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    source, out = _list(site, tmp_path, doubled=False), tmp_path / "many"
    _collect(source, tmp_path / "one", hosts=1)
    real = store._append

    def interrupted(path: Path, columns: Any, row: Any) -> None:
        real(path, columns, row)
        if path.name == f"{table}.csv" and "/7," in path.read_text():
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store, "_append", interrupted)
        with pytest.raises(KeyboardInterrupt):
            _collect(source, out, hosts=4)
    _collect(source, out, hosts=4)
    assert _bytes(out) == _bytes(tmp_path / "one")


def test_pages_that_failed_come_back_to_their_place(site: Site, tmp_path: Path) -> None:
    source = _list(site, tmp_path, doubled=False)
    _collect(source, tmp_path / "out", hosts=4)
    for path, replies in site.replies.items():
        if replies[0].status == 404:
            site.add(path, page(title=f"Late {path}", head=JSON_LD))
    _collect(source, tmp_path / "out", hosts=4, retry_failed=True)
    _collect(source, tmp_path / "one", hosts=1)
    assert _bytes(tmp_path / "out") == _bytes(tmp_path / "one")


def test_a_robots_txt_speaks_for_its_own_host_alone(site: Site, tmp_path: Path) -> None:
    site.add("/robots.txt", ok("User-agent: *\nDisallow: /", "text/plain"), Reply(b"", 404))
    site.add("/1", page(head=JSON_LD))
    urls = [_at(site, host, "/1") for host in "ab"]
    got = _collect(site.table(tmp_path / "urls.csv", *urls), tmp_path / "out", hosts=1)
    assert got.statuses == {"document": 1, "refused": 1}


def test_what_goes_wrong_in_a_thread_is_seen() -> None:
    def fetch(url: str) -> str:
        if url.endswith("b"):
            raise RuntimeError("a mistake of ours")
        return url

    with pytest.raises(RuntimeError, match="a mistake of ours"):
        list(in_turns(["http://x/a", "http://x/b", "http://x/c"], fetch, 2))
    assert list(in_turns([], fetch, 2)) == []
    odd = ["file:///etc/passwd", "http://[::1", ""]
    assert list(in_turns(odd, fetch, 1)) == list(enumerate(odd))


def test_pages_tried_again_stand_in_the_order_of_the_list(site: Site, tmp_path: Path) -> None:
    urls = [_at(site, host, f"/{host}") for host in "ab"]
    source, out = site.table(tmp_path / "urls.csv", *urls), tmp_path / "out"
    assert _collect(source, out, hosts=4).statuses == {"failed": 2}
    for host in "ab":
        site.add(f"/{host}", moved(_at(site, "d", "/there")))
    site.add("/there", page(head=JSON_LD))
    site.on_ask = lambda path: time.sleep(0.2 if path == "/a" else 0)
    _collect(source, out, hosts=4, retry_failed=True)
    _collect(source, tmp_path / "one", hosts=1)
    assert _bytes(out) == _bytes(tmp_path / "one")


def test_an_interrupted_command_waits_for_no_host(site: Site, tmp_path: Path) -> None:
    urls = [site.add(path, Reply(b"x", wait=300)) for path in ("/a", "/b")]
    urls[1] = urls[1].replace("127.0.0.1", "localhost")
    running = subprocess.Popen(
        [sys.executable, "-m", "narrative.cli", "collect",
         site.table(tmp_path / "urls.csv", *urls), "--out", str(tmp_path / "out"),
         "--delay", "0", "--allow-private"],
        stderr=subprocess.PIPE, text=True,
        # What a shell starts in the background ignores it, and so would what that starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not (site.asked["/a"] and site.asked["/b"]) and time.monotonic() < deadline:
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)  # far less than the hosts would take
    assert running.returncode == 130
    assert said.endswith("run the same command to go on.\n")
    assert (tmp_path / "out" / "problems.csv").exists()
