
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('feeds', '0010_search'),
    ]

    operations = [
        migrations.AddField(
            model_name='releasetype',
            name='closed',
            field=models.BooleanField(db_default=False, default=False, help_text='Keeps its feed; not offered any more.'),
        ),
        migrations.AddField(
            model_name='topic',
            name='closed',
            field=models.BooleanField(db_default=False, default=False, help_text='Keeps its feed; not offered any more.'),
        ),
    ]
