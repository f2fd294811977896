"""How an installation without an administrator lets its first one in."""

from __future__ import annotations

from django.db import models


class SetupCode(models.Model):
    """A code printed by one start of Herald, as a keyed hash. `place`: which start; the next one there replaces it."""

    place = models.CharField(max_length=64, unique=True)
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()
