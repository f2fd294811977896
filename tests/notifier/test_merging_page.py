"""Two topics become one, on the page where an administrator does it, with people who follow either or both."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from config import revisions
from config.models import AuditEntry, Revision
from feeds import notice, serving
from feeds.memory import Memory
from feeds.models import Release, Topic
from notifier import planner, subscriptions
from tests.config.samples import shipped
from tests.feeds.asking import ask
from tests.feeds.published import go
from tests.notifier.planning_kit import DAY, NOW, SECOND, daily, got, instant, person, release, topic

pytestmark = pytest.mark.django_db
YOUTH, EDUCATION = "youth", "education"


@pytest.fixture
def ada(tmp_path, settings, monkeypatch) -> Client:
    settings.FEED_FOLDER = tmp_path / "feeds"
    monkeypatch.setattr(serving, "_memory", Memory())
    revisions.apply(shipped(), "start", "start", now=NOW - DAY)
    client = Client()
    client.force_login(User.objects.create_superuser("ada"))
    return client


def page(slug: str = YOUTH) -> str:
    return reverse("admin:feeds_topic_merge", args=[Topic.objects.get(slug=slug).pk])


def merge(client: Client, old: str = YOUTH, heir: str = EDUCATION, **more: object):
    form = {"into": Topic.objects.get(slug=heir).pk, "base": revisions.current()} | more
    return client.post(page(old), form, follow=True)


def test_the_page_says_what_will_happen_and_changes_nothing(ada):
    release(YOUTH, EDUCATION)
    release(YOUTH)
    person(instant(topic(YOUTH)))
    person(daily(topic(YOUTH)), daily(topic(EDUCATION)))
    shown = ada.get(page(), {"into": Topic.objects.get(slug=EDUCATION).pk}).content.decode()
    text = " ".join(shown.split())
    assert "2 releases become some of Education; 1 of them is so already" in text
    assert "<code>/feeds/topics/youth</code> leads to <code>/feeds/topics/education</code>" in text
    assert "2 subscriptions name it and go along: from now on they say Education" in text
    assert "1 person has chosen both, and will get each release once" in text
    assert "Restoring the one before gives Youth back" in text
    assert Revision.objects.count() == 1


def test_everybody_gets_each_release_once_and_the_old_feed_leads_to_the_new(ada, settings):
    anna, boris = person(instant(topic(YOUTH))), person(instant(topic(EDUCATION)))
    clara = person(instant(topic(YOUTH)), instant(topic(EDUCATION)))
    dora = person(daily(topic(YOUTH)), daily(topic(EDUCATION)))
    old = release(YOUTH)
    planner.plan(NOW)
    go(settings.FEED_FOLDER)
    answer = merge(ada)
    assert "Youth has gone up in Education" in answer.content.decode()
    notice.take(NOW + SECOND)
    planner.plan(NOW + SECOND)
    assert [got(one) for one in (anna, boris, clara)] == [
        [[old]],
        [],
        [[old]],
    ]  # nothing old is news for anybody
    new = release(EDUCATION, at=NOW + 2 * SECOND)
    planner.plan(NOW + 2 * SECOND)
    planner.plan(NOW + DAY)
    assert [got(one)[-1] for one in (anna, boris, clara)] == [[new]] * 3
    assert [len(got(one)) for one in (anna, boris, clara)] == [2, 1, 2]
    assert [sorted(one) for one in got(dora)] == [[old, new]]
    for one in (anna, clara, dora):
        assert {wish.selection for wish in subscriptions.wishes_of(one)} == {topic(EDUCATION)}
    go(settings.FEED_FOLDER, NOW + DAY)
    status, headers, _ = ask("/feeds/topics/youth.atom")
    assert (status, headers["location"]) == (301, "http://localhost:8000/feeds/topics/education.atom")
    assert ada.get("/topics/youth")["Location"] == "/topics/education"


def test_one_revision_is_made_and_restoring_the_one_before_undoes_it(ada):
    anna = person(daily(topic(YOUTH)))
    number = release(YOUTH)
    before = revisions.current()
    merge(ada)
    made = Revision.objects.get(number=before + 1)
    assert made.note == "topic youth merged into education"
    assert {entry.action for entry in AuditEntry.objects.filter(revision=made)} == {"changed", "removed"}
    revisions.restore(before, "command:test", "test", now=NOW)
    assert Topic.objects.get(slug=YOUTH).name == "Youth"
    assert [wish.selection for wish in subscriptions.wishes_of(anna)] == [topic(YOUTH)]
    assert Release.objects.get(pk=number).topics.get().slug == EDUCATION


def test_its_names_in_other_languages_are_labels_of_the_other(ada):
    french = Topic.objects.get(slug=YOUTH).names["fr"]
    merge(ada)
    assert french in Topic.objects.get(slug=EDUCATION).aliases


def test_what_was_below_it_comes_below_the_other(ada):
    with revisions.recording("command:test", "test", now=NOW):
        for slug, wider in (("border-management", YOUTH), (EDUCATION, YOUTH)):
            narrow = Topic.objects.get(slug=slug)
            narrow.broader = Topic.objects.get(slug=wider)
            narrow.save()
    merge(ada)
    assert Topic.objects.get(slug="border-management").broader == Topic.objects.get(slug=EDUCATION)
    assert Topic.objects.get(slug=EDUCATION).broader is None


def test_nothing_is_merged_when_somebody_changed_the_configuration_meanwhile(ada):
    answer = merge(ada, base=0)
    assert "Nothing was merged" in answer.content.decode()
    assert Topic.objects.filter(slug=YOUTH).exists()


def test_a_second_tab_that_merges_again_is_told_so(ada):
    place, form = page(), {"into": Topic.objects.get(slug=EDUCATION).pk, "base": revisions.current()}
    ada.post(place, form)
    made = revisions.current()
    answer = ada.post(place, form, follow=True)
    assert "There is no topic with this number any more" in answer.content.decode()
    assert revisions.current() == made


def test_a_topic_does_not_go_up_in_one_that_is_gone(ada):
    answer = ada.post(page(), {"into": 10**9, "base": revisions.current()})
    assert "Nothing was merged: choose which topic takes over" in answer.content.decode()


def test_a_topic_cannot_go_up_in_itself_or_in_nothing(ada):
    for into in (Topic.objects.get(slug=YOUTH).pk, "", "x", 10**9):
        ada.post(page(), {"into": into, "base": revisions.current()})
    assert Topic.objects.count() == 3


def test_a_viewer_cannot_merge(ada):
    from config import roles

    user = User.objects.create_user("eve", is_staff=True)
    roles.give(user, roles.Role.EDITOR)
    client = Client()
    client.force_login(user)
    assert client.get(page()).status_code == 403
    assert merge(client).status_code == 403
    assert Topic.objects.filter(slug=YOUTH).exists()
