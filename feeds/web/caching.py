"""When a server may be asked again, by what it says itself. Pure; instants are aware and in UTC."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST = timedelta(days=1)
"""Nobody is left alone for longer, whatever they ask: a slip there must not silence a source for years."""

_SECONDS = re.compile(r"[0-9]+")
_DIRECTIVE = re.compile(r'([\w-]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,;]*)))?')


def retry_after(value: str, now: datetime) -> datetime | None:
    """The instant that a Retry-After names (RFC 9110, 10.2.3), at most a day ahead; None for junk and the past."""
    value = value.strip()
    if _SECONDS.fullmatch(value):
        at = now + _seconds(value)
    else:
        found = http_date(value)
        if found is None:
            return None
        at = min(found, now + LONGEST)
    return at if at > now else None


def fresh_until(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Until when an answer that came at `now` is good (RFC 9111, 4.2), at most a day ahead; None: ask at any time.

    max-age counts before Expires, less the Age it came with; no-cache and no-store make it stale at once. Header names
    are in lower case.
    """
    control = directives(headers.get("cache-control", ""))
    if control.keys() & {"no-cache", "no-store"}:
        return None
    if "max-age" in control:
        if not _SECONDS.fullmatch(control["max-age"]):
            return None
        age = headers.get("age", "").strip()
        at = now + _seconds(control["max-age"]) - (_seconds(age) if _SECONDS.fullmatch(age) else timedelta())
    else:
        expires, sent = http_date(headers.get("expires", "")), http_date(headers.get("date", ""))
        if expires is None:
            return None
        at = min(now + min(expires - (sent or now), LONGEST), now + LONGEST)
    return at if at > now else None


def directives(value: str) -> dict[str, str]:
    """Those of Cache-Control, names in lower case; the first of a name counts."""
    found: dict[str, str] = {}
    for name, quoted, bare in _DIRECTIVE.findall(value):
        found.setdefault(name.lower(), (quoted or bare).strip())
    return found


def http_date(value: str) -> datetime | None:
    """An HTTP-date in any of its three forms (RFC 9110, 5.6.7); None for anything else."""
    try:
        found = parsedate_to_datetime(value.strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    try:
        return found.astimezone(UTC)
    except OverflowError:
        return None


def _seconds(digits: str) -> timedelta:
    """At most LONGEST; so many digits that no number should be made of them count as that."""
    digits = digits.lstrip("0")
    return LONGEST if len(digits) > 6 else min(timedelta(seconds=int(digits or "0")), LONGEST)
