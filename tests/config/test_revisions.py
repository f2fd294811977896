from __future__ import annotations

import copy
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction

from config import files, revisions
from config.models import AuditEntry, Revision
from feeds.models import Newsroom, Office, Release, ReleaseType, Source, Standing, Topic
from feeds.selection import of
from notifier.models import Interest, Schedule, Subscriber, Subscription
from tests.config.samples import DEFAULTS, NOW

pytestmark = pytest.mark.django_db

ACTOR = "account:7"


def change(note: str = ""):
    return revisions.recording(ACTOR, "admin", note, now=NOW)


def rename(slug: str, name: str) -> Revision | None:
    with change() as made:
        office = Office.objects.get(slug=slug)
        office.name = name
        office.save()
    return made.revision


def test_the_first_start_applies_the_defaults_as_revision_one():
    revisions.ensure_defaults(DEFAULTS, NOW)
    revision = Revision.objects.get()
    assert (revision.number, revision.actor, revision.way) == (1, "start", "start")
    assert revision.document == revisions.document()
    assert Office.objects.count() == 37
    assert Topic.objects.count() == 27
    assert list(ReleaseType.objects.values_list("slug", flat=True)) == [
        "press-release", "news", "press-statement", "daily-report", "spot-report",
    ]  # fmt: skip
    assert Newsroom.objects.get().zone == "Europe/Vienna"
    assert Source.objects.get().kind == "listing"
    assert [(s.frequency, s.times, s.weekdays) for s in Schedule.objects.all()] == [
        ("instant", "07:00", "1234567"), ("several", "08:00 13:00 18:00", "1234567"),
        ("daily", "07:00", "1234567"), ("weekly", "07:00", "1"), ("monthly", "07:00", "1234567"),
    ]  # fmt: skip


def test_a_second_start_changes_nothing(newsroom):
    assert revisions.ensure_defaults(DEFAULTS, NOW) is None
    assert Revision.objects.count() == 1


def test_a_file_of_the_newsroom_s_own_takes_the_place_of_its_namesake(db, settings, tmp_path):
    settings.HERALD_HOME = tmp_path
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "offices.toml").write_text('[[office]]\nslug = "ours"\nname = "Ours"\n')
    revisions.ensure_defaults(DEFAULTS, NOW)
    assert [office.slug for office in Office.objects.all()] == ["ours"]
    assert Topic.objects.count() == 27


def test_a_change_makes_a_revision_and_an_audit_entry(newsroom):
    revision = rename("osce-mission-to-skopje", "Mission to Skopje")
    assert revision is not None
    assert (revision.number, revision.actor, revision.way, revision.made_at) == (2, ACTOR, "admin", NOW)
    entry = AuditEntry.objects.get(revision=revision)
    assert (entry.action, entry.subject) == ("changed", "office osce-mission-to-skopje")
    assert entry.before["name"] == "OSCE Mission to Skopje"
    assert entry.after == entry.before | {"name": "Mission to Skopje"}


def test_when_nothing_changed_nothing_is_recorded(newsroom):
    assert rename("osce-mission-to-skopje", "OSCE Mission to Skopje") is None
    assert revisions.apply(revisions.document(), ACTOR, "admin", now=NOW) is None
    assert Revision.objects.count() == 1


def test_applying_the_same_writes_no_row(newsroom, django_assert_max_num_queries):
    with connection.execute_wrapper(refuse_writes):
        revisions.apply(revisions.document(), ACTOR, "admin", now=NOW)


def refuse_writes(execute, sql, params, many, context):
    assert not sql.startswith(("INSERT", "UPDATE", "DELETE")), sql
    return execute(sql, params, many, context)


def test_saving_outside_a_recording_is_refused(newsroom):
    office = Office.objects.first()
    with pytest.raises(revisions.Unrecorded, match="saved outside"):
        office.save()
    with pytest.raises(revisions.Unrecorded, match="deleted outside"), transaction.atomic():
        office.delete()
    with pytest.raises(revisions.Unrecorded):
        Topic.objects.create(slug="new", name="New")
    assert not Topic.objects.filter(slug="new").exists()


def test_what_is_no_configuration_may_be_saved(newsroom):
    source = Source.objects.get()
    source.first_complete_at = NOW
    source.save(update_fields=["first_complete_at"])
    assert Source.objects.get().first_complete_at == NOW


def test_an_inner_recording_joins_the_outer(newsroom):
    with change("both") as outer:
        rename("osce-mission-to-skopje", "Skopje")
        with revisions.recording("command:other", "command", now=NOW) as inner:
            Topic.objects.create(slug="new", name="New")
        assert inner is outer
        assert Revision.objects.count() == 1
    assert (outer.revision.number, outer.revision.note) == (2, "both")
    assert {entry.subject for entry in outer.revision.entries.all()} == {
        "office osce-mission-to-skopje",
        "topic new",
    }


def test_a_recording_that_fails_leaves_nothing(newsroom):
    with pytest.raises(RuntimeError), change():  # noqa: PT012
        Topic.objects.create(slug="new", name="New")
        raise RuntimeError
    assert not Topic.objects.filter(slug="new").exists()
    assert Revision.objects.count() == 1
    with pytest.raises(revisions.Unrecorded):
        Topic.objects.create(slug="new", name="New")


@pytest.mark.django_db(transaction=True)
def test_two_changes_at_once_come_one_after_the_other(newsroom):
    def change_in_a_thread(slug: str) -> None:
        try:
            rename(slug, f"New {slug}")
        finally:
            connection.close()

    slugs = ["osce-mission-to-skopje", "osce-mission-to-serbia"]
    threads = [threading.Thread(target=change_in_a_thread, args=[slug]) for slug in slugs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    second, third = Revision.objects.order_by("number")[1:]
    assert (second.number, third.number) == (2, 3)
    assert third.document == revisions.document()
    assert {entry.subject for r in (second, third) for entry in r.entries.all()} == {
        f"office {slug}" for slug in slugs
    }


@pytest.mark.holds("E4")
def test_a_restored_revision_gives_the_earlier_export_byte_for_byte(newsroom, tmp_path):
    rename("osce-mission-to-skopje", "Skopje")
    first = exported(tmp_path / "first")
    document = copy.deepcopy(revisions.document())
    document["topic"].append(
        {"slug": "space", "name": "Space", "aliases": ["Outer space"], "broader": "education"}
    )
    document["office"] = [row for row in document["office"] if row["slug"] != "osce-mission-to-serbia"]
    document["newsroom"][0]["description"] = "Two\nlines, “quoted”"
    document["schedule"][3]["weekdays"] = ["tuesday", "friday"]
    document["source"][0]["options"] = {"labels": {"date": "Datum"}, "hold": {"new": 5, "none": False}}
    assert revisions.apply(document, ACTOR, "admin", now=NOW).number == 3
    third = exported(tmp_path / "third")
    assert first != third

    assert revisions.restore(2, ACTOR, "admin", now=NOW).number == 4
    assert exported(tmp_path / "fourth") == first
    assert Revision.objects.get(number=4).note == "revision 2 restored"
    assert revisions.restore(3, ACTOR, "admin", now=NOW).number == 5
    assert exported(tmp_path / "fifth") == third
    assert revisions.canonical(Revision.objects.get(number=5).document) == revisions.canonical(
        Revision.objects.get(number=3).document
    )


def exported(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in files.write(folder, revisions.document())}


def test_what_is_not_there_cannot_be_restored(newsroom):
    with pytest.raises(revisions.Refused, match="no revision 99"):
        revisions.restore(99, ACTOR, "admin", now=NOW)


def test_a_change_from_a_stale_base_is_refused_with_what_changed_since(newsroom):
    document = revisions.document()
    rename("osce-mission-to-skopje", "Skopje")
    with pytest.raises(revisions.Stale) as caught:
        revisions.apply(document, ACTOR, "admin", now=NOW, base=1)
    assert str(caught.value) == (
        "the configuration is at revision 2, not 1; since then:\n"
        '  office osce-mission-to-skopje changed: name: "OSCE Mission to Skopje" -> "Skopje"'
    )
    assert Revision.objects.count() == 2
    assert revisions.apply(document, ACTOR, "admin", now=NOW, base=2).number == 3


def test_what_another_program_wrote_becomes_a_revision_of_its_own(newsroom):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE feeds_office SET name = 'By SQL' WHERE slug = 'osce-mission-to-serbia'")
    rename("osce-mission-to-skopje", "Skopje")
    drift, ours = Revision.objects.order_by("number")[1:]
    assert (drift.actor, drift.way) == ("store", "store")
    assert [entry.subject for entry in drift.entries.all()] == ["office osce-mission-to-serbia"]
    assert [entry.subject for entry in ours.entries.all()] == ["office osce-mission-to-skopje"]


def without(section: str, key: str) -> revisions.Document:
    document = revisions.document()
    document[section] = [row for row in document[section] if row.get("slug", row.get("frequency")) != key]
    return document


def test_what_nothing_refers_to_may_be_removed(newsroom):
    revisions.apply(without("topic", "youth"), ACTOR, "admin", now=NOW)
    assert not Topic.objects.filter(slug="youth").exists()
    assert AuditEntry.objects.first().action == "removed"


@pytest.mark.parametrize("slug", ["osce-mission-to-skopje"])
def test_an_office_with_releases_is_not_removed(newsroom, slug):
    release = Release.objects.create(title="One", published_on=NOW.date())
    release.offices.add(Office.objects.get(slug=slug))
    with pytest.raises(revisions.Refused) as caught:
        revisions.apply(without("office", slug), ACTOR, "admin", now=NOW)
    assert caught.value.reasons == [f"office '{slug}' cannot be removed: 1 release carries it"]
    with pytest.raises(revisions.Refused), change():
        Office.objects.get(slug=slug).delete()
    assert Office.objects.filter(slug=slug).exists()


def test_a_topic_in_a_live_subscription_is_not_removed(newsroom):
    selection = of(topics=["youth"])
    interest = Interest.objects.create(digest=selection.digest, selection=selection.to_json())
    subscriber = Subscriber.objects.create(address=b"sealed", domain="example.org", created_at=NOW)
    subscription = Subscription.objects.create(
        subscriber=subscriber, frequency="daily", interest=interest, created_at=NOW
    )
    with pytest.raises(revisions.Refused, match="topic 'youth' cannot be removed: subscriptions name it"):
        revisions.apply(without("topic", "youth"), ACTOR, "admin", now=NOW)
    subscription.ended_at = NOW + timedelta(days=1)
    subscription.save()
    assert revisions.apply(without("topic", "youth"), ACTOR, "admin", now=NOW)


def test_a_type_a_source_and_a_schedule_in_use_are_not_removed(newsroom):
    release = Release.objects.create(
        title="One", published_on=NOW.date(), type=ReleaseType.objects.get(slug="news")
    )
    release.source = Source.objects.get()
    release.save()
    for section, key, reason in (
        ("type", "news", "1 release carries it"),
        ("source", "newsroom", "1 release came from it"),
        ("schedule", "daily", "set offered = false instead"),
    ):
        with pytest.raises(revisions.Refused, match=reason):
            revisions.apply(without(section, key), ACTOR, "admin", now=NOW)


def test_a_slug_never_changes(newsroom):
    office = Office.objects.get(slug="osce-mission-to-skopje")
    office.slug = "skopje"
    with pytest.raises(revisions.Refused, match="slug never changes"), change():
        office.save()


def test_the_tag_authority_is_fixed_once_there_are_releases(newsroom):
    document = revisions.document()
    document["newsroom"][0]["tag_authority"] = "press.example.org,2024"
    assert revisions.apply(document, ACTOR, "admin", now=NOW)
    Standing.objects.create(
        release_id=1,
        key="k",
        guid="tag:k",
        fingerprint="f",
        first_seen_at=NOW,
        updated_at=NOW,
        seq=1,
        group=1,
    )
    document["newsroom"][0]["tag_authority"] = "other.example.org,2024"
    with pytest.raises(revisions.Refused, match="tag_authority never changes"):
        revisions.apply(document, ACTOR, "admin", now=NOW)


def test_a_document_that_is_wrong_changes_nothing_and_says_all(newsroom):
    document = revisions.document()
    document["office"][0]["country"] = "Austria"
    document["topic"][0]["broader"] = "nowhere"
    document["newsroom"][0]["brand"] = "blue"
    document["people"] = []
    with pytest.raises(revisions.Refused) as caught:
        revisions.apply(document, ACTOR, "admin", now=NOW)
    assert len(caught.value.reasons) == 4
    assert Revision.objects.count() == 1


def test_sections_a_document_lacks_stay_as_they_are(newsroom):
    topics = revisions.document()["topic"]
    topics[0]["name"] = "Renamed"
    revision = revisions.apply({"topic": topics}, ACTOR, "admin", now=NOW)
    assert [entry.subject for entry in revision.entries.all()] == [f"topic {topics[0]['slug']}"]
    assert Office.objects.count() == 3


def test_a_new_alias_resolves_what_was_pending_after_the_commit(
    newsroom, monkeypatch, django_capture_on_commit_callbacks
):
    from feeds import intake

    asked = []
    monkeypatch.setattr(intake, "resolve_pending", asked.append)
    with django_capture_on_commit_callbacks(execute=True):
        rename("osce-mission-to-skopje", "Skopje")
        assert asked == []
    assert asked == [NOW]
    with django_capture_on_commit_callbacks(execute=True), change():
        Schedule.objects.update(offered=False)
    assert asked == [NOW]
