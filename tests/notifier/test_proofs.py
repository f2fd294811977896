"""A test message of an edition, over a real socket."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse

from config.models import AuditEntry
from notifier import proofs
from notifier.models import Delivery, Dispatch, Edition
from tests.notifier.mailing import (  # noqa: F401 - one is a fixture
    a_dispatch,
    a_release,
    a_subscriber,
    hide,
    states,
    subscribers,
    transactional_db,
)
from tests.notifier.relay import running

pytestmark = pytest.mark.usefixtures("transactional_db")


def an_edition(**kwargs) -> Edition:
    release = a_release("Border <news> {{ 1 + 1 }}", ["border-management"])
    return a_dispatch(subscribers(2), [release], **kwargs).editions.get()


def test_a_test_is_the_message_as_it_will_leave_and_no_delivery():
    edition = an_edition(held=True)
    with running() as relay:
        assert proofs.send(edition, "ada@newsroom.example", relay.url).startswith("250")
    [message] = relay.messages
    assert message.to == "ada@newsroom.example"
    assert b"\r\nSubject: [Test] Border <news> {{ 1 + 1 }}\r\n" in message.raw
    assert b"\r\nTo: ada@newsroom.example\r\n" in message.raw
    assert states() == {"pending": 2}


@pytest.mark.parametrize(
    ("address", "why"),
    [("ada@newsroom.example\r\nRCPT TO:<eve@example.org>", "control characters"), ("nobody", "@-sign")],
)
@pytest.mark.holds("S4")
def test_a_test_goes_to_one_address(address, why):
    edition = an_edition()
    with running() as relay, pytest.raises(proofs.NotSent, match=why):
        proofs.send(edition, address, relay.url)
    assert not relay.messages


def test_a_relay_that_refuses_or_is_not_there_is_said_so():
    edition = an_edition()
    with running() as relay:
        relay.rcpt = lambda _to: "550 5.1.1 no such user"
        with pytest.raises(proofs.NotSent, match=r"the relay answered 550 5\.1\.1 no such user"):
            proofs.send(edition, "ada@newsroom.example", relay.url)
    with pytest.raises(proofs.NotSent, match=r"127\.0\.0\.1"):
        proofs.send(edition, "ada@newsroom.example", relay.url)


def test_nothing_is_sent_of_what_was_withdrawn():
    release = a_release("Border news", ["border-management"])
    edition = a_dispatch(subscribers(1), [release]).editions.get()
    hide(release)
    with running() as relay, pytest.raises(proofs.NotSent, match="nothing that may be shown"):
        proofs.send(edition, "ada@newsroom.example", relay.url)


@pytest.fixture
def ada():
    client = Client()
    user = User.objects.create_superuser("ada", email="ada@newsroom.example")
    client.force_login(user)
    yield client
    AuditEntry.objects.all()._raw_delete("default")
    user.delete()


def press(client: Client, dispatch: Dispatch, button: str) -> str:
    url = reverse("admin:notifier_dispatch_change", args=[dispatch.pk])
    return client.post(url, {f"notifier_dispatch_{button}": "1"}, follow=True).content.decode()


def buttons(client: Client, dispatch: Dispatch) -> set[str]:
    page = client.get(reverse("admin:notifier_dispatch_change", args=[dispatch.pk])).content.decode()
    return {b for b in ("hold", "release", "cancel", "send_test") if f'name="notifier_dispatch_{b}"' in page}


def test_an_admin_holds_looks_tests_releases_and_cancels(ada, settings, monkeypatch):
    send = proofs.send

    def outside_of_any_transaction(*args) -> str:
        """A relay may take its time: nobody who writes must wait for it."""
        assert not connection.in_atomic_block
        return send(*args)

    monkeypatch.setattr(proofs, "send", outside_of_any_transaction)
    edition = an_edition()
    dispatch = edition.dispatch
    assert buttons(ada, dispatch) == {"hold", "send_test"}
    assert "Held: nothing more of it begins" in press(ada, dispatch, "hold")
    assert buttons(ada, dispatch) == {"release", "cancel", "send_test"}
    with running() as relay:
        settings.SMTP_URL = relay.url
        assert "A test was sent to ada@newsroom.example: 250" in press(ada, dispatch, "send_test")
    assert relay.messages[0].to == "ada@newsroom.example"
    assert "Released: what waited is being sent" in press(ada, dispatch, "release")
    assert "Nothing was done" not in press(ada, dispatch, "cancel")  # not offered, so not heard
    assert states() == {"pending": 2}
    press(ada, dispatch, "hold")
    assert "Cancelled: nothing more of it is sent" in press(ada, dispatch, "cancel")
    assert buttons(ada, dispatch) == set()
    assert states() == {"cancelled": 2}


@pytest.mark.holds("S1", "E7")
def test_an_edition_is_looked_at_as_it_arrives(ada):
    edition = an_edition()
    look = ada.get(reverse("admin:notifier_edition_look", args=[edition.pk]))
    page = look.content.decode()
    assert page.count('sandbox=""') == 4
    assert "Border &lt;news&gt; {{ 1 + 1 }}" in page
    assert "<news>" not in page
    assert states() == {"pending": 2}


def test_letters_are_nobody_else_s_to_look_at(ada):
    letter = an_edition(layout="confirm", lane=Dispatch.Lane.LETTER)
    assert ada.get(reverse("admin:notifier_edition_look", args=[letter.pk])).status_code == 404
    assert buttons(ada, letter.dispatch) == set()


@pytest.mark.holds("S8")
def test_one_without_the_permission_sees_and_presses_nothing():
    edition = an_edition()
    bob = Client()
    user = User.objects.create_user("bob", is_staff=True)
    bob.force_login(user)
    assert bob.get(reverse("admin:notifier_edition_look", args=[edition.pk])).status_code == 403
    url = reverse("admin:notifier_dispatch_change", args=[edition.dispatch.pk])
    assert bob.post(url, {"notifier_dispatch_hold": "1"}).status_code == 403
    assert not Dispatch.objects.filter(held=True).exists()
    assert Delivery.objects.count() == 2
    user.delete()
