from __future__ import annotations

from django.db import models


class Canary(models.Model):
    """A hidden release on its way (see `notifier.canary`): one in each interval, whoever began it. Nobody's data.

    Instants are the database's, but for `handed_at`, which is the worker's. Empty ones have not come yet.
    """

    class Way(models.TextChoices):
        """How far mail is to prove itself."""

        OPEN = "", "not decided yet"
        NONE = "none", "there is no relay, or nobody to send to"
        STOPPED = "stopped", "mail is stopped"
        RELAY = "relay", "the relay takes it"
        MAILBOX = "mailbox", "it comes back to Herald"

    due_at = models.DateTimeField(unique=True, help_text="The beginning of its interval.")
    name = models.CharField(max_length=32, unique=True, help_text="Random; in the release's title.")
    begun_at = models.DateTimeField(help_text="When the release was written.")
    release_id = models.BigIntegerField()
    noticed_at = models.DateTimeField(null=True)
    served_at = models.DateTimeField(null=True, help_text="When its feed had it, as a reader sees it.")
    way = models.CharField(max_length=10, choices=Way, default=Way.OPEN, blank=True)
    dispatch_id = models.BigIntegerField(null=True, unique=True)
    handed_at = models.DateTimeField(null=True, help_text="When the relay took it.")
    arrived_at = models.DateTimeField(null=True, help_text="When it came back to Herald.")
    fault = models.CharField(max_length=200, default="", blank=True, help_text="Why no mail of it arrives.")

    class Meta:
        verbose_name_plural = "canaries"

    def __str__(self) -> str:
        return f"canary {self.name}"

    @classmethod
    def dispatches(cls) -> models.QuerySet[Canary, int]:
        """The numbers of those that carry canaries: to be left out wherever mail is listed or counted."""
        found = cls.objects.filter(dispatch_id__isnull=False)
        return found.values_list("dispatch_id", flat=True)
