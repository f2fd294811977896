"""Which releases are in which feeds, and in what order they came in."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from django.db import connection

from feeds import catalogue, membership, notice
from feeds.models import Cursor, Membership
from feeds.selection import Facts
from tests.feeds.stories import (
    NOW,
    SECOND,
    edit,
    label,
    members,
    office,
    run,
    settle,
    topic,
    withdraw,
    write,
    write_row,
)

pytestmark = pytest.mark.django_db


def test_the_catalogue_has_all_untagged_each_office_and_each_topic():
    office("vienna", "Vienna", position=2)
    office("tirana", "Tirana", position=1, closed=True)
    topic("borders", "Borders")
    paths = ["all", "untagged", "offices/tirana", "offices/vienna", "topics/borders"]
    assert [feed.path for feed in catalogue.all_feeds()] == paths
    assert [catalogue.find(path) for path in paths] == catalogue.all_feeds()
    for stranger in (
        "",
        "offices",
        "offices/",
        "offices/nowhere",
        "types/borders",
        "offices/../all",
        "all.atom",
    ):
        assert catalogue.find(stranger) is None


def test_a_term_whose_slug_is_none_has_no_feed():
    write_row("feeds_topic", slug="../../etc/passwd", name="Evil")
    assert [feed.path for feed in catalogue.all_feeds()] == ["all", "untagged"]
    assert catalogue.find("topics/../../etc/passwd") is None


def test_untagged_is_what_has_neither_office_nor_topic():
    assert catalogue.paths_for(Facts()) == {"all", "untagged"}
    assert catalogue.paths_for(Facts(frozenset({"a", "b"}), frozenset({"t"}))) == {
        "all", "offices/a", "offices/b", "topics/t", "offices/a/topics/t", "offices/b/topics/t",
    }  # fmt: skip
    assert catalogue.paths_for(Facts(topics=frozenset({"t"}))) == {"all", "topics/t"}


def test_releases_join_all_their_feeds_in_the_order_of_their_dates():
    vienna, borders = office(), topic()
    late = write("late", date(2025, 2, 16), (vienna, borders))
    early = write("early", date(2025, 2, 14), (borders,))
    same_day = write("same day", date(2025, 2, 14))
    settle()
    assert members("all") == [late, same_day, early]
    assert members("offices/vienna") == [late]
    assert members("topics/borders") == [late, early]
    assert members("untagged") == [same_day]
    assert list(
        Membership.objects.filter(feed="all").order_by("position").values_list("position", flat=True)
    ) == [1, 2, 3]


def test_keeping_twice_does_nothing():
    write()
    notice.take(NOW)
    assert membership.keep(NOW)
    before = list(Membership.objects.order_by("pk").values())
    assert not membership.keep(NOW + SECOND)
    Cursor.objects.filter(pk=membership.NAME).update(seq=0)  # as after a crash before the cursor moved
    assert membership.keep(NOW + SECOND)
    assert list(Membership.objects.order_by("pk").values()) == before


def test_a_withdrawn_release_leaves_and_takes_a_new_position_when_it_comes_back():
    first, second = write("one"), write("two")
    settle()
    withdraw(first)
    settle(NOW + SECOND)
    row = Membership.objects.get(feed="all", release_id=first)
    assert (row.left_at, row.position, members("all")) == (NOW + SECOND, 1, [second])
    edit(first, state="published")
    settle(NOW + 2 * SECOND)
    row = Membership.objects.get(feed="all", release_id=first)
    assert (row.left_at, row.position, row.joined_at) == (None, 3, NOW + 2 * SECOND)
    assert members("all") == [first, second]


def test_a_deleted_release_leaves_every_feed():
    borders = topic()
    release = write(labels=(borders,))
    settle()
    run("DELETE FROM feeds_release WHERE id = %s", release)
    settle(NOW + SECOND)
    assert members("all") == members("topics/borders") == []
    assert set(Membership.objects.values_list("left_at", flat=True)) == {NOW + SECOND}


def test_an_embargoed_release_is_in_no_feed_before_its_instant():
    write("secret", state="scheduled", visible_at=NOW + timedelta(hours=1))
    settle()
    assert not Membership.objects.exists()
    notice.release_due(NOW + timedelta(hours=1))
    settle(NOW + timedelta(hours=1))
    assert len(members("all")) == 1


def test_labels_given_late_move_a_release_out_of_untagged_and_to_the_head_of_its_new_feed():
    borders = topic()
    old = write("old", date(2025, 2, 10))
    write("new", date(2025, 2, 16), (borders,))
    settle()
    label(old, borders)
    settle(NOW + SECOND)
    assert members("untagged") == []
    assert members("topics/borders")[0] == old
    assert members("all")[-1] == old, "nothing happened to its place there"


def test_a_change_that_is_no_release_only_moves_the_cursor():
    topic()
    settle()
    assert membership.reached() == notice.last_seq() > 0
    assert not Membership.objects.exists()


def test_an_import_takes_the_order_of_dates_over_many_transactions(monkeypatch):
    monkeypatch.setattr(membership, "RELEASES_AT_ONCE", 7)
    days = [date(2025, 1, 1) + timedelta(days=(n * 37) % 50) for n in range(50)]
    ids = [write(f"{n}", day) for n, day in enumerate(days)]
    settle()
    assert members("all")[::-1] == [pk for _, pk in sorted(zip(days, ids, strict=True))]


def test_a_crash_in_the_middle_of_an_import_is_made_good(monkeypatch):
    monkeypatch.setattr(membership, "RELEASES_AT_ONCE", 3)
    ids = [write(str(n)) for n in range(8)]
    notice.take(NOW)
    settle_chunk, calls = membership._settle, []

    def fail_at_the_third(touched):
        calls.append(touched)
        if len(calls) == 3:
            raise RuntimeError("power cut")
        settle_chunk(touched)

    monkeypatch.setattr(membership, "_settle", fail_at_the_third)
    with pytest.raises(RuntimeError):
        membership.keep(NOW)
    assert 0 < len(members("all")) < 8
    monkeypatch.setattr(membership, "_settle", settle_chunk)
    membership.keep(NOW)
    assert members("all") == ids[::-1]


def test_hundreds_at_once_take_few_queries(django_assert_max_num_queries):
    borders = topic()
    run(
        "INSERT INTO feeds_release(title, published_on) "
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) "
        "SELECT 'made up', date('2025-01-01') FROM n"
    )
    run("INSERT INTO feeds_release_topics(release_id, topic_id) SELECT id, %s FROM feeds_release", borders.pk)
    notice.take(NOW)
    with django_assert_max_num_queries(60):
        membership.keep(NOW)
    assert len(members("topics/borders")) == 400


@pytest.mark.django_db(transaction=True)
def test_two_hosts_at_once_append_each_release_once():
    for n in range(30):
        write(str(n))
    notice.take(NOW)
    faults = []

    def host():
        try:
            membership.keep(NOW)
        except Exception as error:
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=host) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert sorted(Membership.objects.filter(feed="all").values_list("position", flat=True)) == list(
        range(1, 31)
    )
