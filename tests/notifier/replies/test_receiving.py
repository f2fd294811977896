"""From a reply to what follows: the right address is suppressed, and nobody else's."""

from datetime import timedelta

import pytest

from config import clock
from config.models import AuditEntry
from notifier import addresses, letters, returns, subscriptions, suppressions, tokens
from notifier.models import Delivery, Reply, Subscriber, Suppression, Turn
from notifier.replies import receiving, recording
from notifier.replies.receiving import Outcome
from tests.notifier.mailing import a_newsroom, a_subscriber
from tests.notifier.replies.kit import ADDRESS, NOW, TODAY, about, names

pytestmark = pytest.mark.django_db
HARD, SOFT = "hard/postfix.eml", "soft/postfix-full.eml"
COMPLAINTS = [name for name in names() if name.startswith("complaint/")]


@pytest.fixture
def ada():
    a_newsroom()
    a_subscriber("bob@example.net")
    return a_subscriber("ada@example.net")


def receive(name, who, *, to=None, at=NOW, tag="", dispatch=7):
    path = returns.sender(who.pk, dispatch, TODAY) if to is None else to
    return receiving.receive(about(name, who.pk, dispatch, tag), path, at)


def suppressed():
    """(address, kind) of all that are on the list."""
    return {
        (addresses.decrypt(row.address), row.kind) for row in suppressions.standing(NOW + timedelta(days=1))
    }


@pytest.mark.holds("M9")
def test_a_mailbox_that_does_not_exist_is_suppressed_at_once(ada):
    assert receive(HARD, ada) == Outcome.RECORDED
    assert suppressed() == {("ada@example.net", "bounce")}
    row = Suppression.objects.get()
    assert (row.reason, row.at, row.expires_at) == ("bounced: 5.1.1", NOW, None)
    reply = Reply.objects.get()
    assert (reply.subscriber, reply.dispatch_id, reply.kind, reply.status) == (ada, 7, "hard", "5.1.1")
    assert subscriptions.find("ada@example.net").state == Subscriber.State.ACTIVE


@pytest.mark.holds("M9")
def test_a_full_mailbox_is_suppressed_after_some_days_and_for_some_days(ada, settings):
    settings.BOUNCE_SOFT_LIMIT = 3
    for n in range(6):  # six times, but on two days
        receive(SOFT, ada, at=NOW + timedelta(days=n % 2, minutes=n), tag=str(n))
    assert suppressed() == set()
    at = NOW + timedelta(days=2)
    receive(SOFT, ada, at=at, tag="last")
    row = Suppression.objects.get()
    assert (row.kind, row.reason) == ("soft", "bounced on 3 days: 5.2.2")
    assert row.expires_at == at + recording.FADES
    assert not suppressions.standing(at + recording.FADES).exists()


def test_failures_of_long_ago_count_no_more(ada, settings):
    settings.BOUNCE_SOFT_LIMIT = 3
    for n, days in enumerate([0, 1, 31, 32]):
        receive(SOFT, ada, at=NOW + timedelta(days=days), tag=str(n))
    assert suppressed() == set()


@pytest.mark.holds("M9")
@pytest.mark.parametrize(
    "name", [n for n in names() if n.partition("/")[0] not in {"hard", "soft", "complaint"}]
)
def test_what_is_no_failure_suppresses_nobody(ada, settings, name):
    settings.BOUNCE_SOFT_LIMIT = 1
    assert receive(name, ada) == Outcome.RECORDED
    assert suppressed() == set()
    assert subscriptions.find("ada@example.net").state == Subscriber.State.ACTIVE
    assert Reply.objects.get().kind == name.partition("/")[0]


@pytest.mark.holds("M9")
@pytest.mark.parametrize("name", COMPLAINTS)
def test_a_complaint_to_the_common_address_suppresses_whom_it_is_from(ada, name):
    assert receive(name, ada, to=ADDRESS) == Outcome.RECORDED
    assert suppressed() == {("ada@example.net", "complaint")}
    assert subscriptions.find("ada@example.net").state == Subscriber.State.LEFT
    assert subscriptions.find("bob@example.net").state == Subscriber.State.ACTIVE
    assert Turn.objects.filter(subscriber=ada, kind=Turn.Kind.LEFT).count() == 1
    assert not Delivery.objects.exists()  # nobody is written to


@pytest.mark.holds("M9")
@pytest.mark.parametrize("name", [HARD, "complaint/abuse.eml"])
@pytest.mark.parametrize(
    "forge",
    [
        lambda path, who: ADDRESS,
        lambda path, who: "",
        lambda path, who: path.replace("+", "+a"),
        lambda path, who: path.replace("@", "@evil."),
        lambda path, who: path[:30] + path[31:],
        lambda path, who: f"bounces+{tokens.make(tokens.Purpose.MANAGE, who.pk, 7, TODAY)}@mail.example.org",
    ],
)
def test_an_unsigned_or_forged_one_changes_nothing(ada, settings, name, forge):
    settings.BOUNCE_SOFT_LIMIT = 1
    to = forge(returns.sender(ada.pk, 7, TODAY), ada)
    unsigned = about(name, ada.pk)
    for signed in (
        returns.sender(ada.pk, 7, TODAY),
        tokens.make(tokens.Purpose.UNSUBSCRIBE, ada.pk, 7, TODAY),
    ):
        unsigned = unsigned.replace(signed.encode(), b"forged")
    unsigned = unsigned.replace(
        letters.message_id(7, ada.pk).encode(), letters.message_id(8, ada.pk).encode()
    )
    assert receiving.receive(unsigned, to, NOW) == Outcome.STRANGE
    assert not Suppression.objects.exists()
    assert not Reply.objects.exists()


def test_a_bounce_to_the_common_address_is_believed_in_nothing(ada):
    """Even if it gives back a signed return path: only complaints are known by what they give back."""
    assert receive(HARD, ada, to=ADDRESS) == Outcome.STRANGE


def test_a_complaint_by_an_old_link_is_too_late(ada):
    late = NOW + timedelta(days=91)
    assert receive("complaint/redacted.eml", ada, to=ADDRESS, at=late) == Outcome.STRANGE


def test_a_message_id_is_good_for_its_own_recipient_only(ada):
    name = "complaint/message-id-alone.eml"
    to_bob = about(name, ada.pk).replace(b"ada@example.net", b"bob@example.net")
    assert receiving.receive(to_bob, ADDRESS, NOW) == Outcome.STRANGE
    to_nobody = about(name, ada.pk).replace(b"ada@example.net", b"nobody at all")
    assert receiving.receive(to_nobody, ADDRESS, NOW) == Outcome.STRANGE


@pytest.mark.parametrize("name", [HARD, SOFT, "complaint/abuse.eml", "auto/vacation.eml"])
def test_the_same_again_counts_once(ada, name):
    assert receive(name, ada) == Outcome.RECORDED
    assert receive(name, ada, at=NOW + timedelta(days=1)) == Outcome.KNOWN
    assert Reply.objects.count() == 1


def test_a_complaint_that_is_played_again_does_not_reach_one_who_came_back(ada):
    Subscriber.objects.filter(pk=ada.pk).update(confirmed_at=NOW)
    receive("complaint/abuse.eml", ada)
    assert subscriptions.come_back(ada, NOW)
    receive("complaint/abuse.eml", ada)
    assert subscriptions.find("ada@example.net").state == Subscriber.State.ACTIVE


def test_one_who_was_erased_is_left_alone(ada):
    path, number = returns.sender(ada.pk, 7, TODAY), ada.pk
    ada.delete()
    assert receiving.receive(about(HARD, number), path, NOW) == Outcome.KNOWN
    assert not Suppression.objects.exists()


def test_a_weaker_reason_does_not_take_the_place_of_a_stronger_one(ada, settings):
    settings.BOUNCE_SOFT_LIMIT = 1
    receive("complaint/abuse.eml", ada)
    receive(HARD, ada)
    receive(SOFT, ada)
    assert suppressed() == {("ada@example.net", "complaint")}


def test_replies_are_forgotten_after_ninety_days(ada):
    receive(HARD, ada)
    assert recording.forget(NOW + recording.KEPT) == 0
    assert recording.forget(NOW + recording.KEPT + timedelta(seconds=1)) == 1
    assert Suppression.objects.exists()


@pytest.mark.parametrize(("name", "held"), [(HARD, False), (SOFT, False), ("complaint/abuse.eml", True)])
def test_a_click_proves_a_bounce_wrong_but_takes_back_no_complaint(ada, settings, client, name, held):
    settings.BOUNCE_SOFT_LIMIT = 1
    receive(name, ada)
    Subscriber.objects.filter(pk=ada.pk).update(state=Subscriber.State.PENDING)
    today = clock.now().date()
    client.post(f"/confirm/{tokens.make(tokens.Purpose.CONFIRM, ada.pk, 9, today)}")
    assert subscriptions.find("ada@example.net").state == Subscriber.State.ACTIVE
    assert Suppression.objects.exists() is held
    assert Reply.objects.filter(counts=True).count() == 0


def test_a_person_suppresses_and_lifts_and_both_are_in_the_audit_log(ada, settings):
    settings.BOUNCE_SOFT_LIMIT = 2
    receive(SOFT, ada)
    row = suppressions.add("Ada@Example.net", "asked by telephone", "account:1", "admin", NOW)
    assert suppressed() == {("ada@example.net", "person")}
    assert not suppressions.proven(ada)
    suppressions.lift(row, "asked again", "account:1", "admin", NOW)
    assert suppressed() == set()
    receive(SOFT, ada, at=NOW + timedelta(days=1), tag="later")  # the first one counts no more
    assert suppressed() == set()
    said = list(AuditEntry.objects.order_by("pk").values_list("action", "actor", "after"))
    assert [(action, actor) for action, actor, _ in said] == [
        ("suppressed", "account:1"),
        ("lifted", "account:1"),
    ]
    assert said[1][2] == {"note": "asked again"}
    assert "ada" not in str(said)
