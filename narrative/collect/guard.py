"""Which addresses may be asked: public ones only, looked up once and then kept."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from narrative.errors import NarrativeError

PORTS = {"http": 80, "https": 443}
# Prefixes of IPv6 that carry an IPv4 address inside, which a gateway may unpack (RFC 6052, 8215).
_GATEWAYS = tuple(ipaddress.IPv6Network(n) for n in ("64:ff9b::/96", "64:ff9b:1::/48"))

Resolve = Callable[[str, int], list[str]]


class PageError(NarrativeError):
    """A page that gives no document, and why.

    Parameters
    ----------
    status : {"refused", "failed", "unusable"}
        What became of it: not asked for, not got, or got and no article.
    reason : str
        A short name and what was found, ``"timeout: no answer in 30 s"``.
    http_status : int
        What the server answered, 0 if it did not.
    final_url : str
        Where redirects had led.
    again : bool
        Whether another try may help at once.
    """

    def __init__(
        self,
        status: str,
        reason: str,
        *,
        http_status: int = 0,
        final_url: str = "",
        again: bool = False,
    ) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason
        self.http_status, self.final_url, self.again = http_status, final_url, again


@dataclass(frozen=True)
class Endpoint:
    """A URL taken apart, with the addresses that it was checked for.

    The connection goes to one of `addresses`, never to what a second look-up of `host` would
    give: whoever answers for the name could answer otherwise then.
    """

    url: str
    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]

    @property
    def host_header(self) -> str:
        """Return what the Host header says: the name, with the port where it is not the usual."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Return scheme, host and port, which one robots.txt speaks for."""
        return f"{self.scheme}://{self.host_header}"


def normal_url(link: str, base: str = "") -> str:
    """Return a web address as it is asked for: absolute, encoded, without fragment.

    Raises
    ------
    PageError
        If it is not an http or https address of a host, or carries a user name.
    """
    return _taken_apart(link, base).url


def check_url(url: str, *, resolve: Resolve, allow_private: bool = False) -> Endpoint:
    """Return where `url` leads, if that may be asked.

    Parameters
    ----------
    url : str
        An http or https address.
    resolve : callable
        From host and port to the addresses of the host.
    allow_private : bool
        Whether addresses that are not public may be asked, too.

    Raises
    ------
    PageError
        If the address is malformed, the host has no address, or one of its addresses is not public.
    """
    parts = _taken_apart(url)
    try:
        addresses = resolve(parts.host, parts.port)
    except (OSError, UnicodeError) as error:
        raise PageError("failed", f"no_address: {parts.host} not found ({error})") from None
    if not addresses:
        raise PageError("failed", f"no_address: {parts.host} not found")
    # One private address among public ones is enough: which is used is not the user's choice.
    inside = [a for a in addresses if not is_public(a)]
    if inside and not allow_private:
        raise PageError(
            "refused",
            f"private_address: {parts.host} is {inside[0]}, which is not on the public internet; "
            "--allow-private asks it all the same",
        )
    return replace(parts, addresses=tuple(dict.fromkeys(addresses)))


def is_public(address: str) -> bool:
    """Say whether an IP address is one of the public internet, under whatever prefix it comes."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        # Tunnels and gateways unpack an IPv4 address that was never checked.
        if ip.sixtofour or ip.teredo or ip.is_site_local or any(ip in n for n in _GATEWAYS):
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def system_resolve(host: str, port: int) -> list[str]:
    """Look `host` up as the system does."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def _taken_apart(link: str, base: str = "") -> Endpoint:
    stripped = link.strip()
    try:
        parts: Url = parse_url(urljoin(base, stripped) if base else stripped)
    except (LocationParseError, ValueError):
        raise _malformed(link) from None
    scheme = (parts.scheme or "").lower()
    if scheme not in PORTS or not parts.host:
        raise _malformed(link)
    if parts.auth:
        raise PageError("refused", f"bad_url: {link!r} carries a user name; take it out")
    host = parts.host.strip("[]").rstrip(".")
    port = PORTS[scheme] if parts.port is None else parts.port
    path = parts.request_uri
    bare = Endpoint("", scheme, host, port, path, ())
    return replace(bare, url=bare.origin + path)


def _malformed(link: str) -> PageError:
    return PageError("refused", f"bad_url: got {link!r}, expected http://… or https://…")
