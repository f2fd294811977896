from __future__ import annotations

import secrets

from django.db import models


def new_lineage() -> str:
    return secrets.token_hex(16)


class Lease(models.Model):
    """A worker that is alive: a random token for each process start, renewed every 10 s."""

    token = models.CharField(max_length=32, primary_key=True)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    renewed_at = models.DateTimeField()
    report = models.JSONField(default=dict, help_text="What the worker says of itself; see notifier.pace.")

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"


class Pulse(models.Model):
    """When a scheduler, or a worker, last wrote that it is alive: a row for each, by the database's clock."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Channel(models.Model):
    """One row: whether mail may leave. `stopped_at` is a person's decision, `fault` the relay's.

    With `stopped_because` Herald stopped it by itself, as the database looks like a copy or a restored backup: by what
    the last four say (see `notifier.lineage`).
    """

    stopped_at = models.DateTimeField(null=True)
    stopped_by = models.CharField(max_length=150, default="", blank=True)
    stopped_because = models.CharField(max_length=300, default="", db_default="", blank=True)
    fault = models.CharField(
        max_length=500, default="", blank=True, help_text="Why the relay cannot be used just now."
    )
    fault_since = models.DateTimeField(null=True)
    last_sent_at = models.DateTimeField(null=True)
    place = models.CharField(
        max_length=200,
        default="",
        db_default="",
        help_text="Where the database stood when mail was sent from it.",
    )
    lineage = models.CharField(max_length=32, default=new_lineage)
    succeeds = models.CharField(
        max_length=32,
        default="",
        db_default="",
        help_text="The lineage that was restored and became this one.",
    )
    serial = models.BigIntegerField(
        default=0, db_default=0, help_text="Goes up while workers run, and never down."
    )

    class Meta:
        verbose_name_plural = "channel"

    def __str__(self) -> str:
        return "E-mail"


class RelayState(models.Model):
    """How one relay of SMTP_URL stands, as the workers found it."""

    name = models.CharField(max_length=300, unique=True)
    fault = models.CharField(max_length=500, default="", blank=True)
    fault_since = models.DateTimeField(null=True)
    is_paused = models.BooleanField(
        default=False, help_text="It refuses us, and is tried again at most once an hour."
    )
    takes_utf8 = models.BooleanField(null=True, help_text="Whether it offers SMTPUTF8.")

    class Meta:
        verbose_name = "relay"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Suppression(models.Model):
    """An address that gets nothing, whatever else is recorded. Encrypted like the subscriber's."""

    class Kind(models.TextChoices):
        """What it rests on, the weakest first: a weaker one never takes the place of one that stands."""

        SOFT = "soft", "undeliverable for now, again and again"
        BOUNCE = "bounce", "undeliverable for good"
        COMPLAINT = "complaint", "complaint"
        PERSON = "person", "a person's decision"

    address = models.BinaryField(unique=True, max_length=600)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PERSON, db_default=Kind.PERSON)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"suppression {self.pk}"
