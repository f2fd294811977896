"""The line to the relay, once it is connected: where the relay offers PIPELINING (RFC 2920) an envelope is written
together with the body before it.

    line = await connecting.connect(relay, sender, hello)
    verdict = await line.offer(to)                      # MAIL, RCPT, DATA, up to the 354
    verdict = verdict or await line.deliver(body, ahead=next_to)

A body is written as it is: CRLF line ends, no line beginning with a dot (`notifier.splice` sees to both), and ASCII
throughout, so that nothing need be said of 8BITMIME (RFC 6152).
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from notifier.addresses import BadAddress
from notifier.sending import statuses
from notifier.sending.statuses import Meaning
from notifier.sending.wire import LEAVING, Busy, Leaving, LineLost, RefusesUs, Reply, Wire

ENVELOPE_SECONDS = 300.0  # RFC 5321 section 4.5.3.2: five minutes for MAIL and RCPT,
FINAL_SECONDS = 600.0  # ten after the final dot; less makes duplicates
QUIT_SECONDS = 2.0
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,253}")
NO_UTF8 = "the relay does not take addresses with other than ASCII before the @ (SMTPUTF8, RFC 6531)"
MARGIN = 1024  # what filling its slots and signing may add to a message


@dataclass(frozen=True, slots=True)
class Sent:
    """The relay has answered for it."""

    reply: str


@dataclass(frozen=True, slots=True)
class Refused:
    """For good: there is no use in trying again. `unclear`: by policy, which may be about us; once more is worth it."""

    reason: str
    unclear: bool = False


@dataclass(frozen=True, slots=True)
class Deferred:
    """For now. `after_dot`: the body was written and no answer came, so it may have arrived.

    `slower`: the recipient's domain wants less at a time; `about_us`: it is we who are refused, not the person;
    `leaving`: the relay closes the connection.
    """

    reason: str
    after_dot: bool = False
    slower: bool = False
    about_us: bool = False
    leaving: bool = False


Verdict = Sent | Refused | Deferred


def wire_address(address: str) -> str:
    """The address as MAIL, RCPT and To take it: in ASCII, but for a local part that is not (SMTPUTF8, RFC 6531).

    Raises BadAddress for anything that might be more than one address.
    """
    if _ADDRESS.fullmatch(address):
        return address
    if any(ord(character) < 33 or ord(character) == 127 for character in address):
        raise BadAddress("an address contains no spaces or control characters")
    try:
        found = validate_email(address, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise BadAddress(str(error)) from None
    written = found.ascii_email or f"{found.local_part}@{found.ascii_domain}"
    if not (_ADDRESS.fullmatch(written) or _is_international(written)):
        raise BadAddress("not an address that can be written to a relay as it is")
    return written


def _is_international(address: str) -> bool:
    local, _, domain = address.rpartition("@")
    plain = "".join(character for character in local if character.isascii())
    return (
        not local.isascii()
        and len(local.encode()) <= 64
        and local.isprintable()
        and (not plain or _ADDRESS.fullmatch(f"{plain}@{domain}") is not None)
        and _ADDRESS.fullmatch(f"x@{domain}") is not None
    )


@dataclass(frozen=True, slots=True)
class Offers:
    """What a relay says it can do. `size` is the largest message it takes (RFC 1870), 0: it does not say, or any."""

    pipelining: bool = False
    utf8: bool = False
    size: int | None = None


class Line:
    """One connection. One message at a time, of which the next may already be offered.

    After `most` messages it `is_spent`: some relays take only so many on one connection.
    """

    def __init__(self, protocol: Wire, sender: str, offers: Offers, most: int = 0) -> None:
        self._protocol = protocol
        self._sender = sender
        self._mail: dict[int, bytes] = {}
        self._ahead: asyncio.Future[list[Reply]] | None = None
        self._most = most or 1_000_000_000
        self.offers = offers
        self.pipelining = offers.pipelining
        self.carried = 0

    async def offer(self, to: str, size: int = 0, sender: str = "") -> Verdict | None:
        """Ask the relay to take a message of some `size` for `to`. None: it waits for the body. Raises ChannelFault.

        `sender` is the message's return path, by default the line's. If `to` was announced to `deliver` as the one
        ahead, only the answers are read.
        """
        if self._ahead is None and (refused := self._impossible(to, size)):
            return refused
        replies = await self._ask(self._commands(to, size, sender))
        verdict = _judge(replies)
        if verdict is not None:
            await self._clear(replies)
        return verdict

    async def deliver(
        self, body: bytes, ahead: str | None = None, size: int = 0, sender: str = ""
    ) -> Verdict:
        """Write a body that the relay waits for, and with it the envelope for `ahead`, whose message has some `size`
        and the return path `sender`. Raises LineLost if it could not be begun.
        """
        commands = self._commands(ahead, size, sender) if ahead and self._may_go_ahead(ahead, size) else []
        data = b"".join((body, b".\r\n", *commands))
        if commands:
            final, self._ahead = self._protocol.ask(data, 1, len(commands))
        else:
            [final] = self._protocol.ask(data, 1)
        self._protocol.expect(FINAL_SECONDS)
        try:
            [reply] = await final
        except LineLost as error:
            self.close()
            self._ahead = None
            return Deferred(f"no answer after the message was written: {error}", after_dot=True)
        if 200 <= reply.code < 300:
            self.carried += 1
            return Sent(str(reply))
        if reply.code == LEAVING:
            self.close()
            self._ahead = None
        return _verdict(statuses.meaning(".", reply), reply)

    async def quit(self) -> None:
        """Take leave politely; never raises."""
        try:
            if self._ahead is None:
                [left] = self._protocol.ask(b"QUIT\r\n", 1)
                self._protocol.expect(QUIT_SECONDS)
                await left
        except LineLost:
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
        return self._ahead is not None

    @property
    def is_spent(self) -> bool:
        return self.carried >= self._most

    @property
    def is_nearly_spent(self) -> bool:
        """Whether the message that is being sent is the last one on this line."""
        return self.carried + 1 >= self._most

    def _impossible(self, to: str, size: int) -> Refused | None:
        """What need not be tried, as the relay has said beforehand that it does not take it."""
        if not (to.isascii() or self.offers.utf8):
            return Refused(NO_UTF8)
        limit = self.offers.size
        if limit and size > limit:
            return Refused(
                f"the message has some {size} bytes, and the relay takes {limit} at most (SIZE, RFC 1870)"
            )
        return None

    def _may_go_ahead(self, to: str, size: int) -> bool:
        return self.pipelining and self._impossible(to, size) is None

    def _commands(self, to: str, size: int, sender: str) -> list[bytes]:
        kilobytes = -(-size // MARGIN) if self.offers.size is not None else 0
        if sender or not to.isascii():
            mail = _mail(sender or self._sender, kilobytes, utf8=not to.isascii())
        elif (known := self._mail.get(kilobytes)) is not None:
            mail = known
        else:
            mail = self._mail[kilobytes] = _mail(self._sender, kilobytes)
        return [mail, b"RCPT TO:<%s>\r\n" % to.encode(), b"DATA\r\n"]

    async def _ask(self, commands: list[bytes]) -> list[Reply]:
        """The replies to an envelope: all three at once, or, unpipelined, up to the first that says no."""
        if self.pipelining:
            waiting = self._ahead or self._protocol.ask(b"".join(commands), len(commands))[0]
            self._ahead = None
            self._protocol.expect(ENVELOPE_SECONDS)
            return await waiting
        replies: list[Reply] = []
        for command in commands:
            replies += await self._one(command)
            if replies[-1].code >= 400:
                break
        return replies

    async def _one(self, command: bytes) -> list[Reply]:
        [waiting] = self._protocol.ask(command, 1)
        self._protocol.expect(ENVELOPE_SECONDS)
        return await waiting

    async def _clear(self, replies: list[Reply]) -> None:
        """Bring a line back to its beginning after an envelope that was not taken (RFC 2920 section 3.1)."""
        with suppress(LineLost):
            if replies[-1].code == 354:
                await self._one(b".\r\n")
            await self._one(b"RSET\r\n")


def _mail(sender: str, kilobytes: int, *, utf8: bool = False) -> bytes:
    size = b" SIZE=%d" % (kilobytes * MARGIN) if kilobytes else b""
    return b"MAIL FROM:<%s>%s%s\r\n" % (sender.encode("ascii"), size, b" SMTPUTF8" if utf8 else b"")


def _judge(replies: list[Reply]) -> Verdict | None:
    """What the replies to MAIL, RCPT and DATA mean. Raises ChannelFault where no recipient is to blame."""
    for verb, reply in zip(("MAIL", "RCPT", "DATA"), replies, strict=False):
        if reply.code < 400:
            continue
        found = statuses.meaning(verb, reply)
        if found is Meaning.LEAVING:
            raise Leaving(f"the relay closes the connection: {reply}")
        if found is Meaning.OURS:
            raise RefusesUs(f"the relay refuses {verb}: {reply}")
        if found is Meaning.BUSY:
            raise Busy(f"the relay takes no mail just now, it answers {verb} with {reply}")
        return _verdict(found, reply)
    if replies[-1].code != 354:
        return Deferred(f"the relay answered DATA with {replies[-1]}")
    return None


def _verdict(found: Meaning, reply: Reply) -> Verdict:
    if found in {Meaning.FINAL, Meaning.POLICY}:
        return Refused(str(reply), unclear=found is Meaning.POLICY)
    return Deferred(
        str(reply), slower=found is Meaning.SLOWER, about_us=found is Meaning.ABOUT_US,
        leaving=found is Meaning.LEAVING,
    )  # fmt: skip
