"""What people say when they leave, and an address that is about to change."""

from __future__ import annotations

from django.db import models

from notifier.models.subscriber import Subscriber


class Move(models.Model):
    """A person asked for another address: it is theirs as soon as both mailboxes have agreed.

    `to` is who has the new address: mostly a row that was made for this, else somebody who has left.
    """

    subscriber = models.OneToOneField(Subscriber, models.CASCADE, related_name="move")
    to = models.ForeignKey(Subscriber, models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    asked_today = models.PositiveSmallIntegerField(
        default=1, db_default=1, help_text="Which of that day's it is."
    )
    here_at = models.DateTimeField(null=True, help_text="When the old mailbox agreed.")
    there_at = models.DateTimeField(null=True, help_text="When the new one did.")

    def __str__(self) -> str:
        return f"move of subscriber {self.subscriber_id}"


class Farewell(models.Model):
    """Why somebody left. It names nobody, not even by number, and no hour: only the day."""

    class Reason(models.TextChoices):
        TOO_MUCH = "too_much", "too many messages"
        NOT_MINE = "not_mine", "not what I am interested in"
        NO_NEED = "no_need", "no longer needed for my work"
        FEED = "feed", "I read it another way"
        NEVER_ASKED = "never_asked", "never asked for it"
        OTHER = "other", "something else"

    reason = models.CharField(max_length=20, choices=Reason)
    words = models.CharField(max_length=300, default="", blank=True)
    on = models.DateField(db_index=True)

    def __str__(self) -> str:
        return f"{self.get_reason_display()}, {self.on}"
