"""A request to the application that serves feeds, as its server makes it."""

from __future__ import annotations

import asyncio

from feeds import serving


def ask(path="/feeds/all.atom", method="GET", client=None, **headers):
    """Status, headers and body of the answer."""
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        raise AssertionError("a feed has no use for a body")

    named = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": named}
    scope["client"] = (client, 0) if client else None
    asyncio.run(serving.application(scope, receive, send))
    start, body = sent
    return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body["body"]
