"""What a fetch gives, or why it gave nothing. Plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


class FetchError(Exception):
    """Nothing was fetched; `str()` says what, where and what to do, in one line without secrets.

    `not_before`: the instant (UTC) before which the other side wants no further request, if it said so.
    """

    not_before: datetime | None = None


class Refused(FetchError):
    """We must not fetch this: a private address, another scheme, forbidden by robots.txt. Trying again is no use."""


class Unreachable(FetchError):
    """The other side failed: no connection, too slow, too large, cut off. Later it may work."""


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to ask again by (RFC 9110, 8.8). Empty: ask for all."""

    etag: str = ""
    last_modified: str = ""

    def __bool__(self) -> bool:
        return bool(self.etag or self.last_modified)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of any status, after redirects were followed. The body is decoded and complete, at most the limit.

    `url` is where it came from in the end. `moved_to` is the address to ask from now on, if every redirect up to it
    was permanent (301, 308) and the answer is no error, else "". Header names are in lower case. `not_before`: the
    instant (UTC) before which the server wants no further request, by Retry-After (RFC 9110, 10.2.3); None where it
    does not say.
    """

    status: int
    url: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    moved_to: str = ""
    not_before: datetime | None = None

    @property
    def validators(self) -> Validators:
        return Validators(self.headers.get("etag", ""), self.headers.get("last-modified", ""))


class Web(Protocol):
    """A way to the web. `feeds.web.client.Client` is the real one."""

    def get(self, url: str, *, validators: Validators = Validators(), accept: str = "") -> Answer:
        """Fetch one address. Raises FetchError."""

    def allowed(self, url: str) -> bool:
        """Whether robots.txt of its host lets us fetch `url` (RFC 9309). Raises Unreachable where nobody can say,
        Refused where the host must not be asked at all."""

    def pause(self, url: str) -> None:
        """Wait as long as politeness towards its host asks before the next request: Crawl-delay, at least a second
        between two pages."""
