"""The canary's feed, read as a reader reads it: by HTTP, from a web process."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import timedelta
from importlib.metadata import version

from django.conf import settings

from config import clock
from feeds import canary
from feeds.web.answer import FetchError
from feeds.web.client import Client, Limits, agent
from feeds.web.guard import Allowed
from notifier import ledger
from notifier.canary import keeping

EAGER = timedelta(seconds=10)
"""How long a fresh canary is looked for without a pause; after that once in each call."""
_STEP = 0.05
_ANYWHERE = Allowed((ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")))  # our own addresses
_LOCAL = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what a server listens on, and where to ask it

Read = Callable[[str], bytes]
"""The document at an address. Raises FetchError."""


def prove(over: Callable[[float], bool], read: Read | None = None) -> None:
    """Begin the canary that is due, and look for the newest one in its feed. `over(seconds)` waits that long; true when
    the process is to end. By the database's clock, as others may end what is begun here.
    """
    if settings.CANARY_EVERY is None:
        return
    keeping.begin(ledger.instant(), settings.CANARY_EVERY)
    row = keeping.newest()
    if row is None or row.served_at:
        return
    until = clock.ticks() + (row.begun_at + EAGER - ledger.instant()).total_seconds()
    while not is_served(row.name, read or _read):
        if clock.ticks() >= until or over(_STEP):
            return
    keeping.seen(row, ledger.instant())


def is_served(name: str, read: Read) -> bool:
    """Whether the feed has the canary `name`. No cache between has seen this address before."""
    for place in places():
        try:
            return canary.carries(read(f"{place}/feeds/{canary.PATH}.atom?{name}"), name)
        except FetchError:
            continue
    return False


def places() -> list[str]:
    """Where to ask, the next where one does not answer."""
    if settings.CANARY_URL:
        return [settings.CANARY_URL]
    host = _LOCAL.get(settings.HERALD_BIND, settings.HERALD_BIND)
    here = f"[{host}]" if ":" in host else host
    return [f"http://{here}:{settings.HERALD_PORT}", settings.BASE_URL]


def _read(url: str) -> bytes:
    about = agent(version("herald"), settings.BASE_URL, "")
    answer = Client(about, _ANYWHERE, limits=Limits(seconds=5, body=1_000_000)).get(url)
    return answer.body if answer.status == 200 else b""
