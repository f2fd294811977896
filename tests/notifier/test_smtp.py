"""The line to the relay, against a bare SMTP server."""

import asyncio

import pytest

from config.relays import parse
from notifier.addresses import BadAddress
from notifier.sending import connecting, smtp
from notifier.sending.smtp import Deferred, Refused, Sent
from notifier.sending.wire import ChannelFault, LineLost, RefusesUs, Unreachable
from tests.notifier.relay import Relay, running

BODY = b"Subject: hello\r\n\r\nHello.\r\n"
UNPIPELINED = ("8BITMIME",)


async def send(line, to, body=BODY, ahead=None):
    return await line.offer(to) or await line.deliver(body, ahead)


def talk(relay, conversation):
    async def whole():
        line = await connecting.connect(parse(relay.url)[0], "news@example.org", "example.org")
        try:
            return await conversation(line)
        finally:
            await line.quit()

    return asyncio.run(whole())


@pytest.mark.parametrize("extensions", [("PIPELINING",), UNPIPELINED])
def test_a_message_arrives_byte_for_byte(extensions):
    with running(Relay(extensions=extensions)) as relay:
        assert talk(relay, lambda line: send(line, "ada@example.org")) == Sent("250 taken")
        [message] = relay.messages
        assert message.raw == BODY
        assert (message.sender, message.to) == ("FROM:<news@example.org>", "ada@example.org")
        assert relay.verbs[-1] == "QUIT"


def test_the_next_envelope_goes_with_the_body_before_it():
    async def three(line):
        found = [await send(line, "a@example.org", ahead="b@example.org")]
        assert line.is_ahead
        found.append(await send(line, "b@example.org", ahead="c@example.org"))
        found.append(await send(line, "c@example.org"))
        return found

    with running() as relay:
        assert talk(relay, three) == [Sent("250 taken")] * 3
        assert [m.to for m in relay.messages] == ["a@example.org", "b@example.org", "c@example.org"]
        assert relay.connections == 1


@pytest.mark.parametrize("extensions", [("PIPELINING",), UNPIPELINED])
@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("550 5.1.1 no such user", Refused("550 5.1.1 no such user")),
        ("451 4.7.1 greylisted", Deferred("451 4.7.1 greylisted", slower=True)),
    ],
)
def test_a_refused_recipient_leaves_the_line_fit_for_the_next(extensions, reply, verdict):
    async def two(line):
        return await send(line, "no@example.org"), await send(line, "yes@example.org")

    with running(
        Relay(extensions=extensions, rcpt=lambda to: reply if to.startswith("no") else None)
    ) as relay:
        assert talk(relay, two) == (verdict, Sent("250 taken"))
        assert [m.to for m in relay.messages] == ["yes@example.org"]


def test_a_refused_recipient_that_was_offered_ahead():
    async def three(line):
        return [
            await send(line, "a@example.org", ahead="no@example.org"),
            await line.offer("no@example.org"),
            await send(line, "b@example.org"),
        ]

    with running(Relay(rcpt=lambda to: "550 no" if to.startswith("no") else None)) as relay:
        assert talk(relay, three) == [Sent("250 taken"), Refused("550 no"), Sent("250 taken")]


def test_a_go_ahead_although_nobody_may_have_it_gets_a_lone_dot():
    class Odd(Relay):
        async def _session(self, reader, writer):
            writer.write(b"220 odd\r\n")
            replies = {
                "EHLO": "250-odd\r\n250 PIPELINING",
                "RCPT": "550 no",
                "DATA": "354 go",
                ".": "554 none",
            }
            while line := await reader.readline():
                verb = line.decode().strip().split(" ")[0]
                self.verbs.append(verb)
                writer.write(replies.get(verb, "250 ok").encode() + b"\r\n")

    with running(Odd()) as relay:
        assert talk(relay, lambda line: line.offer("x@example.org")) == Refused("550 no")
        assert relay.verbs == ["EHLO", "MAIL", "RCPT", "DATA", ".", "RSET", "QUIT"]


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("554 5.7.1 spam", Refused("554 5.7.1 spam", unclear=True)),
        ("550 5.1.1 nobody", Refused("550 5.1.1 nobody")),
        ("550 5.7.26 unauthenticated", Deferred("550 5.7.26 unauthenticated", about_us=True)),
        ("452 4.3.1 full", Deferred("452 4.3.1 full")),
        ("421 closing", Deferred("421 closing", leaving=True)),
    ],
)
def test_the_last_word_is_the_reply_to_the_dot(reply, verdict):
    with running(Relay(final=lambda _to: reply)) as relay:
        assert talk(relay, lambda line: send(line, "a@example.org")) == verdict


@pytest.mark.parametrize("reply", ["taken", "25 taken", "000 taken", "999 taken", "<html>", " "])
def test_what_no_mail_server_says_is_no_answer(reply):
    with running(Relay(final=lambda _to: reply)) as relay:
        verdict = talk(relay, lambda line: send(line, "a@example.org"))
    assert isinstance(verdict, Deferred)
    assert verdict.after_dot


def test_a_line_that_breaks_after_the_dot_may_have_delivered():
    async def broken(line):
        return await send(line, "a@example.org", ahead="b@example.org"), line.is_open, line.is_ahead

    with running(Relay(silent_after_dot=lambda _to: True)) as relay:
        verdict, is_open, is_ahead = talk(relay, broken)
    assert isinstance(verdict, Deferred)
    assert verdict.after_dot
    assert (is_open, is_ahead) == (False, False)


def test_a_line_that_breaks_in_the_envelope_has_delivered_nothing():
    with running(Relay(rcpt=lambda _to: "421 4.3.2 shutting down")) as relay, pytest.raises(LineLost):
        talk(relay, lambda line: line.offer("a@example.org"))


def test_a_sender_who_is_refused_is_nobodys_fault_but_ours():
    with (
        running(Relay(mail="553 5.7.1 not your address")) as relay,
        pytest.raises(ChannelFault, match="MAIL"),
    ):
        talk(relay, lambda line: line.offer("a@example.org"))


def test_no_relay_there():
    with running() as relay:
        url = relay.url
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1"):
        asyncio.run(connecting.connect(parse(url)[0], "a@example.org", "example.org"))


@pytest.mark.parametrize(("greeting", "fault"), [("554 go away", RefusesUs), ("421 busy", Unreachable)])
def test_a_relay_that_does_not_want_us(greeting, fault):
    with running(Relay(greeting=greeting)) as relay, pytest.raises(fault, match=greeting):
        talk(relay, lambda line: line.offer("a@example.org"))


def test_a_wrong_password_is_a_fault_of_the_channel():
    with (
        running(Relay(extensions=("PIPELINING", "AUTH PLAIN"), user="us:wrong@")) as relay,
        pytest.raises(RefusesUs, match="wrong password"),
    ):
        talk(relay, lambda line: line.offer("a@example.org"))


@pytest.mark.holds("S4")
@pytest.mark.parametrize(
    "address",
    [
        '"a\r\nb"@c.d', "a@b.c\r\nRCPT TO:<x@y.z>", "a b@c.d", "a@b.c>", "<a@b.c", "a@b.c\0", "a\u202eb@c.d",
        "", "a", "a@", "@b", '"quoted"@b.c', "x" * 65 + "@b.c", "ünï\u202e@b.c", "ü ï@b.c",
        '"ü"@b.c', "ü" * 33 + "@b.c", "ü\r\n@b.c", "ü>@b.c",
    ],
)  # fmt: skip
def test_what_is_no_plain_address_is_refused_at_send(address):
    with pytest.raises(BadAddress):
        smtp.wire_address(address)


def test_a_domain_in_another_script_goes_in_ascii():
    assert smtp.wire_address("ada@bücher.example") == "ada@xn--bcher-kva.example"
    assert smtp.wire_address("ada+news@example.org") == "ada+news@example.org"


def test_a_local_part_in_another_script_stays_as_it_is():
    assert smtp.wire_address("ада@bücher.example") == "ада@xn--bcher-kva.example"
