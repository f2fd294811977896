from __future__ import annotations

from django.db import models


class Draft(models.Model):
    """A change of the configuration that nobody has applied yet: the whole document that is wanted.

    `base` is the number of the revision it was made from. One that restores wants the document of revision `restores`
    exactly; any other is led along with what changes meanwhile. Applied or discarded, it is deleted; the revision and
    the audit log tell of it.
    """

    base = models.PositiveIntegerField()
    document = models.JSONField()
    restores = models.PositiveIntegerField(null=True)
    actor = models.CharField(max_length=150, help_text="Whose it is: an account's number.")
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ("-changed_at", "-pk")

    def __str__(self) -> str:
        return f"draft {self.pk}"
