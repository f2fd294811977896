"""Runs: which windows there are, and how far each has been planned."""

from __future__ import annotations

from django.db import models

from notifier import daytimes
from notifier.models.interest import Interest
from notifier.models.schedule import Frequency


class Chain(models.Model):
    """A row of windows without gap or overlap: one frequency, zone, and local times on some weekdays or a day of the
    month (see `notifier.windows`).

    `served_until` is the end of its last window and the start of its next. The instant chain is one, in UTC.
    """

    frequency = models.CharField(max_length=10, choices=Frequency)
    zone = models.CharField(max_length=64)
    times = models.CharField(max_length=150, help_text="Local times, as 08:00 13:00 18:00.")
    weekdays = models.CharField(max_length=7, default="1234567", help_text="ISO weekdays, 1 is Monday.")
    monthday = models.PositiveSmallIntegerField(
        default=0, help_text="1 to 28, 31: the last day; 0: every day."
    )
    served_until = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("frequency", "zone", "times", "weekdays", "monthday"), name="one_chain_a_schedule"
            )
        ]

    def __str__(self) -> str:
        if self.frequency == Frequency.INSTANT:
            return "at once"
        return f"{self.frequency} {self.times} {self.zone}"

    @property
    def minutes(self) -> tuple[int, ...]:
        """The times, in minutes after local midnight, in order."""
        return daytimes.read_all(self.times)


class Dispatch(models.Model):
    """One run of a chain over the window [starts_at, ends_at), or one letter (a confirmation, a link to manage)."""

    class State(models.TextChoices):
        FILLING = "filling"
        READY = "ready"

    class Lane(models.IntegerChoices):
        LETTER = 0
        ALERT = 1
        DIGEST = 2

    chain = models.ForeignKey(Chain, models.PROTECT, null=True, related_name="dispatches")
    lane = models.PositiveSmallIntegerField(choices=Lane)
    local_date = models.DateField(null=True)
    minute = models.PositiveSmallIntegerField(
        null=True, help_text="Which of the chain's times, in minutes after local midnight."
    )
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField(help_text="The Date header of its messages.")
    state = models.CharField(max_length=10, choices=State, default=State.FILLING)
    filled_to = models.BigIntegerField(
        default=0, help_text="Subscribers up to this number have their deliveries."
    )
    recipients = models.PositiveIntegerField(
        null=True, help_text="Deliveries that were planned; empty while they are being planned."
    )
    held = models.BooleanField(default=False)
    held_at = models.DateTimeField(null=True)
    held_by = models.CharField(
        max_length=150, default="", blank=True, help_text="account:<id>, command:<name> or threshold."
    )
    held_because = models.CharField(max_length=300, default="", blank=True)
    cancelled_at = models.DateTimeField(null=True, help_text="Held for good: nothing more of it leaves.")
    counted_at = models.DateTimeField(null=True, help_text="All of it has ended, and Tally says how.")
    archived_at = models.DateTimeField(null=True, help_text="Its deliveries are gone; Tally is what is left.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("chain", "local_date", "minute"), name="one_dispatch_a_local_time"
            ),
            models.UniqueConstraint(fields=("chain", "starts_at"), name="one_dispatch_a_start"),
        ]
        indexes = [
            models.Index(fields=("id",), condition=models.Q(state="filling"), name="dispatch_filling"),
            models.Index(
                fields=("id",), condition=models.Q(counted_at=None, lane__gt=0), name="dispatch_uncounted"
            ),
        ]
        verbose_name_plural = "dispatches"

    def __str__(self) -> str:
        return f"dispatch {self.pk}"


class Tally(models.Model):
    """How the deliveries of one version of an edition came out, once their dispatch has ended: `count` of them in
    `state` (as in Delivery), between `first_at` and `last_at`.
    """

    dispatch = models.ForeignKey(Dispatch, models.CASCADE, db_index=False, related_name="tallies")
    edition_id = models.BigIntegerField()
    version = models.PositiveSmallIntegerField()
    state = models.PositiveSmallIntegerField()
    count = models.PositiveIntegerField()
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("dispatch", "edition_id", "version", "state"), name="one_tally_an_outcome"
            )
        ]
        verbose_name_plural = "tallies"


class Match(models.Model):
    """What the cadences of one kind get in a dispatch: the join of planning, from (interest, minus, …) to edition.

    A cadence belongs to it if joined_at lies in [joined_from, joined_to) and since in [since_from, since_to). No index
    on single columns: a run writes ten thousands of these rows, and PostgreSQL would take the wrong one.
    """

    dispatch = models.ForeignKey(Dispatch, models.CASCADE, db_index=False)
    interest = models.ForeignKey(Interest, models.PROTECT, related_name="+", db_index=False)
    minus = models.ForeignKey(Interest, models.PROTECT, related_name="+", db_index=False)
    language = models.CharField(max_length=10)
    joined_from = models.DateTimeField()
    joined_to = models.DateTimeField()
    since_from = models.DateTimeField()
    since_to = models.DateTimeField()
    edition = models.ForeignKey("notifier.Edition", models.CASCADE)

    class Meta:
        indexes = [models.Index(fields=("dispatch", "interest", "minus", "language"), name="match_by_kind")]
        verbose_name_plural = "matches"


class Particular(models.Model):
    """A person who is planned apart, mostly as they already had one of the releases. No edition: nothing is left."""

    dispatch = models.ForeignKey(Dispatch, models.CASCADE, db_index=False)
    subscriber_id = models.BigIntegerField()
    interest = models.ForeignKey(Interest, models.PROTECT, related_name="+", db_index=False)
    edition = models.ForeignKey("notifier.Edition", models.CASCADE, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("dispatch", "subscriber_id"), name="one_particular_a_person")
        ]


class Settling(models.Model):
    """An interest that was alerted: what is announced from `from_at` on waits until `until`, then leaves as one."""

    interest = models.OneToOneField(Interest, models.CASCADE, primary_key=True)
    from_at = models.DateTimeField()
    until = models.DateTimeField(db_index=True)
