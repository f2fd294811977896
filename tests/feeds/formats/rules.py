"""What the judges of all formats ask alike of an address, a date, a language and a piece of HTML."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from html.parser import HTMLParser

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
ADDRESSES = {"href", "src", "cite", "action", "poster"}
DANGEROUS = {"script", "style", "iframe", "object", "embed", "form", "meta", "link", "base", "applet"}


def web(address: str | None) -> bool:
    return address is not None and re.fullmatch(r"https?://[!-~]+", address) is not None


def rfc822(text: str) -> bool:
    """Written out again it is the same: day of the week right, English, four figures for the year."""
    return format_datetime(parsedate_to_datetime(text), usegmt=True) == text


def iso(text: str) -> bool:
    return RFC3339.fullmatch(text) is not None and datetime.fromisoformat(text).tzinfo is not None


def later(one: str | None, other: str | None) -> bool:
    """Whether the first of two RFC 3339 instants is after the second, as far as both are."""
    return bool(one and other and iso(one) and iso(other)) and (
        datetime.fromisoformat(one) > datetime.fromisoformat(other)
    )


def twice(values: Iterable[object]) -> list[object]:
    return [value for value, count in Counter(values).items() if count > 1]


def language_faults(where: str, code: str | None) -> list[str]:
    return [] if code and LANGUAGE.fullmatch(code) else [f"{where}: {code!r} is no language (RFC 5646)"]


def html_faults(where: str, markup: str) -> Iterator[str]:
    """What a reader who shows it elsewhere could not use, or would have to take out."""
    reader = _Markup()
    reader.feed(markup)
    reader.close()
    for tag, attributes in reader.found:
        if tag in DANGEROUS:
            yield f"{where}: <{tag}> in its content"
        for name, value in attributes:
            if name.startswith("on") or name == "style":
                yield f"{where}: {name} in its content"
            if name in ADDRESSES and not re.match(r"(https?://|mailto:)", value or ""):
                yield f"{where}: {value!r} in its content is not absolute"


class _Markup(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attrs))
