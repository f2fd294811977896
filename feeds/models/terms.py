"""What releases are labelled with. A slug never changes: feeds, ids and subscriptions hang on it."""

from __future__ import annotations

from django.db import models


class Term(models.Model):
    slug = models.SlugField(max_length=200, unique=True)
    name = models.CharField(max_length=300)
    names = models.JSONField(
        db_default={},
        default=dict,
        blank=True,
        help_text="Its name in other languages, by language code. Where one is missing, `name` stands.",
    )
    aliases = models.JSONField(db_default=[], default=list, blank=True, help_text="Other labels of the same.")
    former = models.JSONField(
        db_default=[],
        default=list,
        blank=True,
        help_text="Slugs of terms that were merged into this one: their addresses lead here for ever.",
    )
    closed = models.BooleanField(
        db_default=False, default=False, help_text="Keeps its feed; not offered any more."
    )
    position = models.PositiveIntegerField(db_default=0, default=0, help_text="Order in lists; then by name.")

    class Meta:
        abstract = True
        ordering = ("position", "name")

    def __str__(self) -> str:
        return self.name


class Office(Term):
    """One place that publishes ("Where we are")."""

    kind = models.CharField(max_length=60, db_default="", default="", blank=True)
    country = models.CharField(
        max_length=2, db_default="", default="", blank=True, help_text="ISO 3166-1, XK for Kosovo."
    )
    region = models.CharField(max_length=60, db_default="", default="", blank=True)
    grace_seconds = models.PositiveIntegerField(
        db_default=0,
        default=0,
        help_text="How long an alert about its releases waits, so that it can be stopped.",
    )


class Topic(Term):
    """One thematic area ("What we do")."""

    broader = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="narrower")


class ReleaseType(Term):
    """Press release, News, Press statement, Daily report, Spot report …"""

    grace_seconds = models.PositiveIntegerField(
        db_default=0,
        default=0,
        help_text="How long an alert about its releases waits, so that it can be stopped.",
    )


class PendingTerm(models.Model):
    """A label that no office, topic or type knows yet. An alias given to one of them resolves it."""

    kind = models.CharField(
        max_length=10, choices=[("office", "office"), ("topic", "topic"), ("type", "type")]
    )
    label = models.CharField(max_length=300)
    first_seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("kind", "label"), name="one_pending_term_a_label")]

    def __str__(self) -> str:
        return f"{self.label} ({self.kind})"


class PendingLabel(models.Model):
    """Which releases carry a pending term, so that they get their link when it is resolved."""

    term = models.ForeignKey(PendingTerm, models.CASCADE, related_name="labels")
    release = models.ForeignKey(
        "feeds.Release", models.CASCADE, related_name="pending_labels", db_constraint=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("term", "release"), name="one_pending_label_a_release")
        ]
