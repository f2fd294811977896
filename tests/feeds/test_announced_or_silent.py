"""Announced or silent: each branch of the rule, for one release and for thousands."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection

from feeds import notice
from feeds.models import Announcement, Release, Standing
from feeds.selection import Facts
from tests.feeds.stories import NOW, SECOND, TODAY, edit, kind, label, office, run, topic, withdraw, write

pytestmark = [pytest.mark.django_db, pytest.mark.holds("M11")]
LATER = NOW + SECOND
DAY = timedelta(days=1)


def told() -> list[tuple[int, set[str] | None]]:
    """The announcements in order: (release, None for everybody, or the labels of those who had it before)."""
    return [
        (one.release_id, None if one.before is None else _labels(one.before))
        for one in Announcement.objects.order_by("pk")
    ]


def _labels(before: dict) -> set[str]:
    facts = Facts.from_json(before)
    return set(facts.offices | facts.topics | {facts.type}) - {""}


def silence(release: int) -> str:
    return Standing.objects.get(pk=release).silence


def test_what_is_new_is_announced_once():
    release = write()
    notice.take(NOW)
    run("UPDATE feeds_release SET title = title")
    notice.take(LATER)
    assert told() == [(release, None)]


@pytest.mark.parametrize("because", ["first_fetch", "import", ""])
def test_what_its_writer_wants_silent_is_silent_and_says_why(because):
    release = write(silent=True, silent_because=because)
    notice.take(NOW)
    assert (told(), silence(release)) == ([], because or "silent")


@pytest.mark.parametrize(("days", "announced"), [(0, True), (7, True), (8, False), (4_000, False)])
def test_what_was_published_long_before_it_was_first_seen_is_silent(days, announced):
    release = write(published_on=TODAY - days * DAY)
    notice.take(NOW)
    assert (told(), silence(release)) == (([(release, None)], "") if announced else ([], "too_old"))


def test_it_is_its_age_when_first_seen_that_counts_however_long_its_embargo():
    release = write(visible_at=NOW + 30 * DAY)
    notice.take(NOW)
    notice.release_due(NOW + 30 * DAY)
    assert told() == [(release, None)]


def test_the_silence_of_an_embargoed_one_is_kept():
    old, silent = (
        write(published_on=TODAY - 30 * DAY, visible_at=NOW + DAY),
        write(silent=True, visible_at=NOW + DAY),
    )
    notice.take(NOW)
    notice.release_due(NOW + DAY)
    assert (told(), silence(old), silence(silent)) == ([], "too_old", "silent")


def test_a_back_dated_release_that_is_silent_stays_so_whatever_its_date_becomes():
    release = write(published_on=date(2015, 5, 5))
    notice.take(NOW)
    edit(release, published_on=TODAY.isoformat(), title="Not so old after all")
    notice.take(LATER)
    assert told() == []


def test_one_that_grows_old_after_it_was_announced_is_not_announced_again():
    release = write()
    notice.take(NOW)
    edit(release, published_on="2015-05-05", silent=True)
    notice.take(LATER)
    edit(release, silent=False)
    notice.take(LATER + SECOND)
    assert told() == [(release, None)]


def test_a_silent_one_stays_silent_when_edited_labelled_withdrawn_and_published_again():
    release = write(silent=True)
    notice.take(NOW)
    edit(release, title="Another title", silent=False)
    label(release, topic(), office())
    notice.take(LATER)
    withdraw(release)
    notice.take(LATER + SECOND)
    edit(release, state="published")
    notice.take(LATER + 2 * SECOND)
    assert (told(), silence(release)) == ([], "silent")


def test_a_label_added_later_announces_to_those_alone_who_match_only_now():
    release = write(labels=(topic("youth", "Youth"),))
    notice.take(NOW)
    label(release, topic(), office())
    notice.take(LATER)
    assert told() == [(release, None), (release, {"youth"})]


def test_a_label_taken_away_announces_nothing():
    release = write(labels=(topic(), office()))
    notice.take(NOW)
    run("DELETE FROM feeds_release_topics")
    notice.take(LATER)
    assert told() == [(release, None)]


def test_another_type_announces_to_those_alone_who_match_only_now_and_none_to_nobody():
    news, report = kind(), kind("report", "Daily report")
    release = write(type_id=news.pk)
    notice.take(NOW)
    edit(release, type_id=report.pk)
    notice.take(LATER)
    edit(release, type_id=None)
    notice.take(LATER + SECOND)
    assert told() == [(release, None), (release, {"news"})]


def test_published_again_after_a_withdrawal_is_no_news():
    release = write()
    notice.take(NOW)
    withdraw(release)
    notice.take(LATER)
    edit(release, state="published", title="Mended")
    notice.take(LATER + SECOND)
    assert told() == [(release, None)]


def test_withdrawn_before_anybody_saw_it_then_published_is_news():
    release = write(state="withdrawn")
    notice.take(NOW)
    edit(release, state="published")
    notice.take(LATER)
    assert told() == [(release, None)]


def test_a_translation_is_announced_itself_and_joining_one_is_not():
    release = write()
    notice.take(NOW)
    other = write("Un communiqué", language="fr", translation_of_id=release)
    third = write("Eine Mitteilung", language="de")
    notice.take(LATER)
    edit(third, translation_of_id=release)
    notice.take(LATER + SECOND)
    assert told() == [(release, None), (other, None), (third, None)]
    assert set(Standing.objects.values_list("group", flat=True)) == {release}


def test_an_office_renamed_announces_nothing():
    place = office()
    write(labels=(place,))
    notice.take(NOW)
    run("UPDATE feeds_office SET name = 'Wien' WHERE id = %s", place.pk)
    notice.take(LATER)
    assert len(told()) == 1


ROWS = 2_400
FILLED_IN = """
    INSERT INTO feeds_release(title, published_on, silent, silent_because, visible_at, state)
    SELECT {name}, {day}, {silent}, '', {instant}, {state} FROM n
"""


def fill(
    name: str, day: str, *, silent: bool = False, instant: str = "NULL", state: str = "published"
) -> None:
    """As a program does that moves an archive in by one statement."""
    columns = {"silent": str(silent).upper(), "instant": instant, "state": f"'{state}'"}
    if connection.vendor == "postgresql":
        columns["instant"], day = f"CAST({instant} AS timestamptz)", f"CAST({day} AS date)"
    rows = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS // 6}) "
    run(rows + FILLED_IN.format(name=f"'{name} ' || i", day=day, **columns))


def test_thousands_filled_in_edited_and_labelled_announce_nothing_they_should_not():
    fill("old", "'2015-05-05'")
    fill("silent", "'2025-02-17'", silent=True)
    fill("old under embargo", "'2015-05-05'", instant="'2025-02-18 12:00:00'")
    fill("silent under embargo", "'2025-02-17'", silent=True, instant="'2025-02-18 12:00:00'")
    fill("withdrawn", "'2025-02-17'", state="withdrawn")
    fill("draft", "'2025-02-17'", state="scheduled")
    new = write("The only new one")
    assert notice.take(NOW) >= ROWS + 1
    notice.take(NOW)  # states that notice put right
    assert told() == [(new, None)]
    assert notice.release_due(NOW + DAY) == ROWS // 3
    run(
        "UPDATE feeds_release SET title = title || ' (archive)', body = '<p>Now with a body</p>' WHERE id <> %s",
        new,
    )
    run("INSERT INTO feeds_release_topics(release_id, topic_id) SELECT id, %s FROM feeds_release WHERE id <> %s",
        topic().pk, new)  # fmt: skip
    notice.take(NOW + DAY)
    run("UPDATE feeds_release SET state = 'withdrawn' WHERE title LIKE 'old%%'")
    notice.take(NOW + DAY + SECOND)
    run("UPDATE feeds_release SET state = 'published' WHERE title LIKE 'old%%'")
    notice.take(NOW + DAY + 2 * SECOND)
    assert told() == [(new, None)]
    assert Standing.objects.filter(shown=True).count() == ROWS * 4 // 6 + 1
    assert Release.objects.filter(state="scheduled").count() == ROWS // 6
