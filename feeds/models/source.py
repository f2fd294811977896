from __future__ import annotations

from django.db import models


class Source(models.Model):
    """One way in. `slug` is its name in commands and in TOML; `options` belong to its kind."""

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(
        max_length=20, choices=[(k, k) for k in ("listing", "syndication", "folder", "api")]
    )
    address = models.CharField(
        max_length=1000, default="", blank=True, help_text="URL or folder; empty: files by hand."
    )
    active = models.BooleanField(default=True)
    language = models.CharField(
        max_length=35, default="", blank=True, help_text="Of its releases; empty: the newsroom's."
    )
    announce_max_age_days = models.PositiveIntegerField(
        default=7, help_text="A release published longer than this before it was first seen is not announced."
    )
    options = models.JSONField(default=dict, blank=True)
    first_complete_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When its first complete fetch ended; what that brought is silent.",
    )

    class Meta:
        ordering = ("slug",)

    def __str__(self) -> str:
        return self.name
