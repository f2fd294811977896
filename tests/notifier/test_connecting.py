"""From a relay's URL to a line: encryption, certificates, signing in, and what the relay offers."""

import asyncio
import datetime as dt
import ssl
from urllib.parse import quote

import pytest

from config.relays import parse
from notifier.sending import connecting
from notifier.sending.smtp import NO_UTF8, Offers, Refused, Sent
from notifier.sending.wire import RefusesUs, Unreachable
from tests.feeds.web.certificates import of_a_machine
from tests.notifier.faulty import Faulty
from tests.notifier.relay import running

BODY = b"Subject: hello\r\n\r\nHello.\r\n"
PASSWORDS = ("PIPELINING", "AUTH PLAIN LOGIN XOAUTH2")


def talk(url, conversation):
    async def whole():
        line = await connecting.connect(parse(url)[0], "news@example.org", "example.org")
        try:
            return await conversation(line)
        finally:
            await line.quit()

    return asyncio.run(whole())


async def offers(line):
    return line.offers


async def send(line):
    return await line.offer("ada@example.org") or await line.deliver(BODY)


@pytest.fixture
def certified(tmp_path):
    """A relay with a certificate, and the option that names the authority to trust."""

    def make(name="127.0.0.1", trusted=True, relay=None, **kwargs):
        content, root = of_a_machine(name, **kwargs)
        server, authority = tmp_path / "server.pem", tmp_path / "ca.pem"
        server.write_bytes(content)
        authority.write_bytes(root)
        relay = relay or Faulty()
        relay.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        relay.tls.load_cert_chain(server)
        return relay, f"tls=required&ca={quote(str(authority))}" if trusted else "tls=required"

    return make


def test_starttls_with_a_certificate_of_an_authority_of_our_own(certified):
    relay, options = certified()
    with running(relay):
        assert talk(f"{relay.url}?{options}", send) == Sent("250 2.0.0 taken")
    assert "STARTTLS" in relay.verbs


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ({"name": "elsewhere.example"}, "IP address mismatch|not valid for '127.0.0.1'"),
        ({"end": dt.datetime(2021, 1, 1, tzinfo=dt.UTC)}, "certificate has expired"),
        ({"by_itself": True}, "self-signed certificate|unable to get local issuer"),
        ({"trusted": False}, "unable to get local issuer certificate|self-signed certificate"),
    ],
)
def test_a_certificate_that_is_not_good_is_refused_and_said(certified, kind, said):
    relay, options = certified(**kind)
    with running(relay), pytest.raises(RefusesUs, match=f"its certificate is not accepted: .*({said})"):
        talk(f"{relay.url}?{options}", offers)
    assert relay.verbs[-1] == "STARTTLS"


def test_tls_from_the_first_byte(certified):
    relay, options = certified()
    context, relay.tls = relay.tls, None

    async def conversation():
        server = await asyncio.start_server(relay.serve, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        for extra, fault in ((options, None), ("tls=required", RefusesUs)):
            address = parse(f"smtps://127.0.0.1:{port}?{extra}")[0]
            if fault:
                with pytest.raises(fault, match="its certificate is not accepted"):
                    await connecting.connect(address, "news@example.org", "example.org")
            else:
                line = await connecting.connect(address, "news@example.org", "example.org")
                assert await send(line) == Sent("250 2.0.0 taken")
                await line.quit()
        server.close()

    asyncio.run(conversation())


def test_tls_that_breaks_is_no_fault_of_ours(certified):
    relay, options = certified(relay=Faulty(breaks_tls=1.0))
    with running(relay), pytest.raises(Unreachable):
        talk(f"{relay.url}?{options}", offers)


def test_mail_does_not_leave_in_clear_unless_that_is_said():
    relay = Faulty()
    with running(relay):
        with pytest.raises(RefusesUs, match="offers no STARTTLS, and mail must not leave in clear"):
            talk(f"{relay.url}?tls=required", offers)
        assert talk(relay.url, send) == Sent("250 2.0.0 taken")
        assert talk(f"{relay.url}?tls=none", send) == Sent("250 2.0.0 taken")


def test_a_password_is_not_sent_in_clear_to_another_machine():
    """Another loopback address stands for the other machine."""

    async def conversation(relay):
        server = await asyncio.start_server(relay.serve, "127.0.0.2", 0)
        port = server.sockets[0].getsockname()[1]
        try:
            await connecting.connect(
                parse(f"smtp://us:secret@127.0.0.2:{port}?tls=optional")[0], "news@example.org", "example.org"
            )
        finally:
            server.close()

    relay = Faulty(extensions=PASSWORDS, password="secret")
    with pytest.raises(RefusesUs, match="the password was not sent"):
        asyncio.run(conversation(relay))
    assert not relay.sign_ins


@pytest.mark.parametrize("method", ["plain", "login", ""])
def test_signing_in_by_a_password(method):
    relay = Faulty(extensions=PASSWORDS, password="p a/s")
    option = f"?auth={method}" if method else ""
    with running(relay):
        assert talk(f"smtp://us:p%20a%2Fs@127.0.0.1:{relay.port}{option}", send) == Sent("250 2.0.0 taken")
    assert len(relay.sign_ins) == 1
    assert f"AUTH {(method or 'plain').upper()}" in " ".join(relay.verbs)


def test_a_wrong_password_is_tried_once_a_connection():
    relay = Faulty(extensions=PASSWORDS, password="right")
    with running(relay), pytest.raises(RefusesUs, match=r"did not let us sign in: 535 5\.7\.8"):
        talk(f"smtp://us:wrong@127.0.0.1:{relay.port}", offers)
    assert len(relay.sign_ins) == 1


def test_a_relay_that_knows_no_way_to_sign_in():
    relay = Faulty(extensions=("AUTH GSSAPI",), password="x")
    with running(relay), pytest.raises(RefusesUs, match="no way to sign in that we know"):
        talk(f"smtp://us:x@127.0.0.1:{relay.port}", offers)


def test_signing_in_by_a_token_from_a_file_which_is_read_each_time(tmp_path):
    token = tmp_path / "token"
    token.write_text("first\n")
    relay = Faulty(extensions=PASSWORDS, tokens=frozenset({"first"}))
    with running(relay):
        url = f"smtp://us@127.0.0.1:{relay.port}?auth=xoauth2&token_file={quote(str(token))}"
        assert talk(url, send) == Sent("250 2.0.0 taken")
        relay.tokens = frozenset({"second"})
        with pytest.raises(RefusesUs, match="535"):
            talk(url, offers)
        token.write_text("second\n")
        assert talk(url, send) == Sent("250 2.0.0 taken")
        token.unlink()
        with pytest.raises(RefusesUs, match="cannot be read"):
            talk(url, offers)


def test_a_command_is_asked_for_a_token_again_when_the_last_one_is_refused(tmp_path):
    said = tmp_path / "said"
    said.write_text("first")
    relay = Faulty(extensions=PASSWORDS, tokens=frozenset({"first"}))
    command = quote(f"cat {said}")
    with running(relay):
        url = f"smtp://us@127.0.0.1:{relay.port}?auth=xoauth2&token_command={command}"
        assert talk(url, send) == Sent("250 2.0.0 taken")
        said.write_text("second")
        assert talk(url, send) == Sent("250 2.0.0 taken")
        relay.tokens = frozenset({"second"})
        assert talk(url, send) == Sent("250 2.0.0 taken")
        assert len(relay.sign_ins) == 4
        relay.tokens = frozenset({"third"})
        said.unlink()
        with pytest.raises(RefusesUs, match=r"token_command: cat gave no token: .*No such file"):
            talk(url, offers)


def test_a_command_that_is_not_there():
    relay = Faulty(extensions=PASSWORDS)
    with running(relay), pytest.raises(RefusesUs, match="no-such-command cannot be run"):
        talk(f"smtp://us@127.0.0.1:{relay.port}?auth=xoauth2&token_command=no-such-command", offers)


def test_what_a_relay_offers():
    with running(Faulty(extensions=("PIPELINING", "SMTPUTF8", "SIZE 1000000"))) as relay:
        assert talk(relay.url, offers) == Offers(pipelining=True, utf8=True, size=1_000_000)
    with running(Faulty(extensions=("SIZE",))) as relay:
        assert talk(relay.url, offers) == Offers(size=0)
    with running(Faulty(extensions=())) as relay:
        assert talk(relay.url, offers) == Offers()


def test_an_address_in_another_script_goes_where_the_relay_takes_it():
    async def both(line):
        first = await line.offer("ада@example.org") or await line.deliver(BODY, "ünï@example.org")
        return first, await line.offer("ünï@example.org") or await line.deliver(BODY), await send(line)

    with running(Faulty(extensions=("PIPELINING", "SMTPUTF8"))) as relay:
        assert talk(relay.url, both) == (Sent("250 2.0.0 taken"),) * 3
    mails = [verb for verb in relay.verbs if verb.startswith("MAIL")]
    assert mails == ["MAIL FROM:<news@example.org> SMTPUTF8"] * 2 + ["MAIL FROM:<news@example.org>"]
    assert "RCPT TO:<ада@example.org>" in relay.verbs

    async def ahead(line):
        first = await line.offer("ada@example.org") or await line.deliver(BODY, "ада@example.org")
        return first, await line.offer("ада@example.org"), await send(line)

    with running(Faulty(extensions=("PIPELINING",))) as relay:
        taken = Sent("250 2.0.0 taken")
        assert talk(relay.url, ahead) == (taken, Refused(NO_UTF8), taken)


def test_size_is_told_where_it_is_asked_for_and_what_is_too_large_is_not_tried():
    async def three(line):
        first = await line.offer("ada@example.org", 30_000) or await line.deliver(
            BODY, "bob@example.org", 90_000
        )
        return first, await line.offer("bob@example.org", 90_000), await line.offer("cy@example.org", 30_100)

    with running(Faulty(extensions=("PIPELINING", "SIZE 50000"))) as relay:
        sent, refused, offered = talk(relay.url, three)
    assert (sent, offered) == (Sent("250 2.0.0 taken"), None)
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("the message has some 90000 bytes, and the relay takes 50000 at most")
    mails = [verb for verb in relay.verbs if verb.startswith("MAIL")]
    assert mails == ["MAIL FROM:<news@example.org> SIZE=30720"] * 2
