"""Suppressions in the admin site: found by address, added, lifted with a note; no list and no URL names anybody."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from config import clock, metrics
from config.models import AuditEntry
from notifier import addresses, health, suppressions
from notifier.models import Dispatch, Reply, Suppression
from tests.notifier.mailing import a_newsroom, a_subscriber

pytestmark = pytest.mark.django_db
LIST = reverse("admin:notifier_suppression_changelist")


@pytest.fixture
def admin():
    a_newsroom()
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def a_suppression(address="ada@example.net", **values):
    values = {"kind": "bounce", "reason": "bounced: 5.1.1", "at": clock.now(), **values}
    return Suppression.objects.create(address=addresses.encrypt(address), **values)


def test_the_list_shows_why_and_not_whom(admin):
    a_suppression()
    page = admin.get(LIST).content.decode()
    assert "bounced: 5.1.1" in page
    assert "ada@" not in page


def test_it_is_found_by_its_address(admin):
    row = a_suppression()
    find = reverse("admin:notifier_suppression_find")
    found = admin.post(find, {"address": "Ada@example.net "})
    assert found["Location"] == reverse("admin:notifier_suppression_change", args=[row.pk])
    assert "ada@example.net" in admin.get(found["Location"]).content.decode()
    for other in ("bob@example.net", "no address"):
        assert (
            "This address is not suppressed"
            in admin.post(find, {"address": other}, follow=True).content.decode()
        )
    bob = Client()
    bob.force_login(User.objects.create_user("bob", is_staff=True))
    assert bob.post(find, {"address": "ada@example.net"}).status_code == 403


def test_it_is_lifted_with_a_note(admin):
    row = a_suppression()
    page = reverse("admin:notifier_suppression_change", args=[row.pk])
    button = admin.get(page).content.decode().split('name="notifier_suppression_lift"')
    assert len(button) == 2
    answer = admin.post(page, {"note": "the mailbox is back", "notifier_suppression_lift": "1"})
    assert answer["Location"] == LIST
    assert not Suppression.objects.exists()
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.way, entry.after) == ("lifted", "admin", {"note": "the mailbox is back"})


def test_one_is_added(admin):
    page = reverse("admin:notifier_suppression_add")
    assert admin.get(page).status_code == 200
    admin.post(page, {"address_typed": "Ada@Example.NET", "reason": "asked by letter", "days": "3"})
    row = suppressions.find("ada@example.net")
    assert (row.kind, row.reason) == ("person", "asked by letter")
    assert row.expires_at > clock.now() + timedelta(days=2)
    assert AuditEntry.objects.latest("pk").action == "suppressed"
    wrong = admin.post(page, {"address_typed": "a b", "reason": "x", "days": "0"})
    assert wrong.status_code == 200
    assert Suppression.objects.count() == 1


def test_what_came_back_is_on_the_page_of_the_subscriber(admin):
    who = a_subscriber("ada@example.net")
    Reply.objects.create(
        subscriber=who, dispatch_id=7, kind="soft", status="5.2.2", at=clock.now(), digest="x"
    )
    page = admin.get(reverse("admin:notifier_subscriber_change", args=[who.pk])).content.decode()
    assert "5.2.2" in page
    assert admin.get(reverse("admin:notifier_reply_changelist")).status_code == 200


def test_what_is_measured_and_when_health_complains(admin):
    who, now = a_subscriber("ada@example.net"), clock.now()
    older = Dispatch.objects.create(lane=2, made_at=now - timedelta(days=3), recipients=500)
    a_suppression()
    a_suppression("bob@example.net", kind="soft", expires_at=now - timedelta(days=1))
    Reply.objects.bulk_create(
        Reply(subscriber=who, dispatch_id=older.pk, kind="soft", status="5.2.2", at=now, digest=f"{n}")
        for n in range(50)
    )
    page = metrics.render().decode()
    assert 'herald_replies{kind="soft"} 50.0' in page
    assert 'herald_suppressions{kind="bounce"} 1.0' in page
    assert 'herald_suppressions{kind="soft"} 0.0' in page
    dispatch = Dispatch.objects.create(lane=2, made_at=now, recipients=400)
    assert health.bounces(now) == "50 bounces and complaints came back in 24 hours, to 900 messages"
    Dispatch.objects.filter(pk=dispatch.pk).update(recipients=501)
    assert health.bounces(now) is None
    assert health.bounces(now + timedelta(days=2)) is None


@pytest.mark.holds("S9")
def test_an_address_in_somebodys_words_is_kept_nowhere() -> None:
    row = suppressions.add(
        "ada@example.net",
        "asked by mail from <Ada@Example.net>, cc: bob@example.org.",
        "account:7",
        "admin",
        clock.now(),
    )
    assert row.reason == "asked by mail from <…>, cc: …."
    suppressions.lift(row, "ada@example.net wrote again", "account:7", "admin", clock.now())
    entries = json.dumps([[e.subject, e.before, e.after] for e in AuditEntry.objects.all()]).casefold()
    assert "@" not in entries
    assert "wrote again" in entries
