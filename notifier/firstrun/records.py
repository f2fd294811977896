"""The DNS records that receivers look for, as they follow from the settings: to be copied to the domain's own DNS."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from config import kept_relay, relays
from config.relays import LOCAL
from feeds.models import Newsroom
from notifier import dkim, installation


@dataclass(frozen=True, slots=True)
class Record:
    """A TXT record. `why`: what it does, and what to mind. Without a `value`: no mail server that others could find."""

    about: str
    name: str
    value: str
    why: str


def has_sender(newsroom: Newsroom) -> bool:
    """Whether somebody has said in whose name messages arrive: records are those of that domain."""
    from config import files  # loaded where it is used: before there is a sender

    shipped = files.read(installation.DEFAULTS)["newsroom"][0]["sender_address"]
    return "." in newsroom.sender_address.rpartition("@")[2] and newsroom.sender_address != shipped


def needed(newsroom: Newsroom) -> list[Record]:
    """SPF, DKIM for each key, DMARC. A key that cannot be used has none: the checks say why."""
    domain = newsroom.sender_address.rpartition("@")[2].lower()
    path = settings.BOUNCE_ADDRESS.rpartition("@")[2].lower() or domain
    senders = list(_senders())
    try:
        keys = dkim.load(settings.DKIM_KEYS)
    except dkim.BadKey:
        keys = ()
    return [
        Record("SPF", path, " ".join(("v=spf1", *senders, "~all")) if senders else "", _SPF),
        *(Record("DKIM", f"{key.selector}._domainkey.{domain}", key.record, _DKIM) for key in keys),
        Record(
            "DMARC", f"_dmarc.{domain}", f"v=DMARC1; p=none; rua=mailto:{_reports(newsroom, domain)}", _DMARC
        ),
    ]


_SPF = (
    "Says which servers may send for your domain. If there is one already, add to it: two count for nothing. If your "
    "mail provider names an include: of its own, write that in place of what begins with a: or ip."
)
_DKIM = "Holds the public half of the key with which Herald signs every message."
_DMARC = (
    "Asks receivers to report what they make of mail in your name. Leave it at p=none until the reports are good, then "
    "tighten it."
)


def _senders() -> Iterator[str]:
    """Of each relay: itself, or this machine where it stands on it."""
    here = urlsplit(settings.BASE_URL).hostname or "localhost"
    hosts = [relay.host for relay in relays.parse(kept_relay.url())]
    for host in dict.fromkeys(here if host in LOCAL else host for host in hosts):
        try:
            yield f"ip{ipaddress.ip_address(host).version}:{host}"
        except ValueError:
            if "." in host:  # another name means nothing to others, such as localhost
                yield f"a:{host}"


def _reports(newsroom: Newsroom, domain: str) -> str:
    """Reports to another domain need its consent in DNS (RFC 7489, 7.1), so they go to one of ours."""
    ours = newsroom.contact.lower().endswith(f"@{domain}")
    return newsroom.contact if ours else newsroom.sender_address
