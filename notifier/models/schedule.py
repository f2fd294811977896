from __future__ import annotations

from django.db import models


class Frequency(models.TextChoices):
    INSTANT = "instant", "at once"
    DAILY = "daily", "every day"
    WEEKLY = "weekly", "once a week"


class Schedule(models.Model):
    """How one frequency is offered to readers: configuration, a row each."""

    frequency = models.CharField(max_length=10, choices=Frequency, unique=True)
    offered = models.BooleanField(default=True)
    minute = models.PositiveIntegerField(
        default=420, help_text="Default local time, in minutes after midnight."
    )
    weekdays = models.CharField(
        max_length=7, default="1234567", help_text="ISO weekdays of a run, 1 is Monday."
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
