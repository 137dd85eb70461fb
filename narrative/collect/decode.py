"""Bytes of a page to text: what they are, not what their headers call them."""

from __future__ import annotations

import codecs
import re

_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_FOREIGN = re.compile(rb"[^\s<>\"'=;]*[\x80-\xff][^<>\"'=;]*")
# Servers say these by default, whatever they send.
_UNSAID = {"utf-8", "iso8859-1", "ascii"}
_GUESSES = (
    *("cp1251", "koi8_r", "koi8_u", "cp866", "iso8859_5", "mac_cyrillic"),
    *("cp1250", "iso8859_2", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"),
    *("gb18030", "big5", "shift_jis", "euc_jp", "euc_kr"),
)
_PROBE = 4096  # bytes in which a page declares its charset
_SAMPLE = 20_000
_DAMAGED = 0.02  # share of a UTF-8 page's foreign letters that may be broken


def decode(body: bytes, content_type: str = "") -> str:
    """Return the text of a page.

    Parameters
    ----------
    body : bytes
        The page.
    content_type : str
        Its Content-Type header.

    Notes
    -----
    UTF-8 is recognised by its bytes, whatever is declared: text in another charset is next to never
    valid UTF-8. Else the declared charset counts, and a guess where it is UTF-8 or none.
    """
    for mark, name in _BOMS.items():
        if body.startswith(mark):
            return body.decode(name, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    # One broken letter, as where a teaser was cut in mid-letter, makes it no other charset.
    text = body.decode("utf-8", "replace")
    foreign = sum(c > "\x7f" for c in text)
    if text.count("\ufffd") <= _DAMAGED * foreign:
        return text
    for name in (*_declared(body, content_type), _guessed(body)):
        try:
            return body.decode(name)
        except UnicodeDecodeError:
            continue
    return text


def _declared(body: bytes, content_type: str) -> list[str]:
    found = [m[1] for m in _HEADER.finditer(content_type)]
    found += [m[1].decode("ascii", "replace") for m in _META.finditer(body[:_PROBE])]
    names = []
    for name in found:
        try:
            names.append(codecs.lookup(name).name)
        except LookupError:
            continue
    return [n for n in names if n not in _UNSAID]


def _guessed(body: bytes) -> str:
    from charset_normalizer import from_bytes

    # Tags and scripts are ASCII in any charset and only thin out what tells them apart.
    sample = b" ".join(m[0] for m in _FOREIGN.finditer(body))[:_SAMPLE]
    best = from_bytes(sample, cp_isolation=list(_GUESSES)).best()
    return best.encoding if best is not None else "cp1252"
