"""`herald replies read`, `herald suppressions …`, `herald check replies`, and what `herald subscribers show` says."""

import io
import json
import mailbox
import sys
from types import SimpleNamespace

import pytest
from django.db import OperationalError

from config import clock
from notifier import returns
from notifier.models import Reply, Suppression
from notifier.replies import receiving
from tests.notifier.mailing import a_newsroom, a_subscriber
from tests.notifier.replies.kit import raw

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    a_newsroom()
    return a_subscriber("ada@example.net")


def path_of(who):
    return returns.sender(who.pk, 7, clock.now().date())


def test_a_message_in_a_file(herald, ada, tmp_path):
    file = tmp_path / "bounce.eml"
    file.write_bytes(raw("hard/postfix.eml"))
    assert herald("replies", "read", str(file)).out == "1 strange\n"
    assert herald("replies", "read", str(file), "--to", path_of(ada)).out == "1 recorded\n"
    again = herald("replies", "read", str(file), "--to", path_of(ada), "--json")
    assert json.loads(again.out) == {"known": 1}
    missing = herald("replies", "read", str(tmp_path / "none"))
    assert missing.code == 1
    assert "No such file" in missing.err


@pytest.mark.parametrize("header", ["Delivered-To", "X-Original-To", "To"])
def test_a_pipe_that_names_the_address_in_a_header(herald, ada, monkeypatch, header):
    content = f"{header}: <{path_of(ada)}>\n".encode() + raw("hard/qmail.eml")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    assert herald("replies", "read", "-").out == "1 recorded\n"
    assert Reply.objects.get().kind == "hard"


def test_a_pipe_keeps_what_could_not_be_recorded(herald, ada, monkeypatch):
    def failing(*_):
        raise OperationalError("no disk")

    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(raw("hard/qmail.eml"))))
    monkeypatch.setattr(receiving, "receive", failing)
    told = herald("replies", "read", "-")
    assert (told.code, told.out) == (75, "")
    assert "no disk" in told.err


def test_a_maildir_is_read_once(herald, ada, tmp_path):
    box = mailbox.Maildir(tmp_path / "box")
    for name in ("hard/postfix.eml", "auto/vacation.eml", "other/a-person.eml"):
        to = f"Delivered-To: {path_of(ada)}\n" if "a-person" not in name else ""
        box.add(to.encode() + raw(name))
    assert json.loads(herald("replies", "read", str(tmp_path / "box"), "--json").out) == {
        "recorded": 2,
        "strange": 1,
    }
    assert herald("replies", "read", str(tmp_path / "box")).out == "nothing new\n"
    assert len(list((tmp_path / "box" / "cur").iterdir())) == 3
    assert herald("replies", "read", str(tmp_path)).code == 1


def test_the_listener_wants_to_know_where(herald, ada):
    told = herald("replies")
    assert told.code == 1
    assert "REPLIES_BIND is not set" in told.err


def test_suppressions_added_listed_and_removed(herald, ada):
    made = json.loads(
        herald("suppressions", "add", "Ada@example.net", "--reason", "by letter", "--days", "3", "--json").out
    )
    listed = herald("suppressions", "list", "--json")
    assert [row["number"] for row in json.loads(listed.out)] == [made["number"]]
    assert json.loads(listed.out)[0]["reason"] == "by letter"
    assert json.loads(listed.out)[0]["expires_at"]
    assert "by letter" in herald("suppressions", "list", "--address", "ada@example.net").out
    assert herald("suppressions", "list", "--address", "bob@example.net", "--json").out == "[]\n"
    shown = herald("subscribers", "show", "ada@example.net").out
    assert "suppressed: by letter (until " in shown
    assert herald("suppressions", "remove", "ada@example.net", "--note", "a mistake").code == 0
    assert not Suppression.objects.exists()
    assert herald("suppressions", "remove", "ada@example.net").code == 1
    assert herald("suppressions", "add", "a b@c").code == 1


def test_what_came_back_is_shown(herald, ada):
    receiving.receive(raw("hard/postfix.eml"), path_of(ada), clock.now())
    shown = herald("subscribers", "show", "ada@example.net").out
    assert "undeliverable for good (5.1.1), dispatch 7" in shown
    assert "suppressed: bounced: 5.1.1" in shown


def test_check_says_where_replies_come_and_what_is_wrong(herald, ada, settings):
    told = herald("check", "replies").out
    assert "nothing is read unless" in told
    settings.REPLIES_BIND, settings.WEBHOOKS = "127.0.0.1:8025", {"ses": "arn:x"}
    told = herald("check", "replies")
    assert (told.code, told.out.count("\n")) == (0, 1)
    assert "by mail at 127.0.0.1:8025, by ses at http://localhost:8000/webhooks/ses" in told.out
    settings.BOUNCE_ADDRESS = "bounces@mail.example.net"
    told = herald("check", "replies")
    assert told.code == 1
    assert "SPF then says nothing for DMARC" in told.out
    settings.BOUNCE_ADDRESS = ""
    assert "BOUNCE_ADDRESS is not set" in herald("check", "replies").out
