"""What offices, topics and types are called in a language: plain values, no database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol


class Name(NamedTuple):
    """A name, and the language it is in (a code), for whoever reads it aloud."""

    text: str
    language: str


class Named(Protocol):
    """A term, as far as its name goes: `names` holds those in other languages, by code. One in the newsroom's own
    goes before `name`, which then is in some other.
    """

    name: str
    names: Mapping[str, str]


def name_of(term: Named, language: str, usual: str) -> Name:
    """The term's name in `language`; where it has none, the one in `usual`, the newsroom's own language."""
    return pick(term.name, term.names, language, usual)


def pick(name: str, names: Mapping[str, str], language: str, usual: str) -> Name:
    """As `name_of`, from the columns."""
    own = names.get(language) if isinstance(names, dict) else None  # SQL may write anything
    return Name(own, language) if own else Name(name, usual)
