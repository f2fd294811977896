"""Checks that ask others: the relays, and the DNS records by which receivers judge mail from the sender's domain."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from django.conf import settings

from config import kept_relay
from config.relays import RelayAddress, parse
from feeds import store
from notifier import dkim
from notifier.checkup.findings import Finding, note, tried, wrong
from notifier.sending.connecting import connect

RELAY_SECONDS, DNS_SECONDS = 10.0, 5.0
_AT_ONCE = 8

Lookup = Callable[[str], list[str]]
"""The TXT records of a name; none where there are none. Raises DnsFault."""


Check = Callable[[], Finding]


class DnsFault(Exception):
    """Nobody could say: `str()` says why."""


@dataclass(frozen=True, slots=True)
class Sender:
    """What the records are about. `path`: the domain of the return path; `keys`: those that sign, by selector."""

    domain: str
    path: str
    keys: Sequence[dkim.Key] = ()


def everything() -> list[Finding]:
    """Relays and records. Where no mail leaves, nobody judges it."""
    return side_by_side([*_of_relays(), *(_of_records() if kept_relay.url() else ())])


def relays() -> list[Finding]:
    """Connect to each relay, greet, sign in; send nothing."""
    return side_by_side(_of_relays())


def records() -> list[Finding]:
    """SPF, DKIM and DMARC of the sender's domain, as the resolver of this host knows them."""
    return side_by_side(_of_records())


def side_by_side(checks: Sequence[Check]) -> list[Finding]:
    """What all of them find, in as long as the slowest takes. They ask the network, and never the database."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return list(threads.map(lambda check: check(), checks))


def judge(sender: Sender, look_up: Lookup) -> list[Check]:
    """Checks of what the records of a sender say."""
    checks = [
        ("SPF", partial(_spf, sender.path, look_up)),
        *((f"DKIM {key.selector}", partial(_dkim, sender.domain, key, look_up)) for key in sender.keys),
        ("DMARC", partial(_dmarc, sender.domain, look_up)),
    ]
    return [partial(_judged, about, check) for about, check in checks]


def _of_relays() -> list[Check]:
    if not kept_relay.url():
        return [lambda: note("relay", "SMTP_URL is not set: feeds go on, mail waits")]
    sender = store.newsroom().sender_address
    return [partial(tried, "relay", partial(greeting, relay, sender)) for relay in parse(kept_relay.url())]


def _of_records() -> list[Check]:
    if settings.HERALD_DEMO:
        return [lambda: note("dns", "not asked: nothing leaves this machine from a demo")]
    address = store.newsroom().sender_address
    if not address:
        return [lambda: note("dns", "not asked: mail has no sender yet")]
    domain = address.rpartition("@")[2].lower()
    path = settings.BOUNCE_ADDRESS.rpartition("@")[2].lower() or domain
    try:
        keys = dkim.load(settings.DKIM_KEYS)
    except dkim.BadKey:
        keys = ()  # said by the check of the keys themselves
    return judge(Sender(domain, path, keys), _asked)


def _judged(about: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except DnsFault as fault:
        return wrong(about, f"could not be asked for: {fault}")


def _spf(domain: str, look_up: Lookup) -> Finding:
    """RFC 7208: exactly one record. Whether it names the relay is the relay's to say."""
    found = [text for text in look_up(domain) if text.lower().split(" ")[0] == "v=spf1"]
    if not found:
        return wrong("SPF", f'{domain} has no TXT "v=spf1 …": nobody can tell who may send for it')
    if len(found) > 1:
        return wrong("SPF", f"{domain} has {len(found)} records that begin with v=spf1: then none counts")
    if found[0].lower().split()[-1] == "+all":
        return wrong("SPF", f'{domain} says "{found[0]}": +all lets everybody send for it')
    return Finding("SPF", f'{domain} says "{found[0]}"; it must name your relay')


def _dkim(domain: str, key: dkim.Key, look_up: Lookup) -> Finding:
    about, name = f"DKIM {key.selector}", f"{key.selector}._domainkey.{domain}"
    published = [_tag(text, "p") for text in look_up(name)]
    if _tag(key.record, "p") in published:
        return Finding(about, f"{name} has the key that signs")
    needed = f'it must be TXT "{key.record}"'
    return wrong(
        about, f"{name} has another key: {needed}" if any(published) else f"{name} is not there: {needed}"
    )


def _dmarc(domain: str, look_up: Lookup) -> Finding:
    """Of the domain itself, or of the nearest above it that has one (RFC 7489, 6.6.3)."""
    for above in _upwards(domain):
        found = [
            text
            for text in look_up(f"_dmarc.{above}")
            if text.replace(" ", "").lower().startswith("v=dmarc1")
        ]
        if len(found) == 1:
            policy = _tag(found[0], "p")
            words = f'_dmarc.{above} says "{found[0]}"'
            return (
                note("DMARC", f"{words}: p=none only watches")
                if policy == "none"
                else Finding("DMARC", words)
            )
        if found:
            return wrong("DMARC", f"_dmarc.{above} has {len(found)} records: then none counts")
    words = f'_dmarc.{domain} is not there: large receivers ask for at least TXT "v=DMARC1; p=none"'
    return wrong("DMARC", words)


def _upwards(domain: str) -> Iterator[str]:
    """The domain and those above it, down to two labels."""
    labels = domain.split(".")
    yield from (".".join(labels[n:]) for n in range(max(1, len(labels) - 1)))


def _tag(record: str, name: str) -> str:
    """The value of a tag in "a=b; c=d" (RFC 6376, 3.2), without white space."""
    for part in record.split(";"):
        key, _, value = part.partition("=")
        if key.strip().lower() == name:
            return "".join(value.split())
    return ""


def _asked(name: str) -> list[str]:
    import dns.exception  # loaded where it is used: it takes 2 MB
    import dns.resolver

    resolver = dns.resolver.Resolver()
    try:
        answer = resolver.resolve(name, "TXT", lifetime=DNS_SECONDS, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise DnsFault(str(error)) from None
    return [b"".join(row.strings).decode("utf-8", "replace") for row in answer]


def greeting(relay: RelayAddress, sender: str) -> str:
    return asyncio.run(_greet(relay, sender))


async def _greet(relay: RelayAddress, sender: str) -> str:
    try:
        async with asyncio.timeout(RELAY_SECONDS):
            line = await connect(relay, sender, sender.rpartition("@")[2] or "localhost")
            await line.quit()
    except TimeoutError:
        raise TimeoutError(f"{relay.name} did not answer within {RELAY_SECONDS:.0f} s") from None
    return f"{relay.name} answers" + (", signed in" if relay.user else "")
