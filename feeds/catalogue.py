"""Which feeds there are, and where each lives: all, untagged, each office (closed ones too) and each topic.

A feed's path has no suffix: `topics/border-management` is published as `/feeds/topics/border-management.atom`, `.rss`
and `.json`. A path never changes, because a slug never does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from feeds import store
from feeds.models import Office, Topic
from feeds.selection import Facts

ALL, UNTAGGED = "all", "untagged"
_FOLDERS: dict[str, type[Office] | type[Topic]] = {"offices": Office, "topics": Topic}
_KINDS = {"offices": "office", "topics": "topic"}
# Other programs write terms too; what is no slug must never become the name of a file.
_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,200}")


@dataclass(frozen=True, slots=True)
class Feed:
    """`kind` is all, untagged, office or topic; `slug` the term's, or "". `title` is the term's name."""

    path: str
    title: str
    subtitle: str
    kind: str
    slug: str = ""

    @property
    def page(self) -> str:
        """The path of its HTML twin: a term's own page, or the feed's path."""
        return f"/{self.path}" if self.slug else f"/feeds/{self.path}"


def all_feeds() -> list[Feed]:
    """Every feed: all, untagged, then offices and topics in their own order."""
    terms = [(folder, term) for folder, model in _FOLDERS.items() for term in model.objects.all()]
    return [
        _everything(),
        _untagged(),
        *(_of(folder, term) for folder, term in terms if _SLUG.fullmatch(term.slug)),
    ]


def find(path: str) -> Feed | None:
    """The feed at `path`, or None."""
    if path in {ALL, UNTAGGED}:
        return _everything() if path == ALL else _untagged()
    folder, _, slug = path.partition("/")
    if folder not in _FOLDERS or not _SLUG.fullmatch(slug):
        return None
    term = _FOLDERS[folder].objects.filter(slug=slug).first()
    return _of(folder, term) if term else None


def paths_for(facts: Facts) -> frozenset[str]:
    """The feeds that a release with these labels belongs to. Pure."""
    if facts.untagged:
        return frozenset({ALL, UNTAGGED})
    offices = {term_path("office", slug) for slug in facts.offices}
    return frozenset({ALL} | offices | {term_path("topic", slug) for slug in facts.topics})


def term_path(kind: str, slug: str) -> str:
    """The path of the feed of an office or a topic (`kind`)."""
    return f"{kind}s/{slug}"


def _everything() -> Feed:
    newsroom = store.newsroom()
    return Feed(ALL, "All releases", newsroom.description or f"Everything that {newsroom.name} releases", ALL)


def _untagged() -> Feed:
    return Feed(UNTAGGED, "Releases without labels", "Releases that name no office and no topic", UNTAGGED)


def _of(folder: str, term: Office | Topic) -> Feed:
    kind = _KINDS[folder]
    subtitle = f"Releases from {term.name}" if kind == "office" else f"Releases on {term.name}"
    return Feed(f"{folder}/{term.slug}", term.name, subtitle, kind, term.slug)
