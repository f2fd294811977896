"""What of a source's word changes the release store: facts in, intents out. Pure.

A source changes a release only where it says something else than it said last (`ReleaseKey.told`). So a second import
of the same writes nothing, an editor's correction outlives the next fetch, and two sources that word one release
differently do not overwrite each other for ever. What a source does not say it never blanks, unless its item is
`whole`: then what it said before and says no more is taken away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from feeds import normalise
from feeds.labels import Resolved, Vocabulary

KINDS = ("office", "topic", "type")
LISTS = (*KINDS, "links", "warnings")
"""What `Draft.told` has in full: labels, names of other language versions, warnings."""
BLANK: Mapping[str, Any] = {
    "summary": "", "body": "", "url": None, "language": "", "author": "", "image_url": "", "visible_at": None,
    "silent": False, "editors_note": "", "withdrawn_reason": "",
}  # fmt: skip
SCHEDULED, PUBLISHED, WITHDRAWN = "scheduled", "published", "withdrawn"


@dataclass(frozen=True, slots=True)
class Draft:
    """A release as its source tells it, cleaned. `values` are columns, and hold only what the source says.

    `key` is never empty: without a name of its own at the source, it is made of title and date (`own_key` is false).
    `told` is what is kept to see next time what is new: a digest of each value, and `LISTS` in full, where they hold
    anything; JSON. `raw` is a digest of the item before cleaning.
    """

    key: str
    own_key: bool
    whole: bool
    values: Mapping[str, Any]
    told: Mapping[str, Any]
    raw: str = ""

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

    @property
    def summary(self) -> str:
        return str(self.values.get("summary", ""))


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store holds: columns, ids of linked terms by kind, pending labels by kind."""

    values: Mapping[str, Any] = field(default_factory=dict)
    ids: Mapping[str, frozenset[int]] = field(default_factory=dict)
    pending: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Intent:
    """What to write: columns, links (kind, id) to make and to end, pending labels (kind, label) likewise.

    `told` is what is kept of the source's word; `relink` whether it names other language versions than before;
    `warn` and `unwarn` are warnings.
    """

    values: dict[str, Any] = field(default_factory=dict)
    link: list[tuple[str, int]] = field(default_factory=list)
    unlink: list[tuple[str, int]] = field(default_factory=list)
    pend: list[tuple[str, str]] = field(default_factory=list)
    unpend: list[tuple[str, str]] = field(default_factory=list)
    warn: list[str] = field(default_factory=list)
    unwarn: list[str] = field(default_factory=list)
    relink: bool = False
    told: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether it changes the release; pending labels, warnings and language versions alone do not."""
        return bool(self.values or self.link or self.unlink)


def tell(draft: Draft, before: Mapping[str, Any]) -> Mapping[str, Any]:
    """What to keep of a source's word: what it says now, and of what it does not say what it said last."""
    if draft.whole:
        return draft.told
    return {name: value for name, value in before.items() if name != "warnings"} | dict(draft.told)


def decide(
    draft: Draft,
    before: Mapping[str, Any],
    stored: Stored,
    vocabularies: Mapping[str, Vocabulary],
    now: datetime,
) -> Intent:
    """What `draft` changes in `stored`, where the same source told `before` last (empty: nothing yet), at `now`."""
    told = tell(draft, before)
    intent = Intent(told=told, relink=told.get("links", []) != before.get("links", []))
    wanted = _wanted(draft, told, before, stored)
    held = stored.values
    intent.values = {
        name: value for name, value in wanted.items() if (held.get(name) or None) != (value or None)
    }
    state = _state(wanted, held, now)
    if state != held.get("state", PUBLISHED):
        intent.values["state"] = state
    for kind in KINDS:
        said, once = told.get(kind, []), before.get(kind, [])
        if said != once:
            _decide_labels(kind, intent, stored, vocabularies[kind], said, once)
    said, once = told.get("warnings", []), before.get("warnings", [])
    intent.warn = [text for text in said if text not in once]
    intent.unwarn = [text for text in once if text not in said]
    return intent


def _wanted(
    draft: Draft, told: Mapping[str, Any], before: Mapping[str, Any], stored: Stored
) -> dict[str, Any]:
    """Columns of which the source says something else than last, and what it wants there."""
    wanted = {
        name: value for name, value in draft.values.items() if name in told and told[name] != before.get(name)
    }
    for name, blank in BLANK.items():
        if name in before and name not in told:
            # An embargo or a withdrawal is given up only by whom it came from.
            theirs = name not in {"visible_at", "withdrawn_reason"}
            if theirs or normalise.digest(str(stored.values.get(name))) == before[name]:
                wanted[name] = blank
    return wanted


def _state(wanted: Mapping[str, Any], held: Mapping[str, Any], now: datetime) -> str:
    """Scheduled while an embargo lasts that the source speaks of; withdrawn if it says why; otherwise as it was."""
    state = str(held.get("state", PUBLISHED))
    until = wanted.get("visible_at", held.get("visible_at"))
    in_its_time = SCHEDULED if until is not None and until > now else PUBLISHED
    if wanted.get("withdrawn_reason"):
        return WITHDRAWN
    if state == WITHDRAWN:
        return in_its_time if "withdrawn_reason" in wanted else state
    return in_its_time if "visible_at" in wanted else state


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


def _resolve(vocabulary: Vocabulary, kind: str, labels: list[str]) -> Resolved:
    resolved = vocabulary.resolve(labels)
    return (
        Resolved(resolved.ids[:1], resolved.unknown) if kind == "type" else resolved
    )  # a release has one type
