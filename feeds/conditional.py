"""Conditional requests and content negotiation (RFC 9110), as far as a feed needs them. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_TAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_CODED = re.compile(r"-(?:br|zstd|gzip)$")  # ends the ETag of an encoded representation (8.8.3.3)


def coded(tag: str, coding: str) -> str:
    """The ETag's text for a representation in `coding`, or for the plain one ("")."""
    return f"{tag}-{coding}" if coding else tag


def held(if_none_match: str | None) -> list[str]:
    """The ETags a client has, as those of the plain representation: who has one encoding has the document."""
    return [_CODED.sub("", tag) for tag in _TAG.findall(if_none_match or "")]


def not_modified(if_none_match: str | None, if_modified_since: str | None, tag: str, modified: int) -> bool:
    """Whether the client has it already. `tag` is the ETag's text for the plain representation, `modified` seconds.

    If-None-Match wins where both are sent, and compares weakly (13.1.2).
    """
    if if_none_match is not None:
        return if_none_match.strip() == "*" or tag in held(if_none_match)
    since = _instant(if_modified_since or "")
    return since is not None and modified <= since.timestamp()


def coding(accept_encoding: str | None, offered: Collection[str]) -> str:
    """The coding to send, of those `offered` with the best first; "" for none (12.5.3). No header: plain."""
    weights = dict(_weights(accept_encoding or ""))
    weights.setdefault("gzip", weights.get("x-gzip", weights.get("*", 0.0)))
    found = [(weights.get(name, weights.get("*", 0.0)), -rank, name) for rank, name in enumerate(offered)]
    weight, _, name = max(found, default=(0.0, 0, ""))
    return name if weight > 0 and weight >= weights.get("identity", 0.0) else ""


def _instant(value: str) -> datetime | None:
    """An HTTP date; None for anything else, which is then as if it had not been sent (13.1.3)."""
    try:
        found = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _weights(value: str) -> Iterator[tuple[str, float]]:
    for part in value.lower().split(","):
        name, _, parameter = part.partition(";")
        key, _, weight = parameter.partition("=")
        try:
            yield name.strip(), float(weight) if key.strip() == "q" else 1.0
        except ValueError:
            yield name.strip(), 0.0
