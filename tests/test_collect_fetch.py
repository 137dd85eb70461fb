"""Asking: which addresses, how often, how long, and where redirects may lead."""

from __future__ import annotations

import gzip
import shutil
import ssl
import subprocess
import threading
import time
import tracemalloc
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from collect_site import ARTICLE, Reply, Site, moved, ok, serving

from narrative.collect import guard
from narrative.collect.fetch import Fetcher, Page
from narrative.collect.guard import PageError, check_url, is_public, normal_url
from narrative.collect.options import Options
from narrative.errors import InputError

HTML = {"Content-Type": "text/html"}


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(Site()) as running:
        yield running


class Waits(list[float]):
    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def _get(url: str, waits: Waits | None = None, **settings: Any) -> Page:
    options = Options(**{"delay": 0, "allow_private": True, "timeout": 5, **settings})
    return Fetcher(options, sleep=waits if waits is not None else Waits()).page(url)


def _problem(url: str, waits: Waits | None = None, **settings: Any) -> PageError:
    with pytest.raises(PageError) as caught:
        _get(url, waits, **settings)
    return caught.value


# Which addresses may be asked


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
     "0.0.0.0", "224.0.1.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1",
     "fe80::1%eth0", "fc00::1", "fec0::1", "ff0e::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
     "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "::127.0.0.1", "not an address"],
)  # fmt: skip
def test_addresses_inside_a_network_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("HTTP://Example.ORG:80/a b?q=ö#part", "http://example.org/a%20b?q=%C3%B6"),
        (" https://example.org ", "https://example.org/"),
        ("https://example.org:8443/x", "https://example.org:8443/x"),
        ("https://новини.укр/стаття", "https://xn--b1amarcd.xn--j1amh/"
         "%D1%81%D1%82%D0%B0%D1%82%D1%82%D1%8F"),
        ("http://[2001:DB8::1]:8080/", "http://[2001:db8::1]:8080/"),
    ],
)  # fmt: skip
def test_one_page_has_one_address(link: str, expected: str) -> None:
    assert normal_url(link) == expected
    assert normal_url(normal_url(link)) == expected


@pytest.mark.parametrize(
    "link",
    ["", "example.org/x", "ftp://example.org", "file:///etc/passwd", "javascript:alert(1)",
     "http://", "http:///x", "http://exa mple.org/", "http://example.org:port/",
     "http://[::1", "gopher://127.0.0.1", "http://user:word@example.org/"],
)  # fmt: skip
def test_what_is_no_web_address_is_refused(link: str) -> None:
    with pytest.raises(PageError, match="bad_url: ") as caught:
        normal_url(link)
    assert caught.value.status == "refused"


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    def resolve(host: str, port: int) -> list[str]:
        return ["8.8.8.8", "10.0.0.7"]

    with pytest.raises(PageError, match=r"private_address: two\.example is 10\.0\.0\.7"):
        check_url("https://two.example/", resolve=resolve)
    got = check_url("https://two.example/", resolve=resolve, allow_private=True)
    assert got.addresses == ("8.8.8.8", "10.0.0.7")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001"])
def test_this_machine_is_refused_however_it_is_written(site: Site, host: str) -> None:
    site.add("/a", ARTICLE)
    port = site.root.rpartition(":")[2]
    got = _problem(f"http://{host}:{port}/a", allow_private=False)
    assert (got.status, got.reason.split(":")[0]) == ("refused", "private_address")
    assert "--allow-private" in got.reason
    assert not site.asked
    assert _get(f"http://127.0.0.1:{port}/a").body == ARTICLE.encode()


def test_a_redirect_into_a_private_network_is_refused_before_it_is_asked(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The test's server stands for a public one; the rest of the machine stays private.
    monkeypatch.setattr(guard, "is_public", lambda a: a == "127.0.0.1" or is_public(a))
    for n, inside in enumerate(("http://169.254.169.254/latest/meta-data/", "http://127.0.0.2/x")):
        got = _problem(site.add(f"/{n}", moved(inside)), allow_private=False)
        assert (got.status, got.reason.split(":")[0]) == ("refused", "private_address")
        assert got.final_url == inside
    assert _get(site.add("/a", ARTICLE), allow_private=False).body == ARTICLE.encode()


@pytest.mark.parametrize("host", ["[::ffff:10.0.0.7]", "[::ffff:a00:7]", "[64:ff9b::a00:7]"])
def test_an_address_inside_an_address_is_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    """Asked for, and where a redirect from a public host leads there."""
    url = f"http://{host}/a"
    assert _problem(url, allow_private=False).reason.startswith("private_address: ")
    monkeypatch.setattr(guard, "is_public", lambda a: a == "127.0.0.1" or is_public(a))
    start = site.add("/start", moved(url))
    assert _problem(start, allow_private=False).reason.startswith("private_address: ")


def test_a_name_that_turns_private_between_two_pages_is_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "is_public", lambda a: a == "127.0.0.1")
    answers = iter(["127.0.0.1", "127.0.0.1", "10.0.0.1"])  # the page, robots.txt, the redirect
    site.add("/start", moved("/a"))
    site.add("/a", ARTICLE)
    port = site.root.rpartition(":")[2]
    fetcher = Fetcher(Options(delay=0), sleep=Waits(), resolve=lambda h, p: [next(answers)])
    with pytest.raises(PageError, match=r"private_address: gazette\.example is 10\.0\.0\.1"):
        fetcher.page(f"http://gazette.example:{port}/start")
    assert "/a" not in site.asked


def test_proxies_of_the_environment_are_not_asked(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy would look the name up again, and nobody would check what it finds."""
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert _get(site.add("/a", ARTICLE)).body == ARTICLE.encode()


def test_a_robots_file_cannot_lead_into_a_private_network(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "is_public", lambda a: a == "127.0.0.1" or is_public(a))
    site.add("/robots.txt", moved("http://10.0.0.1/robots.txt"))
    got = _problem(site.add("/a", ARTICLE), allow_private=False)
    assert "private_address: 10.0.0.1" in got.reason
    assert "/a" not in site.asked


def test_the_connection_goes_to_the_address_that_was_checked(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that answers otherwise the second time (DNS rebinding) gains nothing."""
    looked_up: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.1"]

    def system(*_: object, **__: object) -> None:
        raise AssertionError("the name was looked up again")

    real = guard.socket.getaddrinfo

    def numeric_only(host: str, *rest: Any, **more: Any) -> Any:
        return real(host, *rest, **more) if host == "127.0.0.1" else system()

    monkeypatch.setattr(guard.socket, "getaddrinfo", numeric_only)
    monkeypatch.setattr(guard, "is_public", lambda a: a == "127.0.0.1")
    site.add("/a", ARTICLE)
    port = site.root.rpartition(":")[2]
    fetcher = Fetcher(Options(delay=0), sleep=Waits(), resolve=resolve)
    assert fetcher.page(f"http://gazette.example:{port}/a").body == ARTICLE.encode()
    assert looked_up == ["gazette.example"] * 2  # the page and robots.txt, each once
    assert {h["Host"] for h in site.headers} == {f"gazette.example:{port}"}


def test_a_host_that_is_not_found_is_said(site: Site) -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise OSError("Name or service not known")

    with pytest.raises(PageError, match=r"no_address: gone\.example not found"):
        Fetcher(Options(), resolve=resolve).page("http://gone.example/")


def test_the_next_address_of_a_host_is_tried_where_one_is_closed(site: Site) -> None:
    site.add("/a", ARTICLE)
    port = site.root.rpartition(":")[2]
    url = f"http://gazette.example:{port}/a"
    options = Options(delay=0, allow_private=True, retries=0)
    addresses = ["127.0.0.2", "127.0.0.1"]  # the server listens on the second only
    fetcher = Fetcher(options, resolve=lambda host, port: addresses)
    assert fetcher.page(url).body == ARTICLE.encode()
    with pytest.raises(PageError, match=r"connection: .*refused"):
        Fetcher(options, resolve=lambda host, port: addresses[:1]).page(url)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    if not shutil.which("openssl"):
        pytest.skip("openssl makes the certificate of the test's server")
    made = tmp_path / "own.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", made,
         "-out", tmp_path / "cert.pem", "-subj", "/CN=gazette.example",
         "-addext", "subjectAltName=DNS:gazette.example"],
        check=True, capture_output=True,
    )  # fmt: skip
    made.write_text(made.read_text() + (tmp_path / "cert.pem").read_text())
    return made


def test_a_certificate_must_be_the_name_s_though_the_address_is_asked(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(ARTICLE.encode())

        def log_message(self, *_: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    options = Options(delay=0, allow_private=True, retries=0, timeout=5)
    fetcher = Fetcher(options, resolve=lambda host, port: ["127.0.0.1"])
    try:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        port = server.server_port
        got = fetcher.page(f"https://gazette.example:{port}/a")
        assert got.body == ARTICLE.encode()
        assert set(names) == {"gazette.example"}
        with pytest.raises(PageError, match="tls: "):
            fetcher.page(f"https://other.example:{port}/a")
        monkeypatch.delenv("SSL_CERT_FILE")
        with pytest.raises(PageError, match="tls: "):
            fetcher.page(f"https://gazette.example:{port}/b")
    finally:
        server.shutdown()
        server.server_close()


# Redirects


def test_redirects_are_followed_and_their_end_is_known(site: Site) -> None:
    site.add("/new/мост", ARTICLE)
    site.add("/new/%D0%BC%D0%BE%D1%81%D1%82", ARTICLE)
    start = site.add("/1", moved("/2", 301))
    site.add("/2", moved("3?x=1", 307))
    raw = (site.root + "/new/мост").encode().decode("latin-1")
    site.add("/3?x=1", moved(raw, 308))
    got = _get(start)
    assert got.final_url == f"{site.root}/new/%D0%BC%D0%BE%D1%81%D1%82"
    assert got.url == start


def test_a_redirect_loop_ends(site: Site) -> None:
    site.add("/a", moved("/b"))
    site.add("/b", moved("/a"))
    got = _problem(f"{site.root}/a")
    assert (got.status, got.reason) == ("failed", f"redirect_loop: back at {site.root}/a")
    assert site.asked["/a"] == site.asked["/b"] == 1


def test_five_redirects_are_followed_and_six_are_not(site: Site) -> None:
    for n in range(6):
        site.add(f"/{n}", moved(f"/{n + 1}"))
    site.add("/6", ARTICLE)
    assert _get(f"{site.root}/1").final_url.endswith("/6")
    assert _problem(f"{site.root}/0").reason.startswith("redirects: more than 5, last to ")


@pytest.mark.parametrize("to", ["ftp://example.org/x", "file:///etc/passwd", "javascript:x"])
def test_a_redirect_to_no_web_address_is_refused(site: Site, to: str) -> None:
    got = _problem(site.add("/a", moved(to)))
    assert (got.status, got.reason.split(":")[0], got.http_status) == ("refused", "bad_url", 302)


# Answers


@pytest.mark.parametrize("status", [204, 403, 404, 410, 451])
def test_an_answer_that_stays_is_asked_for_once(site: Site, status: int) -> None:
    got = _problem(site.add("/a", Reply(b"no", status)))
    assert (got.status, got.reason, got.http_status) == ("failed", f"http_{status}", status)
    assert site.asked["/a"] == 1


def test_a_page_behind_a_payment_is_a_paywall(site: Site) -> None:
    assert _problem(site.add("/a", Reply(b"", 402))).reason.startswith("paywall: HTTP 402")


def test_an_error_of_the_server_is_tried_again_after_a_while(site: Site) -> None:
    waits = Waits()
    url = site.add("/a", Reply(b"", 500), Reply(b"", 503), ok(ARTICLE))
    assert _get(url, waits).body == ARTICLE.encode()
    assert waits == [1.0, 2.0]
    waits = Waits()
    got = _problem(site.add("/b", Reply(b"", 500)), waits, retries=2)
    assert got.reason.startswith("http_500: still so at the last try; --retry-failed")
    assert site.asked["/b"] == 3
    assert waits == [1.0, 2.0]


def test_a_host_says_when_to_come_again(site: Site) -> None:
    waits = Waits()
    url = site.add("/a", Reply(b"", 429, {"Retry-After": "17"}), ok(ARTICLE))
    assert _get(url, waits).body == ARTICLE.encode()
    assert waits == [17.0]
    waits = Waits()
    got = _problem(site.add("/b", Reply(b"", 429, {"Retry-After": "7200"})), waits)
    assert "asks to come again in 7200 s" in got.reason
    assert (site.asked["/b"], waits) == (1, [])
    waits = Waits()
    odd = site.add("/c", Reply(b"", 503, {"Retry-After": "soon"}), ok(ARTICLE))
    assert _get(odd, waits).body == ARTICLE.encode()
    assert waits == [1.0]


def test_silence_ends_at_the_timeout(site: Site) -> None:
    url = site.add("/a", Reply(b"late", wait=1.5))
    got = _problem(url, timeout=0.1, retries=1)
    assert (got.status, got.reason) == ("failed", "timeout: no answer in 0.1 s")
    assert site.asked["/a"] == 2


def test_a_trickle_ends_though_it_is_never_silent(site: Site) -> None:
    start = time.monotonic()
    got = _problem(site.add("/a", Reply(b"x" * 200, trickle=0.02)), timeout=0.1, retries=0)
    assert time.monotonic() - start < 2  # the whole page would take four seconds
    assert got.reason == "timeout: not whole after 0.5 s"


@pytest.mark.parametrize("announced", [True, False])
def test_headers_and_bodies_that_trickle_end_at_the_deadline(site: Site, announced: bool) -> None:
    """Without a length, a body that is cut off by the deadline looks whole."""
    long = Reply(ARTICLE.encode(), trickle=0.02)
    if announced:
        long.headers["Content-Length"] = str(len(long.body))
    for url in (site.add("/head", Reply(stutter=0.02)), site.add("/body", long)):
        start = time.monotonic()
        got = _problem(url, timeout=0.4, retries=0)
        assert time.monotonic() - start < 6  # either would take ten seconds or more
        assert (got.status, got.reason) == ("failed", "timeout: not whole after 2 s")


def test_a_connection_that_breaks_off_is_tried_again(site: Site) -> None:
    url = site.add("/a", Reply(ARTICLE.encode()[:90], cut=500), ok(ARTICLE))
    assert _get(url).body == ARTICLE.encode()
    assert site.asked["/a"] == 2
    got = _problem(site.add("/b", Reply(b"<html>", cut=500)), retries=1)
    assert (got.status, got.reason.split(":")[0]) == ("failed", "connection")


@pytest.mark.parametrize("kind", ["application/pdf", "image/png", "application/json", "text/plain"])
def test_what_is_no_html_is_not_downloaded(site: Site, kind: str) -> None:
    got = _problem(site.add("/a", ok("%PDF", kind)))
    assert (got.status, got.reason.split(":")[0]) == ("unusable", "not_html")
    assert repr(kind) in got.reason
    assert site.asked["/a"] == 1


def test_a_page_without_a_type_is_taken_for_html(site: Site) -> None:
    assert _get(site.add("/a", Reply(ARTICLE.encode(), headers={}))).body == ARTICLE.encode()


def test_a_page_is_read_up_to_the_limit(site: Site) -> None:
    big = Reply(b"x" * 5_000_000, headers=HTML)
    assert len(_get(site.add("/a", big)).body) == 5_000_000
    got = _problem(f"{site.root}/a", max_bytes=4_999_999)
    assert got.reason == (
        "too_large: got 5,000,000 bytes, expected at most 4,999,999 (--max-bytes)"
    )
    assert got.status == "unusable"


def test_a_page_that_unpacks_to_more_than_the_limit_is_dropped(site: Site) -> None:
    packed = {**HTML, "Content-Encoding": "gzip"}
    url = site.add("/a", Reply(gzip.compress(ARTICLE.encode()), headers=packed))
    assert _get(url).body == ARTICLE.encode()
    bomb = Reply(gzip.compress(b"\0" * 30_000_000), headers=packed)
    got = _problem(site.add("/b", bomb), max_bytes=1_000_000)
    assert got.reason.startswith("too_large: got more bytes, expected at most 1,000,000")
    inner = gzip.compress(b"\0" * 200_000_000)
    twice = {**HTML, "Content-Encoding": "gzip, gzip"}
    tracemalloc.start()
    try:
        got = _problem(site.add("/d", Reply(gzip.compress(inner), headers=twice)))
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()
    assert got.reason.startswith("too_large: got more bytes")
    bad = Reply(b"not packed at all", headers=packed)
    assert _problem(site.add("/c", bad)).reason.startswith("encoding: ")


# Manners


def test_robots_txt_is_asked_first_and_once_and_obeyed(site: Site) -> None:
    site.add("/robots.txt", ok("User-agent: *\nDisallow: /private/\n", "text/plain"))
    site.add("/private/a", ARTICLE)
    site.add("/a", ARTICLE)
    site.add("/way", moved("/private/a"))
    fetcher = Fetcher(Options(delay=0, allow_private=True), sleep=Waits())
    fetcher.page(f"{site.root}/a")
    for path in ("/private/a", "/way"):  # a redirect is no way round
        with pytest.raises(PageError, match=r"robots: .*/robots\.txt disallows it"):
            fetcher.page(site.root + path)
    assert site.asked == {"/robots.txt": 1, "/a": 1, "/way": 1}


def test_robots_txt_knows_the_user_agent_by_its_first_part(site: Site) -> None:
    rules = "User-agent: my-project\nDisallow: /\n\nUser-agent: *\nDisallow:\n"
    site.add("/robots.txt", ok(rules, "text/plain"))
    url = site.add("/a", ARTICLE)
    assert _get(url).body
    assert site.headers[-1]["User-Agent"].startswith("narrative-collect/")
    got = _problem(url, user_agent="my-project/2.0 (mail@example.org)")
    assert got.reason.startswith("robots: ")
    assert site.headers[-1]["User-Agent"] == "my-project/2.0 (mail@example.org)"


@pytest.mark.parametrize(
    ("status", "allowed"),
    [(404, True), (410, True), (401, True), (403, True), (429, False), (500, False)],
)
def test_what_a_missing_robots_txt_allows(site: Site, status: int, allowed: bool) -> None:
    site.add("/robots.txt", Reply(b"", status))
    url = site.add("/a", ARTICLE)
    if allowed:
        assert _get(url).body
    else:
        assert _problem(url).reason.startswith("robots: ")
        assert "/a" not in site.asked


# Rules, and which paths they allow, worked out by hand from RFC 9309, 2.2.2
# and 2.2.3: the longest rule that matches decides, Allow where two are as long.
RULES = [
    ("Disallow: /*?print", {"/a?print=1": False, "/a?page=2": True, "/a": True}),
    ("Disallow: /*.pdf$", {"/a.pdf": False, "/a.pdf.html": True, "/a.pdf?x": True}),
    ("Allow: /p\nDisallow: /", {"/page": True, "/other": False}),
    ("Disallow: /\nAllow: /p", {"/page": True, "/other": False}),  # whichever comes first
    ("Allow: /folder\nDisallow: /folder", {"/folder/page": True}),
    ("Allow: /page\nDisallow: /*.htm", {"/page.htm": False, "/page": True}),
    ("Allow: /$\nDisallow: /", {"/": True, "/page": False}),
    ("Disallow: /%D0%BC", {"/мост": False, "/a": True}),
    ("Disallow: /мост", {"/%D0%BC%D0%BE%D1%81%D1%82/x": False, "/a": True}),
    ("Disallow: /" + "*a" * 40 + "$", {"/" + "a" * 200 + "b": True}),  # and soon answered
    ("Disallow:", {"/a": True}),
]


@pytest.mark.parametrize(
    ("rules", "paths"), RULES, ids=[r.replace("\n", "; ")[:40] for r, _ in RULES]
)
def test_the_longest_rule_of_robots_txt_decides(
    site: Site, rules: str, paths: dict[str, bool]
) -> None:
    site.add("/robots.txt", ok(f"User-agent: *\n{rules}\n", "text/plain"))
    fetcher = Fetcher(Options(delay=0, allow_private=True), sleep=Waits())
    start = time.monotonic()
    for path, allowed in paths.items():
        site.add(normal_url(site.root + path).removeprefix(site.root), ARTICLE)
        if allowed:
            assert fetcher.page(site.root + path).body
        else:
            with pytest.raises(PageError, match=r"^robots: "):
                fetcher.page(site.root + path)
    assert time.monotonic() - start < 5


def test_a_robots_txt_that_is_too_long_is_read_as_far_as_the_standard_asks(site: Site) -> None:
    first = "User-agent: *\nDisallow: /early\n"
    rule = "Disallow: /late\n"
    filler = "# a line of a comment\n" * 30_000
    for cut in range(len(rule)):  # the limit falls within the last rule
        head = first + filler[: 500 * 1024 - len(first) - cut - 1] + "\n"
        site.add("/robots.txt", ok(head + rule + "Disallow: /e\n" * 9, "text/plain"))
        fetcher = Fetcher(Options(delay=0, allow_private=True), sleep=Waits())
        for path in ("/late", "/elsewhere"):
            assert fetcher.page(site.add(path, ARTICLE)).body, cut
        with pytest.raises(PageError, match=r"^robots: "):
            fetcher.page(f"{site.root}/early")
        assert list(fetcher.notes) == [
            f"{site.root}/robots.txt: only its first 512,000 bytes are read (RFC 9309)."
        ]


def test_a_robots_txt_is_found_after_five_redirects(site: Site) -> None:
    site.add("/robots.txt", moved("/r1"))
    for n in range(1, 5):
        site.add(f"/r{n}", moved(f"/r{n + 1}"))
    site.add("/r5", ok("User-agent: *\nDisallow: /no\n", "text/plain"))
    fetcher = Fetcher(Options(delay=0, allow_private=True), sleep=Waits())
    assert fetcher.page(site.add("/a", ARTICLE)).body
    with pytest.raises(PageError, match=r"disallows it"):
        fetcher.page(site.add("/no", ARTICLE))
    site.add("/r5", moved("/r6"))
    site.add("/r6", ok("", "text/plain"))
    assert "robots.txt not read (redirects: more than 5" in _problem(f"{site.root}/a").reason


def test_a_host_whose_robots_txt_does_not_answer_is_not_asked_for_every_page(site: Site) -> None:
    site.add("/robots.txt", Reply(b"", 503))
    fetcher = Fetcher(Options(delay=0, allow_private=True, retries=1), sleep=Waits())
    for path in ("/a", "/b", "/c"):
        with pytest.raises(PageError, match="not read"):
            fetcher.page(site.root + path)
    assert site.asked == {"/robots.txt": 2}


def test_a_host_is_asked_no_faster_than_the_delay(site: Site) -> None:
    site.add("/a", ARTICLE)
    site.add("/b", ARTICLE)
    fetcher = Fetcher(Options(delay=0.15, allow_private=True), sleep=time.sleep)
    fetcher.page(f"{site.root}/a")
    fetcher.page(f"{site.root}/b")
    assert len(site.times) == 3  # with robots.txt
    gaps = [b - a for a, b in zip(site.times, site.times[1:], strict=False)]
    assert min(gaps) > 0.12


def test_a_longer_delay_that_robots_txt_asks_for_is_kept_within_reason(site: Site) -> None:
    for asked, kept in (("7", 7), ("9000", 60)):
        site.add("/robots.txt", ok(f"User-agent: *\nCrawl-delay: {asked}\n", "text/plain"))
        waits = Waits()
        fetcher = Fetcher(Options(delay=1, allow_private=True), sleep=waits)
        site.add("/a", ARTICLE)
        for _ in range(3):
            fetcher.page(f"{site.root}/a")
        assert max(waits) > kept - 1
        assert len([w for w in waits if w > 1]) >= 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"delay": -1}, r"--delay=-1: expected 0 or more"),
        ({"timeout": 0}, r"--timeout=0: expected more than 0"),
        ({"max_bytes": 0}, r"--max-bytes=0: expected 1"),
        ({"retries": -1}, r"--retries=-1: expected 0"),
        ({"min_chars": 0}, r"--min-chars=0: expected 1"),
        ({"user_agent": "a\r\nX: y"}, r"--user-agent='a\\r\\nX: y': expected printable"),
        ({"user_agent": "мост"}, r"--user-agent='мост': expected printable"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Options(**settings)
