"""Which column is what: recognised by the system that wrote the file, and as somebody says otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

FIELDS = ("address", "status", "language", "zone", "topics", "offices", "agreed")
"""What is taken from a row. Names and all else stay behind."""
LIST = "a bare list"


@dataclass(frozen=True, slots=True)
class System:
    """One that is known by the columns it `has`; `columns` by field."""

    name: str
    has: frozenset[str]
    columns: Mapping[str, str]


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


SYSTEMS = (
    System(
        "Mailchimp",
        frozenset({"emailaddress", "memberrating"}),
        {"address": "emailaddress", "agreed": "confirmtime", "language": "language", "topics": "tags",
         "status": "unsubtime", "zone": "timezone"},
    ),
    System(
        "listmonk",
        frozenset({"uuid", "email", "status"}),
        {"address": "email", "status": "status", "agreed": "createdat"},
    ),
    System(
        "Mailman",
        frozenset({"subscriber"}),
        {"address": "subscriber"},
    ),
)  # fmt: skip
_USUAL = {
    "address": (
        "email",
        "emailaddress",
        "mail",
        "address",
        "eadress",
        "adresse",
        "courriel",
        "correo",
        "indirizzo",
    ),
    "status": ("status", "state"),
    "language": ("language", "lang", "locale", "sprache", "langue", "lingua", "idioma"),
    "zone": ("timezone", "zone", "tz"),
    "topics": ("topics", "topic", "tags", "interests", "themes"),
    "offices": ("offices", "office", "countries", "country"),
    "agreed": ("agreed", "optintime", "confirmtime", "confirmedat", "subscribedat", "createdat", "date"),
}


def recognised(head: Sequence[str]) -> tuple[str, dict[str, int]]:
    """The name of the system ("CSV" for any other), and field -> column by number, as far as they can be told."""
    if not head:
        return LIST, {"address": 0}
    keys = [_key(name) for name in head]
    for system in SYSTEMS:
        if system.has <= set(keys):
            return system.name, {f: keys.index(c) for f, c in system.columns.items() if c in keys}
    found = {}
    for field, names in _USUAL.items():
        column = next((keys.index(name) for name in names if name in keys), None)
        if column is not None:
            found[field] = column
    return "CSV", found


def chosen(head: Sequence[str], said: Mapping[str, str]) -> dict[str, int]:
    """What `recognised` finds, with what somebody says of single fields: the name of a column, "" for none.

    Raises ValueError, in words.
    """
    _, found = recognised(head)
    for field, name in said.items():
        if field not in FIELDS:
            raise ValueError(f"{field}: expected one of {', '.join(FIELDS)}")
        if not name:
            found.pop(field, None)
        elif name in head:
            found[field] = list(head).index(name)
        else:
            raise ValueError(
                f"there is no column {name!r}; there are {', '.join(filter(None, head)) or 'none'}"
            )
    if "address" not in found:
        raise ValueError(
            f"no column holds addresses; there are {', '.join(filter(None, head))}. Say which one it is"
        )
    return found
