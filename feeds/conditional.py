"""Conditional requests and content negotiation (RFC 9110), as far as a feed needs them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

GZIPPED = "-gz"  # ends the ETag of the compressed representation (8.8.3.3)
_TAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


def not_modified(if_none_match: str | None, if_modified_since: str | None, tag: str, modified: int) -> bool:
    """Whether the client has it already. `tag` is the ETag's text for the plain representation, `modified` seconds.

    If-None-Match wins where both are sent, and compares weakly (13.1.2): a client that has either encoding has it.
    """
    if if_none_match is not None:
        return if_none_match.strip() == "*" or tag in {
            held.removesuffix(GZIPPED) for held in _tags(if_none_match)
        }
    since = _instant(if_modified_since or "")
    return since is not None and modified <= since.timestamp()


def accepts_gzip(accept_encoding: str | None) -> bool:
    """Whether the client would take gzip (12.5.3). Without the header we send it plain."""
    weights = dict(_weights(accept_encoding or ""))
    weight = weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0)))
    return weight > 0 and weight >= weights.get("identity", 0.0)


def _tags(value: str) -> Iterator[str]:
    yield from _TAG.findall(value)


def _instant(value: str) -> datetime | None:
    """An HTTP date; None for anything else, which is then as if it had not been sent (13.1.3)."""
    try:
        found = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _weights(value: str) -> Iterator[tuple[str, float]]:
    for part in value.lower().split(","):
        coding, _, parameter = part.partition(";")
        name, _, weight = parameter.partition("=")
        try:
            yield coding.strip(), float(weight) if name.strip() == "q" else 1.0
        except ValueError:
            yield coding.strip(), 0.0
