"""A release as an entry of a feed: what stands in it, and which of its instants are told. Pure."""

from __future__ import annotations

import hashlib
import html
import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from feeds import normalise
from feeds.formats.values import Category, EntryValue
from feeds.models import Newsroom, Release, Standing
from feeds.selection import Facts

FORMAT_VERSION = 5  # raise it when the same values make other bytes: every folder is then built anew
LONGEST_CONTENT = 1_000_000  # characters; libxml2, on which many readers rest, refuses ten million
LONGEST_SUMMARY = 300
LONGEST_TITLE = 80
_CORRECTION = {
    "de": "Korrektur", "en": "Correction", "es": "Corrección",
    "fr": "Correctif", "it": "Correzione", "ru": "Исправление",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Presentation:
    """What of the newsroom and of this installation shows in every feed. `base` is BASE_URL."""

    base: str
    name: str
    publisher: str
    home: str
    description: str
    language: str
    zone: str
    authority: str
    full: bool
    hubs: tuple[str, ...] = ()

    @classmethod
    def of(cls, newsroom: Newsroom, base: str) -> Presentation:
        return cls(
            base.rstrip("/"),
            newsroom.name,
            newsroom.publisher or newsroom.name,
            normalise.url(newsroom.home_url) or "",
            newsroom.description,
            normalise.language(newsroom.language) or "en",
            newsroom.zone,
            newsroom.tag_authority,
            newsroom.feed_content == "full",
            tuple(filter(None, [normalise.url(newsroom.hub)])),
        )

    @property
    def digest(self) -> str:
        """Equal for equal presentations made by the same code."""
        parts = json.dumps([FORMAT_VERSION, asdict(self)], sort_keys=True)
        return hashlib.sha256(parts.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Told:
    """A release in the words of one of its versions; `facts` are its labels and its language."""

    title: str
    published_on: date
    summary: str
    body: str
    url: str
    author: str
    image: str
    note: str
    facts: Facts

    @classmethod
    def of(cls, release: Release) -> Told:
        """As it is now. Labels and language are those last noticed, like the feeds it is in."""
        return cls(
            release.title,
            release.published_on,
            release.summary or "",
            release.body or "",
            release.url or "",
            release.author or "",
            release.image_url or "",
            release.editors_note or "",
            Facts.from_json(release.standing.facts),
        )

    @classmethod
    def as_in(cls, content: Mapping[str, Any], language: str) -> Told:
        """As in an earlier version (feeds.versions.Content); `language` is what holds where it does not say."""
        words = {name: str(content.get(name) or "") for name in ("title", "summary", "body", "url", "author")}
        return cls(
            **words,
            published_on=date.fromisoformat(content["published_on"]),
            image=str(content.get("image_url") or ""),
            note=str(content.get("editors_note") or ""),
            facts=Facts(
                frozenset(content.get("offices") or ()),
                frozenset(content.get("topics") or ()),
                str(content.get("type") or ""),
                str(content.get("language") or language),
            ),
        )


Names = Mapping[str, Mapping[str, str]]
"""offices, topics and types: slug -> name, in the order in which terms are listed."""


def entry(
    told: Told,
    standing: Standing,
    updated: datetime,
    show: Presentation,
    names: Names,
    translations: Iterable[tuple[str, str]] = (),
) -> EntryValue:
    """`told` as an entry that was last updated at `updated`; `translations` are (language, address)."""
    page = f"{show.base}/releases/{standing.key}"
    url = normalise.url(told.url) or page
    language = normalise.language(told.facts.language) or show.language
    summary = normalise.line(told.summary) or _beginning(told.body)
    correction = _correction(told.note, language)
    return EntryValue(
        id=standing.guid,
        url=url,
        title=_title(told.title, summary),
        published=published(told.published_on, standing.first_seen_at, updated, show.zone),
        updated=updated,
        language=language,
        summary=" ".join(filter(None, (" ".join(correction), summary))),
        content=_content(correction, _cleaned(told.body, url) if show.full else "", summary),
        author=normalise.line(told.author),
        image=normalise.url(told.image) or "",
        categories=_categories(told.facts, show.base, names),
        translations=_once(translations, language),
    )


def published(day: date, first_seen_at: datetime, updated: datetime, zone: str) -> datetime:
    """When the release was published, as far as one can honestly tell; never later than it was updated.

    Upstream gives only a day. If it was first seen on that very day (in UTC, or in the newsroom's `zone`), then the
    instant at which it was first seen; else the beginning of the day, UTC.
    """
    first = first_seen_at.astimezone(UTC)
    days = {first.date(), first.astimezone(_zone(zone)).date()}
    instant = first if day in days else datetime.combine(day, time.min, UTC)
    return min(instant, updated)


def _title(title: str, summary: str) -> str:
    """The title, or the beginning of the summary where the title shows nothing: FeedValue knows what if both do."""
    tidy = normalise.line(title)
    visible = any(unicodedata.category(letter)[0] not in "CZM" for letter in tidy)
    return tidy if visible else normalise.excerpt(summary, LONGEST_TITLE)


def _cleaned(body: str, url: str) -> str:
    """Cleaned on the way out too: other programs write to the store. A body beyond all reading is left to its link."""
    return normalise.markup(body, url) if len(body) <= LONGEST_CONTENT else ""


def _beginning(body: str) -> str:
    return normalise.excerpt(normalise.plain(body[: 20 * LONGEST_SUMMARY]), LONGEST_SUMMARY)


def _correction(note: str, language: str) -> tuple[str, ...]:
    """("Correction:", the editor's note), or () where there is no note."""
    note = normalise.line(note)
    word = _CORRECTION.get(language.partition("-")[0].lower(), _CORRECTION["en"])
    return (f"{word}:", note) if note else ()


def _content(correction: tuple[str, ...], body: str, summary: str) -> str:
    """The body, with the editor's note at its head. "" where the summary says all there is."""
    if not correction:
        return body
    word, note = correction
    rest = body or (f"<p>{html.escape(summary, quote=False)}</p>" if summary else "")
    return f"<p><strong>{word}</strong> {html.escape(note, quote=False)}</p>\n{rest}"


def _categories(facts: Facts, base: str, names: Names) -> tuple[Category, ...]:
    carried = {"offices": facts.offices, "topics": facts.topics, "types": {facts.type}}
    return tuple(
        _category(f"{base}/{kind}/", slug, name)
        for kind, slugs in carried.items()
        for slug, name in names.get(kind, {}).items()
        if slug in slugs
    )


@lru_cache(maxsize=1_000)
def _category(scheme: str, term: str, label: str) -> Category:
    """There are few, and each tidies its words."""
    return Category(scheme, term, label)


def _once(translations: Iterable[tuple[str, str]], own: str) -> tuple[tuple[str, str], ...]:
    """One address a language, and none for the entry's own: RFC 4287, 4.1.2, forbids two alternates of one language."""
    found: dict[str, str] = {own.lower(): ""}
    kept = [
        (language, address)
        for language, address in ((normalise.language(given), address) for given, address in translations)
        if language
        and found.setdefault(language.lower(), address) is address
        and language.lower() != own.lower()
    ]
    return tuple(kept)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError
        return ZoneInfo("UTC")
