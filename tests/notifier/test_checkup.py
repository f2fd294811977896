"""The checks behind `herald check` and the health page, and that page."""

from __future__ import annotations

import json
import re
import socket
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client

from config import health, roles
from config.models import AuditEntry
from config.roles import Role
from notifier.checkup import Grade, here, network
from notifier.checkup.network import DnsFault, Sender
from tests.notifier.mailing import MORNING, a_newsroom
from tests.notifier.relay import running
from tests.staff import account, desk

URL = "/admin/health/"
KEY = SimpleNamespace(selector="r26", record="v=DKIM1; k=rsa; p=ABCdef")
GOOD = {
    "example.org": ["google-site-verification=1", "v=spf1 a:relay.example -all"],
    "r26._domainkey.example.org": ["v=DKIM1; k=rsa; p=ABC def"],
    "_dmarc.example.org": ["v=DMARC1; p=reject"],
}


def judged(records, domain="example.org", path="example.org", keys=(KEY,)):
    """{what it is about: (grade, words)}"""
    found = network.side_by_side(
        network.judge(Sender(domain, path, keys), lambda name: records.get(name, []))
    )
    return {one.about: (one.grade, one.words) for one in found}


def test_records_as_they_should_be():
    found = judged(GOOD)
    assert {grade for grade, _ in found.values()} == {Grade.OK}
    assert list(found) == ["SPF", "DKIM r26", "DMARC"]


@pytest.mark.parametrize(
    ("about", "name", "records", "said"),
    [
        ("SPF", "example.org", [], 'has no TXT "v=spf1'),
        ("SPF", "example.org", ["v=spf1 -all", "v=spf1 a -all"], "then none counts"),
        ("SPF", "example.org", ["v=spf1 +all"], "lets everybody"),
        ("SPF", "example.org", ["v=spf10 -all"], "has no TXT"),
        ("DKIM r26", "r26._domainkey.example.org", [], "is not there: it must be TXT"),
        ("DKIM r26", "r26._domainkey.example.org", ["v=DKIM1; p=other"], "has another key"),
        ("DKIM r26", "r26._domainkey.example.org", ["v=DKIM1; p="], "is not there"),
        ("DMARC", "_dmarc.example.org", [], "is not there"),
        ("DMARC", "_dmarc.example.org", ["v=DMARC1; p=none", "v=DMARC1; p=none"], "then none counts"),
    ],
)
def test_a_record_that_is_wrong_is_said_with_what_it_must_be(about, name, records, said):
    grade, words = judged(GOOD | {name: records})[about]
    assert grade == Grade.WRONG
    assert said in words


def test_dmarc_that_only_watches_is_noted_and_that_of_the_domain_above_counts():
    above = GOOD | {"_dmarc.example.org": ["v=DMARC1;p=none; rua=mailto:x@example.org"]}
    found = judged(above, domain="news.press.example.org")
    assert found["DMARC"][0] == Grade.NOTE
    assert found["DMARC"][1].startswith("_dmarc.example.org says")


def test_spf_is_that_of_the_return_path():
    assert judged(GOOD, path="bounces.example.org")["SPF"][1].startswith("bounces.example.org has no TXT")


def test_a_resolver_that_does_not_answer_is_no_missing_record():
    def silent(_name):
        raise DnsFault("no server answered")

    for one in network.side_by_side(network.judge(Sender("example.org", "example.org"), silent)):
        assert (one.grade, one.words) == (Grade.WRONG, "could not be asked for: no server answered")


def test_the_newest_backup_as_its_record_tells_it(settings, tmp_path: Path):
    settings.HERALD_HOME = tmp_path
    [none] = here.backup(MORNING)
    assert none.grade == Grade.NOTE
    file = tmp_path / here.BACKUP
    for age, grade in ((timedelta(hours=20), Grade.OK), (timedelta(days=3), Grade.NOTE)):
        file.write_text(
            json.dumps({"at": (MORNING - age).isoformat(), "file": "herald.tar.zst", "size": 2_000_000})
        )
        [found] = here.backup(MORNING)
        assert found.grade == grade
        assert "herald.tar.zst, 1.9\xa0MB" in found.words
    for broken in ("", "[]", "{}", '{"at": "2025-02-17T00:00:00", "file": "x", "size": 1}'):
        file.write_text(broken)
        assert "cannot be read" in here.backup(MORNING)[0].words


@pytest.mark.parametrize(("free", "grade"), [(500, Grade.OK), (80, Grade.NOTE), (20, Grade.WRONG)])
def test_a_disk_that_fills(monkeypatch, free, grade):
    monkeypatch.setattr(
        here.shutil, "disk_usage", lambda _: SimpleNamespace(free=free << 20, total=1000 << 20)
    )
    assert here.disk(MORNING)[0].grade == grade


@pytest.mark.django_db
def test_clocks_that_have_gone_apart(monkeypatch):
    assert here.clocks(MORNING)[0].grade == Grade.OK
    real = here.ledger.instant()
    monkeypatch.setattr(here.ledger, "instant", lambda: real - timedelta(minutes=2))
    found = here.clocks(MORNING)[0]
    assert found.wrong
    assert "from the database's" in found.words


# The page


@pytest.fixture
def newsroom(db, settings, monkeypatch):
    roles.sync()
    a_newsroom()
    monkeypatch.setattr(health, "_checks", {})


def test_looking_asks_nobody_elsewhere(newsroom, monkeypatch):
    monkeypatch.setattr(network, "everything", lambda: pytest.fail("asked"))
    health.register("publisher", lambda _: "3 changes are not in the feeds yet")
    page = desk(account(Role.VIEWER).get(URL))
    assert "found something wrong" in page
    assert page.index("wrong publisher 3 changes") < page.index("fine database")
    assert "Ask them now" not in page


def test_the_button_asks_the_relay_outside_of_any_transaction(newsroom, settings, monkeypatch):
    inside, real = [], network.side_by_side
    monkeypatch.setattr(
        network, "side_by_side", lambda all_: inside.append(len(connection.savepoint_ids)) or real(all_)
    )
    monkeypatch.setattr(network, "_asked", lambda name: GOOD.get(name, []))
    admin = account(Role.ADMINISTRATOR)
    with running() as relay:
        settings.SMTP_URL = relay.url
        page = desk(admin.post(URL))
    assert "127.0.0.1 answers" in re.sub(r":\d+ answers", " answers", page)
    assert "v=spf1 a:relay.example -all" in page
    assert relay.messages == []
    assert inside == [0]
    assert AuditEntry.objects.filter(action="checked").count() == 1


def test_a_relay_that_says_nothing_takes_no_longer_than_its_limit(newsroom, settings, monkeypatch):
    monkeypatch.setattr(network, "RELAY_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.SMTP_URL = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        [found] = network.relays()
    assert "did not answer within" in found.words


@pytest.mark.holds("S8")
def test_who_may_only_look_cannot_have_others_asked(newsroom, monkeypatch):
    monkeypatch.setattr(network, "everything", lambda: pytest.fail("asked"))
    assert account(Role.VIEWER).post(URL).status_code == 403
    assert account(Role.DESK).post(URL).status_code == 403
    assert Client().get(URL).status_code == 302
