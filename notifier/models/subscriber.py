from __future__ import annotations

from django.db import models

from notifier.models.dispatch import Chain
from notifier.models.interest import Interest
from notifier.models.schedule import Frequency

NOBODY = 0
"""A number that no subscriber has."""


class Subscriber(models.Model):
    """A person, by number. The address is encrypted under a key outside the database; its domain is in clear."""

    class State(models.TextChoices):
        PENDING = "pending"
        ACTIVE = "active"
        LEFT = "left"

    address = models.BinaryField(unique=True, max_length=600, help_text="AES-SIV; see notifier.addresses.")
    domain = models.CharField(max_length=255, db_index=True)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    language = models.CharField(
        max_length=10, default="en", help_text="Of frame texts; releases in it come first."
    )
    zone = models.CharField(max_length=64, default="UTC")
    repeat_alerts = models.BooleanField(
        default=False, db_default=False, help_text="Digests also hold what came at once."
    )
    origin = models.CharField(max_length=20, default="page", help_text="page, command, import or demo")
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(null=True, help_text="Since when they have this address, if not always.")
    letter_sent_at = models.DateTimeField(
        null=True, help_text="Last confirmation or reminder; for the cool-down."
    )
    letters_today = models.PositiveSmallIntegerField(default=0)
    pause_until = models.DateField(
        null=True, help_text="A pause ends when this day begins in the person's zone; null: when they say so."
    )
    pause_afresh = models.BooleanField(
        default=False, db_default=False, help_text="It ends without what was missed."
    )
    left_notice_at = models.DateTimeField(null=True, help_text="Last told that they have left.")
    change_notice_at = models.DateTimeField(null=True, help_text="Last told that their choice was changed.")
    told_why = models.BooleanField(
        default=False,
        db_default=False,
        help_text="They have said why they left, or what; not what they said.",
    )
    feed_number = models.PositiveIntegerField(
        default=0,
        db_default=0,
        help_text="Which private feed is theirs: earlier ones have ended. 0: none yet.",
    )
    feed_since = models.DateField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=("pause_until",), condition=models.Q(pause_until__isnull=False), name="pause_that_ends"
            )
        ]

    def __str__(self) -> str:
        return f"subscriber {self.pk}"


class Subscription(models.Model):
    """One thing a person asked for: a selection, at a frequency. Its end is recorded, not erased."""

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="subscriptions")
    frequency = models.CharField(max_length=10, choices=Frequency)
    interest = models.ForeignKey(Interest, models.PROTECT)
    created_at = models.DateTimeField()
    minute = models.PositiveIntegerField(
        null=True, help_text="Local time that was asked for; null: as offered."
    )
    weekdays = models.CharField(max_length=7, default="", blank=True, help_text="Empty: as offered.")
    monthday = models.PositiveSmallIntegerField(
        null=True, help_text="1 to 28, 31: the last day; null: as offered."
    )
    ended_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True, help_text="It alone was left then, and may be taken back.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("subscriber", "frequency", "interest"),
                condition=models.Q(ended_at__isnull=True),
                name="one_live_subscription_a_selection",
            )
        ]

    def __str__(self) -> str:
        return f"{self.frequency} of subscriber {self.subscriber_id}"


class Cadence(models.Model):
    """All that a person gets at one frequency; the planner joins only this.

    `interest` is the union of the person's rules at this frequency, `minus` what they already get more quickly, from
    `joined_at` on. `repeat_alerts`: in the ledger only digests count for it, as the person wants in them also what came
    at once. `since` begins what has not been served yet, as it was when the cadence last changed, at
    `joined_at`. For a window [a, b) of its chain: joined before a, the person gets [a, b); joined in [a, b), the person
    gets [since, b).
    """

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="cadences")
    frequency = models.CharField(max_length=10, choices=Frequency)
    chain = models.ForeignKey(Chain, models.PROTECT, db_index=False)
    interest = models.ForeignKey(Interest, models.PROTECT, related_name="+")
    minus = models.ForeignKey(Interest, models.PROTECT, related_name="+")
    language = models.CharField(
        max_length=10, help_text="The subscriber's, kept here so that planning joins one table."
    )
    repeat_alerts = models.BooleanField(default=False, db_default=False)
    since = models.DateTimeField()
    joined_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("subscriber", "frequency"), name="one_cadence_a_frequency")
        ]
        indexes = [
            # Both hold all that planning reads, so that it never looks into the table itself: people in order of their
            # numbers, and how many there are of each kind.
            models.Index(
                fields=("chain", "subscriber", "interest", "minus", "language", "joined_at", "since"),
                condition=models.Q(paused_at=None),
                name="cadence_by_person",
            ),
            models.Index(
                fields=("chain", "interest", "minus", "language", "joined_at", "since"),
                condition=models.Q(paused_at=None),
                name="cadence_by_kind",
            ),
            models.Index(fields=("chain", "joined_at"), name="cadence_by_joining"),
        ]

    def __str__(self) -> str:
        return f"{self.frequency} of subscriber {self.subscriber_id}"
