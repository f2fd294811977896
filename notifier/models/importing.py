from __future__ import annotations

from django.db import models

from notifier.models.subscriber import Subscriber


class Import(models.Model):
    """Subscribers of another system, brought in from one file; its rows are in batches until they are done."""

    class State(models.TextChoices):
        DRAFT = "draft", "looked through, not begun"
        RUNNING = "running", "being brought in"
        DONE = "done", "done"
        UNDOING = "undoing", "being taken back"
        UNDONE = "undone", "taken back"
        DROPPED = "dropped", "never begun"

    name = models.CharField(max_length=200, help_text="Of the file.")
    system = models.CharField(max_length=40)
    head = models.JSONField(default=list)
    columns = models.JSONField(default=dict, help_text="Field -> number of its column.")
    wishes = models.JSONField(default=list, help_text="What people get whose row says nothing.")
    language = models.CharField(max_length=10, default="en")
    zone = models.CharField(max_length=64, default="UTC")
    frequency = models.CharField(max_length=10, default="daily")
    asks = models.BooleanField(default=True, help_text="Everybody is asked by a letter to confirm.")
    basis = models.TextField(
        default="", help_text="What they agreed to, where and how; kept with each consent."
    )
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=150)
    begun_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    rows = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(
        default=0, help_text="Rows that were dealt with, or people taken back."
    )
    counts = models.JSONField(default=dict, help_text="What became of rows -> how many.")
    refusals = models.JSONField(default=list, help_text="The first ones: [line, why].")

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"import {self.pk}"


class ImportBatch(models.Model):
    """Some rows of an import that are not dealt with yet, sealed under ADDRESS_KEY. Gone when they are."""

    of = models.ForeignKey(Import, models.CASCADE, related_name="batches")
    number = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    sealed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("of", "number"), name="one_batch_a_number")]


class Imported(models.Model):
    """This person came by that import, at `at`: so that it can be taken back."""

    subscriber = models.OneToOneField(Subscriber, models.CASCADE, primary_key=True, related_name="imported")
    by = models.ForeignKey(Import, models.CASCADE, related_name="people")
    at = models.DateTimeField()
