"""Whether a migration may be applied while processes of the version before still read and write: expand, then contract.

Our own, as django-migration-linter reads the SQL of one database, so that what PostgreSQL does would go unseen on
SQLite, and brings two packages that nobody keeps any more (appdirs, toml). What Django's operations say is the same on
both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from django.db.migrations import operations as ops
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED, Field

# Tables that grow with releases, readers or mail: a lock on one of them is a stop.
LARGE = frozenset(
    {
        "feeds.release", "feeds.change", "feeds.membership", "feeds.releaseversion", "feeds.standing",
        "feeds.announcement",
        "notifier.subscriber", "notifier.subscription", "notifier.delivery", "notifier.dispatch", "notifier.edition",
        "notifier.tally", "notifier.reply", "notifier.particular", "notifier.match", "notifier.consent",
        "config.auditentry",
    }
)  # fmt: skip
_GONE = {
    ops.DeleteModel: "the version before still asks for the table",
    ops.RenameModel: "the version before knows it by its old name",
    ops.RemoveField: "the version before still names the column: take it out of the code first, and of the table later",
    ops.RenameField: "the version before knows it by its old name",
    ops.AlterModelTable: "the version before knows it by its old name",
}
_HOLDS_UP = "an index on a large table holds up every writer: AddIndexConcurrently on PostgreSQL"
_RULES = (ops.AddConstraint, ops.AlterUniqueTogether, ops.AlterIndexTogether)


def dangers(migrations: Iterable[Migration], state: ProjectState) -> list[str]:
    """A sentence for each operation that would break or stop the version before. `state`: before the first of them."""
    found, new = [], set()
    for migration in migrations:
        app = migration.app_label
        for operation in _flat(migration.operations):
            if isinstance(operation, ops.CreateModel):
                new.add(f"{app}.{operation.name_lower}")
            table = f"{app}.{getattr(operation, 'model_name_lower', getattr(operation, 'name_lower', ''))}"
            if table not in new:
                why = _danger(operation, table, state, app)
                found += [f"{app}.{migration.name}: {operation.describe()}: {why}"] if why else []
            operation.state_forwards(app, state)
    return found


def _flat(operations: Sequence[Operation]) -> Iterator[Operation]:
    """What reaches the database; of SeparateDatabaseAndState that part alone, as its state says nothing of tables."""
    for operation in operations:
        if isinstance(operation, ops.SeparateDatabaseAndState):
            yield from _flat(operation.database_operations)
        else:
            yield operation


def _danger(operation: Operation, table: str, state: ProjectState, app: str) -> str:
    for kind, why in _GONE.items():
        if isinstance(operation, kind):
            return why
    if isinstance(operation, ops.AddField):
        if table in LARGE and operation.field.db_index and not operation.field.unique:
            return _HOLDS_UP
        return _of_a_new_column(operation.field)
    if isinstance(operation, ops.AlterField):
        before = state.models[app, operation.model_name_lower].fields[operation.name]
        return _of_a_changed_column(before, operation.field)
    if (
        isinstance(operation, ops.AddIndex)
        and table in LARGE
        and "Concurrently" not in type(operation).__name__
    ):
        return _HOLDS_UP
    if isinstance(operation, _RULES):
        return "the version before does not keep the rule, and its rows would be refused"
    return ""


def _of_a_new_column(field: Field) -> str:  # type: ignore[type-arg]
    if field.null or field.many_to_many or field.db_default is not NOT_PROVIDED:
        return "every row is looked for twins while nobody may write" if field.unique else ""
    return "the version before writes rows without it: give it a db_default, or let it be null"


def _of_a_changed_column(before: Field, after: Field) -> str:  # type: ignore[type-arg]
    if before.null and not after.null:
        return "the version before may still write null"
    if after.unique and not before.unique:
        return "the version before does not keep the rule, and its rows would be refused"
    if before.get_internal_type() != after.get_internal_type():
        return "another type rewrites the table, and the version before writes the old one"
    shorter = (
        before.max_length is not None
        and after.max_length is not None
        and after.max_length < before.max_length
    )
    return "the version before writes longer values" if shorter else ""
