"""What an editor does with releases in the admin site: withdraw, label, hold back, correct, and see it beforehand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from config import clock, revisions
from config.models import AuditEntry
from feeds import membership, notice
from feeds.models import (
    Announcement,
    Office,
    PendingLabel,
    PendingTerm,
    Release,
    ReleaseType,
    Standing,
    Topic,
)
from tests.config.samples import NOW, shipped
from tests.feeds.test_admin import release_form

pytestmark = pytest.mark.django_db
SKOPJE = "osce-mission-to-skopje"


@pytest.fixture
def ada() -> Client:
    revisions.apply(shipped(), "start", "start", now=NOW)
    client = Client()
    client.force_login(User.objects.create_superuser("ada"))
    return client


def write(title: str = "Border guards trained", *offices: str, **columns: object) -> Release:
    made = Release.objects.create(title=title, published_on=NOW.date(), **columns)
    made.offices.set(Office.objects.filter(slug__in=offices))
    settle()
    return made


def settle() -> None:
    notice.take(NOW)
    membership.keep(NOW)


def chosen(client: Client, action: str, *releases: Release):
    form = {"action": action, "_selected_action": [one.pk for one in releases]}
    return client.post(reverse("admin:feeds_release_changelist"), form)["Location"]


def words(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_withdrawing_shows_what_it_means_and_takes_a_reason(ada):
    release = write("One", SKOPJE)
    button = ada.get(reverse("admin:feeds_release_withdraw_this", args=[release.pk]))
    page = words(ada.get(button["Location"]))
    assert "3 feeds will say that it is gone" in page
    assert "Messages that have not left are sent without it" in page
    assert Release.objects.get().state == "published"
    ada.post(button["Location"], {"reason": "  It was\nnot ours. "})
    release.refresh_from_db()
    assert (release.state, release.withdrawn_reason) == ("withdrawn", "It was not ours.")
    assert "There is nothing to withdraw" in words(ada.get(button["Location"]))


def test_several_are_withdrawn_together_each_in_the_audit_log(ada):
    both = [write("One"), write("Two")]
    ada.post(chosen(ada, "withdraw", *both), {"reason": "A test"})
    assert set(Release.objects.values_list("state", "withdrawn_reason")) == {("withdrawn", "A test")}
    assert AuditEntry.objects.filter(action="withdrawn").count() == 2


def test_several_get_labels_beside_those_they_have(ada):
    one, other = write("One", SKOPJE), write("Two")
    address = chosen(ada, "label", one, other)
    topic, office = Topic.objects.get(slug="youth"), Office.objects.get(slug=SKOPJE)
    kind = ReleaseType.objects.first()
    assert "Choose an office, a topic or a type" in words(ada.post(address, {}))
    ada.post(address, {"topics": [topic.pk], "offices": [office.pk], "type": kind.pk})
    for release in Release.objects.all():
        assert ([*release.topics.all()], [*release.offices.all()], release.type) == ([topic], [office], kind)
    assert AuditEntry.objects.filter(action="labelled").count() == 2
    ada.post(address, {"topics": [topic.pk]})
    assert AuditEntry.objects.filter(action="labelled").count() == 2  # nothing was new


def test_those_without_labels_are_found(ada):
    bare, placed = write("Bare"), write("Placed", SKOPJE)
    odd = write("Odd", SKOPJE)
    term = PendingTerm.objects.create(kind="topic", label="Seas", first_seen_at=NOW)
    PendingLabel.objects.create(term=term, release=odd)
    for asked, found in [("untagged", {bare}), ("no_topic", {bare, placed, odd}), ("unknown", {odd})]:
        page = ada.get(reverse("admin:feeds_release_changelist"), {"labels": asked})
        assert set(page.context["cl"].result_list) == found, asked


def test_one_is_found_by_the_address_of_its_page(ada):
    release, _ = write("One"), write("Two")
    key = Standing.objects.get(pk=release.pk).key
    page = ada.get(reverse("admin:feeds_release_changelist"), {"q": f"https://news.example/releases/{key}"})
    assert list(page.context["cl"].result_list) == [release]


def save(client: Client, release: Release, **fields: object):
    return client.post(
        reverse("admin:feeds_release_change", args=[release.pk]), release_form(release, **fields)
    )


def test_an_embargo_is_set_with_its_instant_and_lifted_by_a_button(ada):
    release = write("One")
    answer = save(ada, release, state="scheduled")
    assert "Say until when it is held back" in str(answer.context["adminform"].form.errors["visible_at"])
    later = clock.now() + timedelta(days=2)
    save(ada, release, visible_at_0=f"{later:%Y-%m-%d}", visible_at_1="10:00:00")
    release.refresh_from_db()
    assert (release.state, release.visible_at.hour) == ("scheduled", 10)
    assert "Lift the embargo now" in words(ada.get(reverse("admin:feeds_release_change", args=[release.pk])))
    held = {"state": "scheduled", "visible_at_0": f"{later:%Y-%m-%d}", "visible_at_1": "10:00:00"}
    save(ada, release, **held, feeds_release_lift_embargo="1")
    release.refresh_from_db()
    assert (release.state, release.visible_at) == ("published", None)
    entry = AuditEntry.objects.first()
    assert (entry.before["state"], entry.after["state"]) == ("scheduled", "published")


def review(client: Client, release: Release, **fields: object) -> str:
    address = reverse("admin:feeds_release_review", args=[release.pk])
    before = Release.objects.filter(pk=release.pk).values().get()
    text = words(client.post(address, release_form(release, **fields)))
    assert Release.objects.filter(pk=release.pk).values().get() == before
    return text


def test_a_change_is_seen_before_it_is_saved_and_what_readers_make_of_it(ada):
    release = write("One guard", SKOPJE)
    assert "Nothing changes" in review(ada, release)
    assert "No word that readers see changes" in review(ada, release, author="Ada")
    text = review(ada, release, title="Two guards")
    assert "<del>One guard</del>" in text
    assert "<ins>Two guards</ins>" in text
    assert "Without a new editor’s note it is not called a correction" in text
    assert "It is a correction" in review(ada, release, title="Two guards", editors_note="There were two.")
    youth = Topic.objects.get(slug="youth").pk
    text = review(ada, release, topics=[youth], offices=[])
    assert "It enters the feeds of youth; who follows them and has not had it gets it" in text
    assert f"It leaves the feeds of {SKOPJE}" in text
    assert "it leaves its page and 3 feeds" in review(ada, release, state="withdrawn")
    assert "The form cannot be saved yet" in review(ada, release, title="")
    assert Announcement.objects.count() == 1


def test_two_versions_stand_side_by_side(ada):
    release = write("One guard")
    address = reverse("admin:feeds_release_compare", args=[release.pk])
    assert "It has one version only" in words(ada.get(address))
    for title in ("Two guards", "Three guards"):
        Release.objects.update(title=title)
        settle()
    text = words(ada.get(address))
    assert "<del>Two</del>" in text or "<del>Two guards</del>" in text
    text = words(ada.get(address, {"from": "1", "to": "3"}))
    assert "One" in text
    assert "Two" not in text.split("<h2", 1)[1]
