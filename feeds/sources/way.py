"""What each way in is: a small module with options, a usual interval, and one function from state to items.

    fetch(origin, memory, tools) -> Fetched(items, faults, memory, …)

A new kind is one module with these names, one line in `feeds.sources.kinds`, and a pair of test files.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict, Field

from feeds.sources.item import Fault, RawItem
from feeds.web.answer import Web

Memory = Mapping[str, Any]
"""What a kind keeps between fetches; plain JSON. Empty at first, or after an admin has asked to begin anew."""


class Hold(BaseModel):
    """When a fetch is held for an admin to look at, instead of being taken in."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    new: int = Field(20, ge=0, description="More new releases than this in one fetch.")
    changed_percent: int = Field(
        10, ge=0, le=100, description="More than this share of known ones changed (two at least)."
    )
    none: bool = Field(True, description="No release at all, where there always were some.")


class Options(BaseModel):
    """What may stand in a source's `options`, whatever its kind; each kind adds its own."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    hold: Hold = Field(default_factory=Hold, description="When a fetch is held.")
    check_pages_days: int = Field(
        30,
        ge=0,
        description="For so many days after publication a release's own page is looked at; 0: never.",
    )


@dataclass(frozen=True, slots=True)
class Origin:
    """A source as its kind sees it. `address` is where it is now: a permanent redirect that was obeyed included."""

    slug: str
    address: str
    language: str
    options: Any


@dataclass(frozen=True, slots=True)
class Tools:
    """What a kind may use. `known(keys)`: which of these keys the source has brought before."""

    web: Web
    now: datetime
    known: Callable[[Collection[str]], set[str]]


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a fetch brought. `memory` replaces the old one once the items are stored.

    `unchanged`: the other side says that nothing is new (304), so an empty list means nothing. `complete`: these are
    all the items there are just now. `not_before`: when the other side wants to be asked again at the earliest (UTC).
    `gone`: the source ended for good (410). Faults of single items stand beside the items that could be read.
    """

    items: tuple[RawItem, ...] = ()
    faults: tuple[Fault, ...] = ()
    memory: Memory = field(default_factory=dict)
    complete: bool = True
    unchanged: bool = False
    not_before: datetime | None = None
    gone: bool = False


class Way(Protocol):
    """One kind of source. Modules in `feeds.sources` are written so that the module itself is a Way."""

    Options: ClassVar[type[Options]]
    EVERY_SECONDS: ClassVar[int]

    def fetch(self, origin: Origin, memory: Memory, tools: Tools) -> Fetched:
        """Raises feeds.web.answer.FetchError, or `Unusable`, when nothing of it can be used; nothing else."""


class Unusable(Exception):
    """What the other side gave is not what this kind reads; `str()` says what, where and what was expected."""
