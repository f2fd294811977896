"""A term that goes up in another: its releases, its feeds and those who had chosen it go along."""

from __future__ import annotations

import pytest

from config import revisions
from config.sections import Refused
from feeds import catalogue, notice
from feeds.models import Office, Release, ReleaseType, SavedFeed, Standing, Topic
from feeds.selection import Rule, Selection, of
from notifier import interests, planner, subscriptions
from notifier.models import Interest
from tests.config.samples import shipped
from tests.notifier.planning_kit import DAY, NOW, SECOND, daily, got, instant, person, release, topic, weekly

pytestmark = pytest.mark.django_db
YOUTH, EDUCATION = "youth", "education"


@pytest.fixture(autouse=True)
def newsroom():
    revisions.apply(shipped(), "start", "start", now=NOW - DAY)


def merge(section="topic", old=YOUTH, heir=EDUCATION, at=NOW, **more):
    document = revisions.document()
    rows = [row for row in document[section] if row["slug"] != old]
    at_heir = next(number for number, row in enumerate(rows) if row["slug"] == heir)
    rows[at_heir] |= {"former": [*rows[at_heir]["former"], old], **more}
    revisions.apply({section: rows}, "command:test", "test", now=at)
    notice.take(at)


def test_its_releases_and_its_labels_are_the_others():
    both, one = release(YOUTH, EDUCATION), release(YOUTH)
    name = Topic.objects.get(slug=YOUTH).name
    merge()
    heir = Topic.objects.get(slug=EDUCATION)
    assert {both, one} == set(heir.releases.values_list("pk", flat=True))
    assert not Topic.objects.filter(slug=YOUTH).exists()
    assert name in heir.aliases
    assert {tuple(s.facts["topics"]) for s in Standing.objects.all()} == {(EDUCATION,)}


def test_a_type_and_an_office_go_the_same_way():
    kind = ReleaseType.objects.order_by("pk").values_list("slug", flat=True)
    old, heir = kind[0], kind[1]
    pk = release(type=ReleaseType.objects.get(slug=old))
    merge("type", old, heir)
    assert Release.objects.get(pk=pk).type.slug == heir
    pk = release("office:osce-mission-to-skopje")
    merge("office", "osce-mission-to-skopje", "osce-mission-to-serbia")
    assert Release.objects.get(pk=pk).offices.get().slug == "osce-mission-to-serbia"


def test_whoever_had_chosen_either_gets_what_comes_of_both_and_nothing_old():
    anna, boris = person(instant(topic(YOUTH))), person(instant(topic(EDUCATION)))
    release(YOUTH)
    planner.plan(NOW)
    assert [len(got(anna)), len(got(boris))] == [1, 0]
    merge(at=NOW + 2 * DAY)
    planner.plan(NOW + 2 * DAY)
    assert [len(got(anna)), len(got(boris))] == [1, 0]  # what was sent to some is no news for the others
    fresh = release(EDUCATION, at=NOW + 3 * DAY)
    planner.plan(NOW + 3 * DAY)
    assert [got(anna)[-1], got(boris)[-1]] == [[fresh], [fresh]]


def test_what_waits_for_a_digest_comes_to_both():
    anna, boris = person(daily(topic(YOUTH))), person(daily(topic(EDUCATION)))
    waiting = release(YOUTH, at=NOW + SECOND)
    merge(at=NOW + 2 * SECOND)
    planner.plan(NOW + DAY)
    assert [got(anna), got(boris)] == [[[waiting]], [[waiting]]]


def test_selections_are_led_and_never_rewritten_so_that_a_restored_revision_has_them_again():
    chosen = topic(YOUTH)
    anna = person(daily(chosen), weekly(Selection((Rule(topics=(EDUCATION,)),))), daily(topic(EDUCATION)))
    number = revisions.current()
    merge()
    assert [w.selection for w in subscriptions.wishes_of(anna)] == [topic(EDUCATION), topic(EDUCATION)]
    assert Interest.objects.filter(digest=chosen.digest).exists()
    revisions.restore(number, "command:test", "test", now=NOW)
    assert chosen in [w.selection for w in subscriptions.wishes_of(anna)]


def test_what_went_up_in_what_goes_up_is_led_to_the_last():
    merge(old=YOUTH, heir=EDUCATION)
    merge(old=EDUCATION, heir="border-management")
    number = interests.interest_for(topic(YOUTH)).pk
    assert interests.selections([number])[number] == topic("border-management")
    assert Topic.objects.get(slug="border-management").former == [EDUCATION, YOUTH]


def test_saved_feeds_and_addresses_are_led_too(client):
    with revisions.recording("command:test", "test", now=NOW):
        SavedFeed.objects.create(slug="mine", title="Mine", selection=topic(YOUTH).to_json())
    release(EDUCATION)
    merge()
    assert catalogue.selections() == {"mine": topic(EDUCATION)}
    assert catalogue.find("saved/mine").selection == topic(EDUCATION)
    assert client.get(f"/feeds/selection.atom?topic={YOUTH}").status_code == 200


def test_without_an_heir_a_term_that_somebody_chose_stays():
    person(daily(of(offices=["osce-centre-in-ashgabat"])))
    rows = [row for row in revisions.document()["office"] if row["slug"] != "osce-centre-in-ashgabat"]
    with pytest.raises(Refused, match="subscriptions name it"):
        revisions.apply({"office": rows}, "command:test", "test", now=NOW)
    assert Office.objects.filter(slug="osce-centre-in-ashgabat").exists()
