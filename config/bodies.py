"""How much of a request is read at all, before anybody looks at it."""

from __future__ import annotations

from asgiref.typing import ASGIReceiveCallable, ASGIReceiveEvent

LONGEST = 10_000_000  # bytes; Django itself would keep whatever is sent on disk


def bounded(receive: ASGIReceiveCallable) -> ASGIReceiveCallable:
    """`receive`, but a body that is longer than LONGEST ends one byte after it, so that its reader sees that."""
    room = LONGEST + 1

    async def next_part() -> ASGIReceiveEvent:
        nonlocal room
        event = await receive()
        while room == 0 and event["type"] == "http.request":  # nobody waits for the rest
            event = await receive()
        if event["type"] == "http.request":
            body = event.get("body", b"")[:room]
            room -= len(body)
            return {
                "type": "http.request",
                "body": body,
                "more_body": event.get("more_body", False) and room > 0,
            }
        return event

    return next_part
