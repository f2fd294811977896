"""The one web application: feeds by their own small application, everything else by Django."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.utils.module_loading import import_string

from config import bodies, environment, places

environment.load_django()
import_module(settings.ROOT_URLCONF)  # with all pages: the first reader does not wait for them
_pages: ASGI3Application = cast(ASGI3Application, get_asgi_application())
_feeds = import_string(settings.FEED_APP)
_serves = import_string(f"{settings.FEED_APP.rpartition('.')[0]}.serves")
_alive = import_string(f"{settings.FEED_APP.rpartition('.')[0]}.alive")


async def application(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """ASGI 3: HTTP and lifespan; anything else is closed. A proxy may pass a path on with BASE_URL's own or without."""
    if scope["type"] == "http":
        path = places.within(scope["path"])
        if _serves(path):
            await _feeds({**scope, "path": path}, bodies.bounded(receive), send)
        else:
            await _pages({**scope, "path": places.here(path)}, bodies.bounded(receive), send)
    elif scope["type"] == "lifespan":
        await _live(receive, send)
    else:
        await send({"type": "websocket.close", "code": 1000, "reason": None})


async def _live(receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    async with _alive():
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})
