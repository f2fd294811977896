"""The audit log: added to, taken out, forgotten when its time has come; never changed."""

from __future__ import annotations

import csv
import json
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from config import auditing, exports, guard, origin
from config.models import AppendOnly, AuditEntry, AuditWindow
from config.roles import Role
from tests.config.samples import NOW
from tests.staff import account

pytestmark = [pytest.mark.django_db, pytest.mark.holds("S8", "S9")]


def entry(subject: str = "release 1", **more):
    facts = {"before": None, "after": None, "now": NOW, **more}
    return auditing.record("account:7", "admin", "changed", subject, **facts)


@pytest.fixture
def guarded(db):
    guard.install(connection)


def test_an_entry_is_never_changed_or_deleted_by_the_models():
    one = entry()
    for act in (
        one.save, one.delete, AuditEntry.objects.all().delete, lambda: AuditEntry.objects.update(actor="x"),
    ):  # fmt: skip
        with pytest.raises(AppendOnly):
            act()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM config_auditentry",
        "UPDATE config_auditentry SET actor = 'x'",
        "TRUNCATE config_auditentry"
        if connection.vendor == "postgresql"
        else "REPLACE INTO config_auditentry SELECT * FROM config_auditentry",
    ],
)
def test_the_database_itself_refuses_too(guarded, statement):
    entry()
    if connection.vendor == "postgresql":  # what the entry still owes would hinder TRUNCATE first
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match="only added to"), transaction.atomic():
        connection.cursor().execute(statement)
    assert AuditEntry.objects.get().actor == "account:7"


def test_what_is_too_old_is_forgotten_by_its_own_way_alone(guarded):
    entry("old", now=NOW - timedelta(days=400))
    entry("new")
    assert auditing.forget(NOW - timedelta(days=365), "command:retention", NOW) == 1
    assert [(e.subject, e.action) for e in AuditEntry.objects.order_by("pk")] == [
        ("new", "changed"), ("audit log", "forgotten"),
    ]  # fmt: skip
    assert not AuditWindow.objects.exists()
    with pytest.raises(DatabaseError, match="only added to"), transaction.atomic():
        connection.cursor().execute("DELETE FROM config_auditentry WHERE subject = 'new'")


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_formulas_are_text_in_the_csv(sign):
    entry(f"{sign}HYPERLINK(1)", before={"title": "=1"})
    head, line = csv.reader("".join(exports.lines("csv", auditing.COLUMNS, auditing.rows())).splitlines(True))
    cells = dict(zip(head, line, strict=True))
    assert cells["subject"].startswith("'")
    assert cells["before"] == '{"title": "=1"}'
    assert cells["at"] == NOW.isoformat()


def test_ndjson_holds_before_and_after():
    entry(before={"title": "=old"}, after={"title": "new"})
    [line] = exports.lines("ndjson", auditing.COLUMNS, auditing.rows())
    told = json.loads(line)
    assert (told["before"], told["after"]) == ({"title": "=old"}, {"title": "new"})


def test_a_span_is_taken_out():
    for days in range(3):
        entry(str(days), now=NOW + timedelta(days=days))
    found = auditing.rows(NOW + timedelta(days=1), NOW + timedelta(days=2))
    assert [row["subject"] for row in found] == ["1"]


def test_from_where_a_change_came():
    with origin.coming_from("admin:feeds_release_change", origin.coarse("192.0.2.77")):
        entry()
    found = AuditEntry.objects.get()
    assert (found.page, found.network) == ("admin:feeds_release_change", "192.0.2.0/24")
    assert entry("later").page == ""


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"), ("::ffff:192.0.2.1", "192.0.2.0/24"), ("unix:", ""), ("", ""),
    ],
)  # fmt: skip
def test_networks_are_coarse(address, network):
    assert origin.coarse(address) == network


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_an_administrator_takes_it_out_and_that_is_recorded(form, newsroom):
    entry("=release 1")
    client: Client = account(Role.ADMINISTRATOR)
    answer = client.get(f"/admin/config/auditentry/export/{form}/")
    assert "attachment" in answer["Content-Disposition"]
    assert "release 1" in b"".join(answer.streaming_content).decode()
    last = AuditEntry.objects.first()
    assert (last.action, last.after, last.page) == (
        "exported",
        {"as": form},
        "admin:config_auditentry_export",
    )
