"""What 0001 to 0005 come to: an empty home makes its tables at once. A home that has some of them goes on with those."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from config.together import Together


class Migration(migrations.Migration):

    replaces = [('config', '0001_initial'), ('config', '0002_accounts'), ('config', '0003_desk'), ('config', '0004_setup'), ('config', '0005_drafts')]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        Together([
            migrations.CreateModel(
                name='Revision',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('number', models.PositiveIntegerField(unique=True)),
                    ('made_at', models.DateTimeField()),
                    ('actor', models.CharField(help_text="An account's number, or the command that was used.", max_length=150)),
                    ('way', models.CharField(help_text='admin, command, api or start', max_length=20)),
                    ('note', models.TextField(blank=True)),
                    ('document', models.JSONField()),
                ],
                options={
                    'ordering': ('-number',),
                },
            ),
            migrations.CreateModel(
                name='AccountSession',
                fields=[
                    ('session_key', models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name='session key')),
                    ('session_data', models.TextField(verbose_name='session data')),
                    ('expire_date', models.DateTimeField(db_index=True, verbose_name='expire date')),
                    ('account_id', models.BigIntegerField(db_index=True, null=True)),
                    ('began_at', models.DateTimeField(null=True)),
                    ('seen_at', models.DateTimeField(null=True)),
                    ('agent', models.CharField(db_default='', default='', max_length=200)),
                    ('network', models.CharField(db_default='', default='', max_length=50)),
                ],
                options={
                    'verbose_name': 'session',
                    'verbose_name_plural': 'sessions',
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='AuditWindow',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('before', models.DateTimeField()),
                ],
            ),
            migrations.CreateModel(
                name='SecondFactor',
                fields=[
                    ('account', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='second_factor', serialize=False, to=settings.AUTH_USER_MODEL)),
                    ('secret', models.BinaryField()),
                    ('last_step', models.BigIntegerField(default=0, help_text='Of the last code that was taken; none is taken twice.')),
                    ('confirmed_at', models.DateTimeField(null=True)),
                ],
            ),
            migrations.CreateModel(
                name='AuditEntry',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('at', models.DateTimeField(db_index=True)),
                    ('actor', models.CharField(max_length=150)),
                    ('way', models.CharField(max_length=20)),
                    ('action', models.CharField(max_length=60)),
                    ('subject', models.CharField(max_length=300)),
                    ('before', models.JSONField(null=True)),
                    ('after', models.JSONField(null=True)),
                    ('revision', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='config.revision')),
                    ('network', models.CharField(db_default='', default='', max_length=50)),
                    ('page', models.CharField(db_default='', default='', max_length=200)),
                ],
                options={
                    'verbose_name_plural': 'audit entries',
                    'ordering': ('-id',),
                },
            ),
            migrations.CreateModel(
                name='Invitation',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('address', models.BinaryField(default=b'')),
                    ('role', models.CharField(max_length=20)),
                    ('made_by', models.CharField(max_length=150)),
                    ('made_at', models.DateTimeField()),
                    ('used_at', models.DateTimeField(null=True)),
                    ('account', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ('-pk',),
                },
            ),
            migrations.CreateModel(
                name='RecoveryCode',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('digest', models.CharField(max_length=64)),
                    ('used_at', models.DateTimeField(null=True)),
                    ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recovery_codes', to=settings.AUTH_USER_MODEL)),
                ],
            ),
            migrations.CreateModel(
                name='SignInTry',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('key', models.CharField(max_length=64)),
                    ('at', models.DateTimeField()),
                ],
                options={
                    'indexes': [models.Index(fields=['key', 'at'], name='config_signintry_key_at')],
                },
            ),
            migrations.CreateModel(
                name='Identity',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('issuer', models.CharField(max_length=300)),
                    ('subject', models.CharField(max_length=255)),
                    ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='identities', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name_plural': 'identities',
                    'constraints': [models.UniqueConstraint(fields=('issuer', 'subject'), name='config_identity_unique')],
                },
            ),
            migrations.CreateModel(
                name='AccountMail',
                fields=[
                    ('account', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='mail', serialize=False, to=settings.AUTH_USER_MODEL)),
                    ('weekly_summary', models.BooleanField(default=False)),
                ],
            ),
            migrations.CreateModel(
                name='SetupCode',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('place', models.CharField(max_length=64, unique=True)),
                    ('digest', models.CharField(max_length=64)),
                    ('made_at', models.DateTimeField()),
                ],
            ),
            migrations.CreateModel(
                name='Draft',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('base', models.PositiveIntegerField()),
                    ('document', models.JSONField()),
                    ('restores', models.PositiveIntegerField(null=True)),
                    ('actor', models.CharField(help_text="Whose it is: an account's number.", max_length=150)),
                    ('made_at', models.DateTimeField()),
                    ('changed_at', models.DateTimeField()),
                ],
                options={
                    'ordering': ('-changed_at', '-pk'),
                },
            ),
        ]),
    ]
