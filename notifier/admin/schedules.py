from __future__ import annotations

from typing import Any

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
    times = TimesField(
        label="Time of day",
        widget=UnfoldAdminTextInputWidget,
        help_text="Local to each reader; what they begin with. Several times a day: for all, as 08:00 13:00 18:00.",
    )
    monthday = forms.TypedChoiceField(
        label="Day of the month",
        coerce=int,
        choices=[*((day, str(day)) for day in range(1, 29)), (LAST, "the last")],
        widget=UnfoldAdminSelectWidget,
        help_text="Of the monthly digest.",
    )
    weekdays = WeekdaysField(
        choices=[(str(number), day.capitalize()) for number, day in enumerate(DAYS, 1)],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )


@admin.register(Schedule)
class ScheduleAdmin(RecordedAdmin):
    form = ScheduleForm
    list_display = ("frequency", "offered", "times", "days", "too_late_hours", "settling_seconds")
    fields = (
        "frequency", "offered", "times", "weekdays", "monthday", "too_late_hours", "settling_seconds", "hold_above",
        "hold_above_hourly",
    )  # fmt: skip

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
