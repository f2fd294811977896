from __future__ import annotations

from django.db import models


class Membership(models.Model):
    """A release in a feed. `position` grows in the order in which releases entered this feed; it is never reused."""

    feed = models.CharField(
        max_length=450, help_text="The feed's path without suffix: topics/border-management"
    )
    release_id = models.BigIntegerField()
    guid = models.CharField(max_length=300)
    position = models.BigIntegerField()
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    seq = models.BigIntegerField(help_text="Of the change that last touched it in this feed.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("feed", "release_id"), name="one_membership_a_release"),
            models.UniqueConstraint(fields=("feed", "position"), name="one_membership_a_position"),
        ]
        indexes = [models.Index(fields=("release_id",), name="membership_by_release")]

    def __str__(self) -> str:
        return f"{self.feed} {self.position}"
