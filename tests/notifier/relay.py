"""A relay for tests: a bare SMTP server on a free port of the loopback, which keeps what came over the wire as it came.

It says what it is told to say. `rcpt`, `final` take the recipient and return a reply, or None for "250 ok". When it has
taken `holds_after` messages it says nothing to the next ones until that is set anew: so that there is something left to
send, however long what a test waits for takes.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Message:
    sender: str
    to: str
    raw: bytes
    began: float
    reply: str = ""


Say = Callable[[str], "str | None"]


@dataclass
class Relay:
    rcpt: Say = lambda _to: None
    final: Say = lambda _to: None
    mail: str = "250 ok"
    greeting: str = "220 relay.test ESMTP"
    extensions: tuple[str, ...] = ("PIPELINING", "8BITMIME")
    delay: float = 0.0
    holds_after: float = math.inf
    hang_up_after: int = 0
    silent_after_dot: Callable[[str], bool] = lambda _to: False
    user: str = ""
    host: str = "127.0.0.1"
    port: int = 0
    messages: list[Message] = field(default_factory=list)
    connections: int = 0
    verbs: list[str] = field(default_factory=list)
    open_now: int = 0
    most_open: int = 0

    @property
    def url(self) -> str:
        return f"smtp://{self.user}{self.host}:{self.port}"

    @property
    def taken(self) -> list[Message]:
        return [message for message in self.messages if message.reply.startswith("250")]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        try:
            await self._session(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open_now -= 1
            writer.close()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(reply: str) -> None:
            writer.write(reply.encode() + b"\r\n")

        say(self.greeting)
        if not self.greeting.startswith("220"):
            return
        sender, to, carried = "", "", 0
        while line := await reader.readline():
            verb, _, rest = line.decode("ascii").strip().partition(" ")
            self.verbs.append(verb.upper())
            if verb == "EHLO":
                writer.write(b"250-relay.test\r\n")
                for extension in self.extensions:
                    writer.write(f"250-{extension}\r\n".encode())
                say("250 SMTPUTF8")
            elif verb == "AUTH":
                say("535 5.7.8 wrong password")
            elif verb == "MAIL":
                sender = rest if self.mail.startswith("250") else ""
                say(self.mail)
            elif verb == "RCPT":
                reply = self.rcpt(rest[4:-1]) or "250 ok"
                if reply.startswith("421"):
                    say(reply)
                    return
                to = rest[4:-1] if reply.startswith("250") and sender else ""
                say(reply)
            elif verb == "DATA":
                if not to:
                    say("554 no valid recipients")
                    continue
                say("354 go ahead")
                began = time.monotonic()
                raw = await reader.readuntil(b"\r\n.\r\n")
                message = Message(sender, to, raw[:-3], began)
                self.messages.append(message)
                await asyncio.sleep(self.delay)
                while len(self.taken) >= self.holds_after:
                    await asyncio.sleep(0.01)
                if self.silent_after_dot(to):
                    return
                message.reply = self.final(to) or "250 taken"
                say(message.reply)
                sender, to, carried = "", "", carried + 1
                if carried == self.hang_up_after:
                    say("421 enough for this session")
                    return
            elif verb == "RSET":
                sender, to = "", ""
                say("250 ok")
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say("502 what?")


@contextmanager
def running(relay: Relay | None = None, port: int = 0):
    """The relay, served from a thread of its own until the end of the block."""
    relay = relay or Relay()
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(relay.serve, relay.host, port, limit=10_000_000))
    relay.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield relay
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
