"""What an entry and a feed say, and which instants they tell."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from feeds import archiving, documents, entries
from feeds.models import Release, Standing
from feeds.publisher import rebuild
from tests.feeds.published import A, atom, go, ids, titles, updated
from tests.feeds.stories import (
    NOW,
    SECOND,
    edit,
    kind,
    newsroom,
    office,
    run,
    settle,
    topic,
    withdraw,
    write,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "feeds"


def test_an_entry_says_all_that_is_known(folder):
    newsroom()
    vienna, borders, press = office(), topic(), kind()
    write(
        "T", labels=(vienna, borders), url="https://news.example/1", type_id=press.pk, summary="S & s",
        body="<p>B <a href='/x'>x</a><img src=x onerror=alert(1)></p>", editors_note="The <date> was wrong.",
        language="fr",
    )  # fmt: skip
    go(folder)
    entry = atom(folder).find("a:entry", A)
    assert entry.findtext("a:content", "", A) == (
        "<p><strong>Correctif:</strong> The &lt;date&gt; was wrong.</p>\n"
        '<p>B <a href="https://news.example/x" rel="noopener noreferrer">x</a><img src="https://news.example/x"></p>'
    )
    assert entry.findtext("a:summary", "", A) == "Correctif: The <date> was wrong. S & s"
    assert [(c.get("scheme"), c.get("term"), c.get("label")) for c in entry.findall("a:category", A)] == [
        ("http://localhost:8000/offices/", "vienna", "Vienna"),
        ("http://localhost:8000/topics/", "borders", "Border management"),
        ("http://localhost:8000/types/", "news", "News"),
    ]


def test_summary_only_is_a_choice_of_the_newsroom(folder):
    newsroom(feed_content="summary")
    write("T", body=f"<p>{'word ' * 200}</p>")
    go(folder)
    entry = atom(folder).find("a:entry", A)
    assert entry.find("a:content", A) is None
    assert len(entry.findtext("a:summary", "", A)) <= 300


def test_an_entry_links_to_the_original_or_to_its_own_page(folder):
    write("one", url="https://news.example/1")
    release = write("two", url="javascript:alert(1)")
    go(folder)
    links = [link.get("href") for link in atom(folder).findall("a:entry/a:link", A)]
    assert links == [
        f"http://localhost:8000/releases/{Standing.objects.get(pk=release).key}",
        "https://news.example/1",
    ]


@pytest.mark.parametrize(
    ("published_on", "zone", "expected"),
    [
        (date(2025, 2, 17), "UTC", NOW + timedelta(hours=11, minutes=30)),
        (date(2025, 2, 18), "Europe/Vienna", NOW + timedelta(hours=11, minutes=30)),
        (date(2025, 2, 18), "UTC", NOW + timedelta(hours=11, minutes=30)),  # to come: not later than updated
        (date(2025, 2, 16), "Europe/Vienna", datetime(2025, 2, 16, tzinfo=UTC)),
        (date(2025, 2, 16), "no such zone", datetime(2025, 2, 16, tzinfo=UTC)),
    ],
)
def test_published_is_as_honest_as_upstream_lets_it_be(published_on, zone, expected):
    write(published_on=published_on)
    settle(NOW + timedelta(hours=11, minutes=30))
    release = Release.objects.select_related("standing").get()
    first, updated = release.standing.first_seen_at, release.standing.updated_at
    assert entries.published(release.published_on, first, updated, zone) == expected


@pytest.mark.holds("F2")
def test_a_cosmetic_edit_moves_no_instant_but_a_real_one_does(folder):
    release = write('It is "here"')
    go(folder)
    before = atom(folder).findtext("a:entry/a:updated", "", A), updated(folder)
    edit(release, title="It  is “here”")
    assert go(folder, NOW + SECOND).files == 6
    assert (atom(folder).findtext("a:entry/a:updated", "", A), updated(folder)) == before
    edit(release, title="It is there")
    go(folder, NOW + 2 * SECOND)
    assert atom(folder).findtext("a:entry/a:updated", "", A) == "2025-02-17T12:00:02Z"
    assert updated(folder) == NOW + 2 * SECOND


@pytest.mark.holds("F2")
def test_a_removed_entry_moves_the_feeds_instant(folder):
    borders = topic()
    release = write(labels=(borders,))
    go(folder)
    assert updated(folder, "topics/borders") == NOW
    withdraw(release)
    go(folder, NOW + 5 * SECOND)
    assert (ids(folder, "topics/borders"), updated(folder, "topics/borders")) == ([], NOW + 5 * SECOND)
    assert updated(folder, "untagged") == documents.EMPTY_SINCE


@pytest.mark.holds("F2")
def test_the_feeds_instant_never_goes_back(folder, monkeypatch):
    monkeypatch.setattr(archiving, "PAGE", 3)
    steps = [
        lambda: write("one"),
        lambda: write("two"),
        lambda: edit(Release.objects.earliest("pk").pk, summary="corrected"),
        lambda: [write(str(n)) for n in range(3)],
        lambda: withdraw(Release.objects.latest("pk").pk),
        lambda: edit(Release.objects.earliest("pk").pk, state="withdrawn"),
        lambda: write("old", date(2020, 1, 1)),
        lambda: [withdraw(release.pk) for release in Release.objects.all()],
        lambda: write("old", date(2020, 1, 1)),
    ]
    seen = []
    for n, step in enumerate(steps):
        step()
        go(folder, NOW + n * SECOND)
        seen.append(updated(folder))
    assert seen == sorted(seen)
    assert len(set(seen)) >= 7


@pytest.mark.holds("F1")
def test_ids_outlive_edits_renames_and_a_move_of_the_host(folder, settings):
    newsroom()
    borders = topic()
    release = write("one", labels=(borders,))
    go(folder)
    feed_id, entry_ids = atom(folder, "topics/borders").findtext("a:id", "", A), ids(folder)
    edit(release, title="two", published_on="2025-02-10", url="https://elsewhere.example/1", summary="new")
    run("UPDATE feeds_topic SET name = 'Frontiers' WHERE id = %s", borders.pk)
    settings.BASE_URL = "https://moved.example"
    for n in range(5):
        go(folder, NOW + n * SECOND)
        rebuild(folder, NOW + n * SECOND)
    assert (atom(folder, "topics/borders").findtext("a:id", "", A), ids(folder)) == (feed_id, entry_ids)
    assert ids(folder, "topics/borders") == entry_ids
    assert feed_id == "tag:x.example,2025:feed/topics/borders"
    assert b"localhost" not in (folder / "topics/borders.rss").read_bytes()


def test_a_feed_holds_the_newest_fifty_to_ninety_nine(folder):
    for n in range(99):
        write(str(n))
    go(folder)
    assert titles(folder) == [str(n) for n in range(98, -1, -1)]
    write("99")
    go(folder, NOW + SECOND)
    assert titles(folder) == [str(n) for n in range(99, 49, -1)]
