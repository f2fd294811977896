from __future__ import annotations

from django.db import models

from notifier.models.dispatch import Dispatch


class Edition(models.Model):
    """What one group of people gets in one dispatch; rendered once for all of them.

    `content` is a list in reading order for the layouts "alert", "digest", "correction", "watch" and "canary": of
    {"release": id, "because": [["topic", "border-management"], …]}, and of {"release": id, "correction": id of a
    Correction}. For letters it is {"…": …} as the layout needs.
    """

    dispatch = models.ForeignKey(Dispatch, models.CASCADE, related_name="editions", db_index=False)
    layout = models.CharField(
        max_length=20, help_text="alert, digest, correction, watch, or that of a letter"
    )
    language = models.CharField(max_length=10)
    digest = models.CharField(
        max_length=64, help_text="SHA-256 of layout, language and content; equal ones are one."
    )
    content = models.JSONField()
    version = models.PositiveIntegerField(default=1)
    leaves_at = models.DateTimeField(null=True, help_text="Until then an editor may stop it; null: at once.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=("dispatch", "digest"), name="one_edition_a_content")]

    def __str__(self) -> str:
        return f"edition {self.pk}"


class EditionRelease(models.Model):
    """Which editions hold a release: for withdrawal, and for "has this person had it"."""

    edition = models.ForeignKey(Edition, models.CASCADE, db_index=False)
    release_id = models.BigIntegerField()
    group = models.BigIntegerField(help_text="The release's language group; a person gets a group once.")
    until = models.PositiveIntegerField(
        null=True, help_text="The last version that holds it, where a withdrawal took it out; null: all do."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=("edition", "release_id"), name="one_entry_an_edition")]
        indexes = [
            models.Index(fields=("group",), name="edition_by_group"),
            models.Index(fields=("release_id",), name="edition_by_release"),
        ]


class EditionText(models.Model):
    """How a release reads in one version of an edition, by fingerprint: who has received which text of it."""

    edition = models.ForeignKey(Edition, models.CASCADE)
    version = models.PositiveIntegerField()
    release_id = models.BigIntegerField(db_index=True)
    fingerprint = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("edition", "version", "release_id"), name="one_text_a_version")
        ]


class Rendering(models.Model):
    """The bytes of one version of an edition, with slots for what differs by person. Never altered."""

    edition = models.ForeignKey(Edition, models.CASCADE)
    version = models.PositiveIntegerField()
    message = models.BinaryField(help_text="notifier.letters.Pattern, packed and compressed.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=("edition", "version"), name="one_rendering_a_version")]
