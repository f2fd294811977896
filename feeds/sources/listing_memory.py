"""What a listing keeps from one fetch to the next; JSON. It is read with care: others may have written to it."""

from __future__ import annotations

from dataclasses import asdict, replace

from pydantic import BaseModel, ConfigDict, ValidationError

from feeds import normalise
from feeds.sources.item import RawItem
from feeds.sources.way import Memory
from feeds.web.answer import Validators

MOST_SEEN = 2000
MOST_FRESH = 5000


class Waiting(BaseModel):
    """A release whose own page is still to be read: what the list says of it, and how often its page failed."""

    item: RawItem
    tries: int = 0


class Kept(BaseModel):
    """`address` is where the list was asked for, `moved_to` where it is now (a permanent redirect).

    `whole`: the list was never read to its end yet, so known releases do not end the next reading. `fresh`: releases
    that came in readings which broke off. They are known by now, and yet there may be unknown ones behind them; so
    they do not end a reading either, until one has come back to older ones. `resume` is the last page that was read
    before that, `number` its number; "" where there is none.

    `seen`: a digest of what the list said of each release: its own page is fetched when that is another. `waiting`:
    releases whose own pages could not be fetched yet. `fresh` and `seen` have names as `name_of` makes them.
    """

    model_config = ConfigDict(extra="ignore")

    address: str = ""
    moved_to: str = ""
    etag: str = ""
    last_modified: str = ""
    whole: bool = True
    fresh: list[str] = []
    resume: str = ""
    number: int = 1
    seen: dict[str, str] = {}
    waiting: list[Waiting] = []

    @property
    def validators(self) -> Validators:
        return Validators(self.etag, self.last_modified)

    @property
    def settled(self) -> bool:
        """Whether there is nothing to do as long as the list is unchanged."""
        return not (self.whole or self.fresh or self.resume or self.waiting)

    def to_json(self) -> Memory:
        return self.model_dump(mode="json", exclude_defaults=True)


def read(memory: Memory, address: str) -> Kept:
    """What was kept of the list at `address`; nothing, if it was of another, or cannot be read."""
    try:
        kept = Kept.model_validate(dict(memory))
    except (ValidationError, TypeError, ValueError):
        return Kept(address=address)
    return kept if address in {kept.address, kept.moved_to} else Kept(address=address)


def name_of(key: str) -> str:
    """A short name for a key. 64 bits."""
    return normalise.digest(key)[:16]


def digest_of(item: RawItem) -> str:
    """Of what a list says of a release. 64 bits."""
    return normalise.digest(repr(sorted(asdict(replace(item, line=None)).items())))[:16]
