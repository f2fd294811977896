"""A question that is asked at every look, for ever: its SQL is written once, not each time.

    _waiting = Whether(Ask.objects.all)
    if _waiting(): ...

To write it anew is nine tenths of what an answer costs a process that has nothing to do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.db.models import QuerySet


class Whether:
    """Whether there are rows. What `rows` gives must not depend on when it is called. For the default database."""

    def __init__(self, rows: Callable[[], QuerySet[Any]]) -> None:
        self._rows = rows
        self._written: dict[str, tuple[str, Any]] = {}

    def __call__(self) -> bool:
        sql, values = self._written.get(connection.vendor) or self._write()
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchone() is not None

    def _write(self) -> tuple[str, Any]:
        compiler = self._rows().query.exists().get_compiler(connection=connection)
        self._written[connection.vendor] = compiler.as_sql()
        return self._written[connection.vendor]
