"""What a draft change of the configuration would mean for those who get mail. Pure: no database, no clock.

    document before, document after, Facts --consequences--> Consequences

Two questions are asked of each audience (people with the same choice and the same hours). What would the next message
hold: of the releases that wait, with the labels they have, led to the terms in which those went up. And what would a
month like the last one bring: of the releases of the last 30 days, as if they came in again under the labels that the
newsroom's sources use, which are the names that terms have now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from feeds.former import Former, of_rows
from feeds.labels import Vocabulary
from feeds.selection import UNTAGGED, Facts, Selection
from notifier import windows
from notifier.drafting import load
from notifier.drafting.values import Audience, Consequences, Effect, Recent
from notifier.windows import Timetable

Document = Mapping[str, Sequence[Mapping[str, Any]]]
KINDS = {"office": "offices", "topic": "topics", "type": "types"}


def consequences(
    before: Document, after: Document, recent: Sequence[Recent], audiences: Sequence[Audience], now: datetime
) -> Consequences:
    """`after` is complete (as `completed` makes it); of what it lacks, nothing changes."""
    after = {**before, **after}
    vocabularies = {kind: _vocabulary(after[kind]) for kind in KINDS}
    prospects = _Prospects(before, after, recent, vocabularies)
    effects = [_effect(audience, prospects, now) for audience in audiences]
    return Consequences(
        feeds=tuple(_feeds(before, after)),
        unknown=tuple(_unknown(before, vocabularies, recent)),
        effects=tuple(sorted(filter(None, effects), key=lambda one: -one.audience.people)),
        withdrawn_offers=tuple(_withdrawn(before, after, audiences)),
        hour=load.busiest(((one.timetable, one.people) for one in audiences), now),
        hour_then=load.busiest(((one.standing or one.timetable, one.people) for one in audiences), now),
    )


def led_by(document: Document) -> Former:
    """Where a document leads the terms that went up in others."""
    return Former(
        **{
            field: of_rows((row["slug"], row["former"]) for row in document[kind])
            for kind, field in KINDS.items()
        }
    )


@dataclass(frozen=True, slots=True)
class _Prospect:
    """Of one selection: what it had and gets in a month, and what it matches as releases are and as they will be.

    `late`: what it matches only then, and that somebody would be sent although it was announced before.
    """

    gains: frozenset[int]
    loses: frozenset[int]
    matched: frozenset[int]
    matches: frozenset[int]
    late: frozenset[int]
    never: bool


class _Prospects:
    """What each selection is to expect. A selection is looked at once, however many people have it, and only with the
    releases for which it can make a difference: whose labels change, or that carry a term which goes up in another.
    """

    def __init__(
        self,
        before: Document,
        after: Document,
        recent: Sequence[Recent],
        vocabularies: Mapping[str, Vocabulary],
    ) -> None:
        self.after, self.led = after, led_by(after)
        moving = _moving(led_by(before), self.led)
        self.month = [
            (one.release, one.facts, again)
            for one in recent
            if one.lately
            and _may_differ(one.facts, again := _again(one.facts, before, after, vocabularies), moving)
        ]
        self.waiting = [
            (one, will)
            for one in recent
            if _may_differ(one.facts, will := _as_it_will_be(one, after, vocabularies, self.led), moving)
        ]
        self._known: dict[Selection, _Prospect] = {}
        self._waiting_since: dict[datetime, frozenset[int]] = {}

    def of(self, selection: Selection) -> _Prospect:
        found = self._known.get(selection)
        if found is None:
            found = self._known[selection] = self._look(selection)
        return found

    def waiting_since(self, begins: datetime) -> frozenset[int]:
        """Which of the releases wait for those who have had none of the announcements since then."""
        found = self._waiting_since.get(begins)
        if found is None:
            waits = (one.release for one, _ in self.waiting if any(at >= begins for at in one.waits_since))
            found = self._waiting_since[begins] = frozenset(waits)
        return found

    def _look(self, old: Selection) -> _Prospect:
        led, new = self.led, self.led.selection(old)
        had = {release for release, facts, _ in self.month if old.matches(facts)}
        gets = {release for release, _, facts in self.month if new.matches(facts)}
        matches = [(one, facts) for one, facts in self.waiting if new.matches(facts)]
        return _Prospect(
            frozenset(gets - had),
            frozenset(had - gets),
            frozenset(one.release for one, _ in self.waiting if old.matches(one.facts)),
            frozenset(one.release for one, _ in matches),
            frozenset(
                one.release
                for one, facts in matches
                if one.announced and facts != led.facts(one.facts) and not new.matches(led.facts(one.facts))
            ),
            not possible(new, self.after) and possible(old, None),
        )


def led_otherwise(before: Document, after: Document) -> dict[str, set[str]]:
    """By field, the terms that go up in another one than now, or that come back."""
    was, will = led_by(before), led_by(after)
    return {
        field_: {slug for slug, _ in getattr(was, field_).items() ^ getattr(will, field_).items()}
        for field_ in KINDS.values()
    }


def _moving(before: Former, after: Former) -> dict[str, set[str]]:
    """By field, the terms that go up in others with this change, and those others."""
    found = {}
    for field_ in KINDS.values():
        fresh = getattr(after, field_).items() - getattr(before, field_).items()
        found[field_] = {slug for pair in fresh for slug in pair}
    return found


def _may_differ(facts: Facts, then: Facts, moving: Mapping[str, set[str]]) -> bool:
    carried = {"offices": facts.offices, "topics": facts.topics, "types": {facts.type}}
    return facts != then or any(not terms.isdisjoint(carried[name]) for name, terms in moving.items())


def _effect(audience: Audience, prospects: _Prospects, now: datetime) -> Effect:
    expected = prospects.of(audience.interest)
    waits = prospects.waiting_since(audience.begins)
    held = expected.matched & waits
    holds = (expected.matches & waits) | expected.late
    leaves = (
        _next(audience.timetable, audience, now),
        _next(audience.standing or audience.timetable, audience, now),
    )
    return Effect(
        audience,
        expected.gains, expected.loses, holds - held, held - holds,
        *leaves,
        expected.never,
        leaves[0] == leaves[1] and _differ(audience),
    )  # fmt: skip


def possible(selection: Selection, document: Document | None) -> bool:
    """Whether a selection can ever match anything under this configuration (None: whatever it is)."""
    if document is None:
        return bool(selection.rules)
    known = {field: {row["slug"] for row in document[kind]} | {UNTAGGED} for kind, field in KINDS.items()}
    return any(
        all(not getattr(rule, field) or known[field].intersection(getattr(rule, field)) for field in known)
        for rule in selection.rules
    )


def _differ(audience: Audience) -> bool:
    old, new = audience.timetable, audience.standing
    return old is not None and new is not None and not windows.same(old, new)


def _next(timetable: Timetable | None, audience: Audience, now: datetime) -> datetime | None:
    if timetable is None:
        return None
    after = audience.served_until if timetable is audience.timetable else now
    return windows.next_due(timetable, max(after, now)).ends_at


def _again(facts: Facts, before: Document, after: Document, vocabularies: Mapping[str, Vocabulary]) -> Facts:
    """The labels that a release like this one would get, were it to come in again."""
    found: dict[str, set[str]] = {}
    for kind, field_ in KINDS.items():
        names = {row["slug"]: row["name"] for row in before[kind]}
        carried = {facts.type} - {""} if kind == "type" else set(getattr(facts, field_))
        ids = vocabularies[kind].resolve([names.get(slug, slug) for slug in sorted(carried)]).ids
        found[field_] = {after[kind][number]["slug"] for number in ids}
    kept = frozenset(found["offices"]), frozenset(found["topics"])
    return replace(facts, offices=kept[0], topics=kept[1], type=next(iter(found["types"]), ""))


def _as_it_will_be(
    one: Recent, after: Document, vocabularies: Mapping[str, Vocabulary], led: Former
) -> Facts:
    """The labels of a release that is there, once its unplaced ones have found their terms."""
    facts = led.facts(one.facts)
    for kind, label in one.unplaced:
        number = vocabularies[kind].find(label)
        if number is None:
            continue
        slug = after[kind][number]["slug"]
        if kind == "type":
            facts = replace(facts, type=facts.type or slug)
        else:
            carried: frozenset[str] = getattr(facts, KINDS[kind])
            facts = replace(facts, **{KINDS[kind]: carried | {slug}})  # type: ignore[arg-type]
    return facts


def _vocabulary(rows: Sequence[Mapping[str, Any]]) -> Vocabulary:
    return Vocabulary(
        ((number, row["name"], row["aliases"]) for number, row in enumerate(rows)),
        ((number, row["slug"]) for number, row in enumerate(rows)),
    )


def _unknown(
    before: Document, vocabularies: Mapping[str, Vocabulary], recent: Sequence[Recent]
) -> Iterator[tuple[str, str, int]]:
    for kind, field_ in KINDS.items():
        for row in before[kind]:
            if vocabularies[kind].find(row["name"]) is None:
                carry = [
                    one
                    for one in recent
                    if one.lately
                    and row["slug"] in ({one.facts.type} if kind == "type" else getattr(one.facts, field_))
                ]
                yield kind, row["name"], len(carry)


def _feeds(before: Document, after: Document) -> Iterator[tuple[str, str]]:
    for kind, folder in {**KINDS, "feed": "saved"}.items():
        old = {row["slug"]: row for row in before[kind]}
        new = {row["slug"]: row for row in after[kind]}
        heirs = {slug: row["slug"] for row in after[kind] for slug in row.get("former", ())}
        for slug in sorted(old.keys() | new.keys()):
            path = f"{folder}/{slug}"
            if slug not in new:
                yield path, f"leads to {folder}/{heirs[slug]}" if slug in heirs else "ends"
            elif slug not in old:
                yield path, "begins"
            elif old[slug].get("closed") != new[slug].get("closed"):
                yield path, "is closed" if new[slug]["closed"] else "is open again"
            elif _called(old[slug]) != _called(new[slug]):
                yield path, f"is called {_called(new[slug])}"
            elif old[slug].get("rules") != new[slug].get("rules"):
                yield path, "has another selection"


def _called(row: Mapping[str, Any]) -> str:
    return str(row.get("name") or row.get("title"))


def _withdrawn(before: Document, after: Document, audiences: Sequence[Audience]) -> Iterator[tuple[str, int]]:
    offered = {row["frequency"] for row in after["schedule"] if row["offered"]}
    for row in before["schedule"]:
        if row["offered"] and row["frequency"] not in offered:
            yield row["frequency"], sum(one.people for one in audiences if one.frequency == row["frequency"])
