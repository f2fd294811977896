"""Whom a release reaches by mail, in numbers and without tracking: who was sent it, who gets it next, who could not.

    ledger:  EditionRelease -> Tally, or deliveries that are counted now -> Mailing, one for each dispatch
    ahead:   people by what they chose (Cadence) x the release's labels  -> Coming, one for each run to come

Nothing is known here of anybody's reading: only of what was handed over, and what came back. Reads only; what a million
people cost is asked of the database once in some seconds (`progress.kept`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Case, Count, DateTimeField, F, Q, QuerySet, When
from django.db.models.functions import Coalesce

from feeds import former, judgement, observing, presence, store
from feeds.inverted import Inverted
from feeds.models import Announcement, Release, Standing
from feeds.presence import Place
from feeds.selection import Facts
from notifier import interests, progress, tallies, windows
from notifier.dispatches import Board
from notifier.models import Cadence, Chain, Delivery, Dispatch, EditionRelease, Frequency, Reply, Schedule

FRESH = 30  # seconds that a count is good for
WITHDRAWN = "withdrawn"
"""The state of messages that lost the release before they left."""
_LAYOUTS = "'alert', 'digest'"
_OUT = "CASE WHEN h.until IS NULL OR t.version BETWEEN 1 AND h.until THEN t.state ELSE -1 END"
# By the release, then by each edition's own key; CROSS JOIN keeps SQLite to that order.
_COUNTED = f"""
SELECT e.dispatch_id, {_OUT}, SUM(t.count)
FROM notifier_editionrelease h CROSS JOIN notifier_edition e CROSS JOIN notifier_dispatch r CROSS JOIN notifier_tally t
WHERE h.release_id = %(release)s AND e.id = h.edition_id AND e.layout IN ({_LAYOUTS})
    AND r.id = e.dispatch_id AND r.counted_at IS NOT NULL AND t.dispatch_id = r.id AND t.edition_id = e.id
GROUP BY 1, 2
"""
_REPLIES = """
SELECT p.dispatch_id, p.kind, COUNT(DISTINCT p.subscriber_id)
FROM notifier_reply p CROSS JOIN notifier_delivery d CROSS JOIN notifier_editionrelease h
WHERE p.dispatch_id IN ({dispatches}) AND p.kind IN ('hard', 'soft', 'complaint')
    AND d.dispatch_id = p.dispatch_id AND d.subscriber_id = p.subscriber_id
    AND h.edition_id = d.edition_id AND h.release_id = %(release)s
GROUP BY p.dispatch_id, p.kind
"""


@dataclass(frozen=True, slots=True)
class Mailing:
    """One dispatch with the release in it. `what`: "at once", "daily 07:00 Europe/Vienna", "shown again".

    `counts`: messages by state in lower case (pending, sending, deferred, sent, failed, suppressed, cancelled), and
    those that lost the release before they left as `WITHDRAWN`. `bounced`, `complained`: people of whom it is known.
    """

    dispatch: int
    what: str
    at_once: bool
    made_at: datetime
    condition: str
    counts: dict[str, int]
    bounced: int = 0
    complained: int = 0

    @property
    def waiting(self) -> int:
        return sum(self.counts.get(state, 0) for state in ("pending", "sending", "deferred"))


@dataclass(frozen=True, slots=True)
class Coming:
    """A run that is to come, over all zones and choices that meet in it: to so many `people`. `at` None: at once."""

    frequency: str
    at: datetime | None
    people: int


@dataclass(frozen=True, slots=True)
class Reach:
    """All of it. `appears`: when it is to be shown, if it is not; None with `foreseen`: nobody has said when.

    `silence`: the rule by which nobody is, or would be, mailed ("" if they are).
    """

    foreseen: bool
    appears: datetime | None
    silence: str
    places: Sequence[Place]
    mailings: Sequence[Mailing] = ()
    coming: Sequence[Coming] = field(default=())

    def total(self, *states: str) -> int:
        return sum(one.counts.get(state, 0) for one in self.mailings for state in states)

    @property
    def waiting(self) -> int:
        return sum(one.waiting for one in self.mailings)

    @property
    def sent_at_once(self) -> int:
        return sum(one.counts.get("sent", 0) for one in self.mailings if one.at_once)

    @property
    def people_ahead(self) -> int:
        return sum(one.people for one in self.coming)

    @property
    def ahead_at_once(self) -> int:
        return sum(one.people for one in self.coming if one.at is None)


def of(release: Release, now: datetime) -> Reach:
    """What became of it, and what is still to come; before it is shown, the same as a forecast."""
    return progress.kept(f"reach-{release.pk}", FRESH, lambda: measure(release, now))


def measure(release: Release, now: datetime) -> Reach:
    """The same, counted anew."""
    standing = Standing.objects.filter(pk=release.pk).first()
    sent = list(_mailings(release.pk, now))
    if release.state != Release.State.WITHDRAWN and not (standing and (standing.shown or standing.gone_at)):
        return replace(_foreseen(release, standing, now), mailings=sent)
    places, silence = presence.of(release.pk, now.date()), standing.silence if standing else ""
    coming = _announced(release.pk, now) if standing and standing.shown else []
    return Reach(False, None, silence, places, sent, coming)


# Ahead


def _foreseen(release: Release, standing: Standing | None, now: datetime) -> Reach:
    """As if it were shown at the end of its embargo, or now."""
    sighting = observing.observe([release.pk]).get(release.pk)
    if sighting is None:
        return Reach(True, release.visible_at, "", ())
    led, at = former.known(), max(now, release.visible_at or now)
    shown = replace(sighting.seen, state=Release.State.PUBLISHED, visible_at=None)
    told = judgement.judge(shown, observing.known(standing, None, led), at, at)
    facts = led.facts(replace(shown.facts, text=store.text_of(release.title, release.summary)))
    coming = _runs(_everybody(), facts, None, at, since=at) if told.announce else []
    # A release that is scheduled without an instant waits for an editor.
    appears = release.visible_at if release.state != Release.State.SCHEDULED or release.visible_at else None
    return Reach(True, appears, told.silence, presence.foreseen(release.pk, facts, now.date()), (), coming)


def _announced(release_id: int, now: datetime) -> list[Coming]:
    """Who has not been looked at yet since it was announced."""
    release = store.load([release_id]).get(release_id)
    last = Announcement.objects.filter(release_id=release_id).order_by("-at", "-pk").first()
    if release is None or last is None:
        return []
    led = former.known()
    facts = led.facts(store.facts(release))
    before = None if last.before is None else led.facts(Facts.from_json(last.before, facts.text))
    return _runs(_unserved(last.at), facts, before, now, since=last.at)


def _everybody() -> QuerySet[Cadence]:
    return Cadence.objects.filter(paused_at=None)


def _unserved(at: datetime) -> QuerySet[Cadence]:
    """The cadences that an announcement at that instant is still ahead of, as planning has it: whoever joined before
    their window gets the window, who joined within gets what came since their `since`.
    """
    served = F("chain__served_until")
    settling = Coalesce(F("interest__settling__from_at"), served)
    start = Case(
        When(chain__frequency=Frequency.INSTANT, then=settling), default=served, output_field=DateTimeField()
    )
    regular = Q(joined_at__lt=F("start"), start__lte=at)
    return _everybody().alias(start=start).filter(regular | Q(joined_at__gte=F("start"), since__lte=at))


def _runs(
    people: QuerySet[Cadence], facts: Facts, before: Facts | None, now: datetime, *, since: datetime
) -> list[Coming]:
    """Those whose choice fits, and is not served more quickly, by their next run that holds what is announced `since`
    then, as things stand at `now`.
    """
    rows = list(people.values_list("chain_id", "interest_id", "minus_id").annotate(n=Count("pk")).order_by())
    index = Inverted(interests.selections({number for row in rows for number in row[1:3]}))
    fitting = index.fitting(facts)
    had = index.fitting(before) if before is not None else set()
    by_chain: dict[int, int] = defaultdict(int)
    for chain, interest, minus, many in rows:
        if interest in fitting and interest not in had and (minus not in fitting or minus in had):
            by_chain[chain] += many
    return _by_run(by_chain, now, since)


def _by_run(by_chain: dict[int, int], now: datetime, since: datetime) -> list[Coming]:
    patience = {row.frequency: timedelta(hours=row.too_late_hours) for row in Schedule.objects.all()}
    found: dict[tuple[str, datetime | None], int] = defaultdict(int)
    for chain in Chain.objects.filter(pk__in=by_chain):
        found[chain.frequency, _due(chain, patience, now, since)] += by_chain[chain.pk]
    order = list(Frequency.values)
    ranked = sorted(
        found.items(), key=lambda one: (one[0][1] is not None, one[0][1] or now, order.index(one[0][0]))
    )
    return [Coming(frequency, due, people) for (frequency, due), people in ranked]


def _due(chain: Chain, patience: dict[str, timedelta], now: datetime, since: datetime) -> datetime | None:
    if chain.frequency == Frequency.INSTANT:
        return None
    return windows.due_next(
        chain, max(chain.served_until, since), patience.get(chain.frequency, timedelta()), now
    )


# In the ledger


def _mailings(release_id: int, now: datetime) -> Iterable[Mailing]:
    """Each dispatch that holds, or held, the release itself, the newest first."""
    held = EditionRelease.objects.filter(release_id=release_id, edition__layout__in=("alert", "digest"))
    ids = set(held.values_list("edition__dispatch_id", flat=True).distinct())
    shown = list(Dispatch.objects.filter(pk__in=ids).select_related("chain").order_by("-pk"))
    counts = _counted(release_id)
    for dispatch in shown:
        if dispatch.counted_at is None:
            counts[dispatch.pk] = _counted_now(dispatch.pk, release_id)
    back, board = _came_back(release_id, [d.pk for d in shown if d.archived_at is None]), Board(shown, now)
    for dispatch in shown:
        came = back.get(dispatch.pk, {})
        yield Mailing(
            dispatch.pk, board.what(dispatch), dispatch.lane == Dispatch.Lane.ALERT, dispatch.made_at,
            board.condition(dispatch), counts.get(dispatch.pk, {}),
            came.get(Reply.Kind.HARD, 0) + came.get(Reply.Kind.SOFT, 0), came.get(Reply.Kind.COMPLAINT, 0),
        )  # fmt: skip


def _counted(release_id: int) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for dispatch, state, many in _rows(_COUNTED, {"release": release_id}):
        found[dispatch][_state(state)] = int(many)
    return found


def _counted_now(dispatch: int, release_id: int) -> dict[str, int]:
    """Of one that goes on: its deliveries are read along the ledger's key, once for all its editions."""
    held = EditionRelease.objects.filter(edition__dispatch=dispatch, release_id=release_id)
    until = dict(held.values_list("edition_id", "until"))
    found: dict[str, int] = defaultdict(int)
    for row in tallies.sums([dispatch]):
        if row.edition_id in until:
            last = until[row.edition_id]
            stays = last is None or 1 <= row.version <= last
            found[_state(row.state if stays else -1)] += row.count
    return dict(found)


def _came_back(release_id: int, dispatches: Sequence[int]) -> dict[int, dict[str, int]]:
    """What is known of messages after they were handed over: people by kind of reply."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    if dispatches:
        listed = ", ".join(map(str, dispatches))
        for dispatch, kind, many in _rows(_REPLIES.format(dispatches=listed), {"release": release_id}):
            found[dispatch][kind] = many
    return found


def _state(number: int) -> str:
    return WITHDRAWN if number < 0 else Delivery.State(number).name.lower()


def _rows(statement: str, values: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
