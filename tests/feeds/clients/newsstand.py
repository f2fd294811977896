"""Herald's web application on loopback, in a thread, with a book of what clients asked for and were answered."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from django.conf import settings

from config.asgi import application
from tests.feeds.published import go
from tests.feeds.stories import NOW, SECOND


@dataclass
class Newsstand:
    """`seen`: (path, status) of each request, in the order of the answers."""

    url: str
    seen: list[tuple[str, int]] = field(default_factory=list)
    batches: int = 0

    def publish(self) -> None:
        """What happened since goes out, a second after the last time."""
        go(settings.FEED_FOLDER, NOW + self.batches * SECOND)
        self.batches += 1

    def statuses(self) -> list[int]:
        """Of the requests since this was asked last."""
        found = [status for _, status in self.seen]
        self.seen.clear()
        return found


@contextmanager
def open_newsstand() -> Iterator[Newsstand]:
    """Clients may come as soon as this is entered. Ends the server and waits for it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stand = Newsstand(f"http://127.0.0.1:{listener.getsockname()[1]}")

        async def watched(scope: Any, receive: Any, send: Any) -> None:
            async def noted(message: Any) -> None:
                if message["type"] == "http.response.start":
                    stand.seen.append((scope["path"], message["status"]))
                await send(message)

            await application(scope, receive, noted)

        options = uvicorn.Config(watched, lifespan="off", ws="none", log_config=None, access_log=False)
        server = uvicorn.Server(options)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield stand
        finally:
            server.should_exit = True
            thread.join(10)
            assert not thread.is_alive()
