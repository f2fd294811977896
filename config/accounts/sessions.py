"""Sessions in the database that know whose they are: Django's own engine, with a table of ours.

A session ends after 12 hours without a request (`SESSION_COOKIE_AGE`), and in any case after `LIFETIME`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import QuerySet

from config.models import AccountSession

LIFETIME = timedelta(days=7)
NOTED_EVERY = timedelta(minutes=5)  # so that not every page writes
BEGAN, SEEN, AGENT, NETWORK = "began", "seen", "agent", "network"


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls) -> type[AccountSession]:
        return AccountSession

    def create_model_instance(self, data: dict[str, Any]) -> AccountSession:
        row: AccountSession = super().create_model_instance(data)  # type: ignore[assignment] # ours, by the above
        row.account_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        row.began_at, row.seen_at = instant(data.get(BEGAN)), instant(data.get(SEEN))
        row.agent, row.network = str(data.get(AGENT, ""))[:200], str(data.get(NETWORK, ""))[:50]
        return row


def of(account: int, now: datetime) -> QuerySet[AccountSession]:
    """The account's sessions that have not ended, the one used last first."""
    return AccountSession.objects.filter(account_id=account, expire_date__gt=now).order_by("-seen_at")


def end(account: int, but: str | None = None, only: str | None = None) -> int:
    """End sessions of an account: all, all but one, or only one, by their keys. How many there were."""
    found = AccountSession.objects.filter(account_id=account)
    found = found.filter(session_key=only) if only else found
    return found.exclude(session_key=but).delete()[0] if but else found.delete()[0]


def sweep(now: datetime) -> None:
    """Delete those that have ended."""
    AccountSession.objects.filter(expire_date__lt=now).delete()


def instant(seconds: Any) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def age(now: datetime, seconds: Any) -> timedelta:
    """How long ago an instant of a session was; very long where it has none."""
    then = instant(seconds)
    return now - then if then else timedelta.max
