from __future__ import annotations

from django.db import models


class Lease(models.Model):
    """A worker that is alive: a random token for each process start, renewed every 10 s."""

    token = models.CharField(max_length=32, primary_key=True)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    renewed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"


class Pulse(models.Model):
    """When a scheduler, or a worker, last wrote that it is alive: a row for each, by the database's clock."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Channel(models.Model):
    """One row: whether mail may leave. `stopped_at` is a person's decision, `fault` the relay's."""

    stopped_at = models.DateTimeField(null=True)
    stopped_by = models.CharField(max_length=150, default="", blank=True)
    fault = models.CharField(
        max_length=500, default="", blank=True, help_text="Why the relay cannot be used just now."
    )
    fault_since = models.DateTimeField(null=True)
    last_sent_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "channel"

    def __str__(self) -> str:
        return "E-mail"


class Suppression(models.Model):
    """An address that gets nothing, whatever else is recorded. Encrypted like the subscriber's."""

    address = models.BinaryField(unique=True, max_length=600)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"suppression {self.pk}"
