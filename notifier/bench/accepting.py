"""A relay that takes everything and notes when: for benchmarks that time the way to a reader's mail server."""

from __future__ import annotations

import asyncio
import logging
import re
import threading
import time
from email.header import decode_header, make_header
from types import TracebackType

from aiosmtpd.smtp import SMTP, Envelope, Session

_SUBJECT = re.compile(rb"^Subject: ([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)", re.M | re.I)


class Relay:
    """On loopback, in a thread of its own, while it is entered. `accepted`: when (`perf_counter`), by subject."""

    def __init__(self) -> None:
        self.accepted: dict[str, float] = {}
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="relay", daemon=True)

    def __enter__(self) -> Relay:
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd's, of every command
        self._thread.start()
        made = self._loop.create_server(lambda: SMTP(self, loop=self._loop), "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(made, self._loop).result()
        self.url = f"smtp://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """The name is aiosmtpd's."""
        at = time.perf_counter()
        found = _SUBJECT.search(envelope.original_content or b"")
        if found:
            folded = found[1].decode("ascii", "replace").replace("\r\n", "")
            self.accepted[str(make_header(decode_header(folded)))] = at
        return "250 taken"
