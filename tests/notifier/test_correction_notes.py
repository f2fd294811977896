"""The note with which a release is marked stands on its page and in its feeds too; nobody is told more for it."""

import pytest
from django.test import Client

from feeds import membership
from feeds.models import Release, Standing
from notifier import corrections, watches
from notifier.corrections import CannotMark
from tests.notifier.correcting_kit import MORNING, a_meeting, corrected, mail, newsroom, rewrite, told  # noqa: F401
from tests.notifier.planning_kit import DAY, HOUR, MINUTE, NOW, daily, instant, person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("newsroom")]
NOTE = "It is Tuesday."


def test_it_stands_on_the_page_and_in_the_feeds(client: Client):
    a_release = a_meeting()
    mail(NOW + 2 * MINUTE)
    corrected(a_release, NOW + HOUR, NOTE)
    standing = Standing.objects.get(pk=a_release)
    page = client.get(f"/releases/{standing.key}").content.decode()
    assert page.count(NOTE) == 2  # at its head, and in the list of its versions
    assert "Corrected on" in page
    membership.keep(NOW + HOUR)
    assert f"Correction: {NOTE}" in client.get("/feeds/selection.atom?q=meeting").content.decode()


def test_who_had_the_right_text_before_the_note_is_not_told():
    ada, bob = person(instant()), person(daily())
    a_release = a_meeting()
    mail(NOW + 2 * MINUTE)
    rewrite(a_release, NOW + HOUR)
    [right] = mail(MORNING)
    assert right.subscriber == bob.pk
    assert corrections.propose(a_release).reach.people == 1
    corrections.mark(a_release, NOTE, "command:test", MORNING + HOUR)
    everything = mail(MORNING + HOUR) + mail(MORNING + 2 * HOUR) + mail(MORNING + DAY)
    assert told(everything) == [ada.pk]


def test_what_has_not_left_yet_leaves_with_the_note():
    person(daily())
    a_release = a_meeting()
    corrected(a_release, NOW + HOUR, NOTE)
    [message] = mail(MORNING)
    assert f"Editor’s note: {NOTE}" in message.words
    assert told(mail(MORNING + HOUR) + mail(MORNING + DAY)) == []


def test_a_version_is_marked_once_whatever_the_note():
    ada = person(instant())
    a_release = a_meeting()
    mail(NOW + 2 * MINUTE)
    corrected(a_release, NOW + HOUR, NOTE)
    for note in ("", NOTE, "Another note."):
        with pytest.raises(CannotMark, match="marked already"):
            corrections.mark(a_release, note, "command:test", NOW + HOUR)
    assert Release.objects.get(pk=a_release).editors_note == NOTE
    rewrite(a_release, NOW + 2 * HOUR, "The meeting is on Friday.")
    assert not corrections.propose(a_release).is_marked
    assert told(mail(NOW + HOUR)) == [ada.pk]


def test_who_watches_is_told_once_of_the_change_and_its_note():
    ada = person(daily())
    a_release = a_meeting()
    mail(NOW + 2 * MINUTE)
    watches.begin(ada, a_release, NOW + 3 * MINUTE)
    rewrite(a_release, NOW + HOUR)
    everything = mail(NOW + HOUR)
    corrections.mark(a_release, NOTE, "command:test", NOW + 2 * HOUR)
    everything += mail(NOW + 2 * HOUR) + mail(NOW + 3 * HOUR)
    assert told(everything) == [ada.pk]


def test_of_a_withdrawal_it_is_the_reason(client: Client):
    person(instant())
    a_release = a_meeting()
    mail(NOW + 2 * MINUTE)
    Release.objects.filter(pk=a_release).update(state=Release.State.WITHDRAWN)
    corrections.mark(a_release, "It was a test.", "command:test", NOW + HOUR)
    standing = Standing.objects.get(pk=a_release)
    gone = client.get(f"/releases/{standing.key}")
    assert (gone.status_code, "It was a test." in gone.content.decode()) == (410, True)
