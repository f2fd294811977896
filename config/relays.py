"""The relays that mail leaves by, as `SMTP_URL` names them: one URL or several, separated by white space.

    smtp://user:password@host:587?weight=2&connections=8&per_connection=100&per_minute=600&per_hour=20000

Passwords may be anything: what is no letter or digit is percent-encoded, as in every URL.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

LOCAL = {"localhost", "127.0.0.1", "::1"}
AUTH = ("plain", "login", "cram-md5", "xoauth2")
TLS = ("required", "optional", "none")
EXPECTED = "must be smtp://user:password@host:port or smtps://…"


class BadRelay(ValueError):
    """A URL that names no relay; `str()` says which and why, and holds nothing secret."""


@dataclass(frozen=True, slots=True)
class RelayAddress:
    """Where a relay is, who we are to it, and how much it may be asked for. Limits of 0: none.

    `name` is how it is called in messages and is unique. A `weight` of 0: used only while no other one can be.
    `connections`, `per_minute` and `per_hour` are as the relay sees them: see `notifier.sending.pool`.
    """

    name: str
    host: str
    port: int
    implicit_tls: bool = False
    user: str = ""
    password: str = field(default="", repr=False)
    weight: int = 1
    connections: int = 0
    per_connection: int = 0
    per_minute: int = 0
    per_hour: int = 0
    auth: str = ""
    tls: str = ""
    ca: str = ""
    token_file: str = ""
    token_command: tuple[str, ...] = ()

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine, so that nothing it is told crosses a network."""
        return self.host in LOCAL

    @property
    def needs_encryption(self) -> bool:
        return self.implicit_tls or (self.tls or ("optional" if self.is_here else "required")) == "required"

    @property
    def is_verified(self) -> bool:
        """Whether its certificate must be good. One on this machine has a certificate of its own making."""
        return not self.is_here or bool(self.ca) or self.tls == "required"


def parse(text: str) -> list[RelayAddress]:
    """The relays, in their order; none for an empty text. Raises BadRelay."""
    urls = text.split()
    found = []
    for number, url in enumerate(urls, start=1):
        try:
            found.append(_parse(url))
        except ValueError as error:
            which = f"relay {number}: " if len(urls) > 1 else ""
            raise BadRelay(f"{which}{error}") from None
    if found and not any(relay.weight for relay in found):
        raise BadRelay("at least one relay must have a weight above 0")
    return _named(found)


def _parse(url: str) -> RelayAddress:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadRelay(EXPECTED) from None
    if (
        parts.scheme not in {"smtp", "smtps"}
        or not parts.hostname
        or parts.path not in {"", "/"}
        or parts.fragment
    ):
        raise BadRelay(EXPECTED)
    implicit = parts.scheme == "smtps"
    relay = RelayAddress(
        parts.hostname, parts.hostname, port or (465 if implicit else 25), implicit,
        unquote(parts.username or ""), unquote(parts.password or ""), **_options(parts.query),
    )  # fmt: skip
    _check(relay)
    return relay


def _options(query: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in _READERS:
            raise BadRelay(f"{name!r} is no option of a relay; there are {', '.join(_READERS)}")
        if name in found:
            raise BadRelay(f"{name} is given twice")
        found[name] = _READERS[name](name, value)
    return found


def _check(relay: RelayAddress) -> None:
    has_token = bool(relay.token_file or relay.token_command)
    if (relay.auth == "xoauth2") != has_token:
        raise BadRelay("auth=xoauth2 needs token_file or token_command, and they need it")
    if relay.token_file and relay.token_command:
        raise BadRelay("token_file and token_command are two ways of one thing: give one")
    if relay.auth and not relay.user:
        raise BadRelay(f"auth={relay.auth} needs a user before the @")
    if relay.implicit_tls and relay.tls in {"optional", "none"}:
        raise BadRelay(f"smtps:// is encrypted from its first byte: tls={relay.tls} cannot be")


def _number(least: int, most: int) -> Callable[[str, str], int]:
    def read(name: str, value: str) -> int:
        if not (value.isascii() and value.isdigit() and least <= int(value[:12]) <= most):
            raise BadRelay(f"{name} must be a number from {least} to {most}")
        return int(value)

    return read


def _one_of(words: Iterable[str]) -> Callable[[str, str], str]:
    def read(name: str, value: str) -> str:
        if value not in words:
            raise BadRelay(f"{name} must be one of {', '.join(words)}")
        return value

    return read


def _text(name: str, value: str) -> str:
    if not value:
        raise BadRelay(f"{name} must not be empty")
    return value


def _command(name: str, value: str) -> tuple[str, ...]:
    return tuple(shlex.split(_text(name, value)))


_READERS: dict[str, Callable[[str, str], Any]] = {
    "weight": _number(0, 1000),
    "connections": _number(1, 1000),
    "per_connection": _number(1, 1_000_000),
    "per_minute": _number(1, 10_000_000),
    "per_hour": _number(1, 100_000_000),
    "auth": _one_of(AUTH),
    "tls": _one_of(TLS),
    "ca": _text,
    "token_file": _text,
    "token_command": _command,
}


def _named(relays: list[RelayAddress]) -> list[RelayAddress]:
    """Each by its host alone where that is enough, else with its port, else with its number too."""
    hosts = Counter(relay.host for relay in relays)
    places = Counter((relay.host, relay.port) for relay in relays)
    named = []
    for number, relay in enumerate(relays, start=1):
        name = relay.host if hosts[relay.host] == 1 else f"{relay.host}:{relay.port}"
        named.append(
            replace(relay, name=name if places[relay.host, relay.port] == 1 else f"{name} ({number})")
        )
    return named
