"""The release store. It is open to any SQL writer: `INSERT INTO feeds_release(title, published_on)` suffices.

Every other column a writer owns is nullable or has a database default. Links and keys carry no foreign-key constraint
towards the release, so that a plain DELETE works too; what it leaves behind is swept by `notice`. What Herald derives
lies in `Standing`, a table without triggers.
"""

from __future__ import annotations

from django.db import models
from django.db.models.lookups import IsNull

from feeds.models.source import Source
from feeds.models.terms import Office, ReleaseType, Topic

AS_DATE = models.Func(models.F("published_on"), function="date", output_field=models.DateField())
CANARY = "canary"
"""The state of a release of Herald's own (feeds.canary): none that a writer or an editor gives."""


class Releases(models.Manager["Release"]):
    """All but canaries, which are of no concern to anybody who reads, lists or counts releases."""

    def get_queryset(self) -> models.QuerySet[Release]:
        return super().get_queryset().exclude(state=CANARY)


class Standings(models.Manager["Standing"]):
    """All but those of canaries."""

    def get_queryset(self) -> models.QuerySet[Standing]:
        return super().get_queryset().exclude(silence=CANARY)


class Release(models.Model):
    class State(models.TextChoices):
        SCHEDULED = "scheduled"
        PUBLISHED = "published"
        WITHDRAWN = "withdrawn"

    title = models.TextField()
    published_on = models.DateField(help_text="The date upstream gives; day precision.")
    summary = models.TextField(null=True, blank=True, db_default="", default="")
    body = models.TextField(null=True, blank=True, db_default="", default="", help_text="HTML.")
    url = models.TextField(
        null=True, blank=True, db_index=True, help_text="Canonical address of the original."
    )
    language = models.CharField(max_length=35, null=True, blank=True, db_default="", default="")
    author = models.TextField(null=True, blank=True, db_default="", default="")
    image_url = models.TextField(null=True, blank=True, db_default="", default="")
    type = models.ForeignKey(ReleaseType, models.SET_NULL, null=True, blank=True, db_constraint=False)
    source = models.ForeignKey(Source, models.SET_NULL, null=True, blank=True, db_constraint=False)
    offices = models.ManyToManyField(Office, blank=True, related_name="releases", db_constraint=False)
    topics = models.ManyToManyField(Topic, blank=True, related_name="releases", db_constraint=False)
    translation_of = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="translations", db_constraint=False
    )
    state = models.CharField(
        max_length=10, choices=State, db_default=State.PUBLISHED, default=State.PUBLISHED
    )
    visible_at = models.DateTimeField(
        null=True, blank=True, help_text="Nothing of it is shown before this instant."
    )
    silent = models.BooleanField(
        db_default=False, default=False, help_text="In feeds, but never announced by mail."
    )
    silent_because = models.CharField(
        max_length=20,
        null=True,
        blank=True,
        db_default="",
        default="",
        help_text="Written by intake beside `silent`: first_fetch or import.",
    )
    editors_note = models.TextField(null=True, blank=True, db_default="", default="")
    withdrawn_reason = models.TextField(null=True, blank=True, db_default="", default="")

    objects = Releases()
    every: models.Manager[Release] = models.Manager()

    class Meta:
        indexes = [
            models.Index(fields=("published_on", "id"), name="release_by_date"),
            models.Index(
                fields=("visible_at",), condition=models.Q(state="scheduled"), name="release_scheduled"
            ),
        ]
        constraints = [
            # SQLite would take any text for a date; a writer is told at once instead.
            models.CheckConstraint(
                condition=models.Q(published_on=AS_DATE) & models.Q(IsNull(AS_DATE, False)),
                name="published_on_is_a_date",
            )
        ]

    def __str__(self) -> str:
        return self.title


class ReleaseKey(models.Model):
    """A name the release has at a source: its id there, its address, or a hash of title and date."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="keys", db_constraint=False)
    source = models.ForeignKey(Source, models.CASCADE)
    key = models.CharField(max_length=500)
    told = models.JSONField(
        db_default={}, default=dict, help_text="What the source said last under this key; see feeds.merging."
    )

    raw = models.CharField(
        max_length=64,
        db_default="",
        default="",
        help_text="Digest of the item as it came last: equal, nothing to do.",
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=("source", "key"), name="one_release_a_key")]

    def __str__(self) -> str:
        return self.key


class Standing(models.Model):
    """What Herald has made of a release. Written by `feeds.notice` alone; outlives a deleted release.

    A release without a standing has not been noticed yet and is shown nowhere.
    """

    release = models.OneToOneField(
        Release, models.DO_NOTHING, primary_key=True, related_name="standing", db_constraint=False
    )
    key = models.CharField(max_length=32, unique=True, help_text="Its name in /releases/<key>.")
    guid = models.CharField(max_length=300, unique=True, help_text="tag: URI, minted once (RFC 4151).")
    fingerprint = models.CharField(max_length=64, help_text="Of all that a reader sees; moves `updated_at`.")
    version = models.PositiveIntegerField(default=1)
    shown = models.BooleanField(default=False, help_text="Noticed in the state published.")
    first_seen_at = models.DateTimeField()
    updated_at = models.DateTimeField(help_text="Moves only on a change a reader should see.")
    announced_at = models.DateTimeField(null=True)
    silence = models.CharField(max_length=20, default="", help_text="The rule by which it was not announced.")
    gone_at = models.DateTimeField(null=True, help_text="When it was withdrawn or deleted.")
    corrected_at = models.DateTimeField(
        null=True, help_text="Its last significant change that came with an editor's note."
    )
    seq = models.BigIntegerField(help_text="Of the last change that was noticed.")
    versions = models.PositiveIntegerField(default=0, help_text="How many `ReleaseVersion`s there are.")
    content = models.CharField(max_length=32, default="", help_text="Digest of the last one's content.")
    facts = models.JSONField(
        default=dict, help_text="Labels as last noticed, as feeds.selection.Facts.to_json()."
    )
    group = models.BigIntegerField(help_text="Id of the release it translates, or its own.", db_index=True)

    objects = Standings()
    every: models.Manager[Standing] = models.Manager()

    def __str__(self) -> str:
        return self.guid
