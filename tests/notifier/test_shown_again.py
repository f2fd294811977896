"""What was taken out of mail and is shown again comes once; a message that is sent again is the same message."""

import pytest

from feeds import notice
from feeds.models import Release, Topic
from notifier.models import Delivery
from tests.notifier.correcting_kit import MORNING, a_meeting, look, mail, newsroom  # noqa: F401 - one is a fixture
from tests.notifier.planning_kit import DAY, HOUR, MINUTE, NOW, daily, instant, person, release, topic
from tests.notifier.postman import carry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("newsroom")]


@pytest.mark.holds("M3")
def test_taken_out_and_shown_again_it_reaches_each_once():
    people = [person(daily()) for _ in range(4)] + [person(instant())]
    mail(NOW)
    a_release = a_meeting()
    other = release(at=NOW + MINUTE, title="Stays")
    messages = mail(NOW + 2 * MINUTE)
    look(MORNING)
    messages += carry(MORNING, limit=1)
    Release.objects.filter(pk=a_release).update(state=Release.State.WITHDRAWN)
    look(MORNING + MINUTE)
    messages += carry(MORNING + MINUTE, limit=1)
    Release.objects.filter(pk=a_release).update(state=Release.State.PUBLISHED)
    for minute in range(2, 60, 2):
        messages += mail(MORNING + minute * MINUTE)
    messages += mail(MORNING + DAY) + mail(MORNING + 2 * DAY)
    assert sorted(m.subscriber for m in messages if "A meeting" in m.words) == sorted(p.pk for p in people)
    assert sorted(m.subscriber for m in messages if "Stays" in m.words) == sorted(p.pk for p in people)
    assert other


def test_alone_in_a_message_that_was_cancelled_it_comes_when_it_is_shown_again():
    ada = person(instant(topic("borders")))
    a_release = a_meeting("borders")
    look(NOW + 2 * MINUTE)
    Release.objects.filter(pk=a_release).update(visible_at=NOW + 3 * HOUR)
    assert mail(NOW + 3 * MINUTE) == []
    messages = []
    for minute in range(0, 400, 10):
        notice.release_due(NOW + minute * MINUTE)
        messages += mail(NOW + minute * MINUTE)
    [message] = messages
    assert message.subscriber == ada.pk
    assert "Yours because of Borders" in message.words


def test_a_message_that_is_sent_again_says_the_same_although_a_topic_was_renamed():
    person(instant(topic("borders")))
    a_meeting("borders")
    look(NOW + 2 * MINUTE)
    at = NOW + 3 * MINUTE
    [first] = carry(at, state=Delivery.State.DEFERRED, next_try_at=at + MINUTE, after_dot=True)
    Topic.objects.filter(slug="borders").update(name="Frontiers")
    [again] = carry(at + 2 * MINUTE)
    assert bytes(again.message) == bytes(first.message)
    a_meeting("borders", at=at + 3 * MINUTE)
    [new] = mail(at + 5 * MINUTE)
    assert "Frontiers" in new.words
