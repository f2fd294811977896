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
