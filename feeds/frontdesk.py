"""What every request for a feed goes through, file or selection: it is answered, limited where need be, and counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from django.conf import settings

from config import clock
from feeds import answers
from feeds.answers import Answer
from feeds.courtesy import Courtesy
from feeds.formats import FORMATS
from feeds.memory import Document
from feeds.tally import Tally

TALLY = Tally()
COURTESY = Courtesy(settings.FEED_REPEAT_LIMIT)


class Asked(NamedTuple):
    """GET or HEAD of a feed that exists. `feed` is its path without suffix, `path` the whole one, query included;
    `headers` have names in lower case; `client` is an address, or "".
    """

    feed: str
    suffix: str
    path: str
    method: str
    headers: Mapping[bytes, str]
    client: str


def answer(document: Document, asked: Asked, now: datetime) -> Answer:
    """Status, headers and body."""
    found = answers.answer(document, asked.path, FORMATS[asked.suffix], asked.headers, now)
    if found[0] == 200 and asked.method == "GET":
        tag, at = document.card.tag, clock.ticks()
        if seconds := COURTESY.wait(asked.client, asked.path, asked.headers, tag, at):
            found = answers.later(seconds)
    status, _, body = found
    sent = len(body or b"") if asked.method == "GET" else 0
    agent = asked.headers.get(b"user-agent", "")
    TALLY.count(now.date(), asked.feed, asked.suffix, status, sent, agent)
    return found


def feed_of(path: str) -> str:
    """The feed that a document belongs to, archive pages included."""
    feed, _, page = path.rpartition("/archive/")
    return feed if feed and page.replace("-", "").isdigit() else path
