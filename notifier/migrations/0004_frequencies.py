"""Several runs a day, a day of the month, what is too late, and digests that repeat alerts."""

from django.db import migrations, models

FREQUENCIES = [
    ("instant", "at once"),
    ("several", "several times a day"),
    ("daily", "every day"),
    ("weekly", "once a week"),
    ("monthly", "once a month"),
]


def spell(apps, schema_editor):
    for name in ("Chain", "Schedule"):
        for row in apps.get_model("notifier", name).objects.all():
            row.times = f"{row.minute // 60:02}:{row.minute % 60:02}"
            row.save(update_fields=["times"])


def tell_apart(apps, schema_editor):
    """Until now each dispatch of a local date was at its chain's only time."""
    model = apps.get_model("notifier", "Dispatch")
    timed = model.objects.filter(local_date__isnull=False)
    for chain in apps.get_model("notifier", "Chain").objects.all():
        timed.filter(chain=chain).update(minute=chain.minute)


class Migration(migrations.Migration):
    dependencies = [("notifier", "0003_holds")]
    operations = [
        *(
            migrations.AlterField(
                name, "frequency", models.CharField(max_length=10, choices=FREQUENCIES, unique=unique)
            )
            for name, unique in (("chain", False), ("schedule", True), ("subscription", False), ("cadence", False))
        ),
        migrations.AddField(
            "dispatch",
            "minute",
            models.PositiveSmallIntegerField(
                null=True, help_text="Which of the chain's times, in minutes after local midnight."
            ),
        ),
        migrations.RunPython(tell_apart, migrations.RunPython.noop),
        migrations.AddField(
            "chain",
            "times",
            models.CharField(max_length=150, default="07:00", help_text="Local times, as 08:00 13:00 18:00."),
            preserve_default=False,
        ),
        migrations.AddField(
            "schedule",
            "times",
            models.CharField(
                max_length=150,
                default="07:00",
                help_text="Local times, as 08:00 13:00 18:00; what one begins with.",
            ),
        ),
        migrations.RunPython(spell, migrations.RunPython.noop),
        migrations.RemoveConstraint("chain", "one_chain_a_schedule"),
        migrations.RemoveField("chain", "minute"),
        migrations.RemoveField("schedule", "minute"),
        migrations.AlterField(
            "chain",
            "weekdays",
            models.CharField(max_length=7, default="1234567", help_text="ISO weekdays, 1 is Monday."),
        ),
        migrations.AddField(
            "chain",
            "monthday",
            models.PositiveSmallIntegerField(
                default=0, help_text="1 to 28, 31: the last day; 0: every day."
            ),
        ),
        migrations.AddConstraint(
            "chain",
            models.UniqueConstraint(
                fields=("frequency", "zone", "times", "weekdays", "monthday"), name="one_chain_a_schedule"
            ),
        ),
        migrations.RemoveConstraint("dispatch", "one_dispatch_a_local_date"),
        migrations.AddConstraint(
            "dispatch",
            models.UniqueConstraint(
                fields=("chain", "local_date", "minute"), name="one_dispatch_a_local_time"
            ),
        ),
        migrations.AddField(
            "schedule",
            "monthday",
            models.PositiveSmallIntegerField(
                default=1, help_text="Day of the month of a monthly run: 1 to 28, or 31 for the last."
            ),
        ),
        migrations.AddField(
            "schedule",
            "too_late_hours",
            models.PositiveIntegerField(
                default=0,
                help_text="A run that is found due later than this is left out, and its releases join the next."
                " 0: never.",
            ),
        ),
        migrations.AddField(
            "subscription",
            "monthday",
            models.PositiveSmallIntegerField(
                null=True, help_text="1 to 28, 31: the last day; null: as offered."
            ),
        ),
        migrations.AddField(
            "subscriber",
            "repeat_alerts",
            models.BooleanField(
                default=False, db_default=False, help_text="Digests also hold what came at once."
            ),
        ),
        migrations.AddField(
            "cadence", "repeat_alerts", models.BooleanField(default=False, db_default=False)
        ),
        *(
            migrations.AlterField(
                model, name, models.ForeignKey(f"notifier.{to}", on_delete, related_name="+", db_index=False)
                if to == "interest"
                else models.ForeignKey(f"notifier.{to}", on_delete, db_index=False)
            )
            for model, name, to, on_delete in (
                ("match", "dispatch", "dispatch", models.CASCADE),
                ("match", "interest", "interest", models.PROTECT),
                ("match", "minus", "interest", models.PROTECT),
                ("particular", "dispatch", "dispatch", models.CASCADE),
                ("particular", "interest", "interest", models.PROTECT),
                ("editionrelease", "edition", "edition", models.CASCADE),
            )
        ),
        migrations.AlterField(
            "edition",
            "dispatch",
            models.ForeignKey("notifier.dispatch", models.CASCADE, related_name="editions", db_index=False),
        ),
        migrations.RemoveIndex("match", "match_by_interest"),
        migrations.AddIndex(
            "match",
            models.Index(fields=("dispatch", "interest", "minus", "language"), name="match_by_kind"),
        ),
        migrations.RemoveIndex("cadence", "cadence_by_chain"),
        migrations.AlterField(
            "cadence", "chain", models.ForeignKey("notifier.chain", models.PROTECT, db_index=False)
        ),
        migrations.AddIndex(
            "cadence",
            models.Index(
                fields=("chain", "subscriber", "interest", "minus", "language", "joined_at", "since"),
                condition=models.Q(("paused_at", None)),
                name="cadence_by_person",
            ),
        ),
        migrations.AddIndex(
            "cadence",
            models.Index(
                fields=("chain", "interest", "minus", "language", "joined_at", "since"),
                condition=models.Q(("paused_at", None)),
                name="cadence_by_kind",
            ),
        ),
    ]
