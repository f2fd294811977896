"""A finished message with slots for what differs by person. Filling them costs microseconds and is all that is done
for one recipient.

    letters.render(edition) -> Pattern -> pack() in the database -> fill(values) -> bytes for one recipient

A slot in a quoted-printable part stands on lines of its own: the literal before it ends with a soft line break, and so
does its value (RFC 2045 section 6.7, rule 5). No line begins with a dot, so nothing is left to stuff at the relay
(RFC 5321 section 4.5.2). Line ends are CRLF and nothing else.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from html import escape

LINE = 75  # a line of 76 with the soft break's "="
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"  # noncharacters: no text may hold them (Unicode 23.7), clean() sees to it
_MARK = re.compile(f"{_OPEN}([a-z_]+){_CLOSE}")
_UNCLEAN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029\ufdd0-\ufdef\ufeff\ufffe\uffff\ud800-\udfff\u202a-\u202e\u2066-\u2069]"
)
_HEADER_VALUE = re.compile(r"[!-~]*")
_PLAIN = bytes(byte for byte in range(33, 127) if byte != ord("="))


class BadValue(ValueError):
    """A value that a header cannot hold as it is."""


class Encoding(IntEnum):
    """How a slot's value is written: raw ASCII without spaces, quoted-printable text, or that of escaped HTML."""

    HEADER = 1
    TEXT = 2
    HTML = 3


@dataclass(frozen=True, slots=True)
class Slot:
    name: str
    encoding: Encoding


Part = bytes | Slot


@dataclass(frozen=True, slots=True)
class Pattern:
    """Literal bytes and slots in order."""

    parts: tuple[Part, ...]
    slots: frozenset[str] = field(init=False, compare=False)  # the names of the values it needs
    # The parts with every slot empty; and each different slot with the places it has among them: a token stands beside
    # every release of a digest, and is written once.
    _literals: list[bytes] = field(init=False, compare=False, repr=False)
    _places: list[tuple[Slot, list[int]]] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        places: dict[Slot, list[int]] = {}
        for place, part in enumerate(self.parts):
            if isinstance(part, Slot):
                places.setdefault(part, []).append(place)
        object.__setattr__(self, "slots", frozenset(slot.name for slot in places))
        object.__setattr__(self, "_literals", [b"" if isinstance(p, Slot) else p for p in self.parts])
        object.__setattr__(self, "_places", list(places.items()))

    @property
    def size(self) -> int:
        """The bytes of all that is literal."""
        return sum(len(part) for part in self.parts if isinstance(part, bytes))

    def fill(self, values: Mapping[str, str]) -> bytes:
        """The message of one recipient. Raises KeyError for a missing value, BadValue for one no header can hold."""
        filled = self._literals.copy()
        for slot, places in self._places:
            written = _ENCODERS[slot.encoding](values[slot.name])
            for place in places:
                filled[place] = written
        return b"".join(filled)

    def pack(self) -> bytes:
        """For storing: a version byte, then the compressed parts, each as kind, length and bytes."""
        return b"\x01" + zlib.compress(b"".join(map(_pack_part, self.parts)), 6)

    @classmethod
    def unpack(cls, stored: bytes) -> Pattern:
        """Raises ValueError for what `pack` did not write."""
        if stored[:1] != b"\x01":
            raise ValueError("not a packed pattern")
        data = zlib.decompress(stored[1:])
        parts: list[Part] = []
        at = 0
        while at < len(data):
            kind, end = data[at], at + 5 + int.from_bytes(data[at + 1 : at + 5], "big")
            content = data[at + 5 : end]
            parts.append(Slot(content.decode("ascii"), Encoding(kind)) if kind else content)
            at = end
        return cls(tuple(parts))


def mark(name: str) -> str:
    """Stands for the slot `name` in a text that `header` or `body` will cut."""
    return f"{_OPEN}{name}{_CLOSE}"


def clean(text: str) -> str:
    """`text` without what no message may hold: control characters, odd line ends, noncharacters, lone surrogates."""
    return _UNCLEAN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def header(text: str) -> list[Part]:
    """The parts of header lines that are in their final form but for marks."""
    return [
        Slot(piece, Encoding.HEADER) if is_slot else piece.encode("ascii") for piece, is_slot in _cut(text)
    ]


def body(text: str, encoding: Encoding) -> list[Part]:
    """The parts of a quoted-printable body. `text` ends with a line break."""
    return [
        Slot(piece, encoding) if is_slot else quoted_printable(piece).encode("ascii")
        for piece, is_slot in _cut(text)
    ]


def quoted_printable(text: str) -> str:
    """`text` in lines of at most 76 that begin and end at the left edge: a last line without an end gets a soft one."""
    lines = text.replace("\r\n", "\n").split("\n")
    last = lines.pop()
    return "".join(_line(line) + "\r\n" for line in lines) + (_line(last, soft=True) if last else "")


def join(parts: list[Part]) -> Pattern:
    """A pattern in which no two literals are neighbours."""
    joined: list[Part] = []
    for part in parts:
        if isinstance(part, bytes) and joined and isinstance(joined[-1], bytes):
            joined[-1] += part
        else:
            joined.append(part)
    return Pattern(tuple(joined))


def _cut(text: str) -> list[tuple[str, bool]]:
    pieces = _MARK.split(text)
    return [(piece, index % 2 == 1) for index, piece in enumerate(pieces) if piece]


def _line(text: str, *, soft: bool = False) -> str:
    """One line of text as lines of at most 76, without its end; a `soft` one with its own soft breaks to the last."""
    written = [_written(character) for character in text]
    if written and text[-1] in " \t" and not soft:
        written[-1] = f"={ord(text[-1]):02X}"
    done, line = [], ""
    for piece in written:
        if len(line) + len(piece) > LINE:
            done.append(line + "=\r\n")
            line = ""
        line += "=2E" if piece == "." and not line else piece
        if line == "From ":  # mailboxes kept in one file make ">From" of it, and break the signature with it
            line = "=46rom "
    return "".join(done) + (line + "=\r\n" if soft else line)


@lru_cache(maxsize=4096)
def _written(character: str) -> str:
    if character in " \t" or (character.isascii() and character.encode() in _PLAIN):
        return character
    return "".join(f"={byte:02X}" for byte in character.encode("utf-8"))


def _header_value(value: str) -> bytes:
    """Raw ASCII; an international address, which goes by SMTPUTF8 alone, in UTF-8 (RFC 6532 section 3.2)."""
    if len(value) <= 900 and _HEADER_VALUE.fullmatch(value):
        return value.encode("ascii")
    if len(value) <= 900 and "@" in value and " " not in value and value.isprintable():
        return value.encode("utf-8")
    raise BadValue("a header takes printable ASCII without spaces, up to 900 characters")


def _text_value(value: str) -> bytes:
    """What most values are, a short word of ASCII, is written as it is."""
    raw = value.encode("utf-8", "replace")
    if len(raw) <= LINE and raw[:1] != b"." and not raw.translate(None, _PLAIN):
        return raw + b"=\r\n" if raw else b""
    return _folded(value)


def _html_value(value: str) -> bytes:
    return _text_value(escape(value))


@lru_cache(maxsize=4096)
def _folded(value: str) -> bytes:
    return quoted_printable(clean(value)).encode("ascii")


def _pack_part(part: Part) -> bytes:
    kind, content = (0, part) if isinstance(part, bytes) else (part.encoding, part.name.encode("ascii"))
    return bytes((kind,)) + len(content).to_bytes(4, "big") + content


_ENCODERS: dict[Encoding, Callable[[str], bytes]] = {
    Encoding.HEADER: _header_value,
    Encoding.TEXT: _text_value,
    Encoding.HTML: _html_value,
}
