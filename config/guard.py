"""Triggers by which the database itself refuses to change or delete the audit log, whoever asks.

Deleting is allowed within a transaction that has opened a window (`config_auditwindow`) for what is older than it says;
`config.auditing.forget` does that, and closes it. Changing never is.
"""

from __future__ import annotations

from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "config_auditentry"
_REFUSAL = "the audit log is only added to"
_OPEN = "EXISTS (SELECT 1 FROM config_auditwindow WHERE OLD.at < before)"


def install_after_migrate(using: str = "default", **_: Any) -> None:
    """Receiver of post_migrate. Idempotent."""
    install(connections[using])


def install(connection: BaseDatabaseWrapper) -> None:
    """Drop and create the triggers, where the tables are there."""
    if {TABLE, "config_auditwindow"} <= set(connection.introspection.table_names()):
        with connection.cursor() as cursor:
            for statement in _postgresql() if connection.vendor == "postgresql" else _sqlite():
                cursor.execute(statement)


def _sqlite() -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    return [
        f"DROP TRIGGER IF EXISTS {TABLE}_update",
        f"CREATE TRIGGER {TABLE}_update BEFORE UPDATE ON {TABLE} {refuse}",
        f"DROP TRIGGER IF EXISTS {TABLE}_delete",
        f"CREATE TRIGGER {TABLE}_delete BEFORE DELETE ON {TABLE} WHEN NOT {_OPEN} {refuse}",
        # REPLACE deletes without asking the one above
        f"DROP TRIGGER IF EXISTS {TABLE}_replace",
        f"CREATE TRIGGER {TABLE}_replace BEFORE INSERT ON {TABLE} "
        f"WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id) {refuse}",
    ]


def _postgresql() -> list[str]:
    return [
        f"""CREATE OR REPLACE FUNCTION config_refuse_audit() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN
                IF {_OPEN} THEN RETURN OLD; END IF;
            END IF;
            RAISE EXCEPTION '{_REFUSAL}';
        END $$""",
        f"DROP TRIGGER IF EXISTS {TABLE}_kept ON {TABLE}",
        f"CREATE TRIGGER {TABLE}_kept BEFORE UPDATE OR DELETE ON {TABLE} "
        "FOR EACH ROW EXECUTE FUNCTION config_refuse_audit()",
        f"DROP TRIGGER IF EXISTS {TABLE}_whole ON {TABLE}",
        f"CREATE TRIGGER {TABLE}_whole BEFORE TRUNCATE ON {TABLE} "
        "FOR EACH STATEMENT EXECUTE FUNCTION config_refuse_audit()",
    ]
