"""Writing a release: one at a time, through intake and under its lock, so that of two writers one is the second.

    lock -> what is held under the key -> precondition -> intake -> notice -> what is held now -> commit, unlock

What comes by the API comes whole, so notice is taken of it at once, without waiting whether more follows; and in the
same transaction, so that the answer and its ETag tell of this write and of no later one. Locks are taken in this order:
intake, notice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from config import revisions
from feeds import drafting, finding, intake, normalise, notice
from feeds.api import representation
from feeds.api.preconditions import Preconditions
from feeds.api.problems import CONFLICT, NOT_FOUND, PRECONDITION_FAILED, Refusal, invalid
from feeds.api.representation import Representation
from feeds.labels import MODELS
from feeds.merging import BLANK, Stored
from feeds.models import Change, ReleaseKey, Source
from feeds.sources.item import RawItem

UNSAID = "Withdrawn by the newsroom."  # the reason readers are given where the writer gives none
_NOT_TAKEN_OVER = frozenset({"visible_at", "withdrawn_reason"})


@dataclass(frozen=True, slots=True)
class Written:
    """What is held under `key` now, of which release of the store, and whether there was nothing before."""

    key: str
    release: int
    created: bool
    representation: Representation


def create(item: RawItem, source: Source, actor: str, now: datetime) -> Written:
    """A release under a key that is new; the same again changes nothing. Raises Refusal: the key holds another."""
    key = name_of(item, source)
    with intake.alone():
        held = representation.find(source, key)
        before = _facts(held, source)
        if held is None:
            _take_in(item, source, now)
        elif held.raw != drafting.raw_of(item):
            raise Refusal(CONFLICT, CONFLICT.meaning, put=representation.address(key))
        return _recorded(_written(source, key, now, created=held is None), before, actor, now)


def put(item: RawItem, source: Source, conditions: Preconditions, actor: str, now: datetime) -> Written:
    """A release under its key, in place of what is there. Raises Refusal."""
    with intake.alone():
        held = representation.find(source, item.key)
        _check(held, source, conditions)
        before = _facts(held, source)
        if held is not None and conditions.names_what_was_read:
            _take_over(held)
        _take_in(item, source, now)
        return _recorded(_written(source, item.key, now, created=held is None), before, actor, now)


def withdraw(
    key: str, reason: str, source: Source, conditions: Preconditions, actor: str, now: datetime
) -> Written:
    """Withdraw what is held under `key`; again changes nothing but the reason, if there is another. Raises Refusal."""
    with intake.alone():
        held = representation.find(source, key)
        if held is None:
            raise Refusal(NOT_FOUND)
        _check(held, source, conditions)
        before = _facts(held, source)
        release = held.release
        if reason or release.state != release.State.WITHDRAWN:
            item = RawItem(release.title, release.published_on, key, dated=False, withdrawn=reason or UNSAID)
            _take_in(item, source, now)
        return _recorded(_written(source, key, now, created=False), before, actor, now)


def name_of(item: RawItem, source: Source) -> str:
    """Under which key intake keeps an item: its own, or one made of title and date. Raises Refusal."""
    [named] = drafting.name([item], source.slug)
    if not isinstance(named, drafting.Named):
        raise invalid({"pointer": "#/title", "detail": f"{named.found}; expected {named.expected}"})
    return named.key


def _check(held: ReleaseKey | None, source: Source, conditions: Preconditions) -> None:
    """Raises Refusal where the preconditions do not hold; the present ETag goes with it."""
    if not conditions:
        return
    tag = representation.of(representation.show([held], source)[0]).tag if held else ""
    if not (conditions.matched(tag) and conditions.unmatched(tag)):
        headers = {"ETag": tag} if tag else {}
        raise Refusal(PRECONDITION_FAILED, PRECONDITION_FAILED.meaning, headers=headers)


def _take_over(held: ReleaseKey) -> None:
    """Whoever names the representation it has read answers for all of it: what others have changed since the source
    last spoke counts as said by the source, and is replaced too. An embargo or a withdrawal of somebody else's stays.
    """
    stored = finding.load([held.release_id]).get(held.release_id, Stored())
    told: dict[str, Any] = {
        name: value
        for name, value in representation.said(held).items()
        if name in _NOT_TAKEN_OVER or name in {"links", "warnings"}
    }
    for name in ("title", "published_on", *BLANK):
        if name not in _NOT_TAKEN_OVER and (value := stored.values.get(name)):
            told[name] = normalise.digest(str(value))
    for kind, model in MODELS.items():
        names = model._default_manager.filter(pk__in=stored.ids.get(kind, ())).values_list("name", flat=True)
        told[kind] = [*names, *stored.pending.get(kind, ())]
    ReleaseKey.objects.filter(pk=held.pk).update(told=_without_blanks(told), raw="")


def _without_blanks(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value}


def _take_in(item: RawItem, source: Source, now: datetime) -> None:
    report = intake.take_in([item], source, now, complete=False)
    if report.faults:  # `name_of` and the record have seen to the ones we know
        raise invalid(
            *({"pointer": "#", "detail": f"{one.found}; expected {one.expected}"} for one in report.faults)
        )


def _written(source: Source, key: str, now: datetime, *, created: bool) -> Written:
    [release] = ReleaseKey.objects.filter(source=source, key=key).values_list("release_id", flat=True)
    waiting = Change.objects.filter(seq=None, kind="release", subject_id=release)
    if (last := waiting.order_by("-pk").values_list("pk", flat=True).first()) is not None:
        notice.take(now, {notice.Subject("release", release): last})
    held = representation.find(source, key)
    if held is None:  # deleted by another program in this very moment
        raise Refusal(NOT_FOUND)
    shown = representation.show([held], source)
    return Written(key, release, created, representation.of(shown[0]))


def _facts(held: ReleaseKey | None, source: Source) -> dict[str, Any]:
    """What a reader of the API sees of it; nothing for nothing."""
    return representation.show([held], source)[0].model_dump(mode="json") if held else {}


def _recorded(done: Written, before: dict[str, Any], actor: str, now: datetime) -> Written:
    """In the audit log, where anything changed: the fields that did."""
    after: dict[str, Any] = json.loads(done.representation.content)
    changed = [name for name in after if after[name] != before.get(name)]
    if changed:
        revisions.audit(
            actor, "api", "created" if done.created else "changed", f"release {done.release}",
            before={name: before[name] for name in changed if name in before} or None,
            after={name: after[name] for name in changed}, now=now,
        )  # fmt: skip
    return done


def with_key(item: RawItem, key: str) -> RawItem:
    return replace(item, key=key)
