"""What several pages need: a page of releases, and the addresses of a feed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from babel import Locale, UnknownLocaleError
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _

from config.places import here, public
from feeds import catalogue, store
from feeds.catalogue import Feed
from feeds.models import Release
from feeds.models.terms import Term
from feeds.naming import Name
from feeds.templating import language

RELEASES_A_PAGE = 20
LAST_PAGE = 500

T = TypeVar("T", bound=Term)

FORMATS = (
    ("Atom", "atom", "application/atom+xml"),
    ("RSS", "rss", "application/rss+xml"),
    ("JSON Feed", "json", "application/feed+json"),
)


@dataclass(frozen=True, slots=True)
class Page:
    """Releases, newest first. `newer` and `older` are page numbers, or 0 where there is none."""

    releases: list[Release]
    newer: int
    older: int


@dataclass(frozen=True, slots=True)
class Address:
    """One format of a feed: its name, media type and path, as a link says it."""

    name: str
    media_type: str
    path: str

    @property
    def address(self) -> str:
        """The public address, to be copied elsewhere."""
        return public(self.path)


def page_of(releases: QuerySet[Release], asked: str | None, size: int = RELEASES_A_PAGE) -> Page:
    """The page that `?page=` asks for; anything that is no number of a page means the first."""
    number = int(asked) if asked and asked.isdecimal() and len(asked) < 4 else 1
    number = min(max(number, 1), LAST_PAGE)
    first = (number - 1) * size
    found = list(newest_first(releases)[first : first + size + 1])
    older = number + 1 if len(found) > size and number < LAST_PAGE else 0
    return Page(found[:size], number - 1, older)


def newest_first(releases: QuerySet[Release]) -> QuerySet[Release]:
    return releases.order_by("-published_on", "-pk")


def addresses(path: str, query: str = "") -> list[Address]:
    """Where the three formats of the feed `path` (such as "topics/arms-control") are."""
    asked = f"?{query}" if query else ""
    return [
        Address(name, media_type, here(f"/feeds/{path}.{suffix}{asked}"))
        for name, suffix, media_type in FORMATS
    ]


def plain(status: int, text: str) -> HttpResponse:
    """An answer in one line, for programs."""
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


def counted(terms: QuerySet[T]) -> QuerySet[T]:
    """The terms, each with `count`: how many releases a reader can see under it."""
    visible = Q(releases__state=Release.State.PUBLISHED, releases__standing__shown=True)
    found: QuerySet[T] = terms.annotate(count=Count("releases", filter=visible))
    return found


def named_feeds() -> dict[str, Feed]:
    """The feeds that lists name, by path and in their order: all but those of an office with a topic."""
    found = (feed for feed in catalogue.all_feeds() if feed.kind != "crossed")
    return {feed.path: feed for feed in titled(*found)}


def titled(*feeds: Feed) -> list[Feed]:
    """With their titles in the page's language where it is ours to say."""
    names = store.names([(feed.kind, feed.slug) for feed in feeds], language())
    return [_titled(feed, names) for feed in feeds]


def _titled(feed: Feed, names: Mapping[tuple[str, str], Name]) -> Feed:
    if name := names.get((feed.kind, feed.slug)):
        return replace(feed, title=name.text, tongue=name.language)
    own = {catalogue.ALL: _("All releases"), catalogue.UNTAGGED: _("Releases without labels")}
    if feed.kind == "language":
        return replace(feed, title=language_name(feed.slug), tongue=feed.slug)
    return replace(feed, title=own.get(feed.path, feed.title))


def language_name(code: str) -> str:
    """A language by its own name, as who reads it looks for it; the code where nobody knows it."""
    try:
        return (Locale.parse(code).get_display_name(code) or code).capitalize()
    except (UnknownLocaleError, ValueError):
        return code
