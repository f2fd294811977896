"""What tests of corrections share: a release with a mistake, what a look does, and who is told."""

from __future__ import annotations

from datetime import datetime

import pytest

from feeds import notice
from feeds.models import Newsroom, Release
from notifier import corrections, planner, withdrawals
from notifier.models import Correction
from tests.notifier.planning_kit import DAY, MINUTE, NOW, release
from tests.notifier.postman import Received, carry

MORNING = NOW.replace(hour=7) + DAY
WRONG, RIGHT = "The meeting is on Monday.", "The meeting is on Tuesday."


@pytest.fixture
def newsroom(db):
    Newsroom.objects.bulk_create(
        [Newsroom(pk=1, name="Newsroom", list_domain="example.org")], ignore_conflicts=True
    )


def look(now: datetime) -> None:
    """What a look of the scheduler does."""
    notice.take(now)
    withdrawals.follow(now)
    corrections.follow(now)
    planner.plan(now)


def mail(now: datetime) -> list[Received]:
    look(now)
    return carry(now)


def rewrite(release_id: int, now: datetime, summary: str = RIGHT, **columns: object) -> None:
    Release.objects.filter(pk=release_id).update(summary=summary, **columns)
    notice.take(now)


def corrected(release_id: int, now: datetime, note: str = "It is Tuesday.") -> Correction:
    rewrite(release_id, now)
    return corrections.mark(release_id, note, "command:test", now)


def told(messages: list[Received], title: str = "A meeting") -> list[int]:
    """Whom these messages tell of the correction, once for each time; not those whose news it is, corrected already."""
    return sorted(
        m.subscriber for m in messages if f"Corrected: {title}" in m.words and "Before: " in m.words
    )


def a_meeting(*labels: str, at: datetime = NOW + MINUTE, **columns: object) -> int:
    return release(*labels, at=at, title="A meeting", summary=WRONG, **columns)
