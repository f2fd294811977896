"""Why a person did, or didn't, get a release: the facts gathered from the tables, and the finding in plain English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.db.models import Sum as SumOf

from config.places import within
from feeds import former, store, versions
from feeds.former import Former
from feeds.models import Announcement, Release, Standing
from feeds.selection import Facts
from notifier import cadences, explanation, interests
from notifier import explaining_words as words
from notifier.explanation import Announced, Case, Finding, Notice, Post, Story, Stretch, Sum, Turn
from notifier.models import (
    Cadence,
    Channel,
    Delivery,
    Dispatch,
    Edition,
    EditionRelease,
    Frequency,
    Schedule,
    Settling,
    Spell,
    Subscriber,
    Subscription,
    Tally,
)
from notifier.models import Turn as Turned

NOTICES = frozenset({"correction", "watch"})
"""Layouts of messages that tell of changes only, whatever is left in them."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The finding, in sentences for those who answer for the mail; `subscriptions`: by which of theirs, in words."""

    subscriber: int
    release: str
    title: str
    finding: Finding
    subscriptions: tuple[str, ...]
    sentences: tuple[str, ...]


def explain(subscriber: Subscriber, standing: Standing, now: datetime) -> Explanation:
    """Why this person did, or didn't, get this release. Reads only."""
    case = gather(subscriber, standing)
    finding = explanation.judge(case, now)
    chosen = _chosen(subscriber, finding, case)
    release = Release.objects.filter(pk=standing.release_id).values_list("title", flat=True).first()
    sentences = [
        *words.sentences(case, finding, chosen, subscriber.zone),
        *_came_back(subscriber, finding.post),
    ]
    return Explanation(
        subscriber.pk, standing.key, release or "(deleted)", finding, tuple(chosen), tuple(sentences)
    )


def _came_back(subscriber: Subscriber, post: Post | None) -> list[str]:
    """What is known of the message after it was sent."""
    if post is None:
        return []
    rows = subscriber.replies.filter(dispatch_id=post.dispatch).order_by("at", "pk")
    return [f"In reply there came on {words.instant(subscriber.zone, row.at)}: {row}." for row in rows]


def to_json(told: Explanation) -> dict[str, Any]:
    """As `herald digest explain --json` prints it."""
    finding, post = told.finding, told.finding.post
    message = None
    if post is not None:
        message = {
            "dispatch": post.dispatch, "frequency": post.frequency, "edition": post.edition, "version": post.version,
            "made_at": post.made_at, "state": post.state, "reason": post.reason, "finished_at": post.finished_at,
            "because": post.because,
        }  # fmt: skip
    return {
        "subscriber": told.subscriber,
        "release": told.release,
        "title": told.title,
        "verdict": finding.verdict,
        "cause": finding.cause,
        "at": finding.at,
        "message": message,
        "subscriptions": told.subscriptions,
        "nearest": finding.rule.to_json() if finding.rule else None,
        "missing": finding.missing,
        "excluded": finding.excluded,
        "sentences": told.sentences,
    }


def find(release: str) -> Standing | None:
    """The release that a key, an id or an address means: of its page, or of the original."""
    name = release.strip()
    key = within(name.removeprefix(settings.BASE_URL)).removeprefix("/releases/").rstrip("/")
    found = Standing.objects.filter(Q(key=key) | Q(guid=name)).first()
    if found is None and name.isascii() and name.isdecimal() and len(name) < 19:
        found = Standing.objects.filter(pk=int(name)).first()
    if found is None:
        found = Standing.objects.filter(release__url=name).order_by("pk").first()
    return found


def gather(subscriber: Subscriber, standing: Standing) -> Case:
    """All that the tables know of the two."""
    led = former.known()
    editions, of_edition = _editions(standing)
    rows = _deliveries(subscriber, editions, of_edition)
    deliveries = [_notice(*one) or _post(*one, standing) for one in rows]
    return Case(
        story=_story(standing, led),
        posts=tuple(one for one in deliveries if isinstance(one, Post)),
        notices=tuple(one for one in deliveries if isinstance(one, Notice)),
        stretches=tuple(_stretches(subscriber)),
        turns=tuple(_turns(subscriber)),
        sums=tuple(_sums(editions.values())),
        stopped=Channel.objects.filter(stopped_at__isnull=False).exists(),
    )


def _story(standing: Standing, led: Former) -> Story:
    release = Release.objects.filter(pk=standing.release_id).first()
    text = store.text_of(release.title, release.summary) if release else ""
    return Story(
        noticed=True,
        state=release.state if release else Release.State.WITHDRAWN,
        shown=standing.shown and release is not None and release.state == Release.State.PUBLISHED,
        visible_at=release.visible_at if release else None,
        gone_at=standing.gone_at,
        silence=standing.silence,
        facts=led.facts(Facts.from_json(standing.facts, text)),
        announced=tuple(_announced(standing, text, led)),
        versions=tuple(_versions(standing, led)),
    )


def _versions(standing: Standing, led: Former) -> Iterable[Announced]:
    """The announcements of the other language versions that are shown."""
    others = Standing.objects.filter(group=standing.group, shown=True).exclude(pk=standing.pk)
    for other in others.select_related("release"):
        yield from _announced(other, store.text_of(other.release.title, other.release.summary), led)


def _announced(standing: Standing, text: str, led: Former) -> Iterable[Announced]:
    """Each with the labels that the release had then."""
    history = versions.history(standing.release_id, public_only=False, newest=1000)
    for row in Announcement.objects.filter(release_id=standing.release_id).order_by("at", "pk"):
        then = [_facts(version.content) for version in history if version.at <= row.at]
        facts = then[-1] if then else Facts.from_json(standing.facts, text)
        before = None if row.before is None else led.facts(Facts.from_json(row.before, facts.text))
        yield Announced(row.at, led.facts(facts), before, row.seq == standing.seq)


def _facts(content: Mapping[str, Any]) -> Facts:
    return Facts.from_json(content, store.text_of(content["title"], content["summary"]))


def _editions(standing: Standing) -> tuple[dict[int, Edition], dict[int, set[int]]]:
    """Those that held the release or another language of it, and which of these each held."""
    held = EditionRelease.objects.filter(Q(release_id=standing.pk) | Q(group=standing.group))
    of_edition: dict[int, set[int]] = {}
    for edition, release in held.values_list("edition_id", "release_id"):
        of_edition.setdefault(edition, set()).add(release)
    return Edition.objects.select_related("dispatch__chain").in_bulk(list(of_edition)), of_edition


def _deliveries(
    subscriber: Subscriber, editions: Mapping[int, Edition], of_edition: Mapping[int, set[int]]
) -> Iterable[tuple[Delivery, Edition, set[int]]]:
    rows = Delivery.objects.filter(
        subscriber_id=subscriber.pk, dispatch_id__in={edition.dispatch_id for edition in editions.values()}
    )
    for row in rows.exclude(lane=Dispatch.Lane.LETTER):
        if row.edition_id in editions:
            yield row, editions[row.edition_id], of_edition[row.edition_id]


def _sums(editions: Iterable[Edition]) -> Iterable[Sum]:
    """What is left of those whose deliveries are gone."""
    archived = {e.pk: e.dispatch for e in editions if e.dispatch.archived_at}
    sent = Tally.objects.filter(
        dispatch__in={dispatch.pk for dispatch in archived.values()}, edition_id__in=archived,
        state=Delivery.State.SENT,
    ).values_list("dispatch", "dispatch__made_at")  # fmt: skip
    for dispatch, made_at, count in sent.annotate(n=SumOf("count")).order_by("dispatch"):
        yield Sum(dispatch, made_at, count)


def _notice(row: Delivery, edition: Edition, releases: set[int]) -> Notice | None:
    """None for a delivery that brings, or was to bring, the release itself."""
    items = [item for item in edition.content if item["release"] in releases]
    kinds = [item["kind"] for item in items if "correction" in item]
    if len(kinds) < len(items) or not (kinds or edition.layout in NOTICES):
        return None
    waits = row.state in {Delivery.State.PENDING, Delivery.State.DEFERRED}
    state = "held" if waits and edition.dispatch.held else Delivery.State(row.state).name.lower()
    # What it told was out of date before it left: taken out, it says no more what it was.
    return Notice(row.dispatch_id, kinds[0] if kinds else "changed", state, row.finished_at)


def _post(row: Delivery, edition: Edition, releases: set[int], standing: Standing) -> Post:
    dispatch, state = edition.dispatch, Delivery.State(row.state)
    content = {item["release"]: item.get("because", ()) for item in edition.content}
    holds = standing.pk in releases
    gone_at = standing.gone_at
    before = state == Delivery.State.SENT and (gone_at is None or (row.finished_at or gone_at) <= gone_at)
    return Post(
        dispatch=dispatch.pk,
        edition=edition.pk,
        version=edition.version,
        frequency=dispatch.chain.frequency if dispatch.chain else "",
        interest=row.interest_id,
        made_at=dispatch.made_at,
        state=state.name.lower(),
        reason=row.reason,
        finished_at=row.finished_at,
        next_try_at=row.next_try_at,
        held=dispatch.held,
        holds=holds,
        withdrawn=holds and standing.pk not in content and not before,
        because=tuple((kind, slug) for kind, slug in content.get(standing.pk, ())),
    )


def _turns(subscriber: Subscriber) -> Iterable[Turn]:
    """Of one who came before turns were kept, those that the row itself tells of."""
    kept = [Turn(turn.kind, turn.at) for turn in Turned.objects.filter(subscriber=subscriber).order_by("pk")]
    told = (
        ("asked", subscriber.created_at), ("confirmed", subscriber.confirmed_at), ("left", subscriber.left_at),
    )  # fmt: skip
    return kept or [Turn(kind, at) for kind, at in told if at is not None]


def _stretches(subscriber: Subscriber) -> Iterable[Stretch]:
    past = list(Spell.objects.filter(subscriber=subscriber).order_by("pk"))
    now = list(subscriber.cadences.select_related("chain").order_by("pk"))
    named = [(row.interest_id, row.minus_id) for row in past] + [
        (row.interest_id, row.minus_id) for row in now
    ]
    meant = interests.selections(pk for pair in named for pk in pair)
    for spell in past:
        yield Stretch(
            spell.frequency, meant[spell.interest_id], meant[spell.minus_id], spell.since, spell.joined_at,
            spell.served_to, spell.ended_at, spell.paused, None,
        )  # fmt: skip
    for cadence in now:
        yield _present(cadence, meant)


def _present(cadence: Cadence, meant: Mapping[int, Any]) -> Stretch:
    running = Dispatch.objects.filter(
        chain=cadence.chain_id, state=Dispatch.State.FILLING, filled_to__lt=cadence.subscriber_id
    )
    instant = cadence.frequency == Frequency.INSTANT
    settling = Settling.objects.filter(pk=cadence.interest_id).first() if instant else None
    hours = (
        Schedule.objects.filter(frequency=cadence.frequency).values_list("too_late_hours", flat=True).first()
    )
    return Stretch(
        cadence.frequency, meant[cadence.interest_id], meant[cadence.minus_id], cadence.since, cadence.joined_at,
        cadences.served_to(cadence), None, cadence.paused_at is not None, None if instant else cadence.chain,
        settling.until if settling else None, running.exists(), timedelta(hours=hours or 0),
    )  # fmt: skip


def _chosen(subscriber: Subscriber, finding: Finding, case: Case) -> list[str]:
    """In words: the subscriptions, as they were then, by which the release is or was theirs."""
    if finding.post is not None:
        frequency, at = finding.post.frequency, finding.post.made_at
    elif finding.stretch is not None and finding.announced is not None:
        frequency, at = finding.stretch.frequency, finding.announced.at
    else:
        return []
    facts = finding.announced.facts if finding.announced else case.story.facts
    rows = Subscription.objects.filter(subscriber=subscriber, frequency=frequency, created_at__lte=at)
    live = rows.filter(Q(ended_at=None) | Q(ended_at__gt=at)).order_by("pk")
    meant = interests.selections(row.interest_id for row in live)
    fitting = [meant[row.interest_id] for row in live]
    matching = [selection for selection in fitting if selection.matches(facts)]
    return [interests.describe(selection, "en") for selection in dict.fromkeys(matching)]
