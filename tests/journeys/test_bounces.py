"""A digest leaves by SMTP, one message comes back by SMTP, and the next digest leaves that person out."""

import smtplib
from datetime import timedelta

import pytest

from config import clock
from notifier import returns, suppressions
from notifier.models import Delivery, Reply
from notifier.sender import Worker
from tests.notifier.mailing import (  # noqa: F401 - one is a fixture
    a_chain,
    a_dispatch,
    a_release,
    a_subscriber,
    transactional_db,
)
from tests.notifier.relay import Relay, running
from tests.notifier.replies.kit import ADDRESS, raw
from tests.notifier.replies.test_listener import listening

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture(autouse=True)
def _return_path(settings):
    settings.BOUNCE_ADDRESS = ADDRESS


def drain(relay):
    return dict(Worker(2, relay.url).drain())


def a_digest(people, title):
    return a_dispatch(
        people,
        [a_release(title, ["border-management"])],
        made_at=clock.now(),
        chain=a_chain(minute=len(title)),
    )


@pytest.mark.holds("M9")
@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
def test_a_message_that_comes_back_is_the_last(extensions):
    people = [a_subscriber(f"{name}@example.net") for name in ("ada", "bob", "eve")]
    first = a_digest(people, "First")
    with running(Relay(extensions=extensions)) as relay:
        assert drain(relay) == {"sent": 3}
        today = first.made_at.date()
        paths = {message.to: message.sender.removeprefix("FROM:") for message in relay.taken}
        for who, address in zip(people, ("ada", "bob", "eve"), strict=True):
            assert paths[f"{address}@example.net"] == f"<{returns.sender(who.pk, first.pk, today)}>"

        with listening() as port, smtplib.SMTP("127.0.0.1", port, timeout=30) as mailer:
            mailer.sendmail("", [paths["bob@example.net"].strip("<>")], raw("hard/postfix.eml"))
            mailer.sendmail("", [paths["eve@example.net"].strip("<>")], raw("auto/vacation.eml"))

        second = a_digest(people, "The second")
        assert drain(relay) == {"sent": 2, "suppressed": 1}
    assert sorted(message.to for message in relay.taken[3:]) == ["ada@example.net", "eve@example.net"]
    kept_back = Delivery.objects.get(dispatch_id=second.pk, subscriber_id=people[1].pk)
    assert (kept_back.state, kept_back.reason) == (Delivery.State.SUPPRESSED, "bounced: 5.1.1")


def test_a_second_try_has_the_same_bytes_and_the_same_return_path():
    replies = iter(["451 4.3.0 not now", None])
    a_digest([a_subscriber("ada@example.net")], "Again")
    with running(Relay(final=lambda _to: next(replies))) as relay:
        assert drain(relay) == {"deferred": 1}
        Delivery.objects.update(next_try_at=clock.now() - timedelta(seconds=1))
        assert drain(relay) == {"sent": 1}
    one, two = relay.messages
    assert (one.sender, one.raw) == (two.sender, two.raw)


@pytest.mark.holds("M9")
def test_who_is_refused_at_once_is_suppressed_as_well():
    people = [a_subscriber(f"{name}@example.net") for name in ("ada", "bob", "eve", "ivo", "uma")]
    a_digest(people, "Refused")
    says = {"bob@example.net": "550 5.1.1 no such user", "eve@example.net": "552 5.2.2 mailbox full"}
    with running(Relay(rcpt=says.get)) as relay:
        assert drain(relay) == {"sent": 3, "failed": 2}
    kinds = {reply.subscriber_id: (reply.kind, reply.status) for reply in Reply.objects.all()}
    assert kinds == {people[1].pk: ("hard", "5.1.1"), people[2].pk: ("soft", "5.2.2")}
    assert [bytes(row.address) for row in suppressions.standing(clock.now())] == [bytes(people[1].address)]


@pytest.mark.holds("M9", "R6")
@pytest.mark.parametrize("people", [3, 30])
def test_a_relay_that_refuses_everybody_is_no_reason_to_suppress_them(people):
    a_digest([a_subscriber(f"person{n}@example.net") for n in range(people)], "Wrong relay")
    with running(Relay(rcpt=lambda _to: "550 5.1.1 no such user")) as relay:
        assert drain(relay) == {"failed": people}
    assert not suppressions.standing(clock.now()).exists()


def test_without_a_return_path_mail_comes_from_the_newsroom(settings):
    settings.BOUNCE_ADDRESS = ""
    a_digest([a_subscriber("ada@example.net")], "Plain")
    with running() as relay:
        assert drain(relay) == {"sent": 1}
    assert relay.messages[0].sender == "FROM:<news@example.org>"
