"""From where the present change comes: which page or command, and from which network, coarsely.

middleware or command -> from_page(…) -> (whatever is done inside) -> columns() in each entry of the audit log
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """`page`: a route ("admin:feeds_release_change") or a command ("herald stop"); `network`: 192.0.2.0/24, or ""."""

    page: str = ""
    network: str = ""


_NOWHERE = Origin()
_present: ContextVar[Origin] = ContextVar("origin", default=_NOWHERE)


@contextmanager
def coming_from(page: str, network: str = "") -> Iterator[None]:
    token = _present.set(Origin(page[:200], network))
    try:
        yield
    finally:
        _present.reset(token)


def columns() -> dict[str, str]:
    """The present origin, as the audit log's columns."""
    found = _present.get()
    return {"page": found.page, "network": found.network}


def one_client(address: str) -> str:
    """What counts as one client: an IPv4 address, or a /64 of IPv6, of which whoever has one has all; "unknown"."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return str(found) if found.version == 4 else str(ipaddress.ip_network(f"{found}/64", strict=False))


def coarse(address: str) -> str:
    """The network of a client, coarse enough to mean no person: /24 of IPv4, /48 of IPv6; "" if it is no address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return str(ipaddress.ip_network(f"{found}/{24 if found.version == 4 else 48}", strict=False))
