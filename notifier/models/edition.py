from __future__ import annotations

from django.db import models

from notifier.models.dispatch import Dispatch


class Edition(models.Model):
    """What one group of people gets in one dispatch; rendered once for all of them.

    `content` is a list of {"release": id, "because": [["topic", "border-management"], …]} in reading order for the
    layouts "alert" and "digest"; for letters it is {"…": …} as the layout needs. An item that also has "correction":
    {"note": text, "sent_on": ISO date}, both optional, tells who had the release that it was corrected, or, where it
    is withdrawn now, that it was.
    """

    dispatch = models.ForeignKey(Dispatch, models.CASCADE, related_name="editions")
    layout = models.CharField(max_length=20, help_text="alert, digest, confirm, welcome or manage")
    language = models.CharField(max_length=10)
    digest = models.CharField(
        max_length=64, help_text="SHA-256 of layout, language and content; equal ones are one."
    )
    content = models.JSONField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("dispatch", "digest"), name="one_edition_a_content")]

    def __str__(self) -> str:
        return f"edition {self.pk}"


class EditionRelease(models.Model):
    """Which editions hold a release: for withdrawal, and for "has this person had it"."""

    edition = models.ForeignKey(Edition, models.CASCADE)
    release_id = models.BigIntegerField()
    group = models.BigIntegerField(help_text="The release's language group; a person gets a group once.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=("edition", "release_id"), name="one_entry_an_edition")]
        indexes = [models.Index(fields=("group",), name="edition_by_group")]


class Rendering(models.Model):
    """The bytes of one version of an edition, with slots for what differs by person. Never altered."""

    edition = models.ForeignKey(Edition, models.CASCADE)
    version = models.PositiveIntegerField()
    message = models.BinaryField(help_text="notifier.letters.Pattern, packed and compressed.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=("edition", "version"), name="one_rendering_a_version")]
