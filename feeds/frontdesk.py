"""What every request for a feed goes through, file or selection: it is answered, limited where need be, and counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import NamedTuple

from django.conf import settings

from config import clock
from feeds import answers, courtesy
from feeds.answers import Answer
from feeds.courtesy import VALIDATORS, Courtesy
from feeds.formats import FORMATS
from feeds.memory import Document
from feeds.models import CANARY
from feeds.pages import faults
from feeds.tally import Tally

MOST_ANSWERS = 64  # kept of one document
LONGEST_ASKED = (
    1_000  # bytes of what an answer is kept by; an honest client's ETag and encodings have a tenth
)
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
    headers: Mapping[bytes, bytes]
    client: str


class Given(NamedTuple):
    """An answer; its headers as `lines` of HTTP/1.1; whether another client, or the same one soon, might be `limited`
    where this one was not; and `tally(times)`, for when it is given again. Once it is counted already.
    """

    answer: Answer
    lines: bytes
    limited: bool
    tally: Callable[..., None]


def answer(document: Document, asked: Asked, now: datetime) -> Given:
    """What is said to `asked`, limited and counted."""
    made, lines = _known(document, asked, now)
    limited = made[0] == 200 and asked.method == "GET" and asked.headers.keys().isdisjoint(VALIDATORS)
    if limited and courtesy.concerns(asked.client):
        given = {name: value.decode("latin-1") for name, value in asked.headers.items()}
        tag, at = document.card.tag, clock.ticks()
        if seconds := COURTESY.wait(asked.client, asked.path, given, tag, at):
            made = answers.later(
                seconds, faults.beside_django(429, asked.path.partition("?")[0], asked.headers, seconds)
            )
            lines = answers.lines(made)
    status, _, body = made
    sent = len(body or b"") if asked.method == "GET" else 0
    agent = asked.headers.get(b"user-agent", b"").decode("latin-1")
    count = _uncounted if asked.feed == CANARY else TALLY.count
    tally = partial(count, now.date(), asked.feed, asked.suffix, status, sent, agent)
    tally()
    return Given(made, lines, limited, tally)


def feed_of(path: str) -> str:
    """The feed that a document belongs to, archive pages included."""
    feed, _, page = path.rpartition("/archive/")
    return feed if feed and page.replace("-", "").isdigit() else path


def _uncounted(*_asked: object, **_more: object) -> None:
    """Nobody reads the canary's feed but Herald."""


def _known(document: Document, asked: Asked, now: datetime) -> tuple[Answer, bytes]:
    """Many clients ask the same: what was answered is kept beside the document, as long as that is in memory."""
    telling = tuple(map(asked.headers.get, answers.TELLING))
    kept: tuple[Answer, bytes] | None = document.answers.get(telling)
    if kept is None:
        given = {
            name: value.decode("latin-1")
            for name, value in zip(answers.TELLING, telling, strict=True)
            if value
        }
        made = answers.answer(document, asked.path, FORMATS[asked.suffix], given, now)
        kept = made, answers.lines(made)
        if _worth_keeping(document, made, given, now):
            if len(document.answers) >= MOST_ANSWERS:
                document.answers.clear()
            document.answers[telling] = kept
    return kept


def _worth_keeping(document: Document, made: Answer, given: Mapping[bytes, str], now: datetime) -> bool:
    """Only what adds next to nothing to the document's own size: a difference (226) has a body of its own. What was
    modified just now is still to change what it says of its age.
    """
    small = made[0] != 226 and sum(map(len, given.values())) <= LONGEST_ASKED
    return small and document.modified <= now.timestamp()
