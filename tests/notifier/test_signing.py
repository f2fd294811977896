"""Signatures that take long, made in threads beside the lines of a worker."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from notifier import dkim, ledger
from notifier.models import Edition
from notifier.sender import Worker
from notifier.sending import signing
from notifier.sending.parcels import Message, Parcel, Sorting
from tests.notifier import mailing
from tests.notifier.mailing import MORNING, transactional_db  # noqa: F401 - one is a fixture
from tests.notifier.relay import Relay, running
from tests.notifier.test_dkim import DOMAIN, ED25519, RSA, verifies, written
from tests.notifier.test_sender import at_work, until

KEY = dkim.Key("r2025", RSA)


@pytest.fixture
def switching_seldom() -> Iterator[None]:
    """A thread that computes keeps the interpreter until it gives it up itself."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@pytest.mark.usefixtures("switching_seldom")
def test_whoever_signs_with_rsa_gives_up_the_interpreter_meanwhile():
    """What `notifier.sending.signing` relies on."""
    had_a_turn: list[bool] = []
    begun = threading.Event()
    other = threading.Thread(target=lambda: had_a_turn.append(begun.wait()))
    other.start()
    begun.set()
    assert any(KEY.sign(b"a release") and had_a_turn for _ in range(5_000))
    other.join()


def in_hand(sorting: Sorting) -> Parcel:
    [parcel] = sorting.prepare(ledger.claim(ledger.take_lease("test", 1), 10, MORNING), MORNING)[0]
    return parcel


@pytest.mark.usefixtures("transactional_db")
def test_what_was_signed_ahead_is_made_anew_when_its_edition_has_changed_since():
    mailing.a_newsroom(sender_address=f"news@{DOMAIN}")
    kept, gone = mailing.a_release("Kept"), mailing.a_release("Withdrawn since")
    mailing.a_dispatch(mailing.subscribers(1), [kept, gone])
    sorting = Sorting([KEY])
    parcel = in_hand(sorting)
    ahead = sorting.body(parcel)
    assert sorting.body(parcel, ahead) is ahead
    mailing.hide(gone)
    Edition.objects.update(version=2)
    sorting.look([parcel.claimed], MORNING)
    anew = sorting.body(parcel, ahead)
    assert (ahead.version, anew.version) == (1, 2)
    assert (b"Withdrawn since" in ahead.data, b"Withdrawn since" in anew.data) == (True, False)
    assert verifies(anew.data, KEY) == [True]


@pytest.fixture
def signed(transactional_db, tmp_path: Path, settings, monkeypatch) -> None:  # noqa: F811 - the fixture itself
    monkeypatch.setattr(signing, "cores", lambda: 2)
    settings.DKIM_KEYS = [("r2025", written(tmp_path / "rsa.pem", RSA))]
    mailing.a_newsroom(sender_address=f"news@{DOMAIN}")
    mailing.a_dispatch(mailing.subscribers(30), [mailing.a_release("Border news")])


def threads_that_sign() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("signing")]


@pytest.mark.usefixtures("signed")
@pytest.mark.parametrize(("cores", "signs"), [(2, "signing"), (1, "MainThread")])
def test_messages_are_signed_in_threads_which_end_with_the_worker(cores, signs, monkeypatch):
    """On one core they would only take turns."""
    monkeypatch.setattr(signing, "cores", lambda: cores)
    where: set[str] = set()
    body = Sorting.body

    def watched(self: Sorting, parcel: Parcel, ahead: Message | None = None) -> Message:
        if ahead is None:
            where.add(threading.current_thread().name.partition("_")[0])
        return body(self, parcel, ahead)

    monkeypatch.setattr(Sorting, "body", watched)
    with running() as relay:
        assert dict(Worker(4, relay.url).drain()) == {"sent": 30}
    assert where == {signs}
    assert threads_that_sign() == []
    assert [verifies(message.raw, KEY) for message in relay.messages] == [[True]] * 30


@pytest.mark.usefixtures("signed")
def test_what_could_not_be_signed_in_a_thread_is_signed_in_its_turn(monkeypatch):
    body = Sorting.body

    def failing(self: Sorting, parcel: Parcel, ahead: Message | None = None) -> Message:
        if threading.current_thread().name.startswith("signing"):
            raise MemoryError
        return body(self, parcel, ahead)

    monkeypatch.setattr(Sorting, "body", failing)
    with running() as relay:
        assert dict(Worker(4, relay.url).drain()) == {"sent": 30}
    assert all(verifies(message.raw, KEY) == [True] for message in relay.messages)


@pytest.mark.usefixtures("signed")
def test_told_to_stop_amid_signatures_a_worker_loses_and_doubles_nothing():
    with running(Relay(delay=0.02)) as relay:
        with at_work(relay.url, 4):
            until(lambda: len(relay.messages) >= 5)
        assert threads_that_sign() == []
        left = mailing.states().get("pending", 0)
        assert mailing.states() == {"sent": len(relay.messages)} | ({"pending": left} if left else {})
        assert dict(Worker(4, relay.url).drain()) == ({"sent": left} if left else {})
    assert len({message.to for message in relay.messages}) == len(relay.messages) == 30


@pytest.mark.usefixtures("transactional_db")
def test_what_a_relay_signs_itself_and_ed25519_are_left_where_they_are(tmp_path, settings):
    mailing.a_dispatch(mailing.subscribers(5), [mailing.a_release("Border news")])
    with running() as relay:
        assert dict(Worker(2, relay.url).drain()) == {"sent": 5}
    assert not Sorting().signs_slowly
    assert not Sorting([dkim.Key("e2025", ED25519)]).signs_slowly
    assert Sorting([dkim.Key("e2025", ED25519), KEY]).signs_slowly
