"""A web site of the tests' own: pages shaped like real ones, served from this process."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HTML = "text/html; charset=utf-8"
SENTENCE = "The mayor of the river town said on Thursday that the bridge had been closed again. "
LONG = "".join(
    f"<p>{SENTENCE}Paragraph {n} tells how the ferry took people across, what the harbour master "
    "answered to reporters, and when the engineers expect to have the damage mended.</p>"
    for n in range(12)
)
RUSSIAN = "".join(
    f"<p>Мэр города заявил в четверг, что мост номер {n} через реку снова закрыт для движения. "
    f"Жители переправляются на пароме, который ходит каждый час, сообщили в администрации {n}.</p>"
    for n in range(12)
)
BANNER = "<div id='cookie-banner'>We value your privacy. <button>Accept all cookies</button></div>"


def page(
    body: str = LONG,
    *,
    title: str = "Bridge closed again",
    head: str = "",
    lang: str = "en",
    charset: str = "utf-8",
) -> str:
    """An article among what stands around one on a news site."""
    return f"""<!DOCTYPE html>
<html lang="{lang}"><head><meta charset="{charset}"><title>{title} | River Gazette</title>
<meta property="og:title" content="{title}"><meta property="og:site_name" content="River Gazette">
{head}<script>window.dataLayer = [];</script></head>
<body>{BANNER}<header><nav><ul><li><a href="/">Home</a></li><li><a href="/world">World</a></li>
<li><a href="/subscribe">Subscribe</a></li></ul></nav></header>
<main><article><h1>{title}</h1>{body}</article>
<aside><h2>Most read</h2><ul><li><a href="/a">Ferry fares rise</a></li></ul></aside></main>
<footer><p>Copyright River Gazette. All rights reserved.</p></footer></body></html>"""


JSON_LD = """<script type="application/ld+json">{"@context": "https://schema.org",
"@type": "NewsArticle", "headline": "Bridge closed again",
"datePublished": "2025-12-18T09:30:00+02:00", "dateModified": "2025-12-24T10:00:00+02:00",
"author": {"@type": "Person", "name": "Ada Ferryman"},
"publisher": {"@type": "Organization", "name": "River Gazette"}}</script>"""
CLOSED = JSON_LD.replace('"headline"', '"isAccessibleForFree": false, "headline"')

ARTICLE = page(head=JSON_LD)
STUB = page(
    f"<p>{SENTENCE}</p><p>{SENTENCE}The ferry runs every hour until the evening.</p>"
    "<div class='paywall'><p>Subscribe now to continue reading. Cancel anytime.</p></div>",
    head=JSON_LD,
)
STUB_BY_MARKUP = page(f"<p>{SENTENCE * 4}</p>", head=CLOSED)
COOKIE_WALL = """<!DOCTYPE html><html lang="en"><head><title>River Gazette</title></head><body>
<div class="consent"><h1>We value your privacy</h1>
<p>We and our 842 partners store and access information on a device, such as cookies, and process
personal data, such as unique identifiers, for personalised advertising, audience research and
services development. With your permission we may use precise geolocation data. You may click to
consent to our processing, or manage your choices at any time.</p>
<button>Accept all cookies</button><button>Manage cookies</button></div></body></html>"""
CHALLENGE = """<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>
<noscript>Enable JavaScript and cookies to continue</noscript></body></html>"""


@dataclass
class Reply:
    """What the site answers; of several, the last is given again and again."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": HTML})
    wait: float = 0.0  # before the body
    trickle: float = 0.0  # between its bytes
    stutter: float = 0.0  # between the bytes of a header that never ends
    cut: int = 0  # bytes that are announced and never come


def ok(text: str, kind: str = HTML) -> Reply:
    return Reply(text.encode(), headers={"Content-Type": kind})


def moved(to: str, status: int = 302) -> Reply:
    return Reply(b"", status, {"Location": to})


class Site:
    """Paths and what they answer; counts what was asked for."""

    def __init__(self) -> None:
        self.replies: dict[str, list[Reply]] = {}
        self.asked: Counter[str] = Counter()
        self.headers: list[dict[str, str]] = []
        self.times: list[float] = []
        self.on_ask: Callable[[str], None] = lambda path: None
        self.root = ""

    def add(self, path: str, *replies: Reply | str) -> str:
        self.replies[path] = [ok(r) if isinstance(r, str) else r for r in replies]
        return self.root + path

    def table(self, path: Path, *rows: str, columns: str = "url") -> str:
        path.write_text("\n".join([columns, *rows]) + "\n", encoding="utf-8")
        return str(path)

    def reply(self, path: str) -> Reply:
        self.asked[path] += 1
        self.times.append(time.monotonic())
        known = self.replies.get(path) or [Reply(b"not here", 404)]
        return known[min(self.asked[path], len(known)) - 1]


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.headers.append(dict(self.headers))
            site.on_ask(self.path)
            reply = site.reply(self.path)
            if reply.stutter:
                self._stutter(reply.stutter)
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if not reply.trickle:
                self.send_header("Content-Length", str(len(reply.body) + reply.cut))
            self.end_headers()
            time.sleep(reply.wait)
            try:
                if not reply.trickle:
                    self.wfile.write(reply.body)
                    return
                for n in range(len(reply.body)):
                    self.wfile.write(reply.body[n : n + 1])
                    time.sleep(reply.trickle)
            except OSError:
                pass  # the client has gone, as it should

        def _stutter(self, pause: float) -> None:
            with suppress(OSError):  # the client goes away, as it should
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Long: ")
                for _ in range(int(10 / pause)):
                    self.wfile.write(b"x")
                    time.sleep(pause)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(site))
    server.daemon_threads = True
    site.root = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
