"""The ledger's table, made by hand: WITHOUT ROWID on SQLite, partitioned by dispatch on PostgreSQL."""

from django.db import migrations

COLUMNS = """
    dispatch_id bigint NOT NULL,
    subscriber_id bigint NOT NULL,
    edition_id bigint NOT NULL,
    interest_id bigint NULL,
    lane smallint NOT NULL,
    state smallint NOT NULL DEFAULT 0,
    attempt integer NOT NULL DEFAULT 0,
    owner varchar(32) NOT NULL DEFAULT '',
    next_try_at {instant} NULL,
    reason varchar(500) NOT NULL DEFAULT '',
    after_dot {boolean} NOT NULL DEFAULT {false},
    finished_at {instant} NULL,
    PRIMARY KEY (dispatch_id, subscriber_id)
"""
INDEXES = [
    "CREATE INDEX notifier_delivery_pending ON notifier_delivery (lane, dispatch_id, subscriber_id) WHERE state = 0",
    "CREATE INDEX notifier_delivery_sending ON notifier_delivery (owner) WHERE state = 1",
    "CREATE INDEX notifier_delivery_deferred ON notifier_delivery (next_try_at) WHERE state = 2",
]


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        columns = COLUMNS.format(instant="timestamptz", boolean="boolean", false="false")
        schema_editor.execute(f"CREATE TABLE notifier_delivery ({columns}) PARTITION BY RANGE (dispatch_id)")
        schema_editor.execute("CREATE TABLE notifier_delivery_rest PARTITION OF notifier_delivery DEFAULT")
    else:
        columns = COLUMNS.format(instant="datetime", boolean="bool", false="0")
        schema_editor.execute(f"CREATE TABLE notifier_delivery ({columns}) WITHOUT ROWID")
    for statement in INDEXES:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    schema_editor.execute("DROP TABLE notifier_delivery")


class Migration(migrations.Migration):
    dependencies = [("notifier", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
