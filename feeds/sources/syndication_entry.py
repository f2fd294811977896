"""One entry of Atom or RSS, as feedparser gives it, to a raw item. Pure.

feedparser puts whatever stands in a feed under whatever name it has there, so no value is taken to be of its kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urljoin

from feeds import normalise
from feeds.sources import syndication_dates
from feeds.sources.categories import USUAL, Category, Rules
from feeds.sources.item import Fault, RawItem, excerpt
from feeds.sources.syndication_dates import A_DATE

LONGEST_EXCERPT = 500  # of a body, where the feed gives no summary
_LOOKED_AT = 20 * LONGEST_EXCERPT  # of a body, for its excerpt
_DATES = ("published", "updated", "created")
_RELATIVE = re.compile(r"(?:href|src)\s*=\s*[\"']?(?!\s*(?:[a-z][a-z0-9+.-]*:|#|[\"'>\s]))", re.I)
_MAIL = re.compile(r"(?:mailto:)?[^\s<>()]+@[^\s<>()]+")
_NO_PICTURE = re.compile(r"\.(?:mp4|m4v|mov|avi|webm|mpe?g|mp3|m4a|aac|ogg|oga|wav|m3u8|pdf|zip)$", re.I)

Values = Mapping[str, Any]
"""Plain: feedparser's own look-up is slow, and takes one kind of date for the other."""


def _nowhere(*_: object) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Feed:
    """What an entry has from the feed it stands in: where that is (for relative links), its language, date and author.

    `atom`: an id is no address there, and relative links have the feed's address for a base. `line(number, text)`: on
    which line an entry begins, or `text` within it.
    """

    file: str
    base: str = ""
    language: str = ""
    author: str = ""
    day: date | None = None
    atom: bool = False
    key: str = "id"
    rules: Rules = USUAL
    line: Callable[..., int | None] = _nowhere

    def fault(self, number: int, found: str, expected: str, text: str = "") -> Fault:
        return Fault(self.file, self.line(number, text), found, expected)


def item(entry: Values, number: int, feed: Feed) -> RawItem | Fault:
    """The release that an entry is. `number` counts from 0."""
    title = _title(entry)
    if not title:
        return feed.fault(number, "an entry without a title", "a title")
    published, written = day_of(entry, feed.language)
    if published is None and written:
        return feed.fault(number, f'"{excerpt(written)}" is no date', A_DATE, written)
    language = text(entry, "language") or text(detail(entry, "title"), "language") or feed.language
    link = _link(entry, language, feed)
    key = (link if feed.key == "link" else "") or text(entry, "id") or link
    # The feed's day may be another one the next time: an entry without a name would then be another one, too.
    day = published or (feed.day if key else None)
    if day is None:
        return feed.fault(number, f'no date for "{excerpt(title)}"', A_DATE)
    summary, body = _summary_and_body(entry, link, feed)
    labels = feed.rules.sort(_categories(entry))
    return RawItem(
        title=title,
        published_on=day,
        key=key,
        url=link,
        summary=summary,
        body=body,
        type=labels.type,
        offices=labels.offices,
        topics=labels.topics,
        language=language,
        author=author(entry, feed.atom) or feed.author,
        image_url=resolved(feed.base, _image(entry)),
        alternates=tuple(_alternates(entry, link, language, feed)),
        dated=published is not None,
        line=feed.line(number),
    )


def day_of(entry: Values, language: str) -> tuple[date | None, str]:
    """The day on which it was published, or else updated; and what was written for it, if only that."""
    written = ""
    for name in _DATES:
        given = entry.get(name)
        if isinstance(given, str) and given.strip():
            if known := syndication_dates.day(given, language):
                return known, given
            written = written or given
    return None, written


def is_dated(entry: Values) -> bool:
    return any(text(entry, name) for name in _DATES)


def text(values: Values, name: str) -> str:
    value = values.get(name)
    return value.strip() if isinstance(value, str) else ""


def detail(values: Values, name: str) -> Values:
    found = values.get(f"{name}_detail")
    return dict(found) if isinstance(found, dict) else {}


def listed(values: Values, name: str) -> list[Values]:
    found = values.get(name)
    return [dict(one) for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def author(values: Values, atom: bool) -> str:
    """The names of those who wrote it; an address of mail is no name."""
    if not atom and "@" in text(values, "author"):  # of which feedparser leaves a piece
        return normalise.line(_MAIL.sub(" ", text(values, "author"))).strip("()<> ")
    names = [normalise.line(text(one, "name")) for one in listed(values, "authors")]
    return ", ".join(dict.fromkeys(name for name in names if name))


def resolved(base: str, address: str) -> str:
    """An address as it stands there, made whole; "" for what is none."""
    try:
        return urljoin(base, address) if address else ""
    except ValueError:
        return ""


def _title(entry: Values) -> str:
    return _plain(text(entry, "title"), detail(entry, "title"))


def _is_html(kind: Values) -> bool:
    return "html" in str(kind.get("type") or "")


def _summary_and_body(entry: Values, link: str, feed: Feed) -> tuple[str, str]:
    """The summary as plain text, and the full text as HTML if there is more to it than the summary."""
    given, kind = text(entry, "summary"), detail(entry, "summary")
    content: Values = next((one for one in listed(entry, "content") if text(one, "value")), {})
    full = text(content, "value")
    if full and full != given:
        summary = _plain(given, kind)
        if _is_html(content) or normalise.line(full) != summary:
            return summary or beginning(full), _html(full, content, link, feed)
        return summary, ""
    kind = content if full else kind
    if _is_html(kind) and normalise.has_markup(given):
        return beginning(given), _html(given, kind, link, feed)
    summary = _plain(given, kind)
    if full and len(summary) > LONGEST_EXCERPT:
        return normalise.excerpt(summary, LONGEST_EXCERPT), normalise.paragraphs(given)
    return summary, ""


def _plain(value: str, kind: Values) -> str:
    return normalise.plain(value) if _is_html(kind) else normalise.line(value)


def beginning(body: str) -> str:
    """The first words of a piece of HTML."""
    if len(body) > _LOOKED_AT:  # not cut within a tag, if it has any
        between = body.rfind("<", LONGEST_EXCERPT, _LOOKED_AT)
        body = body[: between if between > 0 else _LOOKED_AT]
    return normalise.excerpt(normalise.plain(body), LONGEST_EXCERPT)


def _html(value: str, kind: Values, link: str, feed: Feed) -> str:
    """Its relative links are resolved by xml:base; without one, by the feed's address in Atom (RFC 4287, 2), and in RSS
    by that of the release, which intake does.
    """
    if not _is_html(kind):
        return normalise.paragraphs(value)
    own = text(kind, "base")
    if (own or feed.atom or not link) and feed.base and _RELATIVE.search(value):
        return normalise.markup(value, resolved(feed.base, own) or feed.base)
    return value


def _categories(entry: Values) -> Iterator[Category]:
    for tag in listed(entry, "tags"):
        yield Category(text(tag, "scheme"), text(tag, "term"), text(tag, "label"))


def _link(entry: Values, language: str, feed: Feed) -> str:
    """Its page: among its links the one that is no other language, no enclosure and not the entry itself."""
    if original := text(entry, "feedburner_origlink"):
        return resolved(feed.base, original)
    pages = [one for one in listed(entry, "links") if one.get("rel") == "alternate" and text(one, "href")]
    pages = [one for one in pages if "html" in text(one, "type")] or pages
    for fits in (lambda tag: not tag, lambda tag: tag == language.lower(), lambda tag: _same(tag, language)):
        for one in pages:
            if fits(text(one, "hreflang").lower()):
                return resolved(feed.base, text(one, "href"))
    if pages:
        return resolved(feed.base, text(pages[0], "href"))
    permalink = text(entry, "link")
    return permalink if not feed.atom and permalink.startswith(("http://", "https://")) else ""


def _same(tag: str, other: str) -> bool:
    return tag.partition("-")[0] == other.lower().partition("-")[0]


def _alternates(entry: Values, own: str, language: str, feed: Feed) -> Iterator[tuple[str, str]]:
    """(language, address) of its other language versions, by `hreflang` (RFC 4287, 4.2.7.4)."""
    for link in listed(entry, "links"):
        tag, address = text(link, "hreflang"), resolved(feed.base, text(link, "href"))
        foreign = tag and tag.lower() not in {"x-default", language.lower()}
        if link.get("rel") == "alternate" and foreign and address and address != own:
            yield tag, address


def _image(entry: Values) -> str:
    """The first picture it names: Media RSS, an enclosure, a podcast's; a thumbnail where there is nothing larger."""
    for one in listed(entry, "media_content"):
        if text(one, "url") and _is_picture(f"{text(one, 'medium')} {text(one, 'type')}", text(one, "url")):
            return text(one, "url")
    for link in listed(entry, "links"):
        if link.get("rel") == "enclosure" and text(link, "type").startswith("image/"):
            return text(link, "href")
    image = entry.get("image")
    own = text(image, "href") if isinstance(image, dict) else ""
    return own or next((url for one in listed(entry, "media_thumbnail") if (url := text(one, "url"))), "")


def _is_picture(kind: str, address: str) -> bool:
    if kind.strip():
        return "image" in kind
    return not _NO_PICTURE.search(address.partition("?")[0])
