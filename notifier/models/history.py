"""What was so of a person earlier: for the answer to "why did, or didn't, this person get it"."""

from __future__ import annotations

from django.db import models

from notifier.models.dispatch import Chain
from notifier.models.interest import Interest
from notifier.models.schedule import Frequency
from notifier.models.subscriber import Subscriber


class Spell(models.Model):
    """A cadence as it was until it changed, at `ended_at`.

    It had looked at all that was announced in [since, served_to) and at nothing else; a paused one at nothing.
    """

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="spells")
    frequency = models.CharField(max_length=10, choices=Frequency)
    chain = models.ForeignKey(Chain, models.PROTECT, related_name="+")
    interest = models.ForeignKey(Interest, models.PROTECT, related_name="+")
    minus = models.ForeignKey(Interest, models.PROTECT, related_name="+")
    since = models.DateTimeField()
    joined_at = models.DateTimeField()
    paused = models.BooleanField()
    served_to = models.DateTimeField()
    ended_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.frequency} of subscriber {self.subscriber_id} until {self.ended_at:%Y-%m-%d %H:%M}"


class Turn(models.Model):
    """A subscriber came to another state: a turn in their life with us."""

    class Kind(models.TextChoices):
        ASKED = "asked"
        CONFIRMED = "confirmed"
        PAUSED = "paused"
        RESUMED = "resumed"  # with what was missed
        AFRESH = "afresh"  # without it
        LEFT = "left"
        CAME_BACK = "came_back"

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="turns")
    kind = models.CharField(max_length=10, choices=Kind)
    at = models.DateTimeField(help_text="On the scale of announcements, which never goes back.")

    def __str__(self) -> str:
        return f"subscriber {self.subscriber_id} {self.kind}"
