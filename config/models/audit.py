from __future__ import annotations

from typing import Any, NoReturn

from django.db import models

from config.models.revision import Revision


class AppendOnly(Exception):
    """Somebody tried to change or delete what is only ever added to."""


class Appended(models.QuerySet["AuditEntry"]):
    """Entries are added and read. The database refuses the rest too; see `config.guard`."""

    def update(self, **_: Any) -> NoReturn:
        raise AppendOnly("an entry of the audit log is never changed")

    def delete(self) -> NoReturn:
        raise AppendOnly("entries of the audit log are deleted by config.auditing.forget alone")


class AuditEntry(models.Model):
    """One thing that changed or was read, with its value before and after. People appear by number only.

    `page` is the route or command it came by, without what stood in the address; `network` the client's, coarse.
    """

    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=150)
    way = models.CharField(max_length=20)
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=300)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    revision = models.ForeignKey(Revision, models.PROTECT, null=True, related_name="entries")
    page = models.CharField(max_length=200, default="", db_default="")
    network = models.CharField(max_length=50, default="", db_default="")

    objects = Appended.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("an entry of the audit log is never changed")
        super().save(*args, **kwargs)

    def delete(self, *_: Any, **__: Any) -> NoReturn:
        raise AppendOnly("entries of the audit log are deleted by config.auditing.forget alone")


class AuditWindow(models.Model):
    """Of a transaction in which entries older than `before` may be deleted; empty at all other times."""

    before = models.DateTimeField()
