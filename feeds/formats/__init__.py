"""Feeds as bytes: a module for each format. Pure: same values, same bytes.

A document is a frame and its entries, each rendered by itself: what several feeds carry is rendered once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate

from feeds.formats import atom, jsonfeed, rss
from feeds.formats.values import EntryValue, FeedValue, Frame


@dataclass(frozen=True, slots=True)
class Format:
    """How a kind of feed is made, and the media type it is served with.

    `frame` is everything but the entries; `entry(value, publisher)` one of them, `joint` what stands between two.
    `tombstones`: it can say that an entry is gone.
    """

    suffix: str
    media_type: str
    frame: Callable[[FeedValue], Frame]
    entry: Callable[[EntryValue, str], bytes]
    joint: bytes = b""
    tombstones: bool = False

    def render(self, feed: FeedValue) -> bytes:
        """The whole document."""
        return self.assemble(self.frame(feed), [self.entry(entry, feed.author) for entry in feed.entries])

    def assemble(self, frame: Frame, entries: Iterable[bytes | memoryview]) -> bytes:
        return frame.head + self.joint.join(entries) + frame.tail

    def spans(self, frame: Frame, entries: Iterable[bytes | memoryview]) -> list[tuple[int, int]]:
        """Where each entry lies in the assembled document, as (offset, length)."""
        sizes = [len(entry) for entry in entries]
        starts = accumulate(
            sizes, lambda start, size: start + size + len(self.joint), initial=len(frame.head)
        )
        return list(zip(starts, sizes, strict=False))


FORMATS: Mapping[str, Format] = {
    "atom": Format("atom", atom.MEDIA_TYPE, atom.frame, atom.entry, tombstones=True),
    "rss": Format("rss", rss.MEDIA_TYPE, rss.frame, rss.entry),
    "json": Format("json", jsonfeed.MEDIA_TYPE, jsonfeed.frame, jsonfeed.entry, jsonfeed.JOINT),
}
