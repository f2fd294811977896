from __future__ import annotations

from django.db import models


class FeedDay(models.Model):
    """How often a feed was asked for on a day, whoever asked: all its formats and archive pages together."""

    day = models.DateField(help_text="UTC.")
    feed = models.CharField(
        max_length=450, help_text="The feed's path without suffix: topics/border-management"
    )
    requests = models.BigIntegerField(default=0)
    not_modified = models.BigIntegerField(default=0, help_text="Those answered 304.")
    deltas = models.BigIntegerField(default=0, help_text="Those answered 226, with what is new alone.")
    refused = models.BigIntegerField(default=0, help_text="Those answered 429.")
    sent = models.BigIntegerField(default=0, help_text="Bytes of bodies.")

    class Meta:
        verbose_name_plural = "readers"
        constraints = [models.UniqueConstraint(fields=("day", "feed"), name="one_row_a_feed_and_day")]
        indexes = [models.Index(fields=("feed", "day"), name="feed_days_of_a_feed")]

    def __str__(self) -> str:
        return f"{self.feed} on {self.day}"


class ReportedSubscribers(models.Model):
    """How many subscribers an online reader said, on a day, that it fetches a document for: the most it said.

    A reader that knows a feed under several numbers of its own reports each by itself; `variant` tells those apart and
    holds nothing of what was sent. Subscribers of a feed are the sum over its documents and variants.
    """

    day = models.DateField(help_text="UTC.")
    feed = models.CharField(max_length=450, help_text="The feed's path without suffix.")
    suffix = models.CharField(max_length=8)
    reader = models.CharField(max_length=40, help_text="One of feeds.readers.READERS.")
    variant = models.BigIntegerField(default=0)
    subscribers = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("day", "feed", "suffix", "reader", "variant"), name="one_report_a_document_and_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.reader}: {self.subscribers} of {self.feed}.{self.suffix} on {self.day}"
