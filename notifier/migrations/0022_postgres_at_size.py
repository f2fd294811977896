"""How PostgreSQL stores and tidies the tables that are written most. Nothing changes on SQLite."""

from django.db import migrations

# A few rows that are rewritten every few seconds: room on the page for the next version, and tidied soon.
_SMALL = "fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500"
# Rows that are written once and rewritten in part: dead ones are cleared at a twentieth, not at a fifth.
_LARGE = (
    "autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000,"
    " autovacuum_vacuum_cost_limit = 2000"
)
# Written by the ten thousand in a moment, and asked for in the next: known to the planner sooner.
_ADDED = "autovacuum_analyze_scale_factor = 0.02, autovacuum_analyze_threshold = 5000"
SETTINGS = {
    "notifier_lease": _SMALL,
    "notifier_pulse": _SMALL,
    "notifier_channel": _SMALL,
    "notifier_relaystate": _SMALL,
    "notifier_allowance": _SMALL,
    "notifier_chain": _SMALL,
    "feeds_cursor": _SMALL,
    "feeds_noticestate": _SMALL,
    "notifier_dispatch": f"fillfactor = 80, {_LARGE}",
    "notifier_delivery_rest": _LARGE,
    "notifier_subscriber": f"fillfactor = 90, {_LARGE}",
    "notifier_cadence": _LARGE,
    "feeds_membership": _LARGE,
    "feeds_standing": _LARGE,
    "feeds_change": f"{_LARGE}, {_ADDED}",
    "notifier_match": _ADDED,
    "notifier_edition": _ADDED,
    "notifier_editionrelease": _ADDED,
    "notifier_particular": _ADDED,
}


def tune(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table, settings in SETTINGS.items():
            schema_editor.execute(f'ALTER TABLE "{table}" SET ({settings})')


def leave(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table, settings in SETTINGS.items():
            names = ", ".join(setting.split(" = ")[0].strip() for setting in settings.split(","))
            schema_editor.execute(f'ALTER TABLE "{table}" RESET ({names})')


class Migration(migrations.Migration):
    dependencies = [("notifier", "0021_canary"), ("feeds", "0011_closed_terms")]
    operations = [migrations.RunPython(tune, leave)]
