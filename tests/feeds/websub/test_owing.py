"""What a hub is to be told of: every document that changed, once it lies where the hub fetches it."""

from __future__ import annotations

import pytest

from feeds import archiving, publisher, websub
from feeds.folder import CURSOR, TOLD, Folder
from feeds.models import Cursor, HubFailure, HubPing, Newsroom
from feeds.publisher import publish, rebuild
from tests.feeds.stories import (
    NOW,
    SECOND,
    edit,
    label,
    newsroom,
    office,
    run,
    settle,
    topic,
    withdraw,
    write,
)
from tests.feeds.websub.telling import BASE, go, owed, topics

pytestmark = [pytest.mark.django_db, pytest.mark.holds("F7")]
HUB = "https://hub.example/"


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.FEED_FOLDER = tmp_path / "feeds"
    settings.BASE_URL = BASE
    newsroom(hub=HUB)
    return settings.FEED_FOLDER


@pytest.fixture
def borders(folder):
    """A topic; the newsroom has begun, and its hub has been told of everything."""
    found = topic()
    write("first", labels=(found,))
    go()
    HubPing.objects.all().delete()
    return found


def test_an_addition_is_owed_for_every_feed_it_is_in_and_in_every_format(borders):
    write("second", labels=(borders,))
    assert go(NOW + SECOND) == 6
    assert owed() == topics("all", "topics/borders")
    assert {(row.hub, row.next_at) for row in HubPing.objects.all()} == {(HUB, NOW + SECOND)}


def test_an_edit_is_owed(borders):
    release = write("second")
    go(NOW + SECOND)
    HubPing.objects.all().delete()
    edit(release, title="second, corrected")
    go(NOW + 2 * SECOND)
    assert owed() == topics("all", "untagged")


@pytest.mark.holds("F5")
@pytest.mark.parametrize("how", ["withdrawn", "deleted"])
def test_a_removal_is_owed(borders, how):
    release = write("second", labels=(borders,))
    go(NOW + SECOND)
    HubPing.objects.all().delete()
    if how == "withdrawn":
        withdraw(release)
    else:
        run("DELETE FROM feeds_release_topics WHERE release_id = %s", release)
        run("DELETE FROM feeds_release WHERE id = %s", release)
    go(NOW + 2 * SECOND)
    assert owed() == topics("all", "topics/borders")


@pytest.mark.holds("F5")
def test_what_leaves_a_page_of_the_archive_is_owed_for_the_feed_itself_and_not_for_the_page(
    borders, folder, monkeypatch
):
    monkeypatch.setattr(archiving, "PAGE", 2)
    oldest = write("0", labels=(borders,))
    for n in range(6):
        write(str(n))
    go(NOW + SECOND)
    assert owed() == topics("all", "topics/borders", "untagged")
    assert list((folder / "all/archive").glob("*.atom"))
    HubPing.objects.all().delete()
    withdraw(oldest)
    go(NOW + 2 * SECOND)
    assert owed() == topics("all", "topics/borders")


def test_a_label_that_is_taken_away_is_owed_for_the_feed_it_leaves(borders):
    release = write("second", labels=(borders,))
    go(NOW + SECOND)
    HubPing.objects.all().delete()
    run("DELETE FROM feeds_release_topics WHERE release_id = %s", release)
    go(NOW + 2 * SECOND)
    assert owed() == topics("all", "topics/borders", "untagged")
    label(release, borders)


def test_a_renamed_term_is_owed_wherever_it_is_named(borders):
    office()
    go(NOW + SECOND)
    HubPing.objects.all().delete()
    run("UPDATE feeds_topic SET name = 'Frontiers' WHERE id = %s", borders.pk)
    go(NOW + 2 * SECOND)
    assert owed() == topics("all", "topics/borders")


@pytest.mark.parametrize("why", ["a term is gone", "too much has changed"])
def test_where_nobody_can_tell_feeds_apart_all_are_owed_but_no_page(borders, monkeypatch, why):
    monkeypatch.setattr(archiving, "PAGE", 2)
    for n in range(6):
        write(str(n), labels=(borders,))
    gone = topic("gone", "Gone")
    go(NOW + SECOND)
    HubPing.objects.all().delete()
    if why == "a term is gone":
        run("DELETE FROM feeds_topic WHERE id = %s", gone.pk)
    else:
        monkeypatch.setattr(websub, "MANY", 2)
        monkeypatch.setattr(publisher, "MANY", 2)
        write("6", labels=(borders,))
        run("DELETE FROM feeds_topic WHERE id = %s", gone.pk)
    go(NOW + 2 * SECOND)
    assert owed() == topics("all", "topics/borders", "untagged")


def test_what_is_under_embargo_is_owed_to_nobody(borders):
    write("second", state="scheduled", visible_at="2030-01-01 00:00:00+00:00", labels=(borders,))
    assert go(NOW + SECOND) == 0
    assert owed() == []


def test_nothing_is_owed_before_it_lies_in_the_folder(borders, folder):
    write("second", labels=(borders,))
    settle(NOW + SECOND)
    assert websub.follow(folder, NOW + SECOND) == 0
    publish(folder, NOW + SECOND)
    position = (folder / CURSOR).read_bytes()
    (folder / CURSOR).unlink()
    assert websub.follow(folder, NOW + SECOND) == 0, "a batch is being written"
    (folder / CURSOR).write_bytes(position)
    assert websub.follow(folder, NOW + SECOND) == 6


def test_following_twice_is_following_once(borders, folder):
    write("second", labels=(borders,))
    assert go(NOW + SECOND) == 6
    before = list(HubPing.objects.values())
    assert websub.follow(folder, NOW + 2 * SECOND) == 0
    assert list(HubPing.objects.values()) == before


def test_without_a_hub_there_is_nothing_to_do(folder, django_assert_num_queries):
    newsroom(hub="")
    write("first")
    assert go() == 0
    assert not HubPing.objects.exists()
    assert not Cursor.objects.filter(pk=websub.NAME).exists()
    assert websub.ping_due(NOW) == 0
    with django_assert_num_queries(1):
        assert websub.follow(folder, NOW) == 0
        assert not websub.any_due(NOW)


@pytest.mark.parametrize("hub", ["hub.example", "ftp://hub.example/", "http://", "https://user@hub.example/"])
def test_what_is_no_address_is_no_hub(hub):
    newsroom(hub=hub)
    write("first")
    assert go() == 0


def test_a_hub_is_told_from_its_beginning_on_and_not_what_was_before(folder):
    newsroom(hub="")
    write("first")
    go()
    newsroom(hub=HUB)
    assert go(NOW + SECOND) == 0
    write("second")
    assert go(NOW + 2 * SECOND) == 6


def test_a_hub_that_takes_the_place_of_another_goes_on_from_there(borders):
    write("second", labels=(borders,))
    go(NOW + SECOND)
    HubFailure.objects.create(hub=HUB, since=NOW, failures=1, next_at=NOW, error="down")
    newsroom(hub="https://other.example/")
    assert go(NOW + 2 * SECOND) == 0
    assert not HubPing.objects.exists()
    assert not HubFailure.objects.exists()
    write("third")
    go(NOW + 3 * SECOND)
    assert {row.hub for row in HubPing.objects.all()} == {"https://other.example/"}


def test_a_hub_that_is_taken_away_is_forgotten_until_it_comes_back(borders):
    write("second", labels=(borders,))
    go(NOW + SECOND)
    newsroom(hub="")
    assert go(NOW + 2 * SECOND) == 0
    assert not HubPing.objects.exists()
    write("third")
    go(NOW + 3 * SECOND)
    newsroom(hub=HUB)
    assert go(NOW + 4 * SECOND) == 0
    write("fourth")
    go(NOW + 5 * SECOND)
    assert owed() == topics("all", "untagged")


def test_a_hub_that_comes_back_before_anything_has_changed_is_told_of_the_next_change(borders):
    newsroom(hub="")
    go(NOW + SECOND)
    newsroom(hub=HUB)
    go(NOW + 2 * SECOND)
    write("second")
    go(NOW + 3 * SECOND)
    assert owed() == topics("all", "untagged")


def test_another_name_of_the_newsroom_is_no_news(borders):
    Newsroom.objects.update(name="Newsroom of Y")
    assert go(NOW + SECOND) == 0


def test_each_host_has_it_told_when_its_own_files_are_there(borders, folder):
    other = folder.with_name("other")
    publish(other, NOW)
    assert websub.follow(other, NOW) == 0, "a new folder begins where the others are"
    write("second", labels=(borders,))
    assert go(NOW + SECOND) == 6
    HubPing.objects.all().delete()
    assert websub.follow(other, NOW + 2 * SECOND) == 0
    publish(other, NOW + 2 * SECOND)
    assert websub.follow(other, NOW + 2 * SECOND) == 6


def test_a_folder_that_was_lost_goes_on_where_the_hub_was_told_last(borders, folder):
    write("second", labels=(borders,))
    settle(NOW + SECOND)
    lost = folder.with_name("new")
    publish(lost, NOW + SECOND)
    assert websub.follow(lost, NOW + SECOND) == 6


def test_a_database_that_was_put_in_anothers_place_has_everything_told(borders, folder):
    known = Folder(folder).told()
    (folder / TOLD).write_text((folder / TOLD).read_text().replace(known.mark, "2020-01-01T00:00:00+00:00"))
    write("second")
    go(NOW + SECOND)
    assert owed() == topics("all", "topics/borders", "untagged")


def test_half_a_mark_of_what_was_told_is_none(borders, folder):
    (folder / TOLD).write_text('{"seq": 1, "ma')
    write("second")
    assert go(NOW + SECOND) == 6


def test_a_folder_that_is_built_anew_tells_nothing_twice(borders, folder):
    rebuild(folder, NOW + SECOND)
    assert websub.follow(folder, NOW + SECOND) == 0
