"""No migration since the version before breaks or stops its processes, so that an upgrade needs no stop."""

from __future__ import annotations

import pytest
from django.db import models
from django.db.migrations import operations as ops
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration
from django.db.migrations.state import ModelState, ProjectState

from tests import expanding, previous

# Migrations that were looked at and are known to be quick or harmless, each with its reason.
LOOKED_AT = {
    "notifier.0020_reach": "a row for each bounce, of which even a large newsroom has some ten thousand: milliseconds",
}


def since_the_version_before() -> tuple[list[Migration], ProjectState]:
    graph = MigrationLoader(
        None, replace_migrations=False
    ).graph  # each as it was, not what they were squashed to
    before = [node for leaf in previous.migrations() for node in graph.forwards_plan(leaf)]
    assert before, "scripts/previous names migrations that are here"
    ours = [
        node
        for node in graph.leaf_nodes()
        if node[0] in dict(previous.migrations()) and not graph.nodes[node].replaces
    ]
    plan = [node for leaf in ours for node in graph.forwards_plan(leaf)]
    new = [node for node in dict.fromkeys(plan) if node not in before]
    return [graph.nodes[node] for node in new], graph.make_state(list(dict.fromkeys(before)))


def test_migrations_since_the_version_before_let_it_go_on():
    migrations, state = since_the_version_before()
    found = expanding.dangers(migrations, state)
    assert [danger for danger in found if danger.partition(":")[0] not in LOOKED_AT] == []


def dangers(*operations: ops.base.Operation) -> list[str]:
    """Of these, on a table with a name and a note that may be null."""
    fields = {
        "id": models.BigAutoField(primary_key=True),
        "name": models.CharField(max_length=50),
        "note": models.TextField(null=True),
    }
    state = ProjectState({("notifier", "delivery"): ModelState("notifier", "Delivery", list(fields.items()))})
    migration = Migration("0001_x", "notifier")
    migration.operations = list(operations)
    return expanding.dangers([migration], state)


@pytest.mark.parametrize(
    ("operation", "why"),
    [
        (ops.RemoveField("delivery", "note"), "still names the column"),
        (ops.RenameField("delivery", "note", "remark"), "by its old name"),
        (ops.RenameModel("Delivery", "Parcel"), "by its old name"),
        (ops.DeleteModel("Delivery"), "still asks for the table"),
        (ops.AlterModelTable("delivery", "parcels"), "by its old name"),
        (ops.AddField("delivery", "size", models.IntegerField(default=0)), "db_default"),
        (ops.AddField("delivery", "size", models.IntegerField(null=True, unique=True)), "twins"),
        (ops.AlterField("delivery", "note", models.TextField(default="")), "still write null"),
        (ops.AlterField("delivery", "name", models.CharField(max_length=20)), "longer values"),
        (ops.AlterField("delivery", "name", models.CharField(max_length=50, unique=True)), "rule"),
        (ops.AlterField("delivery", "name", models.IntegerField()), "another type"),
        (ops.AddIndex("delivery", models.Index(fields=["name"], name="by_name")), "holds up every writer"),
        (
            ops.AddField("delivery", "to", models.ForeignKey("notifier.Delivery", models.CASCADE, null=True)),
            "holds up every writer",
        ),
        (ops.AddConstraint("delivery", models.UniqueConstraint(fields=["name"], name="one")), "rule"),
        (ops.SeparateDatabaseAndState([ops.RemoveField("delivery", "note")]), "still names the column"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, ops.base.Operation) else "",
)  # fmt: skip
def test_what_would_break_or_stop_the_version_before_is_refused(operation, why):
    [danger] = dangers(operation)
    assert why in danger
    assert danger.startswith("notifier.0001_x: ")


@pytest.mark.parametrize(
    "operations",
    [
        [ops.AddField("delivery", "size", models.IntegerField(db_default=0, default=0))],
        [ops.AddField("delivery", "size", models.IntegerField(null=True))],
        [ops.AlterField("delivery", "name", models.CharField(max_length=80, null=True))],
        [ops.AddIndex("small", models.Index(fields=["name"], name="by_name"))],
        [
            ops.CreateModel(
                "New", [("id", models.BigAutoField(primary_key=True)), ("name", models.TextField())]
            ),
            ops.AddField("new", "size", models.IntegerField(default=0)),
            ops.RemoveField("new", "name"),
        ],
        [ops.RunSQL("SELECT 1", "SELECT 1")],
        [ops.SeparateDatabaseAndState(state_operations=[ops.RemoveField("delivery", "note")])],
    ],
    ids=["default of the database", "null", "wider", "small table", "table of its own", "SQL", "code alone"],
)
def test_what_only_adds_is_let_through(operations):
    if operations[0].__class__ is ops.AddIndex:
        operations = [ops.CreateModel("Small", [("name", models.TextField())]), *operations]
    assert dangers(*operations) == []
