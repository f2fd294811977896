"""What 0001 to 0011 come to: an empty home makes its tables at once. A home that has some of them goes on with those."""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.lookups
from django.db import migrations, models

from config.together import Together
from feeds.search import index


def create(apps, schema_editor):
    index.create(schema_editor.connection)


def drop(apps, schema_editor):
    index.drop(schema_editor.connection)


class Migration(migrations.Migration):

    replaces = [('feeds', '0001_initial'), ('feeds', '0002_ways_in'), ('feeds', '0003_feeds_that_last'), ('feeds', '0004_grace'), ('feeds', '0005_readership'), ('feeds', '0006_versions_by_change'), ('feeds', '0007_names_and_editions'), ('feeds', '0008_live_rows_by_their_index'), ('feeds', '0009_logo'), ('feeds', '0010_search'), ('feeds', '0011_closed_terms')]

    initial = True

    dependencies = [
    ]

    operations = [
        Together([
            migrations.CreateModel(
                name='Announcement',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('release_id', models.BigIntegerField(db_index=True)),
                    ('at', models.DateTimeField(db_index=True)),
                    ('seq', models.BigIntegerField()),
                    ('before', models.JSONField(null=True)),
                ],
            ),
            migrations.CreateModel(
                name='Cursor',
                fields=[
                    ('name', models.CharField(max_length=100, primary_key=True, serialize=False)),
                    ('seq', models.BigIntegerField(default=0)),
                ],
            ),
            migrations.CreateModel(
                name='NoticeState',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('seq', models.BigIntegerField(default=0)),
                    ('instant', models.DateTimeField()),
                ],
            ),
            migrations.CreateModel(
                name='Office',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('slug', models.SlugField(max_length=200, unique=True)),
                    ('name', models.CharField(max_length=300)),
                    ('aliases', models.JSONField(blank=True, db_default=[], default=list, help_text='Other labels of the same.')),
                    ('position', models.PositiveIntegerField(db_default=0, default=0, help_text='Order in lists; then by name.')),
                    ('kind', models.CharField(blank=True, db_default='', default='', max_length=60)),
                    ('country', models.CharField(blank=True, db_default='', default='', help_text='ISO 3166-1, XK for Kosovo.', max_length=2)),
                    ('region', models.CharField(blank=True, db_default='', default='', max_length=60)),
                    ('closed', models.BooleanField(db_default=False, default=False, help_text='Keeps its feed; not offered any more.')),
                    ('former', models.JSONField(blank=True, db_default=[], default=list, help_text='Slugs of terms that were merged into this one: their addresses lead here for ever.')),
                    ('grace_seconds', models.PositiveIntegerField(db_default=0, default=0, help_text='How long an alert about its releases waits, so that it can be stopped.')),
                    ('names', models.JSONField(blank=True, db_default={}, default=dict, help_text='Its name in other languages, by language code. Where one is missing, `name` stands.')),
                ],
                options={
                    'ordering': ('position', 'name'),
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='ReleaseType',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('slug', models.SlugField(max_length=200, unique=True)),
                    ('name', models.CharField(max_length=300)),
                    ('aliases', models.JSONField(blank=True, db_default=[], default=list, help_text='Other labels of the same.')),
                    ('position', models.PositiveIntegerField(db_default=0, default=0, help_text='Order in lists; then by name.')),
                    ('former', models.JSONField(blank=True, db_default=[], default=list, help_text='Slugs of terms that were merged into this one: their addresses lead here for ever.')),
                    ('grace_seconds', models.PositiveIntegerField(db_default=0, default=0, help_text='How long an alert about its releases waits, so that it can be stopped.')),
                    ('names', models.JSONField(blank=True, db_default={}, default=dict, help_text='Its name in other languages, by language code. Where one is missing, `name` stands.')),
                    ('closed', models.BooleanField(db_default=False, default=False, help_text='Keeps its feed; not offered any more.')),
                ],
                options={
                    'ordering': ('position', 'name'),
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='Source',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('slug', models.SlugField(max_length=100, unique=True)),
                    ('name', models.CharField(max_length=200)),
                    ('kind', models.CharField(choices=[('listing', 'listing'), ('syndication', 'syndication'), ('folder', 'folder'), ('api', 'api')], max_length=20)),
                    ('address', models.CharField(blank=True, default='', help_text='URL or folder; empty: files by hand.', max_length=1000)),
                    ('active', models.BooleanField(default=True)),
                    ('language', models.CharField(blank=True, default='', help_text="Of its releases; empty: the newsroom's.", max_length=35)),
                    ('announce_max_age_days', models.PositiveIntegerField(default=7, help_text='A release published longer than this before it was first seen is not announced.')),
                    ('options', models.JSONField(blank=True, default=dict)),
                    ('first_complete_at', models.DateTimeField(blank=True, editable=False, help_text='When its first complete fetch ended; what that brought is silent.', null=True)),
                    ('every_seconds', models.PositiveIntegerField(default=0, help_text='How often it is looked at; 0: as is usual for its kind.')),
                ],
                options={
                    'ordering': ('slug',),
                },
            ),
            migrations.CreateModel(
                name='PendingTerm',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('office', 'office'), ('topic', 'topic'), ('type', 'type')], max_length=10)),
                    ('label', models.CharField(max_length=300)),
                    ('first_seen_at', models.DateTimeField()),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('kind', 'label'), name='one_pending_term_a_label')],
                },
            ),
            migrations.CreateModel(
                name='Topic',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('slug', models.SlugField(max_length=200, unique=True)),
                    ('name', models.CharField(max_length=300)),
                    ('aliases', models.JSONField(blank=True, db_default=[], default=list, help_text='Other labels of the same.')),
                    ('position', models.PositiveIntegerField(db_default=0, default=0, help_text='Order in lists; then by name.')),
                    ('broader', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='narrower', to='feeds.topic')),
                    ('former', models.JSONField(blank=True, db_default=[], default=list, help_text='Slugs of terms that were merged into this one: their addresses lead here for ever.')),
                    ('names', models.JSONField(blank=True, db_default={}, default=dict, help_text='Its name in other languages, by language code. Where one is missing, `name` stands.')),
                    ('closed', models.BooleanField(db_default=False, default=False, help_text='Keeps its feed; not offered any more.')),
                ],
                options={
                    'ordering': ('position', 'name'),
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='Release',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('title', models.TextField()),
                    ('published_on', models.DateField(help_text='The date upstream gives; day precision.')),
                    ('summary', models.TextField(blank=True, db_default='', default='', null=True)),
                    ('body', models.TextField(blank=True, db_default='', default='', help_text='HTML.', null=True)),
                    ('url', models.TextField(blank=True, db_index=True, help_text='Canonical address of the original.', null=True)),
                    ('language', models.CharField(blank=True, db_default='', default='', max_length=35, null=True)),
                    ('author', models.TextField(blank=True, db_default='', default='', null=True)),
                    ('image_url', models.TextField(blank=True, db_default='', default='', null=True)),
                    ('state', models.CharField(choices=[('scheduled', 'Scheduled'), ('published', 'Published'), ('withdrawn', 'Withdrawn')], db_default='published', default='published', max_length=10)),
                    ('visible_at', models.DateTimeField(blank=True, help_text='Nothing of it is shown before this instant.', null=True)),
                    ('silent', models.BooleanField(db_default=False, default=False, help_text='In feeds, but never announced by mail.')),
                    ('silent_because', models.CharField(blank=True, db_default='', default='', help_text='Written by intake beside `silent`: first_fetch or import.', max_length=20, null=True)),
                    ('editors_note', models.TextField(blank=True, db_default='', default='', null=True)),
                    ('withdrawn_reason', models.TextField(blank=True, db_default='', default='', null=True)),
                    ('offices', models.ManyToManyField(blank=True, db_constraint=False, related_name='releases', to='feeds.office')),
                    ('translation_of', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='translations', to='feeds.release')),
                    ('type', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, to='feeds.releasetype')),
                    ('source', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, to='feeds.source')),
                    ('topics', models.ManyToManyField(blank=True, db_constraint=False, related_name='releases', to='feeds.topic')),
                ],
                options={
                    'indexes': [models.Index(fields=['published_on', 'id'], name='release_by_date'), models.Index(condition=models.Q(('state', 'scheduled')), fields=['visible_at'], name='release_scheduled')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('published_on', models.Func(models.F('published_on'), function='date', output_field=models.DateField())), django.db.models.lookups.IsNull(models.Func(models.F('published_on'), function='date', output_field=models.DateField()), False)), name='published_on_is_a_date')],
                },
            ),
            migrations.CreateModel(
                name='PendingLabel',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('term', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='labels', to='feeds.pendingterm')),
                    ('release', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='pending_labels', to='feeds.release')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('term', 'release'), name='one_pending_label_a_release')],
                },
            ),
            migrations.CreateModel(
                name='PageCheck',
                fields=[
                    ('release_id', models.BigIntegerField(primary_key=True, serialize=False)),
                    ('next_at', models.DateTimeField(db_index=True)),
                    ('checked_at', models.DateTimeField(null=True)),
                    ('status', models.PositiveSmallIntegerField(help_text='The HTTP status it answered with last.', null=True)),
                    ('missing_since', models.DateTimeField(help_text='The first 404 or 410 in a row.', null=True)),
                ],
            ),
            migrations.CreateModel(
                name='SourceState',
                fields=[
                    ('source', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='fetching', serialize=False, to='feeds.source')),
                    ('memory', models.JSONField(default=dict, help_text='What its kind keeps from one fetch to the next: validators, addresses.')),
                    ('next_at', models.DateTimeField(help_text='When it is looked at next; null: at once.', null=True)),
                    ('tried_at', models.DateTimeField(null=True)),
                    ('succeeded_at', models.DateTimeField(null=True)),
                    ('failures', models.PositiveIntegerField(default=0, help_text='In a row.')),
                    ('error', models.TextField(blank=True, default='', help_text='What the last try said, if it failed.')),
                    ('stopped', models.BooleanField(default=False, help_text='Upstream said that it is gone for good; an admin may start it again.')),
                    ('usual_items', models.PositiveIntegerField(help_text='How many items the last good fetch had.', null=True)),
                    ('outcome', models.JSONField(default=dict, help_text='Of the last good fetch: counts of new, changed, same, and its faults.')),
                    ('claimed_by', models.CharField(blank=True, default='', max_length=40)),
                    ('claimed_until', models.DateTimeField(null=True)),
                ],
            ),
            migrations.CreateModel(
                name='ReleaseKey',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('key', models.CharField(max_length=500)),
                    ('told', models.JSONField(db_default={}, default=dict, help_text='What the source said last under this key; see feeds.merging.')),
                    ('release', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='keys', to='feeds.release')),
                    ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='feeds.source')),
                    ('raw', models.CharField(db_default='', default='', help_text='Digest of the item as it came last: equal, nothing to do.', max_length=64)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('source', 'key'), name='one_release_a_key')],
                },
            ),
            migrations.CreateModel(
                name='Standing',
                fields=[
                    ('release', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='standing', serialize=False, to='feeds.release')),
                    ('key', models.CharField(help_text='Its name in /releases/<key>.', max_length=32, unique=True)),
                    ('guid', models.CharField(help_text='tag: URI, minted once (RFC 4151).', max_length=300, unique=True)),
                    ('fingerprint', models.CharField(help_text='Of all that a reader sees; moves `updated_at`.', max_length=64)),
                    ('version', models.PositiveIntegerField(default=1)),
                    ('shown', models.BooleanField(default=False, help_text='Noticed in the state published.')),
                    ('first_seen_at', models.DateTimeField()),
                    ('updated_at', models.DateTimeField(help_text='Moves only on a change a reader should see.')),
                    ('announced_at', models.DateTimeField(null=True)),
                    ('silence', models.CharField(default='', help_text='The rule by which it was not announced.', max_length=20)),
                    ('gone_at', models.DateTimeField(help_text='When it was withdrawn or deleted.', null=True)),
                    ('seq', models.BigIntegerField(help_text='Of the last change that was noticed.')),
                    ('facts', models.JSONField(default=dict, help_text='Labels as last noticed, as feeds.selection.Facts.to_json().')),
                    ('group', models.BigIntegerField(db_index=True, help_text='Id of the release it translates, or its own.')),
                    ('corrected_at', models.DateTimeField(help_text="Its last significant change that came with an editor's note.", null=True)),
                    ('versions', models.PositiveIntegerField(default=0, help_text='How many `ReleaseVersion`s there are.')),
                    ('content', models.CharField(default='', help_text="Digest of the last one's content.", max_length=32)),
                ],
            ),
            migrations.CreateModel(
                name='ApiToken',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(help_text='Who uses it.', max_length=100)),
                    ('digest', models.CharField(editable=False, help_text='SHA-256, hex.', max_length=64, unique=True)),
                    ('created_at', models.DateTimeField(editable=False)),
                    ('used_at', models.DateTimeField(editable=False, help_text='To the hour.', null=True)),
                    ('revoked_at', models.DateTimeField(editable=False, null=True)),
                    ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tokens', to='feeds.source')),
                ],
                options={
                    'verbose_name': 'token',
                },
            ),
            migrations.CreateModel(
                name='HeldFetch',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('held_at', models.DateTimeField(help_text='First held; a later fetch that differs as well replaces what it held.')),
                    ('fetched_at', models.DateTimeField()),
                    ('digest', models.CharField(help_text='Of what differs, to know it again once discarded.', max_length=64)),
                    ('reasons', models.JSONField(default=list, help_text='Why it is held, a sentence each.')),
                    ('differences', models.JSONField(default=dict, help_text='What it would make new and change, for an admin.')),
                    ('items', models.BinaryField(help_text='All it brought, as feeds.harvest packs it.')),
                    ('memory', models.JSONField(default=dict, help_text="The source's memory if it is accepted.")),
                    ('complete', models.BooleanField(default=True)),
                    ('decision', models.CharField(blank=True, choices=[('', 'Open'), ('accepted', 'Accepted'), ('discarded', 'Discarded'), ('superseded', 'Superseded')], default='', max_length=10)),
                    ('decided_at', models.DateTimeField(null=True)),
                    ('decided_by', models.CharField(blank=True, default='', help_text='account:<id> or command:<name>', max_length=100)),
                    ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='held', to='feeds.source')),
                ],
                options={
                    'verbose_name_plural': 'held fetches',
                    'constraints': [models.UniqueConstraint(condition=models.Q(('decision', '')), fields=('source',), name='one_open_held_fetch_a_source')],
                },
            ),
            migrations.CreateModel(
                name='ReleaseWarning',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('text', models.CharField(max_length=300)),
                    ('found_at', models.DateTimeField()),
                    ('release', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='warnings', to='feeds.release')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('release', 'text'), name='one_warning_a_text')],
                },
            ),
            migrations.CreateModel(
                name='TranslationLink',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.TextField(db_index=True)),
                    ('joined', models.BigIntegerField(help_text='Id of the release it led to.', null=True)),
                    ('release', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='translation_links', to='feeds.release')),
                    ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='feeds.source')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('release', 'source', 'name'), name='one_link_a_name')],
                },
            ),
            migrations.CreateModel(
                name='Suggestion',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('office', 'gets an office'), ('withdrawal', 'is withdrawn')], max_length=10)),
                    ('value', models.CharField(blank=True, default='', help_text="The office's slug.", max_length=200)),
                    ('reason', models.CharField(help_text='What it rests on, in words.', max_length=300)),
                    ('found_at', models.DateTimeField()),
                    ('decision', models.CharField(blank=True, choices=[('', 'Open'), ('confirmed', 'Confirmed'), ('dismissed', 'Dismissed'), ('lapsed', 'Lapsed')], default='', max_length=10)),
                    ('decided_at', models.DateTimeField(null=True)),
                    ('decided_by', models.CharField(blank=True, default='', max_length=100)),
                    ('release', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='suggestions', to='feeds.release')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('release', 'kind', 'value'), name='one_suggestion_a_value')],
                },
            ),
            migrations.CreateModel(
                name='ArchivePage',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('feed', models.CharField(max_length=450)),
                    ('number', models.PositiveIntegerField()),
                    ('revision', models.PositiveIntegerField(default=1)),
                    ('seq', models.BigIntegerField(db_index=True, help_text='Of the change that closed it, changed it or its neighbours.')),
                    ('floor', models.BigIntegerField(help_text='Of the last change in it and in all older pages, as they were closed.')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('feed', 'number'), name='one_archive_page_a_number')],
                },
            ),
            migrations.CreateModel(
                name='HubFailure',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('hub', models.CharField(max_length=500, unique=True)),
                    ('since', models.DateTimeField()),
                    ('failures', models.PositiveIntegerField(help_text='In a row.')),
                    ('next_at', models.DateTimeField()),
                    ('error', models.CharField(max_length=300)),
                ],
            ),
            migrations.CreateModel(
                name='HubPing',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('hub', models.CharField(max_length=500)),
                    ('topic', models.CharField(help_text="The feed's address, suffix included.", max_length=700)),
                    ('seq', models.BigIntegerField(help_text='Of the last change it is to be told of.')),
                    ('next_at', models.DateTimeField(db_index=True)),
                    ('failures', models.PositiveIntegerField(default=0, help_text='How often the hub refused this very document.')),
                    ('error', models.CharField(blank=True, default='', max_length=300)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('hub', 'topic'), name='one_ping_a_topic_and_hub')],
                },
            ),
            migrations.CreateModel(
                name='SavedFeed',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('slug', models.SlugField(max_length=100, unique=True)),
                    ('title', models.CharField(max_length=300)),
                    ('description', models.CharField(blank=True, default='', max_length=500)),
                    ('selection', models.JSONField(help_text='As feeds.selection.Selection.to_json().')),
                    ('position', models.PositiveIntegerField(default=0, help_text='Order in lists; then by title.')),
                ],
                options={
                    'ordering': ('position', 'title'),
                },
            ),
            migrations.CreateModel(
                name='Membership',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('feed', models.CharField(help_text="The feed's path without suffix: topics/border-management", max_length=450)),
                    ('release_id', models.BigIntegerField()),
                    ('guid', models.CharField(max_length=300)),
                    ('position', models.BigIntegerField()),
                    ('joined_at', models.DateTimeField()),
                    ('left_at', models.DateTimeField(null=True)),
                    ('seq', models.BigIntegerField(help_text='Of the change that last touched it in this feed.')),
                    ('edition', models.PositiveIntegerField(default=0, help_text='Standing.version when it entered or was last touched.')),
                    ('page', models.PositiveIntegerField(help_text='The archive page it is frozen in.', null=True)),
                    ('updated_at', models.DateTimeField(help_text='When it had been updated last, as that page shows it.', null=True)),
                    ('version', models.PositiveIntegerField(help_text='Which ReleaseVersion that page shows.', null=True)),
                ],
                options={
                    'indexes': [models.Index(fields=['release_id'], name='membership_by_release'), models.Index(condition=models.Q(('left_at', None), ('page', None)), fields=['feed', 'position'], name='membership_live'), models.Index(condition=models.Q(('left_at__isnull', False)), fields=['feed', 'left_at'], name='membership_gone')],
                    'constraints': [models.UniqueConstraint(fields=('feed', 'position'), name='one_membership_a_position'), models.UniqueConstraint(condition=models.Q(('page', None)), fields=('feed', 'release_id'), name='one_live_membership_a_release')],
                },
            ),
            migrations.CreateModel(
                name='Change',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(help_text='release, office, topic, type or feed', max_length=10)),
                    ('subject_id', models.BigIntegerField()),
                    ('guid', models.CharField(db_default='', default='', max_length=300)),
                    ('written_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    ('seq', models.BigIntegerField(null=True, unique=True)),
                    ('noticed_at', models.DateTimeField(null=True)),
                ],
                options={
                    'indexes': [models.Index(condition=models.Q(('seq__isnull', True)), fields=['id'], name='change_unnumbered'), models.Index(condition=models.Q(('seq__isnull', True)), fields=['subject_id', 'kind'], name='change_waiting')],
                },
            ),
            migrations.CreateModel(
                name='FeedDay',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('day', models.DateField(help_text='UTC.')),
                    ('feed', models.CharField(help_text="The feed's path without suffix: topics/border-management", max_length=450)),
                    ('requests', models.BigIntegerField(default=0)),
                    ('not_modified', models.BigIntegerField(default=0, help_text='Those answered 304.')),
                    ('deltas', models.BigIntegerField(default=0, help_text='Those answered 226, with what is new alone.')),
                    ('refused', models.BigIntegerField(default=0, help_text='Those answered 429.')),
                    ('sent', models.BigIntegerField(default=0, help_text='Bytes of bodies.')),
                ],
                options={
                    'verbose_name_plural': 'readers',
                    'indexes': [models.Index(fields=['feed', 'day'], name='feed_days_of_a_feed')],
                    'constraints': [models.UniqueConstraint(fields=('day', 'feed'), name='one_row_a_feed_and_day')],
                },
            ),
            migrations.CreateModel(
                name='ReportedSubscribers',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('day', models.DateField(help_text='UTC.')),
                    ('feed', models.CharField(help_text="The feed's path without suffix.", max_length=450)),
                    ('suffix', models.CharField(max_length=8)),
                    ('reader', models.CharField(help_text='One of feeds.readers.READERS.', max_length=40)),
                    ('variant', models.BigIntegerField(default=0)),
                    ('subscribers', models.PositiveIntegerField()),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('day', 'feed', 'suffix', 'reader', 'variant'), name='one_report_a_document_and_day')],
                },
            ),
            migrations.CreateModel(
                name='ReleaseVersion',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('release_id', models.BigIntegerField()),
                    ('number', models.PositiveIntegerField()),
                    ('at', models.DateTimeField()),
                    ('significant', models.BooleanField(help_text='Whether a reader should see the change that led to it.')),
                    ('public', models.BooleanField()),
                    ('content', models.BinaryField(help_text='Compressed; see feeds.versions.')),
                    ('seq', models.BigIntegerField(help_text='Of the change that led to it; null: before this was written down.', null=True)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('release_id', 'number'), name='one_version_a_number')],
                },
            ),
            migrations.CreateModel(
                name='Newsroom',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(default='Newsroom', max_length=200)),
                    ('publisher', models.CharField(default='Newsroom', help_text='The organisation, as author of feeds.', max_length=200)),
                    ('description', models.TextField(blank=True, default='')),
                    ('language', models.CharField(default='en', help_text='Of releases that do not name theirs (BCP 47).', max_length=35)),
                    ('zone', models.CharField(default='UTC', help_text='IANA time zone of the newsroom.', max_length=64)),
                    ('tag_authority', models.CharField(default='localhost,2025', help_text='For tag: URIs (RFC 4151); never change it.', max_length=200)),
                    ('home_url', models.CharField(blank=True, default='', max_length=500)),
                    ('sender_name', models.CharField(default='Newsroom', max_length=200)),
                    ('sender_address', models.CharField(default='newsroom@localhost', max_length=254)),
                    ('list_domain', models.CharField(default='localhost', help_text='Domain of List-Id and Message-ID.', max_length=200)),
                    ('contact', models.CharField(blank=True, default='', max_length=254)),
                    ('postal_address', models.CharField(blank=True, default='', max_length=300)),
                    ('brand', models.CharField(default='#0b4a8f', help_text='Brand colour on light ground.', max_length=7)),
                    ('brand_dark', models.CharField(default='#8dbdf2', help_text='Brand colour on dark ground.', max_length=7)),
                    ('feed_content', models.CharField(choices=[('full', 'full text'), ('summary', 'summary only')], default='full', max_length=10)),
                    ('hub', models.CharField(blank=True, default='', help_text='A WebSub hub that is told of changes; empty: none.', max_length=500)),
                    ('hub_topics', models.PositiveSmallIntegerField(default=1, help_text='How many feeds one request may name. 1 suits every hub; some take more.')),
                    ('edition_images', models.BooleanField(default=False, help_text='Pictures in mail. They are fetched from where they lie, which tells that server who reads.')),
                    ('edition_most', models.PositiveSmallIntegerField(default=40, help_text='Releases in one message at most; of the others it says how many, with a link.')),
                    ('edition_sections', models.CharField(choices=[('topic', 'by topic'), ('office', 'by office'), ('none', 'none')], default='topic', help_text='How a message with more than a few releases is divided.', max_length=10)),
                    ('logo', models.TextField(blank=True, default='', help_text='An SVG, or a PNG as data:image/png;base64,…; at most 40 kB.')),
                    ('logo_dark', models.TextField(blank=True, default='', help_text='The same for dark ground, where it needs another.')),
                    ('logo_has_name', models.BooleanField(default=False, help_text="The logo holds the newsroom's name; pages do not write it beside it.")),
                ],
                options={
                    'verbose_name_plural': 'newsroom',
                    'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='one_newsroom')],
                },
            ),
        ]),
        migrations.RunPython(create, drop),
    ]
