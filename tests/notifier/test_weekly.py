"""The weekly summary to those who work here: when, to whom, what it says, and once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from config import clock, health, roles
from config.models import AccountMail, AuditEntry
from config.roles import Role
from feeds.models import PendingTerm
from notifier import channel, proofs, weekly
from notifier.days import What
from notifier.models import DayCount, Summary
from tests.notifier.mailing import a_newsroom
from tests.notifier.relay import running

pytestmark = pytest.mark.django_db
MONDAY = datetime(2025, 2, 17, 6, 0, tzinfo=UTC)
WEEK = date(2025, 2, 10)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def newsroom(monkeypatch, settings):
    monkeypatch.setattr(health, "_checks", {})
    monkeypatch.setattr(clock, "now", lambda: MONDAY)
    settings.SMTP_URL = "smtp://relay.example"
    cache.clear()
    roles.sync()
    a_newsroom()


@pytest.fixture
def post(monkeypatch):
    """What left: (to, message). `post.fault`: why nothing leaves."""
    found = SimpleNamespace(left=[], fault="")

    def deliver(made, address, _urls):
        if found.fault:
            raise proofs.NotSent(found.fault)
        found.left.append((address, message_from_bytes(made(address), policy=policy.default)))
        return "250 ok"

    monkeypatch.setattr(proofs, "deliver", deliver)
    return found


def account(name: str, role: Role = Role.ADMINISTRATOR, *, wants=True, **columns) -> User:
    user = User.objects.create_user(name, f"{name}@example.org", is_staff=True, **columns)
    roles.give(user, role)
    if wants:
        AccountMail.objects.create(account=user, weekly_summary=True)
    return user


def body(message, kind: str) -> str:
    return message.get_body((kind,)).get_content()


@pytest.mark.parametrize(
    ("now", "week"),
    [
        (MONDAY - timedelta(seconds=1), None),
        (MONDAY, WEEK),
        (MONDAY + 2 * DAY, WEEK),
        (MONDAY + 3 * DAY, None),
        (MONDAY + 6 * DAY, None),
        (MONDAY + 7 * DAY, WEEK + 7 * DAY),
    ],
)
def test_when_it_is_due(now, week):
    assert weekly.due(now) == week


def test_it_goes_to_those_who_want_it_and_once(post):
    account("ada")
    account("bob", wants=False)
    account("gone", is_active=False)
    User.objects.filter(pk=account("eve").pk).update(email="")
    assert weekly.send_due(MONDAY) == 1
    assert weekly.send_due(MONDAY) == weekly.send_due(MONDAY + 2 * HOUR) == 0
    assert [to for to, _ in post.left] == ["ada@example.org"]
    assert weekly.send_due(MONDAY + 7 * DAY) == 1


def test_two_schedulers_send_it_once(post, monkeypatch):
    account("ada")
    real = proofs.deliver

    def meanwhile(*arguments):
        assert weekly.send_due(MONDAY) == 0  # another one, while the first is at the relay
        return real(*arguments)

    monkeypatch.setattr(proofs, "deliver", meanwhile)
    assert weekly.send_due(MONDAY) == 1
    assert len(post.left) == Summary.objects.count() == 1


def test_what_did_not_leave_is_tried_again_in_an_hour_with_the_same_name(post):
    account("ada")
    post.fault = "the relay answered 451"
    assert weekly.send_due(MONDAY) == 0
    post.fault = ""
    assert weekly.send_due(MONDAY + HOUR / 2) == 0
    assert weekly.send_due(MONDAY + HOUR) == 1
    Summary.objects.update(sent_at=None, next_at=MONDAY)  # as if its scheduler had died before the mark
    assert weekly.send_due(MONDAY + 2 * HOUR) == 1
    assert len({message["Message-ID"] for _, message in post.left}) == 1


def test_nothing_leaves_while_mail_is_stopped(post):
    account("ada")
    channel.stop("account:1", "admin", MONDAY)
    assert weekly.send_due(MONDAY) == 0
    channel.resume("account:1", "admin", MONDAY)
    assert weekly.send_due(MONDAY + HOUR) == 1


def test_what_it_says_in_both_parts(post):
    account("ada")
    for back, (week, before) in enumerate(((3, 2), (40, 20))):
        what = (What.RELEASES, What.MESSAGES)[back]
        DayCount.objects.create(day=WEEK, what=what, count=week)
        DayCount.objects.create(day=WEEK - DAY, what=what, count=before)
    DayCount.objects.create(day=WEEK + 6 * DAY, what=What.PEOPLE, count=1200)
    DayCount.objects.create(day=WEEK + 7 * DAY, what=What.MESSAGES, count=999)
    for label in ("Drones", "Podcasts"):
        PendingTerm.objects.create(kind="topic", label=label, first_seen_at=MONDAY)
    channel.fault("relay.example does not answer <b>", MONDAY)
    weekly.send_due(MONDAY)
    [(_, message)] = post.left
    assert message["Subject"] == "OSCE newsroom: the week of 10 February"
    assert message["Auto-Submitted"] == "auto-generated"
    for kind in ("plain", "html"):
        text = body(message, kind)
        for said in (
            "3 releases announced (2 the week before)", "40 messages sent (20 the week before)",
            "0 people left (0 the week before)", "1,200 subscribers at its end",
            "Unknown labels: 2", "Mail cannot leave",
            "Sunday 16 February 2025", "/admin/account/", "/admin/dashboard/?days=7",
        ):  # fmt: skip
            assert said in text, (kind, said)
    assert "{" not in body(message, "plain")


def test_it_names_what_its_reader_may_see_alone(post):
    account("ada", Role.VIEWER)
    User.objects.get().groups.clear()
    PendingTerm.objects.create(kind="topic", label="Drones", first_seen_at=MONDAY)
    weekly.send_due(MONDAY)
    assert "Nothing waits for a decision." in body(post.left[0][1], "plain")


@pytest.mark.django_db(transaction=True)
def test_it_goes_over_the_wire_as_it_was_made(settings):
    account("ada")
    with running() as relay:
        settings.SMTP_URL = relay.url
        assert weekly.send_due(MONDAY) == 1
    [sent] = relay.messages
    assert sent.to == "ada@example.org"
    message = message_from_bytes(sent.raw, policy=policy.default)
    assert "In your inbox" in body(message, "plain")
    assert "Open your inbox" in body(message, "html")


# The choice


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_it_is_chosen_and_ended_on_one_s_own_account_s_page():
    ada = account("ada", Role.VIEWER, wants=False)
    client = client_of(ada)
    assert "Send me the weekly summary" in client.get("/admin/account/").content.decode()
    for answer, wanted in (("yes", True), ("yes", True), ("no", False)):
        client.post("/admin/account/mail/", {"weekly_summary": answer})
        assert AccountMail.objects.get(account=ada).weekly_summary is wanted
    kept = AuditEntry.objects.filter(action="mail chosen").values_list("subject", "after")
    assert list(kept.order_by("pk")) == [
        (f"account {ada.pk}", {"weekly_summary": True}), (f"account {ada.pk}", {"weekly_summary": False}),
    ]  # fmt: skip


def test_without_an_address_it_cannot_be_chosen():
    ada = account("ada", wants=False)
    User.objects.update(email="")
    answer = client_of(ada).post("/admin/account/mail/", {"weekly_summary": "yes"}, follow=True)
    assert "has no e-mail address" in answer.content.decode()
    assert not AccountMail.objects.filter(weekly_summary=True).exists()
