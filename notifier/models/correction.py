"""What people are to be told of a release that they have had, and who has asked to be told."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from notifier.models.subscriber import Subscriber


class Correction(models.Model):
    """Something became of a release after it was sent: it reads otherwise, was withdrawn, or is shown again.

    Those who watch the release are told of each; those who received it if an editor said so (`notify`). RESTORED is for
    those alone out of whose mail it was taken by a withdrawal that was undone since: to them it is new.
    """

    class Kind(models.TextChoices):
        CORRECTED = "corrected", "corrected"
        WITHDRAWN = "withdrawn", "withdrawn"
        RESTORED = "restored", "shown again"

    release_id = models.BigIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    number = models.PositiveIntegerField(help_text="Of the ReleaseVersion in which it reads as it does now.")
    before = models.PositiveIntegerField(
        null=True, help_text="Of the ReleaseVersion it is compared with, to say what changed."
    )
    fingerprint = models.CharField(
        max_length=64, default="", help_text="Of the right text: whoever got another received the mistake."
    )
    title = models.TextField(help_text="As it was then: of what was withdrawn nothing else is left to say.")
    note = models.TextField(default="", blank=True, help_text="The editor's, in plain words.")
    noted = models.PositiveIntegerField(
        null=True, help_text="Of the ReleaseVersion in which a mark put the note to it, and nothing else."
    )
    likewise = models.JSONField(
        default=list,
        help_text="Fingerprints of the right text without that note: whoever got such a one received no mistake.",
    )
    notify = models.BooleanField(default=False, help_text="An editor marked it for those who received it.")
    marked_by = models.CharField(max_length=150, default="", blank=True)
    made_at = models.DateTimeField(help_text="When it was marked, or noticed.")
    begun_at = models.DateTimeField(null=True, help_text="When people were looked for first.")
    look_at = models.DateTimeField(
        null=True, db_index=True, help_text="When to look again for people it is for; null: all have it."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("release_id", "number", "kind"), name="one_correction_a_version")
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.title}"


class CorrectionDue(models.Model):
    """A person is to have a correction, once: by the dispatch that is named, as soon as there is one.

    `watching`: because they watch the release, so at once; else at once or in the next digest, as they get their mail.
    """

    correction = models.ForeignKey(Correction, models.CASCADE, related_name="due", db_index=False)
    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="+", db_constraint=False)
    watching = models.BooleanField(default=False)
    interest_id = models.BigIntegerField(
        null=True, help_text="Of what is shown again: by which choice it was to come."
    )
    dispatch_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("correction", "subscriber"), name="one_correction_a_person")
        ]
        indexes = [
            models.Index(
                fields=("correction", "subscriber"),
                condition=Q(dispatch_id__isnull=True),
                name="correction_open",
            )
        ]
        verbose_name_plural = "corrections due"


class Watch(models.Model):
    """ "Tell me if this changes": a person asked to be told of each change of one release, until a day a year on."""

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="watches")
    release_id = models.BigIntegerField()
    created_at = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("subscriber", "release_id"), condition=Q(ended_at=None), name="one_watch_a_release"
            )
        ]
        indexes = [models.Index(fields=("release_id",), condition=Q(ended_at=None), name="watch_by_release")]
        verbose_name_plural = "watches"

    def __str__(self) -> str:
        return f"watch of release {self.release_id} by subscriber {self.subscriber_id}"
