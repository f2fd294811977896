"""A dead man's switch: while all is well, somebody outside is told so every minute; their alarm is that we fall silent.

What watches this machine from within goes down with it. So HEARTBEAT_URL is an address of a service elsewhere (or of
Prometheus' own pushgateway) that raises an alarm when it has not been asked for some minutes.
"""

from __future__ import annotations

import ipaddress
from datetime import datetime
from importlib.metadata import version

import structlog
from django.conf import settings

from config import health
from feeds.web.answer import FetchError, Web
from feeds.web.client import Client, Limits, agent
from feeds.web.guard import Allowed

log = structlog.stdlib.get_logger(__name__)
_ANYWHERE = Allowed((ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")))  # an operator named it
_silent: list[str] = []


def tell(now: datetime, web: Web | None = None) -> bool:
    """Ask HEARTBEAT_URL, if there is one and `/readyz` would be green. True if it was told. The address may be
    a secret: it is not logged.
    """
    url = settings.HEARTBEAT_URL
    if not url or settings.HERALD_DEMO or health.problems(now):
        return False
    try:
        answer = (web or _client()).get(url)
        why = "" if answer.status < 400 else f"it answers {answer.status}"
    except FetchError:
        why = "it cannot be reached"
    _note(why)
    return not why


def _note(why: str) -> None:
    """When it begins and when it is over."""
    if why and not _silent:
        log.warning("HEARTBEAT_URL is not told that all is well", why=why)
    if not why and _silent:
        log.warning("HEARTBEAT_URL is told again that all is well")
    _silent[:] = [why] if why else []


def _client() -> Client:
    about = agent(version("herald"), settings.BASE_URL, "")
    return Client(about, _ANYWHERE, proxy=settings.FETCH_PROXY, limits=Limits(seconds=10, body=100_000))
