"""An id for each request: in every line that the log has of it, and in its answer."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import cast

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, Scope
from structlog.contextvars import bound_contextvars

HEADER = b"x-request-id"
_GOOD = re.compile(rb"[A-Za-z0-9._-]{8,64}")


class RequestIds:
    """ASGI. The id that a believed proxy gives in X-Request-ID is kept; any other request gets one of ours, whatever it
    says: nobody writes into the log by a header. To stand before whatever replaces the proxy's address by the client's.
    """

    def __init__(self, application: ASGI3Application, believed: Callable[[str], bool]) -> None:
        self._application = application
        self._believed = believed

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        name = self._given(scope) or secrets.token_hex(8).encode()

        async def answered(event: ASGISendEvent) -> None:
            if event["type"] == "http.response.start":
                event = cast(ASGISendEvent, {**event, "headers": [*event["headers"], (HEADER, name)]})
            await send(event)

        with bound_contextvars(request_id=name.decode()):
            await self._application(scope, receive, answered)

    def _given(self, scope: Scope) -> bytes:
        """What the proxy that asks us calls this request; b"" where it is nobody we believe, or says nothing good."""
        peer = scope["client"][0] if scope["type"] == "http" and scope["client"] else ""
        if scope["type"] != "http" or not self._believed(peer):
            return b""
        said = next((value for header, value in scope["headers"] if header == HEADER), b"")
        return said if _GOOD.fullmatch(said) else b""
