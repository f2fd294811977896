"""A hub is a web server of the tests, and is told by a client of theirs."""

from tests.feeds.web.server import site, web

__all__ = ["site", "web"]
