from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from config.adminsite import RecordedAdmin, SectionForm
from notifier.models import Schedule
from notifier.sections import DAYS

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


class MinuteField(forms.CharField):
    """Minutes after midnight, written as a time of day."""

    def prepare_value(self, value: Any) -> Any:
        return f"{value // 60:02}:{value % 60:02}" if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        found = _TIME.fullmatch(str(value or "").strip())
        if not found:
            raise forms.ValidationError("must be a time between 00:00 and 23:59, such as 07:00")
        return int(found[1]) * 60 + int(found[2])

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != data)


class WeekdaysField(forms.MultipleChoiceField):
    """A text of ISO weekdays, chosen by name."""

    def prepare_value(self, value: Any) -> Any:
        return list(value or "")

    def clean(self, value: Any) -> Any:
        return "".join(sorted(super().clean(value)))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or "") != sorted(data or [])


class ScheduleForm(SectionForm):
    form_names = {"time": "minute"}
    minute = MinuteField(
        label="Time of day",
        widget=UnfoldAdminTextInputWidget,
        help_text="Local to each reader; what they begin with.",
    )
    weekdays = WeekdaysField(
        choices=[(str(number), day.capitalize()) for number, day in enumerate(DAYS, 1)],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )


@admin.register(Schedule)
class ScheduleAdmin(RecordedAdmin):
    form = ScheduleForm
    list_display = ("frequency", "offered", "time", "days", "settling_seconds")
    fields = (
        "frequency", "offered", "minute", "weekdays", "settling_seconds", "hold_above", "hold_above_hourly",
    )  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(super().has_add_permission(request)) and Schedule.objects.count() < len(DAYS[:3])

    @admin.display(ordering="minute")
    def time(self, schedule: Schedule) -> str:
        return f"{schedule.minute // 60:02}:{schedule.minute % 60:02}"

    @admin.display(description="weekdays")
    def days(self, schedule: Schedule) -> str:
        if schedule.weekdays == "1234567":
            return "every day"
        return ", ".join(
            day.capitalize() for number, day in enumerate(DAYS, 1) if str(number) in schedule.weekdays
        )
