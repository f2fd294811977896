"""A newsroom's website for tests: a list of releases over several pages, and a page for each release."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zlib import crc32

from feeds.sources import listing
from feeds.sources.listing_pager import key_of
from feeds.sources.way import Fetched, Origin, Tools
from feeds.web.client import Client
from tests.feeds.web.server import Site

NOW = datetime(2025, 2, 17, 12, tzinfo=UTC)
PATH = "/news"


@dataclass
class Newsroom:
    """Releases by number, the newest first, `size` on a page of the list. `edits`: titles other than usual."""

    site: Site
    numbers: list[int]
    size: int = 3
    edits: dict[int, str] = field(default_factory=dict)

    def publish(self) -> None:
        """Put the list on the site as it is now."""
        for page in range(len(self)):
            self.site.put(self.path(page), self.page(page), etag=f'"{crc32(self.page(page).encode())}"')

    def __len__(self) -> int:
        return max(1, -(-len(self.numbers) // self.size))

    def path(self, page: int) -> str:
        return PATH if page == 0 else f"{PATH}?page={page}"

    def page(self, page: int) -> str:
        shown = self.numbers[page * self.size : (page + 1) * self.size]
        more = (
            f'<li class="pager-next"><a href="?page={page + 1}">next</a></li>' if page + 1 < len(self) else ""
        )
        return f"<html lang='en'><body>{''.join(map(self.release, shown))}<ul>{more}</ul></body></html>"

    def release(self, number: int) -> str:
        day = date(2025, 1, 1) + timedelta(number)
        title = self.edits.get(number, f"Release {number}")
        return (
            f'<div class="search-result-news"><h3 class="search-title"><a href="/r/{number}">{title}</a></h3>'
            f'<p>Publishing date: {day}</p><img src="/small/{number}.jpg">'
            f'<p class="search-snippet">Sum {number}.</p></div>'
        )

    def put_release(self, number: int, text: str = "", **how: Any) -> None:
        """The release's own page."""
        self.site.put(
            f"/r/{number}",
            f"<html lang='en-GB'><head><meta property='og:image' content='/large/{number}.jpg'></head><body>"
            f"<article><h1>Release {number}</h1><p>{text or f'All of {number}.'}</p></article></body></html>",
            **how,
        )


@dataclass
class Harvester:
    """Fetches as the harvest does: what was brought is known the next time, and the memory is kept."""

    web: Client
    address: str
    options: Mapping[str, Any] = field(default_factory=dict)
    memory: Mapping[str, Any] = field(default_factory=dict)
    brought: set[str] = field(default_factory=set)

    def known(self, keys: Collection[str]) -> set[str]:
        return set(keys) & self.brought

    def fetch(self) -> Fetched:
        options = listing.Options.model_validate(dict(self.options))
        origin = Origin("newsroom", self.address, "en", options)
        found = listing.fetch(origin, self.memory, Tools(self.web, NOW, self.known))
        self.memory = found.memory
        self.brought |= {key_of(item) for item in found.items}
        return found


def numbers(fetched: Fetched) -> list[int]:
    """Of the releases that a fetch brought, in its order."""
    return [int(item.key.rpartition("/")[2]) for item in fetched.items]
