from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("feeds", "0007_names_and_editions")]

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
