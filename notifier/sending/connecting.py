"""From a relay's address to a line: the network, TLS, EHLO and AUTH by aiosmtplib, whose transport is then ours.

Certificates are checked, and what is not encrypted is not used, unless the relay is on this machine or its URL says
otherwise. A password never crosses a network in clear.
"""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from pathlib import Path
from typing import cast

import aiosmtplib
from aiosmtplib import SMTPAuthenticationError

from config import clock
from config.relays import RelayAddress
from notifier.sending.smtp import Line, Offers
from notifier.sending.wire import ChannelFault, RefusesUs, Unreachable, Wire

CONNECT_SECONDS = 30.0
TOKEN_SECONDS = 15.0
CONTEXT_SECONDS = 600.0
_PREFERRED = ("plain", "login", "cram-md5")
_contexts: dict[RelayAddress, tuple[float, ssl.SSLContext]] = {}
_tokens: dict[tuple[str, ...], str] = {}  # what a command said, until a relay refuses it


async def connect(relay: RelayAddress, sender: str, hello: str) -> Line:
    """A line to the relay, ready for envelopes from `sender`. Raises Unreachable or RefusesUs."""
    try:
        return await _connect(relay, sender, hello)
    except ChannelFault:
        raise
    except SMTPAuthenticationError as error:
        refused = error.code >= 500
        kind, words = (
            (RefusesUs, "did not let us sign in") if refused else (Unreachable, "cannot sign anybody in now")
        )
        raise kind(f"{relay.name}: {words}: {error.code} {error.message}") from error
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise _fault(relay, error) from error


async def _connect(relay: RelayAddress, sender: str, hello: str) -> Line:
    client = aiosmtplib.SMTP(
        hostname=relay.host, port=relay.port, use_tls=relay.implicit_tls, start_tls=False, local_hostname=hello,
        timeout=CONNECT_SECONDS, tls_context=await _context(relay) if relay.implicit_tls else None,
    )  # fmt: skip
    try:
        await client.connect()
        await client.ehlo()
        await _encrypt(client, relay)
        if relay.user:
            await _sign_in(client, relay)
    except BaseException:
        client.close()
        raise
    protocol = Wire()
    transport = cast(asyncio.Transport, client.transport)
    transport.set_protocol(protocol)
    protocol.connection_made(transport)
    return Line(protocol, sender, _offers(client), relay.per_connection)


async def _context(relay: RelayAddress) -> ssl.SSLContext:
    """Made anew from time to time, as authorities come and go; not for each line, as that takes some 20 ms."""
    at = clock.ticks()
    made, context = _contexts.get(relay, (0.0, None))
    if context is None or at - made > CONTEXT_SECONDS:
        context = await asyncio.to_thread(_new_context, relay)
        _contexts[relay] = at, context
    return context


def _new_context(relay: RelayAddress) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=relay.ca or None)
    except OSError as error:
        raise RefusesUs(f"{relay.name}: ca={relay.ca} cannot be read: {error.strerror or error}") from error
    if not relay.is_verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def _encrypt(client: aiosmtplib.SMTP, relay: RelayAddress) -> None:
    if relay.implicit_tls or relay.tls == "none":
        return
    if client.supports_extension("starttls"):
        await client.starttls(tls_context=await _context(relay))
        await client.ehlo()
    elif relay.needs_encryption:
        raise RefusesUs(
            f"{relay.name}: offers no STARTTLS, and mail must not leave in clear (unless tls=optional)"
        )


async def _sign_in(client: aiosmtplib.SMTP, relay: RelayAddress) -> None:
    """By one method, once: a relay counts wrong passwords. A token that is refused is asked for again, once."""
    if client.get_transport_info("sslcontext") is None and not relay.is_here:
        raise RefusesUs(f"{relay.name}: offers no encryption; the password was not sent")
    method = relay.auth or next((name for name in _PREFERRED if name in client.server_auth_methods), "")
    if method not in client.server_auth_methods:
        offered = ", ".join(client.server_auth_methods) or "none"
        raise RefusesUs(f"{relay.name}: offers no way to sign in that we know (AUTH: {offered})")
    if method == "xoauth2":
        await _sign_in_by_token(client, relay)
    elif method == "plain":
        await client.auth_plain(relay.user, relay.password)
    elif method == "login":
        await client.auth_login(relay.user, relay.password)
    else:
        await client.auth_crammd5(relay.user, relay.password)


async def _sign_in_by_token(client: aiosmtplib.SMTP, relay: RelayAddress) -> None:
    token = await _token(relay)
    try:
        await client.auth_xoauth2(relay.user, token)
    except SMTPAuthenticationError:
        _tokens.pop(relay.token_command, None)
        fresh = await _token(relay)
        if fresh == token or not client.is_connected:
            raise
        await client.auth_xoauth2(relay.user, fresh)


async def _token(relay: RelayAddress) -> str:
    """The access token, as the file or the command says it now."""
    if relay.token_file:
        try:
            return (await asyncio.to_thread(Path(relay.token_file).read_text, "utf-8")).strip()
        except (OSError, ValueError) as error:
            raise RefusesUs(f"{relay.name}: token_file={relay.token_file} cannot be read: {error}") from error
    if relay.token_command not in _tokens:
        _tokens[relay.token_command] = await asyncio.to_thread(_said_by, relay)
    return _tokens[relay.token_command]


def _said_by(relay: RelayAddress) -> str:
    """What the command printed. No shell reads it."""
    name = relay.token_command[0]
    try:
        done = subprocess.run(  # noqa: S603 - whoever may set SMTP_URL may run programs
            relay.token_command, capture_output=True, timeout=TOKEN_SECONDS, check=False
        )
    except OSError as error:
        raise RefusesUs(f"{relay.name}: token_command: {name} cannot be run: {error.strerror}") from error
    except subprocess.TimeoutExpired:
        raise Unreachable(
            f"{relay.name}: token_command: {name} took more than {TOKEN_SECONDS:.0f} s"
        ) from None
    if done.returncode or not done.stdout.strip():
        words = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it did not say why"]
        raise RefusesUs(f"{relay.name}: token_command: {name} gave no token: {words[-1]}")
    return done.stdout.decode("utf-8", "replace").strip()


def _offers(client: aiosmtplib.SMTP) -> Offers:
    size = client.esmtp_extensions.get("size")
    limit = int(size) if size and size.isascii() and size.isdigit() else 0
    return Offers(
        client.supports_extension("pipelining"), client.supports_extension("smtputf8"),
        limit if size is not None else None,
    )  # fmt: skip


def _fault(relay: RelayAddress, error: BaseException) -> ChannelFault:
    """What an exception of the network, of TLS or of the greeting means."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        words = cause.verify_message.rstrip(".")
        return RefusesUs(
            f"{relay.name}: its certificate is not accepted: {words} (an authority of your own: ca=FILE)"
        )
    if cause is not None:
        return Unreachable(f"{relay.name}: no encryption could be agreed on: {cause}")
    if isinstance(error, aiosmtplib.SMTPResponseException):
        kind = RefusesUs if error.code >= 500 else Unreachable
        return kind(f"{relay.name}: {error.code} {error.message}")
    return Unreachable(f"{relay.name}: {error}")
