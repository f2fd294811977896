"""When a message that was deferred is tried again. Numbers in, an interval out."""

from __future__ import annotations

import hashlib
from datetime import timedelta

FIRST = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2))
THEN = timedelta(hours=3)
LIFETIME = timedelta(days=5)
JITTER = 0.2
AFTER_DOT = timedelta(hours=1)  # it may have arrived: a second copy had better come late than soon


def delay(attempt: int, dispatch: int, subscriber: int, *, after_dot: bool = False) -> timedelta | None:
    """How long to wait after the try number `attempt` (from 0) failed; None when its life is over.

    Up to a fifth is added by a hash of (dispatch, subscriber, attempt), so that what was deferred together does not
    come again together, and the same question has the same answer.
    """
    if sum((_step(n) for n in range(attempt + 1)), timedelta()) > LIFETIME:
        return None
    seed = hashlib.blake2b(b"%d %d %d" % (dispatch, subscriber, attempt), digest_size=4).digest()
    jittered = _step(attempt) * (1 + JITTER * int.from_bytes(seed, "big") / 2**32)
    return max(jittered, AFTER_DOT) if after_dot else jittered


def _step(attempt: int) -> timedelta:
    return FIRST[attempt] if attempt < len(FIRST) else THEN
