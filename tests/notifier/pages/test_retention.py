"""How long what is kept, and that it goes: each class of the one table, and no model of people forgotten in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import models

from config.models import AuditEntry, Invitation, SignInTry
from notifier import addresses, allowances, erasures, jobs, moves, partitions, retention, subscriptions
from notifier.models import (
    Allowance,
    Ask,
    Canary,
    DayCount,
    Delivery,
    Erasure,
    Import,
    ImportBatch,
    Move,
    Reply,
    Subscriber,
    Summary,
    Suppression,
    Watch,
)
from notifier.subscriptions import UNDO
from tests.feeds.stories import NOW
from tests.notifier.mailing import a_dispatch, a_release
from tests.notifier.pages.people import person

pytestmark = pytest.mark.usefixtures("x")
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
SIGNS = {"address", "subscriber_id", "network", "agent", "even_at"}


def dated(row: models.Model, **columns: object) -> models.Model:
    type(row)._default_manager.filter(pk=row.pk).update(**columns)  # type: ignore[attr-defined]
    return row


def pending(at: datetime) -> models.Model:
    return dated(person(address=f"p{at.timestamp()}@example.org", confirmed=False), created_at=at)


def gone(at: datetime) -> models.Model:
    found = person(address=f"l{at.timestamp()}@example.org")
    subscriptions.leave(found, NOW)
    return dated(found, left_at=at)


def delivered(at: datetime) -> models.Model:
    dispatch = a_dispatch([person()], [a_release("Old news", ["border-management"])], made_at=at)
    Delivery.objects.filter(dispatch_id=dispatch.pk).update(state=Delivery.State.SENT, finished_at=at)
    return Delivery.objects.get(dispatch_id=dispatch.pk)


def reply(at: datetime) -> models.Model:
    return Reply.objects.create(
        subscriber=person(),
        at=at,
        kind="hard",
        status="5.1.1",
        dispatch_id=0,
        counts=True,
        digest=str(at.timestamp()),
    )


def suppressed(at: datetime) -> models.Model:
    address = addresses.encrypt(f"s{at.timestamp()}@example.org")
    return Suppression.objects.create(address=address, kind="soft", reason="4.2.2", at=at, expires_at=at)


def watch(at: datetime) -> models.Model:
    return Watch.objects.create(subscriber=person(), release_id=int(at.timestamp()), created_at=at, until=at)


def move(at: datetime) -> models.Model:
    one = person(address=f"m{at.timestamp()}@example.org")
    return Move.objects.create(
        subscriber=one, to=person(address=f"n{at.timestamp()}@example.org"), asked_at=at
    )


def ask(at: datetime) -> models.Model:
    return Ask.objects.create(kind="manage", address=b"x", language="en", zone="UTC", at=at)


def allowance(at: datetime) -> models.Model:
    return Allowance.objects.create(name=str(at.timestamp())[:32], even_at=at + timedelta(hours=1))


def erasure(at: datetime) -> models.Model:
    return Erasure.objects.create(hash=str(at.timestamp()), at=at)


def audited(at: datetime) -> models.Model:
    return AuditEntry.objects.create(at=at, actor="1", way="admin", action="saved", subject="x")


def tried(at: datetime) -> models.Model:
    return SignInTry.objects.create(key="x", at=at)


def invited(at: datetime) -> models.Model:
    return Invitation.objects.create(address=b"x", role="viewer", made_by="1", made_at=at)


def importing(at: datetime) -> models.Model:
    made = Import.objects.create(name="people.csv", system="CSV", made_at=at, made_by="1")
    return ImportBatch.objects.create(of=made, number=1, size=1, sealed=b"x")


def counted(at: datetime) -> models.Model:
    return DayCount.objects.create(day=at.date(), what="people", count=7)


def summary(at: datetime) -> models.Model:
    user = User.objects.get_or_create(username="ada")[0]
    return Summary.objects.create(week=at.date(), account=user, next_at=at)


def canary(at: datetime) -> models.Model:
    return Canary.objects.create(due_at=at, name=str(at.timestamp()), begun_at=at, release_id=1)


MAKERS: dict[str, tuple[Callable[[datetime], models.Model], timedelta]] = {
    "unconfirmed": (pending, 7 * DAY), "left": (gone, UNDO), "archive": (delivered, 35 * DAY + partitions.leeway()),
    "forget reply": (reply, 90 * DAY), "expired": (suppressed, 30 * DAY), "watches": (watch, 35 * DAY),
    "forget move": (move, 7 * DAY), "asked": (ask, DAY), "forget allowance": (allowance, timedelta(hours=1)),
    "erased": (erasure, 400 * DAY), "audited": (audited, 3 * 365 * DAY), "invited": (invited, 30 * DAY),
    "importing": (importing, DAY),
    "signed_in": (tried, 7 * DAY), "forget days": (counted, 400 * DAY), "summed_up": (summary, 35 * DAY),
    "forget canaries": (canary, DAY),
}  # fmt: skip


@pytest.mark.holds("S9")
@pytest.mark.parametrize("name", MAKERS)
def test_what_was_kept_for_long_enough_goes_and_the_rest_stays(name: str, at: dict[str, datetime]) -> None:
    make, period = MAKERS[name]
    old, young = make(NOW - period - DAY), make(NOW - period + (DAY if period > DAY else SECOND))
    retention.end(NOW)
    if name == "archive":
        retention.end(NOW)  # what is counted first is deleted then
    kept = type(old)._default_manager.filter(pk__in=[old.pk, young.pk]).values_list("pk", flat=True)  # type: ignore[attr-defined]
    assert list(kept) == ([young.pk] if name != "signed_in" else [])


def test_each_class_of_the_table_is_tried_here() -> None:
    assert len(list(retention.table())) == len(MAKERS)
    assert len({str(one.name) for one in retention.table()}) == len(MAKERS)


@pytest.mark.holds("S9")
def test_no_model_that_holds_something_of_a_person_is_forgotten() -> None:
    named = {model for one in retention.table() for model in one.models} | retention.KEPT_WITH.keys()
    personal = set()
    for model in apps.get_models():
        fields = model._meta.get_fields()
        related = {f.related_model for f in fields if f.concrete and f.is_relation}
        if Subscriber in related or SIGNS & {field.name for field in fields} or model is Subscriber:
            personal.add(model._meta.label_lower)
    assert personal - {"feeds.source"} <= named  # its address is that of a page
    assert named <= {model._meta.label_lower for model in apps.get_models()}


def test_that_an_address_must_not_be_written_to_outlives_who_left() -> None:
    found = gone(NOW - 60 * DAY)
    Suppression.objects.create(address=found.address, kind="complaint", reason="abuse", at=NOW)  # type: ignore[attr-defined]
    retention.end(NOW)
    assert not Subscriber.objects.filter(pk=found.pk).exists()
    assert Suppression.objects.count() == 1


def test_what_cannot_be_deleted_holds_up_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_now: datetime) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(retention, "unconfirmed", broken)
    ask(NOW - 3 * DAY)
    jobs.archive(NOW)
    assert not Ask.objects.exists()


def test_allowances_of_all_together_stay() -> None:
    allowances.take("192.0.2.1", NOW)
    retention.end(NOW + 2 * DAY)
    assert list(Allowance.objects.values_list("pk", flat=True)) == [allowances.ALL]


@pytest.mark.holds("S9")
def test_a_restored_backup_does_not_bring_back_who_was_erased(settings: object) -> None:
    path = erasures._path()
    path.unlink(missing_ok=True)
    person(address="gone@example.org")
    stays = person(address="stays@example.org")
    erasures.erase(Subscriber.objects.get(address=addresses.encrypt("gone@example.org")), NOW)
    assert b"gone" not in path.read_bytes()
    # a backup from before: the person is there, and the database knows of no erasure
    Erasure.objects.all().delete()
    dated(person(address="gone@example.org"), created_at=NOW - DAY)
    with path.open("a") as file:
        file.write("cut off by a cra")
    assert erasures.replay(NOW) == 1
    assert list(Subscriber.objects.values_list("pk", flat=True)) == [stays.pk]
    assert erasures.replay(NOW) == 0
    assert len(path.read_text().splitlines()) == 3, "the next line is no part of one that was cut off"
    # who came again and was erased again is gone again
    dated(person(address="gone@example.org"), created_at=NOW + DAY)
    erasures.erase(Subscriber.objects.get(address=addresses.encrypt("gone@example.org")), NOW + 2 * DAY)
    Erasure.objects.update(at=NOW)
    dated(person(address="gone@example.org"), created_at=NOW + DAY)
    assert erasures.replay(NOW + 3 * DAY) == 1
    Erasure.objects.update(at=NOW + 2 * DAY)
    # who asks again is a new person
    again = dated(person(address="gone@example.org"), created_at=NOW + 4 * DAY)
    Erasure.objects.all().delete()
    assert erasures.replay(NOW + 5 * DAY) == 0
    assert Subscriber.objects.filter(pk=again.pk).exists()
    erasures.trim(NOW + 500 * DAY)
    assert path.read_text() == ""


@pytest.mark.holds("S9")
def test_a_backup_of_before_somebody_moved_does_not_bring_them_back_either() -> None:
    erasures._path().unlink(missing_ok=True)
    found, other = person(address="old@example.org"), person(address="new@example.org", confirmed=False)
    move = moves.begin(found, other, NOW)
    moves.agree(move, found, NOW)
    assert moves.agree(move, other, NOW)
    found.refresh_from_db()
    number, began = found.pk, found.created_at
    erasures.erase(found, NOW + DAY)
    Erasure.objects.all().delete()
    for address, created_at in (("old@example.org", began), ("else@example.org", began + DAY)):
        sealed = addresses.encrypt(address)
        Subscriber.objects.create(pk=number, address=sealed, domain="example.org", created_at=created_at)
        assert erasures.replay(NOW + 2 * DAY) == (created_at == began), (
            "a number may be somebody else's by then"
        )
        Erasure.objects.all().delete()
