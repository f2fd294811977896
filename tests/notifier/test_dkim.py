"""Signatures as another implementation sees them."""

from __future__ import annotations

import email
from datetime import UTC, datetime
from pathlib import Path

import dkim as dkimpy
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from notifier import dkim, mime, proofs
from notifier.sender import Worker
from notifier.splice import mark
from tests.notifier import mailing
from tests.notifier.mailing import transactional_db  # noqa: F401 - a fixture
from tests.notifier.relay import running

AT = datetime(2025, 2, 17, 6, 0, tzinfo=UTC)
DOMAIN = "newsroom.example"
RSA, ED25519 = generate_rsa(65537, 2048), Ed25519PrivateKey.generate()
KEYS = (dkim.Key("r2025", RSA), dkim.Key("e2025", ED25519))
HEADERS = [
    ("From", "OSCE newsroom <news@newsroom.example>"),
    ("To", mark("to")),
    ("Subject", mime.unstructured("Пресс-релиз — " + "a comprehensive law " * 6, "Subject")),
    ("Date", "Mon, 17 Feb 2025 06:00:00 +0000"),
    ("Message-ID", f"<{mark('message_id')}@newsroom.example>"),
    ("List-Unsubscribe", f"<https://newsroom.example/unsubscribe/{mark('unsubscribe')}>"),
    ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
]
TEXT = f".A dot first\nYou chose: {mark('choice')}\n\nUnsubscribe: {mark('unsubscribe')}\n"
HTML = f"<p>Ünïcode — {mark('choice')}</p>\n"
VALUES = {
    "to": "ada@example.org",
    "message_id": "abc123",
    "unsubscribe": "t0ken_-",
    "choice": "Border management",
}


def records(*keys: dkim.Key) -> dict[bytes, bytes]:
    return {f"{key.selector}._domainkey.{DOMAIN}.".encode(): key.record.encode() for key in keys}


def signed(values=VALUES, keys=KEYS, html=HTML) -> bytes:
    return dkim.Prepared(mime.build(HEADERS, TEXT, html, "=_b")).signed(values, keys, DOMAIN, AT)


def verifies(message: bytes, *keys: dkim.Key) -> list[bool]:
    """For each signature, in order."""
    found = records(*keys)

    def dns(name, timeout=5):
        return found.get(name if isinstance(name, bytes) else name.encode())

    def one(index):
        try:
            return dkimpy.DKIM(message).verify(index, dnsfunc=dns)
        except dkimpy.ValidationError:  # a body hash that does not fit
            return False

    return [one(index) for index in range(len(keys))]


@pytest.mark.holds("M7")
def test_both_signatures_verify_in_another_implementation():
    message = signed()
    assert verifies(message, *KEYS) == [True, True]
    assert email.message_from_bytes(message)["To"] == "ada@example.org"


@pytest.mark.holds("M7")
@given(
    choice=st.text(max_size=300), to=st.from_regex(r"[a-z0-9._+-]{1,40}@[a-z]{1,20}\.example", fullmatch=True)
)
def test_whatever_fills_the_slots_is_signed(choice, to):
    assert verifies(signed({**VALUES, "choice": choice, "to": to}), *KEYS) == [True, True]


@pytest.mark.parametrize(
    "changed",
    [
        lambda m: m.replace(b"ada@example.org", b"eve@example.org"),
        lambda m: m.replace(b"Border management", b"Border menagement"),
        lambda m: m.replace(b"t0ken_-=", b"t0ken_x="),
        lambda m: m.replace(b"From: ", b"From: eve@evil.example\r\nFrom: ", 1),
        lambda m: m.replace(b"Subject: ", b"Subject: Re: ", 1),
    ],
)
def test_a_change_on_the_way_breaks_them(changed):
    message = signed()
    assert changed(message) != message
    assert verifies(changed(message), *KEYS) == [False, False]


def test_the_body_may_begin_with_a_slot_and_the_header_lines_may_be_folded_anew():
    message = signed(html=mark("choice"))
    assert verifies(message, *KEYS) == [True, True]
    assert verifies(message.replace(b"From: OSCE newsroom <", b"From:  OSCE newsroom\r\n <"), *KEYS) == [
        True,
        True,
    ]


@pytest.mark.holds("M5")
def test_the_signature_is_made_of_short_lines_and_is_always_the_same():
    message = signed()
    signatures = message.split(b"\r\nFrom: ")[0]
    assert max(map(len, signatures.split(b"\r\n"))) <= 78
    assert message.count(b"DKIM-Signature: ") == 2
    assert b"h=from:from:to:subject:" in message
    assert message == signed()


def written(path: Path, key, mode: int = 0o600, encryption=None) -> Path:
    data = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())
    path.write_bytes(data)
    path.chmod(mode)
    return path


def test_keys_are_read_from_files(tmp_path):
    rsa, ed25519 = written(tmp_path / "rsa.pem", RSA), written(tmp_path / "ed.pem", ED25519)
    keys = dkim.load([("r2025", rsa), ("e2025", ed25519)])
    assert [key.algorithm for key in keys] == ["rsa-sha256", "ed25519-sha256"]
    assert [key.record for key in keys] == [key.record for key in KEYS]
    assert keys[1].record.startswith("v=DKIM1; k=ed25519; p=")


def test_a_key_that_cannot_be_used_is_named_with_the_reason(tmp_path):
    rsa = written(tmp_path / "rsa.pem", RSA)
    (tmp_path / "junk.pem").write_text("junk")
    (tmp_path / "junk.pem").chmod(0o600)
    faulty = {
        ("r", written(tmp_path / "open.pem", RSA, 0o640)): r"others may read it \(mode 0640\); expected 0600",
        ("r", tmp_path / "none.pem"): "No such file",
        ("r", tmp_path / "junk.pem"): "no private key in PEM",
        ("r", written(tmp_path / "locked.pem", RSA, encryption=BestAvailableEncryption(b"x"))): "password",
        ("r", written(tmp_path / "small.pem", generate_rsa(65537, 1024))): "1024 bits; expected 2048",
        (
            "r",
            written(tmp_path / "ec.pem", generate_private_key(SECP256R1())),
        ): "expected an RSA or an Ed25519 key",
        ("a b", rsa): "a selector is letters",
    }
    for entry, why in faulty.items():
        with pytest.raises(dkim.BadKey, match=why) as caught:
            dkim.load([entry])
        assert str(entry[1]) in str(caught.value)
    with pytest.raises(dkim.BadKey, match="each selector"):
        dkim.load([("r", rsa), ("r", rsa)])


@pytest.fixture
def keys(tmp_path, settings):
    settings.DKIM_KEYS = [
        ("r2025", written(tmp_path / "rsa.pem", RSA)),
        ("e2025", written(tmp_path / "ed.pem", ED25519)),
    ]
    return settings.DKIM_KEYS


@pytest.mark.holds("M7")
@pytest.mark.usefixtures("transactional_db", "keys")
def test_what_a_worker_sends_is_signed_and_what_is_sent_as_a_test_too(settings):
    mailing.a_newsroom(sender_address=f"news@{DOMAIN}")
    release = mailing.a_release("Пограничные новости", ["border-management"])
    dispatch = mailing.a_dispatch(mailing.subscribers(20), [release])
    with running() as relay:
        assert dict(Worker(4, relay.url).drain()) == {"sent": 20}
        proofs.send(dispatch.editions.get(), "ada@newsroom.example", relay.url)
    assert [verifies(message.raw, *KEYS) for message in relay.messages] == [[True, True]] * 21


@pytest.mark.usefixtures("transactional_db")
def test_with_a_key_that_others_may_read_nothing_is_sent(tmp_path, settings, herald):
    settings.DKIM_KEYS = [("r2025", written(tmp_path / "rsa.pem", RSA, 0o644))]
    with pytest.raises(dkim.BadKey, match="chmod 600"):
        Worker(1, "smtp://127.0.0.1:1")
    told = herald("check", "dkim")
    assert (told.code, told.out.startswith("wrong")) == (1, True)


@pytest.mark.usefixtures("transactional_db", "keys")
def test_the_check_prints_the_records_to_publish(herald):
    mailing.a_newsroom(sender_address=f"news@{DOMAIN}")
    told = herald("check", "dkim")
    assert told.code == 0
    for key in KEYS:
        assert f'{key.selector}._domainkey.{DOMAIN} TXT "{key.record}"' in told.out
