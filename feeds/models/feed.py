from __future__ import annotations

from django.db import models


class SavedFeed(models.Model):
    """A selection that an admin saved under a name: a feed at /feeds/saved/<slug>. Configuration."""

    slug = models.SlugField(max_length=100, unique=True)
    title = models.CharField(max_length=300)
    description = models.CharField(max_length=500, default="", blank=True)
    selection = models.JSONField(help_text="As feeds.selection.Selection.to_json().")
    position = models.PositiveIntegerField(default=0, help_text="Order in lists; then by title.")

    class Meta:
        ordering = ("position", "title")

    def __str__(self) -> str:
        return self.title


class HubPing(models.Model):
    """A hub is to be told that a document of a feed has changed. One row a document and hub, gone once the hub has
    it.

    Whoever tells the hub puts `next_at` off before; who owes the hub more in the meantime sets it to now.
    """

    hub = models.CharField(max_length=500)
    topic = models.CharField(max_length=700, help_text="The feed's address, suffix included.")
    seq = models.BigIntegerField(help_text="Of the last change it is to be told of.")
    next_at = models.DateTimeField(db_index=True)
    failures = models.PositiveIntegerField(
        default=0, help_text="How often the hub refused this very document."
    )
    error = models.CharField(max_length=300, default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("hub", "topic"), name="one_ping_a_topic_and_hub")]

    def __str__(self) -> str:
        return self.topic


class HubFailure(models.Model):
    """A hub that cannot be told anything just now: nobody asks it again before `next_at`. Gone once it works again."""

    hub = models.CharField(max_length=500, unique=True)
    since = models.DateTimeField()
    failures = models.PositiveIntegerField(help_text="In a row.")
    next_at = models.DateTimeField()
    error = models.CharField(max_length=300)

    def __str__(self) -> str:
        return self.hub
