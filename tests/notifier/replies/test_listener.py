"""The listener, over real sockets and in a database that its threads see."""

import asyncio
import smtplib
import socket
import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from django.db import OperationalError

from config import clock
from notifier import returns
from notifier.models import Reply, Suppression
from notifier.replies import listener, receiving
from tests.logged import events
from tests.notifier.mailing import a_subscriber, transactional_db  # noqa: F401 - a fixture
from tests.notifier.replies.kit import ADDRESS, raw

pytestmark = pytest.mark.usefixtures("transactional_db")


@contextmanager
def listening(scheme="smtp"):
    """The listener in a thread of its own; its port."""
    taking = listener.listen("127.0.0.1:0")
    loop, ready = asyncio.new_event_loop(), threading.Event()
    stop = asyncio.Event()

    def run():
        loop.run_until_complete(listener.serve(taking, f"{scheme}://127.0.0.1:0", stop, ready.set))

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(20)
    try:
        yield taking.getsockname()[1]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(40)
        loop.close()
        assert not thread.is_alive()


def bounce(name="hard/postfix.eml"):
    """A bounce, and the return path of a new subscriber's message, as from today."""
    who = a_subscriber("ada@example.net")
    return who, returns.sender(who.pk, 7, clock.now().date()), raw(name)


@pytest.mark.holds("M9")
@pytest.mark.parametrize(("scheme", "client"), [("smtp", smtplib.SMTP), ("lmtp", smtplib.LMTP)])
def test_a_bounce_is_answered_when_it_is_durable(scheme, client):
    who, path, content = bounce()
    with listening(scheme) as port, client("127.0.0.1", port, timeout=30) as line:
        assert line.sendmail("", [path], content) == {}
        assert Reply.objects.get().subscriber == who
        assert bytes(Suppression.objects.get().address) == bytes(who.address)
        assert line.sendmail("mailer@example.net", [path.upper()], content) == {}  # brought again
        assert Reply.objects.count() == 1


@pytest.mark.holds("M9")
def test_nothing_is_taken_but_for_our_return_paths_and_one_at_a_time(caplog):
    _, path, content = bounce()
    caplog.set_level("DEBUG")
    with listening() as port, smtplib.SMTP("127.0.0.1", port, timeout=30) as line:
        line.ehlo()
        line.mail("")
        for other in (
            "ada@example.net",
            "postmaster@mail.example.org",
            path.replace("+", "+a"),
            "bounces@example.org",
        ):
            assert line.rcpt(other)[0] == 550
        assert line.rcpt(path)[0] == 250
        assert line.rcpt(path)[0] == 452
        line.rset()
        line.mail("")
        assert line.rcpt(ADDRESS)[0] == 250
        assert (
            line.data(content)[0] == 250
        )  # to the common address, without a signature: taken, and nothing follows
    assert not Reply.objects.exists()
    assert path not in caplog.text
    assert "ada@example.net" not in caplog.text


@pytest.mark.holds("M9")
def test_a_mail_server_is_refused_nothing_that_it_would_send_back_to_a_forged_sender():
    _, path, content = bounce()
    with listening("lmtp") as port, smtplib.LMTP("127.0.0.1", port, timeout=30) as line:
        assert line.sendmail("innocent@example.net", [path.replace("+", "+a")], content) == {}
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            line.sendmail("innocent@example.net", ["ada@example.net"], content)
    assert not Reply.objects.exists()


def test_a_database_that_fails_makes_the_sender_try_again(monkeypatch):
    _, path, content = bounce()

    def failing(*_):
        raise OperationalError("no disk")

    with listening() as port, smtplib.SMTP("127.0.0.1", port, timeout=30) as line:
        with monkeypatch.context() as patched:
            patched.setattr(receiving, "receive", failing)
            with pytest.raises(smtplib.SMTPDataError) as told:
                line.sendmail("", [path], content)
        assert told.value.smtp_code == 451
        assert line.sendmail("", [path], content) == {}
    assert Reply.objects.count() == 1


def test_what_is_too_large_is_refused_and_junk_does_no_harm(monkeypatch):
    _, path, content = bounce()
    monkeypatch.setattr(listener, "SIZE_LIMIT", 100_000)
    with listening() as port:
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as line:
            with pytest.raises(smtplib.SMTPResponseException):
                line.sendmail("", [path], content + b"x\r\n" * 50_000)
            assert line.sendmail("", [path], b"\0\xff\r\n\r\n" + b"y" * 50_000 + b"\0") == {}
        with socket.create_connection(("127.0.0.1", port), 30) as junk:
            junk.sendall(b"\0\xff\xfe\r\nMAIL\0FROM:<>\r\n" + b"\x80" * 5000 + b"\r\nQUIT\r\n")
            while junk.recv(4096):
                pass
        with socket.create_connection(("127.0.0.1", port), 30) as endless:
            endless.sendall(b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<%s>\r\nDATA\r\n" % path.encode())
            assert ends(endless, b"z" * 10_000, 1000)
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as line:
            assert line.sendmail("", [path], content) == {}
    assert Reply.objects.count() == 2


def ends(connection, data, times):
    """Whether the other side ends it before all is sent."""
    connection.settimeout(0.05)
    for _ in range(times):
        try:
            connection.sendall(data)
            if not connection.recv(4096):
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


def test_too_many_connections_are_told_so(monkeypatch):
    monkeypatch.setattr(listener, "MOST_CONNECTIONS", 2)
    with listening() as port:
        first = [socket.create_connection(("127.0.0.1", port), 30) for _ in range(2)]
        assert all(line.recv(100).startswith(b"220") for line in first)
        with socket.create_connection(("127.0.0.1", port), 30) as third:
            assert third.recv(100).startswith(b"421")
        for line in first:
            line.close()
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with socket.create_connection(("127.0.0.1", port), 30) as again:
                if again.recv(100).startswith(b"220"):
                    return
    raise AssertionError("no connection became free")


def test_a_session_does_not_last_for_ever(monkeypatch):
    monkeypatch.setattr(listener, "SESSION_SECONDS", 0.2)
    with listening() as port, socket.create_connection(("127.0.0.1", port), 30) as line:
        line.recv(100)
        until = time.monotonic() + 30
        while not ends(line, b"NOOP\r\n", 10):
            assert time.monotonic() < until, "it goes on"


def test_an_address_in_use_is_said_in_one_line():
    taking = listener.listen("127.0.0.1:0")
    port = taking.getsockname()[1]
    try:
        with pytest.raises(listener.PortTaken, match=f"REPLIES_BIND=lmtp://127.0.0.1:{port}"):
            listener.listen(f"lmtp://127.0.0.1:{port}")
    finally:
        taking.close()


def test_refusals_are_told_now_and_then(caplog):
    taking = SimpleNamespace(refused=3)
    with caplog.at_level("INFO"):
        asyncio.run(listener._tell(taking))
        asyncio.run(listener._tell(taking))
    assert events(caplog.records) == [
        {"event": "recipients that are no return path of ours were refused", "count": 3}
    ]
