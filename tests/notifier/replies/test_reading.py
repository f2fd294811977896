"""What replies mean: a corpus of many makers, sorted by kind into folders; and junk, which is nothing at all."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.models import Reply
from notifier.replies import meaning, parsing, reading
from notifier.replies.meaning import Meaning
from tests.notifier.replies.kit import names, raw

Kind = Reply.Kind
STATUSES = {
    "hard/postfix.eml": "5.1.1", "hard/exchange.eml": "5.1.10", "hard/qmail.eml": "5.1.1", "hard/gmail.eml": "5.1.1",
    "hard/exchange-edge.eml": "5.4.1", "hard/yahoo.eml": "5.0.0", "hard/encoded-status.eml": "5.1.1",
    "hard/international.eml": "5.1.1", "soft/postfix-full.eml": "5.2.2", "soft/postfix-expired.eml": "4.4.1",
    "soft/qmail-quota.eml": "5.2.2", "soft/gmail-policy.eml": "5.7.1", "delayed/postfix.eml": "4.4.1",
}  # fmt: skip


@pytest.mark.holds("M9")
@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
def test_each_of_the_corpus_is_what_its_folder_says(name, ends):
    found = reading.read(raw(name).replace(b"\n", ends)).meaning
    assert found.kind == name.partition("/")[0]
    assert found.status == STATUSES.get(name, found.status)


def test_the_corpus_has_some_of_every_kind():
    assert {name.partition("/")[0] for name in names()} == set(Kind.values)
    assert len(names()) > 50


def test_a_reply_is_known_again_by_its_message_id_or_else_by_all_of_it():
    once = reading.read(raw("hard/postfix.eml"))
    assert reading.read(b"Received: by another\n" + raw("hard/postfix.eml")).digest == once.digest
    assert reading.read(raw("hard/sendmail.eml")).digest != once.digest
    assert reading.read(b"a").digest != reading.read(b"b").digest


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        ("5.1.1", "", Kind.HARD),
        ("5.1.6", "moved", Kind.HARD),
        ("5.0.0", "550 user unknown", Kind.HARD),
        ("", "550 no such user here", Kind.HARD),
        ("", "550 5.1.1 whatever", Kind.HARD),
        ("5.0.0", "user unknown or mailbox full", Kind.SOFT),
        ("5.0.0", "550 Sender address rejected: Domain not found", Kind.SOFT),
        ("5.0.0", "550 unknown user, relaying denied", Kind.SOFT),
        ("5.7.1", "user unknown, blocked by policy", Kind.SOFT),
        ("5.7.1", "user unknown", Kind.SOFT),
        ("4.1.1", "user unknown", Kind.SOFT),
        ("5.1.2", "domain not found", Kind.SOFT),
        ("", "", Kind.SOFT),
        ("junk", "no idea", Kind.SOFT),
        ("5.1.1.1", "", Kind.SOFT),
    ],
)
def test_codes_and_words(status, words, kind):
    assert meaning.of_failure(status, words).kind == kind


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("smtp; 550 5.1.1 nobody", "5.1.1"),
        ("Exim 4.96 at 192.0.2.5 said: 552-5.2.2 full", "5.2.2"),
        ("(#5.1.1)", "5.1.1"),
        ("host 10.5.1.1 says no", ""),
        ("host 5.1.1.3 says no", ""),
        ("450 try later", "4.0.0"),
        ("version 5.2.1 said 550 5.1.1 no", "5.1.1"),
        ("", ""),
    ],
)
def test_a_code_is_found_where_it_stands(text, status):
    assert meaning.status_in(text) == status


def test_the_mildest_of_several_counts():
    hard, soft = Meaning(Kind.HARD, "5.1.1"), Meaning(Kind.SOFT, "5.2.2")
    assert meaning.together([hard, soft]) == soft
    assert meaning.together([hard, hard]) == hard
    assert meaning.together([hard], reached_somebody=True) == Meaning(Kind.SOFT, "5.1.1")


@given(st.binary(max_size=3000))
def test_junk_is_nothing(data):
    assert reading.read(data).meaning.kind in Kind


@given(st.sampled_from(names()), st.integers(0, 2**32), st.integers(1, 40))
def test_what_is_cut_turned_and_torn_is_read_without_an_error(name, seed, times):
    data, chance = bytearray(raw(name)), random.Random(seed)
    for _ in range(times):
        at = chance.randrange(len(data) + 1)
        piece = bytes(data[at : at + chance.randrange(60)])
        match chance.randrange(4):
            case 0:
                del data[at : at + len(piece)]
            case 1:
                data[at:at] = piece * chance.randrange(5)
            case 2:
                data[at:at] = chance.choice([b"\0", b"\r", b"\n\n", b"\xff\xfe", b"--", b"=?utf-8?b?", b":"])
            case _:
                data[at : at + len(piece)] = piece[::-1]
    assert reading.read(bytes(data)).meaning.kind in Kind


@pytest.mark.parametrize("length", [0, 1, 100, 400, 900])
@pytest.mark.parametrize("name", ["hard/postfix.eml", "complaint/abuse.eml"])
def test_a_reply_that_breaks_off_is_read_as_far_as_it_goes(name, length):
    assert reading.read(raw(name)[:length]).meaning.kind in Kind


def nested(depth):
    heads = (f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(depth))
    return "".join(heads).encode()


@pytest.mark.parametrize(
    "data",
    [
        nested(2_000),
        nested(parsing.MOST_PARTS) + b"--b0\n--b24\n" * 40_000,
        b"Content-Type: message/rfc822\n\n" * 20_000,
        b"X" * 2_000_000,
        b"From: a\n" * 200_000,
        b"Subject: " + b"=?utf-8?q?x?= " * 30_000,
        b"From: MAILER-DAEMON@x\n\n" + b"<" * 400_000,
        b"From: MAILER-DAEMON@x\n\n" + b"user a@b.c " * 40_000,
        b"Content-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/delivery-status\n\n"
        + b"Action: failed\n\n" * 30_000,
        b"\0" * 100_000,
        b"Content-Type: text/plain; charset=no-such\nContent-Transfer-Encoding: base64\n\n!!!\n",
    ],
    ids=lambda data: f"{len(data)}-{data[:12]!r}",
)
def test_what_is_made_to_hurt_does_not(data):
    began = time.process_time()
    assert reading.read(data).meaning.kind in Kind
    assert time.process_time() - began < 20


def test_nesting_without_end_is_not_looked_into():
    assert parsing.parse(nested(parsing.MOST_PARTS + 1)) is None
    assert parsing.parse(nested(3)) is not None
