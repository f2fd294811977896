"""Offices for releases that have none: proposed to an editor, never applied by itself.

    Change -> touched releases without an office -> feeds.datelines.suggest -> proposals, or open ones that lapse

A consumer of `feeds.notice`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction

from feeds import datelines, normalise, notice, proposals
from feeds.models import Office, Release, Suggestion

CONSUMER = "suggestions"
BATCH = 500  # changes; some 0.3 s
BEGINNING = 4_000  # characters of HTML in which a dateline can stand


def follow(now: datetime) -> bool:
    """Catch up with what was noticed, a piece at a time: mail must not wait behind an import. Done twice it changes
    nothing more. True if there was anything."""
    changes = notice.after(CONSUMER, BATCH)
    if not changes:
        return False
    touched = {change.subject_id for change in changes if change.kind == "release"}
    if touched:
        _look_at(touched, known_offices(), now)
    notice.move(CONSUMER, changes[-1].seq or 0)
    return True


def known_offices() -> list[datelines.Names]:
    rows = Office.objects.values_list("slug", "name", "aliases", "closed")
    return [
        datelines.Names(slug, (name, *_texts(aliases)), bool(closed)) for slug, name, aliases, closed in rows
    ]


def reasons_for(release: Release, offices: list[datelines.Names]) -> dict[str, str]:
    """{slug: reason}. SQLite lets other programs write what is no text; that must not hold up the rest."""
    body = normalise.plain(str(release.body or "")[:BEGINNING])
    return datelines.suggest(str(release.title), (str(release.summary or ""), body), offices)


def _look_at(ids: Collection[int], offices: list[datelines.Names], now: datetime) -> None:
    untagged = Release.objects.filter(pk__in=ids, offices=None).exclude(state=Release.State.WITHDRAWN)
    found = {
        release.pk: reasons_for(release, offices)
        for release in untagged.only("pk", "title", "summary", "body")
    }
    with transaction.atomic():
        _lapse_offices(ids, found, now)
        _lapse_withdrawals(ids, now)
        for release, reasons in found.items():
            for slug, reason in reasons.items():
                proposals.propose(release, proposals.Kind.OFFICE, slug, reason, now)


def _lapse_offices(ids: Collection[int], found: Mapping[int, Mapping[str, str]], now: datetime) -> None:
    """Open ones whose reason went away, or whose release has offices by now."""
    rows = list(proposals.open_ones(ids, proposals.Kind.OFFICE))
    choosing = _still_choosing([row.release_id for row in rows])
    over = [
        row.pk
        for row in rows
        if row.value not in found.get(row.release_id, choosing.get(row.release_id, frozenset()))
    ]
    proposals.lapse(Suggestion.objects.filter(pk__in=over, decision=proposals.Decision.OPEN), now)


def _still_choosing(ids: Collection[int]) -> dict[int, frozenset[str]]:
    """Who confirmed one of several offices may want another: these releases, each with the offices it has not got."""
    confirmed = Suggestion.objects.filter(
        release_id__in=ids, kind=proposals.Kind.OFFICE, decision=proposals.Decision.CONFIRMED
    ).values("release_id")
    releases = Release.objects.filter(pk__in=confirmed).exclude(state=Release.State.WITHDRAWN)
    every = frozenset(Office.objects.values_list("slug", flat=True)) if confirmed else frozenset()
    return {
        release.pk: every - {office.slug for office in release.offices.all()}
        for release in releases.prefetch_related("offices").only("pk")
    }


def _lapse_withdrawals(ids: Collection[int], now: datetime) -> None:
    published = Release.objects.filter(pk__in=ids, state=Release.State.PUBLISHED)
    over = set(ids) - set(published.values_list("pk", flat=True))
    proposals.lapse(proposals.open_ones(over, proposals.Kind.WITHDRAWAL), now)


def _texts(aliases: object) -> list[str]:
    return [alias for alias in aliases if isinstance(alias, str)] if isinstance(aliases, list) else []
