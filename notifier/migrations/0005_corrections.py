import django.db.models.deletion
from django.db import migrations, models


ADD = "ALTER TABLE notifier_delivery ADD COLUMN version smallint NOT NULL DEFAULT 0"
DROP = "ALTER TABLE notifier_delivery DROP COLUMN version"


class Migration(migrations.Migration):

    dependencies = [
        ('notifier', '0004_frequencies'),
    ]

    operations = [
        migrations.RunSQL(
            ADD,
            DROP,
            state_operations=[
                migrations.AddField(
                    model_name='delivery',
                    name='version',
                    field=models.PositiveSmallIntegerField(
                        db_default=0, default=0, help_text='Of the edition that may have reached the person first; 0: none.'
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name='Correction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('release_id', models.BigIntegerField()),
                ('kind', models.CharField(choices=[('corrected', 'corrected'), ('withdrawn', 'withdrawn'), ('restored', 'shown again')], max_length=10)),
                ('number', models.PositiveIntegerField(help_text='Of the ReleaseVersion in which it reads as it does now.')),
                ('before', models.PositiveIntegerField(help_text='Of the ReleaseVersion it is compared with, to say what changed.', null=True)),
                ('fingerprint', models.CharField(default='', help_text='Of the right text: whoever got another received the mistake.', max_length=64)),
                ('title', models.TextField(help_text='As it was then: of what was withdrawn nothing else is left to say.')),
                ('note', models.TextField(blank=True, default='', help_text="The editor's, in plain words.")),
                ('notify', models.BooleanField(default=False, help_text='An editor marked it for those who received it.')),
                ('marked_by', models.CharField(blank=True, default='', max_length=150)),
                ('made_at', models.DateTimeField(help_text='When it was marked, or noticed.')),
                ('begun_at', models.DateTimeField(help_text='When people were looked for first.', null=True)),
                ('look_at', models.DateTimeField(db_index=True, help_text='When to look again for people it is for; null: all have it.', null=True)),
            ],
        ),
        migrations.CreateModel(
            name='CorrectionDue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('watching', models.BooleanField(default=False)),
                ('interest_id', models.BigIntegerField(help_text='Of what is shown again: by which choice it was to come.', null=True)),
                ('dispatch_id', models.BigIntegerField(null=True)),
            ],
            options={
                'verbose_name_plural': 'corrections due',
            },
        ),
        migrations.CreateModel(
            name='Description',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(max_length=10)),
                ('since', models.DateTimeField()),
                ('text', models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name='EditionText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('release_id', models.BigIntegerField(db_index=True)),
                ('fingerprint', models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name='Watch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('release_id', models.BigIntegerField()),
                ('created_at', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name_plural': 'watches',
            },
        ),
        migrations.AddField(
            model_name='editionrelease',
            name='until',
            field=models.PositiveIntegerField(help_text='The last version that holds it, where a withdrawal took it out; null: all do.', null=True),
        ),
        migrations.AlterField(
            model_name='edition',
            name='layout',
            field=models.CharField(help_text='alert, digest, correction, watch, confirm, welcome, manage or watching', max_length=20),
        ),
        migrations.AddIndex(
            model_name='editionrelease',
            index=models.Index(fields=['release_id'], name='edition_by_release'),
        ),
        migrations.AddConstraint(
            model_name='correction',
            constraint=models.UniqueConstraint(fields=('release_id', 'number', 'kind'), name='one_correction_a_version'),
        ),
        migrations.AddField(
            model_name='correctiondue',
            name='correction',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='due', to='notifier.correction'),
        ),
        migrations.AddField(
            model_name='correctiondue',
            name='subscriber',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='notifier.subscriber'),
        ),
        migrations.AddField(
            model_name='description',
            name='interest',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='descriptions', to='notifier.interest'),
        ),
        migrations.AddField(
            model_name='editiontext',
            name='edition',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='notifier.edition'),
        ),
        migrations.AddField(
            model_name='watch',
            name='subscriber',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='watches', to='notifier.subscriber'),
        ),
        migrations.AddIndex(
            model_name='correctiondue',
            index=models.Index(condition=models.Q(('dispatch_id__isnull', True)), fields=['correction', 'subscriber'], name='correction_open'),
        ),
        migrations.AddConstraint(
            model_name='correctiondue',
            constraint=models.UniqueConstraint(fields=('correction', 'subscriber'), name='one_correction_a_person'),
        ),
        migrations.AddConstraint(
            model_name='description',
            constraint=models.UniqueConstraint(fields=('interest', 'language', 'since'), name='one_description_a_time'),
        ),
        migrations.AddConstraint(
            model_name='editiontext',
            constraint=models.UniqueConstraint(fields=('edition', 'version', 'release_id'), name='one_text_a_version'),
        ),
        migrations.AddIndex(
            model_name='watch',
            index=models.Index(condition=models.Q(('ended_at', None)), fields=['release_id'], name='watch_by_release'),
        ),
        migrations.AddConstraint(
            model_name='watch',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('subscriber', 'release_id'), name='one_watch_a_release'),
        ),
    ]
