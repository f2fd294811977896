"""Erasing a person: nothing that was theirs is left in any table, and a backup that is restored does not bring it back.

erase -> rows gone; a keyed hash of the address in the database, and in a file beside it
a backup is restored -> the file knows hashes that the database does not -> replay -> erased again
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import structlog
from django.conf import settings
from django.db import transaction

from config import revisions
from notifier.models import (
    Ask,
    CorrectionDue,
    Delivery,
    Dispatch,
    Erasure,
    Particular,
    Subscriber,
    Suppression,
)
from notifier.planning import lock

log = structlog.stdlib.get_logger(__name__)
AT_ONCE = 500
FILE = "erasures"


def erase(subscriber: Subscriber, now: datetime, actor: str = "subscriber", way: str = "page") -> None:
    """For good, and with all that is queued. Erasing somebody who is gone is no error. `now` is an aware instant, UTC.

    What stays names nobody: sums of dispatches, editions that were others' too, selections without a person; in the
    audit log, that somebody of this number was erased; and a hash, under the key of the addresses. In a backup of
    before they moved they have another address, so there they are known by number and beginning.
    """
    known = [_hash(bytes(subscriber.address))]
    if subscriber.moved_at is not None:
        known.append(_hash_of(subscriber))
    _write(known, now)
    with lock.shared():
        Suppression.objects.filter(address=bytes(subscriber.address)).delete()
        Ask.objects.filter(address=bytes(subscriber.address)).delete()
        forget(subscriber)
        for name in known:
            _remember(name, now)
        subject = f"subscriber {subscriber.pk}"
        revisions.audit(actor, way, "erased", subject, before=None, after=None, now=now)


def forget(subscriber: Subscriber) -> None:
    """Delete every row of the person, within the caller's transaction and under the planning lock. That their address
    must not be written to is kept: a suppression is not theirs to be forgotten, and names nobody.
    """
    Particular.objects.filter(subscriber_id=subscriber.pk).delete()
    CorrectionDue.objects.filter(subscriber_id=subscriber.pk).delete()
    _forget_mail(subscriber.pk)
    Subscriber.objects.filter(pk=subscriber.pk).delete()


def replay(now: datetime) -> int:
    """Erase again whoever the file says was erased and the database does not; how many there were.

    Who asked anew after that stays: of them only what is older than the erasure is theirs to be forgotten.
    """
    known = dict(Erasure.objects.values_list("pk", "at"))
    missing: dict[str, datetime] = {}
    for name, when in _file():  # somebody may have come again and been erased again: the last time counts
        if name not in known or when > known[name]:
            missing[name] = max(when, missing.get(name, when))
    if not missing:
        return 0
    gone = 0
    people = Subscriber.objects.only("pk", "address", "created_at").order_by("pk")
    for subscriber in people.iterator(chunk_size=2_000):
        at = missing.get(_hash(bytes(subscriber.address))) or missing.get(_hash_of(subscriber))
        if at is not None and subscriber.created_at <= at:
            erase(subscriber, now, "command:worker", "command")
            gone += 1
    with transaction.atomic():
        for name, when in missing.items():
            _remember(name, when)
    log.warning(
        "erasures that this database did not know of are made again",
        erasures=len(missing),
        people=gone,
    )
    return gone


def remember_all(lines: Iterable[str]) -> None:
    """Add lines of another such file, as of a backup, to this one; those it has already are not written twice."""
    with _held():
        present = set(_lines())
        _add(f"{line}\n" for line in dict.fromkeys(lines) if line and line not in present)


def erased(addresses: Iterable[bytes]) -> set[bytes]:
    """Those of the encrypted addresses whose owners had all erased."""
    names = {_hash(address): address for address in addresses}
    known = Erasure.objects.filter(pk__in=list(names)).values_list("pk", flat=True)
    return {names[name] for name in known}


def trim(before: datetime) -> int:
    """Forget erasures older than any backup that may still be restored."""
    old = Erasure.objects.filter(at__lt=before)
    if not old.exists():
        return 0
    with _held():
        kept = [_line(name, at) for name, at in _file() if at >= before]
        draft = _path().with_suffix(".new")
        draft.write_text("".join(kept), encoding="utf-8")
        draft.replace(_path())
    return old.delete()[0]


def _hash(address: bytes) -> str:
    """Of an address as it is kept: that is encrypted under ADDRESS_KEY, so without it nobody can try addresses."""
    return hashlib.blake2b(address, digest_size=20, person=b"herald erased").hexdigest()


def _hash_of(subscriber: Subscriber) -> str:
    """Of whom the number was: a database that was restored may give it to somebody else."""
    return _hash(f"{subscriber.pk} {subscriber.created_at.astimezone(UTC).isoformat()}".encode())


def _remember(name: str, at: datetime) -> None:
    Erasure.objects.update_or_create(pk=name, defaults={"at": at})


def _path() -> Path:
    return Path(settings.HERALD_HOME) / FILE


def _line(name: str, at: datetime) -> str:
    return json.dumps({"erased": name, "at": at.isoformat()}) + "\n"


@contextmanager
def _held() -> Iterator[None]:
    """Keep others from writing the file meanwhile, in this process and in others."""
    with _path().with_suffix(".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _write(names: Iterable[str], at: datetime) -> None:
    """Before the database has it: killed in between, whoever asked for it is erased when a scheduler starts."""
    with _held():
        _add(_line(name, at) for name in names)


def _add(lines: Iterable[str]) -> None:
    """Durable when it returns. The next line begins anew where a crash has cut off the last one."""
    with _path().open("ab+") as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")
        file.writelines(line.encode() for line in lines)
        file.flush()
        os.fsync(file.fileno())


def _lines() -> list[str]:
    try:
        return _path().read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []


def _file() -> Iterator[tuple[str, datetime]]:
    """A line that was cut off by a crash is passed over."""
    for line in _lines():
        try:
            said = json.loads(line)
            yield str(said["erased"]), datetime.fromisoformat(said["at"])
        except (ValueError, KeyError, TypeError):
            log.warning("a line that cannot be read is passed over", file=str(_path()))


def _forget_mail(pk: int) -> None:
    """Deliveries, and letters with what they said. By dispatch, as the ledger's key is."""
    kept = list(Dispatch.objects.filter(archived_at=None).order_by("pk").values_list("pk", flat=True))
    letters: list[int] = []
    for first in range(0, len(kept), AT_ONCE):
        own = Delivery.objects.filter(dispatch_id__in=kept[first : first + AT_ONCE], subscriber_id=pk)
        letters += own.filter(lane=Dispatch.Lane.LETTER).values_list("dispatch_id", flat=True)
        own._raw_delete("default")
    Dispatch.objects.filter(pk__in=letters, lane=Dispatch.Lane.LETTER).delete()
