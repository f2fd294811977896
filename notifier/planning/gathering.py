"""The facts of a run, read under the planning lock: its window, its audiences, and what was announced."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import DateTimeField, F, Max, Min, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from feeds import former, store
from feeds.former import Former
from feeds.models import Announcement, Release
from feeds.selection import Facts
from notifier.matching import Candidate
from notifier.models import Cadence, Frequency, Schedule, Settling
from notifier.planning.values import Audience, DueRun, Kind, Window

_KIND = ("interest_id", "minus_id", "language")


def window(run: DueRun, now: datetime) -> Window:
    """The window of a run; for the run at once, with what settles."""
    if run.frequency != Frequency.INSTANT:
        return Window(run.chain_id, run.starts_at, run.ends_at)
    over = settled(now, settling=run.settling)
    held = frozenset(Settling.objects.exclude(pk__in=over.values("pk")).values_list("pk", flat=True))
    settled_from = dict(over.values_list("pk", "from_at"))
    return Window(run.chain_id, run.starts_at, run.ends_at, settled_from, held)


def settled(now: datetime, *, settling: bool) -> QuerySet[Settling]:
    """The settlings that are over; all of them, unless one is left `settling`.

    One that lies further ahead than it can is left from a clock set back, and over.
    """
    holding = Q(until__gt=now, until__lte=now + settling_time())
    return Settling.objects.exclude(holding) if settling else Settling.objects.all()


def settling_time() -> timedelta:
    schedule = Schedule.objects.filter(frequency=Frequency.INSTANT).first() or Schedule()
    return timedelta(seconds=schedule.settling_seconds)


def audiences(window: Window) -> list[Audience]:
    """Everybody in the window, by kind, in order: one pass for those who were there before it, one for the few who
    joined within.
    """
    # By an alias: in a condition of its own the settlings would be joined so that whoever has none is left out.
    everybody = cadences(window).alias(start=_start(window))
    regular = set(everybody.filter(joined_at__lt=F("start")).values_list(*_KIND).distinct())
    joined = everybody.filter(joined_at__gte=F("start")).values_list(*_KIND)
    joined = joined.annotate(earliest=Min("since"), latest=Max("since"))
    within = {(interest, minus, language): since for interest, minus, language, *since in joined}
    return [
        Audience(
            Kind(*kind),
            window.start_for(kind[0]),
            kind in regular,
            (within[kind][0], within[kind][1]) if kind in within else None,
        )
        for kind in sorted(regular | within.keys())
        if kind[0] not in window.held
    ]


def candidates(since: datetime, until: datetime) -> list[Candidate]:
    """What was announced in [since, until) and may be shown now, in order of `at`."""
    announced = list(Announcement.objects.filter(at__gte=since, at__lt=until).order_by("at", "pk"))
    releases = store.load({announcement.release_id for announcement in announced})
    led = former.known()
    return [
        _candidate(announcement, releases[announcement.release_id], led)
        for announcement in announced
        if announcement.release_id in releases
    ]


def cadences(window: Window) -> QuerySet[Cadence]:
    """The cadences that are in the window."""
    return Cadence.objects.filter(chain=window.chain_id, paused_at=None, joined_at__lt=window.ends_at)


def _start(window: Window) -> Coalesce | Value:
    """Where the window begins for a cadence, as SQL has it; `Window.start_for` is the same for Python."""
    start = Value(window.starts_at, output_field=DateTimeField())
    return Coalesce(F("interest__settling__from_at"), start) if window.settled else start


def _candidate(announcement: Announcement, release: Release, led: Former) -> Candidate:
    facts = led.facts(store.facts(release))
    before = announcement.before
    return Candidate(
        release.pk,
        release.standing.group,
        announcement.at,
        release.published_on,
        facts,
        # Words are compared as they are now: what was added are labels.
        None if before is None else led.facts(Facts.from_json(before, text=facts.text)),
        announcement.seq == release.standing.seq,
    )
