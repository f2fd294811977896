"""What Herald keeps beside releases: their earlier versions, warnings, and what it proposes to an editor.

None of these tables has triggers or a constraint towards the release: a plain DELETE of a release works, and
`feeds.observing.sweep` clears up after it.
"""

from __future__ import annotations

from django.db import models


class ReleaseVersion(models.Model):
    """A release as it was noticed at one time. The first is number 1. Written by `feeds.notice` alone.

    `public` is false for what was never shown in this form (scheduled, withdrawn): only admins may see it.
    """

    release_id = models.BigIntegerField()
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    significant = models.BooleanField(help_text="Whether a reader should see the change that led to it.")
    public = models.BooleanField()
    content = models.BinaryField(help_text="Compressed; see feeds.versions.")
    seq = models.BigIntegerField(
        null=True, help_text="Of the change that led to it; null: before this was written down."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=("release_id", "number"), name="one_version_a_number")]

    def __str__(self) -> str:
        return f"release {self.release_id} version {self.number}"


class ReleaseWarning(models.Model):
    """What intake had to cut or change, in words: nothing is lost silently."""

    release = models.ForeignKey("feeds.Release", models.CASCADE, related_name="warnings", db_constraint=False)
    text = models.CharField(max_length=300)
    found_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("release", "text"), name="one_warning_a_text")]

    def __str__(self) -> str:
        return self.text


class TranslationLink(models.Model):
    """A source names another language version of a release: by its key there, or by its canonical address.

    Followed once, when there is a release of that name; what an editor makes of it afterwards stays.
    """

    release = models.ForeignKey(
        "feeds.Release", models.CASCADE, related_name="translation_links", db_constraint=False
    )
    source = models.ForeignKey("feeds.Source", models.CASCADE)
    name = models.TextField(db_index=True)
    joined = models.BigIntegerField(null=True, help_text="Id of the release it led to.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=("release", "source", "name"), name="one_link_a_name")]

    def __str__(self) -> str:
        return self.name


class Suggestion(models.Model):
    """What Herald proposes for a release. It is never applied by itself: an admin confirms or dismisses it, once."""

    class Kind(models.TextChoices):
        OFFICE = "office", "gets an office"
        WITHDRAWAL = "withdrawal", "is withdrawn"

    class Decision(models.TextChoices):
        OPEN = ""
        CONFIRMED = "confirmed"
        DISMISSED = "dismissed"
        LAPSED = "lapsed"  # its reason went away by itself

    release = models.ForeignKey(
        "feeds.Release", models.CASCADE, related_name="suggestions", db_constraint=False
    )
    kind = models.CharField(max_length=10, choices=Kind)
    value = models.CharField(max_length=200, default="", blank=True, help_text="The office's slug.")
    reason = models.CharField(max_length=300, help_text="What it rests on, in words.")
    found_at = models.DateTimeField()
    decision = models.CharField(max_length=10, choices=Decision, default="", blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=100, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("release", "kind", "value"), name="one_suggestion_a_value")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}".strip()


class PageCheck(models.Model):
    """Whether a release's own page upstream still answers."""

    release_id = models.BigIntegerField(primary_key=True)
    next_at = models.DateTimeField(db_index=True)
    checked_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True, help_text="The HTTP status it answered with last.")
    missing_since = models.DateTimeField(null=True, help_text="The first 404 or 410 in a row.")

    def __str__(self) -> str:
        return f"release {self.release_id} {self.status or '-'}"
