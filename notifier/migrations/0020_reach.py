from django.db import migrations, models


class Migration(migrations.Migration):
    """What came back to a dispatch is found by it."""

    dependencies = [("notifier", "0019_moves_a_day")]

    operations = [
        migrations.AddIndex(
            model_name="reply",
            index=models.Index(fields=["dispatch_id", "subscriber"], name="reply_by_dispatch"),
        ),
    ]
