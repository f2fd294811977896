"""What happened in the store, in the order in which Herald took notice of it."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Change(models.Model):
    """Written by triggers, one for each write; numbered by `feeds.notice`. No foreign key: its subject may be gone."""

    kind = models.CharField(max_length=10, help_text="release, office, topic, type or feed")
    subject_id = models.BigIntegerField()
    guid = models.CharField(max_length=300, db_default="", default="")
    written_at = models.DateTimeField(db_default=Now())
    seq = models.BigIntegerField(null=True, unique=True)
    noticed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=("id",), condition=models.Q(seq__isnull=True), name="change_unnumbered"),
            models.Index(
                fields=("subject_id", "kind"), condition=models.Q(seq__isnull=True), name="change_waiting"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id} #{self.seq}"


class NoticeState(models.Model):
    """One row: the last number given, and the instant before which nothing new can be announced any more."""

    seq = models.BigIntegerField(default=0)
    instant = models.DateTimeField()


class Cursor(models.Model):
    """How far a consumer has come in `Change.seq`."""

    name = models.CharField(max_length=100, primary_key=True)
    seq = models.BigIntegerField(default=0)


class Announcement(models.Model):
    """A release was announced at an instant: windows range over these, and only `feeds.notice` writes them.

    `before` holds the labels (Facts as JSON) it had been announced with when labels were added later; it is then for
    those alone who match only now. Null: for everybody who matches.
    """

    release_id = models.BigIntegerField(db_index=True)
    at = models.DateTimeField(db_index=True)
    seq = models.BigIntegerField()
    before = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"release {self.release_id} at {self.at:%Y-%m-%d %H:%M:%S}"
