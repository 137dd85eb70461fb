"""One request to a checked address: no redirect followed, nothing read past the limits."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import certifi
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    HTTPError,
    NewConnectionError,
    SSLError,
    TimeoutError,  # noqa: A004
)
from urllib3.response import BaseHTTPResponse

from narrative.collect.deadline import Deadline
from narrative.collect.guard import Endpoint, PageError
from narrative.collect.options import Options

_BLOCK = 1 << 16
_PATIENCE = 5  # times the timeout that a whole answer may take

Accept = Callable[[str], bool]


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    headers: dict[str, str]
    body: bytes
    whole: bool = True

    @property
    def content_type(self) -> str:
        """Return the Content-Type header as it came."""
        return self.headers.get("content-type", "")


def ask(endpoint: Endpoint, options: Options, accept: Accept, *, cut: bool = False) -> Answer:
    """Send one GET to `endpoint`, at the addresses that it was checked for.

    Parameters
    ----------
    endpoint : Endpoint
        Where to ask; the name goes into the Host header and, for https, into the certificate check.
    options : Options
        Limits.
    accept : callable
        Whether the body of an answer with this Content-Type is wanted; only one with status 200 is
        read at all.
    cut : bool
        Whether a body that is too large is cut at the limit, and not an error.

    Raises
    ------
    PageError
        If no answer came in time, the connection broke, or the body is too large or unwanted.
    """
    failure: Exception | None = None
    with Deadline(_PATIENCE * options.timeout) as deadline:
        for address in endpoint.addresses:
            pool = _pool(endpoint, address, options, deadline)
            try:
                answer = _exchange(pool, endpoint, options, accept, cut)
            except (NewConnectionError, ConnectTimeoutError) as error:
                failure = error  # the host's next address may answer
                continue
            except HTTPError as error:
                raise _problem(error, options, deadline) from None
            finally:
                pool.close()
            # The end of a body, or of headers, that a closed connection makes is none.
            if deadline.passed:
                raise _too_slow(deadline)
            return answer
        assert failure is not None
        raise _problem(failure, options, deadline)


def _pool(
    endpoint: Endpoint, address: str, options: Options, deadline: Deadline
) -> HTTPConnectionPool:
    pool = _checked_pool(endpoint, address, options, deadline)
    pool.ConnectionCls = deadline.connection(pool.ConnectionCls)
    return pool


def _checked_pool(
    endpoint: Endpoint, address: str, options: Options, deadline: Deadline
) -> HTTPConnectionPool:
    # urllib3 takes no timeout of 0.
    connect = max(0.001, min(options.timeout, deadline.left()))
    timeout = Timeout(connect=connect, read=options.timeout)
    if endpoint.scheme == "http":
        return HTTPConnectionPool(address, endpoint.port, timeout=timeout, retries=False)
    return HTTPSConnectionPool(
        address,
        endpoint.port,
        timeout=timeout,
        retries=False,
        cert_reqs="CERT_REQUIRED",
        ca_certs=os.environ.get("SSL_CERT_FILE") or certifi.where(),
        # The address is the one that was checked; who must answer there is the name.
        server_hostname=endpoint.host,
        assert_hostname=endpoint.host,
    )


def _exchange(
    pool: HTTPConnectionPool, endpoint: Endpoint, options: Options, accept: Accept, cut: bool
) -> Answer:
    headers = {
        "Host": endpoint.host_header,
        "User-Agent": options.agent,
        "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.1",
        "Accept-Encoding": "gzip, deflate",
    }
    response = pool.urlopen(
        "GET",
        endpoint.path,
        headers=headers,
        redirect=False,
        assert_same_host=False,
        preload_content=False,
    )
    try:
        got = {k.lower(): v for k, v in response.headers.items()}
        if response.status != 200:
            return Answer(response.status, got, b"")
        kind = got.get("content-type", "")
        if not accept(kind):
            raise PageError(
                "unusable", f"not_html: Content-Type is {kind!r}, expected HTML", http_status=200
            )
        length = got.get("content-length", "")
        if not cut and length.isdigit() and int(length) > options.max_bytes:
            raise _too_large(options, f"{int(length):,}")
        body = _body(response, options)
        if len(body) <= options.max_bytes:
            return Answer(200, got, body)
        if not cut:
            raise _too_large(options, "more")
        return Answer(200, got, body[: options.max_bytes], whole=False)
    finally:
        response.close()


def _body(response: BaseHTTPResponse, options: Options) -> bytes:
    """Return the body, or a little more of it than the limit."""
    parts: list[bytes] = []
    size = 0
    while block := response.read1(_BLOCK):
        parts.append(block)
        size += len(block)
        if size > options.max_bytes:
            break
    return b"".join(parts)


def _too_large(options: Options, got: str) -> PageError:
    return PageError(
        "unusable",
        f"too_large: got {got} bytes, expected at most {options.max_bytes:,} (--max-bytes)",
        http_status=200,
    )


def _too_slow(deadline: Deadline) -> PageError:
    return PageError("failed", f"timeout: not whole after {deadline.seconds:g} s", again=True)


def _problem(error: Any, options: Options, deadline: Deadline) -> PageError:
    if deadline.passed:
        return _too_slow(deadline)
    # urllib3 counts a refused connection among the timeouts.
    if isinstance(error, TimeoutError) and not isinstance(error, NewConnectionError):
        return PageError("failed", f"timeout: no answer in {options.timeout:g} s", again=True)
    if isinstance(error, SSLError):
        return PageError("failed", f"tls: {error}")
    if isinstance(error, DecodeError):
        return PageError("failed", f"encoding: the body is not what its headers say ({error})")
    return PageError("failed", f"connection: {_plain(error)}", again=True)


def _plain(error: Exception) -> str:
    """Return what an error of the connection says, without the object that it came from."""
    text = str(error)
    return text.split(">: ", 1)[-1] if text.startswith("<") else text
