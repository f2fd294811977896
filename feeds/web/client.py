"""The client: one guarded request over all its redirects, politeness towards hosts, and how settings make one.

    get: place -> [proxy] -> addresses judged -> connection -> headers -> redirect? -> judged again … -> body -> Answer

One budget of time and bytes holds for all of it. Each hop has a connection of its own, so nothing that was judged for
one is used for another. Cookies are not kept.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import version
from urllib.parse import unquote, urlencode, urljoin, urlsplit

import httpcore
from django.conf import settings

from config import clock
from feeds import store
from feeds.web import bodies, caching
from feeds.web.answer import Answer, FetchError, Refused, Unreachable, Validators
from feeds.web.guard import PORTS, Allowed, Place, place
from feeds.web.network import Budget, GuardedBackend, NotFound, ProxyBackend, Resolve, resolve
from feeds.web.robots import Robots

PERMANENT = frozenset({301, 308})
REDIRECTS = PERMANENT | {302, 303, 307}
REPEATED = frozenset({307, 308})  # a POST stays one, with all that was in it (RFC 9110, 15.4)
LOOK_UP_SECONDS = 5.0  # behind a proxy, where names may well not resolve at all

_FAULTS = (
    httpcore.ProtocolError,
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
    httpcore.ProxyError,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one request. `body`: bytes, compressed and decoded; `wire`: bytes of all hops, headers and chunks included."""

    seconds: float = 30.0
    body: int = 10_000_000
    wire: int = 30_000_000
    redirects: int = 5


@cache
def trust() -> ssl.SSLContext:
    """Certificates of the system and of certifi. Made once: it takes some 30 ms."""
    return httpcore.default_ssl_context()


def agent(version: str, base_url: str, contact: str) -> str:
    """The User-Agent: who asks, where that is explained, and whom to write to (RFC 9110, 10.1.5)."""
    comment = "; ".join(part for part in (f"+{base_url}" if base_url else "", contact) if part)
    plain = "".join(sign for sign in comment if sign.isascii() and sign.isprintable() and sign not in "()\\")
    return f"Herald/{version} ({plain})" if plain else f"Herald/{version}"


class Client:
    """feeds.web.answer.Web over real connections. May be used by several threads.

    Behind a proxy (`http://[user:password@]host:port`) the address as written is judged, and what its name is here, if
    it is anything here. The connection is the proxy's: it resolves the name again, so the proxy must itself refuse
    private destinations. IPv6 literals are not asked for through it.
    """

    def __init__(
        self,
        agent: str,
        allowed: Allowed = Allowed(),  # noqa: B008 - frozen
        *,
        proxy: str = "",
        limits: Limits = Limits(),
        tls: ssl.SSLContext | None = None,
        resolver: Resolve = resolve,
        now: Callable[[], datetime] | None = None,
        ticks: Callable[[], float] | None = None,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self._agent, self._allowed, self._limits = agent, allowed, limits
        self._proxy, self._tls, self._resolver = _proxy(proxy), tls, resolver
        self._now, self._ticks = now or clock.now, ticks or clock.ticks
        self._robots = Robots(lambda url: self._get(url, {}), self._ticks, wait)

    def get(self, url: str, *, validators: Validators = Validators(), accept: str = "") -> Answer:  # noqa: B008
        """As Web.get. A redirect from https to http is refused: it would undo for good what the address promised."""
        headers = {
            "accept": accept or "*/*",
            "if-none-match": validators.etag,
            "if-modified-since": validators.last_modified,
        }
        return self._get(url, headers, page=True)

    def post(self, url: str, fields: Iterable[tuple[str, str]]) -> Answer:
        """Send a form. 307 and 308 are followed; any other redirect is an answer. Only of a refusal (400 and above)
        the body is read. Raises FetchError.
        """
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return self._get(url, headers, form=urlencode(list(fields)).encode())

    def allowed(self, url: str) -> bool:
        """As Web.allowed. Raises Refused if its host must not be asked at all."""
        at = place(url)
        return self._robots.allowed(at.origin, at.url)

    def pause(self, url: str) -> None:
        """As Web.pause. Raises Refused for what is no address."""
        self._robots.pause(place(url).origin)

    def _get(
        self, url: str, headers: dict[str, str], page: bool = False, form: bytes | None = None
    ) -> Answer:
        budget = Budget(self._ticks, self._limits.seconds, self._limits.wire)
        at, moved, permanent = place(url), "", True
        for _ in range(self._limits.redirects + 1):
            if page:
                self._robots.asked(at.origin)
            with _told(at):
                answer = self._ask(at, headers, budget, form)
                location = answer.headers.get("location", "")
                if answer.status not in (REDIRECTS if form is None else REPEATED) or not location:
                    return _with(answer, moved if answer.status < 400 else "", self._now())
                following = _follow(at, location)
            permanent = permanent and answer.status in PERMANENT
            moved = following.url if permanent else moved
            at = following
        raise Unreachable(
            f"{place(url).shown}: more than {self._limits.redirects} redirects, the last to {at.shown}"
        )

    def _ask(self, at: Place, headers: dict[str, str], budget: Budget, form: bytes | None) -> Answer:
        """One hop: a GET, or a POST of `form`. The body of a redirect is not read."""
        port = None if at.port == PORTS[at.scheme] else at.port  # left out of what a proxy is sent, too
        target = httpcore.URL(scheme=at.scheme, host=at.host, port=port, target=at.target)
        method, told = "GET" if form is None else "POST", self._headers(at, headers)
        try:
            with (
                self._pool(at, budget) as pool,
                pool.stream(method, target, headers=told, content=form) as response,
            ):
                found = _headers(response.headers)
                if response.status == 206 and form is None:
                    raise Unreachable("sent a part (206) of what was asked for")
                unread = _leads_on(response.status, found) or (form is not None and response.status < 400)
                body = b"" if unread else self._body(response, found)
        except _FAULTS as error:
            raise Unreachable(_words(error)) from None
        return Answer(response.status, at.url, body, found)

    def _body(self, response: httpcore.Response, headers: dict[str, str]) -> bytes:
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > self._limits.body:
            raise Unreachable(bodies.too_large(self._limits.body))
        return bodies.collect(response.iter_stream(), headers.get("content-encoding", ""), self._limits.body)

    def _pool(self, at: Place, budget: Budget) -> httpcore.ConnectionPool:
        tls = self._tls if self._tls is not None or at.scheme == "http" else trust()
        guarded = GuardedBackend(self._allowed, budget, self._resolver)
        if self._proxy is None:
            return httpcore.ConnectionPool(ssl_context=tls, network_backend=guarded)
        self._judge_ahead(at, budget)
        through = ProxyBackend(budget, self._resolver)
        return httpcore.ConnectionPool(ssl_context=tls, proxy=self._proxy, network_backend=through)

    def _judge_ahead(self, at: Place, budget: Budget) -> None:
        """What can be said of an address before the proxy is asked for it. Raises Refused."""
        if ":" in at.host:
            raise Refused("IPv6 literals are not asked for through FETCH_PROXY; give its name")
        look_up = Budget(self._ticks, min(LOOK_UP_SECONDS, budget.left()), 0)
        with suppress(NotFound):  # only the proxy knows the name
            GuardedBackend(self._allowed, look_up, self._resolver).checked(at.host, at.port)

    def _headers(self, at: Place, more: dict[str, str]) -> list[tuple[bytes, bytes]]:
        told = {
            "host": at.authority,
            "user-agent": self._agent,
            "accept-encoding": bodies.ACCEPTED,
            "connection": "close",
        } | more
        return [(name.encode(), value.encode("latin-1")) for name, value in told.items() if _sendable(value)]


def from_settings(
    now: Callable[[], datetime] | None = None,
    limits: Limits = Limits(),
) -> Client:
    """The client as settings and the newsroom want it. In a demo it reaches this machine alone, without a proxy."""
    newsroom = store.newsroom()
    return Client(
        agent(version("herald"), settings.BASE_URL, newsroom.contact or newsroom.sender_address),
        Allowed.only_loopback() if settings.HERALD_DEMO else Allowed.of(settings.FETCH_ALLOW),
        proxy="" if settings.HERALD_DEMO else settings.FETCH_PROXY,
        limits=limits,
        now=now,
    )


@contextmanager
def _told(at: Place) -> Iterator[None]:
    """What went wrong within is told with the address it went wrong at."""
    try:
        yield
    except Refused as error:
        raise Refused(f"{at.shown}: {error}") from None
    except Unreachable as error:
        raise Unreachable(f"{at.shown}: {error}") from None


def _follow(at: Place, location: str) -> Place:
    """Where a redirect leads. Raises Refused."""
    try:
        following = place(urljoin(at.url, location))
    except (FetchError, ValueError) as error:
        raise Refused(f"redirects to what is not fetched: {error}") from None
    if at.scheme == "https" and following.scheme == "http":
        raise Refused(
            f"redirects from https to {following.shown}; give that address itself if it is the right one"
        )
    return following


def _leads_on(status: int, headers: dict[str, str]) -> bool:
    return status in REDIRECTS and bool(headers.get("location"))


def _with(answer: Answer, moved_to: str, now: datetime) -> Answer:
    not_before = caching.retry_after(answer.headers.get("retry-after", ""), now)
    return Answer(answer.status, answer.url, answer.body, answer.headers, moved_to, not_before)


def _headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """By name in lower case; what came more than once is joined by commas (RFC 9110, 5.3)."""
    found: dict[str, str] = {}
    for name, value in raw:
        key = name.decode("latin-1").lower()
        text = _text(value) if key == "location" else value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _text(value: bytes) -> str:
    """Addresses in UTF-8 are not allowed in Location, but there are some."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _sendable(value: str) -> bool:
    """Whether it may stand in a header; validators come from a memory that others may have written to."""
    return bool(value) and all(" " <= sign <= "~" or "\xa0" <= sign <= "\xff" for sign in value)


def _proxy(url: str) -> httpcore.Proxy | None:
    """As config.environment has checked it."""
    if not url:
        return None
    parts = urlsplit(url)
    auth = (unquote(parts.username or "").encode(), unquote(parts.password or "").encode())
    at = httpcore.URL(scheme="http", host=parts.hostname or "", port=parts.port or 80, target="/")
    return httpcore.Proxy(at, auth=auth if parts.username else None)


def _words(error: Exception) -> str:
    """A fault of httpcore's as the end of a sentence about the other side."""
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, httpcore.ProxyError):
        return f"the proxy answered {text}"
    return f"did not answer as HTTP wants it ({text})"
