"""When a message that was deferred is tried again. Numbers in, an interval out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

JITTER = 0.2
AFTER_DOT = timedelta(hours=1)  # it may have arrived: a second copy had better come late than soon


@dataclass(frozen=True, slots=True)
class Schedule:
    """The pause after each try, of which the last goes on, and how long a message and a letter are tried in all."""

    pauses: tuple[timedelta, ...]
    lifetime: timedelta
    lifetime_of_letters: timedelta

    def delay(
        self, attempt: int, dispatch: int, subscriber: int, *, after_dot: bool = False, letter: bool = False
    ) -> timedelta | None:
        """How long to wait after the try number `attempt` (from 0) failed; None when its life is over.

        Up to a fifth is added by a hash of (dispatch, subscriber, attempt), so that what was deferred together does not
        come again together, and the same question has the same answer.
        """
        if self._elapsed(attempt) > (self.lifetime_of_letters if letter else self.lifetime):
            return None
        seed = hashlib.blake2b(b"%d %d %d" % (dispatch, subscriber, attempt), digest_size=4).digest()
        jittered = self._pause(attempt) * (1 + JITTER * int.from_bytes(seed, "big") / 2**32)
        return max(jittered, AFTER_DOT) if after_dot else jittered

    def _elapsed(self, attempt: int) -> timedelta:
        """When the try after `attempt` comes at the earliest, counted from the first."""
        steps = self.pauses[: attempt + 1]
        return sum(steps, timedelta()) + self.pauses[-1] * (attempt + 1 - len(steps))

    def _pause(self, attempt: int) -> timedelta:
        return self.pauses[min(attempt, len(self.pauses) - 1)]
