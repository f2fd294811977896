"""Lists that are taken out: by number, with addresses where they are asked for, and no formula in any of them."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from django.test.client import AsyncRequestFactory
from django.urls import reverse

from config import exports, roles
from config.models import AuditEntry
from config.roles import Role
from notifier import suppressions
from notifier.models import Delivery
from tests.notifier.mailing import a_dispatch, a_newsroom, a_release, subscribers
from tests.notifier.planning_kit import daily, instant, person

PAYLOADS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =cmd|' /C calc'!A0",
    "\uff1d1",
    '"=1"',
    '=HYPERLINK("x")',
    "a=1",
    "",
]
FORMULA = ("=", "+", "-", "@", "\uff1d")


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines(keepends=True)))


def body(answer) -> str:
    return b"".join(answer.streaming_content).decode()


@pytest.fixture
def desk(db) -> Client:
    a_newsroom()
    roles.sync()
    user = User.objects.create_user("desk", is_staff=True)
    roles.give(user, Role.DESK)
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.holds("S9")
@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_cell_is_a_formula_and_each_is_read_back(payload: str) -> None:
    text = "".join(exports.lines("csv", ("n", "text"), [{"n": -1, "text": payload}]))
    _head, (_number, cell) = csv.reader(io.StringIO(text, newline=""))
    assert not cell.lstrip().startswith(FORMULA)
    assert payload in {cell, cell.removeprefix("'")}
    [line] = exports.lines("ndjson", ("n", "text"), [{"n": -1, "text": payload}])
    assert json.loads(line) == {"n": -1, "text": payload}


@pytest.mark.holds("S9")
def test_subscribers_by_number_or_with_addresses_and_the_log_says_which(desk: Client) -> None:
    one = person(daily(), instant(), now=datetime(2026, 11, 1, tzinfo=UTC))
    plain = body(desk.get(reverse("admin:notifier_subscriber_export", args=["csv"])))
    [row] = read(plain)
    assert (row["number"], row["state"], set(row["frequencies"].split())) == (
        str(one.pk),
        "active",
        {"daily", "instant"},
    )
    assert "@" not in plain
    named = body(desk.get(reverse("admin:notifier_subscriber_export", args=["ndjson"]), {"addresses": "1"}))
    assert json.loads(named)["address"].endswith("@example.org")
    told = AuditEntry.objects.filter(action="exported").order_by("pk").values_list("subject", "after")
    assert list(told) == [
        ("subscribers", {"as": "csv", "addresses": False}), ("subscribers", {"as": "ndjson", "addresses": True}),
    ]  # fmt: skip


def test_suppressions_and_the_deliveries_of_a_dispatch(desk: Client) -> None:
    suppressions.add("ada@example.org", "=asked", "account:1", "admin", datetime(2026, 11, 1, tzinfo=UTC))
    [row] = read(body(desk.get(reverse("admin:notifier_suppression_export", args=["csv"]))))
    assert (row["kind"], row["reason"]) == ("person", "'=asked")
    dispatch = a_dispatch(subscribers(3), [a_release()])
    Delivery.objects.filter(dispatch_id=dispatch.pk).update(state=Delivery.State.SENT)
    rows = read(body(desk.get(reverse("admin:notifier_dispatch_export", args=[dispatch.pk, "csv"]))))
    assert [row["state"] for row in rows] == ["sent"] * 3
    assert desk.get(reverse("admin:notifier_dispatch_export", args=[dispatch.pk, "xls"])).status_code == 404


@pytest.mark.holds("S8")
def test_an_editor_takes_no_people_out(db) -> None:
    roles.sync()
    user = User.objects.create_user("ed", is_staff=True)
    roles.give(user, Role.EDITOR)
    client = Client()
    client.force_login(user)
    for name, args in (("subscriber", ["csv"]), ("suppression", ["csv"]), ("dispatch", [1, "csv"])):
        assert client.get(reverse(f"admin:notifier_{name}_export", args=args)).status_code == 403


def test_an_answer_is_put_together_piece_by_piece_on_either_kind_of_server() -> None:
    rows = [{"n": number} for number in range(1_200)]
    whole = "".join(exports.lines("csv", ("n",), rows))
    plain = exports.answer(RequestFactory().get("/"), "list", "csv", ("n",), iter(rows))
    assert body(plain) == whole

    async def collected() -> list[bytes]:
        answer = exports.answer(AsyncRequestFactory().get("/"), "list", "csv", ("n",), iter(rows))
        return [part async for part in answer]

    parts = asyncio.run(collected())
    assert len(parts) == 3
    assert b"".join(parts).decode() == whole


def test_the_command_prints_them(herald, db) -> None:
    a_newsroom()
    person(daily(), now=datetime(2026, 11, 1, tzinfo=UTC))
    assert "@" not in herald("subscribers", "list").out
    assert "@example.org" in herald("subscribers", "list", "--as", "csv", "--addresses").out
    assert herald("subscribers", "list", "--as", "xml").code == 2
