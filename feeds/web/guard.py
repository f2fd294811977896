"""Which addresses of the web may be fetched. Pure: judges spellings and addresses, resolves and opens nothing.

    address as written -> place() -> Place -> Allowed.against(host) -> feeds.web.network resolves -> Allowed.judge(ip)

Only what the whole world may reach is fetched (the IANA special-purpose registries, RFC 6890), and what FETCH_ALLOW
names. An address within another (IPv4-mapped, NAT64) is judged as the one it leads to.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from feeds import normalise
from feeds.web.answer import Refused

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PORTS = {"http": 80, "https": 443}
LOOPBACK = ("127.0.0.0/8", "::1/128")

_CLOSED_4 = {
    "0.0.0.0/8": "this network",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "a carrier's own (CGNAT)",
    "127.0.0.0/8": "loopback",
    "169.254.0.0/16": "link-local",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "reserved",
    "192.0.2.0/24": "for documentation",
    "192.88.99.0/24": "a relay of 6to4",
    "192.168.0.0/16": "private",
    "198.18.0.0/15": "for benchmarks",
    "198.51.100.0/24": "for documentation",
    "203.0.113.0/24": "for documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
}
_CLOSED_6 = {
    "::/128": "this host",
    "::1/128": "loopback",
    "64:ff9b:1::/48": "translated within a network (NAT64)",
    "2001::/32": "a tunnel (Teredo)",
    "2001:2::/48": "for benchmarks",
    "2001:db8::/32": "for documentation",
    "2001::/23": "reserved",
    "2002::/16": "a tunnel (6to4)",
    "3fff::/20": "for documentation",
    "fc00::/7": "private",
    "fe80::/10": "link-local",
    "ff00::/8": "multicast",
}
_CLOSED: list[tuple[Network, str]] = [
    (ipaddress.ip_network(network), what) for network, what in (_CLOSED_4 | _CLOSED_6).items()
]
_GLOBAL_6 = ipaddress.IPv6Network("2000::/3")  # all that is given out; the rest is reserved
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NUMBER = re.compile(r"(?:\d+|0x[0-9a-f]*)", re.I)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request goes. `host` is a name in ASCII and lower case or a literal without brackets; `target` path and
    query. `shown` may stand in messages: no user, no query, no fragment."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """As it stands in Host: brackets around IPv6, no default port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"

    @property
    def url(self) -> str:
        return self.origin + self.target

    @property
    def shown(self) -> str:
        return self.origin + self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be fetched although it is no public address: networks and host names of FETCH_ALLOW.

    `confined`: nothing but the loopback, whatever else is named; so in a demo.
    """

    networks: tuple[Network, ...] = ()
    names: frozenset[str] = frozenset()
    confined: bool = False

    @classmethod
    def of(cls, entries: Iterable[str]) -> Allowed:
        """From the entries of FETCH_ALLOW, which config.environment has checked."""
        networks, names = [], set()
        for entry in entries:
            try:
                networks.append(ipaddress.ip_network(entry.strip("[]")))
            except ValueError:
                names.add(entry.lower().rstrip("."))
        return cls(tuple(networks), frozenset(names))

    @classmethod
    def only_loopback(cls) -> Allowed:
        return cls(tuple(map(ipaddress.ip_network, LOOPBACK)), frozenset(), confined=True)

    def against(self, host: str) -> str:
        """Why `host` as written must not be asked, "" where its addresses decide."""
        ip = literal(host)
        if ip is not None:
            return self.judge(ip, host)
        if self.confined and host.rstrip(".") != "localhost":
            return "in a demo nothing but this machine is fetched"
        return ""

    def judge(self, ip: IP, host: str) -> str:
        """Why `ip`, which `host` leads to, must not be reached; "" if it may."""
        inner = unwrapped(ip)
        if any(inner in network for network in self.networks):
            return ""
        if self.confined:
            return "in a demo nothing but this machine is fetched"
        why = closed(inner)
        if not why or host.rstrip(".") in self.names:
            return ""
        name = str(inner) if literal(host) else host.rstrip(".")
        place = name if literal(host) else f"{name} is at {inner}, which"
        return f"{place} is no public address ({why}); to allow it, name {name} in FETCH_ALLOW"


def place(url: str) -> Place:
    """Where `url` leads. Raises Refused for all that is no plain http or https address with a plain host."""
    try:
        parts = urlsplit(normalise.line(url))
        scheme, user = parts.scheme.lower(), "@" in parts.netloc
    except ValueError:
        raise Refused("this is no web address; expected http://host/path or https://host/path") from None
    if scheme not in PORTS:
        raise Refused(
            f"addresses that begin with {scheme or 'no scheme'}: are not fetched, only http and https"
        )
    if user:
        raise Refused(f"a {scheme} address with a user name in it is not fetched")
    clean = normalise.url(url)
    if clean is None:
        raise Refused(
            f"this {scheme} address names no host that could be asked, or is over 2,000 characters long"
        )
    known = urlsplit(clean)
    host = known.hostname or ""
    if known.port == 0:
        raise Refused(f"{host}: there is no port 0")
    if not _is_plain(host):
        raise Refused(f"{host} is an odd spelling of an address; write it as 192.0.2.1 or as a name")
    if literal(host) is not None:
        host = host.rstrip(".")
    target = known.path + (f"?{known.query}" if known.query else "")
    return Place(scheme, host, known.port or PORTS[scheme], target)


def literal(host: str) -> IP | None:
    """The address, if `host` is one and no name."""
    try:
        return ipaddress.ip_address(host.rstrip("."))
    except ValueError:
        return None


def unwrapped(ip: IP) -> IP:
    """The address that packets to `ip` go to in the end: IPv4-mapped (RFC 4291) and NAT64 (RFC 6052) hide one."""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return ip.ipv4_mapped
        if ip in _NAT64:
            return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip


def closed(ip: IP) -> str:
    """What kind of address `ip` is, if not everybody can reach it; else ""."""
    for network, what in _CLOSED:
        if ip in network:
            return what
    return "reserved" if ip.version == 6 and ip not in _GLOBAL_6 else ""


def _is_plain(host: str) -> bool:
    """Whether `host` can be read in one way only: resolvers take 127.1, 0x7f.1 and 2130706433 for addresses, and a
    zone ("%eth0") picks an interface."""
    if "%" in host:
        return False
    if literal(host) is not None:
        return not host.endswith("..")
    labels = host.removesuffix(".").split(".")
    return all(0 < len(label) <= 63 for label in labels) and not _NUMBER.fullmatch(labels[-1])
