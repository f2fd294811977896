"""What a feed says, as plain values: made by `feeds.documents`, turned into bytes by the formats.

Whatever text is put in, what stands in a value can be written as XML 1.0 and as UTF-8, and every title says something;
so no renderer has to think of it, and one bad release cannot spoil a feed. Instants are aware, and given out in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from feeds import normalise

UNTITLED = "(untitled)"


@dataclass(frozen=True, slots=True)
class Category:
    """An office, a topic or a type: `scheme` is the URI of its kind, `term` its slug, `label` its name."""

    scheme: str
    term: str
    label: str

    def __post_init__(self) -> None:
        _tidy(self, normalise.line, ("scheme", "term", "label"))
        object.__setattr__(self, "label", self.label or self.term)


@dataclass(frozen=True, slots=True)
class EntryValue:
    """A release in a feed. `summary` is plain text on one line; `content` is clean HTML, "" where the summary is all.

    `author` is "" where it is the feed's; `image` is an address or "". `translations` are (language, address) of its
    other language versions.
    """

    id: str
    url: str
    title: str
    published: datetime
    updated: datetime
    language: str
    summary: str = ""
    content: str = ""
    author: str = ""
    image: str = ""
    categories: tuple[Category, ...] = ()
    translations: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        _tidy(self, normalise.line, ("id", "url", "title", "summary", "language", "author", "image"))
        _tidy(self, normalise.text, ("content",))
        if not self.title:
            object.__setattr__(self, "title", UNTITLED)


@dataclass(frozen=True, slots=True)
class Gone:
    """An entry that was withdrawn or deleted, and when (RFC 6721)."""

    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Paging:
    """Where a document stands among those of its feed (RFC 5005). Addresses without a suffix, "" for none.

    `current` is the address of the subscription document if this is an archive document, else "".
    """

    current: str = ""
    older: str = ""
    newer: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """A document without its entries: they stand between `head` and `tail`."""

    head: bytes
    tail: bytes


@dataclass(frozen=True, slots=True)
class FeedValue:
    """A feed document. `address` is its URL without the suffix, `query` what follows the suffix ("?office=…"), `page`
    the URL of its HTML twin.

    `author` is the publisher, `home` the publisher's own address or "". Entries stand newest first. `hubs` are told of
    changes (WebSub).
    """

    id: str
    title: str
    subtitle: str
    address: str
    page: str
    updated: datetime
    language: str
    author: str
    home: str = ""
    entries: tuple[EntryValue, ...] = ()
    gone: tuple[Gone, ...] = ()
    paging: Paging = Paging()
    hubs: tuple[str, ...] = ()
    query: str = ""

    def __post_init__(self) -> None:
        names = ("id", "title", "subtitle", "address", "page", "language", "author", "home")
        _tidy(self, normalise.line, names)
        for name in ("title", "subtitle", "author"):
            if not getattr(self, name):
                object.__setattr__(self, name, self.title or UNTITLED)


def address_of(feed: FeedValue, suffix: str) -> str:
    """The document's own address in one format."""
    return f"{feed.address}.{suffix}{feed.query}"


def rfc3339(instant: datetime) -> str:
    """2025-02-17T12:00:00Z, with milliseconds where there are any."""
    instant = instant.astimezone(UTC)
    precision = "milliseconds" if instant.microsecond >= 1000 else "seconds"
    return instant.isoformat(timespec=precision).replace("+00:00", "Z")


def rfc822(instant: datetime) -> str:
    """Mon, 17 Feb 2025 12:00:00 GMT, whatever the locale."""
    return format_datetime(instant.astimezone(UTC), usegmt=True)


def _tidy(value: object, tidy: object, names: Iterable[str]) -> None:
    for name in names:
        object.__setattr__(value, name, tidy(getattr(value, name)))  # type: ignore[operator]
