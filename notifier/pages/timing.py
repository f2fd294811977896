"""What a form says about when mail is to come: read and checked, with a message at each field that is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext as _

from notifier import addresses
from notifier.models import Frequency, Schedule
from notifier.pages import zones

EVERY_DAY = "1234567"


@dataclass(frozen=True, slots=True)
class Times:
    """When mail is to come. `minute` is local time in minutes after midnight; `weekdays` ISO weekdays of a digest."""

    frequency: str
    minute: int
    weekdays: str
    zone: str
    language: str


@dataclass(frozen=True, slots=True)
class Form:
    """A posted form: the times, the address as typed, and `wrong`: messages by the name of the field."""

    times: Times
    address: str = ""
    wrong: dict[str, str] = field(default_factory=dict)


def offered() -> list[Schedule]:
    """The frequencies that readers may choose; all three before anything is configured."""
    rows = list(Schedule.objects.filter(offered=True))
    return rows or [
        Schedule(frequency=value, weekdays="1" if value == "weekly" else EVERY_DAY) for value in Frequency
    ]


def names() -> dict[str, str]:
    """The frequencies in the page's language."""
    return {"instant": _("At once"), "daily": _("Every day"), "weekly": _("Once a week")}


def standard(schedules: list[Schedule], zone: str, language: str) -> Times:
    """What a form proposes: the daily digest if it is offered, at its usual hour."""
    usual = next((row for row in schedules if row.frequency == Frequency.DAILY), schedules[0])
    return Times(usual.frequency, usual.minute, usual.weekdays, zone, language)


def read_times(data: QueryDict, before: Times, schedules: list[Schedule]) -> tuple[Times, dict[str, str]]:
    """The times that a form says, `before` filling in what it does not say; and what is wrong with it, by field."""
    by_frequency = {row.frequency: row for row in schedules}
    frequency = data.get("frequency", before.frequency)
    minute = data.get("minute", str(before.minute))
    zone = data.get("zone", before.zone)
    language = data.get("language", before.language)
    wrong = {}
    if frequency not in {*by_frequency, before.frequency}:
        wrong["frequency"] = _("Choose how often mail is to come.")
    if not (minute.isascii() and minute.isdecimal() and len(minute) < 5 and int(minute) < 1440):
        wrong["minute"] = _("Choose an hour.")
    if zone not in zones.known():
        wrong["zone"] = _("Choose a time zone from the list.")
    if language not in settings.HERALD_LANGUAGES:
        wrong["language"] = _("Choose a language from the list.")
    if wrong:
        return before, wrong
    usual = by_frequency[frequency].weekdays if frequency in by_frequency else before.weekdays
    return Times(frequency, int(minute), _weekdays(data, frequency, usual, before), zone, language), {}


def read_address(typed: str) -> tuple[str, str]:
    """(the address in its one form, "") or ("", what to do about it)."""
    try:
        return addresses.normalise(typed), ""
    except addresses.BadAddress:
        return "", _("Enter an e-mail address, such as name@example.org.")


def _weekdays(data: QueryDict, frequency: str, usual: str, before: Times) -> str:
    """The weekly day is the person's own; a daily digest comes on the days the newsroom has set."""
    if frequency != Frequency.WEEKLY:
        return before.weekdays if frequency == before.frequency else usual
    day = data.get("weekday", "")
    if len(day) == 1 and day in EVERY_DAY:
        return day
    return before.weekdays if before.frequency == Frequency.WEEKLY else usual
