"""What 0001 to 0022 come to: an empty home makes its tables at once. A home that has some of them goes on with those.

The ledger's table is made by hand: WITHOUT ROWID on SQLite, partitioned by dispatch on PostgreSQL, where the tables
that are written most are also told how to be stored and tidied.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import notifier.models.channel
from config.together import Together

COLUMNS = """
    dispatch_id bigint NOT NULL,
    subscriber_id bigint NOT NULL,
    edition_id bigint NOT NULL,
    interest_id bigint NULL,
    lane smallint NOT NULL,
    state smallint NOT NULL DEFAULT 0,
    attempt integer NOT NULL DEFAULT 0,
    owner varchar(32) NOT NULL DEFAULT '',
    next_try_at {instant} NULL,
    reason varchar(500) NOT NULL DEFAULT '',
    after_dot {boolean} NOT NULL DEFAULT {false},
    finished_at {instant} NULL,
    version smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (dispatch_id, subscriber_id)
"""
INDEXES = [
    "CREATE INDEX notifier_delivery_pending ON notifier_delivery (lane, dispatch_id, subscriber_id) WHERE state = 0",
    "CREATE INDEX notifier_delivery_sending ON notifier_delivery (owner) WHERE state = 1",
    "CREATE INDEX notifier_delivery_deferred ON notifier_delivery (next_try_at) WHERE state = 2",
]


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        columns = COLUMNS.format(instant="timestamptz", boolean="boolean", false="false")
        schema_editor.execute(f"CREATE TABLE notifier_delivery ({columns}) PARTITION BY RANGE (dispatch_id)")
        schema_editor.execute("CREATE TABLE notifier_delivery_rest PARTITION OF notifier_delivery DEFAULT")
    else:
        columns = COLUMNS.format(instant="datetime", boolean="bool", false="0")
        schema_editor.execute(f"CREATE TABLE notifier_delivery ({columns}) WITHOUT ROWID")
    for statement in INDEXES:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    schema_editor.execute("DROP TABLE notifier_delivery")


# A few rows that are rewritten every few seconds: room on the page for the next version, and tidied soon.
_SMALL = "fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500"
# Rows that are written once and rewritten in part: dead ones are cleared at a twentieth, not at a fifth.
_LARGE = (
    "autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000,"
    " autovacuum_vacuum_cost_limit = 2000"
)
# Written by the ten thousand in a moment, and asked for in the next: known to the planner sooner.
_ADDED = "autovacuum_analyze_scale_factor = 0.02, autovacuum_analyze_threshold = 5000"
SETTINGS = {
    "notifier_lease": _SMALL,
    "notifier_pulse": _SMALL,
    "notifier_channel": _SMALL,
    "notifier_relaystate": _SMALL,
    "notifier_allowance": _SMALL,
    "notifier_chain": _SMALL,
    "feeds_cursor": _SMALL,
    "feeds_noticestate": _SMALL,
    "notifier_dispatch": f"fillfactor = 80, {_LARGE}",
    "notifier_delivery_rest": _LARGE,
    "notifier_subscriber": f"fillfactor = 90, {_LARGE}",
    "notifier_cadence": _LARGE,
    "feeds_membership": _LARGE,
    "feeds_standing": _LARGE,
    "feeds_change": f"{_LARGE}, {_ADDED}",
    "notifier_match": _ADDED,
    "notifier_edition": _ADDED,
    "notifier_editionrelease": _ADDED,
    "notifier_particular": _ADDED,
}


def tune(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table, settings in SETTINGS.items():
            schema_editor.execute(f'ALTER TABLE "{table}" SET ({settings})')


def leave(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table, settings in SETTINGS.items():
            names = ", ".join(setting.split(" = ")[0].strip() for setting in settings.split(","))
            schema_editor.execute(f'ALTER TABLE "{table}" RESET ({names})')


class Migration(migrations.Migration):

    replaces = [('notifier', '0001_initial'), ('notifier', '0002_delivery'), ('notifier', '0003_holds'), ('notifier', '0004_frequencies'), ('notifier', '0005_corrections'), ('notifier', '0006_history'), ('notifier', '0007_texts'), ('notifier', '0008_relays'), ('notifier', '0009_replies'), ('notifier', '0010_guard'), ('notifier', '0011_signs_of_life'), ('notifier', '0012_correction_notes'), ('notifier', '0013_offers'), ('notifier', '0014_asks'), ('notifier', '0015_manage'), ('notifier', '0016_consents'), ('notifier', '0017_imports'), ('notifier', '0018_desk'), ('notifier', '0019_moves_a_day'), ('notifier', '0020_reach'), ('notifier', '0021_canary'), ('notifier', '0022_postgres_at_size')]

    initial = True

    dependencies = [
        ('feeds', '0011_closed_terms'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together([
            migrations.CreateModel(
                name='Interest',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('digest', models.CharField(help_text='SHA-256 of the canonical selection, hex.', max_length=64, unique=True)),
                    ('selection', models.JSONField(help_text='feeds.selection.Selection in canonical form.')),
                ],
            ),
            migrations.CreateModel(
                name='Subscriber',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('address', models.BinaryField(help_text='AES-SIV; see notifier.addresses.', max_length=600, unique=True)),
                    ('domain', models.CharField(db_index=True, max_length=255)),
                    ('state', models.CharField(choices=[('pending', 'Pending'), ('active', 'Active'), ('left', 'Left')], default='pending', max_length=10)),
                    ('language', models.CharField(default='en', help_text='Of frame texts; releases in it come first.', max_length=10)),
                    ('zone', models.CharField(default='UTC', max_length=64)),
                    ('origin', models.CharField(default='page', help_text='page, command, import or demo', max_length=20)),
                    ('created_at', models.DateTimeField()),
                    ('confirmed_at', models.DateTimeField(null=True)),
                    ('left_at', models.DateTimeField(null=True)),
                    ('letter_sent_at', models.DateTimeField(help_text='Last confirmation or reminder; for the cool-down.', null=True)),
                    ('letters_today', models.PositiveSmallIntegerField(default=0)),
                    ('repeat_alerts', models.BooleanField(db_default=False, default=False, help_text='Digests also hold what came at once.')),
                    ('change_notice_at', models.DateTimeField(help_text='Last told that their choice was changed.', null=True)),
                    ('feed_number', models.PositiveIntegerField(db_default=0, default=0, help_text='Which private feed is theirs: earlier ones have ended. 0: none yet.')),
                    ('feed_since', models.DateField(null=True)),
                    ('left_notice_at', models.DateTimeField(help_text='Last told that they have left.', null=True)),
                    ('pause_afresh', models.BooleanField(db_default=False, default=False, help_text='It ends without what was missed.')),
                    ('pause_until', models.DateField(help_text="A pause ends when this day begins in the person's zone; null: when they say so.", null=True)),
                    ('told_why', models.BooleanField(db_default=False, default=False, help_text='They have said why they left, or what; not what they said.')),
                ],
                options={
                    'indexes': [models.Index(condition=models.Q(('pause_until__isnull', False)), fields=['pause_until'], name='pause_that_ends')],
                },
            ),
            migrations.CreateModel(
                name='Chain',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('frequency', models.CharField(choices=[('instant', 'at once'), ('several', 'several times a day'), ('daily', 'every day'), ('weekly', 'once a week'), ('monthly', 'once a month')], max_length=10)),
                    ('zone', models.CharField(max_length=64)),
                    ('weekdays', models.CharField(default='1234567', help_text='ISO weekdays, 1 is Monday.', max_length=7)),
                    ('served_until', models.DateTimeField()),
                    ('times', models.CharField(help_text='Local times, as 08:00 13:00 18:00.', max_length=150)),
                    ('monthday', models.PositiveSmallIntegerField(default=0, help_text='1 to 28, 31: the last day; 0: every day.')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('frequency', 'zone', 'times', 'weekdays', 'monthday'), name='one_chain_a_schedule')],
                },
            ),
            migrations.CreateModel(
                name='Dispatch',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('lane', models.PositiveSmallIntegerField(choices=[(0, 'Letter'), (1, 'Alert'), (2, 'Digest')])),
                    ('local_date', models.DateField(null=True)),
                    ('starts_at', models.DateTimeField(null=True)),
                    ('ends_at', models.DateTimeField(null=True)),
                    ('made_at', models.DateTimeField(help_text='The Date header of its messages.')),
                    ('state', models.CharField(choices=[('filling', 'Filling'), ('ready', 'Ready')], default='filling', max_length=10)),
                    ('filled_to', models.BigIntegerField(default=0, help_text='Subscribers up to this number have their deliveries.')),
                    ('held', models.BooleanField(default=False)),
                    ('chain', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='dispatches', to='notifier.chain')),
                    ('cancelled_at', models.DateTimeField(help_text='Held for good: nothing more of it leaves.', null=True)),
                    ('held_at', models.DateTimeField(null=True)),
                    ('held_because', models.CharField(blank=True, default='', max_length=300)),
                    ('held_by', models.CharField(blank=True, default='', help_text='account:<id>, command:<name> or threshold.', max_length=150)),
                    ('recipients', models.PositiveIntegerField(help_text='Deliveries that were planned; empty while they are being planned.', null=True)),
                    ('minute', models.PositiveSmallIntegerField(help_text="Which of the chain's times, in minutes after local midnight.", null=True)),
                    ('archived_at', models.DateTimeField(help_text='Its deliveries are gone; Tally is what is left.', null=True)),
                    ('counted_at', models.DateTimeField(help_text='All of it has ended, and Tally says how.', null=True)),
                ],
                options={
                    'verbose_name_plural': 'dispatches',
                    'indexes': [models.Index(condition=models.Q(('state', 'filling')), fields=['id'], name='dispatch_filling'), models.Index(condition=models.Q(('counted_at', None), ('lane__gt', 0)), fields=['id'], name='dispatch_uncounted')],
                    'constraints': [models.UniqueConstraint(fields=('chain', 'starts_at'), name='one_dispatch_a_start'), models.UniqueConstraint(fields=('chain', 'local_date', 'minute'), name='one_dispatch_a_local_time')],
                },
            ),
            migrations.CreateModel(
                name='Edition',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('layout', models.CharField(help_text='alert, digest, correction, watch, or that of a letter', max_length=20)),
                    ('language', models.CharField(max_length=10)),
                    ('digest', models.CharField(help_text='SHA-256 of layout, language and content; equal ones are one.', max_length=64)),
                    ('content', models.JSONField()),
                    ('version', models.PositiveIntegerField(default=1)),
                    ('dispatch', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='editions', to='notifier.dispatch')),
                    ('leaves_at', models.DateTimeField(help_text='Until then an editor may stop it; null: at once.', null=True)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('dispatch', 'digest'), name='one_edition_a_content')],
                },
            ),
            migrations.CreateModel(
                name='Settling',
                fields=[
                    ('interest', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, serialize=False, to='notifier.interest')),
                    ('from_at', models.DateTimeField()),
                    ('until', models.DateTimeField(db_index=True)),
                ],
            ),
            migrations.CreateModel(
                name='Rendering',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('version', models.PositiveIntegerField()),
                    ('message', models.BinaryField(help_text='notifier.letters.Pattern, packed and compressed.')),
                    ('edition', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='notifier.edition')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('edition', 'version'), name='one_rendering_a_version')],
                },
            ),
            migrations.CreateModel(
                name='Schedule',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('frequency', models.CharField(choices=[('instant', 'at once'), ('several', 'several times a day'), ('daily', 'every day'), ('weekly', 'once a week'), ('monthly', 'once a month')], max_length=10, unique=True)),
                    ('offered', models.BooleanField(default=True)),
                    ('weekdays', models.CharField(default='1234567', help_text='ISO weekdays of a run, 1 is Monday.', max_length=7)),
                    ('settling_seconds', models.PositiveIntegerField(default=60, help_text='After an alert, what follows for the same interest waits this long and leaves as one.')),
                    ('hold_above', models.PositiveIntegerField(default=0, help_text='A dispatch to more people than this waits for an admin. 0: none does.')),
                    ('hold_above_hourly', models.PositiveIntegerField(default=0, help_text='So does one by which more messages than this would leave within an hour. 0: none does.')),
                    ('times', models.CharField(default='07:00', help_text='Local times, as 08:00 13:00 18:00; what one begins with.', max_length=150)),
                    ('monthday', models.PositiveSmallIntegerField(default=1, help_text='Day of the month of a monthly run: 1 to 28, or 31 for the last.')),
                    ('too_late_hours', models.PositiveIntegerField(default=0, help_text='A run that is found due later than this is left out, and its releases join the next. 0: never.')),
                ],
                options={
                    'ordering': ('id',),
                },
            ),
            migrations.CreateModel(
                name='Match',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('language', models.CharField(max_length=10)),
                    ('joined_from', models.DateTimeField()),
                    ('joined_to', models.DateTimeField()),
                    ('since_from', models.DateTimeField()),
                    ('since_to', models.DateTimeField()),
                    ('dispatch', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='notifier.dispatch')),
                    ('edition', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='notifier.edition')),
                    ('interest', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='notifier.interest')),
                    ('minus', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='notifier.interest')),
                ],
                options={
                    'verbose_name_plural': 'matches',
                    'indexes': [models.Index(fields=['dispatch', 'interest', 'minus', 'language'], name='match_by_kind')],
                },
            ),
            migrations.CreateModel(
                name='Particular',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('subscriber_id', models.BigIntegerField()),
                    ('dispatch', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='notifier.dispatch')),
                    ('edition', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to='notifier.edition')),
                    ('interest', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='notifier.interest')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('dispatch', 'subscriber_id'), name='one_particular_a_person')],
                },
            ),
            migrations.CreateModel(
                name='Cadence',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('frequency', models.CharField(choices=[('instant', 'at once'), ('several', 'several times a day'), ('daily', 'every day'), ('weekly', 'once a week'), ('monthly', 'once a month')], max_length=10)),
                    ('language', models.CharField(help_text="The subscriber's, kept here so that planning joins one table.", max_length=10)),
                    ('since', models.DateTimeField()),
                    ('joined_at', models.DateTimeField()),
                    ('paused_at', models.DateTimeField(null=True)),
                    ('chain', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='notifier.chain')),
                    ('interest', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='notifier.interest')),
                    ('minus', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='notifier.interest')),
                    ('subscriber', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cadences', to='notifier.subscriber')),
                    ('repeat_alerts', models.BooleanField(db_default=False, default=False)),
                ],
                options={
                    'indexes': [models.Index(fields=['chain', 'joined_at'], name='cadence_by_joining'), models.Index(condition=models.Q(('paused_at', None)), fields=['chain', 'subscriber', 'interest', 'minus', 'language', 'joined_at', 'since'], name='cadence_by_person'), models.Index(condition=models.Q(('paused_at', None)), fields=['chain', 'interest', 'minus', 'language', 'joined_at', 'since'], name='cadence_by_kind')],
                    'constraints': [models.UniqueConstraint(fields=('subscriber', 'frequency'), name='one_cadence_a_frequency')],
                },
            ),
            migrations.CreateModel(
                name='Delivery',
                fields=[
                    ('pk', models.CompositePrimaryKey('dispatch_id', 'subscriber_id', blank=True, editable=False, primary_key=True, serialize=False)),
                    ('dispatch_id', models.BigIntegerField()),
                    ('subscriber_id', models.BigIntegerField()),
                    ('edition_id', models.BigIntegerField()),
                    ('interest_id', models.BigIntegerField(help_text='What the person had chosen when it was planned.', null=True)),
                    ('lane', models.PositiveSmallIntegerField()),
                    ('state', models.PositiveSmallIntegerField(choices=[(0, 'Pending'), (1, 'Sending'), (2, 'Deferred'), (3, 'Sent'), (4, 'Failed'), (5, 'Suppressed'), (6, 'Cancelled')], db_default=0, default=0)),
                    ('attempt', models.PositiveIntegerField(db_default=0, default=0)),
                    ('owner', models.CharField(db_default='', default='', help_text='The lease that claimed it.', max_length=32)),
                    ('next_try_at', models.DateTimeField(null=True)),
                    ('reason', models.CharField(db_default='', default='', max_length=500)),
                    ('after_dot', models.BooleanField(db_default=False, default=False, help_text='It may have arrived all the same.')),
                    ('finished_at', models.DateTimeField(null=True)),
                    ('version', models.PositiveSmallIntegerField(db_default=0, default=0, help_text='Of the edition that may have reached the person first; 0: none.')),
                ],
                options={
                    'verbose_name_plural': 'deliveries',
                    'managed': False,
                },
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
                    ('noted', models.PositiveIntegerField(help_text='Of the ReleaseVersion in which a mark put the note to it, and nothing else.', null=True)),
                    ('likewise', models.JSONField(default=list, help_text='Fingerprints of the right text without that note: whoever got such a one received no mistake.')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('release_id', 'number', 'kind'), name='one_correction_a_version')],
                },
            ),
            migrations.CreateModel(
                name='EditionRelease',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('release_id', models.BigIntegerField()),
                    ('group', models.BigIntegerField(help_text="The release's language group; a person gets a group once.")),
                    ('edition', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='notifier.edition')),
                    ('until', models.PositiveIntegerField(help_text='The last version that holds it, where a withdrawal took it out; null: all do.', null=True)),
                ],
                options={
                    'indexes': [models.Index(fields=['group'], name='edition_by_group'), models.Index(fields=['release_id'], name='edition_by_release')],
                    'constraints': [models.UniqueConstraint(fields=('edition', 'release_id'), name='one_entry_an_edition')],
                },
            ),
            migrations.CreateModel(
                name='CorrectionDue',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('watching', models.BooleanField(default=False)),
                    ('interest_id', models.BigIntegerField(help_text='Of what is shown again: by which choice it was to come.', null=True)),
                    ('dispatch_id', models.BigIntegerField(null=True)),
                    ('correction', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='due', to='notifier.correction')),
                    ('subscriber', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='notifier.subscriber')),
                ],
                options={
                    'verbose_name_plural': 'corrections due',
                    'indexes': [models.Index(condition=models.Q(('dispatch_id__isnull', True)), fields=['correction', 'subscriber'], name='correction_open')],
                    'constraints': [models.UniqueConstraint(fields=('correction', 'subscriber'), name='one_correction_a_person')],
                },
            ),
            migrations.CreateModel(
                name='Description',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('language', models.CharField(max_length=10)),
                    ('since', models.DateTimeField()),
                    ('text', models.TextField()),
                    ('interest', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='descriptions', to='notifier.interest')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('interest', 'language', 'since'), name='one_description_a_time')],
                },
            ),
            migrations.CreateModel(
                name='EditionText',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('version', models.PositiveIntegerField()),
                    ('release_id', models.BigIntegerField(db_index=True)),
                    ('fingerprint', models.CharField(max_length=64)),
                    ('edition', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='notifier.edition')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('edition', 'version', 'release_id'), name='one_text_a_version')],
                },
            ),
            migrations.CreateModel(
                name='Watch',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('release_id', models.BigIntegerField()),
                    ('created_at', models.DateTimeField()),
                    ('until', models.DateTimeField()),
                    ('ended_at', models.DateTimeField(null=True)),
                    ('subscriber', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='watches', to='notifier.subscriber')),
                ],
                options={
                    'verbose_name_plural': 'watches',
                    'indexes': [models.Index(condition=models.Q(('ended_at', None)), fields=['release_id'], name='watch_by_release')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('subscriber', 'release_id'), name='one_watch_a_release')],
                },
            ),
            migrations.CreateModel(
                name='Spell',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('frequency', models.CharField(choices=[('instant', 'at once'), ('several', 'several times a day'), ('daily', 'every day'), ('weekly', 'once a week'), ('monthly', 'once a month')], max_length=10)),
                    ('since', models.DateTimeField()),
                    ('joined_at', models.DateTimeField()),
                    ('paused', models.BooleanField()),
                    ('served_to', models.DateTimeField()),
                    ('ended_at', models.DateTimeField()),
                    ('chain', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='notifier.chain')),
                    ('interest', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='notifier.interest')),
                    ('minus', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='notifier.interest')),
                    ('subscriber', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='spells', to='notifier.subscriber')),
                ],
            ),
            migrations.CreateModel(
                name='Turn',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('asked', 'Asked'), ('confirmed', 'Confirmed'), ('paused', 'Paused'), ('resumed', 'Resumed'), ('afresh', 'Afresh'), ('left', 'Left'), ('came_back', 'Came Back')], max_length=10)),
                    ('at', models.DateTimeField(help_text='On the scale of announcements, which never goes back.')),
                    ('subscriber', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='turns', to='notifier.subscriber')),
                ],
            ),
            migrations.CreateModel(
                name='Text',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('key', models.CharField(max_length=40, unique=True)),
                    ('words', models.JSONField(blank=True, default=dict)),
                ],
                options={
                    'ordering': ('id',),
                },
            ),
            migrations.CreateModel(
                name='RelayState',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=300, unique=True)),
                    ('fault', models.CharField(blank=True, default='', max_length=500)),
                    ('fault_since', models.DateTimeField(null=True)),
                    ('is_paused', models.BooleanField(default=False, help_text='It refuses us, and is tried again at most once an hour.')),
                    ('takes_utf8', models.BooleanField(help_text='Whether it offers SMTPUTF8.', null=True)),
                ],
                options={
                    'verbose_name': 'relay',
                    'ordering': ('name',),
                },
            ),
            migrations.CreateModel(
                name='Suppression',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('address', models.BinaryField(max_length=600, unique=True)),
                    ('reason', models.CharField(max_length=200)),
                    ('at', models.DateTimeField()),
                    ('expires_at', models.DateTimeField(null=True)),
                    ('kind', models.CharField(choices=[('soft', 'undeliverable for now, again and again'), ('bounce', 'undeliverable for good'), ('complaint', 'complaint'), ('person', "a person's decision")], db_default='person', default='person', max_length=10)),
                ],
            ),
            migrations.CreateModel(
                name='Reply',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('dispatch_id', models.BigIntegerField(help_text='0: the provider did not say.')),
                    ('kind', models.CharField(choices=[('hard', 'undeliverable for good'), ('soft', 'undeliverable for now'), ('delayed', 'still being tried'), ('delivered', 'delivered, or passed on'), ('complaint', 'complaint'), ('not_spam', 'no spam after all'), ('auto', 'automatic answer'), ('challenge', 'asks to prove who sent it'), ('other', 'something else')], max_length=10)),
                    ('status', models.CharField(blank=True, default='', help_text='Enhanced code (RFC 3463).', max_length=11)),
                    ('at', models.DateTimeField()),
                    ('counts', models.BooleanField(db_default=True, default=True, help_text='False once its address has proven to work.')),
                    ('digest', models.CharField(help_text='Of what was read: the same one counts once.', max_length=64, unique=True)),
                    ('subscriber', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='replies', to='notifier.subscriber')),
                ],
                options={
                    'verbose_name_plural': 'replies',
                    'indexes': [models.Index(fields=['at'], name='reply_by_time'), models.Index(fields=['dispatch_id', 'subscriber'], name='reply_by_dispatch')],
                },
            ),
            migrations.CreateModel(
                name='Channel',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('stopped_at', models.DateTimeField(null=True)),
                    ('stopped_by', models.CharField(blank=True, default='', max_length=150)),
                    ('fault', models.CharField(blank=True, default='', help_text='Why the relay cannot be used just now.', max_length=500)),
                    ('fault_since', models.DateTimeField(null=True)),
                    ('last_sent_at', models.DateTimeField(null=True)),
                    ('lineage', models.CharField(default=notifier.models.channel.new_lineage, max_length=32)),
                    ('place', models.CharField(db_default='', default='', help_text='Where the database stood when mail was sent from it.', max_length=200)),
                    ('serial', models.BigIntegerField(db_default=0, default=0, help_text='Goes up while workers run, and never down.')),
                    ('stopped_because', models.CharField(blank=True, db_default='', default='', max_length=300)),
                    ('succeeds', models.CharField(db_default='', default='', help_text='The lineage that was restored and became this one.', max_length=32)),
                ],
                options={
                    'verbose_name_plural': 'channel',
                },
            ),
            migrations.CreateModel(
                name='Lease',
                fields=[
                    ('token', models.CharField(max_length=32, primary_key=True, serialize=False)),
                    ('host', models.CharField(max_length=255)),
                    ('pid', models.PositiveIntegerField()),
                    ('started_at', models.DateTimeField()),
                    ('renewed_at', models.DateTimeField()),
                    ('report', models.JSONField(default=dict, help_text='What the worker says of itself; see notifier.pace.')),
                ],
            ),
            migrations.CreateModel(
                name='Tally',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('edition_id', models.BigIntegerField()),
                    ('version', models.PositiveSmallIntegerField()),
                    ('state', models.PositiveSmallIntegerField()),
                    ('count', models.PositiveIntegerField()),
                    ('first_at', models.DateTimeField(null=True)),
                    ('last_at', models.DateTimeField(null=True)),
                    ('dispatch', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='tallies', to='notifier.dispatch')),
                ],
                options={
                    'verbose_name_plural': 'tallies',
                    'constraints': [models.UniqueConstraint(fields=('dispatch', 'edition_id', 'version', 'state'), name='one_tally_an_outcome')],
                },
            ),
            migrations.CreateModel(
                name='Pulse',
                fields=[
                    ('name', models.CharField(max_length=20, primary_key=True, serialize=False)),
                    ('at', models.DateTimeField()),
                ],
            ),
            migrations.CreateModel(
                name='Allowance',
                fields=[
                    ('name', models.CharField(max_length=32, primary_key=True, serialize=False)),
                    ('even_at', models.DateTimeField(help_text='When they will be even.')),
                ],
            ),
            migrations.CreateModel(
                name='Ask',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('subscribe', 'Subscribe'), ('manage', 'Manage'), ('watch', 'Watch')], max_length=10)),
                    ('address', models.BinaryField(help_text='AES-SIV; see notifier.addresses.', max_length=600)),
                    ('content', models.JSONField(default=dict, help_text='A wish, or the key of a release.')),
                    ('language', models.CharField(max_length=10)),
                    ('zone', models.CharField(max_length=64)),
                    ('at', models.DateTimeField()),
                ],
            ),
            migrations.CreateModel(
                name='Farewell',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('reason', models.CharField(choices=[('too_much', 'too many messages'), ('not_mine', 'not what I am interested in'), ('no_need', 'no longer needed for my work'), ('feed', 'I read it another way'), ('never_asked', 'never asked for it'), ('other', 'something else')], max_length=20)),
                    ('words', models.CharField(blank=True, default='', max_length=300)),
                    ('on', models.DateField(db_index=True)),
                ],
            ),
            migrations.CreateModel(
                name='Move',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('asked_at', models.DateTimeField()),
                    ('here_at', models.DateTimeField(help_text='When the old mailbox agreed.', null=True)),
                    ('there_at', models.DateTimeField(help_text='When the new one did.', null=True)),
                    ('subscriber', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='move', to='notifier.subscriber')),
                    ('to', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='notifier.subscriber')),
                    ('asked_today', models.PositiveSmallIntegerField(db_default=1, default=1, help_text="Which of that day's it is.")),
                ],
            ),
            migrations.CreateModel(
                name='Subscription',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('frequency', models.CharField(choices=[('instant', 'at once'), ('several', 'several times a day'), ('daily', 'every day'), ('weekly', 'once a week'), ('monthly', 'once a month')], max_length=10)),
                    ('created_at', models.DateTimeField()),
                    ('minute', models.PositiveIntegerField(help_text='Local time that was asked for; null: as offered.', null=True)),
                    ('weekdays', models.CharField(blank=True, default='', help_text='Empty: as offered.', max_length=7)),
                    ('ended_at', models.DateTimeField(null=True)),
                    ('interest', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='notifier.interest')),
                    ('subscriber', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='subscriptions', to='notifier.subscriber')),
                    ('monthday', models.PositiveSmallIntegerField(help_text='1 to 28, 31: the last day; null: as offered.', null=True)),
                    ('left_at', models.DateTimeField(help_text='It alone was left then, and may be taken back.', null=True)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('subscriber', 'frequency', 'interest'), name='one_live_subscription_a_selection')],
                },
            ),
            migrations.CreateModel(
                name='Erasure',
                fields=[
                    ('hash', models.CharField(max_length=40, primary_key=True, serialize=False)),
                    ('at', models.DateTimeField(db_index=True)),
                ],
            ),
            migrations.CreateModel(
                name='Consent',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('at', models.DateTimeField()),
                    ('way', models.CharField(choices=[('page', 'by the link in a letter'), ('command', 'told by an operator'), ('import', 'brought along from another system')], max_length=10)),
                    ('language', models.CharField(max_length=10)),
                    ('wording', models.TextField(help_text='What they agreed to, as they read it.')),
                    ('what', models.TextField(help_text='What they had chosen, as they read it.')),
                    ('subscriber', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='consents', to='notifier.subscriber')),
                ],
            ),
            migrations.CreateModel(
                name='Import',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(help_text='Of the file.', max_length=200)),
                    ('system', models.CharField(max_length=40)),
                    ('head', models.JSONField(default=list)),
                    ('columns', models.JSONField(default=dict, help_text='Field -> number of its column.')),
                    ('wishes', models.JSONField(default=list, help_text='What people get whose row says nothing.')),
                    ('language', models.CharField(default='en', max_length=10)),
                    ('zone', models.CharField(default='UTC', max_length=64)),
                    ('frequency', models.CharField(default='daily', max_length=10)),
                    ('asks', models.BooleanField(default=True, help_text='Everybody is asked by a letter to confirm.')),
                    ('basis', models.TextField(default='', help_text='What they agreed to, where and how; kept with each consent.')),
                    ('state', models.CharField(choices=[('draft', 'looked through, not begun'), ('running', 'being brought in'), ('done', 'done'), ('undoing', 'being taken back'), ('undone', 'taken back'), ('dropped', 'never begun')], default='draft', max_length=10)),
                    ('made_at', models.DateTimeField()),
                    ('made_by', models.CharField(max_length=150)),
                    ('begun_at', models.DateTimeField(null=True)),
                    ('ended_at', models.DateTimeField(null=True)),
                    ('rows', models.PositiveIntegerField(default=0)),
                    ('done', models.PositiveIntegerField(default=0, help_text='Rows that were dealt with, or people taken back.')),
                    ('counts', models.JSONField(default=dict, help_text='What became of rows -> how many.')),
                    ('refusals', models.JSONField(default=list, help_text='The first ones: [line, why].')),
                ],
                options={
                    'ordering': ('-pk',),
                },
            ),
            migrations.CreateModel(
                name='Imported',
                fields=[
                    ('subscriber', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='imported', serialize=False, to='notifier.subscriber')),
                    ('at', models.DateTimeField()),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='people', to='notifier.import')),
                ],
            ),
            migrations.CreateModel(
                name='ImportBatch',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('number', models.PositiveIntegerField()),
                    ('size', models.PositiveIntegerField()),
                    ('sealed', models.BinaryField()),
                    ('of', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='batches', to='notifier.import')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('of', 'number'), name='one_batch_a_number')],
                },
            ),
            migrations.CreateModel(
                name='DayCount',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('day', models.DateField()),
                    ('what', models.CharField(max_length=12)),
                    ('slug', models.CharField(blank=True, default='', help_text='Of an office or a topic.', max_length=200)),
                    ('count', models.BigIntegerField()),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('day', 'what', 'slug'), name='one_count_a_day')],
                },
            ),
            migrations.CreateModel(
                name='Summary',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('week', models.DateField()),
                    ('next_at', models.DateTimeField(help_text='When to try it; put off by whoever tries.')),
                    ('sent_at', models.DateTimeField(null=True)),
                    ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name_plural': 'summaries',
                    'constraints': [models.UniqueConstraint(fields=('week', 'account'), name='one_summary_a_week')],
                },
            ),
            migrations.CreateModel(
                name='Canary',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('due_at', models.DateTimeField(help_text='The beginning of its interval.', unique=True)),
                    ('name', models.CharField(help_text="Random; in the release's title.", max_length=32, unique=True)),
                    ('begun_at', models.DateTimeField(help_text='When the release was written.')),
                    ('release_id', models.BigIntegerField()),
                    ('noticed_at', models.DateTimeField(null=True)),
                    ('served_at', models.DateTimeField(help_text='When its feed had it, as a reader sees it.', null=True)),
                    ('way', models.CharField(blank=True, choices=[('', 'not decided yet'), ('none', 'there is no relay, or nobody to send to'), ('stopped', 'mail is stopped'), ('relay', 'the relay takes it'), ('mailbox', 'it comes back to Herald')], default='', max_length=10)),
                    ('dispatch_id', models.BigIntegerField(null=True, unique=True)),
                    ('handed_at', models.DateTimeField(help_text='When the relay took it.', null=True)),
                    ('arrived_at', models.DateTimeField(help_text='When it came back to Herald.', null=True)),
                    ('fault', models.CharField(blank=True, default='', help_text='Why no mail of it arrives.', max_length=200)),
                ],
                options={
                    'verbose_name_plural': 'canaries',
                },
            ),
        ]),
        migrations.RunPython(create, drop),
        migrations.RunPython(tune, leave),
    ]
