from __future__ import annotations

from django.db import models


class Text(models.Model):
    """A text of messages as the newsroom words it: configuration, a row each.

    `words` holds templates by language code (see `notifier.sandbox`); where one is missing, Herald's own stands.
    """

    key = models.CharField(max_length=40, unique=True)
    words = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.key
