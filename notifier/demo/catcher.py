"""The SMTP server of the demo: takes what this machine sends, keeps it in the mailbox, passes nothing on."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from notifier.demo.mail import Mailbox
from notifier.replies.sessions import Counted, Sessions

LOOPBACK = "127.0.0.1"
SIZE_LIMIT = 33_554_432
PATIENCE = 20.0


class Keep:
    """aiosmtpd's handler: answers 250 only when the message is in the mailbox."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content: Any = envelope.original_content or b""
        self._mailbox.put(list(envelope.rcpt_tos), envelope.mail_from or "", content)
        return "250 kept in the demo's mailbox"


def listen(port: int = 0) -> socket.socket:
    """A listening socket on the loopback, at `port` if that is free, else at any."""
    for wanted in (port, 0):
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((LOOPBACK, wanted))
        except OSError:
            listening.close()
            continue
        listening.listen(128)
        return listening
    raise OSError("no free port on the loopback")


async def catch(folder: Path, listening: socket.socket, stop: asyncio.Event) -> None:
    """Serve until `stop`, and then until those who are still talking to us have gone (a worker that drains)."""
    mailbox = Mailbox(folder)
    mailbox.repair()
    handler, open_sessions = Keep(mailbox), Sessions()
    loop = asyncio.get_running_loop()

    def session() -> SMTP:
        made = Counted(
            handler, hostname="demo.localhost", data_size_limit=SIZE_LIMIT, enable_SMTPUTF8=True, loop=loop
        )
        made.sessions = open_sessions
        return made

    async with await loop.create_server(session, sock=listening):
        await stop.wait()
        await open_sessions.gone(PATIENCE)


def run(folder: Path, listening: socket.socket) -> None:
    """A process's whole life: serve until SIGTERM."""

    logging.getLogger("mail").setLevel(logging.WARNING)  # aiosmtpd's; it names every recipient

    async def main() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        await catch(folder, listening, stop)

    asyncio.run(main())
