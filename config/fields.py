"""The fields a configuration row may have, and what each of them accepts. Plain values; no database.

A kind is asked what is wrong with a value and answers with the rest of a sentence that begins with the field's name
("must be two letters"), or with nothing.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

Kind = Callable[[Any], str | None]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a section's rows. Without a default it must be given.

    `about` says what it is for; where it is empty, the help of the model's field of the same name does.
    `get` and `put` stand in where the model's attribute has another form than the document's value. A `late` field
    refers to other rows of its section and is put after all of them exist.
    """

    name: str
    kind: Kind
    default: Any = None
    get: Callable[[Any], Any] | None = None
    put: Callable[[Any, Any], None] | None = None
    late: bool = False
    about: str = ""

    def read(self, instance: Any) -> Any:
        return self.get(instance) if self.get else getattr(instance, self.name)

    def write(self, instance: Any, value: Any) -> None:
        if self.put:
            self.put(instance, value)
        else:
            setattr(instance, self.name, value)


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_TAG_AUTHORITY = re.compile(r"[a-z0-9.@-]+,\d{4}(-\d\d){0,2}")
_HOST = re.compile(r"(?=.{1,200}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def text(limit: int, *, empty: bool = True, lines: bool = False) -> Kind:
    """Text of at most `limit` characters, on one line unless `lines`."""

    def check(value: Any) -> str | None:
        if not isinstance(value, str):
            return "must be text"
        if not empty and not value.strip():
            return "must not be empty"
        if len(value) > limit:
            return f"must have at most {limit} characters, and has {len(value)}"
        if _CONTROL.search(value) or (not lines and ("\n" in value or "\r" in value)):
            return "must not contain control characters" if lines else "must be one line of text"
        return None

    return check


def pattern(expression: re.Pattern[str], expected: str, *, empty: bool = False) -> Kind:
    """Text that fits an expression wholly; `expected` ends the sentence "must be …"."""

    def check(value: Any) -> str | None:
        if isinstance(value, str) and ((empty and not value) or expression.fullmatch(value)):
            return None
        return f"must be {expected}"

    return check


def slug(limit: int, *, reserved: Collection[str] = ()) -> Kind:
    """A name in addresses and files: a-z, 0-9 and single hyphens."""

    def check(value: Any) -> str | None:
        if not isinstance(value, str) or not _SLUG.fullmatch(value):
            return "must be lower-case letters a-z, figures and single hyphens"
        if value in reserved:
            return f"must not be {value!r}, which has a meaning of its own"
        return f"must have at most {limit} characters" if len(value) > limit else None

    return check


def slugs(limit: int) -> Kind:
    """A list of slugs, none of them given twice."""
    each = slug(limit)

    def check(value: Any) -> str | None:
        if not isinstance(value, list):
            return 'must be a list of slugs, such as ["one", "two"]'
        for item in value:
            if wrong := each(item):
                return f"{wrong}: {item!r}"
        return None if len(set(value)) == len(value) else "must not name one twice"

    return check


def choice(*values: str) -> Kind:
    return lambda value: None if value in values else f"must be one of {', '.join(values)}"


def number(low: int, high: int) -> Kind:
    def check(value: Any) -> str | None:
        whole = isinstance(value, int) and not isinstance(value, bool)
        return None if whole and low <= value <= high else f"must be a whole number from {low} to {high}"

    return check


def flag(value: Any) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def texts(limit: int) -> Kind:
    """A list of one-line texts, none of them empty or given twice."""
    each = text(limit, empty=False)

    def check(value: Any) -> str | None:
        if not isinstance(value, list):
            return 'must be a list of texts, such as ["one", "two"]'
        for item in value:
            if wrong := each(item):
                return f"{wrong} ({item!r})"
        return "must not name the same text twice" if len(set(value)) < len(value) else None

    return check


def times_of_day(most: int) -> Kind:
    """A list of at most so many times of day, at least one, each once and in order."""

    def check(value: Any) -> str | None:
        if not isinstance(value, list) or not 0 < len(value) <= most:
            return 'must be a list of times, such as ["07:00"]'
        for item in value:
            if wrong := time_of_day(item):
                return f"{wrong}: {item!r}"
        return None if value == sorted(set(value)) else "must name each time once, the earliest first"

    return check


def by_language(limit: int) -> Kind:
    """A table from language codes (BCP 47) to one-line texts, none of them empty."""
    each = text(limit, empty=False)

    def check(value: Any) -> str | None:
        if not isinstance(value, dict):
            return 'must be a table by language, such as {fr = "un", ru = "один"}'
        for code, name in value.items():
            if wrong := language(code) or each(name):
                return f"{wrong} ({code})"
        return None

    return check


def some_of(*values: str) -> Kind:
    """A list of some of `values`, at least one, in their order."""

    def check(value: Any) -> str | None:
        if isinstance(value, list) and value and value == [item for item in values if item in value]:
            return None
        return f"must be a list of some of {', '.join(values)}, in this order"

    return check


def table(value: Any) -> str | None:
    """A table of plain values, nested at will."""
    return (
        None if isinstance(value, dict) and _plain(value) else "must be a table of texts, numbers and flags"
    )


def zone(value: Any) -> str | None:
    return None if value in _zones() else "must be an IANA time zone, such as Europe/Vienna"


def email(*, empty: bool = False) -> Kind:
    def check(value: Any) -> str | None:
        if empty and value == "":
            return None
        try:
            validate_email(
                value, check_deliverability=False, globally_deliverable=False, test_environment=False
            )
        except (EmailNotValidError, TypeError, AttributeError):
            return "must be an e-mail address, such as newsroom@example.org"
        return None

    return check


def web_address(*, empty: bool = True) -> Kind:
    line = text(1000)

    def check(value: Any) -> str | None:
        if empty and value == "":
            return None
        if line(value) is None:
            try:
                parts = urlsplit(value)
                if parts.scheme in {"http", "https"} and parts.hostname and " " not in value:
                    return None
            except ValueError:
                pass
        return "must be an address that begins with https:// or http://"

    return check


colour = pattern(re.compile("#[0-9a-f]{6}"), "a colour, such as #0b4a8f")
country = pattern(re.compile("[A-Z]{2}"), "two letters", empty=True)
language = pattern(_LANGUAGE, "a language tag (BCP 47), such as en or pt-BR")
language_or_none = pattern(_LANGUAGE, "a language tag (BCP 47), such as en or pt-BR", empty=True)
tag_authority = pattern(_TAG_AUTHORITY, "a host name and a year, such as example.org,2025 (RFC 4151)")
host = pattern(_HOST, "a host name, such as example.org")
time_of_day = pattern(_TIME, "a time between 00:00 and 23:59, such as 07:00")


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(_plain(item) for item in value)
    if isinstance(value, str):
        return not _CONTROL.search(value)
    return isinstance(value, (bool, int))
