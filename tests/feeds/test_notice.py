"""Taking notice: numbers without gaps, instants that never go back, and what is announced or silent."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DataError, IntegrityError, connection, transaction

from feeds import notice, store
from feeds.models import Announcement, Change, Office, Release, Source, Standing, Topic
from feeds.notice import Quiet, Subject

NOW = datetime(2025, 2, 17, 12, 0, tzinfo=UTC)
TODAY = NOW.date()
SECOND = timedelta(seconds=1)


def write(title: str = "A release", published_on: date = TODAY, **columns: object) -> int:
    """What any SQL writer does."""
    columns = {"title": title, "published_on": published_on.isoformat(), **columns}
    names, marks = ", ".join(columns), ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO feeds_release({names}) VALUES ({marks}) RETURNING id", list(columns.values())
        )
        return cursor.fetchone()[0]


def run(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


class NoSuchDay:
    def isoformat(self) -> str:
        return "2025-02-30"


def announced() -> list[int]:
    return list(Announcement.objects.order_by("id").values_list("release_id", flat=True))


@pytest.mark.django_db
def test_two_columns_suffice_and_the_release_is_noticed_shown_and_announced():
    release = write()
    assert not store.shown().exists()
    notice.take(NOW)
    standing = store.shown().get(pk=release).standing
    assert standing.guid.startswith("tag:")
    assert standing.guid.endswith(f":release/{standing.key}")
    assert (standing.first_seen_at, standing.updated_at, standing.announced_at) == (NOW, NOW, NOW)
    assert announced() == [release]
    assert Change.objects.get(subject_id=release).guid == standing.guid


@pytest.mark.django_db
def test_numbers_are_gapless_and_instants_never_go_back():
    write("one")
    notice.take(NOW)
    write("two")
    notice.take(NOW - timedelta(hours=1))
    write("three")
    notice.take(NOW + SECOND)
    changes = list(Change.objects.order_by("seq"))
    assert [change.seq for change in changes] == [1, 2, 3]
    assert [change.noticed_at for change in changes] == [NOW, NOW, NOW + SECOND]
    assert notice.take(NOW + SECOND) == 0


@pytest.mark.django_db
@pytest.mark.holds("M3")
def test_after_advance_nothing_is_announced_before_that_instant():
    end = NOW + timedelta(hours=1)
    assert notice.advance(end) == end
    write()
    notice.take(NOW)  # this clock is behind
    assert Announcement.objects.get().at == end


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("columns", "silence"),
    [
        ({"published_on": TODAY - timedelta(days=7)}, ""),
        ({"published_on": TODAY - timedelta(days=8)}, "too_old"),
        ({"silent": True}, "silent"),
    ],
)
@pytest.mark.holds("M11")
def test_announced_or_silent_by_age_and_wish(columns, silence):
    release = write(**columns)
    notice.take(NOW)
    assert Standing.objects.get(pk=release).silence == silence
    assert announced() == ([] if silence else [release])


@pytest.mark.django_db
@pytest.mark.holds("M11")
def test_the_age_that_is_still_announced_belongs_to_the_source():
    Source.objects.bulk_create(
        [Source(slug="archive", name="Archive", kind="listing", announce_max_age_days=400)]
    )
    release = write(published_on=TODAY - timedelta(days=300), source_id=Source.objects.get().pk)
    notice.take(NOW)
    assert announced() == [release]


@pytest.mark.django_db
@pytest.mark.holds("M11")
def test_a_thousand_back_filled_rows_announce_nothing_and_an_editor_may_announce_one_after_all():
    run(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
        "INSERT INTO feeds_release(title, published_on) SELECT 'Archived', '2015-05-05' FROM n"
    )
    assert notice.take(NOW) == 1_000
    assert announced() == []
    assert store.shown().count() == 1_000
    chosen = Release.objects.order_by("pk")[5].pk
    assert notice.announce(chosen, NOW + SECOND)
    assert not notice.announce(chosen, NOW + SECOND)
    assert announced() == [chosen]


@pytest.mark.django_db
def test_an_old_release_carries_its_own_date_as_updated():
    release = write(published_on=date(2015, 5, 5))
    notice.take(NOW)
    assert Standing.objects.get(pk=release).updated_at == datetime(2015, 5, 5, tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.holds("F2")
def test_a_cosmetic_edit_moves_nothing_and_a_real_one_moves_updated():
    release = write("It’s  new – now", summary="As said")
    notice.take(NOW)
    run("UPDATE feeds_release SET title = %s WHERE id = %s", "It's new - now", release)
    notice.take(NOW + SECOND)
    assert (Standing.objects.get().updated_at, Standing.objects.get().version) == (NOW, 1)
    run("UPDATE feeds_release SET summary = %s WHERE id = %s", "As never said", release)
    notice.take(NOW + 2 * SECOND)
    assert (Standing.objects.get().updated_at, Standing.objects.get().version) == (NOW + 2 * SECOND, 2)
    assert announced() == [release]


@pytest.mark.django_db
def test_an_embargoed_release_is_shown_and_announced_only_when_its_instant_has_come():
    release = write(visible_at=NOW + timedelta(hours=1))
    notice.take(NOW)
    assert Release.objects.get().state == "scheduled"
    assert not store.shown().exists()
    assert notice.release_due(NOW + timedelta(minutes=59)) == 0
    assert notice.release_due(NOW + timedelta(hours=1)) == 1
    notice.take(NOW + timedelta(hours=1))
    assert store.shown().get().pk == release
    assert Announcement.objects.get().at == NOW + timedelta(hours=1)
    assert Standing.objects.get().updated_at == NOW + timedelta(hours=1)


@pytest.mark.django_db
def test_a_withdrawn_release_is_gone_and_comes_back_without_a_second_announcement():
    release = write()
    notice.take(NOW)
    run("UPDATE feeds_release SET state = 'withdrawn' WHERE id = %s", release)
    notice.take(NOW + SECOND)
    assert Standing.objects.get().gone_at == NOW + SECOND
    assert not store.shown().exists()
    run("UPDATE feeds_release SET state = 'published' WHERE id = %s", release)
    notice.take(NOW + 2 * SECOND)
    assert Standing.objects.get().gone_at is None
    assert announced() == [release]


@pytest.mark.django_db
def test_a_plain_delete_leaves_the_standing_and_sweeps_the_links():
    topic = Topic.objects.bulk_create([Topic(slug="youth", name="Youth")])[0]
    release = write()
    run("INSERT INTO feeds_release_topics(release_id, topic_id) VALUES (%s, %s)", release, topic.pk)
    notice.take(NOW)
    run("DELETE FROM feeds_release WHERE id = %s", release)
    notice.take(NOW + SECOND)
    standing = Standing.objects.get(pk=release)
    assert (standing.shown, standing.gone_at) == (False, NOW + SECOND)
    assert not Release.topics.through.objects.exists()
    notice.take(NOW + 2 * SECOND)
    assert Standing.objects.get(pk=release).gone_at == NOW + SECOND


@pytest.mark.django_db
@pytest.mark.holds("M3")
def test_labels_that_come_late_are_announced_with_the_labels_of_before():
    youth, policing = Topic.objects.bulk_create(
        [Topic(slug="youth", name="Y"), Topic(slug="policing", name="P")]
    )
    office = Office.objects.bulk_create([Office(slug="skopje", name="Skopje")])[0]
    release = Release.objects.create(title="A release", published_on=TODAY)
    release.topics.add(youth)
    notice.take(NOW)
    release.topics.add(policing)
    release.offices.add(office)
    notice.take(NOW + SECOND)
    release.topics.remove(youth)
    notice.take(NOW + 2 * SECOND)
    first, late = Announcement.objects.order_by("id")
    assert first.before is None
    assert late.before == {"offices": [], "topics": ["youth"], "type": "", "language": "en"}
    assert store.facts(store.shown().get()).topics == {"policing"}


@pytest.mark.django_db
def test_consumers_have_their_own_cursor():
    write("one"), write("two")
    notice.take(NOW)
    assert [change.seq for change in notice.after("publisher")] == [1, 2]
    notice.move("publisher", 1)
    assert [change.seq for change in notice.after("publisher")] == [2]
    assert [change.seq for change in notice.after("planner")] == [1, 2]


@pytest.mark.django_db
def test_only_the_subjects_that_are_asked_for_are_taken():
    one, two = write("one"), write("two")
    found = notice.pending()
    assert set(found) == {Subject("release", one), Subject("release", two)}
    assert notice.take(NOW, {Subject("release", two): found[Subject("release", two)]}) == 1
    assert set(notice.pending()) == {Subject("release", one)}


def test_a_subject_is_ready_when_left_alone_for_300_ms_and_at_the_latest_after_2_s():
    quiet, it, other = Quiet(), Subject("release", 1), Subject("release", 2)
    assert quiet.ready({it: 1, other: 5}, 0.0) == {}
    assert quiet.ready({it: 2, other: 5}, 0.25) == {}
    assert quiet.ready({it: 2, other: 5}, 0.35) == {other: 5}
    assert quiet.ready({it: 2}, 0.56) == {it: 2}
    for step in range(3, 8):
        assert quiet.ready({it: step}, step / 4) == {}
    assert quiet.ready({it: 98}, 2.5) == {}
    assert quiet.ready({it: 99}, 2.75) == {it: 99}


@pytest.mark.django_db
def test_what_is_no_date_is_refused_at_once_and_odd_instants_are_understood():
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        run("INSERT INTO feeds_release(title, published_on) VALUES ('x', 'tomorrow or so')")
    release = write(visible_at="2025-02-17T13:00:00Z")
    notice.take(NOW)
    assert Release.objects.get().state == "scheduled"
    assert notice.release_due(NOW + timedelta(hours=1)) == 1
    notice.take(NOW + timedelta(hours=1))
    assert announced() == [release]


@pytest.mark.django_db
def test_a_row_that_cannot_be_read_is_left_out_and_its_neighbours_are_noticed(caplog):
    good = write("good")
    if connection.vendor == "sqlite":  # the only one that takes such a value
        write("bad", visible_at="soon"), write("bad too", published_on=NoSuchDay())
    notice.take(NOW)
    assert announced() == [good]
    assert ("cannot be read" in caplog.text) == (connection.vendor == "sqlite")


@pytest.mark.django_db(transaction=True)
@pytest.mark.holds("M3")
def test_a_writer_that_commits_late_gets_a_later_number_and_loses_nothing():
    held, go_on = threading.Event(), threading.Event()

    def write_slowly() -> None:
        with transaction.atomic():
            write("held open")
            held.set()
            go_on.wait(10)
        connection.close()

    writer = threading.Thread(target=write_slowly)
    writer.start()
    held.wait(10)
    if connection.vendor == "sqlite":  # one writer at a time: the second waits for the first
        go_on.set()
        writer.join()
    write("quick")
    notice.take(NOW)
    end = notice.advance(NOW + SECOND)
    go_on.set()
    writer.join()
    notice.take(NOW)
    titles = dict(Release.objects.values_list("pk", "title"))
    order = [
        titles[subject] for subject in Change.objects.order_by("seq").values_list("subject_id", flat=True)
    ]
    at = [(titles[row.release_id], row.at) for row in Announcement.objects.order_by("seq")]
    if connection.vendor == "sqlite":
        assert (order, at) == (["held open", "quick"], [("held open", NOW), ("quick", NOW)])
    else:
        assert (order, at) == (["quick", "held open"], [("quick", NOW), ("held open", end)])
