from django.db import migrations, models


class Migration(migrations.Migration):
    """A message that left before somebody moved went to the address before."""

    dependencies = [("notifier", "0022_postgres_at_size")]

    operations = [
        migrations.AddField(
            model_name="subscriber",
            name="moved_at",
            field=models.DateTimeField(help_text="Since when they have this address, if not always.", null=True),
        ),
    ]
