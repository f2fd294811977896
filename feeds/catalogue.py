"""Which feeds there are, and where each lives.

    all, untagged, offices/<o>, topics/<t>, types/<t>, languages/<l>, offices/<o>/topics/<t>, saved/<slug>

A feed's path has no suffix: `topics/border-management` is published as `/feeds/topics/border-management.atom`, `.rss`
and `.json`. A path never changes, because a slug never does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from feeds import former, store
from feeds.former import MODELS as _MODELS
from feeds.former import Former
from feeds.models import CANARY, Membership, Newsroom, Release, SavedFeed
from feeds.naming import pick
from feeds.selection import EVERYTHING, UNTAGGED, Facts, Rule, Selection
from feeds.titles import Titles, language_name, spoken, titles_in

ALL, LANGUAGES, SAVED = "all", "languages", "saved"
__all__ = [
    "ALL",
    "LANGUAGES",
    "SAVED",
    "UNTAGGED",
    "Catalogue",
    "Feed",
    "all_feeds",
    "find",
    "paths_for",
    "paths_of",
    "term_path",
]
_KINDS = {"offices": "office", "topics": "topic", "types": "type"}
# Other programs write terms too; what is no slug must never become the name of a file.
_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,200}")
_LANGUAGE = re.compile(r"[a-z]{2,8}")
_CROSSED = re.compile(r"offices/([^/]+)/topics/([^/]+)")


@dataclass(frozen=True, slots=True)
class Feed:
    """`kind` is all, untagged, office, topic, type, language, crossed, saved or canary; `slug` the term's, or "".
    `title` is the term's name, in the language `tongue`; "" is the newsroom's, as in documents. `selection` says what
    is in it.
    """

    path: str
    title: str
    subtitle: str
    kind: str
    selection: Selection
    slug: str = ""
    tongue: str = ""

    @property
    def page(self) -> str:
        """The path of its HTML twin: an office's or topic's own page, or the feed's path."""
        if self.kind == CANARY:
            return "/status"
        return f"/{self.path}" if self.kind in {"office", "topic"} else f"/feeds/{self.path}"


class Catalogue:
    """The feeds as they are now, called as the newsroom calls them in its own language, whichever is active. Terms are
    read once, when they are first needed.
    """

    @cached_property
    def names(self) -> dict[str, dict[str, str]]:
        """offices, topics and types: slug -> name, in the terms' own order."""
        own = self._newsroom.language
        return {
            folder: {
                slug: pick(name, names, own, own).text
                for slug, name, names in model._default_manager.values_list("slug", "name", "names")
                if _SLUG.fullmatch(slug)
            }
            for folder, model in _MODELS.items()
        }

    @cached_property
    def _newsroom(self) -> Newsroom:
        return store.newsroom()

    @cached_property
    def _titles(self) -> Titles:
        return titles_in(spoken(self._newsroom.language))

    @cached_property
    def _saved(self) -> dict[str, Feed]:
        led = former.known()
        return {saved.slug: _kept(saved, led) for saved in SavedFeed.objects.all()}

    @cached_property
    def languages(self) -> list[str]:
        """The paths of the languages' feeds, where there are several."""
        found = _languages()
        return found if len(found) > 1 else []

    def __iter__(self) -> Iterator[Feed]:
        """Every feed that has a file: of languages only where there are several, of offices with topics those in which
        something ever was; `find` knows the others, too.
        """
        yield self._everything()
        yield self._untagged()
        for folder, names in self.names.items():
            yield from (self._of(folder, slug, name) for slug, name in names.items())
        yield from self._saved.values()
        yield from map(self._language, self.languages)
        yield from filter(None, map(self._crossed, _crossings()))

    def lists(self, path: str) -> bool:
        """Whether the feed at `path`, if there is one, has a file."""
        return path in self.languages if path.startswith(f"{LANGUAGES}/") else True

    def find(self, path: str) -> Feed | None:
        """The feed at `path`, or None."""
        if path == ALL:
            return self._everything()
        if path == UNTAGGED:
            return self._untagged()
        folder, _, slug = path.partition("/")
        if folder == SAVED:
            return self._saved.get(slug)
        if folder == LANGUAGES:
            return self._language(path) if _LANGUAGE.fullmatch(slug) else None
        name = self.names.get(folder, {}).get(slug)
        return self._of(folder, slug, name) if name is not None else self._crossed(path)

    def _everything(self) -> Feed:
        about = self._newsroom.description or self._titles.about_everything % {
            "newsroom": self._newsroom.name
        }
        return Feed(ALL, self._titles.everything, about, ALL, EVERYTHING)

    def _untagged(self) -> Feed:
        selection = Selection((Rule(offices=(UNTAGGED,), topics=(UNTAGGED,)),))
        return Feed(UNTAGGED, self._titles.untagged, self._titles.about_untagged, UNTAGGED, selection)

    def _of(self, folder: str, slug: str, name: str) -> Feed:
        kind = _KINDS[folder]
        about = {"office": self._titles.office, "topic": self._titles.topic, "type": self._titles.type}[kind]
        selection = Selection((Rule(**{folder: (slug,)}),))
        return Feed(f"{folder}/{slug}", name, about % {"name": name}, kind, selection, slug)

    def _language(self, path: str) -> Feed:
        code = path.partition("/")[2]
        name = language_name(code, spoken(self._newsroom.language))
        about = self._titles.language % {"language": name}
        selection = Selection((Rule(languages=(code,)),))
        return Feed(path, name[:1].upper() + name[1:], about, "language", selection, code)

    def _crossed(self, path: str) -> Feed | None:
        found = _CROSSED.fullmatch(path)
        office = self.names["offices"].get(found[1]) if found else None
        topic = self.names["topics"].get(found[2]) if found else None
        if found is None or office is None or topic is None:
            return None
        selection = Selection((Rule(offices=(found[1],), topics=(found[2],)),))
        both = {"office": office, "topic": topic}
        return Feed(
            path, self._titles.crossed % both, self._titles.about_crossed % both, "crossed", selection
        )


def all_feeds() -> list[Feed]:
    """Every feed that has a file, in the order of the catalogue."""
    return list(Catalogue())


def find(path: str) -> Feed | None:
    """The feed at `path`, or None. For many, ask one `Catalogue`."""
    return Catalogue().find(path)


def moved() -> dict[str, str]:
    """The paths of terms that were merged into another, and where those are now."""
    found = former.known()
    return {
        f"{folder}/{old}": f"{folder}/{slug}"
        for folder in _MODELS
        for old, slug in getattr(found, folder).items()
        if _SLUG.fullmatch(slug) and _SLUG.fullmatch(old)
    }


def paths_for(facts: Facts, saved: Mapping[str, Selection] | None = None) -> frozenset[str]:
    """The feeds that a release with these labels belongs to, of the `saved` ones by slug too. Pure."""
    paths = {ALL, *(term_path("office", slug) for slug in facts.offices)}
    paths |= {term_path("topic", slug) for slug in facts.topics}
    paths |= {f"offices/{office}/topics/{topic}" for office in facts.offices for topic in facts.topics}
    if facts.untagged:
        paths.add(UNTAGGED)
    if facts.type:
        paths.add(term_path("type", facts.type))
    language = facts.language.partition("-")[0].lower()
    if _LANGUAGE.fullmatch(language):
        paths.add(f"{LANGUAGES}/{language}")
    paths |= {f"{SAVED}/{slug}" for slug, selection in (saved or {}).items() if selection.matches(facts)}
    return frozenset(path for path in paths if all(map(_SLUG.fullmatch, path.split("/"))))


def paths_of(shown: Mapping[int, Facts]) -> dict[int, frozenset[str]]:
    """The feeds of releases, by id. Where a saved feed asks for words, titles and summaries are read."""
    saved = selections()
    if any(rule.words or rule.not_words for selection in saved.values() for rule in selection.rules):
        shown = _with_words(shown)
    return {pk: paths_for(facts, saved) for pk, facts in shown.items()}


def selections() -> dict[str, Selection]:
    """The saved feeds' selections by slug."""
    led = former.known()
    return {
        saved.slug: led.selection(Selection.from_json(saved.selection)) for saved in SavedFeed.objects.all()
    }


def term_path(kind: str, slug: str) -> str:
    """The path of the feed of an office, a topic or a type (`kind`)."""
    return f"{kind}s/{slug}"


def _with_words(shown: Mapping[int, Facts]) -> dict[int, Facts]:
    rows = Release.objects.filter(pk__in=list(shown)).values_list("pk", "title", "summary")
    texts = {pk: store.text_of(title, summary) for pk, title, summary in rows}
    return {pk: replace(facts, text=texts.get(pk, "")) for pk, facts in shown.items()}


def _crossings() -> list[str]:
    """Offices with topics in which something is or was."""
    rows: Any = Membership.objects.filter(feed__startswith="offices/", feed__contains="/topics/")
    return list(rows.values_list("feed", flat=True).distinct().order_by("feed"))


def _languages() -> list[str]:
    """Languages in which something is or was. From one to the next by the index: there are few, with many rows each."""
    found = [f"{LANGUAGES}/"]
    while True:
        later = Membership.objects.filter(feed__gt=found[-1], feed__lt=f"{LANGUAGES}/zzzzzzzzz")
        path = later.order_by("feed").values_list("feed", flat=True).first()
        if path is None:
            return found[1:]
        found.append(path)


def _kept(saved: SavedFeed, led: Former) -> Feed:
    selection = led.selection(Selection.from_json(saved.selection))
    return Feed(
        f"{SAVED}/{saved.slug}", saved.title, saved.description or saved.title, "saved", selection, saved.slug
    )
