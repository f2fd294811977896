"""A document as it is published: its bytes, their twins in other encodings, and a card that says what is in them.

The card lets the server make ETags, and answers with only what is new, from files alone. Pure.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import brotli
import zstandard
from isal import igzip

KNOWN = 200  # earlier states of a document that are told from made-up ones


@dataclass(frozen=True, slots=True)
class Coding:
    """A content coding (RFC 9110, 8.4.1), the suffix of its files, and how it packs: quickly, or once and for all."""

    name: str
    suffix: str
    quick: Callable[[bytes], bytes]
    small: Callable[[bytes], bytes]


# Quick levels are those after which more time buys little. Of 184 kB of plain English, 0.75, 1.1 and 0.55 ms for 39, 39
# and 40 %; zstd's third level takes twice the time for 37 %, and igzip's third for 39 %. The small ones of archive
# pages take some ten times as long in all, for 34, 33 and 36 %.
CODINGS: tuple[Coding, ...] = (
    Coding("zstd", "zst", lambda d: zstandard.compress(d, 1), lambda d: zstandard.compress(d, 9)),
    Coding("br", "br", lambda d: brotli.compress(d, quality=1), lambda d: brotli.compress(d, quality=6)),
    Coding("gzip", "gz", lambda d: igzip.compress(d, 2, mtime=0), lambda d: gzip.compress(d, 6, mtime=0)),
)
"""In the order in which they are preferred, all else being equal."""


class Span(NamedTuple):
    """Where an entry lies in the document, the number of the change that last touched it in this feed, and which entry
    it is: a release, in the words of `version` or (0) as it is since that change."""

    seq: int
    start: int
    length: int
    release: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is to be published. `seq`: of the last change in it. `gone`: of the last withdrawal. `floor`: whoever has
    an earlier state cannot be told of all changes since by this document. `head`, `tail`: sizes of what surrounds the
    entries. `hubs` are told of its changes (WebSub).
    """

    body: bytes
    seq: int = 0
    gone: int = 0
    floor: int = 0
    head: int = 0
    tail: int = 0
    spans: tuple[Span, ...] = ()
    archive: bool = False
    hubs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of a published document. `twins`: suffix -> digest. `known`: states it was in, (seq, digest)."""

    digest: str
    seq: int
    gone: int
    floor: int
    head: int
    tail: int
    spans: tuple[Span, ...]
    twins: Mapping[str, str] = field(default_factory=dict)
    known: tuple[tuple[int, str], ...] = ()
    hubs: tuple[str, ...] = ()

    @property
    def tag(self) -> str:
        """The ETag's text for the plain representation."""
        return f"{self.seq}-{self.digest}"

    def to_bytes(self) -> bytes:
        values = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps(values, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Card:
        """Raises ValueError, TypeError or KeyError for what is none."""
        values: dict[str, Any] = json.loads(data)
        values["spans"] = tuple(Span(*span) for span in values["spans"])
        values["known"] = tuple((seq, digest) for seq, digest in values["known"])
        values["hubs"] = tuple(values.get("hubs", ()))
        return cls(**values)


def digest(data: bytes) -> str:
    """96 bits of SHA-256 in hex: enough to tell two states of one document apart."""
    return hashlib.sha256(data).hexdigest()[:24]


def twins(sheet: Sheet) -> dict[str, bytes]:
    """The document in each encoding, by the suffix of its file."""
    return {
        coding.suffix: (coding.small if sheet.archive else coding.quick)(sheet.body) for coding in CODINGS
    }


def card(sheet: Sheet, packed: Mapping[str, bytes], before: Card | None) -> Card:
    """The card of `sheet`, which follows upon the one with the card `before`."""
    earlier: Sequence[tuple[int, str]] = (*before.known, (before.seq, before.digest)) if before else ()
    return Card(
        digest(sheet.body),
        sheet.seq,
        sheet.gone,
        sheet.floor,
        sheet.head,
        sheet.tail,
        sheet.spans,
        {suffix: digest(data) for suffix, data in packed.items()},
        tuple(earlier[-KNOWN:]),
        sheet.hubs,
    )
