from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('feeds', '0005_readership'),
    ]

    operations = [
        migrations.AddField(
            model_name='releaseversion',
            name='seq',
            field=models.BigIntegerField(help_text='Of the change that led to it; null: before this was written down.', null=True),
        ),
    ]
