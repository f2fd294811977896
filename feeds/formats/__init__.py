"""Feeds as bytes: a module for each format, each with `render(feed) -> bytes`. Pure: same values, same bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from feeds.formats import atom, jsonfeed, rss
from feeds.formats.values import FeedValue


@dataclass(frozen=True, slots=True)
class Format:
    """How a kind of feed is made, and the media type it is served with."""

    suffix: str
    media_type: str
    render: Callable[[FeedValue], bytes]


FORMATS: Mapping[str, Format] = {
    "atom": Format("atom", atom.MEDIA_TYPE, atom.render),
    "rss": Format("rss", rss.MEDIA_TYPE, rss.render),
    "json": Format("json", jsonfeed.MEDIA_TYPE, jsonfeed.render),
}
