from django.db import migrations, models


class Migration(migrations.Migration):
    """Canaries: what proves that releases come through."""

    dependencies = [
        ("notifier", "0020_reach"),
    ]

    operations = [
        migrations.CreateModel(
            name="Canary",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("due_at", models.DateTimeField(help_text="The beginning of its interval.", unique=True)),
                (
                    "name",
                    models.CharField(help_text="Random; in the release's title.", max_length=32, unique=True),
                ),
                ("begun_at", models.DateTimeField(help_text="When the release was written.")),
                ("release_id", models.BigIntegerField()),
                ("noticed_at", models.DateTimeField(null=True)),
                (
                    "served_at",
                    models.DateTimeField(help_text="When its feed had it, as a reader sees it.", null=True),
                ),
                (
                    "way",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "not decided yet"),
                            ("none", "there is no relay, or nobody to send to"),
                            ("stopped", "mail is stopped"),
                            ("relay", "the relay takes it"),
                            ("mailbox", "it comes back to Herald"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                ("dispatch_id", models.BigIntegerField(null=True, unique=True)),
                ("handed_at", models.DateTimeField(help_text="When the relay took it.", null=True)),
                ("arrived_at", models.DateTimeField(help_text="When it came back to Herald.", null=True)),
                (
                    "fault",
                    models.CharField(
                        blank=True, default="", help_text="Why no mail of it arrives.", max_length=200
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "canaries",
            },
        ),
    ]
