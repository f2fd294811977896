"""Signatures that take long, made in threads while lines wait for the relay and for the disk.

    ahead = signing.ahead(parcel)        # None where signing takes no time worth speaking of, or nobody could help
    body = sorting.body(parcel, await ahead if ahead else None)

An RSA signature takes 0.7 to 1.2 ms, more than all else about a message together; `cryptography` gives up the
interpreter's lock meanwhile, so that another core can make it. See decision 99.
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

from notifier.sending.parcels import Message, Parcel, Sorting

MOST = 4  # one more than there are cores, as each waits for the interpreter now and then; these keep all of it busy


class Signing:
    """For one event loop. The threads begin with the first message that is signed."""

    def __init__(self, sorting: Sorting) -> None:
        self._sorting = sorting
        self._helps = sorting.signs_slowly and cores() > 1
        self._threads = ThreadPoolExecutor(min(MOST, cores() + 1), "signing")

    def ahead(self, parcel: Parcel) -> asyncio.Future[Message | None] | None:
        """Begin the message. None comes of what cannot be made: `Sorting.body`, asked for it again, says why."""
        if not self._helps:
            return None
        return asyncio.get_running_loop().run_in_executor(self._threads, self._made, parcel)

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)

    def _made(self, parcel: Parcel) -> Message | None:
        try:
            return self._sorting.body(parcel)
        except Exception:  # withdrawn, forgotten, or not to be written: said where it is to be sent
            return None


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0))
