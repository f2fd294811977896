from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("feeds", "0003_feeds_that_last")]

    operations = [
        migrations.RemoveIndex(model_name="membership", name="membership_left"),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                fields=["feed", "left_at"],
                condition=models.Q(("left_at__isnull", False)),
                name="membership_gone",
            ),
        ),
    ]
