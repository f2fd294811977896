from __future__ import annotations

from django.db import models

KINDS = ("listing", "syndication", "folder", "api")
OPEN = ""  # no decision yet


class Source(models.Model):
    """One way in. `slug` is its name in commands and in TOML; `options` belong to its kind (`feeds.sources.kinds`)."""

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=[(kind, kind) for kind in KINDS])
    address = models.CharField(
        max_length=1000, default="", blank=True, help_text="URL or folder; empty: files by hand."
    )
    active = models.BooleanField(default=True)
    every_seconds = models.PositiveIntegerField(
        default=0, help_text="How often it is looked at; 0: as is usual for its kind."
    )
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


class SourceState(models.Model):
    """How fetching a source goes. Written by `feeds.harvest` alone; no configuration."""

    source = models.OneToOneField(Source, models.CASCADE, primary_key=True, related_name="fetching")
    memory = models.JSONField(
        default=dict, help_text="What its kind keeps from one fetch to the next: validators, addresses."
    )
    next_at = models.DateTimeField(null=True, help_text="When it is looked at next; null: at once.")
    tried_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    error = models.TextField(default="", blank=True, help_text="What the last try said, if it failed.")
    stopped = models.BooleanField(
        default=False, help_text="Upstream said that it is gone for good; an admin may start it again."
    )
    usual_items = models.PositiveIntegerField(null=True, help_text="How many items the last good fetch had.")
    outcome = models.JSONField(
        default=dict, help_text="Of the last good fetch: counts of new, changed, same, and its faults."
    )
    claimed_by = models.CharField(max_length=40, default="", blank=True)
    claimed_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.source_id)


class HeldFetch(models.Model):
    """Quarantine: a fetch that differs too much from what is usual. Nothing of it is visible until it is accepted."""

    class Decision(models.TextChoices):
        OPEN = OPEN
        ACCEPTED = "accepted"
        DISCARDED = "discarded"
        SUPERSEDED = "superseded"

    source = models.ForeignKey(Source, models.CASCADE, related_name="held")
    held_at = models.DateTimeField(
        help_text="First held; a later fetch that differs as well replaces what it held."
    )
    fetched_at = models.DateTimeField()
    digest = models.CharField(max_length=64, help_text="Of what differs, to know it again once discarded.")
    reasons = models.JSONField(default=list, help_text="Why it is held, a sentence each.")
    differences = models.JSONField(default=dict, help_text="What it would make new and change, for an admin.")
    items = models.BinaryField(help_text="All it brought, as feeds.harvest packs it.")
    memory = models.JSONField(default=dict, help_text="The source's memory if it is accepted.")
    complete = models.BooleanField(default=True)
    decision = models.CharField(max_length=10, choices=Decision, default=OPEN, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(
        max_length=100, default="", blank=True, help_text="account:<id> or command:<name>"
    )

    class Meta:
        verbose_name_plural = "held fetches"
        constraints = [
            models.UniqueConstraint(
                fields=("source",), condition=models.Q(decision=OPEN), name="one_open_held_fetch_a_source"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.fetched_at:%Y-%m-%d %H:%M}"


class ApiToken(models.Model):
    """Lets a program write the releases of one source of kind api. Only a digest of it is kept."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100, help_text="Who uses it.")
    digest = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256, hex.")
    created_at = models.DateTimeField(editable=False)
    used_at = models.DateTimeField(null=True, editable=False, help_text="To the hour.")
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "token"

    def __str__(self) -> str:
        return self.name
