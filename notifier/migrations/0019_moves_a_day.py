from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("notifier", "0018_desk"),
    ]

    operations = [
        migrations.AddField(
            model_name="move",
            name="asked_today",
            field=models.PositiveSmallIntegerField(db_default=1, default=1, help_text="Which of that day's it is."),
        ),
    ]
