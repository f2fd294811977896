"""What every kind of message says of itself on the wire, in every language (RFC 5322, 2045-2047, 2369, 2919, 8058)."""

import email
import email.policy
import re
from datetime import datetime
from email.header import decode_header, make_header

import pytest
from django.conf import settings

from feeds.models import Newsroom
from notifier import letters, samples
from notifier.headers import LISTED

NEWSROOM = Newsroom(
    name="Служба новостей", publisher="ОБСЕ", sender_name="Служба новостей «Восток», отдел связи с прессой и прочими",
    sender_address="news@example.org", list_domain="news.example.org",
)  # fmt: skip
KINDS = [(kind, language) for kind in samples.KINDS for language in settings.HERALD_LANGUAGES]


def wire(kind, language, newsroom=NEWSROOM):
    """The bytes one person gets."""
    letter = samples.letter(kind, language)
    pattern = letters.compose(letter, newsroom)
    values = letters.values(pattern, 7, letter.made_at.date(), 11, "ada@example.org", "Выборы или Elections")
    return letter, pattern.fill(values)


@pytest.mark.holds("M5")
@pytest.mark.parametrize(("kind", "language"), KINDS)
def test_every_message_says_what_mail_servers_ask_for(kind, language):
    letter, raw = wire(kind, language)
    found = email.message_from_bytes(raw, policy=email.policy.default)
    assert found["from"].addresses[0].addr_spec == "news@example.org"
    raw_from = email.message_from_bytes(raw)[
        "from"
    ]  # the newer parser keeps blanks between encoded words in names
    assert str(make_header(decode_header(raw_from))) == f"{NEWSROOM.sender_name} <news@example.org>"
    assert [str(address) for address in found["to"].addresses] == ["ada@example.org"]
    assert found["date"].datetime == datetime.fromisoformat("2025-02-17T06:00:00+00:00")
    assert re.fullmatch(r"<[0-9a-f]{40}@news\.example\.org>", found["message-id"])
    assert found["auto-submitted"] == "auto-generated"
    assert found["feedback-id"] == f"0:{letter.layout}:{language}:herald"
    assert found["content-language"] == language
    assert found["subject"]
    assert not found.defects
    assert [str(name).lower() for name in found].count("to") == 1
    listed = {name.lower() for name in found if name.lower().startswith("list-")}
    expected = {"list-id", "list-unsubscribe", "list-unsubscribe-post", "list-help", "list-archive"}
    assert listed == (expected if letter.layout in LISTED else set())


@pytest.mark.holds("M5")
@pytest.mark.parametrize(("kind", "language"), KINDS)
def test_every_line_is_one_that_a_mail_server_takes(kind, language):
    letter, raw = wire(kind, language)
    assert re.search(rb"(?<!\r)\n|\r(?!\n)|[^\x09\x0a\x0d\x20-\x7e]", raw) is None
    lines = raw.split(b"\r\n")
    head = lines[: lines.index(b"")]
    assert max(map(len, lines)) <= 998
    assert max(map(len, lines[len(head) :])) <= 76
    assert not any(line.startswith(b".") for line in lines)
    words = re.findall(rb"=\?[^?\s]+\?[bqBQ]\?[^?\s]*\?=", b"\r\n".join(head))
    assert words
    assert max(map(len, words)) <= 75
    folded = [line for line in head if b"=?" in line]
    assert max(map(len, folded)) <= 76
    if letter.layout in LISTED:
        [way_out] = [line for line in head if line.lower().startswith(b"list-unsubscribe:")]
        page = rb"unwatch/sample-5" if letter.layout == "watch" else rb"unsubscribe"
        assert re.fullmatch(rb"List-Unsubscribe: <http://localhost:8000/" + page + rb"/[\w-]{46}>", way_out)
        assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head


@pytest.mark.holds("M5")
@pytest.mark.parametrize("kind", samples.KINDS)
def test_a_message_sent_again_is_the_same_message(kind):
    (_, first), (_, again) = wire(kind, "ru"), wire(kind, "ru")
    assert first == again


@pytest.mark.holds("M4")
@pytest.mark.parametrize(("kind", "language"), KINDS)
def test_every_message_is_fit_for_everybody(kind, language):
    from tests.notifier.reading import Message

    letter, raw = wire(kind, language)
    found = Message(raw)
    assert found.types == ["text/plain", "text/html"]
    assert (found.page.get("lang"), found.page.get("dir")) == (language, "ltr")
    assert len(found.headings("h1")) == 1
    assert {table.get("role") for table in found.page.iter("table")} == {"presentation"}
    assert not list(found.page.iter("img", "script", "link", "iframe", "form"))
    assert "url(" not in found.html
    assert "display: flex" not in found.html
    assert "prefers-color-scheme: dark" in found.html
    assert len(found.html.encode()) < 100_000
    assert found.subject == found.page.findtext(".//title")
    if letter.entries:
        way_out = "/unwatch/" if letter.layout == "watch" else "/unsubscribe/"
        assert all(way in "".join(found.links()) for way in ("/manage/", way_out))
        chosen = letter.layout in {"alert", "digest"}
        assert ("Выборы или Elections" in found.page.text_content()) == chosen
        assert ("Выборы или Elections" in found.text) == chosen
    if language != "en":
        assert not {"Unsubscribe", "Yours because", "Read on the web"} & set(
            re.findall(r"[A-Z][a-z ]+", found.text)
        )
