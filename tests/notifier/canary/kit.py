"""A canary on its way, step by step: what schedulers, workers and web processes do with it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from feeds.web.answer import Unreachable
from notifier import jobs
from notifier.canary import keeping
from notifier.models import NOBODY, Canary, Delivery
from tests.feeds.stories import NOW
from tests.notifier.replies.kit import ADDRESS

EVERY, MINUTE, SECOND = timedelta(minutes=15), timedelta(minutes=1), timedelta(seconds=1)


def ways(settings, folder, *, replies=True):
    """An installation that sends canaries every quarter of an hour, by mail to itself if it takes `replies`."""
    settings.FEED_FOLDER = folder
    settings.CANARY_EVERY, settings.CANARY_OVERDUE = EVERY, 2 * EVERY
    settings.SMTP_URL = "smtp://relay.test:25"
    settings.BOUNCE_ADDRESS = ADDRESS if replies else ""
    settings.REPLIES_BIND = "127.0.0.1:8025" if replies else ""


def begun(now=NOW) -> Canary:
    """The canary of this interval, written and not noticed yet."""
    made = keeping.begin(now, EVERY)
    assert made is not None
    return made


def looked(now=NOW) -> Canary:
    """The newest canary, after a scheduler has looked."""
    jobs.look(now)
    found = keeping.newest()
    assert found is not None
    return found


def served(url: str) -> bytes:
    """What a web process answers, from the folder that it serves."""
    path = Path(settings.FEED_FOLDER) / urlsplit(url).path.removeprefix("/feeds/")
    if not path.exists():
        raise Unreachable(f"{url}: 404")
    return path.read_bytes()


def handed(row: Canary, now=NOW) -> None:
    """As a worker does when the relay has taken its message."""
    mine = Delivery.objects.filter(dispatch_id=row.dispatch_id, subscriber_id=NOBODY)
    assert mine.update(state=Delivery.State.SENT, finished_at=now) == 1


def went_through(now=NOW) -> Canary:
    """A canary all the way, at once."""
    begun(now)
    row = looked(now)
    keeping.seen(row, now)
    if row.dispatch_id:
        handed(row, now)
        keeping.arrive(row.dispatch_id, now)
    return looked(now)
