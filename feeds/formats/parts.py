"""What Atom and RSS say alike of a release, as attributes of elements."""

from __future__ import annotations

from collections.abc import Iterator

from feeds.formats.values import EntryValue
from feeds.formats.xml import element

Attributes = list[tuple[str, str]]

IMAGE_TYPES = {
    "avif": "image/avif", "gif": "image/gif", "jpeg": "image/jpeg", "jpg": "image/jpeg",
    "png": "image/png", "svg": "image/svg+xml", "webp": "image/webp",
}  # fmt: skip


def entry_links(value: EntryValue) -> Iterator[Attributes]:
    """Of an Atom entry: its image, itself, its translations."""
    if kind := image_type(value.image):  # the length is not known, and Atom may leave it out
        yield [("href", value.image), ("rel", "enclosure"), ("type", kind)]
    yield [("href", value.url), ("rel", "alternate"), ("hreflang", value.language)]
    yield from translations(value, "href")


def translations(value: EntryValue, first: str = "rel") -> Iterator[Attributes]:
    """Links to the other language versions. Some readers go to the first alternate, others to the last: both are this
    very release. That they differ in type is what RFC 4287, 4.1.2, asks for.
    """
    for language, address in value.translations:
        yield _link(address, first, ("hreflang", language))
    if value.translations:
        yield _link(value.url, first, ("type", "text/html"))


def media(image: str) -> Iterator[str]:
    """The release's image, as Media RSS has it; unlike an enclosure it may be of a type that nobody knows."""
    if image:
        kind = ("type", image_type(image))
        yield element("media:content", "", [("url", image), ("medium", "image"), kind])


def image_type(address: str) -> str:
    """The media type of an image by the suffix of its address, or ""."""
    path = address.partition("?")[0].partition("#")[0]
    return IMAGE_TYPES.get(path.rpartition(".")[2].lower(), "")


def _link(address: str, first: str, more: tuple[str, str]) -> Attributes:
    href, rel = ("href", address), ("rel", "alternate")
    return [href, rel, more] if first == "href" else [rel, more, href]
