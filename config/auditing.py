"""The audit log: who did what, when, from where, with the value before and after. Added to, never changed.

    record(…) -> AuditEntry, in the transaction of what it tells of
    rows(…)   -> as config.exports writes them
    forget(…) -> what is older than it is kept for; nothing else can delete (see config.guard)

An actor is `account:<id>`, `token:<id>`, `command:<name>`, `setup`, `start`, `store` or `stranger`. Subjects name
people by number.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from config import origin
from config.models import AuditEntry, AuditWindow

COLUMNS = ("id", "at", "actor", "way", "action", "subject", "before", "after", "revision", "page", "network")


def record(
    actor: str, way: str, action: str, subject: str, *, before: Any, after: Any, now: datetime
) -> AuditEntry:
    """Record something that is no configuration, such as an editor's change of a release."""
    return AuditEntry.objects.create(
        at=now, actor=actor, way=way, action=action, subject=subject[:300], before=before, after=after,
        **origin.columns(),
    )  # fmt: skip


def forget(before: datetime, actor: str, now: datetime) -> int:
    """Delete the entries older than `before`, and record how many there were. The one way to delete any."""
    with transaction.atomic():
        window = AuditWindow.objects.create(before=before)
        with connection.cursor() as cursor:
            table = AuditEntry._meta.db_table
            cursor.execute(
                f"DELETE FROM {table} WHERE at < (SELECT before FROM config_auditwindow WHERE id = %s)",
                [window.pk],
            )
            count = int(cursor.rowcount)
        window.delete()
        if count:
            record(actor, "command", "forgotten", "audit log", before={"entries": count}, after=None, now=now)
    return count


def rows(since: datetime | None = None, until: datetime | None = None) -> Iterator[dict[str, Any]]:
    """The entries of [since, until), oldest first, as plain values; instants as ISO 8601 in UTC."""
    found = AuditEntry.objects.order_by("pk")
    found = found.filter(at__gte=since) if since else found
    found = found.filter(at__lt=until) if until else found
    for entry in found.select_related("revision").defer("revision__document").iterator(2000):
        values = {name: getattr(entry, name) for name in COLUMNS if name != "revision"}
        number = entry.revision.number if entry.revision else None
        yield {name: values.get(name, number) for name in COLUMNS} | {"at": entry.at.isoformat()}
