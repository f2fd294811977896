"""No mail to the outside by accident: who gets mail outside production."""

from __future__ import annotations

import pytest

from config.environment import Environment
from notifier import outside, proofs
from notifier.models import Delivery, Subscriber
from notifier.sender import Worker
from tests.notifier.mailing import (  # noqa: F401 - one is a fixture
    a_dispatch,
    a_release,
    a_subscriber,
    states,
    transactional_db,
)
from tests.notifier.relay import running

KEY = "AAAA" * 21 + "AA=="
WHY = "outside production (staging): MAIL_ONLY_TO does not name this address"


@pytest.fixture
def staging(settings):
    settings.HERALD_ENVIRONMENT, settings.MAIL_ONLY_TO = "staging", ["@newsroom.example", "ann@example.org"]


def test_an_address_passes_by_itself_or_by_its_domain_and_no_other_domain_by_likeness():
    gate = outside.gate("staging", ["@newsroom.example", "ann@example.org"])
    passes = ["ann@example.org", "Ann@Example.ORG", "anybody@newsroom.example"]
    barred = [
        "bob@example.org", "ann@example.org.evil.example", "a@sub.newsroom.example", "a@xnewsroom.example",
        "x.ann@example.org", "@newsroom.example@evil.example",
    ]  # fmt: skip
    assert [address for address in passes + barred if not gate.bars(address)] == passes
    assert not outside.gate("production", None).bars("bob@example.org")
    assert outside.gate("development", []).bars("bob@example.org")


@pytest.mark.parametrize(
    ("environment", "only", "allowed"),
    [
        ("production", "", None),
        ("production", "@example.org", ["@example.org"]),
        ("staging", "", []),
        ("development", " Ann@Example.org, @b.example ", ["ann@example.org", "@b.example"]),
    ],
)
def test_what_the_settings_mean_together(environment, only, allowed):
    read = Environment(
        herald_environment=environment, mail_only_to=only, secret_key="k" * 40, address_key=KEY
    )
    assert read.mail_allowed == allowed


@pytest.mark.parametrize("wrong", ["example.org", "a b@example.org", "@", "ann@", "@ex ample.org"])
def test_an_entry_that_is_neither_is_refused_by_name(wrong):
    with pytest.raises(ValueError, match="is no address and no domain"):
        Environment(mail_only_to=wrong, secret_key="k" * 40, address_key=KEY)


@pytest.mark.usefixtures("transactional_db", "staging")
def test_outside_production_only_those_named_get_mail_letters_too_and_the_ledger_says_why(herald):
    ann, bob = a_subscriber("ann@example.org"), a_subscriber("bob@example.org")
    eve = a_subscriber("eve@example.org", state=Subscriber.State.PENDING)
    a_dispatch([ann, bob], [a_release("Border news", ["border"])], recipients=2)
    a_dispatch([eve], [], layout="confirm", lane=0)
    Delivery.objects.filter(subscriber_id=eve.pk).update(lane=0)
    with running() as relay:
        assert dict(Worker(2, relay.url).drain()) == {"sent": 1, "suppressed": 2}
    assert [message.to for message in relay.messages] == ["ann@example.org"]
    assert states() == {"sent": 1, "suppressed": 2}
    barred = Delivery.objects.filter(state=Delivery.State.SUPPRESSED)
    assert set(barred.values_list("reason", flat=True)) == {WHY}
    assert herald("dispatch", "list", "--json").json[0]["deliveries"] == {"sent": 1, "suppressed": 1}


@pytest.mark.usefixtures("transactional_db", "staging")
def test_a_test_message_is_held_to_the_same():
    edition = a_dispatch([a_subscriber()], [a_release("Border news", ["border"])]).editions.get()
    with running() as relay:
        proofs.send(edition, "ann@example.org", relay.url)
        with pytest.raises(proofs.NotSent, match="outside production"):
            proofs.send(edition, "bob@example.org", relay.url)
    assert [message.to for message in relay.messages] == ["ann@example.org"]
