"""The versions of a release: one for each content, whoever wrote it, and what of them readers may see."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection

from feeds import notice, versions
from feeds.models import PageCheck, Release, ReleaseVersion, ReleaseWarning, Standing, Suggestion
from feeds.pages import versions as told
from tests.feeds.stories import NOW, SECOND, TODAY, edit, label, newsroom, office, run, topic, withdraw, write

pytestmark = pytest.mark.django_db


def marks(release: int, *, public_only: bool = False) -> list[tuple[int, bool, bool]]:
    """(number, significant, public) of each version."""
    found = versions.history(release, public_only=public_only)
    return [(version.number, version.significant, version.public) for version in found]


def test_the_first_notice_makes_the_first_version_and_no_change_makes_none():
    release = write("A release", summary="As said", url="https://newsroom.example.org/1")
    notice.take(NOW)
    run("UPDATE feeds_release SET title = title")
    notice.take(NOW + SECOND)
    [version] = versions.history(release, public_only=True)
    assert (version.number, version.at, version.significant, version.public) == (1, NOW, True, True)
    assert version.content == {
        "title": "A release",
        "published_on": TODAY.isoformat(),
        "summary": "As said",
        "body": "",
        "url": "https://newsroom.example.org/1",
        "language": "",
        "author": "",
        "image_url": "",
        "editors_note": "",
        "type": "",
        "offices": [],
        "topics": [],
        "state": "published",
    }


def test_every_writer_s_change_is_a_version_and_only_what_a_reader_notices_is_significant():
    release = write("It’s new")
    notice.take(NOW)
    edit(release, title="It's  new")
    notice.take(NOW + SECOND)
    label(release, topic(), office())
    notice.take(NOW + 2 * SECOND)
    edit(release, title="It is old")
    notice.take(NOW + 3 * SECOND)
    assert marks(release) == [(1, True, True), (2, False, True), (3, False, True), (4, True, True)]
    assert Standing.objects.get().version == 2


def test_what_changes_while_nobody_looks_is_one_version():
    release = write("one")
    edit(release, title="two")
    edit(release, title="three")
    notice.take(NOW)
    [version] = versions.history(release, public_only=False)
    assert version.content["title"] == "three"


@pytest.mark.holds("E1")
def test_what_was_written_under_embargo_is_in_no_public_version():
    release = write("Draft of a secret", visible_at=NOW + timedelta(hours=1))
    notice.take(NOW)
    edit(release, title="Final words")
    notice.take(NOW + SECOND)
    assert versions.history(release, public_only=True) == []
    assert notice.release_due(NOW + timedelta(hours=1)) == 1
    [version] = versions.history(release, public_only=True)
    assert (version.content["title"], version.content["state"]) == ("Final words", "published")
    assert told.public(release) == []
    assert len(versions.history(release, public_only=False)) == 3


def test_after_a_withdrawal_readers_see_all_that_changed_since_they_saw_it_last():
    release = write("One")
    notice.take(NOW)
    withdraw(release)
    notice.take(NOW + SECOND)
    edit(release, title="Two")
    notice.take(NOW + 2 * SECOND)
    edit(release, state="published")
    notice.take(NOW + 3 * SECOND)
    assert marks(release) == [(1, True, True), (2, False, False), (3, True, False), (4, False, True)]
    assert marks(release, public_only=True) == [(1, True, True), (4, True, True)]


def test_a_correction_is_a_change_with_a_note():
    release = write("Ten officers")
    notice.take(NOW)
    edit(release, title="Eleven officers")
    notice.take(NOW + SECOND)
    assert Standing.objects.get().corrected_at is None
    edit(release, title="Twelve officers", editors_note="The number was wrong.")
    notice.take(NOW + 2 * SECOND)
    assert Standing.objects.get().corrected_at == NOW + 2 * SECOND
    edit(release, title="Thirteen officers")
    notice.take(NOW + 3 * SECOND)
    assert Standing.objects.get().corrected_at == NOW + 2 * SECOND
    edit(release, editors_note="The number was wrong  twice.")
    notice.take(NOW + 4 * SECOND)
    assert Standing.objects.get().corrected_at == NOW + 4 * SECOND
    edit(release, editors_note="The  number was wrong twice.")
    notice.take(NOW + 5 * SECOND)
    assert Standing.objects.get().corrected_at == NOW + 4 * SECOND
    assert [version.corrected for version in versions.history(release, public_only=True)] == [
        False, False, True, False, True, False,
    ]  # fmt: skip
    edit(release, editors_note=None)
    notice.take(NOW + 6 * SECOND)
    assert Standing.objects.get().corrected_at is None


def test_a_note_that_came_with_the_release_or_under_embargo_corrects_nothing():
    at_once = write("One", editors_note="A note")
    later = write("Two", visible_at=NOW + timedelta(hours=1))
    notice.take(NOW)
    edit(later, title="Three", editors_note="It was Two")
    notice.take(NOW + SECOND)
    notice.release_due(NOW + timedelta(hours=1))
    assert not Standing.objects.filter(corrected_at__isnull=False).exists()
    assert set(Standing.objects.filter(shown=True).values_list("pk", flat=True)) == {at_once, later}


def test_withdrawn_mended_and_shown_again_with_a_note_is_corrected():
    release = write("Ten officers")
    notice.take(NOW)
    withdraw(release)
    notice.take(NOW + SECOND)
    edit(release, state="published", title="Eleven officers", editors_note="It was eleven.")
    notice.take(NOW + 2 * SECOND)
    assert Standing.objects.get().corrected_at == NOW + 2 * SECOND


def test_a_deleted_release_leaves_no_version_warning_suggestion_or_check_behind():
    release, other = write("One"), write("Two")
    for one in (release, other):
        ReleaseWarning.objects.create(release_id=one, text="cut", found_at=NOW)
        Suggestion.objects.create(release_id=one, kind="office", value="vienna", reason="x", found_at=NOW)
        PageCheck.objects.create(release_id=one, next_at=NOW)
    notice.take(NOW)
    run("DELETE FROM feeds_release WHERE id = %s", release)
    notice.take(NOW + SECOND)
    for model in (ReleaseVersion, ReleaseWarning, Suggestion, PageCheck):
        assert set(model._default_manager.values_list("release_id", flat=True)) == {other}
    write("Another with the same id", id=release)
    notice.take(NOW + 2 * SECOND)
    assert marks(release) == [(1, True, True)]


def test_a_row_that_cannot_be_read_keeps_its_labels_and_versions(caplog):
    if connection.vendor != "sqlite":  # the only one that takes such a value
        pytest.skip("this database refuses it")
    release, good = write("Secret plan", labels=(topic(),)), write("good")
    notice.take(NOW)
    for harm in (
        "visible_at = 'soon'",
        "visible_at = '2025-02-30 10:00'",
        "title = CAST(x'536563ff' AS TEXT)",
    ):
        run(f"UPDATE feeds_release SET visible_at = NULL, title = 'Secret plan', {harm} WHERE id = {release}")
        edit(good, title=harm)
        notice.take(NOW + SECOND)
        assert set(Standing.objects.filter(shown=True).values_list("pk", flat=True)) == {good}
        assert Release.topics.through.objects.filter(release_id=release).count() == 1
        assert ReleaseVersion.objects.filter(release_id=release).exists()
        assert "cannot be read" in caplog.text
        assert "Sec" not in caplog.text
        caplog.clear()
    edit(release, title="Mended")
    notice.take(NOW + 2 * SECOND)
    assert Standing.objects.filter(shown=True).count() == 2


def test_the_page_names_fields_labels_and_dates_and_shows_only_the_newest(client):
    newsroom()
    release = write(
        "Ten officers", labels=(topic(),), body="<p>Come <a href='https://a.example/x'>here</a>.</p>"
    )
    notice.take(NOW)
    edit(release, title="Eleven officers", published_on=date(2025, 2, 16).isoformat(),
         body="<p>Come <a href='https://a.example/y'>here</a>.</p>", editors_note="It was eleven.")  # fmt: skip
    run("DELETE FROM feeds_release_topics")
    label(release, office())
    notice.take(NOW + SECOND)
    page = client.get(f"/releases/{Standing.objects.get().key}").content.decode()
    for words in (
        "Corrected on 17 February 2025, 12:00",
        '<del><span class="vh" lang="en">removed: </span>Ten</del><ins><span class="vh" lang="en">added: </span>',
        "added: </span>Eleven</ins> officers",
        "removed: </span>17 February 2025</del>",
        "removed: </span>https://a.example/x</del>",
        "added: </span>https://a.example/y</ins>",
        "removed: </span>Border management</del>",
        "added: </span>Vienna</ins>",
        "First version",
    ):
        assert words in page, words
    for number in range(30):
        edit(release, title=f"Officers {number}")
        notice.take(NOW + SECOND * (number + 2))
    page = client.get(f"/releases/{Standing.objects.get().key}").content.decode()
    assert "Earlier version" in page
    assert page.count("<details") == told.STEPS - 1 + 1  # and the list of languages
    withdraw(release)
    gone = client.get(f"/releases/{Standing.objects.get().key}")
    assert gone.status_code == 410
    assert "Eleven" not in gone.content.decode()
