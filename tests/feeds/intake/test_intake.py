"""Intake: from what a source says to releases in the store."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
from django.db import IntegrityError, connection

from feeds import intake
from feeds.models import (
    Change,
    Release,
    ReleaseKey,
    Source,
    Topic,
)
from feeds.sources.item import RawItem
from tests.feeds.intake.kit import (
    BORDER,
    DATA,
    LATER,
    NOW,
    changes,
    in_store,
    listing,
    make_source,
    no_change,
    slugs,
    take_in,
    the_release,
)

pytestmark = pytest.mark.django_db


# the listing


@pytest.mark.parametrize("name", ["newsroom-listing.txt", "newsroom-listing.html"])
def test_the_seven_releases_of_the_listing(source, name):
    expected = json.loads((DATA / "newsroom-in-store.json").read_text("utf-8"))
    report = intake.take_in(listing(name, source).items, source, NOW)
    assert in_store() == expected
    assert report.new == tuple(Release.objects.order_by("pk").values_list("pk", flat=True))
    assert (report.changed, report.same, report.faults, report.pending, report.silence) == ((), 0, (), (), "")


def test_text_and_then_the_page_are_seven_releases_which_gain_addresses(source):
    Source.objects.update(address="https://newsroom.example.org/news")
    source.refresh_from_db()
    first = intake.take_in(listing("newsroom-listing.txt", source).items, source, NOW)
    second = intake.take_in(listing("newsroom-listing.html", source).items, source, LATER)
    assert (second.new, sorted(second.changed), second.same) == ((), sorted(first.new), 0)
    expected = json.loads((DATA / "newsroom-in-store.json").read_text("utf-8"))
    numbers = range(900007, 900000, -1)
    assert in_store() == [
        {**one, "url": f"https://newsroom.example.org/press-releases/{number}"}
        for one, number in zip(expected, numbers, strict=True)
    ]
    assert ReleaseKey.objects.count() == 14


@pytest.mark.parametrize("order", [("txt", "html"), ("html", "txt")])
def test_importing_again_writes_nothing(source, order):
    for suffix in order:
        intake.take_in(listing(f"newsroom-listing.{suffix}", source).items, source, NOW)
    no_change()
    for suffix in order:
        report = intake.take_in(listing(f"newsroom-listing.{suffix}", source).items, source, LATER)
        assert (report.new, report.changed, report.same) == ((), (), 7)
    assert changes() == 0
    assert Release.objects.count() == 7


def test_importing_again_runs_no_write_at_all(source, django_assert_max_num_queries):
    items = listing("newsroom-listing.txt", source).items
    intake.take_in(items, source, NOW)
    with django_assert_max_num_queries(20) as queries:
        intake.take_in(items, source, LATER)
    written = [one["sql"] for one in queries if one["sql"].startswith(("INSERT", "DELETE", "UPDATE"))]
    assert [sql for sql in written if "first_complete_at" not in sql] == []


def test_a_changed_summary_updates_one_release(source):
    items = listing("newsroom-listing.txt", source).items
    intake.take_in(items, source, NOW)
    no_change()
    changed = [
        replace(item, summary="It was quite otherwise.") if "Kalesija" in item.title else item
        for item in items
    ]
    report = intake.take_in(changed, source, LATER)
    release = Release.objects.get(title__contains="Kalesija")
    assert (report.new, report.changed, report.same) == ((), (release.pk,), 6)
    assert release.summary == "It was quite otherwise."
    assert list(Change.objects.values_list("kind", "subject_id")) == [("release", release.pk)]


# finding


def test_a_release_is_found_by_its_key_whatever_else_changed(source):
    take_in(source, BORDER)
    moved = replace(
        BORDER, title="Other", url="https://newsroom.example.org/other", published_on=date(2025, 3, 1)
    )
    assert take_in(source, moved).changed == (the_release().pk,)
    assert (the_release().title, the_release().published_on) == ("Other", date(2025, 3, 1))


def test_a_release_is_found_by_its_address_however_it_is_spelt(source):
    take_in(source, BORDER)
    respelt = replace(BORDER, key="elsewhere", url="HTTPS://Newsroom.Example.org:443/1#top")
    report = take_in(make_source("other"), respelt)
    assert (report.new, report.same) == ((), 1)
    assert set(the_release().keys.values_list("source__slug", "key")) == {
        ("newsroom", "1"),
        ("other", "elsewhere"),
    }


def test_a_release_is_found_by_title_and_date_where_one_side_has_no_address(source):
    take_in(source, BORDER)
    take_in(source, replace(BORDER, key="", url="", title="BORDER  guards trained"))
    assert the_release().url == BORDER.url
    take_in(source, replace(BORDER, key="2", url="https://newsroom.example.org/2"))
    assert Release.objects.count() == 2


def test_what_another_program_wrote_is_found_and_gains_a_key(source):
    Release.objects.create(title="Border guards trained", published_on=date(2025, 2, 17))
    report = take_in(source, BORDER)
    release = the_release()
    assert report.changed == (release.pk,)
    assert (release.silent, release.url, release.keys.get().key) == (False, BORDER.url, "1")


def test_two_of_one_title_and_day_stay_two(source):
    daily = replace(BORDER, key="", url="", title="Daily report")
    both = (replace(daily, summary="The second."), replace(daily, summary="The first."))
    assert len(take_in(source, *both).new) == 2
    assert take_in(source, *both).same == 2
    third = (replace(daily, summary="The third."), *both)
    assert (len(take_in(source, *third).new), Release.objects.count()) == (1, 3)
    assert list(Release.objects.order_by("pk").values_list("summary", flat=True)) == [
        "The first.", "The second.", "The third.",
    ]  # fmt: skip


def test_entries_that_share_an_address_but_not_their_id_stay_apart(source):
    both = (BORDER, replace(BORDER, key="2", title="Another"))
    assert len(take_in(source, *both).new) == 2
    assert take_in(source, *both).same == 2


def test_an_entry_that_comes_twice_in_one_feed_is_one(source):
    both = (replace(BORDER, summary="Newer."), replace(BORDER, summary="Older."))
    assert len(take_in(source, *both).new) == 1
    assert the_release().summary == "Newer."
    assert take_in(source, *both).same == 1


def test_a_release_that_was_deleted_comes_again_as_a_new_one(source):
    (old,) = take_in(source, BORDER).new
    Release.objects.filter(pk=old)._raw_delete("default")
    assert len(take_in(source, BORDER).new) == 1
    assert the_release().keys.get().key == "1"


def test_a_withdrawn_release_stays_withdrawn(source):
    take_in(source, BORDER)
    Release.objects.update(state=Release.State.WITHDRAWN)
    take_in(source, replace(BORDER, summary="Once more."))
    assert the_release().state == Release.State.WITHDRAWN


def test_a_key_longer_than_its_column_is_kept_as_its_digest(source):
    long = replace(BORDER, key="k" * 5000)
    take_in(source, long)
    assert take_in(source, long).same == 1


def test_ids_grow_with_time(source):
    items = [
        replace(BORDER, key=str(day), url="", title=f"Day {day}", published_on=date(2025, 2, day))
        for day in (3, 1, 2)
    ]
    take_in(source, *items, replace(items[0], key="earlier on the page is newer", title="Day 3, first"))
    assert list(Release.objects.order_by("pk").values_list("title", flat=True)) == [
        "Day 1", "Day 2", "Day 3, first", "Day 3",
    ]  # fmt: skip


# merging


def test_what_a_source_does_not_say_is_never_blanked(source):
    take_in(source, replace(BORDER, body="<p>Full</p>", author="Ann", language="en"))
    before = in_store()
    bare = RawItem(title=BORDER.title, published_on=BORDER.published_on, key="1")
    report = take_in(source, bare)
    assert report.same == 1
    assert in_store() == before
    assert (the_release().body, the_release().author, the_release().language) == ("<p>Full</p>", "Ann", "en")


def test_what_an_editor_corrected_outlives_the_next_fetch(source):
    take_in(source, BORDER)
    Release.objects.update(title="Border guards and dogs trained")
    the_release().topics.add(Topic.objects.get(slug="youth"))
    assert take_in(source, BORDER).same == 1
    take_in(source, replace(BORDER, summary="A longer course.", topics=("Border management",)))
    assert (the_release().title, the_release().summary) == (
        "Border guards and dogs trained",
        "A longer course.",
    )
    assert slugs(the_release().topics) == ["border-management", "youth"]


def test_two_sources_that_word_it_differently_do_not_overwrite_each_other_for_ever(source):
    other, reworded = make_source("other"), replace(BORDER, key="x", summary="Otherwise.")
    take_in(source, BORDER)
    assert len(take_in(other, reworded).changed) == 1
    assert (take_in(source, BORDER).same, take_in(other, reworded).same) == (1, 1)


def test_only_links_that_differ_are_written(source):
    take_in(source, BORDER)
    no_change()
    report = take_in(source, replace(BORDER, topics=("Border management, Youth",)))
    assert report.changed == (the_release().pk,)
    assert slugs(the_release().topics) == ["border-management", "youth"]
    assert changes() == 2  # one link made, one ended


def test_the_feeds_own_date_is_no_correction(source):
    undated = replace(BORDER, dated=False)
    take_in(source, undated)
    assert take_in(source, replace(undated, published_on=date(2025, 3, 1))).same == 1
    assert the_release().published_on == date(2025, 2, 17)


# announced or silent


@pytest.mark.holds("M11")
def test_the_first_complete_fetch_is_silent_and_what_follows_is_not(terms):
    source = make_source("fresh")
    first = take_in(source, BORDER, complete=False)
    rest = take_in(source, replace(BORDER, key="2", url="", title="Second page"))
    after = take_in(source, replace(BORDER, key="3", url="", title="New"))
    assert [report.silence for report in (first, rest, after)] == ["first_fetch", "first_fetch", ""]
    assert list(Release.objects.order_by("pk").values_list("silent", "silent_because")) == [
        (True, "first_fetch"), (True, "first_fetch"), (False, ""),
    ]  # fmt: skip
    assert Source.objects.get(slug="fresh").first_complete_at == NOW


@pytest.mark.holds("M11")
def test_an_import_that_is_not_to_be_announced_is_silent(source):
    assert take_in(source, BORDER, announce=False).silence == "import"
    assert (the_release().silent, the_release().silent_because) == (True, "import")


@pytest.mark.holds("M11")
def test_an_update_alters_nobodys_silence(source):
    take_in(source, BORDER)
    take_in(source, replace(BORDER, summary="Otherwise."), announce=False)
    assert (the_release().silent, the_release().silent_because) == (False, "")


def test_a_reading_that_is_not_complete_does_not_end_the_first_fetch(terms):
    source = make_source("fresh")
    reading = listing("stops-at-a-title.txt", source)
    intake.take_in(reading.items, source, NOW, complete=reading.complete)
    assert Source.objects.get(slug="fresh").first_complete_at is None


# what foreign text may do


def test_poison_is_cleaned_or_left_out(source):
    poison = replace(
        BORDER,
        title="A\x00 \u202ftitle\ud800 \n e\u0301",
        summary="One\x0b\r\n\r\n two",
        author="\x01",
        language="no/tag",
        body="<p>x<script>alert(1)</script><img src=x onerror=y>&#1;e\u0301</p><b>\u0338",
        image_url="javascript:1",
    )
    report = take_in(source, poison, replace(BORDER, key="2", title="\x00 \n", line=7))
    release = the_release()
    assert (release.title, release.summary, release.author, release.language) == (
        "A title é",
        "One\ntwo…",
        "",
        "",
    )
    assert (release.body, release.image_url) == (
        '<p>x<img src="https://newsroom.example.org/x">é</p><b>\u0338</b>',
        "",
    )
    assert [str(fault) for fault in report.faults] == [
        "newsroom:7: a release without a title; expected a title"
    ]


def test_a_batch_is_written_whole_or_not_at_all(source, monkeypatch):
    monkeypatch.setattr(intake, "BATCH", 2)
    monkeypatch.setattr(intake.storing, "write_pending", fails_at_the_second_call())
    items = [replace(BORDER, key=str(n), url="", title=f"Number {n}") for n in range(4)]
    with pytest.raises(IntegrityError):
        take_in(source, *items)
    assert (Release.objects.count(), ReleaseKey.objects.count()) == (2, 2)
    monkeypatch.undo()
    report = take_in(source, *items)
    assert (len(report.new), report.same) == (2, 2)


def fails_at_the_second_call():
    calls = []

    def write_pending(works, now):
        calls.append(1)
        if len(calls) == 2:
            raise IntegrityError

    return write_pending


@pytest.mark.django_db(transaction=True)
def test_two_sources_that_tell_the_same_at_once_make_one_release(source):
    other = make_source("other", first_complete_at=NOW)
    items = listing("newsroom-listing.txt", source).items

    def one(its_source):
        try:
            return intake.take_in(items, its_source, NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(one, (source, other)))
    assert sorted((len(report.new), report.same) for report in reports) == [(0, 7), (7, 0)]
    assert (Release.objects.count(), ReleaseKey.objects.count()) == (7, 14)


def test_progress_is_told_after_each_batch(source, monkeypatch):
    monkeypatch.setattr(intake, "BATCH", 3)
    told = []
    intake.take_in(listing("newsroom-listing.txt", source).items, source, NOW, progress=told.append)
    assert told == [3, 6, 7]


def test_many_releases_cost_few_statements(source, django_assert_max_num_queries):
    items = [
        replace(BORDER, key=str(n), url=f"https://newsroom.example.org/{n}", title=f"T {n}")
        for n in range(400)
    ]
    with django_assert_max_num_queries(50):  # SQLite takes at most 999 values a statement
        assert len(take_in(source, *items).new) == 400
    with django_assert_max_num_queries(15):
        assert take_in(source, *items).same == 400
