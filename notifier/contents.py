"""What an edition says: its releases read from the store and put into words, in the edition's language.

Everything here is plain text; the templates escape it. Called with the language active (`notifier.letters` does).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import nh3
from django.utils.translation import gettext as _

from feeds import store
from feeds.models import Release
from feeds.templating import absolute, web
from notifier import interests
from notifier.mime import one_line
from notifier.models import Edition
from notifier.splice import clean

if TYPE_CHECKING:
    from notifier.amendments import Amendment

Term = tuple[str, str]

TITLE_LIMIT = 300
SUMMARY_LIMIT = 600
_RIGHT_TO_LEFT = {"ar", "dv", "fa", "he", "ps", "ur", "yi"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One release as a message shows it. `because` are the areas by which it is the reader's, `also` its others.

    `key` is its name in addresses, `fingerprint` of the text as it was read for this.
    """

    title: str
    url: str
    language: str
    day: date
    origin: tuple[str, ...]
    summary: str
    note: str
    because: tuple[str, ...]
    also: tuple[str, ...]
    key: str = ""
    release: int = 0
    fingerprint: str = ""

    @property
    def direction(self) -> str:
        return direction(self.language)


@dataclass(frozen=True, slots=True)
class Letter:
    """An edition in words. `content` is what a letter's layout brought along; `amendments` are the corrections."""

    edition: int
    version: int
    dispatch: int
    layout: str
    language: str
    made_at: datetime
    occasion: str
    entries: Sequence[Entry]
    content: dict[str, Any]
    amendments: Sequence[Amendment] = ()


def entries(edition: Edition) -> list[Entry]:
    """The releases of the edition that a reader may see now, in reading order."""
    listed = [item for item in edition.content if "correction" not in item]
    releases = store.load(item["release"] for item in listed)
    reasons = {item["release"]: [(kind, slug) for kind, slug in item["because"]] for item in listed}
    names = interests.names({reason for several in reasons.values() for reason in several})
    language = store.newsroom().language
    return [_entry(releases[pk], reasons[pk], names, language) for pk in reasons if pk in releases]


def direction(language: str) -> str:
    """How a language is written: "ltr" or "rtl"."""
    return "rtl" if language.partition("-")[0].lower() in _RIGHT_TO_LEFT else "ltr"


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words and ended by an ellipsis."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[limit // 2 :] else cut).rstrip(" ,;:.") + "…"


def _words(reason: Term, names: interests.Names) -> str:
    kind, slug = reason
    if kind == "untagged":
        return _("releases without a label")
    return f"“{slug}”" if kind == "word" else names.get(reason, slug)


def _entry(release: Release, reasons: list[Term], names: interests.Names, language: str) -> Entry:
    topics = [topic for topic in release.topics.all() if ("topic", topic.slug) not in reasons]
    origin = [office.name for office in release.offices.all()] + [release.type.name if release.type else ""]
    return Entry(
        title=shorten(one_line(release.title), TITLE_LIMIT) or _("Untitled"),
        url=web(clean(release.url or "")) or absolute(f"/releases/{release.standing.key}"),
        language=release.language or language,
        day=release.published_on,
        origin=tuple(one_line(name) for name in origin if name),
        summary=_summary(release),
        note=one_line(release.editors_note or ""),
        because=tuple(one_line(_words(reason, names)) for reason in reasons if reason[0] != "all"),
        also=tuple(one_line(topic.name) for topic in topics) if reasons != [("all", "")] else (),
        key=release.standing.key,
        release=release.pk,
        fingerprint=store.fingerprint(release),
    )


def _summary(release: Release) -> str:
    text = release.summary or nh3.clean(release.body or "", tags=set()).replace("&nbsp;", " ")
    return shorten(one_line(text), SUMMARY_LIMIT)
