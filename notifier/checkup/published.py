"""The check of what was published: every feed, read back and compared with the store. It may take minutes."""

from __future__ import annotations

from django.conf import settings

from feeds import readback
from feeds.catalogue import all_feeds
from notifier.checkup.findings import Finding, wrong


def feeds() -> list[Finding]:
    problems = [wrong("feeds", str(problem)) for problem in readback.check(settings.FEED_FOLDER)]
    return problems or [Finding("feeds", f"{len(list(all_feeds()))} feeds read back, all as they should be")]
