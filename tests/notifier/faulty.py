"""An SMTP server that fails on demand, for drills. What it does wrong is drawn from a seed: a run can be repeated.

It remembers each message it took, and what it answered to whom, so that a drill can hold the ledger against it.
"""

from __future__ import annotations

import asyncio
import base64
import random
import ssl
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.notifier.relay import Message, Relay


@dataclass
class Faulty(Relay):
    """Chances are from 0 to 1, for each verb or message. `refused` people get 550 5.1.1, always.

    `greylisted_for`: seconds by `now()` that a recipient is put off when first seen.
    """

    seed: int = 1
    defers: dict[str, float] = field(default_factory=dict)  # by verb; "." is the final dot
    leaves: float = 0.0  # 421 in mid-session
    resets: float = 0.0  # breaks the connection after DATA, before it answers to the dot
    swallows: float = 0.0  # takes the message, and breaks before it says so
    tarpit: float = 0.0  # seconds it may take to answer a verb
    breaks_tls: float = 0.0  # of STARTTLS
    refused: frozenset[str] = frozenset()
    password: str = ""
    tokens: frozenset[str] = frozenset()
    tls: ssl.SSLContext | None = None
    greylisted_for: float = 0.0
    now: Callable[[], float] = time.monotonic
    slow: Callable[[str], float] = lambda _to: 0.0  # seconds before the answer to the dot
    sign_ins: list[str] = field(default_factory=list)
    said: Counter[str] = field(default_factory=Counter)
    seen: dict[str, float] = field(default_factory=dict)
    tries: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    async def _session(self, reader, writer) -> None:
        await _Session(self, reader, writer).run()

    def draws(self, chance: float, what: str = "") -> bool:
        found = chance > 0 and self._random.random() < chance
        if found and what:
            self.said[what] += 1
        return found

    async def dawdle(self) -> None:
        if self.tarpit and self._random.random() < 0.1:
            await asyncio.sleep(self._random.random() * self.tarpit)


class _Session:
    def __init__(self, relay: Faulty, reader, writer) -> None:
        self.relay, self.reader, self.writer = relay, reader, writer
        self.sender = self.to = ""
        self.encrypted = self.signed_in = False

    def say(self, reply: str) -> None:
        self.writer.write(reply.encode() + b"\r\n")

    async def run(self) -> None:
        self.say(self.relay.greeting)
        if not self.relay.greeting.startswith("220"):
            return
        while line := await self.reader.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            self.relay.verbs.append(line.decode().strip())
            await self.relay.dawdle()
            if self.relay.draws(self.relay.leaves, "421"):
                self.say("421 4.3.2 closing for maintenance")
                return
            if not await getattr(self, f"_{verb.lower()}", self._unknown)(rest):
                return

    async def _ehlo(self, _rest: str) -> bool:
        offered = [*self.relay.extensions]
        if self.relay.tls and not self.encrypted:
            offered.append("STARTTLS")
        self.writer.write(b"250-faulty.test at your service\r\n")
        for extension in offered:
            self.writer.write(f"250-{extension}\r\n".encode())
        self.say("250 ENHANCEDSTATUSCODES")
        return True

    async def _starttls(self, _rest: str) -> bool:
        if self.relay.draws(self.relay.breaks_tls, "tls"):
            self.say("220 go on")
            self.writer.write(b"this is no TLS\r\n")
            return False
        self.say("220 go on")
        await self.writer.start_tls(self.relay.tls)
        self.encrypted = True
        return True

    async def _auth(self, rest: str) -> bool:
        method, _, given = rest.partition(" ")
        said = base64.b64decode(given).decode()
        if method == "LOGIN":
            self.say("334 UGFzc3dvcmQ6")
            said += "\0" + base64.b64decode(await self.reader.readline()).decode()
        self.relay.sign_ins.append(said)
        if method == "XOAUTH2":
            right = any(f"auth=Bearer {token}\x01" in said for token in self.relay.tokens)
            if not right:
                self.say("334 eyJzdGF0dXMiOiI0MDAifQ==")
                await self.reader.readline()
        else:
            right = said.endswith("\0" + self.relay.password)
        self.signed_in = right
        self.say("235 2.7.0 ok" if right else "535 5.7.8 bad credentials")
        return True

    async def _mail(self, rest: str) -> bool:
        self.sender = self.to = ""
        if self.relay.password and not self.signed_in:
            self.say("530 5.7.0 sign in")
        elif self._is_put_off("MAIL"):
            self.say("451 4.3.0 not now")
        elif not self.relay.mail.startswith("250"):
            self.say(self.relay.mail)
        else:
            self.sender = rest
            self.say("250 2.1.0 ok")
        return True

    async def _rcpt(self, rest: str) -> bool:
        to = rest[4:-1]
        if not self.sender:
            self.say("503 5.5.1 MAIL first")
            return True
        self.relay.tries[to] += 1
        reply = self.relay.rcpt(to) or self._of_recipient(to)
        self.to = to if reply.startswith("250") else ""
        self.say(reply)
        return not reply.startswith("421")

    def _of_recipient(self, to: str) -> str:
        if to in self.relay.refused:
            return "550 5.1.1 no such user"
        if self.relay.greylisted_for:
            now = self.relay.now()
            if now - self.relay.seen.setdefault(to, now) < self.relay.greylisted_for:
                return "450 4.7.1 greylisted, come back in five minutes"
        return "451 4.2.1 mailbox busy" if self._is_put_off("RCPT") else "250 2.1.5 ok"

    async def _data(self, _rest: str) -> bool:
        if not self.to:
            self.say("503 5.5.1 RCPT first")
            return True
        if self._is_put_off("DATA"):
            self.say("451 4.3.0 not now")
            return True
        self.say("354 go ahead")
        raw = await self.reader.readuntil(b"\r\n.\r\n")
        message = Message(self.sender, self.to, raw[:-3], asyncio.get_running_loop().time())
        self.relay.messages.append(message)
        if self.relay.draws(self.relay.resets, "reset"):
            self.writer.transport.abort()
            return False
        await asyncio.sleep(self.relay.delay + self.relay.slow(self.to))
        reply = self.relay.final(self.to) or (
            "451 4.3.0 not now" if self._is_put_off(".") else "250 2.0.0 taken"
        )
        message.reply = reply
        if reply.startswith("250") and self.relay.draws(self.relay.swallows, "swallowed"):
            self.writer.transport.abort()
            return False
        self.say(reply)
        self.sender = self.to = ""
        return not reply.startswith("421")

    async def _rset(self, _rest: str) -> bool:
        self.sender = self.to = ""
        self.say("250 2.0.0 ok")
        return True

    async def _quit(self, _rest: str) -> bool:
        self.say("221 2.0.0 bye")
        return False

    async def _unknown(self, _rest: str) -> bool:
        self.say("502 5.5.1 what?")
        return True

    def _is_put_off(self, verb: str) -> bool:
        return self.relay.draws(self.relay.defers.get(verb, 0.0), f"deferred {verb}")
