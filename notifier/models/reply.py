from __future__ import annotations

from django.db import models

from notifier.models.subscriber import Subscriber


class Reply(models.Model):
    """What came back to a message: a bounce, a complaint, an answer by a machine. Neither its text nor an address."""

    class Kind(models.TextChoices):
        HARD = "hard", "undeliverable for good"
        SOFT = "soft", "undeliverable for now"
        DELAYED = "delayed", "still being tried"
        DELIVERED = "delivered", "delivered, or passed on"
        COMPLAINT = "complaint", "complaint"
        NOT_SPAM = "not_spam", "no spam after all"
        AUTO = "auto", "automatic answer"
        CHALLENGE = "challenge", "asks to prove who sent it"
        OTHER = "other", "something else"

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="replies")
    dispatch_id = models.BigIntegerField(help_text="0: the provider did not say.")
    kind = models.CharField(max_length=10, choices=Kind)
    status = models.CharField(max_length=11, default="", blank=True, help_text="Enhanced code (RFC 3463).")
    at = models.DateTimeField()
    counts = models.BooleanField(
        default=True, db_default=True, help_text="False once its address has proven to work."
    )
    digest = models.CharField(
        max_length=64, unique=True, help_text="Of what was read: the same one counts once."
    )

    class Meta:
        indexes = [
            models.Index(fields=("at",), name="reply_by_time"),
            models.Index(fields=("dispatch_id", "subscriber"), name="reply_by_dispatch"),
        ]
        verbose_name_plural = "replies"

    def __str__(self) -> str:
        return f"{self.get_kind_display()}{f' ({self.status})' if self.status else ''}"
