"""Atom and RSS, by feedparser."""

from __future__ import annotations

import html
import io
import re
from bisect import bisect
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from xml.sax import SAXParseException

import feedparser

from feeds import normalise
from feeds.sources.categories import USUAL, Rules
from feeds.sources.item import Fault, RawItem, Reading, excerpt

A_DATE = "a date as RFC 3339 (Atom) or RFC 822 (RSS) has it"
LONGEST_EXCERPT = 500  # of a body, where the feed gives no summary
_OPENED = re.compile(rb"<(?:\w+:)?(?:entry|item)[\s>]")
_CLOSED = re.compile(rb"</(?:\w+:)?(?:entry|item)\s*>")
_ROOT_CLOSED = re.compile(rb"</(?:\w+:)?(?:feed|rss|RDF)\s*>")
_DATES = ("published", "updated", "created")


class _Document:
    """The feed that entries stand in: its name for faults, its language and date, and where its lines are."""

    def __init__(
        self, file: str, data: bytes, starts: Sequence[int], feed: dict[str, Any], rules: Rules, key: str
    ) -> None:
        self.file = file
        self.rules, self.key = rules, key
        self.language = _text(feed, "language")
        self.day = _day(feed)[0]
        self._data = data
        self._starts = starts
        self._line_ends = [match.start() for match in re.finditer(b"\n", data)]

    def line(self, number: int, text: str = "") -> int | None:
        """The line of the entry `number`, or of `text` within it. Parsers of feeds keep no lines."""
        if number >= len(self._starts):
            return None
        start = self._starts[number]
        found = self._data.find(text.encode("utf-8", "replace"), start) if text else -1
        return bisect(self._line_ends, max(found, start)) + 1


def read(data: bytes, file: str, base: str = "", rules: Rules = USUAL, key: str = "id") -> Reading:
    """All entries of a feed, in its order. `base` is the feed's address, for relative links; `rules` say what its
    categories are; `key` whether an entry is named by its "id" or its "link". Faults name `file`.
    """
    parsed = _parse(data, base)
    if isinstance(parsed, str):
        return Reading(faults=(Fault(file, None, parsed, "Atom or RSS"),), complete=False)
    ill_formed = _ill_formed(parsed)
    cut = ill_formed is not None and not _ROOT_CLOSED.search(data[-1000:])
    opened = tuple(match.start() for match in _OPENED.finditer(data))
    half = cut and len(opened) > len(_CLOSED.findall(data)) and len(parsed.entries) == len(opened)
    entries = parsed.entries[:-1] if half else parsed.entries
    if not parsed.get("version") and not entries:
        return Reading(faults=(Fault(file, 1, "no feed", "Atom or RSS"),), complete=False)
    starts = opened if len(opened) == len(parsed.entries) else ()
    document = _Document(file, data, starts, parsed.feed, rules, key)
    found = [_item(entry, number, document) for number, entry in enumerate(entries)]
    faults = [one for one in found if isinstance(one, Fault)]
    if ill_formed is not None:
        faults.append(Fault(file, *ill_formed, "well-formed XML to the end"))
    return Reading(
        tuple(one for one in found if isinstance(one, RawItem)),
        tuple(faults),
        complete=not cut,
        next_page=_older(parsed.feed),
    )


def _parse(data: bytes, base: str) -> Any:
    """What feedparser makes of it; a str says why it makes nothing."""
    # As a stream of bytes: feedparser opens what it is given as a string, be it an address or a file's name.
    # Cleaning is left to feeds.normalise, which cleans what other ways in bring, too.
    try:
        return feedparser.parse(
            io.BytesIO(data),
            response_headers={"content-location": base} if base else None,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # it is made to read anything, but has no error of its own for what it cannot
        return f"a feed that cannot be read ({type(error).__name__})"


def _item(entry: dict[str, Any], number: int, document: _Document) -> RawItem | Fault:
    title = _plain_of(entry, "title")
    if not title:
        return Fault(document.file, document.line(number), "an entry without a title", "a title")
    day, written = _day(entry)
    if day is None and written:
        found = f'"{excerpt(written)}" is no date'
        return Fault(document.file, document.line(number, written), found, A_DATE)
    if day is None and document.day is None:
        return Fault(document.file, document.line(number), f'no date for "{excerpt(title)}"', A_DATE)
    summary, body = _summary_and_body(entry)
    language = _text(_detail(entry, "title"), "language") or document.language
    link = _link(entry, language)
    labels = document.rules.sort(_categories(entry))
    return RawItem(
        title=title,
        published_on=day or document.day or date.min,
        key=(link if document.key == "link" else _text(entry, "id")) or _text(entry, "id") or link,
        url=link,
        summary=summary,
        body=body,
        type=labels.type,
        offices=labels.offices,
        topics=labels.topics,
        language=language,
        author=_text(_detail(entry, "author"), "name") or _text(entry, "author"),
        image_url=_image(entry),
        alternates=tuple(_alternates(entry, link)),
        dated=day is not None,
        line=document.line(number),
    )


def _day(entry: dict[str, Any]) -> tuple[date | None, str]:
    """The day in UTC on which it was published, or else updated; and what was written for it, if only that."""
    written = ""
    for name in _DATES:
        # dict.get: feedparser's own look-up takes one kind of date for the other, with a warning
        parsed = dict.get(entry, f"{name}_parsed")
        written = written or str(dict.get(entry, name) or "")
        try:
            if parsed:
                return date(*parsed[:3]), written
        except (TypeError, ValueError):
            continue
    return None, written


def _summary_and_body(entry: dict[str, Any]) -> tuple[str, str]:
    """The summary as plain text, and the full text as HTML if there is more to it than the summary."""
    given, is_html = _text(entry, "summary"), _is_html(_detail(entry, "summary"))
    contents = list(entry.get("content") or [])
    body = next((_as_html(one) for one in contents if _text(one, "value")), "")
    summary = normalise.plain(given) if is_html else given
    if body and (not given or given == _text(contents[0], "value")):
        return normalise.excerpt(normalise.plain(body), LONGEST_EXCERPT), body
    if not body and is_html and normalise.has_markup(given):
        return normalise.excerpt(summary, LONGEST_EXCERPT), given
    return summary, body


def _as_html(content: dict[str, Any]) -> str:
    value = _text(content, "value")
    return value if _is_html(content) else f"<p>{html.escape(value)}</p>"


def _plain_of(entry: dict[str, Any], name: str) -> str:
    value = _text(entry, name)
    return normalise.plain(value) if _is_html(_detail(entry, name)) else normalise.line(value)


def _is_html(detail: dict[str, Any]) -> bool:
    return "html" in str(detail.get("type") or "")


def _detail(entry: dict[str, Any], name: str) -> dict[str, Any]:
    detail = dict.get(entry, f"{name}_detail")
    return detail if isinstance(detail, dict) else {}


def _text(values: dict[str, Any], name: str) -> str:
    value = values.get(name)
    return value.strip() if isinstance(value, str) else ""


def _categories(entry: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(scheme, label) of each."""
    for tag in entry.get("tags") or ():
        label = _text(tag, "label") or _text(tag, "term")
        if label:
            yield _text(tag, "scheme"), label


def _link(entry: dict[str, Any], language: str) -> str:
    """Its page: feedparser takes the first link, which may be that of another language, of an enclosure or of the
    entry itself.
    """
    pages = {
        str(link.get("hreflang") or "").lower(): _text(link, "href")
        for link in reversed(entry.get("links") or ())
        if link.get("rel") == "alternate" and "html" in str(link.get("type") or "html")
    }
    return (
        pages.get("") or pages.get(language.lower()) or next(iter(pages.values()), "") or _text(entry, "link")
    )


def _alternates(entry: dict[str, Any], own: str) -> Iterator[tuple[str, str]]:
    """(language, address) of its other language versions, by `hreflang` (RFC 4287, 4.2.7.4)."""
    for link in entry.get("links") or ():
        language, address = _text(link, "hreflang"), _text(link, "href")
        if link.get("rel") == "alternate" and language and address and address != own:
            yield language, address


def _image(entry: dict[str, Any]) -> str:
    """The first picture it names: Media RSS, an enclosure, or a podcast's."""
    media = [*(entry.get("media_content") or ()), *(entry.get("media_thumbnail") or ())]
    for one in media:
        kind = f"{one.get('medium') or ''} {one.get('type') or ''}".strip()
        if _text(one, "url") and (not kind or "image" in kind):
            return _text(one, "url")
    for link in entry.get("links") or ():
        if link.get("rel") == "enclosure" and str(link.get("type") or "").startswith("image/"):
            return _text(link, "href")
    image = entry.get("image")
    return _text(image, "href") if isinstance(image, dict) else ""


def _older(feed: dict[str, Any]) -> str:
    """The page before this one: of an archive (RFC 5005, 4), or of a paged feed (3)."""
    links = {link.get("rel"): _text(link, "href") for link in feed.get("links") or ()}
    return links.get("prev-archive") or links.get("next") or ""


def _ill_formed(parsed: Any) -> tuple[int | None, str] | None:
    """(line, what was wrong) if the XML is broken; feedparser then reads on as well as it can."""
    error = parsed.get("bozo_exception")
    if isinstance(error, SAXParseException):
        return error.getLineNumber(), f"not well-formed ({error.getMessage()})"
    if isinstance(error, feedparser.CharacterEncodingUnknown | UnicodeError):
        return None, "an encoding that is not the declared one"
    return None
