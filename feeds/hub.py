"""What is said to a WebSub hub, and what its answer means. Touches no database.

The Recommendation leaves open how a publisher tells its hub of a change (W3C WebSub, 6). Hubs take the form of
PubSubHubbub 0.3, 7.1: `hub.mode=publish` with `hub.url`, which some call `hub.topic`; so both are sent. The field may
be repeated, but only few hubs look at more than one: the others take the last and answer as if all were well. So a
request names one document, unless the newsroom says that its hub takes more (Newsroom.hub_topics).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol

from feeds import normalise
from feeds.web.answer import Answer, FetchError

FIRST = timedelta(seconds=1)
LONGEST = timedelta(minutes=15)
JITTER = 0.2
_REFUSALS = frozenset({400, 413, 422})  # of what was named; any other failure is the hub's own
_SAID = 120  # characters of its answer that are kept
_ERROR = 300


class Post(Protocol):
    def post(self, url: str, fields: Iterable[tuple[str, str]]) -> Answer:
        """Send a form. Raises FetchError."""


class Verdict(Enum):
    TAKEN = "taken"
    REFUSED = "refused"  # these documents, or so many at once
    FAILED = "failed"  # whatever it would have been asked


@dataclass(frozen=True, slots=True)
class Reply:
    """`error` says in one sentence what went wrong. `not_before`: when the hub wants to be asked again, if it said."""

    verdict: Verdict
    error: str = ""
    not_before: datetime | None = None


def tell(web: Post, hub: str, topics: Sequence[str]) -> Reply:
    """One request: these documents have changed. Raises nothing that the hub or the way to it could be blamed for."""
    fields = [(name, topic) for topic in topics for name in ("hub.url", "hub.topic")]
    try:
        answer = web.post(hub, [("hub.mode", "publish"), *fields])
    except FetchError as error:
        return Reply(Verdict.FAILED, normalise.excerpt(str(error), _ERROR))
    if 200 <= answer.status < 300:
        return Reply(Verdict.TAKEN)
    verdict = Verdict.REFUSED if answer.status in _REFUSALS else Verdict.FAILED
    return Reply(verdict, _in_words(answer), answer.not_before)


def delay(failures: int, seed: str) -> timedelta:
    """How long to wait after so many failures in a row: twice as long each time, at most a quarter of an hour.

    Up to a fifth is added by a hash of `seed`, so that not all who failed together come again together.
    """
    waited = min(FIRST * (1 << min(failures - 1, 20)), LONGEST)
    found = hashlib.blake2b(f"{seed} {failures}".encode(), digest_size=4).digest()
    return waited * (1 + JITTER * int.from_bytes(found, "big") / 2**32)


def _in_words(answer: Answer) -> str:
    said = normalise.excerpt(normalise.plain(answer.body[:2_000].decode("utf-8", "replace")), _SAID)
    where = answer.url.partition("?")[0]
    return normalise.excerpt(f"{where}: answered {answer.status}" + (f": {said}" if said else ""), _ERROR)
