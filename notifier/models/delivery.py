from __future__ import annotations

from django.db import models


class Delivery(models.Model):
    """One message to one person: the ledger and the queue.

    The table is WITHOUT ROWID on SQLite and range-partitioned by dispatch on PostgreSQL (see the migration); nothing
    refers to it by foreign key. Every UPDATE by a worker names (owner, attempt).
    """

    class State(models.IntegerChoices):
        PENDING = 0
        SENDING = 1
        DEFERRED = 2
        SENT = 3
        FAILED = 4
        SUPPRESSED = 5
        CANCELLED = 6

    pk = models.CompositePrimaryKey("dispatch_id", "subscriber_id")
    dispatch_id = models.BigIntegerField()
    subscriber_id = models.BigIntegerField()
    edition_id = models.BigIntegerField()
    interest_id = models.BigIntegerField(
        null=True, help_text="What the person had chosen when it was planned."
    )
    lane = models.PositiveSmallIntegerField()
    state = models.PositiveSmallIntegerField(choices=State, db_default=0, default=0)
    attempt = models.PositiveIntegerField(db_default=0, default=0)
    owner = models.CharField(max_length=32, db_default="", default="", help_text="The lease that claimed it.")
    next_try_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, db_default="", default="")
    after_dot = models.BooleanField(
        db_default=False, default=False, help_text="It may have arrived all the same."
    )
    finished_at = models.DateTimeField(null=True)
    version = models.PositiveSmallIntegerField(
        db_default=0, default=0, help_text="Of the edition that may have reached the person first; 0: none."
    )

    class Meta:
        managed = False
        verbose_name_plural = "deliveries"
