from __future__ import annotations

from django.db import models


class Revision(models.Model):
    """The whole configuration after one change, as canonical JSON: {section: [row, …]}. Never altered."""

    number = models.PositiveIntegerField(unique=True)
    made_at = models.DateTimeField()
    actor = models.CharField(max_length=150, help_text="An account's number, or the command that was used.")
    way = models.CharField(max_length=20, help_text="admin, command, api or start")
    note = models.TextField(blank=True)
    document = models.JSONField()

    class Meta:
        ordering = ("-number",)

    def __str__(self) -> str:
        return f"revision {self.number}"
