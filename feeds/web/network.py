"""Connections that go nowhere but where they may, and end when their time or their bytes are spent.

httpcore asks its network backend (a public interface) for every connection. This one resolves a name once, judges all
its addresses, and connects to one of those it has judged: a name that resolves differently a moment later (DNS
rebinding) changes nothing. Host and SNI keep the name, which httpcore sees to.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import httpcore

from feeds.web.answer import Refused, Unreachable
from feeds.web.guard import IP, Allowed, literal

Resolve = Callable[[str, int], list[str]]
"""host, port -> addresses, best first. Raises OSError."""

CONNECT_SECONDS = 10.0  # for one of several addresses


def resolve(host: str, port: int) -> list[str]:
    """What this machine's resolver says."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass
class Budget:
    """What is left for one get over all its hops: seconds until `end` by `ticks`, and bytes off the wire."""

    ticks: Callable[[], float]
    seconds: float
    bytes: int
    end: float = field(init=False)

    def __post_init__(self) -> None:
        self.end = self.ticks() + self.seconds

    def left(self) -> float:
        """Seconds, more than none. Raises Unreachable when they are spent."""
        left = self.end - self.ticks()
        if left <= 0:
            raise self.too_slow()
        return left

    def spend(self, count: int) -> None:
        self.bytes -= count
        if self.bytes < 0:
            raise Unreachable("sent too much")

    def too_slow(self) -> Unreachable:
        return Unreachable(f"took longer than {self.seconds:g} s")


class Stream(httpcore.NetworkStream):
    """A connection under a budget; the timeouts httpcore hands over hold for one read each and are not used."""

    def __init__(self, connected: socket.socket, budget: Budget) -> None:
        self._socket = connected
        self._budget = budget

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._socket.settimeout(self._budget.left())
        try:
            data = self._socket.recv(max_bytes)
        except TimeoutError:
            raise self._budget.too_slow() from None
        except OSError as error:
            raise Unreachable(f"broke off ({_plain(error)})") from None
        self._budget.spend(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._socket.settimeout(self._budget.left())
        try:
            self._socket.sendall(buffer)
        except TimeoutError:
            raise self._budget.too_slow() from None
        except OSError as error:  # the server may have answered already, and closed
            raise httpcore.WriteError(_plain(error)) from None

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> Stream:
        self._socket.settimeout(self._budget.left())
        try:
            # An end that TLS did not announce is an error: somebody may have cut the answer.
            secured = ssl_context.wrap_socket(
                self._socket, server_hostname=server_hostname, suppress_ragged_eofs=False
            )
        except TimeoutError:
            self.close()
            raise self._budget.too_slow() from None
        except (OSError, ValueError) as error:
            self.close()
            raise Unreachable(f"no secure connection ({_plain(error)})") from None
        return Stream(secured, self._budget)

    def close(self) -> None:
        self._socket.close()

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object":
            return self._socket if isinstance(self._socket, ssl.SSLSocket) else None
        if info == "is_readable":
            return False
        return None


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to addresses that `allowed` lets pass. `within`: the budget of the get it belongs to."""

    def __init__(self, allowed: Allowed, within: Budget, resolver: Resolve = resolve) -> None:
        self._allowed, self._budget, self._resolve = allowed, within, resolver

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> Stream:
        """Raises Refused if one of its addresses is closed to us, Unreachable if none answers."""
        return connect(self.checked(host, port), port, self._budget)

    def checked(self, host: str, port: int) -> list[IP]:
        """The addresses of `host`, all of them allowed. Raises Refused, Unreachable."""
        if why := self._allowed.against(host):
            raise Refused(why)
        ip = literal(host)
        if ip is not None:
            return [ip]
        found = addresses(host, port, self._budget, self._resolve)
        for one in found:
            if why := self._allowed.judge(one, host):
                raise Refused(why)
        return found


class ProxyBackend(httpcore.NetworkBackend):
    """Connects to the proxy, which the operator has named: wherever it is."""

    def __init__(self, within: Budget, resolver: Resolve = resolve) -> None:
        self._budget, self._resolve = within, resolver

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> Stream:
        """Raises Unreachable."""
        ip = literal(host)
        found = [ip] if ip is not None else addresses(host, port, self._budget, self._resolve)
        return connect(found, port, self._budget)


def addresses(host: str, port: int, budget: Budget, resolver: Resolve) -> list[IP]:
    """Where `host` is. Raises NotFound, also when the resolver takes longer than is left."""
    answer: list[list[str] | Exception] = []

    def ask() -> None:
        try:
            answer.append(resolver(host, port))
        except (OSError, UnicodeError) as error:
            answer.append(error)

    asking = threading.Thread(target=ask, name="resolver", daemon=True)  # a resolver cannot be interrupted
    asking.start()
    asking.join(budget.left())
    if not answer:
        raise NotFound(f"its name was not found in {budget.seconds:g} s")
    found = answer[0]
    if isinstance(found, Exception):
        raise NotFound(f"its name was not found ({_plain(found)})")
    if not found:
        raise NotFound("its name has no address")
    return [ipaddress.ip_address(one) for one in found]


class NotFound(Unreachable):
    """The name does not resolve here."""


def connect(to: list[IP], port: int, budget: Budget) -> Stream:
    """A connection to the first of these addresses that answers. Raises Unreachable."""
    problem = "no address"
    for position, ip in enumerate(to):
        left = budget.left()
        patience = left if position == len(to) - 1 else min(left, CONNECT_SECONDS)
        try:
            connected = socket.create_connection((str(ip), port), patience)
        except TimeoutError:
            problem = f"no answer from {ip} in {patience:.0f} s"
        except OSError as error:
            problem = _plain(error)
        else:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return Stream(connected, budget)
    raise Unreachable(f"no connection ({problem})")


def _plain(error: Exception) -> str:
    """In words and on one line."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {error.verify_message}"
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split()) or type(error).__name__
