from __future__ import annotations

from django.db import models


class Interest(models.Model):
    """A distinct selection. Equal selections are one row, so matching costs by interest and not by subscriber.

    The selection without any rule matches nothing; it stands for "no minus".
    """

    digest = models.CharField(
        max_length=64, unique=True, help_text="SHA-256 of the canonical selection, hex."
    )
    selection = models.JSONField(help_text="feeds.selection.Selection in canonical form.")

    def __str__(self) -> str:
        return self.digest[:12]


class Description(models.Model):
    """An interest in plain words of one language, as messages of dispatches made from `since` on say it.

    Kept, because a message that is sent again must be the same although a term has been renamed.
    """

    interest = models.ForeignKey(Interest, models.CASCADE, related_name="descriptions")
    language = models.CharField(max_length=10)
    since = models.DateTimeField()
    text = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("interest", "language", "since"), name="one_description_a_time")
        ]
