from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from config.adminsite import RecordedAdmin, SectionForm
from notifier import daytimes
from notifier.models import Frequency, Schedule
from notifier.sections import DAYS
from notifier.windows import LAST

_ALERTS = ("settling_seconds", "hold_above", "hold_above_hourly")
_DIGESTS = ("too_late_hours", "hold_above", "hold_above_hourly")
APPLIES: dict[str, tuple[str, ...]] = {
    Frequency.INSTANT: _ALERTS,
    Frequency.SEVERAL: ("times", "weekdays", *_DIGESTS),
    Frequency.DAILY: ("times", "weekdays", *_DIGESTS),
    Frequency.WEEKLY: ("times", "weekdays", *_DIGESTS),
    Frequency.MONTHLY: ("times", "monthday", *_DIGESTS),
}
"""What there is to be set for each frequency, besides whether it is offered."""


def shown(schedule: Schedule | None) -> tuple[str, ...]:
    """The fields of the page of a schedule. A new one begins with what is usual, and is then set."""
    return ("frequency", "offered", *(APPLIES[schedule.frequency] if schedule and schedule.pk else ()))


class TimesField(forms.CharField):
    """Times of day, with spaces between them."""

    def clean(self, value: Any) -> Any:
        try:
            minutes = daytimes.read_all(str(value or ""))
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from None
        if not minutes:
            raise forms.ValidationError("must be a time between 00:00 and 23:59, such as 07:00")
        return daytimes.spell_all(minutes)


class WeekdaysField(forms.MultipleChoiceField):
    """A text of ISO weekdays, chosen by name."""

    def prepare_value(self, value: Any) -> Any:
        return list(value or "")

    def clean(self, value: Any) -> Any:
        return "".join(sorted(super().clean(value)))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or "") != sorted(data or [])


class ScheduleForm(SectionForm):
    class Meta:
        labels: ClassVar[dict[str, str]] = {
            "offered": "Offered to readers",
            "too_late_hours": "Left out when late by more than (hours)",
            "settling_seconds": "After an alert, the next waits (seconds)",
            "hold_above": "Hold above so many people",
            "hold_above_hourly": "Hold above so many messages an hour",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "offered": "Switched off, nobody can choose it any more; those who have it keep it.",
            "too_late_hours": "Its releases join the next one then, as after a long standstill. 0: never.",
            "settling_seconds": "What comes for the same choice meanwhile leaves with it, as one message.",
            "hold_above": "A dispatch to more people waits on the page Dispatches, until it is let go. 0: none.",
            "hold_above_hourly": "So does one by which more would leave within an hour. 0: none.",
        }

    times = TimesField(
        label="Time of day",
        widget=UnfoldAdminTextInputWidget,
        help_text="Local to each reader; what they begin with.",
    )
    monthday = forms.TypedChoiceField(
        label="Day of the month",
        coerce=int,
        choices=[*((day, str(day)) for day in range(1, 29)), (LAST, "the last")],
        widget=UnfoldAdminSelectWidget,
    )
    weekdays = WeekdaysField(
        choices=[(str(number), day.capitalize()) for number, day in enumerate(DAYS, 1)],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        for name in set(self.fields) - {*shown(self.instance)}:
            del self.fields[name]
        if self.instance.frequency == Frequency.SEVERAL and "times" in self.fields:
            self.fields["times"].label = "Times of day"
            self.fields["times"].help_text = "Local to each reader, the same for all, as 08:00 13:00 18:00."


@admin.register(Schedule)
class ScheduleAdmin(RecordedAdmin):
    form = ScheduleForm
    list_display = ("frequency", "offered", "times", "days", "too_late_hours", "settling_seconds")

    def get_fields(self, _request: HttpRequest, obj: Schedule | None = None) -> tuple[str, ...]:
        return shown(obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(super().has_add_permission(request)) and Schedule.objects.count() < len(Frequency)

    @admin.display(description="days")
    def days(self, schedule: Schedule) -> str:
        if schedule.frequency == Frequency.MONTHLY:
            return "the last of the month" if schedule.monthday == LAST else f"day {schedule.monthday}"
        if schedule.weekdays == "1234567":
            return "every day"
        return ", ".join(
            day.capitalize() for number, day in enumerate(DAYS, 1) if str(number) in schedule.weekdays
        )
