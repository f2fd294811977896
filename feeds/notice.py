"""Taking notice: Change rows get a gapless number and an instant that never goes back, under one lock.

    Change rows -> pending() -> Quiet -> take() -> Change.seq, Standing, Announcement -> after(), move()

A writer that commits late simply gets a later number. The consumer, not the trigger, judges what is
significant (`feeds.judgement`). Only this module and `feeds.standings` write `Standing` and `Announcement`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db import connection, transaction
from django.db.models import Max

from feeds import standings, store
from feeds.models import Announcement, Change, Cursor, NoticeState, Release, Standing

BATCH = 5_000  # changes that are looked at together
SUBJECTS = 500  # of which this many subjects are taken in one transaction, with all their changes: some 0.2 s
_EVER = 2**63 - 1  # as a change's id: whatever there is
_LOCK = 0x4E6F7469636500  # "Notice", for PostgreSQL's advisory locks

Row = tuple[int, str, int]
"""A change: id, kind, subject id."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a change is about: kind ("release", "office", "topic", "type") and id."""

    kind: str
    id: int


@dataclass
class Quiet:
    """Which subjects were left alone for `quiet` seconds, or have kept us waiting for `patience` seconds.

    Judged by what was seen, not by clocks of other hosts. `at` is any clock in seconds that does not step.
    """

    quiet: float = 0.3
    patience: float = 2.0
    _seen: dict[Subject, tuple[int, float, float]] = field(default_factory=dict)

    def ready(self, pending: Mapping[Subject, int], at: float) -> dict[Subject, int]:
        """Of `pending` (subject -> last change id) those that may be taken now."""
        self._seen = {subject: self._look(subject, last, at) for subject, last in pending.items()}
        found = {
            subject: last
            for subject, (last, since, first) in self._seen.items()
            if at - since >= self.quiet or at - first >= self.patience
        }
        for subject in found:  # its next change begins a quiet of its own
            del self._seen[subject]
        return found

    def left(self, at: float) -> float:
        """Seconds until the first of those that were not ready will be, if left alone; 0 if there are none."""
        ends = [min(since + self.quiet, first + self.patience) for _, since, first in self._seen.values()]
        return max(0.0, min(ends, default=at) - at)

    def _look(self, subject: Subject, last: int, at: float) -> tuple[int, float, float]:
        before = self._seen.get(subject)
        if before is None:
            return last, at, at
        return last, before[1] if before[0] == last else at, before[2]


@contextmanager
def locked() -> Iterator[None]:
    """A transaction that holds the notice lock: SQLite's IMMEDIATE one, an advisory lock on PostgreSQL."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        yield


def pending(limit: int = BATCH) -> dict[Subject, int]:
    """The subjects of the oldest unnumbered changes, each with its last change's id."""
    rows = Change.objects.filter(seq=None).order_by("id").values_list("kind", "subject_id", "id")[:limit]
    return {Subject(kind, subject): last for kind, subject, last in rows}


def take(now: datetime, subjects: Mapping[Subject, int] | None = None) -> int:
    """Number the changes of `subjects` (up to the given change each), or all there are; judge their releases.

    Returns how many changes were numbered. In batches, a transaction each; taking what is taken does nothing.
    """
    total = 0
    if subjects is not None:
        ordered = list(subjects.items())
        for start in range(0, len(ordered), SUBJECTS):
            with locked():
                total += _take(now, _changes_of(dict(ordered[start : start + SUBJECTS])))
        return total
    while True:
        with locked():
            done = _take(now, _oldest_changes())
        total += done
        if not done:
            return total


def advance(now: datetime) -> datetime:
    """Make sure that nothing will be announced before `now` any more; returns the instant that now holds."""
    with locked():
        state = _state(now)
        state.instant = max(state.instant, now)
        state.save(update_fields=["instant"])
        return state.instant


def release_due(now: datetime) -> int:
    """Scheduled releases whose instant has come become published: passing time fires no trigger. Returns how many.

    They are noticed in the same transaction. Nobody is writing them, so there is nothing to be quiet for; and should
    somebody have just put the instant off, the judgement under the lock has the last word.
    """
    due = [pk for pk, visible_at in _scheduled() if visible_at <= now]
    for start in range(0, len(due), SUBJECTS):
        chunk = due[start : start + SUBJECTS]
        with locked():
            scheduled = Release.objects.filter(pk__in=chunk, state=Release.State.SCHEDULED)
            scheduled.update(state=Release.State.PUBLISHED)
            _take(now, _changes_of({Subject("release", pk): _EVER for pk in chunk}))
    return len(due)


def next_due() -> datetime | None:
    """The earliest instant at which a scheduled release becomes due; None if nothing waits for one."""
    return min((visible_at for _, visible_at in _scheduled()), default=None)


def announce(release_id: int, now: datetime) -> bool:
    """An editor's "announce after all". False if it is not shown, or was announced already."""
    with locked():
        standing = Standing.objects.filter(pk=release_id, shown=True, announced_at=None).first()
        if standing is None:
            return False
        instant = max(_state(now).instant, now)
        Announcement.objects.create(release_id=release_id, at=instant, seq=standing.seq)
        Standing.objects.filter(pk=release_id).update(announced_at=instant, silence="")
        return True


def reached(name: str) -> int | None:
    """The number of the last change that consumer `name` is done with; None if it has not begun."""
    return _value("SELECT seq FROM feeds_cursor WHERE name = %s", name)


def after(name: str, limit: int = BATCH) -> list[Change]:
    """The numbered changes that consumer `name` has not come to yet, in order."""
    seq = reached(name) or 0
    if _value("SELECT 1 FROM feeds_change WHERE seq > %s LIMIT 1", seq) is None:
        return []
    return list(Change.objects.filter(seq__gt=seq).order_by("seq")[:limit])


def move(name: str, seq: int) -> None:
    """Consumer `name` is done with everything up to `seq`."""
    Cursor.objects.bulk_create(
        [Cursor(name=name, seq=seq)], update_conflicts=True, unique_fields=["name"], update_fields=["seq"]
    )


def forget(name: str) -> None:
    """Consumer `name` has never been."""
    Cursor.objects.filter(pk=name).delete()


def last_seq() -> int:
    """The last number given."""
    return NoticeState.objects.filter(pk=1).aggregate(seq=Max("seq"))["seq"] or 0


def _value(sql: str, *values: int | str) -> int | None:
    """One number. Every consumer asks at every look, for ever: a tenth of what the same costs as a queryset."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        row = cursor.fetchone()
    return None if row is None else row[0]


_SCHEDULED = "SELECT id, visible_at FROM feeds_release WHERE state = 'scheduled' AND visible_at IS NOT NULL"


def _scheduled() -> list[tuple[int, datetime]]:
    """What waits for its instant. Compared in Python: on SQLite other programs write instants in many spellings."""
    with (
        connection.cursor() as cursor
    ):  # asked twice a second, for ever: a fifth of what the same costs as a queryset
        try:
            cursor.execute(_SCHEDULED)
            rows = cursor.fetchall()
        except store.UNREADABLE:  # one that is no instant must not hold up the others
            cursor.execute(
                "SELECT id FROM feeds_release WHERE state = 'scheduled' AND visible_at IS NOT NULL"
            )
            rows = [row for (pk,) in cursor.fetchall() for row in _scheduled_alone(pk)]
    return [(pk, _aware(visible_at)) for pk, visible_at in rows if isinstance(visible_at, datetime)]


def _scheduled_alone(pk: int) -> list[tuple[int, datetime]]:
    with connection.cursor() as cursor:
        try:
            cursor.execute(f"{_SCHEDULED} AND id = %s", [pk])
            return list(cursor.fetchall())
        except store.UNREADABLE as error:
            if not store.says_the_row(error):
                raise
            return []


def _aware(instant: datetime) -> datetime:
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _state(now: datetime) -> NoticeState:
    return NoticeState.objects.get_or_create(pk=1, defaults={"instant": now})[0]


def _oldest_changes() -> list[Row]:
    """All unnumbered changes of the subjects that have waited longest.

    All of them: a release whose links were written in another batch would be judged once for each batch.
    """
    return _changes_of(dict.fromkeys(list(pending(4 * SUBJECTS))[:SUBJECTS], _EVER))


def _changes_of(subjects: Mapping[Subject, int]) -> list[Row]:
    """The unnumbered changes of `subjects`, each up to the given one, in order."""
    rows: list[Row] = []
    for kind in {subject.kind for subject in subjects}:
        last = {subject.id: upto for subject, upto in subjects.items() if subject.kind == kind}
        found = Change.objects.filter(seq=None, kind=kind, subject_id__in=list(last))
        rows += [row for row in found.values_list("id", "kind", "subject_id") if row[0] <= last[row[2]]]
    return sorted(rows)


def _take(now: datetime, wanted: Sequence[Row]) -> int:
    if not wanted:
        return 0
    state = _state(now)
    instant = max(now, state.instant)
    last_of: dict[int, int] = {}
    for seq, (_, kind, subject) in enumerate(wanted, state.seq + 1):
        if kind == "release":
            last_of[subject] = seq
    guids = standings.settle(last_of, now, instant)
    _number(
        [
            (seq, guids.get(subject, "") if kind == "release" else "", row)
            for seq, (row, kind, subject) in enumerate(wanted, state.seq + 1)
        ],
        instant,
    )
    state.seq += len(wanted)
    state.instant = instant
    state.save()
    return len(wanted)


def _number(rows: list[tuple[int, str, int]], instant: datetime) -> None:
    """Write (seq, guid, id) to the changes; bulk_update would build a CASE of thousands of branches."""
    value = connection.ops.adapt_datetimefield_value(instant)
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE feeds_change SET seq = %s, guid = %s, noticed_at = %s WHERE id = %s",
            [(seq, guid, value, row) for seq, guid, row in rows],
        )
