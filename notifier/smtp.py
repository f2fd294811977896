"""The line to the relay. aiosmtplib connects, does TLS, EHLO and AUTH; then its transport is ours, and where the relay
offers PIPELINING (RFC 2920) an envelope is written together with the body before it.

    line = await connect(url, sender, hello)
    verdict = await line.offer(to)                      # MAIL, RCPT, DATA, up to the 354
    verdict = verdict or await line.deliver(body, ahead=next_to)

A body is written as it is: CRLF line ends, no line beginning with a dot (`notifier.splice` sees to both).
"""

from __future__ import annotations

import asyncio
import re
import ssl
from dataclasses import dataclass
from typing import cast
from urllib.parse import unquote, urlsplit

import aiosmtplib
from email_validator import EmailNotValidError, validate_email

from notifier.addresses import BadAddress
from notifier.wire import ChannelFault, LineLost, Reply, Unreachable, Wire

CONNECT_SECONDS = 15.0
ENVELOPE_SECONDS = 300.0  # RFC 5321 section 4.5.3.2: five minutes for MAIL and RCPT,
FINAL_SECONDS = 600.0  # ten after the final dot; less makes duplicates
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,253}")
_LOCAL = {"localhost", "127.0.0.1", "::1"}
_OURS = {530, 534, 535, 538}  # the relay wants us to authenticate or to encrypt: no recipient's fault


@dataclass(frozen=True, slots=True)
class Sent:
    """The relay has answered for it."""

    reply: str


@dataclass(frozen=True, slots=True)
class Refused:
    """For good: there is no use in trying again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """For now. `after_dot`: the body was written and no answer came, so it may have arrived."""

    reason: str
    after_dot: bool = False


Verdict = Sent | Refused | Deferred


def wire_address(address: str) -> str:
    """The address as MAIL, RCPT and To take it, in ASCII. Raises BadAddress for anything that might be more."""
    if _ADDRESS.fullmatch(address):
        return address
    if any(ord(character) < 33 or ord(character) == 127 for character in address):
        raise BadAddress("an address contains no spaces or control characters")
    try:
        found = validate_email(address, check_deliverability=False, globally_deliverable=False).ascii_email
    except EmailNotValidError as error:
        raise BadAddress(str(error)) from None
    if found is None or not _ADDRESS.fullmatch(found):
        raise BadAddress("the local part of the address is not ASCII; mail to it needs SMTPUTF8 (RFC 6531)")
    return found


async def connect(url: str, sender: str, hello: str) -> Line:
    """A line to the relay at `url`, ready for envelopes from `sender`. Raises Unreachable."""
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    client = aiosmtplib.SMTP(
        hostname=host,
        port=parts.port or (465 if parts.scheme == "smtps" else 25),
        use_tls=parts.scheme == "smtps",
        local_hostname=hello,
        timeout=CONNECT_SECONDS,
        validate_certs=host not in _LOCAL,  # a relay on this machine has a certificate of its own making
    )
    try:
        await client.connect()
        if parts.username:
            await _login(client, host, unquote(parts.username), unquote(parts.password or ""))
        elif client.is_ehlo_or_helo_needed:
            await client.ehlo()
    except (aiosmtplib.SMTPException, OSError, ssl.SSLError, ValueError) as error:
        client.close()
        raise Unreachable(f"{host}: {error}") from error
    protocol = Wire()
    transport = cast(asyncio.Transport, client.transport)
    transport.set_protocol(protocol)
    protocol.connection_made(transport)
    return Line(protocol, sender, pipelining=client.supports_extension("pipelining"))


async def _login(client: aiosmtplib.SMTP, host: str, user: str, password: str) -> None:
    encrypted = client.get_transport_info("sslcontext") is not None
    if not encrypted and host not in _LOCAL:
        client.close()
        raise Unreachable(f"{host} offers no encryption; the password was not sent")
    await client.login(user, password)


class Line:
    """One connection. One message at a time, of which the next may already be offered."""

    def __init__(self, protocol: Wire, sender: str, *, pipelining: bool) -> None:
        self._protocol = protocol
        self._mail = b"MAIL FROM:<%s>\r\n" % sender.encode("ascii")
        self._ahead: list[asyncio.Future[Reply]] = []
        self.pipelining = pipelining
        self.carried = 0

    async def offer(self, to: str, sender: str = "") -> Verdict | None:
        """Ask the relay to take a message for `to`. None: it waits for the body. Raises ChannelFault, LineLost.

        `sender` is the message's return path, by default the line's. If `to` was announced to `deliver` as the one
        ahead, only the answers are read.
        """
        replies = await self._ask(self._commands(to, sender))
        verdict = _judge(replies)
        if verdict is not None:
            await self._clear(replies)
        return verdict

    async def deliver(self, body: bytes, ahead: str | None = None, sender: str = "") -> Verdict:
        """Write a body that the relay waits for, and with it the envelope for `ahead` from `sender`. Raises LineLost
        if it could not be begun.
        """
        commands = self._commands(ahead, sender) if ahead and self.pipelining else []
        data = b"".join((body, b".\r\n", *commands))
        first, *self._ahead = self._protocol.write(data, 1 + len(commands))
        try:
            async with asyncio.timeout(FINAL_SECONDS):
                reply = await first
        except (LineLost, TimeoutError) as error:
            self.close()
            self._ahead = []
            return Deferred(f"no answer after the message was written: {error or 'timeout'}", after_dot=True)
        if reply.code == 421:
            self.close()
            self._ahead = []
        if 200 <= reply.code < 300:
            self.carried += 1
            return Sent(str(reply))
        return Refused(str(reply)) if reply.code >= 500 else Deferred(str(reply))

    async def quit(self) -> None:
        """Take leave politely; never raises."""
        try:
            if not self._ahead:
                async with asyncio.timeout(2.0):
                    await self._protocol.write(b"QUIT\r\n", 1)[0]
        except (LineLost, TimeoutError):
            pass
        finally:
            self.close()

    def close(self) -> None:
        self._protocol.close()

    @property
    def is_open(self) -> bool:
        return self._protocol.is_open

    @property
    def is_ahead(self) -> bool:
        """Whether an envelope was written whose answers nobody has read yet."""
        return bool(self._ahead)

    def _commands(self, to: str, sender: str) -> list[bytes]:
        mail = b"MAIL FROM:<%s>\r\n" % sender.encode("ascii") if sender else self._mail
        return [mail, b"RCPT TO:<%s>\r\n" % to.encode("ascii"), b"DATA\r\n"]

    async def _ask(self, commands: list[bytes]) -> list[Reply]:
        """The replies to an envelope: all three at once, or, unpipelined, up to the first that says no."""
        try:
            async with asyncio.timeout(ENVELOPE_SECONDS):
                if self.pipelining:
                    waiting = self._ahead or self._protocol.write(b"".join(commands), len(commands))
                    self._ahead = []
                    return [await future for future in waiting]
                replies: list[Reply] = []
                for command in commands:
                    replies.append(await self._protocol.write(command, 1)[0])
                    if replies[-1].code >= 400:
                        break
                return replies
        except TimeoutError:
            self.close()
            raise LineLost("the relay did not answer to the envelope in time") from None

    async def _clear(self, replies: list[Reply]) -> None:
        """Bring a line back to its beginning after an envelope that was not taken (RFC 2920 section 3.1)."""
        try:
            async with asyncio.timeout(ENVELOPE_SECONDS):
                if replies[-1].code == 354:
                    await self._protocol.write(b".\r\n", 1)[0]
                await self._protocol.write(b"RSET\r\n", 1)[0]
        except (LineLost, TimeoutError):
            self.close()


def _judge(replies: list[Reply]) -> Verdict | None:
    """What the replies to MAIL, RCPT and DATA mean. Raises ChannelFault where no recipient is to blame."""
    for verb, reply in zip(("MAIL", "RCPT", "DATA"), replies, strict=False):
        if reply.code == 421:
            raise LineLost(f"the relay closes the connection: {reply}")
        if reply.code in _OURS or (verb == "MAIL" and reply.code >= 500):
            raise ChannelFault(f"the relay refuses {verb}: {reply}")
        if reply.code >= 400:
            return (Refused if reply.code >= 500 else Deferred)(str(reply))
    if replies[-1].code != 354:
        return Deferred(f"the relay answered DATA with {replies[-1]}")
    return None
