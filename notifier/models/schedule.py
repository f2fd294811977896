from __future__ import annotations

from django.db import models


class Frequency(models.TextChoices):
    """How often mail comes, the quickest first."""

    INSTANT = "instant", "at once"
    SEVERAL = "several", "several times a day"
    DAILY = "daily", "every day"
    WEEKLY = "weekly", "once a week"
    MONTHLY = "monthly", "once a month"


QUICKEST_FIRST = tuple(Frequency.values)


class Schedule(models.Model):
    """How one frequency is offered to readers: configuration, a row each."""

    frequency = models.CharField(max_length=10, choices=Frequency, unique=True)
    offered = models.BooleanField(default=True)
    times = models.CharField(
        max_length=150, default="07:00", help_text="Local times, as 08:00 13:00 18:00; what one begins with."
    )
    weekdays = models.CharField(
        max_length=7, default="1234567", help_text="ISO weekdays of a run, 1 is Monday."
    )
    monthday = models.PositiveSmallIntegerField(
        default=1, help_text="Day of the month of a monthly run: 1 to 28, or 31 for the last."
    )
    too_late_hours = models.PositiveIntegerField(
        default=0,
        help_text="A run that is found due later than this is left out, and its releases join the next. 0: never.",
    )
    settling_seconds = models.PositiveIntegerField(
        default=60,
        help_text="After an alert, what follows for the same interest waits this long and leaves as one.",
    )
    hold_above = models.PositiveIntegerField(
        default=0, help_text="A dispatch to more people than this waits for an admin. 0: none does."
    )
    hold_above_hourly = models.PositiveIntegerField(
        default=0,
        help_text="So does one by which more messages than this would leave within an hour. 0: none does.",
    )

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.get_frequency_display()
