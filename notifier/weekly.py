"""The weekly summary, by mail, to those who work here and want it.

    Monday 06:00 UTC --rows, one an account and week--> claimed by whoever is first --> letter --> the relay --> sent_at

It goes straight to the relay, as invitations do (decision 62), so not while mail is stopped. A scheduler that dies
between the relay's answer and its mark sends it again in an hour, with the same Message-ID.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime

import structlog
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import translation

from config import kept_relay
from config.accounts import keys
from feeds import store, templating
from feeds.models import Newsroom
from notifier import days, inbox, layouts, mime, proofs
from notifier.days import Days, What
from notifier.inbox import Pile
from notifier.models import Channel, Summary

log = structlog.stdlib.get_logger(__name__)
HOUR = 6  # UTC, of Monday: when the figures of Sunday are there
AGAIN = timedelta(hours=1)
TOO_LATE = timedelta(days=3)  # a summary of last week on Friday is of no use
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the letter. `before`: the same of the week before, or None."""

    words: str
    count: int
    before: int | None = None

    def __str__(self) -> str:
        before = f" ({self.before:,} the week before)" if self.before is not None else ""
        return f"{self.count:,} {self.words}{before}"


@dataclass(frozen=True, slots=True)
class Week:
    """What the letter says: the days (the first and the last), figures, and what waits for its reader."""

    first: date
    last: date
    figures: Sequence[Figure]
    piles: Sequence[Pile]


def send_due(now: datetime) -> int:
    """Send what is due and has not been sent; how many left. Whatever fails is tried again in an hour."""
    week = due(now)
    if week is None or not kept_relay.url() or Channel.objects.filter(stopped_at__isnull=False).exists():
        return 0
    wanting = _wanting()
    Summary.objects.bulk_create(
        [Summary(week=week, account=user, next_at=now) for user in wanting], ignore_conflicts=True
    )
    waiting = Summary.objects.filter(week=week, sent_at=None, next_at__lte=now, account__in=wanting)
    return sum(_send(row, now) for row in waiting.select_related("account").order_by("pk"))


def due(now: datetime) -> date | None:
    """The Monday with which the week began that is to be told of; None while none is due."""
    today = now.astimezone(UTC).date()
    monday = today - timedelta(days=today.weekday())
    begins = datetime.combine(monday, time(HOUR), UTC)
    return monday - _WEEK if begins <= now < begins + TOO_LATE else None


def facts(week: date, piles: Sequence[Pile]) -> Week:
    """The figures of the week that began on this Monday, beside those of the one before."""
    last = week + _WEEK - timedelta(days=1)
    found = days.read(last, 14)
    lines = (
        ("releases announced", What.RELEASES),
        ("messages sent", What.MESSAGES),
        ("bounces", What.BOUNCES),
        ("complaints", What.COMPLAINTS),
        ("people joined", What.JOINED),
        ("people left", What.LEFT),
    )
    figures = [Figure(words, *_halves(found, what)) for words, what in lines]
    return Week(week, last, [*figures, *_people(found)], piles)


def message(user: User, week: Week, to: str, now: datetime) -> bytes:
    """The letter to one account, both parts, signed where there are keys."""
    newsroom = store.newsroom()
    subject = mime.one_line(f"{newsroom.name}: the week of {week.first:%-d %B}")
    context = {
        "week": week,
        "inbox": templating.absolute(reverse("admin:index")),
        "dashboard": templating.absolute(reverse("dashboard") + "?days=7"),
        "account": templating.absolute(reverse("account")),
    }
    with translation.override("en"):
        html, text = layouts.apart("weekly", newsroom, subject, context)
    name = keys.hashed(f"weekly {week.first} {user.pk}")
    pattern = mime.build(_headers(newsroom, to, subject, name, now), text, html, f"=_{name[:24]}")
    return proofs.sealed(pattern, {}, now)


def _wanting() -> QuerySet[User]:
    return User.objects.filter(is_active=True, is_staff=True, mail__weekly_summary=True).exclude(email="")


def _send(row: Summary, now: datetime) -> bool:
    mine = Summary.objects.filter(pk=row.pk, sent_at=None, next_at__lte=now).update(next_at=now + AGAIN)
    if not mine:
        return False
    user: User = row.account
    week = facts(row.week, list(inbox.seen_by(user.has_perm, inbox.piles(now))))
    try:
        proofs.deliver(lambda to: message(user, week, to, now), user.email, kept_relay.url())
    except proofs.NotSent as error:
        log.warning("a weekly summary did not leave, and is tried again", account=user.pk, error=str(error))
        return False
    Summary.objects.filter(pk=row.pk).update(sent_at=now)
    return True


def _headers(newsroom: Newsroom, to: str, subject: str, name: str, now: datetime) -> list[tuple[str, str]]:
    domain = newsroom.sender_address.rpartition("@")[2]
    return [
        ("From", mime.mailbox(newsroom.sender_name, newsroom.sender_address)),
        ("To", to),
        ("Subject", mime.unstructured(subject, "Subject")),
        ("Date", format_datetime(now)),
        ("Message-ID", f"<{name}@{domain}>"),
        ("Auto-Submitted", "auto-generated"),
        ("Content-Language", "en"),
    ]


def _halves(found: Days, what: What) -> tuple[int, int]:
    """(of the last seven days, of the seven before)"""
    counts = found.flow(what)
    return sum(counts[7:]), sum(counts[:7])


def _people(found: Days) -> list[Figure]:
    """How many there were at the end of either week, where they were counted."""
    level = found.level(What.PEOPLE)
    now, before = level[-1], level[6]
    return [] if now is None else [Figure("subscribers at its end", now, before)]
