"""What is answered to a request for a feed: all of it, what is new, or that nothing is. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import formatdate

from django.conf import settings

from config.middleware import PUBLIC_POLICY
from feeds import conditional, deltas
from feeds.formats import Format
from feeds.memory import Document

Headers = list[tuple[bytes, bytes]]
Answer = tuple[int, Headers, bytes | None]
"""Status, headers, and a body, or None where there is none at all (304)."""

CACHED = (b"cache-control", b"public, max-age=60, stale-while-revalidate=600, stale-if-error=600")
TELLING = (b"if-none-match", b"if-modified-since", b"accept-encoding", b"a-im")
"""The headers of a request on which its answer depends."""
OPEN: Headers = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag, IM, Link"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'"),
]
"""Said with every answer, whatever it is: any page may read it, and nothing in it is run."""
PREFLIGHT: Headers = [
    (b"access-control-allow-methods", b"GET, HEAD"),
    (b"access-control-allow-headers", b"If-None-Match, If-Modified-Since, A-IM, Cache-Control"),
    (b"access-control-max-age", b"86400"),
    *OPEN,
]
"""To a browser that asks whether a page may send what makes a request cheap."""
PLAIN = (b"content-type", b"text/plain; charset=utf-8")
_ALWAYS = [(b"vary", b"Accept-Encoding"), *OPEN]


def gathered(headers: Sequence[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """By name; what was said in several lines is one list (RFC 9110, 5.3)."""
    found = dict(headers)
    if len(found) < len(headers):
        found = {}
        for name, value in headers:
            found[name] = b"%b, %b" % (found[name], value) if name in found else value
    return found


def answer(document: Document, path: str, kind: Format, asked: Mapping[bytes, str], now: datetime) -> Answer:
    """To a GET of `path` with the headers `asked` (names in lower case)."""
    match, tag = asked.get(b"if-none-match"), document.card.tag
    coding = conditional.coding(asked.get(b"accept-encoding"), document.packed)
    headers = _headers(document, path, conditional.coded(tag, coding), now)
    if conditional.not_modified(match, asked.get(b"if-modified-since"), tag, document.modified):
        return 304, [*headers, CACHED], None
    seen = deltas.since(conditional.held(match), document.card) if deltas.asked(asked.get(b"a-im")) else None
    if seen is not None and (kind.tombstones or document.card.gone <= seen):
        return _difference(document, seen, kind, _headers(document, path, tag, now))
    body = document.packed[coding] if coding else document.plain
    if coding:
        headers.append((b"content-encoding", coding.encode()))
    return 200, [*headers, CACHED, _type(kind)], body


def as_page() -> Headers:
    """The headers of a refusal that a browser shows."""
    own = [header for header in OPEN if header[0] != b"content-security-policy"]
    return [*own, (b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store"),
            (b"content-security-policy", PUBLIC_POLICY.encode())]  # fmt: skip


def later(seconds: int, page: bytes | None = None) -> Answer:
    """429, to whoever fetches the same in full again and again; says how to do better. No cache keeps it. A browser is
    given the `page` that says so.
    """
    wait = (b"retry-after", str(seconds).encode())
    if page is not None:
        return 429, [wait, *as_page()], page
    body = (
        "This feed has not changed since you last fetched it, and you have fetched all of it very often by now.\n"
        "Please send its ETag back as If-None-Match, or its Last-Modified as If-Modified-Since: then you are told\n"
        "in a few bytes that nothing is new, as often as you ask, and get the feed as soon as it changes.\n"
        f"Without them, ask again in {seconds} seconds.\n"
    )
    return 429, [wait, (b"cache-control", b"no-store"), *_ALWAYS, PLAIN], body.encode()


def lines(answer: Answer) -> bytes:
    """Its headers as they stand in HTTP/1.1, with the length of its body, if it has one."""
    _, headers, body = answer
    length = [] if body is None else [(b"content-length", b"%d" % len(body))]
    return b"".join(b"%b: %b\r\n" % header for header in (*headers, *length))


def _difference(document: Document, seen: int, kind: Format, headers: Headers) -> Answer:
    """226 with what is new, 304 if nothing is (RFC 3229, 10.4.1). A cache that knows no 226 must not keep it."""
    body = deltas.cut(document.plain, document.card, seen, kind.joint)
    if body is None:
        return 304, [*headers, CACHED], None
    return 226, [*headers, (b"cache-control", b"no-store, im"), (b"im", b"feed"), _type(kind)], body


def _headers(document: Document, path: str, tag: str, now: datetime) -> Headers:
    # Not later than now (RFC 9110, 8.8.2.1): files written in quick succession run ahead by a second each.
    modified = min(document.modified, int(now.timestamp()))
    return [
        (b"etag", f'"{tag}"'.encode()),
        (b"last-modified", formatdate(modified, usegmt=True).encode()),
        (b"link", _links(document, path)),
        *_ALWAYS,
    ]


def _links(document: Document, path: str) -> bytes:
    """Where the document is at home, and which hubs tell of its changes: readers look here first (WebSub, 4)."""
    hubs = [f'<{hub}>; rel="hub"' for hub in document.card.hubs]
    return ", ".join([*hubs, f'<{settings.BASE_URL}{path}>; rel="self"']).encode()


def _type(kind: Format) -> tuple[bytes, bytes]:
    return b"content-type", f"{kind.media_type}; charset=utf-8".encode()
