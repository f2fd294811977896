"""The releases of the last 90 days, read once for each state of the store, and what a selection makes of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from threading import Lock
from zoneinfo import ZoneInfo

from feeds import former, notice, selected, store
from feeds.models import Release, Standing
from feeds.selection import EVERYTHING, Facts, Selection
from notifier import foresight, wishes
from notifier.foresight import Foresight, Past
from notifier.models import Frequency, Schedule
from notifier.windows import Timetable
from notifier.wishes import Wish

_COLUMNS = (
    "pk", "published_on", "standing__group", "standing__facts", "standing__first_seen_at", "standing__announced_at",
    "standing__silence",
)  # fmt: skip
_SILENT = "silent"
_LOOKED_AT = 2_000  # of the newest, for the last three: a page does not wait for words that nobody uses


@dataclass(frozen=True)
class Recent:
    """`oldest`: the date of the store's first release, None in an empty one."""

    today: date
    oldest: date | None
    past: tuple[Past, ...]

    @cached_property
    def worded(self) -> tuple[Past, ...]:
        """With titles and summaries, for selections that ask for words."""
        rows = Release.objects.filter(pk__in=[one.release for one in self.past])
        texts = {
            pk: store.text_of(title, summary)
            for pk, title, summary in rows.values_list("pk", "title", "summary")
        }
        return tuple(
            replace(one, facts=replace(one.facts, text=texts.get(one.release, ""))) for one in self.past
        )

    def of(self, selection: Selection) -> tuple[Past, ...]:
        """What `selection` is to be compared with."""
        return self.worded if any(rule.words or rule.not_words for rule in selection.rules) else self.past


_kept: dict[str, tuple[object, Recent]] = {}  # one entry: what was read last, and the state it was read in
_lock = Lock()


def load(now: datetime) -> Recent:
    """As the store is now; the days are those of the newsroom's zone."""
    zone = store.newsroom().zone
    today = now.astimezone(ZoneInfo(zone)).date()
    # The key of the newest release is random: another store, as after a restore, is not taken for this one.
    newest = Standing.objects.order_by("-pk").values_list("key", flat=True).first()
    state = notice.last_seq(), newest, zone, today
    with _lock:
        kept = _kept.get("recent")
        if kept is None or kept[0] != state:
            kept = _kept["recent"] = state, _read(today, ZoneInfo(zone))
        return kept[1]


def foresee(selection: Selection, schedules: Iterable[Schedule], zone: str, now: datetime) -> Foresight:
    """What `selection` would have brought at each of these frequencies, with the newsroom's hours in `zone`."""
    recent = load(now)
    schedules = list(schedules)
    instant = next((row for row in schedules if row.frequency == Frequency.INSTANT), Schedule())
    return foresight.foresee(
        selection,
        recent.of(selection),
        timetables(schedules, zone),
        settling=timedelta(seconds=instant.settling_seconds),
        today=recent.today,
        oldest=recent.oldest,
    )


def timetables(schedules: Iterable[Schedule], zone: str) -> dict[str, Timetable | None]:
    """When mail leaves at each frequency for one who says nothing of their own; None: at once."""
    by_frequency = {row.frequency: row for row in schedules}
    asked = [Wish(EVERYTHING, frequency) for frequency in by_frequency]
    return {
        frequency: None if frequency == Frequency.INSTANT else demand
        for frequency, demand in wishes.demands(asked, by_frequency, zone).items()
    }


def latest(selection: Selection, found: Foresight) -> list[Release]:
    """The last three releases, older than 90 days if there were not so many."""
    if len(found.latest) < foresight.SHOWN:
        return selected.releases(selection, foresight.SHOWN, _LOOKED_AT)
    loaded = store.load(found.latest)
    return [loaded[pk] for pk in found.latest if pk in loaded]


def _read(today: date, zone: ZoneInfo) -> Recent:
    shown = store.shown().prefetch_related(None)
    oldest = shown.order_by("published_on").values_list("published_on", flat=True).first()
    rows = shown.filter(published_on__gte=foresight.first_day(today), published_on__lte=today)
    led = former.known()
    past = tuple(
        Past(
            pk,
            group,
            on,
            *_told(on, seen, announced, zone),
            silence == _SILENT,
            led.facts(Facts.from_json(facts)),
        )
        for pk, on, group, facts, seen, announced, silence in rows.values_list(*_COLUMNS)
    )
    return Recent(today, oldest, past)


def _told(on: date, seen: datetime, announced: datetime | None, zone: ZoneInfo) -> tuple[datetime, bool]:
    """When it was, or would have been, announced, and whether that is known to the moment."""
    at = announced or seen
    if abs((at.astimezone(zone).date() - on).days) <= 1:
        return at, True
    return datetime.combine(on, time(12), zone).astimezone(UTC), False
