from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model

from config.demo import Demo
from feeds import store
from feeds.models import Announcement, Release, Standing
from feeds.selection import Selection
from notifier import addresses, installation, planner
from notifier.demo import building, crowd
from notifier.models import Cadence, Delivery, EditionRelease, Subscriber

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 18, 11, tzinfo=UTC)


@pytest.fixture
def few_people(monkeypatch):
    monkeypatch.setattr(building, "PEOPLE", 20)


def build(bare):
    installation.prepare(NOW)
    said = []
    building.build(Demo(bare=bare, seed=2025, layout=1, smtp_port=1), NOW, said.append)
    return said


def test_a_bare_home_has_the_sample_and_its_feeds(demo_home, few_people):
    said = build(bare=True)
    assert said[-1] == "Their feeds …"
    assert store.shown().count() == 7
    assert Announcement.objects.count() == 7
    feeds = demo_home / "feeds"
    entries = {
        "all": 7, "untagged": 2, "topics/border-management": 2, "offices/osce-centre-in-ashgabat": 1,
        "offices/osce-secretariat": 1,
    }  # fmt: skip
    assert {path: (feeds / f"{path}.atom").read_text().count("</entry>") for path in entries} == entries
    user = get_user_model().objects.get(username="demo")
    assert user.is_superuser
    assert not user.has_usable_password()


def test_everybodys_first_mail_is_due_and_holds_what_they_chose(demo_home, few_people):
    build(bare=True)
    planner.plan(NOW)
    deliveries = list(Delivery.objects.all())
    assert len({delivery.subscriber_id for delivery in deliveries}) >= 5
    shown = store.load(Release.objects.values_list("id", flat=True))
    for delivery in deliveries:
        cadences = Cadence.objects.filter(subscriber=delivery.subscriber_id).select_related("interest")
        rules = [cadence.interest.selection for cadence in cadences]
        for entry in EditionRelease.objects.filter(edition_id=delivery.edition_id):
            facts = store.facts(shown[entry.release_id])
            assert any(Selection.from_json(rule).matches(facts) for rule in rules)


def test_a_full_home_is_mostly_silent(demo_home, few_people, monkeypatch):
    monkeypatch.setattr(building, "RELEASES", 60)
    monkeypatch.setattr(building, "ANNOUNCED", 3)
    build(bare=False)
    assert store.shown().count() == 67
    made_up = Standing.objects.filter(release__source__slug="made-up")
    assert made_up.filter(announced_at=None).count() == 57
    assert set(made_up.filter(announced_at=None).values_list("silence", flat=True)) == {"import"}
    assert set(Release.objects.filter(source__slug="made-up").values_list("author", flat=True)) == {
        "Made up for the demo"
    }


def test_a_crowd_gathers_once(demo_home):
    installation.prepare(NOW)
    crowd.gather(NOW, size=40)
    crowd.gather(NOW, size=40)
    readers = Subscriber.objects.filter(origin=crowd.ORIGIN)
    assert readers.count() == 40
    found = {addresses.decrypt(reader.address) for reader in readers}
    assert found == {f"reader-{number:05}@readers.example.org" for number in range(1, 41)}
    cadences = Cadence.objects.filter(subscriber__in=readers)
    assert cadences.count() == 40
    assert cadences.values("interest", "minus", "chain", "since", "joined_at").distinct().count() == 1
    crowd.gather(NOW, size=50)
    assert readers.all().count() == 50
