from __future__ import annotations

from django.db import models

from notifier.models.subscriber import Subscriber


class Consent(models.Model):
    """Somebody agreed to get mail: when, to what words, in which language, by which way. It goes with the person."""

    class Way(models.TextChoices):
        PAGE = "page", "by the link in a letter"
        COMMAND = "command", "told by an operator"
        IMPORT = "import", "brought along from another system"

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="consents")
    at = models.DateTimeField()
    way = models.CharField(max_length=10, choices=Way)
    language = models.CharField(max_length=10)
    wording = models.TextField(help_text="What they agreed to, as they read it.")
    what = models.TextField(help_text="What they had chosen, as they read it.")

    def __str__(self) -> str:
        return f"consent of subscriber {self.subscriber_id}"


class Erasure(models.Model):
    """Somebody was erased. The hash is keyed, and serves to erase them again from a backup that is restored."""

    hash = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"an erasure of {self.at:%Y-%m-%d}"
