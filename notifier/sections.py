"""The notifier's part of the configuration: the frequencies offered, and what keeps a term from being removed."""

from __future__ import annotations

from functools import partial
from typing import Any

from config import fields as f
from config.fields import Field
from config.sections import Row, Section, register_use
from config.sections import register as _register
from feeds import former
from notifier.models import Frequency, Schedule, Subscription

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def register() -> None:
    """Called when the apps are ready."""
    _register(SCHEDULE)
    for name, fields in _FIELDS.items():
        register_use(name, partial(_chosen, fields))


def _time(schedule: Schedule) -> str:
    return f"{schedule.minute // 60:02}:{schedule.minute % 60:02}"


def _set_time(schedule: Schedule, value: str) -> None:
    hours, _, minutes = value.partition(":")
    schedule.minute = int(hours) * 60 + int(minutes)


def _weekdays(schedule: Schedule) -> list[str]:
    return [day for number, day in enumerate(DAYS, 1) if str(number) in schedule.weekdays]


def _set_weekdays(schedule: Schedule, value: list[str]) -> None:
    schedule.weekdays = "".join(str(DAYS.index(day) + 1) for day in value)


_FIELDS = {
    "office": ("offices", "not_offices"),
    "topic": ("topics", "not_topics"),
    "type": ("types", "not_types"),
}


def _chosen(fields: tuple[str, ...], term: Any) -> str:
    """Whether somebody's live subscription names the term. Where it went up in another, they have followed it there."""
    if term.slug in getattr(former.known(), fields[0]):
        return ""
    live = Subscription.objects.filter(ended_at=None).values_list("interest__selection", flat=True).distinct()
    for selection in live.iterator():
        if any(term.slug in rule.get(name, ()) for rule in selection["rules"] for name in fields):
            return "subscriptions name it"
    return ""


def schedule_of(row: Row) -> Schedule:
    """The schedule that a row of the configuration means; it is not saved."""
    schedule = Schedule()
    for field in SCHEDULE.fields:
        field.write(schedule, row[field.name])
    return schedule


SCHEDULE = Section(
    name="schedule",
    file="subscriptions",
    model=Schedule,
    key="frequency",
    order=lambda row: Frequency.values.index(row["frequency"]),
    in_use=lambda _: "set offered = false instead",
    fields=(
        Field("frequency", f.choice(*Frequency.values)),
        Field("offered", f.flag, True),
        Field("time", f.time_of_day, "07:00", get=_time, put=_set_time),
        Field("weekdays", f.some_of(*DAYS), list(DAYS), get=_weekdays, put=_set_weekdays),
        Field("settling_seconds", f.number(0, 86_400), 60),
    ),
)
