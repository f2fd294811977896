"""Fixtures of the web's tests; other tests import them from tests.feeds.web.server."""

from tests.feeds.web.server import site, web

__all__ = ["site", "web"]
