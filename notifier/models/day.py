"""What is counted by day, and the weekly letters to those who work here."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class DayCount(models.Model):
    """One number of one day (UTC); see `notifier.days`. Nobody is named in it."""

    day = models.DateField()
    what = models.CharField(max_length=12)
    slug = models.CharField(max_length=200, default="", blank=True, help_text="Of an office or a topic.")
    count = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("day", "what", "slug"), name="one_count_a_day")]

    def __str__(self) -> str:
        return f"{self.what} {self.slug} on {self.day}".replace("  ", " ")


class Summary(models.Model):
    """The weekly letter to one account: the row is made once, by whichever scheduler is first, and says how it went.

    `week` is the Monday on which the week that it tells of began. Whoever sends it first puts `next_at` off.
    """

    week = models.DateField()
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    next_at = models.DateTimeField(help_text="When to try it; put off by whoever tries.")
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("week", "account"), name="one_summary_a_week")]
        verbose_name_plural = "summaries"

    def __str__(self) -> str:
        return f"summary of {self.week} to account {self.account_id}"
