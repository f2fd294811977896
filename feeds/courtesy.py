"""A limit for those who fetch the same unchanged feed again and again, in full, and send no validator.

Whoever sends If-None-Match, If-Modified-Since or A-IM is never limited, and a feed that has changed is always given.
Of a client (an address and a User-Agent, so that those behind one address are told apart) there is only a hash under a
key of this process, with one number; it is forgotten ten minutes after the client was last here.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from ipaddress import ip_address
from math import ceil
from threading import Lock

WINDOW = 600.0  # seconds
MOST_CLIENTS = 20_000  # in memory, some 3 MB; beyond them those who were here longest ago are forgotten
LEAST_WAIT = 60  # seconds: nobody needs a feed again sooner (its max-age)
VALIDATORS = frozenset({b"if-none-match", b"if-modified-since", b"a-im"})
_RELAYED = (b"forwarded", b"via", b"cdn-loop")


class Courtesy:
    """`limit` answers in full for one client, one feed and one state of it in ten minutes; 0: no limit.

    Each answer moves the instant at which the client would be even (GCRA): one number, and no window's edge to wait
    for. Who has not been here for a while may take `limit` at once. Safe among threads.
    """

    def __init__(self, limit: int) -> None:
        self._pause = WINDOW / limit if limit else 0.0
        self._key = secrets.token_bytes(16)
        self._even: OrderedDict[bytes, float] = OrderedDict()  # in the order of last answers
        self._lock = Lock()

    def wait(self, client: str, path: str, asked: Mapping[bytes, str], tag: str, at: float) -> int:
        """Seconds until `client` (an address) may have this state (`tag`) of a feed in full again; 0: it may now, and
        that is noted.

        `asked`: its headers, names in lower case. `at`: seconds of any clock that does not step.
        """
        if not self._pause or not concerns(client) or not asked.keys().isdisjoint(VALIDATORS):
            return 0
        name = self._name(client, asked.get(b"user-agent", ""), path, tag)
        with self._lock:
            even = max(self._even.get(name, at), at) + self._pause
            early = even - WINDOW - at
            if early < self._pause / 1000:
                self._keep(name, even)
                return 0
        return max(LEAST_WAIT, ceil(early)) if _is_one(client, asked) else 0

    def forget(self, at: float) -> None:
        """Drop all who have been away long enough to begin anew."""
        with self._lock:
            for name in [name for name, even in self._even.items() if even <= at]:
                del self._even[name]

    def _name(self, *parts: str) -> bytes:
        return blake2b("\0".join(parts).encode("utf-8", "replace"), key=self._key, digest_size=12).digest()

    def _keep(self, name: bytes, even: float) -> None:
        self._even[name] = even
        self._even.move_to_end(name)
        if len(self._even) > MOST_CLIENTS:
            self._even.popitem(last=False)


@lru_cache(maxsize=4_096)
def concerns(client: str) -> bool:
    """Whether somebody with this address may ever be limited: no client on the internet has any but a global one."""
    try:
        return ip_address(client).is_global
    except ValueError:
        return False


def _is_one(address: str, asked: Mapping[bytes, str]) -> bool:
    """Whether `address` is a client's own, and not that of a proxy with many behind it.

    The server puts the client's address in the place of that of a proxy it trusts. One that it does not trust is known
    by what it forwards for others.
    """
    behind = f"{asked.get(b'x-forwarded-for', '')},{asked.get(b'x-real-ip', '')}".split(",")
    named = {part.strip() for part in behind} - {""}
    return named <= {address} and not any(name in asked for name in _RELAYED)
