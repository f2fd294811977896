"""What a form says about when mail is to come: read and checked, with a message at each field that is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext as _

from feeds.selection import Selection
from notifier import addresses, daytimes, subscriptions
from notifier.cadences import EVERY_DAY
from notifier.models import QUICKEST_FIRST, Frequency, Schedule
from notifier.pages import zones
from notifier.wishes import Wish, usual


@dataclass(frozen=True, slots=True)
class Times:
    """When mail is to come. `minute` is local time in minutes after midnight; `weekdays` ISO weekdays of a digest;
    `monthday` the day of the month of a monthly one (1 to 28, LAST)."""

    frequency: str
    minute: int
    weekdays: str
    zone: str
    language: str
    monthday: int = 1

    def wish(self, selection: Selection) -> Wish:
        """A selection, to come at these times."""
        return Wish(selection, self.frequency, self.minute, self.weekdays, self.monthday)


@dataclass(frozen=True, slots=True)
class Form:
    """A posted form: the times, the address as typed, and `wrong`: messages by the name of the field."""

    times: Times
    address: str = ""
    wrong: dict[str, str] = field(default_factory=dict)


def offered() -> list[Schedule]:
    """The frequencies that readers may choose, the quickest first; all before anything is configured."""
    rows = list(Schedule.objects.filter(offered=True)) or [usual(value) for value in QUICKEST_FIRST]
    return sorted(rows, key=lambda row: QUICKEST_FIRST.index(row.frequency))


def names() -> dict[str, str]:
    """The frequencies in the page's language."""
    return {
        "instant": _("At once"),
        "several": _("Several times a day"),
        "daily": _("Every day"),
        "weekly": _("Once a week"),
        "monthly": _("Once a month"),
    }


def standard(schedules: list[Schedule], zone: str, language: str) -> Times:
    """What a form proposes: the daily digest if it is offered, at its usual hour."""
    row = next((row for row in schedules if row.frequency == Frequency.DAILY), schedules[0])
    return Times(row.frequency, first_minute(row), row.weekdays, zone, language, row.monthday)


def first_minute(schedule: Schedule) -> int:
    """The hour a form proposes."""
    return daytimes.read_all(schedule.times)[0]


def read_times(data: QueryDict, before: Times, schedules: list[Schedule]) -> tuple[Times, dict[str, str]]:
    """The times that a form says, `before` filling in what it does not say; and what is wrong with it, by field."""
    by_frequency = {row.frequency: row for row in schedules}
    frequency = data.get("frequency", before.frequency)
    minute = data.get("minute", str(before.minute))
    monthday = data.get("monthday", str(before.monthday))
    zone = data.get("zone", before.zone)
    language = data.get("language", before.language)
    wrong = {}
    if frequency not in {*by_frequency, before.frequency}:
        wrong["frequency"] = _("Choose how often mail is to come.")
    if not (minute.isascii() and minute.isdecimal() and len(minute) < 5 and int(minute) < 1440):
        wrong["minute"] = _("Choose an hour.")
    if monthday not in zones.MONTHDAYS:
        wrong["monthday"] = _("Choose a day of the month.")
    if zone not in zones.known():
        wrong["zone"] = _("Choose a time zone from the list.")
    if language not in settings.HERALD_LANGUAGES:
        wrong["language"] = _("Choose a language from the list.")
    if wrong:
        return before, wrong
    days = _weekdays(data, frequency, by_frequency.get(frequency), before)
    return Times(frequency, int(minute), days, zone, language, int(monthday)), {}


def read_address(typed: str) -> tuple[str, str]:
    """(the address in its one form, "") or ("", what to do about it). "ada@gmail" is a slip: a host by a name without a
    dot gets no mail from outside its own network.
    """
    try:
        found = subscriptions.reachable(typed)
        if "." not in addresses.domain_of(found):
            raise addresses.BadAddress("its domain has no dot")
        return found, ""
    except subscriptions.Unreachable:
        return "", _(
            "We cannot send mail to addresses with letters such as “ü” before the @. Enter another one."
        )
    except addresses.BadAddress:
        return "", _("Enter an e-mail address, such as name@example.org.")


def _weekdays(data: QueryDict, frequency: str, schedule: Schedule | None, before: Times) -> str:
    """The days that are ticked, or the one of the weekly digest; none: as they were, or as the newsroom has it."""
    if frequency == Frequency.WEEKLY:
        chosen = data.get("weekday", "")[:2]
    else:
        chosen = "".join(sorted({day for day in data.getlist("weekdays") if len(day) == 1}))
    if chosen and (frequency != Frequency.WEEKLY or len(chosen) == 1) and set(chosen) <= set(EVERY_DAY):
        return chosen
    return before.weekdays if frequency == before.frequency or schedule is None else schedule.weekdays
