"""What of a source's word changes the release store: facts in, intents out. Pure.

A source changes a release only where it says something else than it said last (`ReleaseKey.told`). So a second import
of the same writes nothing, an editor's correction outlives the next fetch, and two sources that word one release
differently do not overwrite each other for ever. What a source does not say it never blanks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from feeds import normalise
from feeds.labels import Resolved, Vocabulary
from feeds.sources.item import Fault, RawItem

KINDS = ("office", "topic", "type")
LONGEST_KEY = 500


@dataclass(frozen=True, slots=True)
class Draft:
    """A release as its source tells it, cleaned. `values` are columns, and hold only what the source says.

    `key` is never empty: without a name of its own at the source, it is made of title and date (`own_key` is false).
    `told` is what is kept to see next time what is new: a digest of each value, the labels in full; JSON.
    """

    key: str
    own_key: bool
    values: Mapping[str, Any]
    told: Mapping[str, Any]

    @property
    def title(self) -> str:
        return str(self.values["title"])

    @property
    def published_on(self) -> date:
        day: date = self.values["published_on"]
        return day

    @property
    def url(self) -> str | None:
        return self.values.get("url")


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store holds: columns, ids of linked terms by kind, pending labels by kind."""

    values: Mapping[str, Any] = field(default_factory=dict)
    ids: Mapping[str, frozenset[int]] = field(default_factory=dict)
    pending: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Intent:
    """What to write: columns, links (kind, id) to make and to end, pending labels (kind, label) likewise."""

    values: dict[str, Any] = field(default_factory=dict)
    link: list[tuple[str, int]] = field(default_factory=list)
    unlink: list[tuple[str, int]] = field(default_factory=list)
    pend: list[tuple[str, str]] = field(default_factory=list)
    unpend: list[tuple[str, str]] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether it changes the release; pending labels alone do not."""
        return bool(self.values or self.link or self.unlink)


def drafts(items: Iterable[RawItem], where: str) -> tuple[list[Draft], list[Fault]]:
    """Cleaned, oldest first; equal dates from the end, as listings have the newest on top. Each key once.

    Faults name `where` and the item's line: an item without a title is left out.
    """
    raw = list(items)
    cleaned = [draft_of(item) for item in raw]
    faults = [
        Fault(where, item.line, "a release without a title", "a title")
        for item, one in zip(raw, cleaned, strict=True)
        if one is None
    ]
    ordered = sorted((one for one in reversed(cleaned) if one), key=lambda one: one.published_on)
    unique: dict[str, Draft] = {}
    for one in ordered:
        key, count = one.key, 1
        while not one.own_key and key in unique:  # several "Daily report" of one day
            count += 1
            key = f"{one.key}#{count}"
        unique[key] = replace(one, key=key)
    return list(unique.values()), faults


def draft_of(item: RawItem) -> Draft | None:
    """A raw item made safe and comparable; None if nothing is left of its title."""
    title, url = normalise.line(item.title), normalise.url(item.url)
    if not title:
        return None
    values = {
        "title": title,
        "published_on": item.published_on,
        "summary": normalise.summary(item.summary),
        "body": normalise.markup(item.body, url) if item.body else "",
        "url": url,
        "language": normalise.language(item.language),
        "author": normalise.line(item.author),
        "image_url": normalise.url(item.image_url),
    }
    labels = {"office": item.offices, "topic": item.topics, "type": (item.type,)}
    key = normalise.line(item.key)
    said = {name: value for name, value in values.items() if value}
    return Draft(
        _short(key) or "title:" + normalise.digest(f"{normalise.fold(title)}\0{item.published_on}"),
        bool(key),
        said,
        _told(said, labels, item.dated),
    )


def decide(
    draft: Draft, before: Mapping[str, Any], stored: Stored, vocabularies: Mapping[str, Vocabulary]
) -> Intent:
    """What `draft` changes in `stored`, where the same source told `before` last (empty: nothing yet)."""
    intent = Intent()
    now = draft.told
    for name, value in draft.values.items():
        if name in now and now[name] != before.get(name) and stored.values.get(name) != value:
            intent.values[name] = value
    for kind in KINDS:
        if now[kind] and now[kind] != before.get(kind):
            _decide_labels(kind, intent, stored, vocabularies[kind], now[kind], before.get(kind, []))
    return intent


def _decide_labels(
    kind: str, intent: Intent, stored: Stored, vocabulary: Vocabulary, now: list[str], before: list[str]
) -> None:
    """Labels the source has now are added; of those it had before and has no more, what is there is taken away.
    What an editor added stays.
    """
    said, once = _resolve(vocabulary, kind, now), _resolve(vocabulary, kind, before)
    linked, pending = stored.ids.get(kind, frozenset()), stored.pending.get(kind, frozenset())
    intent.link += [(kind, pk) for pk in said.ids if pk not in linked]
    intent.unlink += [(kind, pk) for pk in once.ids if pk in linked and pk not in said.ids]
    intent.pend += [(kind, label) for label in said.unknown if label not in pending]
    intent.unpend += [
        (kind, label) for label in once.unknown if label in pending and label not in said.unknown
    ]


def _told(values: Mapping[str, Any], labels: Mapping[str, tuple[str, ...]], dated: bool) -> dict[str, Any]:
    digests = {
        name: normalise.digest(str(value))
        for name, value in values.items()
        if dated or name != "published_on"
    }
    return digests | {kind: list(filter(None, map(normalise.line, given))) for kind, given in labels.items()}


def _resolve(vocabulary: Vocabulary, kind: str, labels: list[str]) -> Resolved:
    resolved = vocabulary.resolve(labels)
    return (
        Resolved(resolved.ids[:1], resolved.unknown) if kind == "type" else resolved
    )  # a release has one type


def _short(key: str) -> str:
    return key if len(key) <= LONGEST_KEY else "sha256:" + normalise.digest(key)
