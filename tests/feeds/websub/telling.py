"""A newsroom with a hub: what is published, what the hub is owed, and what it was told."""

from __future__ import annotations

from urllib.parse import parse_qsl

from django.conf import settings

from feeds import websub
from feeds.formats import FORMATS
from feeds.models import HubPing
from feeds.publisher import publish
from feeds.web.client import Limits
from tests.feeds.stories import NOW, settle
from tests.feeds.web.server import Site, client

BASE = "https://feeds.example.org"


def go(now=NOW, folder=None):
    """Take notice, publish, and note what the hub is to be told of; how many documents that are."""
    folder = folder or settings.FEED_FOLDER
    settle(now)
    publish(folder, now)
    return websub.follow(folder, now)


def ping(now=NOW, **limits):
    limits = {"seconds": 5.0, **limits}
    return websub.ping_due(now, client(limits=Limits(**limits), now=lambda: now))


def topics(*paths):
    """The addresses of these feeds in all formats."""
    return sorted(f"{BASE}/feeds/{path}.{suffix}" for path in paths for suffix in FORMATS)


def owed():
    return sorted(HubPing.objects.values_list("topic", flat=True))


def told(site: Site):
    """What the hub was told of, a list for each request."""
    forms = [parse_qsl(asked.body.decode()) for asked in site.requests]
    return [[value for name, value in form if name == "hub.url"] for form in forms]


def told_of(site: Site):
    """The same, all together."""
    return sorted(topic for request in told(site) for topic in request)
