"""A release as an entry of a feed: what stands in it, and which of its instants are told. Pure."""

from __future__ import annotations

import hashlib
import html
import json
import unicodedata
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from feeds import normalise
from feeds.formats.values import Category, EntryValue
from feeds.models import Newsroom, Release
from feeds.models.terms import Term
from feeds.selection import Facts

FORMAT_VERSION = 1  # raise it when the same values make other bytes: every folder is then built anew
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
        )

    @property
    def digest(self) -> str:
        """Equal for equal presentations made by the same code."""
        parts = json.dumps([FORMAT_VERSION, asdict(self)], sort_keys=True)
        return hashlib.sha256(parts.encode()).hexdigest()[:32]


def entry(release: Release, show: Presentation) -> EntryValue:
    """`release` comes from feeds.store. Labels and language are those last noticed, like the feeds it is in."""
    standing = release.standing
    facts = Facts.from_json(standing.facts)
    page = f"{show.base}/releases/{standing.key}"
    url = normalise.url(release.url or "") or page
    body = release.body or ""
    language = normalise.language(facts.language) or show.language
    summary = normalise.line(release.summary or "") or _beginning(body)
    return EntryValue(
        id=standing.guid,
        url=url,
        title=_title(release.title, summary),
        published=published(release, show.zone),
        updated=standing.updated_at,
        language=language,
        summary=summary,
        content=_content(release, _cleaned(body, url) if show.full else "", summary, language),
        author=normalise.line(release.author or ""),
        image=normalise.url(release.image_url or "") or "",
        categories=_categories(release, facts, show.base),
    )


def published(release: Release, zone: str) -> datetime:
    """When the release was published, as far as one can honestly tell; never later than it was updated.

    Upstream gives only a day. If it was first seen on that very day (in UTC, or in the newsroom's `zone`), then the
    instant at which it was first seen; else the beginning of the day, UTC.
    """
    first = release.standing.first_seen_at.astimezone(UTC)
    days = {first.date(), first.astimezone(_zone(zone)).date()}
    instant = first if release.published_on in days else datetime.combine(release.published_on, time.min, UTC)
    return min(instant, release.standing.updated_at)


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


def _content(release: Release, body: str, summary: str, language: str) -> str:
    """The body, with the editor's note at its head. "" where the summary says all there is."""
    note = normalise.line(release.editors_note or "")
    if not note:
        return body
    word = _CORRECTION.get(language.partition("-")[0].lower(), _CORRECTION["en"])
    rest = body or (f"<p>{html.escape(summary, quote=False)}</p>" if summary else "")
    return f"<p><strong>{word}:</strong> {html.escape(note, quote=False)}</p>\n{rest}"


def _categories(release: Release, facts: Facts, base: str) -> tuple[Category, ...]:
    offices = [office for office in release.offices.all() if office.slug in facts.offices]
    topics = [topic for topic in release.topics.all() if topic.slug in facts.topics]
    types = [release.type] if release.type and release.type.slug == facts.type else []
    kinds: tuple[tuple[str, list[Term]], ...] = (
        ("offices", [*offices]),
        ("topics", [*topics]),
        ("types", [*types]),
    )
    return tuple(Category(f"{base}/{kind}/", term.slug, term.name) for kind, terms in kinds for term in terms)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError
        return ZoneInfo("UTC")
