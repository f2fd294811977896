from __future__ import annotations

from django.db import models


class Membership(models.Model):
    """A release in a feed. `position` grows in the order in which releases entered this feed; it is never reused.

    A row is live while its position is in the current document. When its archive page is full it is frozen: `page` is
    set, and it shows the release as it was then (`version`, `updated_at`). A release that is changed significantly
    after that enters the feed anew, with another row.
    """

    feed = models.CharField(
        max_length=450, help_text="The feed's path without suffix: topics/border-management"
    )
    release_id = models.BigIntegerField()
    guid = models.CharField(max_length=300)
    position = models.BigIntegerField()
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    seq = models.BigIntegerField(help_text="Of the change that last touched it in this feed.")
    edition = models.PositiveIntegerField(
        default=0, help_text="Standing.version when it entered or was last touched."
    )
    page = models.PositiveIntegerField(null=True, help_text="The archive page it is frozen in.")
    version = models.PositiveIntegerField(null=True, help_text="Which ReleaseVersion that page shows.")
    updated_at = models.DateTimeField(
        null=True, help_text="When it had been updated last, as that page shows it."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("feed", "release_id"),
                condition=models.Q(page=None),
                name="one_live_membership_a_release",
            ),
            models.UniqueConstraint(fields=("feed", "position"), name="one_membership_a_position"),
        ]
        indexes = [
            models.Index(fields=("release_id",), name="membership_by_release"),
            models.Index(
                fields=("feed", "position"),
                condition=models.Q(page=None, left_at=None),
                name="membership_live",
            ),
            # Only of those that left: else SQLite finds the live rows by it, among all that a feed ever held.
            models.Index(
                fields=("feed", "left_at"), condition=models.Q(left_at__isnull=False), name="membership_gone"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.feed} {self.position}"


class ArchivePage(models.Model):
    """Positions (number - 1) * 50 + 1 to number * 50 of a feed, closed for ever (RFC 5005, 4).

    Only a withdrawal or a deletion changes it: then `revision` grows, and with it the page has another address.
    """

    feed = models.CharField(max_length=450)
    number = models.PositiveIntegerField()
    revision = models.PositiveIntegerField(default=1)
    seq = models.BigIntegerField(
        db_index=True, help_text="Of the change that closed it, changed it or its neighbours."
    )
    floor = models.BigIntegerField(
        help_text="Of the last change in it and in all older pages, as they were closed."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=("feed", "number"), name="one_archive_page_a_number")]

    def __str__(self) -> str:
        return f"{self.feed} page {self.number}"

    @property
    def path(self) -> str:
        """Its address below /feeds/, without a suffix."""
        return self.path_of(self.revision)

    def path_of(self, revision: int) -> str:
        """The address it had, or has, as that revision."""
        return f"{self.feed}/archive/{self.number}" + (f"-{revision}" if revision > 1 else "")
